#pragma once

struct console;
struct qemu_guest;

/* How long listeners must outlive their control connection to tell a takeover from a dead VM. */
#define LOSS_TAKEOVER_DELAY_MS 200
/* A dying VM closes all connections; until then a broken listener is not asked for again. */
#define LOSS_RETRY_DELAY_MS 100

/* Attached: whose QMP socket it is, to know it from that of the next process. */
void loss_note_qmp(struct qemu_guest *guest);

/* The control connection broke: another viewer took the VM over, or the VM died. */
void loss_of_control(struct qemu_guest *guest);

/* A listener's connection ended: it is registered once more, but only once. */
void loss_of_listener(struct console *console);
