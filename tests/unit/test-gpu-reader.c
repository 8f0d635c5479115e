#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/gpu-reader.h"

/* The helper is played here: these are its functions, as gpu-helper.h has them. */

#define MAX_USERS 16
#define WIDTH 8
#define HEIGHT 4
#define STRIDE 64

/* Devices. */
#define COMPOSITORS 77
#define IGPU 1000
#define DGPU 1001
#define THIRD 1002

struct gpu_helper {
	bool ready, refuses, is_coming_back;
	dev_t device; /* that it draws with */
	dev_t wanted; /* that it was started for */
};

static struct fake {
	struct gpu_helper shared;
	struct gpu_helper *own[GPU_MAX_NODES]; /* made by the set */
	uint32_t n_own;
	bool is_deaf;
	struct gpu_user *users[MAX_USERS];
	uint32_t n_users, last_id;
	uint32_t n_imports, n_draws, n_drops;
	struct gpu_import import; /* the last */
	struct gpu_draw draw;
	struct gpu_user *sender;
} fake;

int
gpu_helper_create(
	sd_event *event, const struct gpu_helper_options *options, struct gpu_helper **ret_helper)
{
	*ret_helper = calloc(1, sizeof(**ret_helper));
	assert_non_null(*ret_helper);
	fake.own[fake.n_own++] = *ret_helper;
	return 0;
}

void
gpu_helper_destroy(struct gpu_helper *helper)
{
	free(helper);
}

dev_t
gpu_helper_device(const struct gpu_helper *helper)
{
	return helper->device;
}

bool
gpu_helper_is_coming_back(const struct gpu_helper *helper)
{
	return helper->is_coming_back;
}

int
gpu_helper_join(struct gpu_helper *helper, struct gpu_user *user, dev_t device,
	bool has_alternative, const char **ret_reason)
{
	assert_false(has_alternative);
	helper->wanted = device;
	if (helper->refuses) {
		*ret_reason = "it is refused";
		return -ENOTSUP;
	}
	assert_true(fake.n_users < MAX_USERS);
	user->helper = helper;
	user->id = ++fake.last_id;
	fake.users[fake.n_users++] = user;
	return 0;
}

static void
remove_user(struct gpu_user *user)
{
	for (uint32_t i = 0; i < fake.n_users; i++) {
		if (fake.users[i] == user) {
			fake.users[i] = fake.users[--fake.n_users];
			user->helper = NULL;
			return;
		}
	}
	fail();
}

void
gpu_helper_leave(struct gpu_user *user)
{
	if (user->helper != NULL) {
		fake.n_drops++;
		remove_user(user);
	}
}

bool
gpu_helper_is_ready(const struct gpu_helper *helper)
{
	return helper->ready;
}

int
gpu_helper_send(struct gpu_user *user, struct gpu_message *message, const int *fds, uint32_t n_fds)
{
	if (fake.is_deaf) {
		return -EAGAIN;
	}
	fake.sender = user;
	if (message->type == GPU_IMPORT) {
		fake.n_imports++;
		fake.import = message->import;
		assert_int_equal(n_fds, message->import.layout.n_planes);
	} else {
		assert_int_equal(message->type, GPU_DRAW);
		fake.n_draws++;
		fake.draw = message->draw;
	}
	return 0;
}

struct fixture {
	sd_event *event;
	struct gpu_reader *reader;
	struct buffer *buffer;
	struct gpu_read *read;
	uint32_t n_done;
	int error;
	const char *reason;
	bool finish_in_done;
};

static const struct rect part = { 1, 1, 5, 2 };

static struct buffer *
make_buffer(uint32_t fourcc)
{
	int fd = unit_memfd(STRIDE * HEIGHT, 0);
	const struct buffer_layout layout = {
		.kind = BUFFER_DMABUF,
		.width = WIDTH,
		.height = HEIGHT,
		.fourcc = fourcc,
		.modifier = I915_FORMAT_MOD_X_TILED,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = STRIDE } },
	};
	struct buffer *buffer;

	assert_int_equal(buffer_create(&layout, &buffer), 0);
	close(fd);
	return buffer;
}

static int
create_reader(struct fixture *f)
{
	static const struct gpu_node nodes[] = {
		{ .device = IGPU, .vendor = 0x8086 },
		{ .device = THIRD, .vendor = 0x10de },
		{ .device = DGPU, .vendor = 0x1002 },
	};

	return gpu_reader_create(f->event, &fake.shared, nodes, 3, &f->reader);
}

