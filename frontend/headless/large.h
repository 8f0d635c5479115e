#pragma once

#include <stddef.h>

/*
 * Memory for a picture, undefined; to be freed by free(). In large pages where the kernel gives
 * them: to get a new picture's memory page by page takes longer than to copy the picture. Takes up
 * to 2 MiB more than was asked for. NULL: there is none.
 */
void *large_alloc(size_t size);
