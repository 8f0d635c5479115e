#include "base/dmabuf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

int
dmabuf_export_fence(int fd)
{
	struct dma_buf_export_sync_file request = { .flags = DMA_BUF_SYNC_READ, .fd = -1 };

	return ioctl(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &request) < 0 ? -errno : request.fd;
}

bool
dmabuf_exporter(int fd, char *ret_name, size_t size)
{
	static const char key[] = "\nexp_name:\t";
	AUTO_FD int info = -1;
	char path[64];
	char text[512];
	char *name;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	n = info >= 0 ? read(info, text, sizeof(text) - 1) : -1;
	if (n < 0) {
		return false;
	}
	text[n] = '\0';
	name = strstr(text, key);
	if (name == NULL) {
		return false;
	}
	name += strlen(key);
	name[strcspn(name, "\n")] = '\0';
	text_copy(ret_name, size, name);
	return true;
}

static int
sync_with_cpu(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_READ };
	int r;

	do {
		r = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r < 0 ? -errno : 0;
}

int
dmabuf_begin_read(int fd)
{
	return sync_with_cpu(fd, DMA_BUF_SYNC_START);
}

int
dmabuf_end_read(int fd)
{
	return sync_with_cpu(fd, DMA_BUF_SYNC_END);
}
