#include "qemu-dbus/wire-header.h"

#include <errno.h>
#include <string.h>

#include "qemu-dbus/wire-memory.h"
#include "qemu-dbus/wire-name.h"
#include "qemu-dbus/wire-reader.h"

#define VERSION 1
#define BYTE_ORDER_MARK (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B')

static const struct {
	char type;
	bool (*is_valid)(const char *text);
} fields[] = {
	[WIRE_FIELD_PATH] = { 'o', wire_name_is_path },
	[WIRE_FIELD_INTERFACE] = { 's', wire_name_is_interface },
	[WIRE_FIELD_MEMBER] = { 's', wire_name_is_member },
	[WIRE_FIELD_ERROR_NAME] = { 's', wire_name_is_interface },
	[WIRE_FIELD_REPLY_SERIAL] = { 'u', NULL },
	[WIRE_FIELD_DESTINATION] = { 's', wire_name_is_bus },
	[WIRE_FIELD_SENDER] = { 's', wire_name_is_bus },
	[WIRE_FIELD_SIGNATURE] = { 'g', NULL },
	[WIRE_FIELD_UNIX_FDS] = { 'u', NULL },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static void
read_text(struct wire_reader *reader, uint8_t code, const char **text)
{
	*text = wire_reader_string(reader);
	if (!fields[code].is_valid(*text)) {
		reader->is_bad = true;
	}
}

static void
skip(struct wire_reader *reader, char type)
{
	const char *ignored;

	switch (type) {
	case 'y':
		wire_reader_u8(reader);
		break;
	case 'n':
	case 'q':
		wire_reader_align(reader, 2);
		wire_reader_u8(reader);
		wire_reader_u8(reader);
		break;
	case 'b':
		wire_reader_bool(reader);
		break;
	case 'i':
	case 'u':
	case 'h':
		wire_reader_u32(reader);
		break;
	case 'x':
	case 't':
	case 'd':
		wire_reader_u64(reader);
		break;
	case 'o':
		read_text(reader, WIRE_FIELD_PATH, &ignored);
		break;
	default:
		reader->is_bad = true;
		break;
	}
}

static void
read_field(struct wire_reader *reader, uint32_t *seen, struct wire_header *header)
{
	const char *signature, *ignored;
	uint8_t code;

	wire_reader_align(reader, 8);
	code = wire_reader_u8(reader);
	signature = wire_reader_signature(reader);
	if (code == 0 || signature[0] == '\0' || signature[1] != '\0') {
		reader->is_bad = true;
		return;
	}
	if (code >= N_FIELDS) {
		skip(reader, signature[0]);
		return;
	}
	if (signature[0] != fields[code].type || (*seen & 1u << code) != 0) {
		reader->is_bad = true;
		return;
	}
	*seen |= 1u << code;
	switch (code) {
	case WIRE_FIELD_PATH:
		read_text(reader, code, &header->path);
		break;
	case WIRE_FIELD_INTERFACE:
		read_text(reader, code, &header->interface);
		break;
	case WIRE_FIELD_MEMBER:
		read_text(reader, code, &header->member);
		break;
	case WIRE_FIELD_SIGNATURE:
		header->signature = wire_reader_signature(reader);
		break;
	case WIRE_FIELD_REPLY_SERIAL:
		header->reply_serial = wire_reader_u32(reader);
		break;
	case WIRE_FIELD_UNIX_FDS:
		header->n_fds = wire_reader_u32(reader);
		break;
	default:
		read_text(reader, code, &ignored);
		break;
	}
}

static bool
has(uint32_t seen, enum wire_field field)
{
	return (seen & 1u << field) != 0;
}

/* What each kind of message must tell, and what it must not. */
static bool
is_complete(const struct wire_header *header, uint32_t seen)
{
	if (has(seen, WIRE_FIELD_REPLY_SERIAL) && header->reply_serial == 0) {
		return false;
	}
	switch (header->type) {
	case WIRE_CALL:
		return has(seen, WIRE_FIELD_PATH) && has(seen, WIRE_FIELD_MEMBER) &&
		       header->reply_serial == 0;
	case WIRE_RETURN:
		return header->reply_serial != 0;
	case WIRE_ERROR:
		return header->reply_serial != 0 && has(seen, WIRE_FIELD_ERROR_NAME);
	case WIRE_SIGNAL:
		return has(seen, WIRE_FIELD_PATH) && has(seen, WIRE_FIELD_INTERFACE) &&
		       has(seen, WIRE_FIELD_MEMBER) && header->reply_serial == 0;
	default:
		return true; /* to be ignored */
	}
}

/* Where the bytes of the array begin that ends the body; 0: there is none. */
static uint32_t
tail_start(const char *signature)
{
	size_t n = strspn(signature, "uih");

	return strcmp(signature + n, "ay") == 0 ? (uint32_t)(n + 1) * sizeof(uint32_t) : 0;
}

static int
divide_body(struct wire_header *header)
{
	uint32_t start = header->tail_start;

	header->has_tail = start > 0 && header->body_size >= start;
	if (header->has_tail) {
		header->tail_size = header->body_size - start;
		header->body_size = start;
	}
	return header->body_size > WIRE_BODY_MAX || header->tail_size > WIRE_TAIL_MAX ||
			       header->n_fds > WIRE_MAX_FDS
		       ? -EMSGSIZE
		       : 0;
}

/* How each message starts. */
struct prefix {
	uint8_t mark, type, flags, version;
	uint32_t body_size, serial, fields_size;
};

static int
check_prefix(const struct prefix *prefix)
{
	if (prefix->mark != BYTE_ORDER_MARK) {
		return prefix->mark == 'l' || prefix->mark == 'B' ? -ENOTSUP : -EBADMSG;
	}
	if (prefix->version != VERSION || prefix->type == 0 || prefix->serial == 0) {
		return -EBADMSG;
	}
	return prefix->fields_size > WIRE_HEADER_MAX - sizeof(*prefix) ? -EMSGSIZE : 0;
}

static int
read_fields(const uint8_t *data, uint32_t size, struct wire_header *header)
{
	struct wire_reader reader = {
		.data = data,
		.size = sizeof(struct prefix) + size,
		.at = sizeof(struct prefix),
	};
	uint32_t seen = 0;

	while (!reader.is_bad && reader.at < reader.size) {
		read_field(&reader, &seen, header);
	}
	reader.size = header->header_size;
	wire_reader_align(&reader, 8);
	if (!wire_reader_is_done(&reader) || !is_complete(header, seen)) {
		return -EBADMSG;
	}
	header->tail_start = tail_start(header->signature);
	return 0;
}

int
wire_header_read(const uint8_t *data, size_t size, struct wire_memory *memory,
	struct wire_header *ret_header)
{
	struct wire_header header = { .path = "", .interface = "", .member = "", .signature = "" };
	const struct wire_header *known = NULL;
	struct prefix prefix;
	int r;

	if (size < sizeof(prefix)) {
		return -EAGAIN;
	}
	memcpy(&prefix, data, sizeof(prefix));
	r = check_prefix(&prefix);
	if (r < 0) {
		return r;
	}
	header.header_size = (uint32_t)(sizeof(prefix) + prefix.fields_size + 7) & ~7u;
	if (size < header.header_size) {
		return -EAGAIN;
	}
	if (memory != NULL) {
		known = wire_memory_find(memory, data, header.header_size);
	}
	if (known != NULL) {
		header = *known;
	} else {
		header.type = prefix.type;
		header.flags = prefix.flags;
		r = read_fields(data, prefix.fields_size, &header);
		if (r < 0) {
			return r;
		}
		/* Answers are each unlike any other. */
		if (memory != NULL && header.type == WIRE_CALL) {
			wire_memory_keep(memory, data, &header);
		}
	}
	header.serial = prefix.serial;
	header.body_size = prefix.body_size;
	r = divide_body(&header);
	if (r < 0) {
		return r;
	}
	*ret_header = header;
	return 0;
}