static int
set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	fake = (struct fake){ .shared = { .ready = true, .device = IGPU } };
	assert_true(sd_event_new(&f->event) >= 0);
	assert_int_equal(create_reader(f), 0);
	f->buffer = make_buffer(DRM_FORMAT_XRGB8888);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	gpu_read_finish(f->read);
	gpu_reader_destroy(f->reader);
	assert_int_equal(fake.n_users, 0);
	assert_int_equal(f->buffer->refs, 1);
	buffer_unref(f->buffer);
	sd_event_unref(f->event);
	test_free(f);
	return 0;
}

static void
handle_done(void *data, int error, const char *reason)
{
	struct fixture *f = data;

	f->n_done++;
	f->error = error;
	f->reason = reason;
	if (f->finish_in_done) {
		gpu_read_finish(f->read);
		f->read = NULL;
	}
}

/* Starts to read the buffer; what was read before is finished with. */
static int
start_reading(struct fixture *f, struct buffer *buffer)
{
	int r;

	gpu_read_finish(f->read);
	f->read = NULL;
	f->n_done = 0;
	r = gpu_read_start(
		f->reader, buffer, &part, COMPOSITORS, handle_done, f, &f->read, &f->reason);
	assert_int_equal(f->n_done, 0);
	return r;
}

static void
run(struct fixture *f)
{
	while (sd_event_run(f->event, 0) > 0) {
	}
}

static struct gpu_target
a_target(void)
{
	return (struct gpu_target){
		.last = 1,
		.layout = {
			.kind = BUFFER_MEMORY,
			.width = WIDTH,
			.height = HEIGHT,
			.fourcc = DRM_FORMAT_XRGB8888,
			.n_planes = 1,
			.strides = { STRIDE },
		},
	};
}

static int
say_target(const struct gpu_target *target, int seals)
{
	int fd = unit_memfd(STRIDE * HEIGHT, seals);
	int r = fake.sender->listener->target(fake.sender->data, target, &fd);

	close(fd);
	return r;
}

static void
give_target(void)
{
	struct gpu_target target = a_target();

	assert_int_equal(say_target(&target, F_SEAL_SHRINK), 0);
}

static int
say_drawn(int error)
{
	const struct gpu_drawn drawn = { .error = error };

	return fake.sender->listener->drawn(fake.sender->data, &drawn);
}

static void
say_failed(struct gpu_user *user, int error)
{
	remove_user(user);
	user->listener->failed(user->data, error, "so it says");
}

/* All goes well, up to done. */
static void
read_well(struct fixture *f, struct buffer *buffer, bool is_known)
{
	uint32_t n_imports = fake.n_imports;

	assert_int_equal(start_reading(f, buffer), 0);
	assert_int_equal(fake.n_imports, n_imports + !is_known);
	if (!is_known) {
		give_target();
	}
	assert_true(rect_equal(&fake.draw.rects[0], &part));
	assert_int_equal(fake.draw.n_rects, 1);
	assert_int_equal(say_drawn(0), 0);
	assert_int_equal(f->n_done, 0);
	run(f);
	assert_int_equal(f->n_done, 1);
	assert_int_equal(f->error, 0);
}

static void
test_one_picture(void **state)
{
	struct fixture *f = *state;

	fake.shared.ready = false;
	assert_int_equal(start_reading(f, f->buffer), 0);
	assert_int_equal(fake.n_imports, 0);
	fake.shared.ready = true;
	fake.users[0]->listener->ready(fake.users[0]->data);
	assert_int_equal(fake.n_imports, 1);
	assert_int_equal(fake.import.n_targets, 1);
	assert_int_equal(fake.import.n_offers, 1);
	assert_int_equal(fake.import.offers[0].kind, BUFFER_MEMORY);
	assert_int_equal(fake.import.offers[0].fourcc, DRM_FORMAT_XRGB8888);
	give_target();
	assert_int_equal(fake.n_draws, 1);
	assert_int_equal(say_drawn(0), 0);
	run(f);
	assert_int_equal(f->n_done, 1);
	assert_int_equal(gpu_read_memory(f->read)->layout.width, WIDTH);
}

