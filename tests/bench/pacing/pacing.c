#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model.h"

/*
 * When should an update be answered? Runs the real flow, in virtual time, against models of guests
 * and hosts, prints a table and writes every number as JSON to the file that is its argument.
 */

#define DURATION_NS (10000 * NS_PER_MS)

static const struct guest_model guests[] = {
	{ .name = "Linux before 6.19", .waits_fence = true },
	{ .name = "Linux from 6.19", .waits_fence = true, .vblank_mhz = 75000 },
	{ .name = "before 6.19, virgl", .renders_on_gpu = true },
	{ .name = "from 6.19, virgl", .renders_on_gpu = true, .vblank_mhz = 75000 },
	{ .name = "VGA, polled", .poll_ms = 30 },
	{ .name = "3 buffers, no QEMU", .in_flight = 2 },
};

static const uint64_t renders_ns[] = { 2 * NS_PER_MS, 8 * NS_PER_MS, 14 * NS_PER_MS };

struct hosts {
	const char *name;
	uint32_t n_heads;
	uint32_t refresh_mhz[MODEL_MAX_HEADS], output[MODEL_MAX_HEADS];
	bool hidden[MODEL_MAX_HEADS];
};

static const struct hosts hosts[] = {
	{ "60", 1, { 60000 }, { 0 } },
	{ "75", 1, { 75000 }, { 0 } },
	{ "144", 1, { 144000 }, { 0 } },
	{ "60, both on it", 2, { 60000, 60000 }, { 0, 0 } },
	{ "144, both on it", 2, { 144000, 144000 }, { 0, 0 } },
	{ "60 60", 2, { 60000, 60000 }, { 0, 1 } },
	{ "60 144", 2, { 60000, 144000 }, { 0, 1 } },
	{ "60, four on it", 4, { 60000, 60000, 60000, 60000 }, { 0, 0, 0, 0 } },
	{ "60 75 144 60", 4, { 60000, 75000, 144000, 60000 }, { 0, 1, 2, 3 } },
	{ "60, other hidden", 2, { 60000, 60000 }, { 0, 0 }, { false, true } },
	{ "both hidden", 2, { 60000, 60000 }, { 0, 0 }, { true, true } },
};

