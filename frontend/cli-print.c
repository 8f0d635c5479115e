#include "cli-private.h"

#include <string.h>

/* Of options and their arguments in --help. */
#define LEFT_WIDTH 24

static void
print_synopsis(FILE *out)
{
	fprintf(out, "usage: vitrine TARGET [JOB] [options]\n"
		     "       vitrine --list\n"
		     "\n"
		     "TARGET is one of --qmp SOCKET, --address ADDRESS, --fd N, --fake[=SCRIPT].\n"
		     "JOB is one of --screenshot FILE, --script FILE, --command COMMAND,\n"
		     "--send-keys KEYS, --type TEXT, --list, --headless.\n"
		     "Without a job, each console that is on is shown in a window.\n"
		     "\n");
}

void
cli_print_help(void)
{
	print_synopsis(stdout);
	for (size_t i = 0; i < cli_n_rows; i++) {
		const struct option_row *row = &cli_rows[i];
		char left[48];
		bool optional = row->argument != NULL && row->argument[0] == '[';

		snprintf(left, sizeof(left), "--%s%s%s", row->name,
			row->argument == NULL ? "" : (optional ? "[=" : " "),
			row->argument == NULL ? "" : row->argument + optional);
		if (row->letter != 0) {
			printf("  -%c, %-24s", row->letter, left);
		} else {
			printf("      %-24s", left);
		}
		/* One that is too long has its words on the next line. */
		if (strlen(left) > LEFT_WIDTH) {
			printf("\n%*s", LEFT_WIDTH + 6, "");
		}
		printf(" %s\n", row->help);
	}
	printf("  -h, %-24s %s\n      %-24s %s\n", "--help", "print this", "--version",
		"print the version");
}

void
cli_print_manual(FILE *out)
{
	for (size_t i = 0; i < cli_n_rows; i++) {
		const struct option_row *row = &cli_rows[i];

		if (row->letter != 0) {
			fprintf(out, "*-%c*, ", row->letter);
		}
		fprintf(out, "*--%s*", row->name);
		if (row->argument != NULL && row->argument[0] == '[') {
			/* "[SCRIPT]" is written "[=SCRIPT]". */
			fprintf(out, "[=_%.*s_]", (int)strlen(row->argument) - 2,
				row->argument + 1);
		} else if (row->argument != NULL) {
			fprintf(out, " _%s_", row->argument);
		}
		/* The help line starts a sentence. */
		fprintf(out, "\n\t%c%s.", row->help[0] - 'a' + 'A', row->help + 1);
		if (row->manual != NULL) {
			fprintf(out, " %s", row->manual);
		}
		fprintf(out, "\n\n");
	}
	fprintf(out, "*-h*, *--help*\n\tPrint a summary.\n\n*--version*\n\tPrint the version.\n");
}
