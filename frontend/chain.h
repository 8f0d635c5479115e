#pragma once

#include "importer.h"

struct picture_policy;

struct chain_listener {
	/* See importer.h. */
	import_notify_fn import_changed;
	/* No link takes a buffer; logged. Once, until one does or all are asked anew. */
	void (*hopeless)(void *data);
};

/*
 * The importers in order of worth, as one sink uses them: which of them are out of the question,
 * for now or for a kind of buffer, and why.
 */
struct chain {
	struct sink *sink;
	const struct picture_policy *policy;
	const struct chain_listener *listener;
	void *data;

	/* Why the way that is used is no better one; NULL: it is the best. */
	const char *reason;
	/* Links before this were refused by the sink for this kind of buffer: not asked again. */
	uint32_t first;
	struct buffer_layout first_for;

	bool hopeless;
	uint32_t n_news, n_problems; /* logged so far: a VM can change its buffers all the time */
	uint64_t copied_bytes;       /* by imports that are gone */
};

/* Behind the last link. */
extern const uint32_t chain_length;

void chain_init(struct chain *chain, struct sink *sink, const struct picture_policy *policy,
	const struct chain_listener *listener, void *data);

/*
 * Asks the links [from, to) for an import of the buffer, until one starts: its place, or -ENOTSUP
 * when none does, with what the last one said. The reason is brought up to date.
 */
int chain_start(struct chain *chain, struct buffer *buffer, uint32_t from, uint32_t to,
	struct import **ret_import, const char **ret_why);
/* The first link to ask for a buffer that is new. */
uint32_t chain_first(struct chain *chain, const struct buffer_layout *layout);
/* The sink has refused what this link made of the buffer: it would refuse the next one, too. */
void chain_refuse(struct chain *chain, uint32_t link, const struct buffer_layout *layout);
/* The sink or the policy have changed: whatever was refused may be asked again. */
void chain_reset(struct chain *chain);
/* Whether the policy lets this link be used. */
bool chain_allows(const struct chain *chain, uint32_t link);
/* As in --path. */
const char *chain_link_name(uint32_t link);
