#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker.h"
#include "base/log.h"

#define LINE_MAX_SIZE 256
#define DECIMAL_MAX_SIZE 32

/* A number with three decimals; printf would follow the user's locale, JSON does not. */
struct decimal {
	char text[DECIMAL_MAX_SIZE];
};

static struct decimal
decimal(double number)
{
	struct decimal decimal;
	bool negative = number < 0;
	uint64_t thousandths = (uint64_t)((negative ? -number : number) * 1000 + 0.5);

	snprintf(decimal.text, sizeof(decimal.text), "%s%" PRIu64 ".%03u", negative ? "-" : "",
		thousandths / 1000, (unsigned int)(thousandths % 1000));
	return decimal;
}

int
record_open(struct record *record, const char *path)
{
	AUTO_FD int fd = broker_create(path);
	int r;

	if (fd < 0) {
		return fd;
	}
	/* A line that a pipe has no room for is lost, rather than held up. */
	r = fd_set_nonblocking(fd);
	if (r < 0) {
		return r;
	}
	record_close(record);
	record->fd = fd_take(&fd);
	return 0;
}

void
record_close(struct record *record)
{
	fd_close(&record->fd);
}

static void __attribute__((format(printf, 2, 3)))
write_line(struct record *record, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list args;
	int length;

	if (record->fd < 0) {
		return;
	}
	va_start(args, format);
	length = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(record->fd, line, (size_t)length) != length) {
		log_error("the test guest's record can not be written: %s; it ends here",
			strerror(errno));
		record_close(record);
	}
}

void
record_event(struct record *record, const char *event)
{
	write_line(record, "{\"event\":\"%s\"}\n", event);
}

void
record_answer(struct record *record, uint32_t head, uint64_t serial, uint64_t latency_ns)
{
	write_line(record,
		"{\"event\":\"answer\",\"head\":%u,\"serial\":%" PRIu64 ",\"latency_ns\":%" PRIu64
		"}\n",
		head, serial, latency_ns);
}

void
record_stray_answer(struct record *record, uint32_t head, uint64_t serial)
{
	write_line(record, "{\"event\":\"stray-answer\",\"head\":%u,\"serial\":%" PRIu64 "}\n",
		head, serial);
}

void
record_set_head(struct record *record, uint32_t head, const struct head_geometry *geometry)
{
	write_line(record,
		"{\"event\":\"set_head\",\"console\":%u,\"width\":%u,\"height\":%u,"
		"\"width_mm\":%u,\"height_mm\":%u,\"x\":%d,\"y\":%d,\"refresh_mhz\":%u}\n",
		head, geometry->width, geometry->height, geometry->width_mm, geometry->height_mm,
		geometry->x, geometry->y, geometry->refresh_mhz);
}

static void
record_touch(struct record *record, uint32_t head, const struct input_event *event)
{
	static const char *const phases[] = {
		[TOUCH_BEGIN] = "begin",
		[TOUCH_UPDATE] = "update",
		[TOUCH_END] = "end",
		[TOUCH_CANCEL] = "cancel",
	};

	write_line(record,
		"{\"event\":\"touch\",\"head\":%u,\"phase\":\"%s\",\"slot\":%u,\"x\":%s,\"y\":%s}"
		"\n",
		head, phases[event->touch.phase], event->touch.slot, decimal(event->touch.gx).text,
		decimal(event->touch.gy).text);
}

static void
record_pen(struct record *record, uint32_t head, const struct input_event *event)
{
	if (!event->pen.near) {
		write_line(record, "{\"event\":\"pen\",\"head\":%u,\"near\":false}\n", head);
		return;
	}
	write_line(record,
		"{\"event\":\"pen\",\"head\":%u,\"near\":true,\"touching\":%s,\"eraser\":%s,\"x\":%s,"
		"\"y\":%s,\"pressure\":%u,\"tilt_x\":%s,\"tilt_y\":%s}\n",
		head, event->pen.touching ? "true" : "false", event->pen.eraser ? "true" : "false",
		decimal(event->pen.gx).text, decimal(event->pen.gy).text, event->pen.pressure,
		decimal(event->pen.tilt_x).text, decimal(event->pen.tilt_y).text);
}

void
record_input(struct record *record, uint32_t head, const struct input_event *event)
{
	switch (event->kind) {
	case INPUT_KEY:
		write_line(record, "{\"event\":\"key\",\"head\":%u,\"code\":%u,\"pressed\":%s}\n",
			head, event->key.code, event->key.pressed ? "true" : "false");
		break;
	case INPUT_BUTTON:
		write_line(record,
			"{\"event\":\"button\",\"head\":%u,\"code\":%u,\"pressed\":%s}\n", head,
			event->button.code, event->button.pressed ? "true" : "false");
		break;
	case INPUT_MOTION:
		write_line(record, "{\"event\":\"motion\",\"head\":%u,\"x\":%s,\"y\":%s}\n", head,
			decimal(event->motion.gx).text, decimal(event->motion.gy).text);
		break;
	case INPUT_RELATIVE:
		write_line(record, "{\"event\":\"relative\",\"head\":%u,\"dx\":%s,\"dy\":%s}\n",
			head, decimal(event->relative.dx).text, decimal(event->relative.dy).text);
		break;
	case INPUT_WHEEL:
		write_line(record,
			"{\"event\":\"wheel\",\"head\":%u,\"dx_120\":%d,\"dy_120\":%d}\n", head,
			event->wheel.dx_120, event->wheel.dy_120);
		break;
	case INPUT_TOUCH:
		record_touch(record, head, event);
		break;
	case INPUT_PEN:
		record_pen(record, head, event);
		break;
	}
}
