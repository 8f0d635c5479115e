#include "verdict.h"

#include <drm_fourcc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>

#include "broker/broker.h"
#include "format.h"

#define MODIFIER_TEXT_SIZE 64

void
verdict_look_up(const struct verdict_facts *facts, const struct buffer *buffer,
	struct verdict_devices *ret_devices)
{
	const struct window_report *window = &facts->window;
	char driver[DRM_DEVICE_DRIVER_SIZE];

	*ret_devices = (struct verdict_devices){ 0 };
	if (!facts->has_picture || facts->kind != BUFFER_DMABUF) {
		return;
	}
	broker_exporter(
		buffer->layout.planes[0].fd, ret_devices->exporter, sizeof(ret_devices->exporter));
	drm_device_describe(window->main_device, ret_devices->render_node, ret_devices->driver);
	if (window->scanout_device != 0 &&
		!drm_device_is_same(window->scanout_device, window->main_device)) {
		drm_device_describe(window->scanout_device, ret_devices->scanout_node, driver);
	}
}

static void say(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
say(struct verdict *verdict, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, arguments);
	va_end(arguments);
}

static const char *
modifier_text(uint64_t modifier, char text[static MODIFIER_TEXT_SIZE])
{
	char *name;

	if (modifier == DRM_FORMAT_MOD_LINEAR) {
		return "linear";
	}
	if (modifier == DRM_FORMAT_MOD_INVALID) {
		return "of the driver's choice";
	}
	name = drmGetFormatModifierName(modifier);
	snprintf(text, MODIFIER_TEXT_SIZE, "0x%llx%s%s%s", (unsigned long long)modifier,
		name != NULL ? " (" : "", name != NULL ? name : "", name != NULL ? ")" : "");
	free(name);
	return text;
}

/* Drivers whose buffers lie in ordinary memory: no GPU rendered them. */
static bool
is_memory_exporter(const char *exporter)
{
	return strcmp(exporter, "udmabuf") == 0 || strcmp(exporter, "system") == 0;
}

/*
 * Whoever exports by the kernel's common code is called "drm", so that only some drivers can be
 * told to be another GPU's; udmabufs are nobody's.
 */
static bool
is_another_gpu(const struct verdict_devices *devices)
{
	return devices->exporter[0] != '\0' && devices->driver[0] != '\0' &&
	       strcmp(devices->exporter, "drm") != 0 && !is_memory_exporter(devices->exporter) &&
	       strcmp(devices->exporter, devices->driver) != 0;
}

#define RENDERNODE_CURE "start QEMU with '-display dbus,gl=on,rendernode=%s'"

/* The compositor announces the pair, but the buffer went another way. */
static void
explain_refusal(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *verdict)
{
	const char *refusal = facts->refusal != NULL ? facts->refusal : "it was refused";

	if (is_another_gpu(devices) && devices->render_node[0] != '\0') {
		say(verdict,
			"the VM renders on another GPU (%s) than the compositor (%s): " RENDERNODE_CURE,
			devices->exporter, devices->driver, devices->render_node);
	} else if (devices->exporter[0] != '\0' && devices->render_node[0] != '\0' &&
		   !is_memory_exporter(devices->exporter)) {
		say(verdict, "%s; if the VM renders on another GPU, " RENDERNODE_CURE, refusal,
			devices->render_node);
	} else {
		say(verdict, "%s", refusal);
	}
}

/* Why a dma-buf is not passed on as it is. */
static void
explain_copy_of_dmabuf(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *verdict)
{
	const struct window_report *window = &facts->window;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE], modifier[MODIFIER_TEXT_SIZE];

	format_fourcc_text(facts->fourcc, fourcc);
	if (!window->takes_dmabufs) {
		say(verdict, "the compositor takes no dma-bufs (no linux-dmabuf version 3)");
	} else if (!window->takes_fourcc) {
		say(verdict, "the compositor takes no dma-bufs of the format %s", fourcc);
	} else if (!window->takes_pair) {
		say(verdict, "the compositor takes %s, but not in the layout %s", fourcc,
			modifier_text(facts->modifier, modifier));
	} else {
		explain_refusal(facts, devices, verdict);
	}
}

static void
explain_copy(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *verdict)
{
	if (strcmp(facts->path, "enlarge") == 0) {
		say(verdict, "--filter nearest: the CPU enlarges the picture");
	} else if (facts->forced) {
		say(verdict, "the command line asks for it");
	} else if (facts->has_picture && facts->kind == BUFFER_DMABUF) {
		explain_copy_of_dmabuf(facts, devices, verdict);
	} else {
		explain_refusal(facts, devices, verdict);
	}
}

/* What keeps any compositor from scanning it out, whether it tells or not. */
static bool
explain_obstacle(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *verdict)
{
	const struct window_report *window = &facts->window;
	char fourcc[FORMAT_FOURCC_TEXT_SIZE], modifier[MODIFIER_TEXT_SIZE];

	if (window->bars) {
		say(verdict, "the picture does not fill the window: give the guest a mode of the "
			     "window's shape");
	} else if (!window->fullscreen) {
		say(verdict, "the window does not cover a monitor: full screen may be scanned out");
	} else if (facts->bottom_up) {
		say(verdict, "the VM's picture is bottom up: the compositor has to turn it");
	} else if (window->cropped) {
		say(verdict, "the monitor shows a part of a larger buffer (crop)");
	} else if (window->scaled) {
		say(verdict, "the picture is scaled: give the guest the monitor's own mode");
	} else if (devices->scanout_node[0] != '\0') {
		say(verdict, "the window is on a monitor of another GPU: " RENDERNODE_CURE,
			devices->scanout_node);
	} else if (window->names_scanout && !window->scans_pair) {
		say(verdict, "the display does not read %s in the layout %s",
			format_fourcc_text(facts->fourcc, fourcc),
			modifier_text(facts->modifier, modifier));
	} else {
		return false;
	}
	return true;
}

