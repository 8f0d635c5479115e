/*
 * In vitrine-text.so's place: instead of drawing it tries what a process that draws may not do. It
 * has no text (-EACCES) when none of it can be done any more that could be when it was loaded,
 * neither here nor in a thread that there is since the first text, as there is one of newer Pangos.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "text/text-module.h"

static int
try_reading(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

/* Others may, for devices that they were given. */
static int
try_reading_of_devices(void)
{
	return open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
try_writing(void)
{
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static int
try_connecting(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int (*const tries[])(
	void) = { try_reading, try_reading_of_devices, try_writing, try_connecting };
#define N_TRIES ((int)(sizeof(tries) / sizeof(tries[0])))

static int
count_done(void)
{
	int n = 0;

	for (int i = 0; i < N_TRIES; i++) {
		int fd = tries[i]();

		n += fd >= 0;
		if (fd >= 0) {
			close(fd);
		}
	}
	return n;
}

static int done_when_loaded;

__attribute__((constructor)) static void
count_at_first(void)
{
	done_when_loaded = count_done();
}

static sem_t wanted;
static pthread_t thread;

static void *
count_in_thread(void *ret_n)
{
	while (sem_wait(&wanted) < 0) {
	}
	*(int *)ret_n = count_done();
	return NULL;
}

static int
draw(const struct text_request *request, struct text_picture *ret_picture)
{
	static int n_drawn, done_in_thread = -1;

	switch (n_drawn++) {
	case 0:
		sem_init(&wanted, 0, 0);
		if (pthread_create(&thread, NULL, count_in_thread, &done_in_thread) != 0) {
			return -EAGAIN;
		}
		break;
	case 1:
		sem_post(&wanted);
		pthread_join(thread, NULL);
		break;
	default:
		break;
	}
	if (done_in_thread == 0 && count_done() == 0 && done_when_loaded == N_TRIES) {
		return -EACCES;
	}
	*ret_picture = (struct text_picture){
		.width = 1,
		.height = 1,
		.pixels = calloc(1, sizeof(uint32_t)),
	};
	return ret_picture->pixels != NULL ? 0 : -ENOMEM;
}

static void
prepare(void)
{
}

extern const struct text_module text_module;

const struct text_module text_module = {
	.version = TEXT_MODULE_VERSION,
	.prepare = prepare,
	.draw = draw,
};
