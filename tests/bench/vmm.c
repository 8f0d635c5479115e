/*
 * bench-vmm SOCKET HEADS WxH dmabuf|map [plain]
 *
 * Plays a QEMU with so many heads that draws at a precise rate. SOCKET is its QMP, which a viewer
 * attaches to; with `plain` it is one that takes a connection for each head and speaks on it as on a
 * listener, without the handshake: for bench-floor, which is no viewer.
 *
 * On standard input it takes lines "update|flip|mode COUNT RATE burst|spread FILE": so many frames
 * of each head at so many Hz (0: each as soon as the one before was answered), those of all heads at
 * once or evenly spread. As with QEMU, a head whose update is not answered yet draws nothing. What was
 * sent is written to FILE as struct record. Answers on standard output are JSON lines.
 */
#include "fake-qemu.h"
#include "fake-qmp.h"
#include "vmm-head.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define MAX_HEADS 16
#define NS_PER_SECOND (US_PER_S * NS_PER_US)

struct record {
	uint64_t sent_ns, answered_ns; /* 0: not answered */
	uint64_t inode;                /* of the buffer that is shown */
	uint32_t head, padding;
};

struct vmm {
	sd_event *event;
	struct fake_qmp qmp;
	struct fake_qemu qemu;
	struct fake_console *consoles[MAX_HEADS];
	struct vmm_head heads[MAX_HEADS];
	uint32_t n_heads, n_connected;
	sd_event_source *ticks;

