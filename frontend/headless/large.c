#include "large.h"

#include <stdlib.h>
#include <sys/mman.h>

/* x86-64's, and those of other machines with pages of 4 KiB; elsewhere it does no harm. */
#define LARGE_PAGE_SIZE ((size_t)2 << 20)

void *
large_alloc(size_t size)
{
	size_t rounded = (size + LARGE_PAGE_SIZE - 1) & ~(LARGE_PAGE_SIZE - 1);
	void *memory;

	if (size < LARGE_PAGE_SIZE) {
		return malloc(size);
	}
	memory = aligned_alloc(LARGE_PAGE_SIZE, rounded);
	if (memory != NULL) {
		/* A kernel that refuses costs time, no more. */
		madvise(memory, rounded, MADV_HUGEPAGE);
	}
	return memory;
}