/* So that the same code rounds on every way. */
static void
test_the_depth_is_left_to_the_cpu(void **state)
{
	struct fixture *f = *state;
	struct buffer *deep = make_buffer(DRM_FORMAT_ABGR2101010);
	struct gpu_target target = a_target();

	assert_int_equal(start_reading(f, deep), 0);
	assert_int_equal(fake.import.n_offers, 2);
	assert_int_equal(fake.import.offers[0].fourcc, DRM_FORMAT_XBGR2101010);
	assert_int_equal(fake.import.offers[1].fourcc, DRM_FORMAT_XRGB8888);
	target.layout.fourcc = DRM_FORMAT_XBGR2101010;
	assert_int_equal(say_target(&target, F_SEAL_SHRINK), 0);
	gpu_read_finish(f->read);
	f->read = NULL;
	assert_int_equal(deep->refs, 1);
	buffer_unref(deep);
}

static void
test_imports_are_kept(void **state)
{
	struct fixture *f = *state;
	struct buffer *other = make_buffer(DRM_FORMAT_XRGB8888), *again;

	read_well(f, f->buffer, false);
	read_well(f, other, false);
	/* Two that flip, told by a new fd at each flip. */
	read_well(f, f->buffer, true);
	assert_int_equal(buffer_create(&other->layout, &again), 0);
	read_well(f, again, true);
	assert_int_equal(fake.n_drops, 0);
	buffer_unref(again);
	gpu_read_finish(f->read);
	f->read = NULL;
	gpu_reader_destroy(f->reader);
	assert_int_equal(fake.n_drops, 2);
	assert_int_equal(other->refs, 1);
	buffer_unref(other);
	assert_int_equal(create_reader(f), 0);
}

static void
test_no_more_than_some_are_kept(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < GPU_READER_MAX_KEPT + 1; i++) {
		struct buffer *buffer = make_buffer(DRM_FORMAT_XRGB8888);

		read_well(f, buffer, false);
		buffer_unref(buffer);
		read_well(f, f->buffer, i > 0);
	}
	/* The reading one does not count; it was used all the time, and another had to go. */
	gpu_read_finish(f->read);
	f->read = NULL;
	assert_int_equal(fake.n_users, GPU_READER_MAX_KEPT);
	read_well(f, f->buffer, true);
}

static void
test_what_nobody_reads_is_forgotten(void **state)
{
	struct fixture *f = *state;

	read_well(f, f->buffer, false);
	gpu_read_finish(f->read);
	f->read = NULL;
	while (fake.n_users > 0) {
		assert_true(sd_event_run(f->event, UINT64_MAX) > 0);
	}
	read_well(f, f->buffer, false);
}

/* Each has memory of its own, which stays as it is while somebody reads it. */
static void
test_two_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct gpu_read *second;

	read_well(f, f->buffer, false);
	assert_int_equal(gpu_read_start(f->reader, f->buffer, &part, COMPOSITORS, handle_done, f,
				 &second, &f->reason),
		0);
	assert_int_equal(fake.n_imports, 2);
	give_target();
	assert_int_equal(say_drawn(0), 0);
	run(f);
	assert_ptr_not_equal(gpu_read_memory(second), gpu_read_memory(f->read));
	gpu_read_finish(second);
}

static void
test_memory_that_is_given_away(void **state)
{
	struct fixture *f = *state;

	read_well(f, f->buffer, false);
	gpu_read_give_away(f->read);
	read_well(f, f->buffer, false);
	assert_int_equal(fake.n_drops, 1);
}

static void
test_refusals(void **state)
{
	struct fixture *f = *state;

	fake.shared.refuses = true;
	assert_int_equal(start_reading(f, f->buffer), -ENOTSUP);
	assert_string_equal(f->reason, "it is refused");
	fake.shared.refuses = false;
	fake.is_deaf = true;
	assert_int_equal(start_reading(f, f->buffer), -ECONNRESET);
	fake.is_deaf = false;
	assert_int_equal(start_reading(f, f->buffer), 0);
	say_failed(fake.sender, -ENOSPC);
	run(f);
	assert_int_equal(f->error, -ENOTSUP);
	assert_string_equal(f->reason, "so it says");
}

