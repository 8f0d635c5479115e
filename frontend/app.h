#pragma once

#include "cli.h"
#include "exit-code.h"

/* Attaches to a VM and shows it in windows, or takes its picture, until the job is done. */
enum exit_code app_run(const struct options *options);
