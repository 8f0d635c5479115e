#include "activation.h"

#include <inttypes.h>
#include <stdlib.h>

#include "record.h"
#include "surface.h"
#include "compositor.h"
#include "xdg-activation-v1-server-protocol.h"

static uint32_t last_token;

/* What is collected until the commit. */
struct token {
	struct compositor *compositor;
	json_object *event; /* NULL: committed */
};

static struct token *
uncommitted_token(struct wl_resource *resource)
{
	struct token *token = wl_resource_get_user_data(resource);

	if (token->event == NULL) {
		wl_resource_post_error(resource, XDG_ACTIVATION_TOKEN_V1_ERROR_ALREADY_USED,
			"the token was committed");
		return NULL;
	}
	return token;
}

static void
handle_token_set_serial(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
	struct wl_resource *seat)
{
	struct token *token = uncommitted_token(resource);

	if (token != NULL) {
		record_int(token->event, "serial", serial);
	}
}

static void
handle_token_set_app_id(struct wl_client *client, struct wl_resource *resource, const char *app_id)
{
	struct token *token = uncommitted_token(resource);

	if (token != NULL) {
		record_text(token->event, "app_id", app_id);
	}
}

static void
handle_token_set_surface(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *surface)
{
	struct token *token = uncommitted_token(resource);

	if (token != NULL) {
		record_int(token->event, "surface", surface_from_resource(surface)->number);
	}
}

static void
handle_token_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct token *token = uncommitted_token(resource);
	char text[32];

	if (token == NULL) {
		return;
	}
	snprintf(text, sizeof(text), "mini-token-%" PRIu32, ++last_token);
	record_text(token->event, "token", text);
	record_write(token->compositor->log, token->event);
	token->event = NULL;
	xdg_activation_token_v1_send_done(resource, text);
}

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct xdg_activation_token_v1_interface token_implementation = {
	.set_serial = handle_token_set_serial,
	.set_app_id = handle_token_set_app_id,
	.set_surface = handle_token_set_surface,
	.commit = handle_token_commit,
	.destroy = handle_resource_destroy_request,
};

static void
handle_token_destroy(struct wl_resource *resource)
{
	struct token *token = wl_resource_get_user_data(resource);

	json_object_put(token->event);
	free(token);
}

static void
handle_activation_get_token(struct wl_client *client, struct wl_resource *activation, uint32_t id)
{
	struct token *token = calloc(1, sizeof(*token));
	struct wl_resource *resource =
		wl_resource_create(client, &xdg_activation_token_v1_interface, 1, id);

	if (token == NULL || resource == NULL) {
		abort();
	}
	token->compositor = wl_resource_get_user_data(activation);
	token->event = record_new("activation_token");
	wl_resource_set_implementation(
		resource, &token_implementation, token, handle_token_destroy);
}

static bool
is_known(const char *text)
{
	uint32_t number;
	int n = 0;

	return sscanf(text, "mini-token-%" SCNu32 "%n", &number, &n) == 1 && text[n] == '\0' &&
	       number >= 1 && number <= last_token;
}

static void
handle_activation_activate(struct wl_client *client, struct wl_resource *activation,
	const char *text, struct wl_resource *surface)
{
	struct compositor *compositor = wl_resource_get_user_data(activation);
	json_object *event = record_new("activate");

	record_text(event, "token", text);
	record_int(event, "surface", surface_from_resource(surface)->number);
	record_bool(event, "known", is_known(text));
	record_write(compositor->log, event);
}

static const struct xdg_activation_v1_interface activation_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_activation_token = handle_activation_get_token,
	.activate = handle_activation_activate,
};

void
bind_activation(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &xdg_activation_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &activation_implementation, data, NULL);
}
