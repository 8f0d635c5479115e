#include "cli-private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
cli_parse_number(const char *value, uint32_t max, uint32_t *ret_number)
{
	char *end;
	unsigned long number;

	if (value[0] < '0' || value[0] > '9') {
		return -EINVAL;
	}
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno != 0 || *end != '\0' || number > max) {
		return -EINVAL;
	}
	*ret_number = (uint32_t)number;
	return 0;
}

static int
parse_qmp(struct options *options, const char *value)
{
	options->qmp_path = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_address(struct options *options, const char *value)
{
	options->address = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_fd(struct options *options, const char *value)
{
	uint32_t fd;

	/* 0, 1 and 2 are the standard streams. */
	if (cli_parse_number(value, INT_MAX, &fd) < 0 || fd < 3) {
		return -EINVAL;
	}
	options->fd = (int)fd;
	return 0;
}

static int
parse_fake(struct options *options, const char *value)
{
	options->fake = true;
	options->fake_script = value;
	return 0;
}

static int
parse_vm(struct options *options, const char *value)
{
	options->vm = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_wait(struct options *options, const char *value)
{
	options->wait = true;
	return 0;
}

static int
parse_reconnect(struct options *options, const char *value)
{
	options->reconnect = true;
	return 0;
}

static int
parse_list(struct options *options, const char *value)
{
	options->list = true;
	return 0;
}

static int
parse_json(struct options *options, const char *value)
{
	options->json = true;
	return 0;
}

static int
parse_screenshot(struct options *options, const char *value)
{
	options->screenshot = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_console(struct options *options, const char *value)
{
	uint32_t console;

	if (strcmp(value, "all") == 0) {
		options->console = CLI_CONSOLE_ALL;
		return 0;
	}
	if (cli_parse_number(value, INT_MAX, &console) < 0) {
		return -EINVAL;
	}
	options->console = (int32_t)console;
	return 0;
}

static int
parse_wait_stable(struct options *options, const char *value)
{
	return cli_parse_number(value, CLI_MAX_TIMEOUT_S * 1000, &options->wait_stable_ms);
}

static int
parse_timeout(struct options *options, const char *value)
{
	uint32_t seconds;

	if (cli_parse_number(value, CLI_MAX_TIMEOUT_S, &seconds) < 0 || seconds == 0) {
		return -EINVAL;
	}
	options->timeout_ms = seconds * 1000;
	options->timeout_given = true;
	return 0;
}

static int
parse_headless(struct options *options, const char *value)
{
	options->headless = true;
	return 0;
}

static int
parse_path(struct options *options, const char *value)
{
	static const struct importer *const importers[] = {
		&importer_direct,
		&importer_shm,
		&importer_gles,
		&importer_copy,
	};

	for (size_t i = 0; i < sizeof(importers) / sizeof(importers[0]); i++) {
		if (strcmp(importers[i]->name, value) == 0) {
			options->path = importers[i];
			return 0;
		}
	}
	return -EINVAL;
}

static int
parse_pacing(struct options *options, const char *value)
{
	options->pacing = flow_policy_find(value);
	return options->pacing != NULL ? 0 : -EINVAL;
}

static int
parse_tearing(struct options *options, const char *value)
{
	options->display.tearing = true;
	return 0;
}

static int
parse_compositor_timeout(struct options *options, const char *value)
{
	options->compositor_timeout_given = true;
	return cli_parse_number(value, CLI_MAX_TIMEOUT_S, &options->compositor_timeout_s);
}

static int
parse_fifo(struct options *options, const char *value)
{
	options->display.fifo = true;
	return 0;
}

static int
parse_untrusted(struct options *options, const char *value)
{
	options->untrusted = true;
	return 0;
}

static int
parse_no_sandbox(struct options *options, const char *value)
{
	options->no_sandbox = true;
	return 0;
}

static int
parse_max_memory(struct options *options, const char *value)
{
	uint32_t mib;

	if (cli_parse_number(value, CLI_MAX_MEMORY_MIB, &mib) < 0 || mib == 0) {
		return -EINVAL;
	}
	options->max_memory = (uint64_t)mib << 20;
	return 0;
}

static int
parse_show_stats(struct options *options, const char *value)
{
	options->show_stats = true;
	return 0;
}

static int
parse_stats_file(struct options *options, const char *value)
{
	options->stats_file = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_input_device(struct options *options, const char *value)
{
	if (options->n_input_devices == DEVICE_SET_MAX) {
		snprintf(options->error, sizeof(options->error),
			"a VM gets no more than %d devices of its own", DEVICE_SET_MAX);
		return -EINVAL;
	}
	options->input_devices[options->n_input_devices++] = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_verbose(struct options *options, const char *value)
{
	if (options->log_level < LOG_LEVEL_DEBUG) {
		options->log_level++;
	}
	return 0;
}

static int
parse_quiet(struct options *options, const char *value)
{
	options->log_level = LOG_LEVEL_ERROR;
	return 0;
}

const struct option_row cli_rows[] = {
	{ "qmp", 'q', "SOCKET", parse_qmp, "attach to the QEMU whose QMP socket this is",
		"QEMU must run with *-display dbus,p2p=on* and a QMP socket "
		"(*-qmp unix:SOCKET,server=on,wait=off*). QMP is used for a moment and closed, so that "
		"other programs can use it. A socket that another program keeps open gives no greeting: "
		"Vitrine says so after two seconds." },
	{ "address", 'a', "ADDRESS", parse_address, "attach to a QEMU on this D-Bus bus",
		"For QEMU with *-display dbus,addr=ADDRESS*, or *-display dbus* and the session bus, "
		"which is named *session* here." },
	{ "fd", 0, "N", parse_fd, "attach through this open peer-to-peer connection",
		"A socket on which a QEMU already serves its D-Bus display, as libvirt's "
		"virDomainOpenGraphicsFD gives. *--qmp* may come with it for what only QMP can tell." },
	{ "fake", 0, "[SCRIPT]", parse_fake, "show the built-in test guest",
		"A guest made by Vitrine itself, for trying the viewer and for tests." },
	{ "vm", 0, "NAME|UUID", parse_vm, "which VM, where a bus has several", NULL },
	{ "wait", 'w', NULL, parse_wait, "wait for the VM's socket to appear",
		"Also past a QEMU that ends before it has answered anything, over its own options for "
		"instance, and as long as one does not answer yet." },
	{ "reconnect", 'r', NULL, parse_reconnect, "stay when the VM goes, and attach to it again",
		"After a shutdown, crash or restart each window shows the last picture, dimmed, until the "
		"VM is back at the same *--qmp* socket or bus, by its UUID, or without one by its name; "
		"windows, their sizes, zoom and monitors stay as they are. Another VM there is not attached "
		"to, but those that have neither are not told apart. A VM that another viewer "
		"takes over is left to it until it is started anew or, once its pictures have ended here (before "
		"QEMU 8 at once), Enter or a click in a window takes it back. Ends when the last window is "
		"closed. The first time the VM has to be there, or *--wait* be given. With *--headless* as "
		"well; not with *--fd*, which cannot be opened again." },
	{ "list", 'l', NULL, parse_list, "print the VM, its consoles and who shows it",
		"Disturbs no viewer that is attached. Without a target: every VM that a viewer of this "
		"user shows, and those on the session bus." },
	{ "json", 0, NULL, parse_json, "with --list: print JSON", NULL },
	{ "screenshot", 's', "FILE", parse_screenshot, "write a picture of the VM and leave",
		"The name ends in *.png*, *.ppm*, *.qoi* or *.raw* (4 bytes a pixel: B, G, R, X, row by "
		"row); *-* writes a PNG to standard output. *%d* or *%03d* in the name is the first number "
		"of which there is no file yet. Needs no compositor. A VM that already has a window is asked through its viewer, whose "
		"input goes on. The file is complete or not there: an existing one is replaced at the end. "
		"Pictures that the CPU cannot read, such as tiled ones, are read by the GPU; where none "
		"can, that is said." },
	{ "console", 'c', "N|all", parse_console,
		"which console; default: the first one that is on",
		"With *all*, *shot.png* becomes *shot-0.png*, *shot-1.png* and so on, one for each console "
		"that is on." },
	{ "cursor", 0, NULL, cli_parse_cursor, "with --screenshot: with the VM's cursor", NULL },
	{ "stitch", 0, NULL, cli_parse_stitch,
		"with --screenshot --console all: one picture, side by side",
		"From left to right by console: QEMU does not say how the guest has arranged them." },
	{ "wait-stable", 0, "MS", parse_wait_stable,
		"with --screenshot: wait until nothing changed for so long",
		"The time-out counts from the start, this from the last change." },
	{ "send-keys", 0, "KEYS,…", cli_parse_send_keys, "press keys in the VM and leave",
		"For instance *ctrl+alt+f2,enter*. Goes into the console of *--console*, else the first "
		"one that is on; through the viewer that has the VM, if there is one. It may come several "
		"times, and with *--type*, in order." },
	{ "type", 0, "TEXT", cli_parse_type, "type a text into the VM and leave",
		"*\\n* is Enter, *\\t* Tab. Which keys make the text depends on the keyboard that the VM "
		"believes to have, see *--layout*." },
	{ "layout", 0, "NAME", cli_parse_layout,
		"the VM's keyboard layout, for the --type behind it",
		"A name as *us*, the default, or *de(nodeadkeys)*." },
	{ "timeout", 't', "S", parse_timeout, "give up after S seconds; default: 10",
		"With *--screenshot* and *--list*; with *--script* and *--control* for each wait that does "
		"not say itself." },
	{ "script", 'S', "FILE", cli_parse_script, "do what a script says and leave",
		"A command a line, see *SCRIPTS*; *-* is standard input. Nothing is done if one is wrong. "
		"Ends at the first that fails, with its exit status. It may come several times, and "
		"with *-e*, in order. A VM that has a viewer is driven through it." },
	{ "command", 'e', "COMMAND", cli_parse_command, "do a command of a script's and leave",
		"For instance *-e 'type \"root\\n\"' -e 'wait-stable 500' -e 'shot root.png'*." },
	{ "junit", 0, "FILE", cli_parse_junit, "with --script: write a JUnit report", NULL },
	{ "artifacts", 0, "FOLDER", cli_parse_artifacts,
		"where pictures of failed waits and expectations go",
		"Without it where Vitrine was started; with *--control* they are not written then." },
	{ "headless", 0, NULL, parse_headless,
		"attach without windows, until the VM or a signal ends it",
		"Needs no compositor. Others take pictures through it, as they do through a window; "
		"meanwhile a guest runs as one that nobody sees, at about 25 frames a second." },
	{ "control", 0, "SOCKET", cli_parse_control,
		"take commands of scripts from programs that connect to it",
		"A stream socket for this user only. A line each, see *SCRIPTS*; each is answered by a "
		"line of JSON, see *CONTROL*. Goes with *--headless*, and with windows." },
	{ "ready-fd", 0, "N", cli_parse_ready_fd, "write a line there when the VM is attached",
		"*READY=1*, to a descriptor that is open, which is closed then. What is to be connected "
		"to is there by then." },
	{ "path", 0, "direct|shm|gles|copy", parse_path, "use only this way to the compositor",
		"*direct*: the guest's dma-buf is the compositor's buffer. *shm*: the guest's memory is "
		"the compositor's wl_shm pool. *gles*: the GPU draws what changed of a dma-buf into a buffer "
		"that the compositor takes. *copy*: the CPU copies what changed. Without this option the "
		"first that works is used. With *--screenshot* and *--headless*, where there is no "
		"compositor: *copy*, the CPU reads the guest's pictures itself, and those that it "
		"cannot read are not taken; *gles*, the GPU reads all of them, which have to be "
		"dma-bufs." },
	{ "pacing", 0, "auto|vsync|immediate|mailbox", parse_pacing,
		"when the guest may go on after a frame",
		"Frames go to the compositor when they come; this is about the answer that the guest "
		"waits for. *auto*, the default: at once, unless the guest draws far more often than "
		"the monitor refreshes; then when the compositor asks for the next frame. *vsync*: "
		"always then, which ties the guest to the monitor and slows guests that have a clock "
		"of their own, Linux from 6.19 on, and those with several monitors. *immediate*: "
		"always at once. *mailbox*: when a newer frame comes; only for VMs with several "
		"frames in flight, which QEMU is not. A guest that nobody sees gets about 25 frames a "
		"second with each of them." },
	{ "tearing", 0, NULL, parse_tearing, "show a frame at once, in the middle of a refresh",
		"The lowest latency, at the price of a picture that may be torn. Compositors that know "
		"tearing-control-v1 do it for full-screen windows." },
	{ "fifo", 0, NULL, parse_fifo, "show every frame of the guest, in order",
		"For recording what a guest plays: on compositors that know fifo-v1 no frame takes the "
		"place of another one, which costs latency. Brings *--pacing vsync* with it." },
	{ "compositor-timeout", 0, "S", parse_compositor_timeout,
		"how long to wait for a compositor that went away; default: 15",
		"One that crashed and is started again, a desktop that one logs in to anew: the VM "
		"stays attached, and its windows come back as they were, if it has the same "
		"*$WAYLAND_DISPLAY*. 0: only one that is there at once." },
	{ "untrusted", 0, NULL, parse_untrusted,
		"never share a VM's plain memory with the compositor",
		"A VM can cut its memory short and so cost the viewer its connection to the compositor; "
		"Vitrine recovers from that by copying. With this option it copies from the start." },
	{ "no-sandbox", 0, NULL, parse_no_sandbox,
		"read the VM's bytes with all of the user's rights",
		"Otherwise the process that reads them gives up files, network and most of the kernel's "
		"calls before it does, and a small one beside it opens what is needed, see *SECURITY*. For "
		"debuggers and the like." },
	{ "max-memory", 0, "MIB", parse_max_memory,
		"how much memory a VM's pictures may take; default: 2048",
		"The guest's own, which is kept from going as long as it is shown, and twice as much for "
		"copies of it. A picture beyond that is not shown, and the one before it stays; what is "
		"no longer shown does not count. The default is enough for four monitors of 8K with four "
		"buffers each." },
	{ "show-stats", 0, NULL, parse_show_stats, "show statistics over each picture",
		"Which way the picture takes, and how it gets on; once a second. Ctrl+Alt+D shows and "
		"hides them for one window." },
	{ "stats-file", 0, "FILE", parse_stats_file,
		"write what becomes of the frames, a line of JSON a second",
		"For each window, and once more at the end; see *STATISTICS*. *-* is standard output. "
		"Lines that the reader leaves no room for are dropped. When the file cannot be written "
		"that is said, and the windows go on." },
	{ "input-device", 0, "DEVICE", parse_input_device,
		"a keyboard, mouse, … that is the VM's own; may be repeated",
		"An evdev node, */dev/input/event3*, or rather a link to one from "
		"*/dev/input/by-id/*, since the numbers change. The host does not see what is done on "
		"it until Vitrine ends: with *--headless* that makes a VM with a keyboard and mouse, "
		"and no desktop. Ctrl+Alt+G pressed on one of the devices gives them all back to the "
		"host, and takes them again. What is down when a device is to be taken is "
		"waited for, and one that is unplugged is taken again when it comes back. All goes to the "
		"guest's first monitor that is on. It takes permission to read the device: the group *input*, "
		"or a udev rule with *TAG+=\"uaccess\"*." },
	{ "monitors", 0, "LIST|all", cli_parse_monitors,
		"which of the guest's monitors are plugged",
		"By console number, as *--list* has them: *0,2* or *0-3*. Each gets a window, whose size "
		"the guest is told; QEMU leaves all but the first off until then. The others are "
		"unplugged. Without this option it is as it was left, at first as the guest has it. "
		"Closing a window unplugs its monitor, Ctrl+Alt+1 to 9 plug and unplug." },
	{ "full-screen", 0, "[OUTPUT|all]", cli_parse_full_screen, "cover the host's monitors",
		"Alone: what is shown, each on a monitor of its own. An *OUTPUT* by the name of its "
		"connector, such as *DP-1*, for the guest's first monitor. *all*: one guest monitor for "
		"each of the host's, arranged alike, and so again when those come and go. Ctrl+Alt+F "
		"changes it for one window." },
	{ "monitor-mapping", 0, "MAP", cli_parse_monitor_mapping,
		"which guest monitor covers which of the host's",
		"*1:DP-1;2:HDMI-A-1*: the guest's monitors by number from 1, the host's by the name of "
		"the connector, or by number from left to right, as virt-viewer has it: *1:2;2:1*. "
		"They are plugged, and on full screen." },
	{ "auto-resize", 0, "always|never", cli_parse_auto_resize,
		"whether guest and window follow each other's size",
		"*always*, the default: a window that is resized tells the guest, which takes that size "
		"if its driver can, in the host's own pixels at any scale; a guest that changes its mode "
		"resizes its window. *never*: pictures are scaled to fit." },
	{ "even-width", 0, NULL, cli_parse_even_width, "ask guests for even widths only",
		"For guests whose drivers cannot do others." },
	{ "zoom", 0, "PERCENT", cli_parse_zoom, "size of a guest pixel, in pixels of the host",
		"25 to 400. With *--auto-resize always* the guest gets as much less to draw on. "
		"Ctrl+Alt and 0, + or - change it for one window." },
	{ "scale", 0, "fit|1:1|integer", cli_parse_scale,
		"what becomes of a picture that is not as large as its window",
		"*fit*, the default: as large as it fits. *1:1*: not enlarged. *integer*: enlarged by "
		"whole factors only. A picture that is larger than the window is made to fit with each "
		"of them." },
	{ "filter", 0, "linear|nearest", cli_parse_filter, "how a picture is enlarged",
		"*linear*, the default: smoothed, by the compositor. *nearest*: each pixel is a "
		"square, drawn by the CPU; of what the CPU cannot read, smoothed. With *--scale "
		"integer* all squares are equal." },
	{ "window-close", 0, "detach|ask|powerdown", cli_parse_window_close,
		"what closing the last window does",
		"*detach*, the default, leaves the VM as it is. *ask* does so the second time within "
		"10 seconds. *powerdown* presses the VM's power button, which takes *--qmp*." },
	{ "grab", 0, "click|hover|focus|off", cli_parse_grab, "what makes the VM have the pointer",
		"*click*, the default: a click into the window; a pointer that the VM wants relative is "
		"locked to the window then. *hover*: that it comes into the window. *focus*: that the "
		"window gets the keyboard. *off*: only Ctrl+Alt+G, which always frees and takes it." },
	{ "capture-keys", 0, "fullscreen|always|never", cli_parse_capture_keys,
		"when Alt+Tab, Super and the like are the VM's",
		"*fullscreen*, the default: on full screen, and after Ctrl+Alt+G. *always*: also in a "
		"window that the pointer was taken for (*--grab*). *never*: they are the desktop's. It "
		"takes a compositor with keyboard-shortcuts-inhibit; GNOME asks the user, once. The "
		"title says how to get out. A few keys no compositor gives away, such as Ctrl+Alt+F2." },
	{ "hotkeys", 'H', "ACTION=KEYS,…", cli_parse_hotkeys,
		"other keys for what Vitrine does itself",
		"As with virt-viewer: *toggle-fullscreen=shift+f11,release-cursor=ctrl+alt+r*; nothing "
		"behind the = leaves an action without keys. See *KEYS*." },
	{ "keymap", 'K', "KEY=KEYS,…", cli_parse_keymap, "keys that are others to the VM",
		"As with virt-viewer: *Caps_Lock=Control_L,F12=Alt_L+F4,Super_L=*; nothing behind the = "
		"keeps a key from the VM. Names are those of X keysyms on an American keyboard: it is "
		"the place of a key that counts." },
	{ "pass-keys", 0, "KEYS,…", cli_parse_pass_keys, "combinations that stay the desktop's",
		"For instance *super+l,alt+tab*, also while the VM has all others. Whether a modifier of "
		"one of these goes to the VM is decided by the next key, so that none is left behind "
		"there; while it is down the desktop may take other combinations with it as well." },
	{ "no-release-keys", 0, NULL, cli_parse_no_release_keys,
		"keep keys down in the VM when the window loses the keyboard",
		"For games. Those that were let go of meanwhile are released when the keyboard is back, "
		"and all when Vitrine leaves." },
	{ "sync-locks", 0, NULL, cli_parse_sync_locks,
		"bring the VM's Caps Lock and Num Lock in line with the host's",
		"When the window gets the keyboard, and only if the VM says which of its lights are on." },
	{ "no-layout", 0, NULL, cli_parse_no_layout, "neither remember nor recall windows",
		"Otherwise the monitors that are plugged, the sizes of their windows, maximized or not, "
		"zoom, full screen and the host's monitor are kept for each VM, see *FILES*." },
	{ "verbose", 'v', NULL, parse_verbose, "say more; twice: everything", NULL },
	{ "quiet", 0, NULL, parse_quiet, "say only errors", NULL },
};

const size_t cli_n_rows = sizeof(cli_rows) / sizeof(cli_rows[0]);
