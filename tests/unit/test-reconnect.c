#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/log.h"
#include "reconnect.h"

/* A frontend that writes down what it is told, and an adapter that says what the test wants. */

#define UUID "6a5bd8e1-7c1e-4e0f-9f0a-3b1d2c4e5f60"
#define OTHER "11111111-7c1e-4e0f-9f0a-3b1d2c4e5f60"

struct stub {
	struct guest guest;
	bool opened;
	struct guest_head heads[2];
	uint32_t n_syncs, n_inputs, n_answers, n_geometries, n_powers;
};

struct fixture {
	sd_event *event;
	struct reconnect *reconnect;
	struct guest *guest;
	struct stub *stub; /* NULL: there is none at present */
	uint32_t n_created;
	int create_error;
	bool anew;
	struct guest_identity wanted; /* that it was created for */
	struct guest_head *heads[4];
	uint32_t n_heads;
	char log[UNIT_TEXT_SIZE];
};

static struct fixture f;

static void
note(const char *text)
{
	strcat(f.log, text);
	strcat(f.log, " ");
}

static void
expect(const char *log)
{
	assert_string_equal(f.log, log);
	f.log[0] = '\0';
}

static int
stub_open(struct guest *guest)
{
	((struct stub *)guest)->opened = true;
	return 0;
}

static void
stub_destroy(struct guest *guest)
{
	assert_ptr_equal(guest, f.stub);
	free(f.stub);
	f.stub = NULL;
}

static void
stub_update_done(struct guest *guest, struct guest_head *head, uint64_t serial)
{
	f.stub->n_answers++;
}

static void
stub_input(struct guest *guest, struct guest_head *head, const struct input_event *event)
{
	assert_ptr_equal(head, &f.stub->heads[head->index]);
	f.stub->n_inputs++;
}

static int
stub_sync(struct guest *guest)
{
	f.stub->n_syncs++;
	return 0;
}

static int
stub_set_head(struct guest *guest, struct guest_head *head, const struct head_geometry *geometry)
{
	f.stub->n_geometries++;
	return 0;
}

static int
stub_power(struct guest *guest, enum guest_power power)
{
	f.stub->n_powers++;
	return 0;
}

static const struct guest_ops stub_ops = {
	.name = "stub",
	.open = stub_open,
	.destroy = stub_destroy,
	.update_done = stub_update_done,
	.input = stub_input,
	.sync = stub_sync,
	.set_head = stub_set_head,
	.power = stub_power,
};

static int
handle_create(void *data, const struct guest_identity *identity,
	const struct guest_listener *listener, void *listener_data, struct guest **ret_guest)
{
	f.n_created++;
	if (f.create_error < 0) {
		return f.create_error;
	}
	assert_null(f.stub);
	f.stub = calloc(1, sizeof(*f.stub));
	f.stub->guest = (struct guest){ &stub_ops, listener, listener_data };
	f.wanted = identity != NULL ? *identity : (struct guest_identity){ 0 };
	*ret_guest = &f.stub->guest;
	return 0;
}

static void
handle_lost(void *data, enum reconnect_loss loss)
{
	static const char *const names[] = {
		[RECONNECT_GONE] = "lost",
		[RECONNECT_OTHER_VM] = "other",
		[RECONNECT_TAKEN_OVER] = "taken",
	};

	/* Answers of what is open may come from inside. */
	for (uint32_t i = 0; i < f.n_heads; i++) {
		guest_update_done(f.guest, f.heads[i], 1);
	}
	note(names[loss]);
}

static bool
handle_is_anew(void *data)
{
	return f.anew;
}

static void
handle_back(void *data)
{
	note("back");
}

static const struct reconnect_listener reconnect_listener = {
	.create = handle_create,
	.lost = handle_lost,
	.is_anew = handle_is_anew,
	.back = handle_back,
};

static int
handle_identified(void *data, const struct guest_identity *identity)
{
	note("identified");
	return 0;
}

static void
handle_ready(void *data)
{
	note("ready");
}

static void
handle_head_added(void *data, struct guest_head *head)
{
	f.heads[f.n_heads++] = head;
	head->frontend = &f;
	note("added");
}

static void
handle_head_changed(void *data, struct guest_head *head)
{
	assert_ptr_equal(head->frontend, &f);
	note("changed");
}

static void
handle_head_removed(void *data, struct guest_head *head)
{
	assert_ptr_equal(head->frontend, &f);
	assert_ptr_equal(head, f.heads[f.n_heads - 1]);
	f.n_heads--;
	note("removed");
}

static void
handle_update(void *data, struct guest_head *head, const struct rect *damage, uint64_t serial)
{
	assert_ptr_equal(head->frontend, &f);
	note("update");
}

static void
handle_synced(void *data)
{
	note("synced");
}

static void
handle_taken_over(void *data)
{
	note("taken-over");
}

