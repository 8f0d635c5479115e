#pragma once

struct qemu_guest;

/*
 * Opens the control connection: on the fd that is there, or to the VM that the user means on a bus.
 * Goes on by reading its objects; closes the guest when that is not possible. Nothing is told from
 * inside. Returns 0 or negative errno.
 */
int search_start(struct qemu_guest *guest);
