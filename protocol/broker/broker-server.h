#pragma once

#include "broker/broker-act.h"

/*
 * The broker's own process: does what comes on the socket until the other end is closed, and then
 * finishes what it keeps. What it keeps is finished as well when whoever it is kept for lets go of
 * its socket, or dies.
 */
#define BROKER_MAX_KEPT 64

void broker_server_run(int socket, const struct broker_rules *rules);
