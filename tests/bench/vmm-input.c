#include "vmm-input.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"

#define HEADER_SIZE 16
#define TYPE_CALL 1
#define TYPE_RETURN 2
#define NO_REPLY_EXPECTED 1

static void
answer(struct vmm_input *input, uint32_t call)
{
	const uint32_t reply[] = { 'l' | TYPE_RETURN << 8 | NO_REPLY_EXPECTED << 16 | 1 << 24, 0,
		++input->last_serial, 8, 5 | 1 << 8 | 'u' << 16, call };

	if (send(input->fd, reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply)) {
		err(1, "answer");
	}
	input->n_answered++;
}

static void
handle_call(struct vmm_input *input, const uint8_t *call, const uint8_t *body, uint64_t now_ns)
{
	struct input_record *record = &input->records[input->n_records];
	uint32_t serial;

	if (call[1] != TYPE_CALL || input->n_records == INPUT_MAX_RECORDS) {
		return;
	}
	record->time_ns = now_ns;
	memcpy(&record->value, body, sizeof(record->value));
	input->n_records++;
	if (!(call[2] & NO_REPLY_EXPECTED)) {
		memcpy(&serial, call + 8, sizeof(serial));
		answer(input, serial);
	}
}

static int
handle_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct vmm_input *input = data;
	uint64_t now_ns = clock_now_ns();
	ssize_t n = recv(fd, input->inbox + input->inbox_size,
		sizeof(input->inbox) - input->inbox_size, MSG_DONTWAIT);
	size_t at = 0;

	if (n <= 0) {
		return sd_event_exit(sd_event_source_get_event(source), 0);
	}
	input->inbox_size += (size_t)n;
	while (input->inbox_size - at >= HEADER_SIZE) {
		uint32_t sizes[4];
		size_t start, size;

		memcpy(sizes, input->inbox + at, sizeof(sizes));
		start = HEADER_SIZE + (sizes[3] + 7) / 8 * 8;
		size = start + sizes[1];
		if (input->inbox_size - at < size) {
			break;
		}
		handle_call(input, input->inbox + at, input->inbox + at + start, now_ns);
		at += size;
	}
	input->inbox_size -= at;
	memmove(input->inbox, input->inbox + at, input->inbox_size);
	return 0;
}

void
vmm_input_listen(struct vmm_input *input, sd_event *event, int fd)
{
	input->fd = fd;
	/* Above what sd-bus used here before. */
	input->last_serial = UINT32_C(1) << 30;
	input->records = calloc(INPUT_MAX_RECORDS, sizeof(*input->records));
	if (input->records == NULL ||
		sd_event_add_io(event, NULL, fd, EPOLLIN, handle_readable, input) < 0) {
		errx(1, "no memory");
	}
}

void
vmm_input_tell(struct vmm_input *input, const char *path)
{
	FILE *file = fopen(path, "we");

	if (file == NULL ||
		fwrite(input->records, sizeof(*input->records), input->n_records, file) !=
			input->n_records ||
		fclose(file) != 0) {
		err(1, "%s", path);
	}
	printf("{\"calls\":%" PRIu64 ",\"answered\":%" PRIu64 "}\n", input->n_records,
		input->n_answered);
	input->n_records = 0;
	input->n_answered = 0;
}
