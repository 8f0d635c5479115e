/*
 * Preloaded (LD_PRELOAD) into a program: counts its allocations by who asked
 * for them, into the file that $ALLOC_COUNT_FILE names. The file is shared
 * memory, so that it can be read at any time without disturbing the program:
 * struct counts below, little to say beyond that. "Who" is the module that the
 * return address lies in; the executable itself has an empty name. Allocations
 * that libc makes for somebody (strdup, fopen) count as libc's. What all of them together have not
 * freed yet is counted, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_MODULES 256
#define NAME_SIZE 112
/* The newest callers in the executable itself, for whoever has to find them. */
#define MAX_CALLERS 64
#define MAGIC UINT64_C(0x31544e554f434c41) /* "ALCOUNT1" */

struct module_counts {
	char name[NAME_SIZE]; /* base name */
	_Atomic uint64_t allocations, bytes;
};

struct counts {
	uint64_t magic;
	_Atomic uint32_t n_modules;
	uint32_t padding;
	_Atomic uint64_t n_callers;             /* ever; the newest is at (n - 1) % MAX_CALLERS */
	_Atomic uint64_t callers[MAX_CALLERS];  /* offsets in the executable, for addr2line */
	_Atomic int64_t n_in_use, bytes_in_use; /* of everybody, since this began */
	struct module_counts modules[MAX_MODULES];
};

struct range {
	uintptr_t start, end, base;
	uint32_t module;
};

/* glibc's own names, which can not be preloaded away. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static struct counts *counts;
static struct range ranges[4 * MAX_MODULES];
static _Atomic uint32_t n_ranges;
static atomic_flag adding = ATOMIC_FLAG_INIT;

static const struct range *
find_range(uintptr_t address)
{
	uint32_t n = atomic_load(&n_ranges);

	for (uint32_t i = 0; i < n; i++) {
		if (address >= ranges[i].start && address < ranges[i].end) {
			return &ranges[i];
		}
	}
	return NULL;
}

/* Called for each loaded module; adds those not known yet. Allocates nothing.
 */
static int
add_module(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *name = strrchr(info->dlpi_name, '/');
	uint32_t module = atomic_load(&counts->n_modules);
	bool known = false;

	name = name != NULL ? name + 1 : info->dlpi_name;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uint32_t n = atomic_load(&n_ranges);
		uintptr_t start = info->dlpi_addr + header->p_vaddr;

		if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0 ||
			find_range(start) != NULL || module == MAX_MODULES ||
			n == sizeof(ranges) / sizeof(ranges[0])) {
			continue;
		}
		if (!known) {
			known = true;
			snprintf(counts->modules[module].name, NAME_SIZE, "%s", name);
		}
		ranges[n] = (struct range){
			.start = start,
			.end = start + header->p_memsz,
			.base = info->dlpi_addr,
			.module = module,
		};
		atomic_store(&n_ranges, n + 1);
	}
	if (known) {
		atomic_store(&counts->n_modules, module + 1);
	}
	return 0;
}

static void
count(const void *caller, size_t size)
{
	const struct range *range;

	if (counts == NULL) {
		return;
	}
	range = find_range((uintptr_t)caller);
	if (range == NULL && !atomic_flag_test_and_set(&adding)) {
		/* A module that was loaded since. */
		dl_iterate_phdr(add_module, NULL);
		atomic_flag_clear(&adding);
		range = find_range((uintptr_t)caller);
	}
	if (range == NULL) {
		return;
	}
	atomic_fetch_add(&counts->modules[range->module].allocations, 1);
	atomic_fetch_add(&counts->modules[range->module].bytes, size);
	if (counts->modules[range->module].name[0] == '\0') {
		uint64_t n = atomic_fetch_add(&counts->n_callers, 1);
		atomic_store(&counts->callers[n % MAX_CALLERS], (uintptr_t)caller - range->base);
	}
}

/* n is 1 for what is there now, and -1 for what will not be any more. NULL is fine. */
static void *
hold(void *memory, int n)
{
	if (counts != NULL && memory != NULL) {
		atomic_fetch_add(&counts->n_in_use, n);
		atomic_fetch_add(&counts->bytes_in_use, n * (int64_t)malloc_usable_size(memory));
	}
	return memory;
}

/* Nothing has happened to the old memory where there is no new one, unless that was the wish. */
static void *
resize(void *memory, size_t size)
{
	int64_t old_size = memory != NULL ? (int64_t)malloc_usable_size(memory) : 0;
	void *resized = __libc_realloc(memory, size);

	if (counts != NULL && memory != NULL && (resized != NULL || size == 0)) {
		atomic_fetch_add(&counts->n_in_use, -1);
		atomic_fetch_add(&counts->bytes_in_use, -old_size);
	}
	return hold(resized, 1);
}

/*
 * What the program has forked counts with it: its brokers stay as long. What those fork does not:
 * relays and the like come and go, and are killed with all that they have.
 */
static void
leave_grandchildren_out(void)
{
	static int generation;

	if (++generation > 1) {
		counts = NULL;
	}
}

__attribute__((constructor)) static void
alloc_count_start(void)
{
	const char *path = getenv("ALLOC_COUNT_FILE");
	struct counts *map;
	int fd;

	if (path == NULL) {
		return;
	}
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*counts)) < 0) {
		return;
	}
	map = mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		return;
	}
	/* Other programs would count into the same file. */
	unsetenv("LD_PRELOAD");
	pthread_atfork(NULL, NULL, leave_grandchildren_out);
	map->magic = MAGIC;
	counts = map;
	dl_iterate_phdr(add_module, NULL);
}

void *
malloc(size_t size)
{
	count(__builtin_return_address(0), size);
	return hold(__libc_malloc(size), 1);
}

void *
calloc(size_t n, size_t size)
{
	count(__builtin_return_address(0), n * size);
	return hold(__libc_calloc(n, size), 1);
}

void *
realloc(void *memory, size_t size)
{
	count(__builtin_return_address(0), size);
	return resize(memory, size);
}

void *
reallocarray(void *memory, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	count(__builtin_return_address(0), total);
	return resize(memory, total);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	count(__builtin_return_address(0), size);
	return hold(__libc_memalign(alignment, size), 1);
}

int
posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
	void *memory;

	count(__builtin_return_address(0), size);
	memory = __libc_memalign(alignment, size);
	if (memory == NULL) {
		return ENOMEM;
	}
	*ret_memory = hold(memory, 1);
	return 0;
}

void
free(void *memory)
{
	hold(memory, -1);
	__libc_free(memory);
}