static void
handle_closed(void *data, int error)
{
	note(error == 0 ? "left" : "closed");
}

static const struct guest_listener listener = {
	.identified = handle_identified,
	.ready = handle_ready,
	.head_added = handle_head_added,
	.head_changed = handle_head_changed,
	.head_removed = handle_head_removed,
	.update = handle_update,
	.synced = handle_synced,
	.taken_over = handle_taken_over,
	.closed = handle_closed,
};

static int
set_up(void **state)
{
	f = (struct fixture){ 0 };
	assert_true(sd_event_new(&f.event) >= 0);
	assert_int_equal(
		reconnect_create(f.event, &reconnect_listener, &listener, NULL, &f.reconnect), 0);
	f.guest = reconnect_guest(f.reconnect);
	assert_string_equal(f.guest->ops->name, "stub");
	assert_int_equal(guest_open(f.guest), 0);
	assert_true(f.stub->opened);
	return 0;
}

static int
tear_down(void **state)
{
	guest_destroy(f.guest);
	assert_null(f.stub);
	sd_event_unref(f.event);
	return 0;
}

/* Of the VM. */
static int
identify(const char *uuid, const char *name)
{
	struct guest_identity identity = { 0 };

	strcpy(identity.uuid, uuid);
	strcpy(identity.name, name);
	return f.stub->guest.listener->identified(f.stub->guest.data, &identity);
}

static void
add_head_as(uint32_t index, const char *label, uint32_t console)
{
	struct guest_head *head = &f.stub->heads[index];

	*head = (struct guest_head){ .gpu = "gpu", .index = index, .console = console };
	strcpy(head->label, label);
	f.stub->guest.listener->head_added(f.stub->guest.data, head);
}

static void
add_head(uint32_t index, const char *label)
{
	add_head_as(index, label, index);
}

static void
ready(void)
{
	f.stub->guest.listener->ready(f.stub->guest.data);
}

static void
synced(void)
{
	f.stub->guest.listener->synced(f.stub->guest.data);
}

static void
close_vm(int error)
{
	f.stub->guest.listener->closed(f.stub->guest.data, error);
}

static void
attach(uint32_t n_heads)
{
	assert_int_equal(identify(UUID, "vm"), 0);
	for (uint32_t i = 0; i < n_heads; i++) {
		add_head(i, "old");
	}
	ready();
	f.log[0] = '\0';
}

/* Until it has been tried so often. */
static void
run_until_created(uint32_t n)
{
	while (f.n_created < n) {
		assert_true(sd_event_run(f.event, UINT64_MAX) >= 0);
	}
}

static bool
takes_input(void)
{
	struct input_event event = { .kind = INPUT_KEY };
	uint32_t before = f.stub != NULL ? f.stub->n_inputs : 0;

	guest_input(f.guest, f.heads[0], &event);
	return f.stub != NULL && f.stub->n_inputs > before;
}

static void
test_what_never_was_there_is_not_waited_for(void **state)
{
	close_vm(-ENOENT);
	expect("closed ");
	assert_null(f.stub);
}

static void
test_left_in_order(void **state)
{
	attach(1);
	close_vm(0);
	expect("left ");
	assert_int_equal(f.n_created, 1);
}

static void
test_heads_last(void **state)
{
	static const struct head_geometry geometry = { .width = 640, .height = 480 };
	struct guest_head *heads[2];

	attach(2);
	memcpy(heads, f.heads, sizeof(heads));
	assert_true(takes_input());
	for (uint32_t round = 0; round < 3; round++) {
		close_vm(-ECONNRESET);
		expect("lost ");
		assert_null(f.stub);
		assert_false(takes_input());
		assert_int_equal(guest_set_head(f.guest, f.heads[0], &geometry), -ENOTCONN);
		assert_int_equal(guest_power(f.guest, GUEST_POWER_RESET), -ENOTCONN);
		assert_int_equal(guest_sync(f.guest), 0);

		run_until_created(round + 2);
		assert_string_equal(f.wanted.uuid, UUID);
		assert_int_equal(identify(UUID, "another name"), 0);
		assert_false(takes_input());
		add_head(1, "new");
		add_head(0, "new");
		expect("changed changed ");
		ready();
		assert_int_equal(f.stub->n_syncs, 1);
		/* Not yet: what it shows is still coming. */
		assert_false(takes_input());
		f.stub->guest.listener->update(
			f.stub->guest.data, &f.stub->heads[1], &(struct rect){ 0 }, 1);
		guest_update_done(f.guest, heads[1], 1);
		assert_int_equal(f.stub->n_answers, 1);
		expect("update ");
		synced();
		expect("synced back ");
		assert_memory_equal(heads, f.heads, sizeof(heads));
		assert_string_equal(heads[0]->label, "new");
		assert_true(takes_input());
		assert_int_equal(guest_set_head(f.guest, f.heads[0], &geometry), 0);
		assert_int_equal(f.stub->n_geometries, 1);
		guest_sync(f.guest);
		synced();
		expect("synced ");
	}
}

