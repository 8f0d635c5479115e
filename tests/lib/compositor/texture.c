#include "texture.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pixel.h"

#define MODIFIER_LINEAR UINT64_C(0)
#define MODIFIER_INVALID UINT64_C(0x00ffffffffffffff)
#define PAGE_SIZE 4096

void
texture_finish(struct texture *texture)
{
	free(texture->data);
	texture->data = NULL;
}

static size_t
memory_size(const struct buffer_memory *memory)
{
	return (size_t)memory->strides[0] * (size_t)memory->height;
}

static int
clamp(int64_t value, int highest)
{
	return value < 0 ? 0 : value > highest ? highest : (int)value;
}

static void
copy_rect(struct texture *texture, const uint8_t *source, json_object *rect)
{
	const struct buffer_memory *memory = &texture->memory;
	const struct pixel_format *format = pixel_format_find(memory->fourcc);
	int64_t x = json_object_get_int(json_object_array_get_idx(rect, 0));
	int64_t y = json_object_get_int(json_object_array_get_idx(rect, 1));
	int left = clamp(x, memory->width);
	int top = clamp(y, memory->height);
	int right =
		clamp(x + json_object_get_int(json_object_array_get_idx(rect, 2)), memory->width);
	int bottom =
		clamp(y + json_object_get_int(json_object_array_get_idx(rect, 3)), memory->height);

	for (int row = top; format != NULL && row < bottom && left < right; row++) {
		size_t start = (size_t)row * memory->strides[0] + (size_t)left * format->bytes;
		memcpy(texture->data + start, source + start,
			(size_t)(right - left) * format->bytes);
	}
}

static bool
same_shape(const struct texture *texture, const struct buffer_memory *memory)
{
	const struct buffer_memory *own = &texture->memory;

	return texture->data != NULL && own->width == memory->width &&
	       own->height == memory->height && own->fourcc == memory->fourcc &&
	       own->strides[0] == memory->strides[0];
}

static void
upload_solid(struct texture *texture, const struct buffer_memory *memory)
{
	texture_finish(texture);
	texture->memory = *memory;
	texture->data = malloc(sizeof(memory->solid));
	if (texture->data == NULL) {
		abort();
	}
	memcpy(texture->data, memory->solid, sizeof(memory->solid));
}

void
texture_upload(struct texture *texture, struct buffer *buffer, struct json_object *damage)
{
	struct wl_shm_buffer *shm =
		buffer->resource != NULL ? wl_shm_buffer_get(buffer->resource) : NULL;
	const volatile uint8_t *pages;
	size_t size;

	if (buffer->memory.is_solid) {
		upload_solid(texture, &buffer->memory);
		buffer_uploaded(buffer);
	}
	if (shm == NULL) {
		return;
	}
	size = memory_size(&buffer->memory);
	wl_shm_buffer_begin_access(shm);
	pages = wl_shm_buffer_get_data(shm);
	for (size_t i = 0; i < size; i += PAGE_SIZE) {
		(void)pages[i];
	}
	(void)pages[size - 1];
	if (!same_shape(texture, &buffer->memory)) {
		texture_finish(texture);
		texture->memory = buffer->memory;
		texture->data = malloc(size);
		if (texture->data == NULL) {
			abort();
		}
		damage = NULL;
	}
	if (damage == NULL) {
		memcpy(texture->data, wl_shm_buffer_get_data(shm), size);
	} else {
		for (size_t i = 0; i < json_object_array_length(damage); i++) {
			copy_rect(texture, wl_shm_buffer_get_data(shm),
				json_object_array_get_idx(damage, i));
		}
	}
	wl_shm_buffer_end_access(shm);
	buffer_uploaded(buffer);
}

static bool
read_fully(int fd, uint8_t *destination, size_t size, uint32_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, destination + done, size - done, (off_t)(offset + done));
		if (n <= 0) {
			return false;
		}
		done += (size_t)n;
	}
	return true;
}

uint8_t *
texture_read_dmabuf(const struct buffer_memory *memory, const char **ret_reason)
{
	size_t size = memory_size(memory);
	uint8_t *pixels;
	void *map;

	if (memory->modifier != MODIFIER_LINEAR && memory->modifier != MODIFIER_INVALID) {
		*ret_reason = "a buffer is tiled";
		return NULL;
	}
	pixels = malloc(size);
	if (pixels == NULL) {
		abort();
	}
	/* Memory that passes as a dma-buf may have shrunk: pread can't fault. */
	if (read_fully(memory->fds[0], pixels, size, memory->offsets[0])) {
		return pixels;
	}
	/* A real dma-buf can only be mapped, and can't shrink. */
	map = lseek(memory->fds[0], 0, SEEK_END) >= (off_t)(memory->offsets[0] + size)
		      ? mmap(NULL, memory->offsets[0] + size, PROT_READ, MAP_SHARED, memory->fds[0],
				0)
		      : MAP_FAILED;
	if (map == MAP_FAILED) {
		free(pixels);
		*ret_reason = "the memory of a buffer can't be read";
		return NULL;
	}
	memcpy(pixels, (uint8_t *)map + memory->offsets[0], size);
	munmap(map, memory->offsets[0] + size);
	return pixels;
}
