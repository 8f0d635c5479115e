/*
 * wake FRAMES PERIOD_MS
 *
 * What it costs a process to be woken for a frame: a child that does per frame what no viewer can do
 * without (wait, read the update, write the commit; wait, read the callback, write the answer) and
 * nothing else. It knows no protocol: the parent plays both sides. Prints the child's time on a CPU
 * per frame, in ns.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* As large as what goes over the wire, about. */
#define MESSAGE_SIZE 64
#define WARM_UP 5

static void
pass(int epoll_fd, int from, int to)
{
	struct epoll_event event;
	char message[MESSAGE_SIZE];
	struct iovec part = { message, sizeof(message) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (epoll_wait(epoll_fd, &event, 1, -1) != 1 ||
		recvmsg(from, &header, 0) != MESSAGE_SIZE) {
		exit(0); /* the parent has ended */
	}
	if (send(to, message, sizeof(message), 0) != MESSAGE_SIZE) {
		err(1, "send");
	}
}

static void
play_viewer(int vm, int compositor)
{
	int epoll_fd = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, vm, &event) < 0 ||
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, compositor, &event) < 0) {
		err(1, "epoll_ctl");
	}
	for (;;) {
		pass(epoll_fd, vm, compositor);
		pass(epoll_fd, compositor, vm);
	}
}

static void
give_and_take(int to, int from)
{
	char message[MESSAGE_SIZE] = { 0 };

	if (send(to, message, sizeof(message), 0) != MESSAGE_SIZE ||
		recv(from, message, sizeof(message), 0) != MESSAGE_SIZE) {
		err(1, "the child");
	}
}

static int64_t
now_ns(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time) < 0) {
		err(1, "clock_gettime");
	}
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int
main(int argc, char **argv)
{
	int frames = argc == 3 ? atoi(argv[1]) : 0, period_ms = argc == 3 ? atoi(argv[2]) : 0;
	struct timespec period = { period_ms / 1000, period_ms % 1000 * 1000000L };
	int vm[2], compositor[2];
	int64_t start = 0;
	clockid_t clock;
	pid_t pid;

	if (frames < 1 || period_ms < 1) {
		errx(2, "usage: wake FRAMES PERIOD_MS");
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, vm) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM, 0, compositor) < 0) {
		err(1, "socketpair");
	}
	pid = fork();
	if (pid == 0) {
		close(vm[0]);
		close(compositor[0]);
		play_viewer(vm[1], compositor[1]);
	}
	if (pid < 0 || clock_getcpuclockid(pid, &clock) != 0) {
		err(1, "fork");
	}
	close(vm[1]);
	close(compositor[1]);
	for (int i = -WARM_UP; i < frames; i++) {
		start = i == 0 ? now_ns(clock) : start;
		nanosleep(&period, NULL);
		give_and_take(vm[0], compositor[0]);
		give_and_take(compositor[0], vm[0]);
	}
	printf("%lld\n", (long long)((now_ns(clock) - start) / frames));
	close(vm[0]);
	close(compositor[0]);
	waitpid(pid, NULL, 0);
	return 0;
}
