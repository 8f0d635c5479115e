#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "control-server.h"
#include "fuzz.h"
#include "report.h"
#include "resident-private.h"
#include "view.h"

/*
 * What clients ask of the viewer that has a VM, through a real socket: packets, each of one byte
 * with the number of fds that come with it and what becomes of the request, two with its size, and
 * its text. What a request starts is ours here: it says that it is done, or fails, or goes on until
 * the client leaves.
 *
 * There is one monitor, which has a picture and a cursor.
 */

#define HEAD_SIZE 3
#define MAX_FDS 7
#define MAX_STEPS 64
#define ANSWER_SIZE CONTROL_SOCKET_MAX_MESSAGE
#define PICTURE_SIZE 16

enum outcome {
	OUTCOME_DONE,
	OUTCOME_FAILS,
	OUTCOME_STAYS,
	OUTCOME_REFUSED,
	N_OUTCOMES,
};

struct view {
	int dummy;
};

/* What is under way: a capture, a fetch or a typist. One at a time. */
struct job {
	bool exists;
	sd_event_source *source;
	const struct capture_listener *listener;
	void (*done)(void *data, int error);
	void *data;
};

struct capture {
	struct job job;
};
struct scanout_fetch {
	struct job job;
};
struct typist {
	struct job job;
};

static sd_event *event;
static struct view view;
static struct guest_head head = { .gpu = "gpu", .label = "a \"label\"" };
static struct scanout scanout;
static struct view_list views = { .views = { &view }, .n_views = 1 };
static struct view_list chosen = { .views = { &view }, .n_views = 1 };
static struct capture capture;
static struct scanout_fetch fetch;
static struct typist typist;
static enum outcome outcome;
static uint32_t n_begun;
static bool is_typing;

static int
handle_job(sd_event_source *source, void *data)
{
	struct job *job = data;

	FUZZ_EXPECT(job->exists);
	if (job == &capture.job && outcome == OUTCOME_FAILS) {
		job->listener->timed_out(job->data, "console \"x\" is off");
	} else if (job == &capture.job) {
		job->listener->ready(job->data, &chosen, true);
	} else {
		job->done(job->data, outcome == OUTCOME_FAILS ? -5 : 0);
	}
	return 0;
}

static int
begin(struct job *job, const struct capture_listener *listener, void (*done)(void *, int),
	void *data)
{
	FUZZ_EXPECT(!job->exists);
	if (outcome == OUTCOME_REFUSED) {
		return -12;
	}
	*job = (struct job){ .exists = true, .listener = listener, .done = done, .data = data };
	FUZZ_EXPECT(sd_event_add_defer(event, &job->source, handle_job, job) >= 0);
	if (outcome == OUTCOME_STAYS) {
		FUZZ_EXPECT(sd_event_source_set_enabled(job->source, SD_EVENT_OFF) >= 0);
	}
	return 0;
}

static void
end(struct job *job)
{
	FUZZ_EXPECT(job->exists);
	sd_event_source_disable_unref(job->source);
	job->exists = false;
}

int
capture_create(sd_event *loop, const struct view_list *list, const struct capture_request *request,
	const struct capture_listener *listener, void *data, struct capture **ret_capture)
{
	int r = begin(&capture.job, listener, NULL, data);

	FUZZ_EXPECT(request->console >= CLI_CONSOLE_ALL);
	FUZZ_EXPECT(request->timeout_ms <= RESIDENT_MAX_WAIT_MS);
	FUZZ_EXPECT(request->wait_stable_ms <= RESIDENT_MAX_WAIT_MS);
	if (r >= 0) {
		*ret_capture = &capture;
	}
	return r;
}

void
capture_destroy(struct capture *old)
{
	if (old != NULL) {
		end(&old->job);
	}
}

enum fetch_way
fetch_way_from_path(const char *path)
{
	return path != NULL && strcmp(path, "gles") == 0 ? FETCH_BY_GPU : FETCH_ANY;
}

int
scanout_fetch_create(sd_event *loop, const struct fetch_means *means,
	const struct scanout *scanouts, uint32_t n_scanouts, scanout_fetch_done_fn done, void *data,
	struct scanout_fetch **ret_fetch)
{
	int r = begin(&fetch.job, NULL, done, data);

	FUZZ_EXPECT(n_scanouts == 1 && scanouts[0].buffer == scanout.buffer);
	if (r >= 0) {
		*ret_fetch = &fetch;
	}
	return r;
}

void
scanout_fetch_destroy(struct scanout_fetch *old)
{
	if (old != NULL) {
		end(&old->job);
	}
}

const struct scanout *
scanout_fetch_scanout(const struct scanout_fetch *of, uint32_t i)
{
	FUZZ_EXPECT(of->job.exists && i == 0);
	return &scanout;
}

void
scanout_fetch_give_away(struct scanout_fetch *of)
{
	FUZZ_EXPECT(of->job.exists);
}

const char *
scanout_fetch_reason(const struct scanout_fetch *of, uint32_t *ret_i)
{
	*ret_i = 0;
	return "no reason";
}

int
typist_create(sd_event *loop, const struct view_list *list, uint32_t console,
	const struct typing *typing, typist_done_fn done, void *data, struct typist **ret_typist)
{
	int r = begin(&typist.job, NULL, done, data);

	FUZZ_EXPECT(typing->n_strokes <= TYPING_MAX_STROKES);
	for (uint32_t i = 0; i < typing->n_strokes; i++) {
		FUZZ_EXPECT(typing->strokes[i].n_codes >= 1);
		FUZZ_EXPECT(typing->strokes[i].n_codes <= CHORD_MAX_CODES);
	}
	if (r >= 0) {
		*ret_typist = &typist;
		is_typing = true;
	}
	return r;
}

