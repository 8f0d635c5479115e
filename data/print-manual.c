#include <stdio.h>

#include "cli.h"

/*
 * Prints the manual page in scdoc's language: vitrine.1.scd.in with @OPTIONS@ replaced by what the
 * command line's own table says, so that the page cannot disagree with --help.
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
		if (line[0] == '@') {
			cli_print_manual(stdout);
		} else {
			fputs(line, stdout);
		}
	}
	fclose(page);
	return fflush(stdout) == 0 ? 0 : 1;
}
