#include "chain.h"

#include <errno.h>

#include "picture.h"

static const struct importer *const links[] = {
	&importer_enlarge,
	&importer_direct,
	&importer_shm,
	&importer_gles,
	&importer_copy,
};

const uint32_t chain_length = sizeof(links) / sizeof(links[0]);

void
chain_init(struct chain *chain, struct sink *sink, const struct picture_policy *policy,
	const struct chain_listener *listener, void *data)
{
	*chain = (struct chain){
		.sink = sink,
		.policy = policy,
		.listener = listener,
		.data = data,
	};
}

static bool
is_ruled_out(const struct picture_policy *policy, const struct importer *importer)
{
	/* How a picture looks is no matter of the way that it takes. */
	return importer != &importer_enlarge && policy->forced != NULL && policy->forced != importer;
}

/* NULL when the importer may be used; else why not. */
static const char *
policy_refuses(const struct picture_policy *policy, const struct importer *importer)
{
	if (policy->distrust_memory && importer == &importer_shm) {
		return "the VM's memory is not trusted";
	}
	if ((policy->distrust_dmabufs && importer == &importer_direct) ||
		(policy->distrust_drawn && importer == &importer_gles)) {
		return "the compositor broke the connection over an earlier buffer";
	}
	return NULL;
}

/* Whether the importer is for this kind of memory at all: that it is not is no reason to tell. */
static bool
fits_kind(const struct importer *importer, enum buffer_kind kind)
{
	if (importer == &importer_enlarge) {
		return false; /* what it does not do others do, if not as sharp */
	}
	return importer == &importer_copy ||
	       (importer == &importer_shm) == (kind == BUFFER_MEMORY);
}

static bool
same_kind(const struct buffer_layout *a, const struct buffer_layout *b)
{
	return a->kind == b->kind && a->fourcc == b->fourcc && a->modifier == b->modifier;
}

int
chain_start(struct chain *chain, struct buffer *buffer, uint32_t from, uint32_t to,
	struct import **ret_import, const char **ret_why)
{
	const char *last = chain->reason;

	for (uint32_t link = from; link < to; link++) {
		const struct importer *importer = links[link];
		const char *why = policy_refuses(chain->policy, importer);
		int r = -ENOTSUP;

		if (is_ruled_out(chain->policy, importer)) {
			continue;
		}
		if (why == NULL) {
			r = importer->create(buffer, chain->sink, chain->listener->import_changed,
				chain->data, ret_import, &why);
		}
		if (r >= 0) {
			return (int)link;
		}
		if (fits_kind(importer, buffer->layout.kind)) {
			last = why;
			/* What kept the best way from being used is what somebody can do about. */
			chain->reason = chain->reason != NULL ? chain->reason : why;
		} else if (last == NULL) {
			last = why;
		}
	}
	*ret_why = last != NULL ? last : "no way is left";
	return -ENOTSUP;
}

uint32_t
chain_first(struct chain *chain, const struct buffer_layout *layout)
{
	if (!same_kind(layout, &chain->first_for)) {
		chain_reset(chain);
	}
	return chain->first;
}

void
chain_refuse(struct chain *chain, uint32_t link, const struct buffer_layout *layout)
{
	chain->first = link + 1;
	chain->first_for = *layout;
}

void
chain_reset(struct chain *chain)
{
	chain->first = 0;
	chain->reason = NULL;
	chain->hopeless = false;
}

bool
chain_allows(const struct chain *chain, uint32_t link)
{
	return !is_ruled_out(chain->policy, links[link]) &&
	       policy_refuses(chain->policy, links[link]) == NULL;
}

const char *
chain_link_name(uint32_t link)
{
	return links[link]->name;
}
