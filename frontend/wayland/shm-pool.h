#pragma once

#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

/* Memory of ours that the compositor reads: a memfd, mapped here, as a wl_shm_pool. */
struct shm_pool {
	int fd;
	size_t size; /* bytes */
	uint8_t *memory;
	struct wl_shm_pool *pool;
};

/* All zero bytes. size: at most INT32_MAX. Returns 0 or negative errno, with *pool untouched. */
int shm_pool_init(struct shm_pool *pool, struct wl_shm *shm, size_t size);
/* Buffers made from it stay valid. A zeroed or finished pool is fine. */
void shm_pool_finish(struct shm_pool *pool);
