#pragma once

#include "cli.h"
#include "exit-code.h"

/*
 * Attaches to a VM and shows it in windows, takes its picture, or keeps it at hand without either,
 * until the job is done. Where another process of this user's has the VM nothing is done:
 * *ret_resident is a socket to it, the caller's to close; else -1. An exit code, or -ECONNRESET:
 * that process takes no connection, yet or any more, and it is worth another try.
 */
int app_run(const struct options *options, int *ret_resident);
