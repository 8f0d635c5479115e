#include "shm-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

int
shm_pool_init(struct shm_pool *pool, struct wl_shm *shm, size_t size)
{
	AUTO_FD int fd = memfd_create("vitrine-shm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct wl_shm_pool *proxy;
	void *memory;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0) {
		return -errno;
	}
	/* Compositors skip their guard against a shrinking file where it can not shrink. */
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		return -errno;
	}
	proxy = wl_shm_create_pool(shm, fd, (int32_t)size);
	if (proxy == NULL) {
		munmap(memory, size);
		return -ENOMEM;
	}
	*pool = (struct shm_pool){
		.fd = fd_take(&fd),
		.size = size,
		.memory = memory,
		.pool = proxy,
	};
	return 0;
}

void
shm_pool_finish(struct shm_pool *pool)
{
	if (pool->pool == NULL) {
		return;
	}
	wl_shm_pool_destroy(pool->pool);
	munmap(pool->memory, pool->size);
	fd_close(&pool->fd);
	*pool = (struct shm_pool){ .fd = -1 };
}
