#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "app.h"
#include "control-socket.h"
#include "deadline.h"
#include "flow-event-clock.h"
#include "guest.h"
#include "monitors.h"
#include "picture.h"
#include "scanout-fetch.h"
#include "view.h"
#include "view-list.h"

/* What app.c (start, end, windows) and app-guest.c (what the VM tells) share. */

struct app {
	const struct options *options;
	sd_event *event;

	struct guest *guest;
	struct reconnect *reconnect; /* the guest is one of its; NULL: the VM's end is ours */
	char vm_alias[CONTROL_SOCKET_KEY_SIZE]; /* of its QMP socket when it was attached to */
	struct guest_identity identity;
	bool attached;
	struct deadlines deadlines;
	struct flow_event_clock clock;
	struct flow *flow;
	struct text_renderer *text;
	struct resident *resident;
	int other_resident; /* a socket to the process that has this VM already; or -1 */
	bool try_again;     /* there is one that takes no connection, yet or any more */

	struct view_list views;
	struct observers observers;
	struct view_context view_context;
	struct picture_policy policy;
	struct gpu_helper *gpu_helper; /* NULL: not even that was to be had */
	struct fetch_means means;      /* of reading pictures */
	struct deadline blank;         /* whether anything is left to be seen */

	struct stats_file *stats_file;   /* NULL: nobody asked, or it cannot be written */
	struct monitors *monitors;       /* NULL without windows */
	struct desktop *desktop;         /* NULL without windows */
	struct own_devices *own_devices; /* NULL: the VM has none */
	struct screenshot *screenshot;   /* NULL: it is not the job */
	struct typing_job *typing_job;   /* the same */
	struct script_job *script_job;   /* the same */
	enum exit_code script_code;      /* once it is done */
	struct control_server *control;  /* NULL: not yet */
	struct observer observer;        /* for who waits at --ready-fd */
	int ready_fd;                    /* -1: nobody does, or it was told */
};

void app_quit(struct app *app, enum exit_code code);
/* The windows are to be what the heads want. */
void app_arrange(struct app *app);
void app_write_final_statistics(struct app *app, const struct view *view);

/* app-broker.c. Once for all runs; 0 or negative errno, logged. */
int app_start_broker(const struct options *options);
/* From here on a VM may be read. */
void app_confine(struct app *app);

/* app-jobs.c: what is to be done besides windows. Logged; 0 or negative errno. */
int app_start_jobs(struct app *app);
void app_finish_jobs(struct app *app);
/* As others are told. */
const char *app_job_name(const struct app *app);
/* One that is missing when we end before it is done. */
bool app_has_job(const struct app *app);
/* The VM is gone. False: the job goes on without it. It may have a say in the exit code. */
bool app_jobs_handle_closed(struct app *app, enum exit_code *code);

/* app-lost.c: a VM that goes and comes back. data: the app. */
extern const struct reconnect_listener app_reconnect_listener;
/* Remembers what is at the target's place now. */
void app_note_vm(struct app *app);
/* identity: whose it is to be, however long that takes; NULL: whosoever, as the options say. */
int app_create_adapter(struct app *app, const struct guest_identity *identity,
	const struct guest_listener *listener, void *data, struct guest **ret_guest);

/* data: the app. */
extern const struct guest_listener app_guest_listener;
