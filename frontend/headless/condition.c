#include "headless/condition.h"

#include <stdio.h>

#include "base/text.h"

void
condition_describe(const struct condition *condition, char *text, size_t size)
{
	const char *what = condition->text != NULL ? condition->text : "";

	switch (condition->kind) {
	case CONDITION_STABLE:
		snprintf(text, size, "the picture to rest for %u ms", condition->stable_ms);
		break;
	case CONDITION_CHANGE:
		snprintf(text, size, "the picture to change");
		break;
	case CONDITION_PIXEL:
		snprintf(text, size, "the pixel at %d,%d to be #%06x", condition->x, condition->y,
			condition->colour);
		break;
	case CONDITION_SIZE:
		snprintf(text, size, "the picture to have %ux%u pixels", condition->width,
			condition->height);
		break;
	case CONDITION_MATCH:
		snprintf(text, size, "the picture to look like %.100s", what);
		break;
	case CONDITION_TEXT:
		snprintf(text, size, "the text '%.100s'", what);
		break;
	}
	text_clean(text);
}