	/* The run under way; count is 0 between runs. */
	enum frame_kind kind;
	uint64_t count, n_sent[MAX_HEADS], n_skipped, rate, step, start_ns;
	bool spread;
	struct record *records, *last_of[MAX_HEADS];
	uint64_t n_records;
	char path[256];
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

static void
finish_run(struct vmm *vmm)
{
	uint64_t now = clock_now_ns(), n_answered = 0;
	FILE *file = fopen(vmm->path, "we");

	if (file == NULL || fwrite(vmm->records, sizeof(struct record), vmm->n_records, file) !=
				    vmm->n_records ||
		fclose(file) != 0) {
		err(1, "%s", vmm->path);
	}
	for (uint64_t i = 0; i < vmm->n_records; i++) {
		n_answered += vmm->records[i].answered_ns != 0;
	}
	printf("{\"frames\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"skipped\":%" PRIu64
	       ",\"seconds\":%.6f}\n",
		vmm->n_records, n_answered, vmm->n_skipped,
		(double)(now - vmm->start_ns) / NS_PER_SECOND);
	free(vmm->records);
	vmm->records = NULL;
	vmm->count = 0;
	sd_event_source_set_enabled(vmm->ticks, SD_EVENT_OFF);
}

static bool
is_complete(const struct vmm *vmm)
{
	for (uint32_t i = 0; i < vmm->n_heads; i++) {
		if (vmm->n_sent[i] < vmm->count || vmm->heads[i].n_unanswered > 0) {
			return false;
		}
	}
	return true;
}

static void
draw(struct vmm *vmm, uint32_t number)
{
	struct vmm_head *head = &vmm->heads[number];
	struct record *record;

	if (vmm->n_sent[number] == vmm->count) {
		return;
	}
	if (head->n_unanswered > 0) {
		vmm->n_skipped++;
		return;
	}
	vmm->n_sent[number]++;
	record = &vmm->records[vmm->n_records++];
	record->head = number;
	record->sent_ns = clock_now_ns();
	vmm_head_frame(head, vmm->kind);
	record->inode = head->buffers[head->shown].inode;
	vmm->last_of[number] = record;
}

static uint64_t
due_ns(const struct vmm *vmm)
{
	uint64_t steps_per_s = vmm->rate * (vmm->spread ? vmm->n_heads : 1);

	return vmm->start_ns + vmm->step * NS_PER_SECOND / steps_per_s;
}

static int
handle_tick(sd_event_source *source, uint64_t usec, void *data)
{
	struct vmm *vmm = data;
	uint64_t now = clock_now_ns();

	if (is_complete(vmm)) {
		finish_run(vmm);
		return 0;
	}
	while (due_ns(vmm) <= now) {
		if (vmm->spread) {
			draw(vmm, (uint32_t)(vmm->step % vmm->n_heads));
		}
		for (uint32_t i = 0; !vmm->spread && i < vmm->n_heads; i++) {
			draw(vmm, i);
		}
		vmm->step++;
	}
	/* Rounded up: it goes off when it is due. */
	sd_event_source_set_time(source, due_ns(vmm) / NS_PER_US + 1);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
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
		if (vmm->count > 0) {
			errx(1, "the viewer left");
		}
		return sd_event_exit(vmm->event, 0);
	}
	if (vmm->count == 0 || head->n_unanswered > 0 || vmm->last_of[number] == NULL) {
		return 0;
	}
	vmm->last_of[number]->answered_ns = clock_now_ns();
	vmm->last_of[number] = NULL;
	if (vmm->rate == 0) {
		draw(vmm, number);
		if (is_complete(vmm)) {
			finish_run(vmm);
		}
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

	if (connection < 0 || vmm->n_connected == vmm->n_heads) {
		errx(1, "a connection too many");
	}
	connect_head(vmm, vmm->n_connected, connection, false);
	return 0;
}

static void
start_run(struct vmm *vmm, const char *line)
{
	static const char *const kinds[] = { "update", "flip", "mode" };
	char kind[8], order[8];

	vmm->kind = 0;
	if (vmm->count > 0 || vmm->n_connected < vmm->n_heads ||
		sscanf(line, "%7s %" SCNu64 " %" SCNu64 " %7s %255s", kind, &vmm->count, &vmm->rate,
			order, vmm->path) != 5 ||
		vmm->count == 0 || (vmm->rate == 0 && vmm->heads[0].memory == MEMORY_MAP)) {
		errx(2, "not now, or not so: %s", line);
	}
	while (strcmp(kinds[vmm->kind], kind) != 0) {
		if (++vmm->kind > FRAME_MODE) {
			errx(2, "no such kind: %s", kind);
		}
	}
	vmm->spread = strcmp(order, "spread") == 0;
	vmm->records = calloc(vmm->count * vmm->n_heads, sizeof(struct record));
	if (vmm->records == NULL) {
		err(1, "records");
	}
	/* Its pages now, not one by one while time is taken. */
	memset(vmm->records, 1, vmm->count * vmm->n_heads * sizeof(struct record));
	memset(vmm->records, 0, vmm->count * vmm->n_heads * sizeof(struct record));
	memset(vmm->n_sent, 0, sizeof(vmm->n_sent));
	memset(vmm->last_of, 0, sizeof(vmm->last_of));
	vmm->n_records = vmm->n_skipped = vmm->step = 0;
	vmm->start_ns = clock_now_ns();
	if (vmm->rate > 0) {
		sd_event_source_set_time(vmm->ticks, 0);
		sd_event_source_set_enabled(vmm->ticks, SD_EVENT_ONESHOT);
		return;
	}
	for (uint32_t i = 0; i < vmm->n_heads; i++) {
		draw(vmm, i);
	}
}

static int
handle_stdin(sd_event_source *source, int fd, uint32_t events, void *data)
{
	char line[512];
	ssize_t n = read(fd, line, sizeof(line) - 1);

	if (n <= 0) {
		return sd_event_exit(sd_event_source_get_event(source), 0);
	}
	line[n] = '\0';
	start_run(data, line);
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
	for (uint32_t i = 0; i < vmm.n_heads; i++) {
		vmm_head_init(&vmm.heads[i],
			strcmp(argv[4], "map") == 0 ? MEMORY_MAP : MEMORY_DMABUF, width, height);
	}
	if (sd_event_new(&vmm.event) < 0 ||
		sd_event_add_time(vmm.event, &vmm.ticks, CLOCK_MONOTONIC, 0, 1, handle_tick, &vmm) <
			0 ||
		sd_event_source_set_enabled(vmm.ticks, SD_EVENT_OFF) < 0 ||
		sd_event_add_io(vmm.event, NULL, STDIN_FILENO, EPOLLIN, handle_stdin, &vmm) < 0) {
		errx(1, "no memory");
	}
	if (argc > 5) {
		listen_plainly(&vmm, argv[1]);
	} else {
		listen_as_qemu(&vmm, argv[1]);
	}
	printf("{\"listening\":true}\n");
	return sd_event_loop(vmm.event) < 0;
}