/* Beside the policies that there are, those that were tried. */
static const struct flow_policy candidates[] = {
	{ .name = "vsync, 8 ms", .waits = true, .deadline_ns = 8 * NS_PER_MS },
	{ .name = "vsync, 4 ms", .waits = true, .deadline_ns = 4 * NS_PER_MS },
	{ .name = "auto 100/0", .spacing = 100, .deadline_ns = FLOW_DEADLINE_NS },
	{ .name = "auto 75/0", .spacing = 75, .deadline_ns = FLOW_DEADLINE_NS },
	{ .name = "auto 75/50", .spacing = 75, .allowance = 50, .deadline_ns = FLOW_DEADLINE_NS },
	{ .name = "auto 50/100", .spacing = 50, .allowance = 100, .deadline_ns = FLOW_DEADLINE_NS },
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define N_SHIPPED 4
#define N_POLICIES (N_SHIPPED + LENGTH(candidates))

static const struct flow_policy *
policy_at(size_t i)
{
	static const struct flow_policy *const shipped[N_SHIPPED] = {
		&flow_immediate,
		&flow_vsync,
		&flow_auto,
		&flow_mailbox,
	};

	return i < N_SHIPPED ? shipped[i] : &candidates[i - N_SHIPPED];
}

/* A mean over heads and scenarios. */
struct result {
	struct metrics mean;
	double best;  /* shown, of what is shown when nobody is held */
	double worst; /* the same of the head that fares worst */
	uint32_t n;   /* how many scenarios were added */
};

static void
add(struct metrics *sum, const struct metrics *metrics, double weight)
{
	const double *from = (const double *)metrics;
	double *to = (double *)sum;

	for (size_t i = 0; i < METRICS_SIZE; i++) {
		to[i] += from[i] * weight;
	}
}

static json_object *
metrics_to_json(const struct metrics *metrics)
{
	static const char *const keys[METRICS_SIZE] = {
		"drawn_per_s",
		"shown_per_s",
		"lost_per_s",
		"repeated_per_s",
		"latency_ms",
		"latency_p95_ms",
		"blocked_ms",
		"blocked_p99_ms",
		"drawn_on_screen_ms",
	};
	json_object *json = json_object_new_object();

	for (size_t i = 0; i < METRICS_SIZE; i++) {
		json_object_object_add(
			json, keys[i], json_object_new_double(((const double *)metrics)[i]));
	}
	return json;
}

static struct scenario
make_scenario(const struct guest_model *guest, const struct hosts *host, uint64_t render_ns)
{
	struct scenario scenario = {
		.guest = guest,
		.render_ns = render_ns,
		.n_heads = host->n_heads,
	};

	memcpy(scenario.refresh_mhz, host->refresh_mhz, sizeof(scenario.refresh_mhz));
	memcpy(scenario.output, host->output, sizeof(scenario.output));
	memcpy(scenario.hidden, host->hidden, sizeof(scenario.hidden));
	return scenario;
}

static json_object *
run_to_json(const struct scenario *scenario, const struct hosts *host,
	const struct flow_policy *policy, const struct metrics heads[MODEL_MAX_HEADS])
{
	json_object *json = json_object_new_object();
	json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < scenario->n_heads; i++) {
		json_object_array_add(list, metrics_to_json(&heads[i]));
	}
	json_object_object_add(json, "guest", json_object_new_string(scenario->guest->name));
	json_object_object_add(json, "outputs_hz", json_object_new_string(host->name));
	json_object_object_add(json, "policy", json_object_new_string(policy->name));
	json_object_object_add(
		json, "render_ms", json_object_new_double((double)scenario->render_ns / 1e6));
	json_object_object_add(json, "heads", list);
	return json;
}

static void
measure(const struct guest_model *guest, const struct hosts *host, const struct flow_policy *policy,
	struct result *result, json_object *runs)
{
	for (size_t i = 0; i < LENGTH(renders_ns); i++) {
		struct scenario scenario = make_scenario(guest, host, renders_ns[i]);
		struct metrics free_heads[MODEL_MAX_HEADS], heads[MODEL_MAX_HEADS];
		double worst = 1;

		model_run(&scenario, &flow_immediate, DURATION_NS, free_heads);
		model_run(&scenario, policy, DURATION_NS, heads);
		for (uint32_t k = 0; k < host->n_heads; k++) {
			double best =
				free_heads[k].shown > 0 ? heads[k].shown / free_heads[k].shown : 1;

			add(&result->mean, &heads[k], 1.0 / host->n_heads);
			result->best += best / host->n_heads;
			worst = best < worst ? best : worst;
		}
		result->worst += worst;
		result->n++;
		if (runs != NULL) {
			json_object_array_add(runs, run_to_json(&scenario, host, policy, heads));
		}
	}
}

static void
print_head(const char *title, const char *first)
{
	printf("\n%s\n%-20s %-12s %6s %6s %6s %6s %6s  %12s  %12s\n", title, first, "policy",
		"drawn", "shown", "lost", "best", "worst", "latency, p95", "blocked, p99");
}

static void
print_row(const char *name, const struct flow_policy *policy, const struct result *result)
{
	const struct metrics *sum = &result->mean;
	double n = result->n;

	printf("%-20s %-12s %6.1f %6.1f %6.1f %5.0f%% %5.0f%%  %6.1f %5.1f  %6.1f %5.1f\n", name,
		policy->name, sum->drawn / n, sum->shown / n, sum->lost / n, 100 * result->best / n,
		100 * result->worst / n, sum->latency_ms / n, sum->latency_p95_ms / n,
		sum->blocked_ms / n, sum->blocked_p99_ms / n);
}

/* Keeping one frame of several is for guests that draw on meanwhile. */
static bool
suits(const struct flow_policy *policy, const struct guest_model *guest)
{
	return policy != &flow_mailbox || guest->in_flight > 0;
}

