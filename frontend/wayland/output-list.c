#include "display-private.h"

/* What the frontend is told of the host's monitors. */

static bool
is_before(const struct display_output *a, const struct display_output *b)
{
	if (a->logical.x != b->logical.x) {
		return a->logical.x < b->logical.x;
	}
	if (a->logical.y != b->logical.y) {
		return a->logical.y < b->logical.y;
	}
	return a->id < b->id;
}

static struct display_output
describe(const struct output *output)
{
	struct display_output described = {
		.id = output->name,
		.identity = output->identity,
		.scale_120 = output_scale_120(output),
		.refresh_mhz = output->refresh_mhz,
		.width_mm = (uint32_t)(output->turned ? output->height_mm : output->width_mm),
		.height_mm = (uint32_t)(output->turned ? output->width_mm : output->height_mm),
	};

	output_size(output, &described.width_px, &described.height_px);
	described.logical = output_logical(output);
	return described;
}

uint32_t
display_list_outputs(
	struct display *display, struct display_output ret_outputs[DISPLAY_MAX_OUTPUTS])
{
	uint32_t n_outputs = 0;
	struct output *output;

	wl_list_for_each(output, &display->outputs, link)
	{
		struct display_output described = describe(output);
		uint32_t at = n_outputs;

		/* One that has just come: where it is, follows. */
		if (n_outputs == DISPLAY_MAX_OUTPUTS || described.width_px == 0 ||
			(output->xdg != NULL && output->logical_width == 0)) {
			continue;
		}
		for (; at > 0 && is_before(&described, &ret_outputs[at - 1]); at--) {
			ret_outputs[at] = ret_outputs[at - 1];
		}
		ret_outputs[at] = described;
		n_outputs++;
	}
	return n_outputs;
}
