#pragma once

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#include <GLES2/gl2ext.h>
#include <gbm.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * EGL and a current OpenGL ES 3 context on a GPU's render node, or on no device at all, where the
 * CPU does the drawing. There is one per process.
 */
struct context {
	int node_fd;            /* of the render node; -1 without */
	dev_t device;           /* the same; 0 without */
	struct gbm_device *gbm; /* NULL without a node: there are no dma-bufs to draw into then */
	EGLDisplay display;
	EGLContext context;
	bool software;      /* the CPU draws */
	bool has_modifiers; /* EGL_EXT_image_dma_buf_import_modifiers */
	GLint max_size;     /* of a picture, in either direction */

	PFNEGLCREATEIMAGEKHRPROC create_image;
	PFNEGLDESTROYIMAGEKHRPROC destroy_image;
	PFNEGLQUERYDMABUFFORMATSEXTPROC query_formats;
	PFNEGLQUERYDMABUFMODIFIERSEXTPROC query_modifiers;
	PFNGLEGLIMAGETARGETTEXTURE2DOESPROC set_texture_image;
	PFNGLGETGRAPHICSRESETSTATUSEXTPROC reset_status; /* NULL: the driver never tells */
};

/*
 * On this render node, or (NULL) without one. Returns 0, -ENODEV where the node has no
 * driver, -ENOTSUP where that lacks something that is needed, or the kernel's error.
 */
int context_create(const char *node, struct context **ret_context);
/*
 * On the node of that device (a card or a render node; 0: not known), else on the first that works,
 * else on none: a node whose driver
 * draws by the CPU does not work. Logs which. 0, or the last one's error.
 */
int context_create_best(dev_t device, struct context **ret_context);
/* NULL is fine. */
void context_destroy(struct context *context);

/*
 * Whether the driver imports dma-bufs of this format and modifier (INVALID: one that only it
 * knows), and whether they can then only be read as external textures, and not be drawn into.
 */
bool context_imports(
	const struct context *context, uint32_t fourcc, uint64_t modifier, bool *ret_external_only);

/* The GPU was reset, or lost: nothing of the context works any more. */
bool context_is_lost(const struct context *context);
