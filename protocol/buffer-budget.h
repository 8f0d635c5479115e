#pragma once

#include "buffer.h"

/*
 * How much one VM may make us spend on its pictures. Its memory stays taken as long as we, or a
 * compositor, hold an fd of it, whatever becomes of the VM. A buffer that was admitted counts until
 * its end, in whoever's hands it is. One thread's, as buffers are.
 */

/* Of a VM, where --max-memory does not say otherwise: four monitors of 8K, four buffers each. */
#define BUFFER_BUDGET_DEFAULT_BYTES (UINT64_C(2) << 30)
/*
 * fds of all its buffers: half of the 1024 that a process may have by default, since what has been
 * read and not yet been taken apart has fds as well.
 */
#define BUFFER_BUDGET_MAX_FDS 512

/*
 * What pictures are copied into, or drawn by the GPU, may take so much for each byte that they may
 * take themselves: three host buffers for a guest's, where not all of those are in use.
 */
#define BUFFER_BUDGET_HOST_SHARE 2

struct buffer_budget {
	uint32_t refs; /* of whoever creates buffers, and of each buffer */
	uint64_t max_bytes;
	uint64_t guest_bytes; /* of memory, each once, however many buffers lie in it */
	uint64_t host_bytes;  /* that we have made to copy pictures into */
	uint32_t n_fds;
	bool complained;      /* the first refusal was logged */
	struct buffer *first; /* those that count */
};

/*
 * With one reference. max_bytes: of the guest's memory; of the host's BUFFER_BUDGET_HOST_SHARE
 * times that. At most UINT64_MAX / BUFFER_BUDGET_HOST_SHARE. 0 or -ENOMEM.
 */
int buffer_budget_create(uint64_t max_bytes, struct buffer_budget **ret_budget);
/* NULL is fine. */
void buffer_budget_unref(struct buffer_budget *budget);

/*
 * The buffer, which has no budget yet, counts from now on; NULL: without a limit. Returns 0 or
 * -EDQUOT: it is not counted, and is to be let go.
 */
int buffer_budget_admit(struct buffer_budget *budget, struct buffer *buffer);
/* For buffer_unref(). */
void buffer_budget_forget(struct buffer *buffer);

/*
 * Memory of the host's that shows the buffer; what was taken is to be given back before the
 * buffer's end. Returns 0 or -EDQUOT.
 */
int buffer_budget_take(struct buffer *buffer, uint64_t host_bytes);
void buffer_budget_give(struct buffer *buffer, uint64_t host_bytes);
