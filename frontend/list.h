#pragma once

#include "cli.h"
#include "exit-code.h"

/* --list: describes VMs on standard output without disturbing whoever shows them. */
enum exit_code list_run(const struct options *options);
