/*
 * bench-vmm SOCKET HEADS WxH dmabuf|map [plain]
 *
 * Plays a QEMU with so many heads that draws at a precise rate. SOCKET is its QMP, which a viewer
 * attaches to; with `plain` it is one that takes a connection for each head and speaks on it as on
 * a listener, without the handshake: for bench-floor, which is no viewer.
 *
 * On standard input it takes lines "update|flip|mode COUNT RATE burst|spread FILE": so many frames
 * of each head at so many Hz (0: each as soon as the one before was answered), those of all heads
 * at once or evenly spread. As with QEMU, a head whose update is not answered yet draws nothing.
 * What was sent is written to FILE as struct record. "input FILE" writes what input came since the
 * last such line (vmm-input.h); from the first one on the control connection is for nothing else,
 * and with `plain` it is the connection behind those of the heads. Answers on standard output are
 * JSON lines.
 */
#include "fake-qemu.h"
#include "fake-qmp.h"
#include "vmm-head.h"
#include "vmm-input.h"
#include "vmm-run.h"

#include <drm_fourcc.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct vmm {
	sd_event *event;
	struct fake_qmp qmp;
	struct fake_qemu qemu;
	struct fake_console *consoles[MAX_HEADS];
	struct vmm_head heads[MAX_HEADS];
	uint32_t n_heads, n_connected;
	struct vmm_run run;
	struct vmm_input input;
};

static void
say_connected(struct vmm *vmm)
{
	printf("{\"connected\":%u,\"inodes\":[", vmm->n_heads);
	for (uint32_t i = 0; i < vmm->n_heads * HEAD_N_BUFFERS; i++) {
		const struct vmm_head *head = &vmm->heads[i / HEAD_N_BUFFERS];
		printf("%s%" PRIu64, i > 0 ? "," : "", head->buffers[i % HEAD_N_BUFFERS].inode);
	}
	printf("]}\n");
}

static int
handle_listener_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct vmm *vmm = data;
	uint32_t number = 0;
	struct vmm_head *head;

	while (vmm->heads[number].fd != fd) {
		number++;
	}
	head = &vmm->heads[number];
	if (vmm_head_read(head) < 0) {
		if (vmm->run.count > 0) {
			errx(1, "the viewer left");
		}
		return sd_event_exit(vmm->event, 0);
	}
	if (vmm->run.count > 0 && head->n_unanswered == 0) {
		vmm_run_answered(&vmm->run, number);
	}
	return 0;
}

static void
connect_head(struct vmm *vmm, uint32_t number, int fd, bool handshake)
{
	vmm_head_connect(&vmm->heads[number], fd, handshake);
	if (sd_event_add_io(vmm->event, NULL, fd, EPOLLIN, handle_listener_readable, vmm) < 0) {
		errx(1, "no memory");
	}
	if (++vmm->n_connected == vmm->n_heads) {
		say_connected(vmm);
	}
}

static int
handle_plain_connection(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct vmm *vmm = data;
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (connection < 0 || (vmm->n_connected == vmm->n_heads && vmm->input.fd >= 0)) {
		errx(1, "a connection too many");
	}
	if (vmm->n_connected == vmm->n_heads) {
		vmm_input_listen(&vmm->input, vmm->event, connection);
		return 0;
	}
	connect_head(vmm, vmm->n_connected, connection, false);
	return 0;
}

static void
handle_line(struct vmm *vmm, const char *line)
{
	char path[512];

	if (vmm->n_connected < vmm->n_heads) {
		errx(2, "nobody looks yet");
	}
	if (sscanf(line, "input %511s", path) != 1) {
		vmm_run_start(&vmm->run, line);
		return;
	}
	if (vmm->input.fd < 0) {
		fake_qemu_stop(&vmm->qemu);
		vmm_input_listen(&vmm->input, vmm->event, sd_bus_get_fd(vmm->qemu.control));
	}
	vmm_input_tell(&vmm->input, path);
}

static int
handle_stdin(sd_event_source *source, int fd, uint32_t events, void *data)
{
	char text[1024], *line, *rest = text;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0) {
		return sd_event_exit(sd_event_source_get_event(source), 0);
	}
	text[n] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		handle_line(data, line);
	}
	return 0;
}

static void
handle_add_client(void *data, int fd)
{
	struct vmm *vmm = data;

	fake_qemu_connect(&vmm->qemu, fd);
}

/* The scripted QEMU keeps the sockets that it is given: those that are new are served here. */
static int
handle_loop_round(sd_event_source *source, void *data)
{
	struct vmm *vmm = data;

	for (uint32_t i = 0; i < vmm->n_heads; i++) {
		if (vmm->heads[i].fd < 0 && vmm->consoles[i]->raw_fd >= 0) {
			connect_head(vmm, i, vmm->consoles[i]->raw_fd, true);
		}
	}
	return 0;
}

static void
listen_as_qemu(struct vmm *vmm, const char *path)
{
	sd_event_source *source;

	fake_qmp_start(&vmm->qmp, vmm->event, path);
	vmm->qmp.display = "{\"type\":\"dbus\",\"p2p\":true,\"gl\":\"on\"}";
	vmm->qmp.add_client = handle_add_client;
	vmm->qmp.data = vmm;
	fake_qemu_init(&vmm->qemu, vmm->event);
	vmm->qemu.raw = true;
	for (uint32_t i = 0; i < vmm->n_heads; i++) {
		vmm->consoles[i] = fake_qemu_add(&vmm->qemu, i);
		vmm->consoles[i]->head = i;
		vmm->consoles[i]->width = vmm->heads[i].width;
		vmm->consoles[i]->height = vmm->heads[i].height;
		vmm->consoles[i]->is_absolute = 1;
	}
	if (sd_event_add_post(vmm->event, &source, handle_loop_round, vmm) < 0) {
		errx(1, "no memory");
	}
}

static void
listen_plainly(struct vmm *vmm, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(fd, MAX_HEADS) < 0 ||
		sd_event_add_io(vmm->event, NULL, fd, EPOLLIN, handle_plain_connection, vmm) < 0) {
		err(1, "%s", path);
	}
}

int
main(int argc, char **argv)
{
	static struct vmm vmm;
	uint32_t width, height;

	if (argc < 5 || sscanf(argv[2], "%" SCNu32, &vmm.n_heads) != 1 || vmm.n_heads < 1 ||
		vmm.n_heads > MAX_HEADS ||
		sscanf(argv[3], "%" SCNu32 "x%" SCNu32, &width, &height) != 2) {
		errx(2, "usage: bench-vmm SOCKET HEADS WxH dmabuf|map [plain]");
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	vmm.input.fd = -1;
	for (uint32_t i = 0; i < vmm.n_heads; i++) {
		vmm_head_init(&vmm.heads[i],
			strcmp(argv[4], "map") == 0 ? MEMORY_MAP : MEMORY_DMABUF,
			DRM_FORMAT_XRGB8888, width, height);
	}
	if (sd_event_new(&vmm.event) < 0 ||
		sd_event_add_io(vmm.event, NULL, STDIN_FILENO, EPOLLIN, handle_stdin, &vmm) < 0) {
		errx(1, "no memory");
	}
	vmm_run_init(&vmm.run, vmm.event, vmm.heads, vmm.n_heads);
	if (argc > 5) {
		listen_plainly(&vmm, argv[1]);
	} else {
		listen_as_qemu(&vmm, argv[1]);
	}
	printf("{\"listening\":true}\n");
	return sd_event_loop(vmm.event) < 0;
}