static void
print_guest(const struct guest_model *guest, json_object *runs)
{
	print_head(guest->name, "outputs, Hz");
	for (size_t i = 0; i < LENGTH(hosts); i++) {
		for (size_t k = 0; k < N_POLICIES; k++) {
			struct result result = { 0 };

			if (suits(policy_at(k), guest)) {
				measure(guest, &hosts[i], policy_at(k), &result, runs);
				print_row(hosts[i].name, policy_at(k), &result);
			}
		}
	}
}

static bool
is_seen(const struct hosts *host)
{
	for (uint32_t i = 0; i < host->n_heads; i++) {
		if (host->hidden[i]) {
			return false;
		}
	}
	return true;
}

/* The policies that can be chosen, over all hosts with so many heads that are seen. */
static void
print_summary(uint32_t n_heads)
{
	char title[32];

	snprintf(title, sizeof(title), "In short: %u head%s", n_heads, n_heads > 1 ? "s" : "");
	print_head(title, "guest");
	for (size_t i = 0; i < LENGTH(guests); i++) {
		for (size_t k = 0; k < N_SHIPPED; k++) {
			struct result result = { 0 };

			for (size_t m = 0; m < LENGTH(hosts); m++) {
				if (hosts[m].n_heads == n_heads && is_seen(&hosts[m])) {
					measure(&guests[i], &hosts[m], policy_at(k), &result, NULL);
				}
			}
			if (suits(policy_at(k), &guests[i])) {
				print_row(guests[i].name, policy_at(k), &result);
			}
		}
	}
}

/*
 * What the built-in test guest does with `frames N HZ`: no time for drawing, and a clock of its own
 * unless that is 0. For a comparison with the real viewer.
 */
static int
print_test_guest(const char *refresh_mhz, const char *name, const char *clock_mhz)
{
	const struct guest_model guest = {
		.name = "test guest",
		.waits_fence = true,
		.vblank_mhz = (uint32_t)atoi(clock_mhz),
	};
	struct hosts host = { "", 1, { (uint32_t)atoi(refresh_mhz) }, { 0 } };
	struct scenario scenario = make_scenario(&guest, &host, 0);
	const struct flow_policy *policy = flow_policy_find(name);
	struct metrics heads[MODEL_MAX_HEADS];
	json_object *json;

	if (policy == NULL || host.refresh_mhz[0] == 0) {
		return 2;
	}
	model_run(&scenario, policy, DURATION_NS, heads);
	json = metrics_to_json(&heads[0]);
	printf("%s\n", json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	json_object_put(json);
	return 0;
}

int
main(int argc, char **argv)
{
	json_object *runs;
	int r = 0;

	if (argc == 5 && strcmp(argv[1], "--test-guest") == 0) {
		return print_test_guest(argv[2], argv[3], argv[4]);
	}
	if (argc > 2) {
		fprintf(stderr, "usage: bench-pacing [FILE.json]\n"
				"       bench-pacing --test-guest REFRESH_MHZ POLICY CLOCK_MHZ\n");
		return 2;
	}
	printf("Frames per second and head, and milliseconds; means over the heads and over guests "
	       "that\ndraw for 2, 8 and 14 ms. best: shown, of what is shown when nobody is held; "
	       "worst: the same\nof the head that fares worst. latency: guest's flush to refresh. "
	       "blocked: guest's flush until\nthe VMM goes on.\n");
	runs = json_object_new_array();
	for (size_t i = 0; i < LENGTH(guests); i++) {
		print_guest(&guests[i], runs);
	}
	print_summary(1);
	print_summary(2);
	print_summary(4);
	if (argc == 2 && json_object_to_file_ext(argv[1], runs, JSON_C_TO_STRING_PLAIN) < 0) {
		fprintf(stderr, "bench-pacing: cannot write %s\n", argv[1]);
		r = 1;
	}
	json_object_put(runs);
	return r;
}