static void
explain_direct(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *verdict)
{
	const struct window_report *window = &facts->window;

	if (facts->hint != NULL) {
		say(verdict, "%s", facts->hint);
	} else if (explain_obstacle(facts, devices, verdict)) {
		return;
	} else if (!window->tells_presentation) {
		say(verdict, "whether it is scanned out is not known: the compositor has no "
			     "wp_presentation");
	} else if (window->hides_zero_copy) {
		say(verdict, "whether it is scanned out is not known: KWin never reports it");
	} else if (facts->zero_copy == ZERO_COPY_UNKNOWN) {
		say(verdict, "whether it is scanned out is not known yet");
	} else if (is_memory_exporter(devices->exporter)) {
		say(verdict,
			"the picture is in ordinary memory (%s), which many GPUs cannot scan "
			"out",
			devices->exporter);
	} else {
		say(verdict, "the compositor draws it, for reasons that it does not tell");
	}
}

static enum verdict_kind
kind_of(const struct verdict_facts *facts)
{
	static const struct {
		const char *path;
		enum verdict_kind kind;
	} kinds[] = {
		{ "direct", VERDICT_DIRECT },
		{ "shm", VERDICT_SHM },
		{ "gles", VERDICT_GPU_COPY },
		{ "copy", VERDICT_CPU_COPY },
		{ "enlarge", VERDICT_CPU_COPY },
		{ "hidden", VERDICT_HIDDEN },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].path, facts->path) == 0) {
			bool best = kinds[i].kind == VERDICT_DIRECT &&
				    facts->zero_copy == ZERO_COPY_YES;
			return best ? VERDICT_SCANNED_OUT : kinds[i].kind;
		}
	}
	return VERDICT_NOTHING;
}

static void note(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Something more, whatever was said. */
static void
note(struct verdict *verdict, const char *format, ...)
{
	size_t length = strlen(verdict->reason);
	va_list arguments;

	if (length > 0) {
		length += (size_t)snprintf(
			verdict->reason + length, sizeof(verdict->reason) - length, "; ");
	}
	if (length < sizeof(verdict->reason)) {
		va_start(arguments, format);
		vsnprintf(verdict->reason + length, sizeof(verdict->reason) - length, format,
			arguments);
		va_end(arguments);
	}
}

/* However it gets to the screen: it is not as sharp as it could be. */
static void
note_scaling(const struct verdict_facts *facts, struct verdict *verdict)
{
	/* What keeps it from being scanned out may be just that. */
	if (facts->window.scaled && strstr(verdict->reason, "scaled") == NULL) {
		note(verdict, "the picture is scaled to fit its window");
	}
}

/* A window beside others has no rate of its own that a guest could be told. */
static void
note_refresh(const struct verdict_facts *facts, struct verdict *verdict)
{
	uint32_t refresh_hz = (facts->window.refresh_mhz + 500) / 1000;

	if (facts->loses_refresh && facts->window.fullscreen && refresh_hz != 0 &&
		refresh_hz != VERDICT_EDID_REFRESH_HZ) {
		note(verdict,
			"the guest is told %d Hz, since this VMM cannot pass the monitor's %u Hz on",
			VERDICT_EDID_REFRESH_HZ, refresh_hz);
	}
}

void
verdict_judge(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *ret_verdict)
{
	struct verdict verdict = { .kind = kind_of(facts), .zero_copy = facts->zero_copy };

	if (facts->window.hides_zero_copy && facts->zero_copy == ZERO_COPY_NO) {
		verdict.zero_copy = ZERO_COPY_UNKNOWN;
	}
	switch (verdict.kind) {
	case VERDICT_SCANNED_OUT:
		if (facts->hint != NULL) {
			say(&verdict, "%s", facts->hint);
		}
		break;
	case VERDICT_DIRECT:
		explain_direct(facts, devices, &verdict);
		break;
	case VERDICT_SHM:
		say(&verdict, "%s",
			facts->hint != NULL
				? facts->hint
				: "the VM gives its picture in plain memory, not in a dma-buf");
		break;
	case VERDICT_GPU_COPY:
	case VERDICT_CPU_COPY:
		explain_copy(facts, devices, &verdict);
		break;
	case VERDICT_NOTHING:
		say(&verdict, "%s", facts->refusal != NULL ? facts->refusal : "");
		break;
	case VERDICT_HIDDEN:
		break;
	}
	if (verdict.kind != VERDICT_NOTHING && verdict.kind != VERDICT_HIDDEN) {
		note_scaling(facts, &verdict);
		note_refresh(facts, &verdict);
	}
	*ret_verdict = verdict;
}

const char *
verdict_name(const struct verdict *verdict)
{
	static const char *const names[] = {
		[VERDICT_SCANNED_OUT] = "scanned out",
		[VERDICT_DIRECT] = "direct",
		[VERDICT_SHM] = "shared memory",
		[VERDICT_GPU_COPY] = "GPU copy",
		[VERDICT_CPU_COPY] = "CPU copy",
		[VERDICT_NOTHING] = "nothing",
		[VERDICT_HIDDEN] = "hidden",
	};

	return names[verdict->kind];
}
