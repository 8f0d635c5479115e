#include <errno.h>
#include <string.h>

#include "cli.h"
#include "fuzz.h"

/* A command line: its words, each ended by a new line. */

#define MAX_WORDS 24
#define ARENA_SIZE 8192
/* In any way that getopt takes it for this: the fuzzer is to read no files. */
#define READS_A_FILE "--scri"

static struct monitor_mapping_output outputs[] = {
	{ "DP-1", 0, 0 },
	{ "HDMI-A-1", 1920, 0 },
	{ NULL, 0, 1080 },
};

#define N_OUTPUTS (sizeof(outputs) / sizeof(outputs[0]))

static void
check_mapping(const struct monitor_mapping *mapping)
{
	FUZZ_EXPECT(mapping->n_pairs <= GUEST_MAX_HEADS);
	for (uint32_t i = 0; i < mapping->n_pairs; i++) {
		const struct monitor_mapping_pair *pair = &mapping->pairs[i];

		FUZZ_EXPECT(pair->head < GUEST_MAX_HEADS);
		FUZZ_EXPECT(pair->number <= MONITOR_MAPPING_MAX_NUMBER);
		FUZZ_EXPECT((pair->number == 0) == (pair->name[0] != '\0'));
		FUZZ_EXPECT(memchr(pair->name, '\0', sizeof(pair->name)) != NULL);
		for (uint32_t k = 0; k < i; k++) {
			FUZZ_EXPECT(mapping->pairs[k].head != pair->head);
		}
	}
	for (uint32_t head = 0; head < GUEST_MAX_HEADS; head++) {
		int32_t index = monitor_mapping_find(mapping, head, outputs, N_OUTPUTS);

		FUZZ_EXPECT(index == -ENOENT || index == -ENODEV ||
			    (index >= 0 && index < (int32_t)N_OUTPUTS));
	}
}

/* What the program relies on. */
static void
check_options(const struct options *options)
{
	const struct monitors_options *monitors = &options->monitors;

	FUZZ_EXPECT(options->console >= CLI_CONSOLE_ALL);
	FUZZ_EXPECT(options->timeout_ms >= 1000);
	FUZZ_EXPECT(options->timeout_ms <= CLI_MAX_TIMEOUT_S * 1000u);
	FUZZ_EXPECT(options->wait_stable_ms <= CLI_MAX_TIMEOUT_S * 1000u);
	FUZZ_EXPECT(options->compositor_timeout_s <= CLI_MAX_TIMEOUT_S);
	FUZZ_EXPECT(options->fd == -1 || options->fd >= 3);
	FUZZ_EXPECT(options->ready_fd == -1 || options->ready_fd >= 1);
	FUZZ_EXPECT(options->pacing != NULL);
	FUZZ_EXPECT(options->n_input_devices <= DEVICE_SET_MAX);
	FUZZ_EXPECT(options->typing.n_strokes <= TYPING_MAX_STROKES);
	FUZZ_EXPECT(options->log_level <= LOG_LEVEL_DEBUG);
	FUZZ_EXPECT(monitors->zoom_percent == 0 ||
		    (monitors->zoom_percent >= MONITORS_ZOOM_MIN &&
			    monitors->zoom_percent <= MONITORS_ZOOM_MAX));
	FUZZ_EXPECT(monitors->fullscreen != FULLSCREEN_OUTPUT || monitors->fullscreen_output[0]);
	/* Some VM is named, or all there are. */
	FUZZ_EXPECT(options->qmp_path != NULL || options->address != NULL || options->fd >= 0 ||
		    options->fake || options->list);
	check_mapping(&monitors->mapping);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As getopt_long keeps a pointer into the last words. */
	static char arena[ARENA_SIZE];
	static struct options options;
	char name[] = "vitrine", *argv[MAX_WORDS + 2] = { name }, *rest = arena;
	int argc = 1;

	if (size == 0 || size >= sizeof(arena)) {
		return 0;
	}
	memcpy(arena, data, size);
	arena[size] = '\0';
	while (rest != NULL && argc <= MAX_WORDS) {
		argv[argc] = strsep(&rest, "\n");
		if (strncmp(argv[argc], READS_A_FILE, strlen(READS_A_FILE)) == 0) {
			return 0;
		}
		argc++;
	}
	if (argc > 1 && argv[argc - 1][0] == '\0') {
		argc--;
	}
	argv[argc] = NULL;
	switch (cli_parse(argc, argv, &options)) {
	case CLI_RUN:
		check_options(&options);
		break;
	case CLI_DONE:
	case CLI_ERROR:
		break;
	default:
		FUZZ_EXPECT(false);
	}
	FUZZ_EXPECT(memchr(options.error, '\0', sizeof(options.error)) != NULL);
	options_finish(&options);
	return 0;
}
