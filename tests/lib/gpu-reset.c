/*
 * Preloaded (LD_PRELOAD) into a GPU helper: its GPU is reset once it was asked $GPU_RESET_AFTER
 * times whether it was. What the driver itself says is not heard from then on.
 */
#include <EGL/egl.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static PFNGLGETGRAPHICSRESETSTATUSEXTPROC driver_status;
static long n_asked;

static GLenum
reset_status(void)
{
	const char *after = getenv("GPU_RESET_AFTER");

	if (after != NULL && n_asked++ >= atol(after)) {
		return GL_UNKNOWN_CONTEXT_RESET_EXT;
	}
	return driver_status();
}

__eglMustCastToProperFunctionPointerType
eglGetProcAddress(const char *name)
{
	__typeof__(eglGetProcAddress) *real =
		(__typeof__(eglGetProcAddress) *)dlsym(RTLD_NEXT, "eglGetProcAddress");
	__eglMustCastToProperFunctionPointerType found = real(name);

	if (found == NULL || strncmp(name, "glGetGraphicsResetStatus", 24) != 0) {
		return found;
	}
	driver_status = (PFNGLGETGRAPHICSRESETSTATUSEXTPROC)found;
	return (__eglMustCastToProperFunctionPointerType)reset_status;
}
