#include "module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"

#define PATH_SIZE 4096

/* In a build tree the module lies below the program; else where it was installed. */
static void
find_module(const struct module *module, char path[PATH_SIZE])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_SIZE);

	while (length > 0 && path[length - 1] != '/') {
		length--;
	}
	if (length > 0) {
		snprintf(path + length, PATH_SIZE - (size_t)length, "%s/%s", module->folder,
			module->name);
		if (access(path, R_OK) == 0) {
			return;
		}
	}
	snprintf(path, PATH_SIZE, "%s/%s", MODULE_FOLDER, module->name);
}

const void *
module_load(const struct module *module, char ret_why[static MODULE_WHY_SIZE])
{
	char path[PATH_SIZE];
	const uint32_t *version;
	void *library;

	find_module(module, path);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	version = library != NULL ? dlsym(library, module->symbol) : NULL;
	if (version == NULL) {
		snprintf(ret_why, MODULE_WHY_SIZE, "%s", dlerror());
		return NULL;
	}
	if (*version != module->version) {
		snprintf(ret_why, MODULE_WHY_SIZE, "%.200s is of another version", path);
		return NULL;
	}
	return version;
}
