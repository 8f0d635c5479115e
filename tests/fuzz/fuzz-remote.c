#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "fuzz.h"
#include "remote.h"

/*
 * What a viewer that has the VM answers those who ask it. The first byte says what it was asked,
 * and the rest is its packets: each of one byte with the number of fds, two with its size, and its
 * text. They have been sent, and it is gone, before the question is.
 */

#define HEAD_SIZE 3
#define MAX_FDS 7
#define MEMORY_SIZE 65536
#define MAX_PIXELS 65536
#define MAX_CODE 255

enum question {
	QUESTION_LIST,
	QUESTION_SCREENSHOT,
	QUESTION_TYPE,
	QUESTION_CONTROL,
	N_QUESTIONS,
};

static int memory = -1;

static bool
send_answer(int socket, const uint8_t *text, size_t size, uint32_t n_fds)
{
	const struct iovec part = { .iov_base = (void *)(uintptr_t)text, .iov_len = size };
	int fds[MAX_FDS];

	for (uint32_t i = 0; i < n_fds; i++) {
		fds[i] = memory;
	}
	return packet_send(socket, &part, 1, fds, n_fds, MSG_DONTWAIT) >= 0;
}

static void
send_answers(int socket, const uint8_t *data, size_t size)
{
	while (size >= HEAD_SIZE) {
		uint32_t n_fds = data[0] % (MAX_FDS + 1);
		size_t length = data[1] | (size_t)data[2] << 8;

		data += HEAD_SIZE;
		size -= HEAD_SIZE;
		length = length < size ? length : size;
		if (!send_answer(socket, data, length, n_fds)) {
			return;
		}
		data += length;
		size -= length;
	}
}

static void
check_picture(const struct remote_picture *picture)
{
	const struct cursor_image *cursor = &picture->cursor;
	uint32_t sum = 0;

	FUZZ_EXPECT(picture->scanout.buffer != NULL);
	FUZZ_EXPECT((cursor->pixels == NULL) == (cursor->width == 0));
	FUZZ_EXPECT(cursor->width <= CURSOR_MAX_DIMENSION);
	FUZZ_EXPECT(cursor->height <= CURSOR_MAX_DIMENSION);
	for (size_t i = 0; i < (size_t)cursor->width * cursor->height && i < MAX_PIXELS; i++) {
		sum += cursor->pixels[i];
	}
	FUZZ_EXPECT(sum == 0); /* as the memory is */
}

static int
take_screenshot(int socket)
{
	const struct capture_request request = { .timeout_ms = 1 };
	const struct remote_wishes wishes = { .cursor = true };
	struct remote_picture pictures[GUEST_MAX_HEADS];
	uint32_t n_pictures = 0;
	int code = remote_screenshot(socket, &request, &wishes, pictures, &n_pictures);

	FUZZ_EXPECT(n_pictures <= GUEST_MAX_HEADS && (code == 0 || n_pictures == 0));
	for (uint32_t i = 0; i < n_pictures; i++) {
		check_picture(&pictures[i]);
	}
	remote_pictures_finish(pictures, n_pictures);
	return code;
}

static int
ask(enum question question, int socket)
{
	static struct typing typing = { .n_strokes = 1,
		.strokes = { { .codes = { 30 }, .n_codes = 1 } } };
	json_object *vm = NULL;
	int code;

	switch (question) {
	case QUESTION_LIST:
		code = remote_list(socket, 1, &vm);
		FUZZ_EXPECT((code == 0) == (vm != NULL));
		json_object_put(vm);
		return code;
	case QUESTION_SCREENSHOT:
		return take_screenshot(socket);
	case QUESTION_TYPE:
		return remote_type(socket, 0, &typing);
	default:
		return remote_control(socket, json_object_new_object(), memory, memory);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t n_before;
	int fds[2];
	int code;

	if (memory < 0) {
		memory = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		FUZZ_EXPECT(memory >= 0 && ftruncate(memory, MEMORY_SIZE) == 0);
		FUZZ_EXPECT(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	}
	if (size == 0) {
		return 0;
	}
	n_before = fuzz_count_fds();
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	send_answers(fds[1], data + 1, size - 1);
	close(fds[1]);
	code = ask(data[0] % N_QUESTIONS, fds[0]);
	/* An exit status, or that it is to be asked again. */
	FUZZ_EXPECT(code <= MAX_CODE);
	close(fds[0]);
	FUZZ_EXPECT(fuzz_count_fds() == n_before);
	return 0;
}
