#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "gl/conversion.h"
#include "gl/server.h"

/*
 * What the GPU helper is told (gl/server.h), through a real socket: two bytes for each message,
 * which and of what import. What draws is the target's own: it takes a buffer or not, draws or
 * fails, and loses the GPU, as the second byte says.
 */

#define STEP_SIZE 2
#define MAX_STEPS 24
#define N_IDS 4

enum step {
	STEP_IMPORT,
	STEP_DRAW,
	STEP_DROP,
	STEP_NONSENSE,
	N_STEPS,
};

/* Of an import's width, or a draw's first rectangle: what becomes of it. */
enum outcome {
	OUTCOME_DONE = 1,
	OUTCOME_FAILS,
	OUTCOME_GPU_LOST,
	N_OUTCOMES = OUTCOME_GPU_LOST,
};

static int memory = -1;
static uint32_t n_conversions; /* that are there */
static bool is_lost;
static int viewer_end = -1;
static bool is_compiled, is_rehearsed;

int
conversion_init(struct conversion *conversion, const struct context *context,
	const struct buffer_layout *layout, const struct gpu_offer *offers, uint32_t n_offers,
	uint32_t n_targets)
{
	FUZZ_EXPECT(layout->n_planes >= 1 && layout->planes[0].fd >= 0);
	FUZZ_EXPECT(n_offers <= GPU_MAX_OFFERS && n_targets >= 1 && n_targets <= GPU_TARGETS);
	is_lost = layout->width == OUTCOME_GPU_LOST;
	if (layout->width == OUTCOME_FAILS) {
		return -ENOTSUP;
	}
	memset(conversion, 0, sizeof(*conversion));
	conversion->n_targets = n_targets;
	for (uint32_t i = 0; i < n_targets; i++) {
		conversion->targets[i].layout = *layout;
		conversion->targets[i].layout.planes[0].fd = memory;
		conversion->targets[i].layout.n_planes = 1;
	}
	n_conversions++;
	return 0;
}

void
conversion_finish(struct conversion *conversion, const struct context *context)
{
	FUZZ_EXPECT(n_conversions > 0 && conversion->n_targets > 0);
	conversion->n_targets = 0;
	n_conversions--;
}

int
conversion_rehearse(const struct context *context, const struct program *program)
{
	char byte;

	FUZZ_EXPECT(is_compiled && recv(viewer_end, &byte, 1, MSG_PEEK) < 0);
	is_rehearsed = true;
	return 0;
}

int
conversion_draw(struct conversion *conversion, const struct program *program, uint32_t index,
	const struct rect *rects, uint32_t n_rects)
{
	FUZZ_EXPECT(conversion->n_targets > 0 && n_rects >= 1);
	is_lost = rects[0].width == OUTCOME_GPU_LOST;
	return index >= conversion->n_targets    ? -EBADMSG
	       : rects[0].width == OUTCOME_FAILS ? -EIO
						 : 0;
}

/* The viewer is not to wait for it with a picture. */
void
program_init(struct program *program)
{
	char byte;

	FUZZ_EXPECT(recv(viewer_end, &byte, 1, MSG_PEEK) < 0);
	is_compiled = true;
}

void
program_finish(struct program *program)
{
}

bool
context_is_lost(const struct context *context)
{
	return is_lost;
}

/* What the viewer has asked for, and been answered. */
struct viewer {
	uint32_t n_questions, n_answers;
};

static bool
ask(struct viewer *viewer, int socket, enum step step, uint8_t detail)
{
	static struct gpu_message message;
	int32_t outcome = 1 + (detail >> 4 & 3) % N_OUTCOMES;
	uint32_t n_fds = 0;

	memset(&message, 0, sizeof(message));
	message.id = detail % N_IDS;
	switch (step) {
	case STEP_IMPORT:
		message.type = GPU_IMPORT;
		message.import.layout = (struct gpu_layout){
			.kind = BUFFER_DMABUF,
			.width = (uint32_t)outcome,
			.n_planes = 1 + (detail >> 6),
		};
		message.import.n_targets = 1 + (detail >> 2 & 3) % GPU_TARGETS;
		n_fds = message.import.layout.n_planes;
		break;
	case STEP_DRAW:
		message.type = GPU_DRAW;
		message.draw = (struct gpu_draw){ .index = (detail >> 2 & 3) % GPU_TARGETS,
			.n_rects = 1,
			.rects = { { 0, 0, outcome, 1 } } };
		break;
	case STEP_DROP:
		message.type = GPU_DROP;
		break;
	default:
		/* What is the helper's to say. */
		message.type = detail & 0x80 ? GPU_DRAWN : GPU_READY;
		break;
	}
	viewer->n_questions += step == STEP_IMPORT || step == STEP_DRAW;
	return gpu_message_send(socket, &message, (const int[]){ memory, memory, memory, memory },
		       n_fds) == 0;
}

/* Everything that it has said. */
static void
hear(struct viewer *viewer, int socket)
{
	static struct gpu_message message;
	int fds[BUFFER_MAX_PLANES];
	uint32_t n_heard = 0;

	while (gpu_message_receive(socket, &message, fds) == 0) {
		FUZZ_EXPECT((n_heard++ == 0) == (message.type == GPU_READY));
		viewer->n_answers += message.type == GPU_FAILED || message.type == GPU_DRAWN ||
				     (message.type == GPU_TARGET && message.target.last);
		for (int i = 0; i < BUFFER_MAX_PLANES; i++) {
			fd_close(&fds[i]);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct context context = { .node_fd = -1 };
	struct viewer viewer = { 0 };
	enum gpu_exit status;
	bool makes_sense = true;
	uint32_t n_fds;
	int sockets[2];

	if (memory < 0) {
		memory = memfd_create("fuzz", MFD_CLOEXEC);
		FUZZ_EXPECT(memory >= 0);
	}
	is_lost = is_compiled = is_rehearsed = false;
	n_fds = fuzz_count_fds();
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
	FUZZ_EXPECT(fd_set_nonblocking(sockets[0]) == 0);
	viewer_end = sockets[0];
	for (uint32_t i = 0; i < MAX_STEPS && size >= STEP_SIZE; i++) {
		enum step step = data[0] % N_STEPS;

		if (!ask(&viewer, sockets[0], step, data[1])) {
			break;
		}
		makes_sense = makes_sense && step != STEP_NONSENSE;
		data += STEP_SIZE;
		size -= STEP_SIZE;
	}
	shutdown(sockets[0], SHUT_WR);
	status = server_run(sockets[1], &context);
	FUZZ_EXPECT(is_compiled && is_rehearsed);
	hear(&viewer, sockets[0]);
	FUZZ_EXPECT(status == (is_lost              ? GPU_EXIT_LOST
				      : makes_sense ? GPU_EXIT_DONE
						    : GPU_EXIT_FAILED));
	/* Each question is answered once, unless it ended before. */
	FUZZ_EXPECT(viewer.n_answers <= viewer.n_questions);
	FUZZ_EXPECT(status != GPU_EXIT_DONE || viewer.n_answers == viewer.n_questions);
	FUZZ_EXPECT(n_conversions == 0);
	close(sockets[0]);
	close(sockets[1]);
	FUZZ_EXPECT(fuzz_count_fds() == n_fds);
	return 0;
}