static void
test_a_head_fewer_and_a_head_more(void **state)
{
	attach(2);
	close_vm(-ECONNRESET);
	run_until_created(2);
	identify(UUID, "");
	add_head(0, "new");
	ready();
	synced();
	expect("lost changed removed synced back ");
	close_vm(-ECONNRESET);
	run_until_created(3);
	identify(UUID, "");
	add_head(0, "new");
	add_head(1, "new");
	ready();
	synced();
	expect("lost changed added synced back ");
}

/* By its place on its GPU a head is known, whatever number QEMU counts it under this time. */
static void
test_other_console_numbers(void **state)
{
	static const uint32_t numbers[][2] = { { 1, 2 }, { 2, 1 }, { 0, 7 } };
	struct guest_head *heads[2];

	attach(2);
	memcpy(heads, f.heads, sizeof(heads));
	for (uint32_t round = 0; round < sizeof(numbers) / sizeof(numbers[0]); round++) {
		const uint32_t *consoles = numbers[round];

		close_vm(-ECONNRESET);
		run_until_created(round + 2);
		identify(UUID, "");
		/* In the order of their numbers, as QEMU tells of them. */
		if (consoles[1] < consoles[0]) {
			add_head_as(1, "new", consoles[1]);
			add_head_as(0, "new", consoles[0]);
		} else {
			add_head_as(0, "new", consoles[0]);
			add_head_as(1, "new", consoles[1]);
		}
		ready();
		synced();
		expect("lost changed changed synced back ");
		assert_memory_equal(heads, f.heads, sizeof(heads));
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(heads[i]->index, i);
			assert_int_equal(heads[i]->console, consoles[i]);
		}
		/* What is for the first one goes to the first one. */
		assert_true(takes_input());
	}
}

static void
test_another_vm_is_left_alone(void **state)
{
	attach(1);
	close_vm(-ECONNRESET);
	expect("lost ");
	for (uint32_t i = 0; i < 3; i++) {
		run_until_created(2 + i);
		assert_int_equal(identify(OTHER, "vm"), -EXDEV);
		close_vm(-EXDEV);
	}
	/* Said once. */
	expect("other ");
	run_until_created(5);
	assert_int_equal(identify(UUID, "vm"), 0);
	add_head(0, "new");
	ready();
	synced();
	expect("changed synced back ");
}

static void
test_without_a_uuid_the_name_counts(void **state)
{
	assert_int_equal(identify("", "vm"), 0);
	ready();
	close_vm(-ECONNRESET);
	run_until_created(2);
	assert_int_equal(identify("", "other"), -EXDEV);
	close_vm(-EXDEV);
	run_until_created(3);
	assert_int_equal(identify(UUID, "vm"), -EXDEV);
	close_vm(-EXDEV);
	run_until_created(4);
	assert_int_equal(identify("", "vm"), 0);
}

/* Whatever fails, and however far it got. */
static void
test_tries_go_on(void **state)
{
	attach(1);
	close_vm(-ECONNRESET);
	expect("lost ");
	f.create_error = -ENOENT;
	run_until_created(4);
	f.create_error = 0;
	run_until_created(5);
	close_vm(-EPROTO);
	expect("");
	run_until_created(6);
	identify(UUID, "");
	add_head(0, "new");
	ready();
	close_vm(-ECONNRESET);
	/* Attached again, and gone before it had told all. */
	expect("changed lost ");
	run_until_created(7);
	identify(UUID, "");
	add_head(0, "new");
	ready();
	synced();
	expect("changed synced back ");
}

static void
run_for_a_while(void)
{
	assert_true(sd_event_run(f.event, 300000) >= 0);
}

static void
test_taken_over(void **state)
{
	attach(1);
	f.stub->guest.listener->taken_over(f.stub->guest.data);
	expect("taken-over ");
	close_vm(-ECONNRESET);
	expect("taken ");
	run_for_a_while();
	assert_int_equal(f.n_created, 1);
	reconnect_now(f.reconnect);
	expect("lost ");
	run_until_created(2);
	identify(UUID, "");
	add_head(0, "new");
	ready();
	synced();
	expect("changed synced back ");
	reconnect_now(f.reconnect);
	assert_int_equal(f.n_created, 2);

	/* The next process has no other viewer. */
	f.stub->guest.listener->taken_over(f.stub->guest.data);
	close_vm(-ECONNRESET);
	expect("taken-over taken ");
	f.anew = true;
	run_until_created(3);
	expect("lost ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_what_never_was_there_is_not_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_left_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_heads_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_head_fewer_and_a_head_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_console_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_another_vm_is_left_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_without_a_uuid_the_name_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tries_go_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_over, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