static void
test_failures_at_any_time(void **state)
{
	static const int errors[] = { -ETIMEDOUT, -ECONNRESET };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		f->finish_in_done = i == 1;
		/* While it starts, makes memory, draws; */
		for (int stage = 0; stage < 3; stage++) {
			fake.shared.ready = stage > 0;
			assert_int_equal(start_reading(f, f->buffer), 0);
			if (stage == 2) {
				give_target();
			}
			say_failed(fake.users[0], errors[i]);
			assert_int_equal(f->n_done, 0);
			run(f);
			assert_int_equal(f->n_done, 1);
			assert_int_equal(f->error, errors[i]);
		}
	}
	/* while it is read: that is good; and while it is kept. */
	f->finish_in_done = false;
	read_well(f, f->buffer, false);
	say_failed(fake.users[0], -ETIMEDOUT);
	run(f);
	assert_int_equal(f->n_done, 1);
	read_well(f, f->buffer, false);
	gpu_read_finish(f->read);
	f->read = NULL;
	say_failed(fake.users[0], -ETIMEDOUT);
	read_well(f, f->buffer, false);
	/* A kept one that is asked for again, of a helper that does not listen any more. */
	fake.is_deaf = true;
	assert_int_equal(start_reading(f, f->buffer), -ECONNRESET);
}

static void
test_the_gpu_cannot_draw(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start_reading(f, f->buffer), 0);
	give_target();
	assert_int_equal(say_drawn(-EIO), 0);
	run(f);
	assert_int_equal(f->error, -EIO);
	/* It is of no use any more. */
	read_well(f, f->buffer, false);
}

static void
test_given_up_at_any_time(void **state)
{
	struct fixture *f = *state;

	for (int stage = 0; stage < 4; stage++) {
		fake.shared.ready = stage > 0;
		assert_int_equal(start_reading(f, f->buffer), 0);
		if (stage >= 2) {
			give_target();
		}
		if (stage >= 3) {
			assert_int_equal(say_drawn(0), 0);
		}
		gpu_read_finish(f->read);
		f->read = NULL;
		assert_int_equal(fake.n_users, 0);
		run(f);
		assert_int_equal(f->n_done, 0);
	}
}

/* It is killed for each. */
static void
test_nonsense(void **state)
{
	struct fixture *f = *state;
	struct gpu_target target;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (int lie = 0; lie < 8; lie++) {
		target = a_target();
		target.index = lie == 0;
		target.last = lie != 1;
		target.layout.kind = lie == 2 ? BUFFER_DMABUF : BUFFER_MEMORY;
		target.layout.width += lie == 3;
		target.layout.height -= lie == 4;
		target.layout.fourcc = lie == 5 ? DRM_FORMAT_RGB565 : target.layout.fourcc;
		target.layout.strides[0] = lie == 6 ? STRIDE + 1 : STRIDE;
		assert_int_equal(start_reading(f, f->buffer), 0);
		assert_int_equal(say_drawn(0), -EBADMSG);
		assert_int_equal(say_target(&target, lie == 7 ? 0 : F_SEAL_SHRINK), -EBADMSG);
		say_failed(fake.users[0], -ECONNRESET);
		run(f);
		assert_int_equal(f->error, -ECONNRESET);
	}
	target = a_target();
	assert_int_equal(start_reading(f, f->buffer), 0);
	assert_int_equal(
		fake.sender->listener->target(fake.sender->data, &target, &null), -EBADMSG);
	close(null);
	assert_int_equal(start_reading(f, f->buffer), 0);
	give_target();
	assert_int_equal(say_target(&target, F_SEAL_SHRINK), -EBADMSG);
	assert_int_equal(say_drawn(0), 0);
	assert_int_equal(say_drawn(0), -EBADMSG);
}

/* The last helper that was made says what it draws with. */
static void
say_ready(dev_t device)
{
	struct gpu_helper *helper = fake.own[fake.n_own - 1];
	struct gpu_user *user = fake.users[fake.n_users - 1];

	assert_ptr_equal(user->helper, helper);
	helper->ready = true;
	helper->device = device;
	user->listener->ready(user->data);
}

static void
test_other_gpus_are_tried(void **state)
{
	struct fixture *f = *state;
	struct buffer *next = make_buffer(DRM_FORMAT_XRGB8888);

	assert_int_equal(start_reading(f, f->buffer), 0);
	assert_int_equal(fake.shared.wanted, COMPOSITORS);
	assert_int_equal(fake.n_own, 0);
	/* Not on the GPU that has refused it; on the first of the others. */
	say_failed(fake.sender, -ENOTSUP);
	assert_int_equal(fake.n_own, 1);
	assert_int_equal(fake.own[0]->wanted, THIRD);
	assert_int_equal(fake.n_imports, 1);
	/* That node has no driver: its helper draws with another. */
	say_ready(IGPU);
	assert_int_equal(fake.n_own, 2);
	assert_int_equal(fake.own[1]->wanted, DGPU);
	assert_int_equal(fake.n_imports, 1);
	say_ready(DGPU);
	assert_int_equal(fake.n_imports, 2);
	give_target();
	assert_int_equal(say_drawn(0), 0);
	run(f);
	assert_int_equal(f->error, 0);
	/* It is asked first from now on. */
	assert_int_equal(start_reading(f, next), 0);
	assert_ptr_equal(fake.sender->helper, fake.own[1]);
	/* Others come after it, each once. */
	say_failed(fake.sender, -ENOTSUP);
	assert_ptr_equal(fake.sender->helper, &fake.shared);
	say_failed(fake.sender, -ENOTSUP);
	run(f);
	assert_int_equal(f->error, -ENOTSUP);
	assert_string_equal(f->reason, "so it says");
	assert_int_equal(fake.n_own, 2);
	gpu_read_finish(f->read);
	f->read = NULL;
	buffer_unref(next);
}

