#include "qemu-dbus/wire-fds.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

static int
add(struct wire_fds *fds, int fd, uint64_t end)
{
	if (fds->n == WIRE_MAX_FDS) {
		fd_close(&fd);
		return -EMSGSIZE;
	}
	fds->fds[fds->n] = fd;
	fds->ends[fds->n] = end;
	fds->n++;
	return 0;
}

int
wire_fds_add(struct wire_fds *fds, struct msghdr *message, uint64_t end)
{
	int r = message->msg_flags & MSG_CTRUNC ? -EMFILE : 0;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
		control = CMSG_NXTHDR(message, control)) {
		size_t size = control->cmsg_len - CMSG_LEN(0);

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		for (size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
			int fd, s;

			memcpy(&fd, CMSG_DATA(control) + at, sizeof(fd));
			s = add(fds, fd, end);
			r = r < 0 ? r : s;
		}
	}
	return r;
}

static void
remove_first(struct wire_fds *fds, uint32_t n)
{
	fds->n -= n;
	memmove(fds->fds, fds->fds + n, fds->n * sizeof(fds->fds[0]));
	memmove(fds->ends, fds->ends + n, fds->n * sizeof(fds->ends[0]));
}

uint32_t
wire_fds_take(struct wire_fds *fds, uint32_t n, int ret_fds[WIRE_MAX_FDS])
{
	if (n > fds->n) {
		n = fds->n;
	}
	memcpy(ret_fds, fds->fds, n * sizeof(fds->fds[0]));
	remove_first(fds, n);
	return n;
}

void
wire_fds_drop(struct wire_fds *fds, uint64_t start)
{
	while (fds->n > 0 && fds->ends[0] <= start) {
		fd_close(&fds->fds[0]);
		remove_first(fds, 1);
	}
}

void
wire_fds_finish(struct wire_fds *fds)
{
	wire_fds_drop(fds, UINT64_MAX);
}
