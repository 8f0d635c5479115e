#pragma once

#include "broker/broker-act.h"

/*
 * The broker's own process: does what comes on the socket until the other end is closed, or
 * asker_fd readable (-1: never), and then finishes what it keeps. Whoever asks may have given that
 * end away, even to the broker itself, so its own end is seen by a pidfd. What it keeps is finished
 * as well when whoever it is kept for lets go of its socket, or dies.
 */
#define BROKER_MAX_KEPT 64

void broker_server_run(int socket, int asker_fd, const struct broker_rules *rules);
