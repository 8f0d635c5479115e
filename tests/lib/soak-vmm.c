/*
 * soak-vmm SOCKET COUNTS HEADS WxH UUID
 *
 * Plays a QEMU that draws at random, as fast as it is answered. SOCKET is its QMP, which a viewer
 * attaches to. Of every eight heads one has dma-bufs in a format of its own (XB24), one memory that
 * is mapped, and the others dma-bufs (XR24). On standard input it takes one line at a time, and
 * answers "done":
 *   run FRAMES MODES SEED   so many frames, of which so many are in a new size of picture, on
 *                           whichever head has no update that is not answered yet
 *   level                   all buffers of all heads are new, and have the full size
 *   flip FRAMES             so many flips on each head
 * It also says "listening" and "connected" (all heads are looked at); all of that is JSON, a line
 * each. A reply to what was not asked, or was answered before, ends it with status 1, and the end
 * of its standard input with 0.
 *
 * What was done goes to COUNTS as it happens: struct counts, which is added to when the file has
 * one, so that it tells of all that took turns on it, however they ended.
 */
#include "fake-qemu.h"
#include "fake-qmp.h"
#include "vmm-head.h"

#include <drm_fourcc.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_HEADS 16
#define MAX_CODE 256
#define GROUP 8 /* heads */
/* Two sizes: a viewer forgets the buffers of one that is no more. */
#define LEVEL_FRAMES 2

struct counts {
	uint64_t sent, answered; /* frames */
	uint64_t modes;
	uint64_t presses;
	uint64_t held; /* keys and buttons, of this VM */
};

struct soak {
	sd_event *event;
	struct fake_qmp qmp;
	struct fake_qemu qemu;
	struct fake_console *consoles[MAX_HEADS];
	struct vmm_head heads[MAX_HEADS];
	bool is_drawing[MAX_HEADS]; /* a frame that counts */
	uint32_t n_heads, n_connected;
	bool is_held[MAX_HEADS][2][MAX_CODE]; /* keys, buttons */
	struct counts *counts;

	bool runs, only_flips, levels;
	uint64_t n_frames, n_modes; /* to go */
	uint64_t n_flips[MAX_HEADS];
	uint32_t n_drawing;
	unsigned short dice[3];
};

static uint64_t
roll(struct soak *soak, uint64_t n)
{
	return (uint64_t)nrand48(soak->dice) % n;
}

/* False: it has done all of them. */
static bool
take_flip(struct soak *soak, uint32_t number)
{
	if (soak->n_flips[number] == 0) {
		return false;
	}
	soak->n_flips[number]--;
	if (soak->levels) {
		vmm_head_renew(&soak->heads[number], soak->n_flips[number] > 0);
	}
	return true;
}

/* What the head is to do next; false: nothing any more. */
static bool
choose(struct soak *soak, uint32_t number, enum frame_kind *ret_kind)
{
	if (soak->only_flips) {
		*ret_kind = FRAME_FLIP;
		return take_flip(soak, number);
	}
	if (soak->n_frames == 0) {
		return false;
	}
	if (roll(soak, soak->n_frames--) < soak->n_modes) {
		soak->n_modes--;
		*ret_kind = FRAME_MODE;
	} else if (soak->heads[number].memory == MEMORY_MAP) {
		/* An update of mapped memory has no answer. */
		*ret_kind = FRAME_FLIP;
	} else {
		*ret_kind = roll(soak, 2) == 0 ? FRAME_FLIP : FRAME_UPDATE;
	}
	return true;
}

static void
draw(struct soak *soak, uint32_t number)
{
	struct vmm_head *head = &soak->heads[number];
	enum frame_kind kind;

	if (!soak->runs || head->fd < 0 || head->is_asking || head->n_unanswered > 0) {
		return;
	}
	if (!choose(soak, number, &kind)) {
		if (soak->n_drawing == 0) {
			soak->runs = false;
			printf("{\"done\":true}\n");
		}
		return;
	}
	soak->is_drawing[number] = true;
	soak->n_drawing++;
	soak->counts->sent++;
	soak->counts->modes += kind == FRAME_MODE;
	vmm_head_frame(head, kind);
}

static int
handle_listener_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct soak *soak = data;
	uint32_t number = 0;
	struct vmm_head *head;

	while (soak->heads[number].fd != fd) {
		number++;
	}
	head = &soak->heads[number];
	if (vmm_head_read(head) < 0) {
		if (soak->runs) {
			errx(1, "the viewer left head %u", number);
		}
		return sd_event_exit(soak->event, 0);
	}
	if (head->n_unanswered == 0 && !head->is_asking) {
		if (soak->is_drawing[number]) {
			soak->is_drawing[number] = false;
			soak->n_drawing--;
			soak->counts->answered++;
		}
		draw(soak, number);
	}
	return 0;
}

