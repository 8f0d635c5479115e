#include "gl/target.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "gl/texture.h"

/* Where the CPU reads rows on from. */
#define TARGET_STRIDE_ALIGNMENT 64
/* Of every format that is ever offered. */
#define TARGET_BYTES_PER_PIXEL 4

/* What OpenGL ES 3 can draw into and read back on every driver, by the bytes that come out. */
static const struct memory_format {
	uint32_t fourcc;
	bool swaps_red_and_blue;
	GLenum drawn_as, read_format, read_type;
} memory_formats[] = {
	{ DRM_FORMAT_XRGB8888, true, GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE },
	{ DRM_FORMAT_XBGR8888, false, GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE },
	{ DRM_FORMAT_XRGB2101010, true, GL_RGB10_A2, GL_RGBA, GL_UNSIGNED_INT_2_10_10_10_REV },
	{ DRM_FORMAT_XBGR2101010, false, GL_RGB10_A2, GL_RGBA, GL_UNSIGNED_INT_2_10_10_10_REV },
};

static const struct memory_format *
memory_format_from_fourcc(uint32_t fourcc)
{
	for (size_t i = 0; i < sizeof(memory_formats) / sizeof(memory_formats[0]); i++) {
		if (memory_formats[i].fourcc == fourcc) {
			return &memory_formats[i];
		}
	}
	return NULL;
}

