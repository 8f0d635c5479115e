#include <stdio.h>
#include <string.h>

#include "cli.h"

/*
 * Prints the manual page in scdoc's language: vitrine.1.scd.in with @OPTIONS@ and @COMMANDS@
 * replaced by what the tables of the command line and of scripts say, so that the page cannot
 * disagree with the program.
 */

int
main(int argc, char **argv)
{
	FILE *page = argc == 2 ? fopen(argv[1], "r") : NULL;
	char line[1024];

	if (page == NULL) {
		fprintf(stderr, "usage: print-manual vitrine.1.scd.in\n");
		return 2;
	}
	while (fgets(line, sizeof(line), page) != NULL) {
		if (strcmp(line, "@OPTIONS@\n") == 0) {
			cli_print_manual(stdout);
		} else if (strcmp(line, "@COMMANDS@\n") == 0) {
			command_print_manual(stdout);
		} else {
			fputs(line, stdout);
		}
	}
	fclose(page);
	return fflush(stdout) == 0 ? 0 : 1;
}
