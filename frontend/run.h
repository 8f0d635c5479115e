#pragma once

#include "cli.h"
#include "exit-code.h"

/*
 * A job on a VM, done by ourselves (app.h) or through the process that has the VM already
 * (remote.h), whichever it takes.
 */
enum exit_code run(const struct options *options);