static void
start_run(struct soak *soak, const char *line)
{
	uint64_t seed = 0;

	soak->levels = strcmp(line, "level\n") == 0;
	soak->n_frames = LEVEL_FRAMES;
	soak->only_flips = soak->levels || sscanf(line, "flip %" SCNu64, &soak->n_frames) == 1;
	if (soak->runs ||
		(!soak->only_flips && sscanf(line, "run %" SCNu64 " %" SCNu64 " %" SCNu64,
					      &soak->n_frames, &soak->n_modes, &seed) != 3)) {
		errx(2, "not now, or not so: %s", line);
	}
	memcpy(soak->dice, &seed, sizeof(soak->dice));
	soak->runs = true;
	for (uint32_t i = 0; i < soak->n_heads; i++) {
		if (soak->only_flips) {
			soak->n_flips[i] = soak->n_frames;
		}
		draw(soak, i);
	}
}

static int
handle_stdin(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct soak *soak = data;
	char text[256];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0) {
		return sd_event_exit(soak->event, 0);
	}
	text[n] = '\0';
	start_run(soak, text);
	return 0;
}

static void
handle_add_client(void *data, int fd)
{
	struct soak *soak = data;

	fake_qemu_connect(&soak->qemu, fd);
}

static void
hold(struct soak *soak, uint32_t console, bool is_button, uint32_t code, bool is_press)
{
	bool *is_held = &soak->is_held[console % MAX_HEADS][is_button][code % MAX_CODE];

	soak->counts->presses += is_press;
	soak->counts->held += (uint64_t)is_press - *is_held;
	*is_held = is_press;
}

/* The lines of fake_qemu.log that are about keys and buttons; then it begins anew. */
static void
read_log(struct soak *soak)
{
	char *line, *rest = soak->qemu.log;

	while ((line = strsep(&rest, "\n")) != NULL) {
		uint32_t console, code;
		char device[9], what[8];

		if (sscanf(line, "%" SCNu32 " %8[A-Za-z].%7s %" SCNu32, &console, device, what,
			    &code) == 4) {
			hold(soak, console, strcmp(device, "Mouse") == 0, code,
				strcmp(what, "Press") == 0);
		}
	}
	soak->qemu.log[0] = '\0';
}

/* The scripted QEMU keeps the sockets that it is given: those that are new are served here. */
static int
handle_loop_round(sd_event_source *source, void *data)
{
	struct soak *soak = data;

	read_log(soak);
	for (uint32_t i = 0; i < soak->n_heads; i++) {
		if (soak->heads[i].fd < 0 && soak->consoles[i]->raw_fd >= 0) {
			vmm_head_connect(&soak->heads[i], soak->consoles[i]->raw_fd, true);
			if (sd_event_add_io(soak->event, NULL, soak->heads[i].fd, EPOLLIN,
				    handle_listener_readable, soak) < 0) {
				errx(1, "no memory");
			}
			if (++soak->n_connected == soak->n_heads) {
				printf("{\"connected\":true}\n");
			}
		}
	}
	return 0;
}

static void
make_heads(struct soak *soak, uint32_t width, uint32_t height)
{
	for (uint32_t i = 0; i < soak->n_heads; i++) {
		vmm_head_init(&soak->heads[i], i % GROUP == 1 ? MEMORY_MAP : MEMORY_DMABUF,
			i % GROUP == 0 ? DRM_FORMAT_XBGR8888 : DRM_FORMAT_XRGB8888, width, height);
		soak->consoles[i] = fake_qemu_add(&soak->qemu, i);
		soak->consoles[i]->head = i;
		soak->consoles[i]->width = width;
		soak->consoles[i]->height = height;
		soak->consoles[i]->is_absolute = 1;
	}
}

static void
open_counts(struct soak *soak, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *map;

	if (fd < 0 || ftruncate(fd, sizeof(*soak->counts)) < 0) {
		err(1, "%s", path);
	}
	map = mmap(NULL, sizeof(*soak->counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		err(1, "%s", path);
	}
	close(fd);
	soak->counts = map;
	soak->counts->held = 0;
}

int
main(int argc, char **argv)
{
	static struct soak soak;
	uint32_t width, height;
	sd_event_source *source;

	if (argc != 6 || sscanf(argv[3], "%" SCNu32, &soak.n_heads) != 1 || soak.n_heads < 1 ||
		soak.n_heads > MAX_HEADS ||
		sscanf(argv[4], "%" SCNu32 "x%" SCNu32, &width, &height) != 2) {
		errx(2, "usage: soak-vmm SOCKET COUNTS HEADS WxH UUID");
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sd_event_new(&soak.event) < 0) {
		errx(1, "no memory");
	}
	open_counts(&soak, argv[2]);
	unlink(argv[1]); /* of one that was killed */
	fake_qmp_start(&soak.qmp, soak.event, argv[1]);
	soak.qmp.display = "{\"type\":\"dbus\",\"p2p\":true,\"gl\":\"on\"}";
	soak.qmp.add_client = handle_add_client;
	soak.qmp.data = &soak;
	fake_qemu_init(&soak.qemu, soak.event);
	soak.qemu.raw = true;
	soak.qmp.uuid = soak.qemu.uuid = argv[5];
	make_heads(&soak, width, height);
	if (sd_event_add_io(soak.event, NULL, STDIN_FILENO, EPOLLIN, handle_stdin, &soak) < 0 ||
		sd_event_add_post(soak.event, &source, handle_loop_round, &soak) < 0) {
		errx(1, "no memory");
	}
	printf("{\"listening\":true}\n");
	return sd_event_loop(soak.event) < 0;
}
