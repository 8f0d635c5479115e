#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "layout-decode.h"
#include "layout-encode.h"

/* A file of a VM's layout; the input is the file. */

static void
check_text(const char *text, size_t size)
{
	char clean[GUEST_TEXT_SIZE];

	FUZZ_EXPECT(memchr(text, '\0', size) != NULL);
	text_copy(clean, sizeof(clean), text);
	FUZZ_EXPECT(strcmp(clean, text) == 0);
}

static void
check_head(const struct layout *layout, const struct layout_head *head)
{
	check_text(head->gpu, sizeof(head->gpu));
	check_text(head->output.name, sizeof(head->output.name));
	check_text(head->output.make, sizeof(head->output.make));
	check_text(head->output.model, sizeof(head->output.model));
	check_text(head->output.description, sizeof(head->output.description));
	FUZZ_EXPECT(head->width >= 0 && head->width <= LAYOUT_MAX_DIMENSION);
	FUZZ_EXPECT(head->height >= 0 && head->height <= LAYOUT_MAX_DIMENSION);
	FUZZ_EXPECT((head->width == 0) == (head->height == 0));
	FUZZ_EXPECT(
		head->zoom_percent == 0 || (head->zoom_percent >= LAYOUT_MIN_ZOOM_PERCENT &&
						   head->zoom_percent <= LAYOUT_MAX_ZOOM_PERCENT));
	/* No other one before it. */
	FUZZ_EXPECT(layout_find_head(layout, head->gpu, head->index) == head);
}

/* Whatever was taken comes through once more as it is. */
static void
check_round_trip(const struct layout *layout)
{
	char error[LAYOUT_ERROR_SIZE], *text;
	struct layout again;

	FUZZ_EXPECT(layout_encode(layout, &text) == 0);
	FUZZ_EXPECT(strlen(text) <= LAYOUT_MAX_SIZE);
	FUZZ_EXPECT(layout_decode(text, strlen(text), error, &again) == 0);
	FUZZ_EXPECT(memcmp(&again, layout, sizeof(again)) == 0);
	free(text);
}

/* Each head's monitor is among those of all the heads. */
static void
check_assignment(const struct layout *layout)
{
	struct output_name present[GUEST_MAX_HEADS];
	int32_t indices[GUEST_MAX_HEADS];

	for (uint32_t i = 0; i < layout->n_heads; i++) {
		present[i] = layout->heads[i].output;
	}
	layout_assign_outputs(layout, present, layout->n_heads, indices);
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		FUZZ_EXPECT(indices[i] >= -1 && indices[i] < (int32_t)layout->n_heads);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[LAYOUT_ERROR_SIZE] = "";
	struct layout layout;
	int r = layout_decode((const char *)data, size, error, &layout);

	if (r < 0) {
		FUZZ_EXPECT(r == -EBADMSG || r == -ENOTSUP);
		FUZZ_EXPECT(error[0] != '\0' && memchr(error, '\0', sizeof(error)) != NULL);
		return 0;
	}
	FUZZ_EXPECT(layout.n_heads <= GUEST_MAX_HEADS);
	for (uint32_t i = 0; i < layout.n_heads; i++) {
		check_head(&layout, &layout.heads[i]);
	}
	check_round_trip(&layout);
	check_assignment(&layout);
	return 0;
}
