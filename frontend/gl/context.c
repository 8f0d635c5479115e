#include "gl/context.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xf86drm.h>

#include "base/fd.h"
#include "base/log.h"
#include "format.h"

/* Machines have one or two GPUs. */
#define CONTEXT_MAX_DEVICES 16
/* No driver knows as many of either. */
#define CONTEXT_MAX_FORMATS 512
#define CONTEXT_MAX_MODIFIERS 256

/* Whether the word is in a list as EGL and GL give them. */
static bool
has_extension(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (list != NULL && (list = strstr(list, name)) != NULL) {
		list += length;
		if (*list == ' ' || *list == '\0') {
			return true;
		}
	}
	return false;
}

static EGLDisplay
platform_display(EGLenum platform, void *native)
{
	PFNEGLGETPLATFORMDISPLAYEXTPROC get_platform_display =
		(PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");

	return get_platform_display != NULL ? get_platform_display(platform, native, NULL)
					    : EGL_NO_DISPLAY;
}

static int
open_node(struct context *context, const char *node)
{
	struct stat status;

	context->node_fd = open(node, O_RDWR | O_CLOEXEC);
	if (context->node_fd < 0 || fstat(context->node_fd, &status) < 0) {
		return -errno;
	}
	context->device = status.st_rdev;
	context->gbm = gbm_create_device(context->node_fd);
	if (context->gbm == NULL) {
		return -ENODEV;
	}
	context->display = platform_display(EGL_PLATFORM_GBM_KHR, context->gbm);
	return 0;
}

/*
 * EGL's own list of devices has the one without a device. Any other way Mesa would look for a node
 * to be software on, where it cannot read other drivers' dma-bufs.
 */
static int
open_software(struct context *context)
{
	PFNEGLQUERYDEVICESEXTPROC query_devices =
		(PFNEGLQUERYDEVICESEXTPROC)eglGetProcAddress("eglQueryDevicesEXT");
	PFNEGLQUERYDEVICESTRINGEXTPROC query_string =
		(PFNEGLQUERYDEVICESTRINGEXTPROC)eglGetProcAddress("eglQueryDeviceStringEXT");
	EGLDeviceEXT devices[CONTEXT_MAX_DEVICES];
	EGLint n_devices = 0;

	if (query_devices == NULL || query_string == NULL ||
		!query_devices(CONTEXT_MAX_DEVICES, devices, &n_devices)) {
		return -ENOTSUP;
	}
	for (EGLint i = 0; i < n_devices; i++) {
		if (has_extension(
			    query_string(devices[i], EGL_EXTENSIONS), "EGL_MESA_device_software")) {
			context->display = platform_display(EGL_PLATFORM_DEVICE_EXT, devices[i]);
			return 0;
		}
	}
	return -ENODEV;
}

static int
open_display(struct context *context, const char *node)
{
	int r = node != NULL ? open_node(context, node) : open_software(context);

	if (r < 0) {
		return r;
	}
	if (context->display == EGL_NO_DISPLAY || !eglInitialize(context->display, NULL, NULL)) {
		context->display = EGL_NO_DISPLAY;
		return -ENODEV;
	}
	return 0;
}

static int
find_display_functions(struct context *context)
{
	const char *extensions = eglQueryString(context->display, EGL_EXTENSIONS);

	if (!has_extension(extensions, "EGL_EXT_image_dma_buf_import") ||
		!has_extension(extensions, "EGL_KHR_image_base") ||
		!has_extension(extensions, "EGL_KHR_no_config_context") ||
		!has_extension(extensions, "EGL_KHR_surfaceless_context")) {
		return -ENOTSUP;
	}
	context->create_image = (PFNEGLCREATEIMAGEKHRPROC)eglGetProcAddress("eglCreateImageKHR");
	context->destroy_image = (PFNEGLDESTROYIMAGEKHRPROC)eglGetProcAddress("eglDestroyImageKHR");
	context->has_modifiers =
		has_extension(extensions, "EGL_EXT_image_dma_buf_import_modifiers");
	if (context->has_modifiers) {
		context->query_formats = (PFNEGLQUERYDMABUFFORMATSEXTPROC)eglGetProcAddress(
			"eglQueryDmaBufFormatsEXT");
		context->query_modifiers = (PFNEGLQUERYDMABUFMODIFIERSEXTPROC)eglGetProcAddress(
			"eglQueryDmaBufModifiersEXT");
	}
	return 0;
}

static int
open_context(struct context *context)
{
	const char *extensions = eglQueryString(context->display, EGL_EXTENSIONS);
	bool robust = has_extension(extensions, "EGL_EXT_create_context_robustness");
	const EGLint attributes[] = {
		EGL_CONTEXT_CLIENT_VERSION,
		3,
		/* The list may end here. */
		robust ? EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY_EXT : EGL_NONE,
		EGL_LOSE_CONTEXT_ON_RESET_EXT,
		EGL_NONE,
	};

	if (!eglBindAPI(EGL_OPENGL_ES_API)) {
		return -ENOTSUP;
	}
	context->context =
		eglCreateContext(context->display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
	if (context->context == EGL_NO_CONTEXT) {
		return -ENOTSUP;
	}
	return eglMakeCurrent(context->display, EGL_NO_SURFACE, EGL_NO_SURFACE, context->context)
		       ? 0
		       : -ENOTSUP;
}

static int
find_context_functions(struct context *context)
{
	const char *extensions = (const char *)glGetString(GL_EXTENSIONS);

	if (!has_extension(extensions, "GL_OES_EGL_image")) {
		return -ENOTSUP;
	}
	context->set_texture_image = (PFNGLEGLIMAGETARGETTEXTURE2DOESPROC)eglGetProcAddress(
		"glEGLImageTargetTexture2DOES");
	if (has_extension(extensions, "GL_EXT_robustness")) {
		context->reset_status = (PFNGLGETGRAPHICSRESETSTATUSEXTPROC)eglGetProcAddress(
			"glGetGraphicsResetStatusEXT");
	}
	glGetIntegerv(GL_MAX_TEXTURE_SIZE, &context->max_size);
	return 0;
}

/* EGL has an extension for it that few drivers have. These are Mesa's; nobody else's would do. */
static bool
is_software(const char *renderer)
{
	static const char *const names[] = { "llvmpipe", "softpipe", "swrast" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strstr(renderer, names[i]) != NULL) {
			return true;
		}
	}
	return false;
}

int
context_create(const char *node, struct context **ret_context)
{
	struct context *context = calloc(1, sizeof(*context));
	int r;

	if (context == NULL) {
		return -ENOMEM;
	}
	context->node_fd = -1;
	context->display = EGL_NO_DISPLAY;
	context->context = EGL_NO_CONTEXT;
	r = open_display(context, node);
	if (r >= 0) {
		r = find_display_functions(context);
	}
	if (r >= 0) {
		r = open_context(context);
	}
	if (r >= 0) {
		r = find_context_functions(context);
	}
	if (r >= 0) {
		context->software = is_software((const char *)glGetString(GL_RENDERER));
	}
	if (r < 0) {
		context_destroy(context);
		return r;
	}
	*ret_context = context;
	return 0;
}

static int
try_node(const char *node, struct context **ret_context)
{
	struct context *context;
	int r = context_create(node, &context);

	/* Mesa's software cannot read other drivers' dma-bufs there; without a node it can. */
	if (r >= 0 && context->software) {
		context_destroy(context);
		r = -ENODEV;
	}
	if (r < 0) {
		log_info("GPU helper: %s is not used: %s", node, strerror(-r));
		return r;
	}
	log_info("GPU helper: draws with %s on %s", glGetString(GL_RENDERER), node);
	*ret_context = context;
	return 0;
}

int
context_create_best(dev_t device, struct context **ret_context)
{
	drmDevicePtr devices[CONTEXT_MAX_DEVICES];
	drmDevicePtr wanted = NULL;
	int n_devices = drmGetDevices2(0, devices, CONTEXT_MAX_DEVICES);
	int r = -ENODEV;

	if (device != 0 && drmGetDeviceFromDevId(device, 0, &wanted) == 0) {
		if (wanted->available_nodes & 1 << DRM_NODE_RENDER) {
			r = try_node(wanted->nodes[DRM_NODE_RENDER], ret_context);
		}
		drmFreeDevice(&wanted);
	}
	for (int i = 0; i < n_devices && r < 0; i++) {
		if (devices[i]->available_nodes & 1 << DRM_NODE_RENDER) {
			r = try_node(devices[i]->nodes[DRM_NODE_RENDER], ret_context);
		}
	}
	if (n_devices > 0) {
		drmFreeDevices(devices, n_devices);
	}
	if (r < 0) {
		r = context_create(NULL, ret_context);
		if (r >= 0) {
			log_info("GPU helper: no GPU; draws with %s", glGetString(GL_RENDERER));
		}
	}
	return r;
}

void
context_destroy(struct context *context)
{
	if (context == NULL) {
		return;
	}
	if (context->display != EGL_NO_DISPLAY) {
		eglMakeCurrent(context->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
		if (context->context != EGL_NO_CONTEXT) {
			eglDestroyContext(context->display, context->context);
		}
		eglTerminate(context->display);
		eglReleaseThread();
	}
	if (context->gbm != NULL) {
		gbm_device_destroy(context->gbm);
	}
	fd_close(&context->node_fd);
	free(context);
}

static bool
lists_format(const struct context *context, uint32_t fourcc)
{
	EGLint formats[CONTEXT_MAX_FORMATS];
	EGLint n_formats = 0;

	if (!context->query_formats(context->display, CONTEXT_MAX_FORMATS, formats, &n_formats)) {
		return false;
	}
	for (EGLint i = 0; i < n_formats; i++) {
		if ((uint32_t)formats[i] == fourcc) {
			return true;
		}
	}
	return false;
}

bool
context_imports(
	const struct context *context, uint32_t fourcc, uint64_t modifier, bool *ret_external_only)
{
	EGLuint64KHR modifiers[CONTEXT_MAX_MODIFIERS];
	/* Not every driver fills this in. */
	EGLBoolean external_only[CONTEXT_MAX_MODIFIERS] = { EGL_FALSE };
	EGLint n_modifiers = 0;

	/*
	 * Without the extension an import says whether it works, and external textures always do:
	 * EGL_EXT_image_dma_buf_import leaves other kinds to the driver.
	 */
	if (!context->has_modifiers) {
		*ret_external_only = true;
		return modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID;
	}
	if (!lists_format(context, fourcc) ||
		!context->query_modifiers(context->display, (EGLint)fourcc, CONTEXT_MAX_MODIFIERS,
			modifiers, external_only, &n_modifiers)) {
		return false;
	}
	/* A format without a list has one layout, which has no name. */
	if (modifier == DRM_FORMAT_MOD_INVALID || n_modifiers == 0) {
		*ret_external_only = n_modifiers > 0 && external_only[0];
		return modifier == DRM_FORMAT_MOD_INVALID || modifier == DRM_FORMAT_MOD_LINEAR;
	}
	for (EGLint i = 0; i < n_modifiers; i++) {
		if (modifiers[i] == modifier) {
			*ret_external_only = external_only[i];
			return true;
		}
	}
	return false;
}

bool
context_is_lost(const struct context *context)
{
	return context->reset_status != NULL && context->reset_status() != GL_NO_ERROR;
}
