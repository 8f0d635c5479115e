#pragma once

#include <json-c/json.h>
#include <systemd/sd-event.h>

/*
 * The file of --stats-file: one JSON object a line. Written in a thread, so that a slow disk or a
 * reader that stands still holds nothing up: lines that find no room are dropped and counted.
 */

/* Lines that wait for the thread, and as much again that it writes. */
#define STATS_FILE_MAX_PENDING 65536

struct stats_file;

/* name: "-" is standard output; an existing file is replaced. Negative errno is logged. */
int stats_file_open(sd_event *event, const char *name, struct stats_file **ret_file);
/* Takes the line (NULL: there was no memory for it), adding "dropped": lines lost so far. */
void stats_file_add(struct stats_file *file, json_object *line);
/* Writes what waits, as far as there is room at once. NULL is fine. */
void stats_file_close(struct stats_file *file);