/* Sealed: the compositor, and whoever passes it on, need not fear for its size. */
static int
allocate_memory(struct target *target)
{
	struct buffer_plane *plane = &target->layout.planes[0];
	void *map;

	plane->fd = memfd_create("vitrine-gl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (plane->fd < 0 || ftruncate(plane->fd, (off_t)target->size) < 0 ||
		fcntl(plane->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		return -errno;
	}
	map = mmap(NULL, target->size, PROT_READ | PROT_WRITE, MAP_SHARED, plane->fd, 0);
	if (map == MAP_FAILED) {
		return -errno;
	}
	target->map = map;
	return 0;
}

static int
init_memory(struct target *target, const struct gpu_offer *offer)
{
	const struct memory_format *format = memory_format_from_fourcc(offer->fourcc);
	struct buffer_plane *plane = &target->layout.planes[0];
	int r;

	if (format == NULL) {
		return -ENOTSUP;
	}
	plane->stride =
		(target->layout.width * TARGET_BYTES_PER_PIXEL + TARGET_STRIDE_ALIGNMENT - 1) &
		~(TARGET_STRIDE_ALIGNMENT - 1u);
	target->layout.modifier = DRM_FORMAT_MOD_LINEAR;
	target->layout.n_planes = 1;
	target->size = (size_t)plane->stride * target->layout.height;
	target->swaps_red_and_blue = format->swaps_red_and_blue;
	target->read_format = format->read_format;
	target->read_type = format->read_type;
	r = allocate_memory(target);
	if (r < 0) {
		return r;
	}
	glGenRenderbuffers(1, &target->renderbuffer);
	glBindRenderbuffer(GL_RENDERBUFFER, target->renderbuffer);
	glRenderbufferStorage(GL_RENDERBUFFER, format->drawn_as, (GLsizei)target->layout.width,
		(GLsizei)target->layout.height);
	glFramebufferRenderbuffer(
		GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, target->renderbuffer);
	return 0;
}

/* Of the sink's modifiers, those that the driver can draw into. */
static uint32_t
usable_modifiers(const struct context *context, const struct gpu_offer *offer,
	uint64_t ret_modifiers[GPU_MAX_MODIFIERS])
{
	uint32_t n_usable = 0;

	for (uint32_t i = 0; i < offer->n_modifiers; i++) {
		bool external_only = false;

		if (offer->modifiers[i] != DRM_FORMAT_MOD_INVALID &&
			context_imports(
				context, offer->fourcc, offer->modifiers[i], &external_only) &&
			!external_only) {
			ret_modifiers[n_usable++] = offer->modifiers[i];
		}
	}
	return n_usable;
}

/*
 * The driver picks the best of the modifiers. One that knows none by name is asked for rows one
 * after the other, if the sink takes that.
 */
static struct gbm_bo *
allocate_bo(const struct context *context, const struct gpu_offer *offer, uint32_t width,
	uint32_t height, bool *ret_linear)
{
	uint64_t modifiers[GPU_MAX_MODIFIERS];
	uint32_t n_modifiers = usable_modifiers(context, offer, modifiers);
	struct gbm_bo *bo = NULL;

	*ret_linear = false;
	if (n_modifiers > 0) {
		bo = gbm_bo_create_with_modifiers2(context->gbm, width, height, offer->fourcc,
			modifiers, n_modifiers, GBM_BO_USE_RENDERING);
	}
	/* It has taken no notice: nobody could say how the buffer is laid out. */
	if (bo != NULL && gbm_bo_get_modifier(bo) == DRM_FORMAT_MOD_INVALID) {
		gbm_bo_destroy(bo);
		bo = NULL;
	}
	for (uint32_t i = 0; i < offer->n_modifiers && bo == NULL; i++) {
		if (offer->modifiers[i] == DRM_FORMAT_MOD_LINEAR) {
			bo = gbm_bo_create(context->gbm, width, height, offer->fourcc,
				GBM_BO_USE_RENDERING | GBM_BO_USE_LINEAR);
			*ret_linear = true;
		}
	}
	return bo;
}

static int
take_bo(struct target *target, struct gbm_bo *bo, bool linear)
{
	struct buffer_layout *layout = &target->layout;
	int n_planes = gbm_bo_get_plane_count(bo);

	if (n_planes < 1 || n_planes > BUFFER_MAX_PLANES) {
		return -ENOTSUP;
	}
	layout->modifier = linear ? DRM_FORMAT_MOD_LINEAR : gbm_bo_get_modifier(bo);
	layout->n_planes = (uint32_t)n_planes;
	for (int i = 0; i < n_planes; i++) {
		layout->planes[i] = (struct buffer_plane){
			.fd = gbm_bo_get_fd_for_plane(bo, i),
			.offset = gbm_bo_get_offset(bo, i),
			.stride = gbm_bo_get_stride_for_plane(bo, i),
		};
		if (layout->planes[i].fd < 0) {
			return -ENOTSUP;
		}
	}
	return 0;
}

static int
init_dmabuf(struct target *target, const struct context *context, const struct gpu_offer *offer)
{
	struct buffer_layout *layout = &target->layout;
	struct gbm_bo *bo;
	bool linear;
	int r;

	if (context->gbm == NULL) {
		return -ENOTSUP;
	}
	bo = allocate_bo(context, offer, layout->width, layout->height, &linear);
	if (bo == NULL) {
		return -ENOTSUP;
	}
	r = take_bo(target, bo, linear);
	/* The fds keep the memory. */
	gbm_bo_destroy(bo);
	if (r < 0) {
		return r;
	}
	target->image = texture_create_image(context, layout, layout->fourcc);
	if (target->image == EGL_NO_IMAGE_KHR) {
		return -ENOTSUP;
	}
	glGenTextures(1, &target->texture);
	glBindTexture(GL_TEXTURE_2D, target->texture);
	context->set_texture_image(GL_TEXTURE_2D, (GLeglImageOES)target->image);
	glFramebufferTexture2D(
		GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target->texture, 0);
	return 0;
}

int
target_init(struct target *target, const struct context *context, const struct gpu_offer *offer,
	uint32_t width, uint32_t height)
{
	int r;

	if ((uint64_t)width * TARGET_BYTES_PER_PIXEL * height > GPU_MAX_TARGET_SIZE) {
		return -E2BIG;
	}
	*target = (struct target){
		.layout = {
			.kind = (enum buffer_kind)offer->kind,
			.width = width,
			.height = height,
			.fourcc = offer->fourcc,
			.planes = { { .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 } },
		},
	};
	glGenFramebuffers(1, &target->framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	r = offer->kind == BUFFER_DMABUF ? init_dmabuf(target, context, offer)
					 : init_memory(target, offer);
	if (r >= 0 && (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE ||
			      glGetError() != GL_NO_ERROR)) {
		r = -ENOTSUP;
	}
	if (r < 0) {
		target_finish(target, context);
	}
	return r;
}

void
target_finish(struct target *target, const struct context *context)
{
	if (target->framebuffer == 0) {
		return;
	}
	glDeleteFramebuffers(1, &target->framebuffer);
	glDeleteTextures(1, &target->texture);
	glDeleteRenderbuffers(1, &target->renderbuffer);
	if (target->image != EGL_NO_IMAGE_KHR) {
		context->destroy_image(context->display, target->image);
	}
	if (target->map != NULL) {
		munmap(target->map, target->size);
	}
	for (int i = 0; i < BUFFER_MAX_PLANES; i++) {
		fd_close(&target->layout.planes[i].fd);
	}
	*target = (struct target){ 0 };
}

void
target_bind(const struct target *target)
{
	glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	glViewport(0, 0, (GLsizei)target->layout.width, (GLsizei)target->layout.height);
}

int
target_complete(const struct target *target, const struct rect *rects, uint32_t n_rects)
{
	const struct buffer_plane *plane = &target->layout.planes[0];

	if (target->map == NULL) {
		glFinish();
		return glGetError() == GL_NO_ERROR ? 0 : -EIO;
	}
	glPixelStorei(GL_PACK_ROW_LENGTH, (GLint)(plane->stride / TARGET_BYTES_PER_PIXEL));
	for (uint32_t i = 0; i < n_rects; i++) {
		const struct rect *rect = &rects[i];

		glReadPixels(rect->x, rect->y, rect->width, rect->height, target->read_format,
			target->read_type,
			target->map + (size_t)rect->y * plane->stride +
				(size_t)rect->x * TARGET_BYTES_PER_PIXEL);
	}
	return glGetError() == GL_NO_ERROR ? 0 : -EIO;
}
