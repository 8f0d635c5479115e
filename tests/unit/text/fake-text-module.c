/* Stands in for vitrine-text.so. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/text-module.h"

static bool is_prepared;

static void
prepare(void)
{
	is_prepared = true;
}

/* "room" has none, "fonts" lacks them, "slow" takes its time; others are as wide as they are long.
 */
static int
draw(const struct text_request *request, struct text_picture *ret_picture)
{
	if (!is_prepared) {
		return -EINVAL;
	}
	if (strcmp(request->text, "room") == 0) {
		return -ENOSPC;
	}
	if (strcmp(request->text, "fonts") == 0) {
		return -ENOENT;
	}
	if (strcmp(request->text, "slow") == 0) {
		usleep(200000);
	}
	*ret_picture = (struct text_picture){
		.width = (uint32_t)strlen(request->text),
		.height = 1,
		.pixels = calloc(TEXT_MAX_SIZE, sizeof(uint32_t)),
	};
	return ret_picture->pixels != NULL ? 0 : -ENOMEM;
}

extern const struct text_module text_module;

const struct text_module text_module = {
	.version = TEXT_MODULE_VERSION,
	.prepare = prepare,
	.draw = draw,
};