static void
test_the_vendors_gpu_is_tried_first(void **state)
{
	struct fixture *f = *state;

	fake.shared.device = THIRD;
	assert_int_equal(start_reading(f, f->buffer), 0);
	say_failed(fake.sender, -ENOTSUP);
	assert_int_equal(fake.own[0]->wanted, IGPU);
	gpu_read_finish(f->read);
	f->buffer->layout.modifier = AMD_FMT_MOD;
	assert_int_equal(gpu_read_start(f->reader, f->buffer, &part, COMPOSITORS, handle_done, f,
				 &f->read, &f->reason),
		0);
	say_failed(fake.sender, -ENOTSUP);
	assert_int_equal(fake.own[1]->wanted, DGPU);
}

static void
test_where_no_gpu_takes_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(start_reading(f, f->buffer), 0);
	say_failed(fake.sender, -ENOTSUP);
	say_ready(THIRD);
	say_failed(fake.sender, -ENOTSUP);
	say_ready(DGPU);
	say_failed(fake.sender, -ENOTSUP);
	run(f);
	assert_int_equal(f->error, -ENOTSUP);
	assert_string_equal(f->reason, "no GPU's driver takes this format and modifier");
	assert_int_equal(fake.n_users, 0);
}

/* Then it has tried them all. */
static void
test_the_cpu_draws(void **state)
{
	struct fixture *f = *state;

	fake.shared.device = 0;
	assert_int_equal(start_reading(f, f->buffer), 0);
	say_failed(fake.sender, -ENOTSUP);
	run(f);
	assert_int_equal(f->error, -ENOTSUP);
	assert_string_equal(f->reason, "so it says");
	assert_int_equal(fake.n_own, 0);
}

static void
test_a_helper_that_comes_back_is_waited_for(void **state)
{
	struct fixture *f = *state;

	/* Before the memory, behind it, and when it is asked for at a bad moment. */
	fake.shared.is_coming_back = true;
	assert_int_equal(start_reading(f, f->buffer), 0);
	for (int stage = 0; stage < 2; stage++) {
		if (stage == 1) {
			give_target();
		}
		say_failed(fake.users[0], -ETIMEDOUT);
		run(f);
		assert_int_equal(f->n_done, 0);
		gpu_reader_handle_available(f->reader);
		assert_int_equal(fake.n_imports, (uint32_t)stage + 2);
	}
	give_target();
	assert_int_equal(say_drawn(0), 0);
	run(f);
	assert_int_equal(f->error, 0);
	gpu_read_give_away(f->read);
	fake.shared.refuses = true;
	assert_int_equal(start_reading(f, f->buffer), 0);
	assert_int_equal(fake.n_users, 0);
	gpu_reader_handle_available(f->reader);
	fake.shared.is_coming_back = false;
	gpu_reader_handle_available(f->reader);
	run(f);
	assert_int_equal(f->n_done, 1);
	assert_string_equal(f->reason, "it is refused");
	/* Given up meanwhile. */
	fake.shared.is_coming_back = true;
	assert_int_equal(start_reading(f, f->buffer), 0);
	gpu_read_finish(f->read);
	f->read = NULL;
	gpu_reader_handle_available(f->reader);
	assert_int_equal(fake.n_users, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_picture, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_depth_is_left_to_the_cpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_imports_are_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_more_than_some_are_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_what_nobody_reads_is_forgotten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory_that_is_given_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failures_at_any_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_gpu_cannot_draw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_given_up_at_any_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_gpus_are_tried, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_the_vendors_gpu_is_tried_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_where_no_gpu_takes_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_cpu_draws, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_helper_that_comes_back_is_waited_for, set_up, tear_down),
	};

	fd_let_memory_pass_as_dmabuf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
