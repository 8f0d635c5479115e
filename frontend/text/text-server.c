#include "text/text-server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "broker/broker-act.h"
#include "broker/broker-child.h"
#include "module.h"

static size_t
size_of(const struct text_picture *picture)
{
	return (size_t)picture->width * picture->height * sizeof(picture->pixels[0]);
}

static int
to_memory(const struct text_picture *picture)
{
	AUTO_FD int fd = memfd_create("vitrine-text", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, picture->pixels, size_of(picture));

	return r < 0 ? r : fd_take(&fd);
}

/* NULL, and why, if it cannot be. */
static const struct text_module *
load(char ret_why[static TEXT_WHY_SIZE])
{
	static const struct module text = {
		.folder = "text",
		.name = TEXT_MODULE_NAME,
		.symbol = TEXT_MODULE_SYMBOL,
		.version = TEXT_MODULE_VERSION,
	};
	static const struct text_module *module;
	static char why[MODULE_WHY_SIZE];

	if (module == NULL) {
		module = module_load(&text, why);
	}
	snprintf(ret_why, TEXT_WHY_SIZE, "%.*s", TEXT_WHY_SIZE - 1, module == NULL ? why : "");
	return module;
}

static int
draw(const struct text_request *request, struct text_answer *answer)
{
	const struct text_module *module = load(answer->why);
	struct text_picture picture;
	int fd;

	if (module == NULL) {
		return -ELIBACC;
	}
	answer->error = module->draw(request, &picture);
	if (answer->error < 0) {
		return answer->error;
	}
	answer->width = picture.width;
	answer->height = picture.height;
	fd = to_memory(&picture);
	free(picture.pixels);
	return fd;
}

static void (*leave_files_first)(void);
static void (*confine_process)(void);

/*
 * What a VM has to say comes after a text of our own, for which all libraries are loaded that there
 * will be. Newer Pangos leave a thread from then on, that has the files that there are then.
 */
static void
prepare(void)
{
	const struct text_request request = {
		.style = TEXT_MESSAGE,
		.text = "Vitrine",
		.scale = 1,
		.max_width = TEXT_MAX_DIMENSION,
		.max_height = TEXT_MAX_DIMENSION,
	};
	struct text_answer answer;
	const struct text_module *module = load(answer.why);
	int fd;

	if (module != NULL) {
		module->prepare();
	}
	if (leave_files_first != NULL) {
		leave_files_first();
	}
	fd = draw(&request, &answer);
	/* Why it cannot be drawn whoever asks is told. */
	fd_close(&fd);
	if (confine_process != NULL) {
		confine_process();
	}
}

static void
serve(int socket, int unused)
{
	struct text_request request;

	prepare();
	while (recv(socket, &request, sizeof(request), 0) == sizeof(request)) {
		struct text_answer answer = { 0 };
		const struct iovec part = { .iov_base = &answer, .iov_len = sizeof(answer) };
		int fd;

		/* Whoever asks may be a VM's. */
		request.text[TEXT_MAX_SIZE - 1] = '\0';
		if (request.max_width > TEXT_MAX_DIMENSION ||
			request.max_height > TEXT_MAX_DIMENSION || request.scale == 0 ||
			request.scale > TEXT_MAX_SCALE) {
			fd = -EINVAL;
		} else {
			fd = draw(&request, &answer);
		}
		answer.error = fd < 0 ? fd : 0;
		if (packet_send(socket, &part, 1, &fd, fd >= 0, 0) < 0) {
			break;
		}
		fd_close(&fd);
	}
}

static void
act_text(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	broker_child_serve("vitrine-text", SOCK_SEQPACKET, serve, -1, answer, kept);
}

void
text_server_register(void (*leave_files)(void), void (*confine)(void))
{
	leave_files_first = leave_files != NULL ? leave_files : leave_files_first;
	confine_process = confine != NULL ? confine : confine_process;
	broker_act_register(BROKER_ACT_TEXT, act_text);
}

static int
receive_answer(int socket, struct text_answer *answer, int *ret_fd)
{
	const struct iovec part = { .iov_base = answer, .iov_len = sizeof(*answer) };
	uint32_t n_fds;
	ssize_t n;

	do {
		n = packet_receive(socket, &part, 1, ret_fd, 1, &n_fds);
	} while (n == -EINTR && !fd_gives_up());
	if (n == -EINTR) {
		return -ECANCELED;
	}
	return n == sizeof(*answer) ? 0 : -EPIPE;
}

static int
exchange(int socket, const struct text_request *request, struct text_picture *ret_picture,
	char why[static TEXT_WHY_SIZE])
{
	struct text_picture picture = { 0 };
	struct text_answer answer;
	AUTO_FD int fd = -1;
	int r;

	if (send(socket, request, sizeof(*request), MSG_NOSIGNAL) < 0) {
		return -EPIPE;
	}
	r = receive_answer(socket, &answer, &fd);
	if (r < 0) {
		return r;
	}
	memcpy(why, answer.why, TEXT_WHY_SIZE);
	why[TEXT_WHY_SIZE - 1] = '\0';
	if (answer.error < 0) {
		return answer.error;
	}
	if (answer.width > TEXT_MAX_DIMENSION || answer.height > TEXT_MAX_DIMENSION) {
		return -EBADMSG;
	}
	picture.width = answer.width;
	picture.height = answer.height;
	picture.pixels = malloc(size_of(&picture));
	if (picture.pixels == NULL) {
		return -ENOMEM;
	}
	r = fd_read_start(fd, picture.pixels, size_of(&picture));
	if (r < 0) {
		free(picture.pixels);
		return r;
	}
	*ret_picture = picture;
	return 0;
}

static int
start(int *fd, struct broker_hold *hold)
{
	const struct broker_request request = { .act = BROKER_ACT_TEXT };
	struct broker_answer answer;
	int r;

	text_server_register(NULL, NULL);
	r = broker_ask(&request, &answer, hold);
	*fd = r < 0 ? -1 : answer.fd;
	return r;
}

static void
stop(int *fd, struct broker_hold *hold)
{
	fd_close(fd);
	broker_finish(hold, false);
}

int
text_server_draw(int *fd, struct broker_hold *hold, const struct text_request *request,
	struct text_picture *ret_picture, char why[static TEXT_WHY_SIZE])
{
	int r = -EPIPE;

	if (*fd >= 0) {
		r = exchange(*fd, request, ret_picture, why);
	}
	if (r == -EPIPE) {
		/* None yet, or one that has died meanwhile. */
		stop(fd, hold);
		r = start(fd, hold);
		r = r < 0 ? r : exchange(*fd, request, ret_picture, why);
	}
	if (r == -EPIPE || r == -ECANCELED) {
		stop(fd, hold);
	}
	return r;
}
