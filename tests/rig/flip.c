/*
 * Runs in a Linux guest of the rig, alone: flips between two buffers as fast as the kernel lets it,
 * and ends only when something fails. Static, and by ioctl: the guest has no libraries.
 */
#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_MODES 64
#define MAX_IDS 8
#define N_BUFFERS 2

static int device;

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
ask(unsigned long request, void *argument, const char *what)
{
	if (ioctl(device, request, argument) < 0) {
		fail(what);
	}
}

/* Both buffers lie still: that they take turns is what moves. */
static uint32_t
make_framebuffer(const struct drm_mode_modeinfo *mode, uint8_t grey)
{
	struct drm_mode_create_dumb dumb = {
		.width = mode->hdisplay,
		.height = mode->vdisplay,
		.bpp = 32,
	};
	struct drm_mode_fb_cmd framebuffer = { 0 };
	struct drm_mode_map_dumb map = { 0 };
	void *pixels;

	ask(DRM_IOCTL_MODE_CREATE_DUMB, &dumb, "a buffer");
	map.handle = dumb.handle;
	ask(DRM_IOCTL_MODE_MAP_DUMB, &map, "a buffer's place");
	pixels = mmap(NULL, dumb.size, PROT_WRITE, MAP_SHARED, device, (off_t)map.offset);
	if (pixels == MAP_FAILED) {
		fail("a buffer's pixels");
	}
	memset(pixels, grey, dumb.size);
	framebuffer.width = mode->hdisplay;
	framebuffer.height = mode->vdisplay;
	framebuffer.pitch = dumb.pitch;
	framebuffer.bpp = 32;
	framebuffer.depth = 24;
	framebuffer.handle = dumb.handle;
	ask(DRM_IOCTL_MODE_ADDFB, &framebuffer, "a framebuffer");
	return framebuffer.fb_id;
}

/* The only one there is, in the mode that it likes best. */
static void
find_connector(uint32_t *ret_connector, uint32_t *ret_crtc, struct drm_mode_modeinfo *ret_mode)
{
	static struct drm_mode_modeinfo modes[MAX_MODES];
	static uint32_t connectors[MAX_IDS], crtcs[MAX_IDS];
	struct drm_mode_card_res resources = {
		.connector_id_ptr = (uintptr_t)connectors,
		.crtc_id_ptr = (uintptr_t)crtcs,
		.count_connectors = MAX_IDS,
		.count_crtcs = MAX_IDS,
	};
	struct drm_mode_get_connector connector = {
		.modes_ptr = (uintptr_t)modes,
		.count_modes = MAX_MODES,
	};

	ask(DRM_IOCTL_MODE_GETRESOURCES, &resources, "the device");
	connector.connector_id = connectors[0];
	ask(DRM_IOCTL_MODE_GETCONNECTOR, &connector, "the connector");
	if (connector.count_modes == 0 || connector.count_modes > MAX_MODES) {
		errno = ENODEV;
		fail("modes");
	}
	*ret_connector = connectors[0];
	*ret_crtc = crtcs[0];
	*ret_mode = modes[0];
}

int
main(void)
{
	struct drm_mode_crtc_page_flip flip = { .flags = DRM_MODE_PAGE_FLIP_EVENT };
	struct drm_mode_crtc crtc = { .count_connectors = 1, .mode_valid = 1 };
	uint32_t framebuffers[N_BUFFERS], connector;
	char events[1024];

	device = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
	if (device < 0) {
		fail("card0");
	}
	find_connector(&connector, &crtc.crtc_id, &crtc.mode);
	for (int i = 0; i < N_BUFFERS; i++) {
		framebuffers[i] = make_framebuffer(&crtc.mode, (uint8_t)(0x60 + 0x40 * i));
	}
	crtc.fb_id = framebuffers[0];
	crtc.set_connectors_ptr = (uintptr_t)&connector;
	ask(DRM_IOCTL_MODE_SETCRTC, &crtc, "the mode");
	flip.crtc_id = crtc.crtc_id;
	printf("flip: %ux%u\n", crtc.mode.hdisplay, crtc.mode.vdisplay);
	for (int i = 1;; i = (i + 1) % N_BUFFERS) {
		flip.fb_id = framebuffers[i];
		ask(DRM_IOCTL_MODE_PAGE_FLIP, &flip, "a flip");
		if (read(device, events, sizeof(events)) <= 0) {
			fail("the end of a flip");
		}
	}
}
