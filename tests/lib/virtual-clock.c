/*
 * Preloaded (LD_PRELOAD) into a program: its monotonic clock can be sent ahead from outside, so
 * that nobody has to wait for time to pass. The clock goes as fast as the kernel's, plus what
 * struct page below says, which lies in the file that $VIRTUAL_CLOCK names and that all who are to
 * agree on the time share. Whoever adds to it wakes its futex: then every timerfd that is armed
 * (event loops wait by those, for a point in time) is armed anew for what is left of its wait. Time
 * goes on at its own pace otherwise; nothing that happens is waited for or skipped, and a process
 * that is busy when time jumps sees what it would see after having been stopped for so long.
 *
 * Not moved are waits for a time span (poll, the time-outs of epoll, nanosleep): they take what
 * they take. CLOCK_REALTIME is nobody's business.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_FDS 1024
#define NS_PER_S INT64_C(1000000000)

struct page {
	_Atomic int64_t ahead_ns;
	_Atomic uint32_t n_jumps; /* a futex */
};

static struct page *page;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* By fd: when it is due by our clock; 0: it is not armed for a point in time. */
static int64_t due_ns[MAX_FDS];

static int64_t
ahead_ns(void)
{
	return page != NULL ? atomic_load(&page->ahead_ns) : 0;
}

static int64_t
to_ns(const struct timespec *time)
{
	return time->tv_sec * NS_PER_S + time->tv_nsec;
}

static struct timespec
from_ns(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

int
clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	long r = syscall(SYS_clock_gettime, clock, ret_now);

	if (r == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
			      clock == CLOCK_BOOTTIME)) {
		*ret_now = from_ns(to_ns(ret_now) + ahead_ns());
	}
	return (int)r;
}

/* The lock is held. */
static int
arm(int fd, const struct itimerspec *value, struct itimerspec *old)
{
	struct itimerspec real = *value;
	int64_t at_ns = to_ns(&value->it_value) - ahead_ns();

	/* 0 would disarm it. */
	real.it_value = from_ns(at_ns > 0 ? at_ns : 1);
	return (int)syscall(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &real, old);
}

int
timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
	bool has_due = (flags & TFD_TIMER_ABSTIME) && to_ns(&value->it_value) != 0;
	int r;

	if (page == NULL || fd < 0 || fd >= MAX_FDS) {
		return (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
	}
	pthread_mutex_lock(&lock);
	due_ns[fd] = has_due ? to_ns(&value->it_value) : 0;
	r = has_due ? arm(fd, value, old)
		    : (int)syscall(SYS_timerfd_settime, fd, flags, value, old);
	pthread_mutex_unlock(&lock);
	return r;
}

/* A number that was another timer's before. */
int
timerfd_create(clockid_t clock, int flags)
{
	int fd = (int)syscall(SYS_timerfd_create, clock, flags);

	/* Of other clocks none is armed by who is tested here. */
	if (fd >= 0 && fd < MAX_FDS) {
		pthread_mutex_lock(&lock);
		due_ns[fd] = 0;
		pthread_mutex_unlock(&lock);
	}
	return fd;
}

static void *
follow(void *data)
{
	uint32_t seen = atomic_load(&page->n_jumps);

	for (;;) {
		syscall(SYS_futex, &page->n_jumps, FUTEX_WAIT, seen, NULL, NULL, 0);
		seen = atomic_load(&page->n_jumps);
		pthread_mutex_lock(&lock);
		for (int fd = 0; fd < MAX_FDS; fd++) {
			if (due_ns[fd] != 0) {
				const struct itimerspec due = { .it_value = from_ns(due_ns[fd]) };
				/* One that has gone off is set to the past and goes off again;
				 * one that is closed is an error that nobody minds. */
				arm(fd, &due, NULL);
			}
		}
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void
start_thread(void)
{
	sigset_t all, before;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, follow, NULL) != 0) {
		abort();
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Its threads are gone, and with them perhaps the one that held the lock. */
static void
start_again(void)
{
	pthread_mutex_init(&lock, NULL);
	start_thread();
}

__attribute__((constructor)) static void
virtual_clock_start(void)
{
	const char *path = getenv("VIRTUAL_CLOCK");
	void *map;
	int fd;

	if (path == NULL) {
		return;
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || map == MAP_FAILED) {
		abort();
	}
	close(fd);
	page = map;
	pthread_atfork(NULL, NULL, start_again);
	start_thread();
}