void
typist_destroy(struct typist *old)
{
	if (old != NULL) {
		end(&old->job);
	}
}

int
control_server_add(struct control_server *server, int fd, int output_fd,
	const struct control_peer_options *options)
{
	FUZZ_EXPECT(fd >= 0 && output_fd >= 0);
	FUZZ_EXPECT(options->console >= CLI_CONSOLE_ALL);
	FUZZ_EXPECT(options->timeout_ms >= 1 && options->timeout_ms <= RESIDENT_MAX_WAIT_MS);
	close(fd);
	close(output_fd);
	return outcome == OUTCOME_FAILS ? -108 : outcome == OUTCOME_REFUSED ? -16 : 0;
}

struct view *
view_list_choose(const struct view_list *list, int32_t console)
{
	return console <= 0 ? &view : NULL;
}

struct guest_head *
view_head(const struct view *of)
{
	return &head;
}

const struct scanout *
view_scanout(const struct view *of)
{
	return &scanout;
}

bool
view_is_on(const struct view *of)
{
	return true;
}

dev_t
view_device(const struct view *of)
{
	return 0;
}

bool
view_cursor(const struct view *of, struct cursor_image *ret_image, int32_t *ret_gx, int32_t *ret_gy)
{
	static const uint32_t pixels[2] = { 0xff000000, 0 };

	*ret_image = (struct cursor_image){ .width = 2, .height = 1, .pixels = pixels };
	*ret_gx = *ret_gy = -1;
	return true;
}

struct view_status
view_status(const struct view *of)
{
	return (struct view_status){ 0 };
}

void
report_verdict(json_object *json, const struct view_status *status)
{
}

static int
make_memory(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_EXPECT(fd >= 0 && ftruncate(fd, PICTURE_SIZE) == 0);
	return fd;
}

static void
create_picture(void)
{
	AUTO_FD int fd = make_memory();
	const struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = 2,
		.height = 2,
		.fourcc = 0x34325258, /* XR24 */
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = 8 } },
	};

	FUZZ_EXPECT(sd_event_new(&event) >= 0);
	FUZZ_EXPECT(buffer_create(&layout, &scanout.buffer) == 0);
	scanout.source = (struct rect){ 0, 0, 2, 2 };
}

static bool
send_request(int socket, const uint8_t *text, size_t size, uint32_t n_fds)
{
	const struct iovec part = { .iov_base = (void *)(uintptr_t)text, .iov_len = size };
	int fds[MAX_FDS];

	for (uint32_t i = 0; i < n_fds; i++) {
		fds[i] = STDIN_FILENO;
	}
	return packet_send(socket, &part, 1, fds, n_fds, MSG_DONTWAIT) >= 0;
}

static void
run_event_loop(void)
{
	uint32_t n_steps = 0;

	while (sd_event_run(event, 0) > 0) {
		FUZZ_EXPECT(++n_steps < MAX_STEPS);
	}
}

/* How many answers have come; each is a message like any other. */
static uint32_t
read_answers(int socket)
{
	struct control_socket_fds fds;
	json_object *message;
	uint32_t n = 0;

	while (control_socket_receive(socket, &message, &fds) == 0) {
		n_begun += json_object_object_get_ex(message, "begun", NULL);
		n++;
		control_socket_fds_close(&fds);
		json_object_put(message);
	}
	return n;
}

/* A client that asks for this, and then leaves. */
static void
ask(struct resident *resident, const uint8_t *text, size_t size, uint32_t n_fds)
{
	struct resident_client *client = &resident->clients[0];
	uint32_t n_answers;
	int fds[2];

	FUZZ_EXPECT(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	*client = (struct resident_client){ .resident = resident, .fd = fds[0] };
	FUZZ_EXPECT(sd_event_add_io(event, &client->source, fds[0], EPOLLIN,
			    resident_handle_readable, client) >= 0);
	n_begun = 0;
	is_typing = false;
	if (!send_request(fds[1], text, size, n_fds)) {
		close(fds[1]);
		run_event_loop();
		return;
	}
	run_event_loop();
	n_answers = read_answers(fds[1]);
	FUZZ_EXPECT(n_begun == is_typing);
	if (client->resident != NULL) {
		/* Still at it. */
		FUZZ_EXPECT(outcome == OUTCOME_STAYS && n_answers == n_begun);
	} else {
		/* One, or none to what was no request. */
		FUZZ_EXPECT(n_answers <= 1 + n_begun);
	}
	close(fds[1]);
	run_event_loop();
	FUZZ_EXPECT(client->resident == NULL && client->fd < 0);
	FUZZ_EXPECT(!capture.job.exists && !fetch.job.exists && !typist.job.exists);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct guest_identity identity = { .name = "a \"name\"", .uuid = "uuid" };
	static const struct fetch_means means;
	static struct resident resident;
	uint32_t n_before;

	if (event == NULL) {
		create_picture();
	}
	resident.identity = &identity;
	resident.views = &views;
	resident.means = &means;
	resident.event = event;
	n_before = fuzz_count_fds();
	while (size >= HEAD_SIZE) {
		uint32_t n_fds = data[0] % (MAX_FDS + 1);
		size_t length = data[1] | (size_t)data[2] << 8;

		outcome = data[0] / (MAX_FDS + 1) % N_OUTCOMES;
		resident.job = data[0] & 0x80 ? RESIDENT_JOB_TYPING : RESIDENT_JOB_WINDOWS;
		data += HEAD_SIZE;
		size -= HEAD_SIZE;
		length = length < size ? length : size;
		ask(&resident, data, length, n_fds);
		data += length;
		size -= length;
	}
	FUZZ_EXPECT(fuzz_count_fds() == n_before);
	return 0;
}
