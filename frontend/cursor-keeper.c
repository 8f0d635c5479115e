#include "cursor-keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "wayland/window.h"

void
cursor_keeper_init(struct cursor_keeper *keeper, struct deadlines *deadlines,
	void (*reached)(void *data), void *data)
{
	*keeper = (struct cursor_keeper){ 0 };
	rate_init(&keeper->shapes, CURSOR_KEEPER_SHAPES_PER_S, CURSOR_KEEPER_SHAPES_PER_S);
	deadline_init(&keeper->deadline, deadlines, reached, data);
}

void
cursor_keeper_finish(struct cursor_keeper *keeper)
{
	deadline_finish(&keeper->deadline);
	free(keeper->pixels);
	*keeper = (struct cursor_keeper){ 0 };
}

void
cursor_keeper_forget(struct cursor_keeper *keeper)
{
	free(keeper->pixels);
	keeper->pixels = NULL;
	keeper->image = (struct cursor_image){ 0 };
	keeper->known = false;
	keeper->hidden = false;
	keeper->due = false;
}

int
cursor_keeper_set(struct cursor_keeper *keeper, const struct cursor_image *image)
{
	size_t size;
	uint32_t *pixels;

	if (image == NULL) {
		keeper->image.width = 0;
		keeper->known = true;
		return 0;
	}
	size = (size_t)image->width * image->height * sizeof(*image->pixels);
	pixels = realloc(keeper->pixels, size);
	if (pixels == NULL) {
		return -ENOMEM;
	}
	memcpy(pixels, image->pixels, size);
	keeper->pixels = pixels;
	keeper->image = *image;
	keeper->image.pixels = pixels;
	keeper->known = true;
	return 0;
}

void
cursor_keeper_apply(struct cursor_keeper *keeper, struct window *window)
{
	bool visible = !keeper->hidden && keeper->image.width > 0;
	int r;

	if (!keeper->known) {
		return;
	}
	r = window_set_cursor(window, visible ? &keeper->image : NULL);
	keeper->due = r == -EAGAIN;
	if (r < 0 && r != -EAGAIN && log_may_repeat(LOG_LEVEL_WARNING, &keeper->n_problems)) {
		log_warning("cannot show the guest's cursor: %s; the last one stays", strerror(-r));
	}
}

void
cursor_keeper_follow(struct cursor_keeper *keeper, struct window *window)
{
	if (keeper->deadline.at_ns != DEADLINE_NEVER) {
		return;
	}
	if (rate_take(&keeper->shapes, clock_now_ns())) {
		cursor_keeper_apply(keeper, window);
	} else {
		deadline_set(&keeper->deadline, rate_next_ns(&keeper->shapes));
	}
}
