#include "typist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/held-keys.h"
#include "view.h"

struct typist {
	const struct view_list *views;
	uint32_t console;
	typist_done_fn done;
	void *data;
	sd_event_source *timer;
	bool down;     /* the keys of the stroke at hand */
	uint32_t next; /* stroke */
	uint32_t n_strokes;
	struct typing_stroke strokes[];
};

static void
move_keys(struct typist *typist, struct view *view)
{
	const struct typing_stroke *stroke = &typist->strokes[typist->next];

	typist->down = !typist->down;
	for (uint16_t i = 0; i < stroke->n_codes; i++) {
		uint32_t code = stroke->codes[typist->down ? i : stroke->n_codes - 1 - i];
		struct input_event event = held_keys_event(code, typist->down);

		view_input(view, &event);
	}
	typist->next += !typist->down;
}

static int
handle_timer(sd_event_source *source, uint64_t time_us, void *data)
{
	struct typist *typist = data;
	struct view *view = view_list_find(typist->views, typist->console);

	if (typist->views->taken_over) {
		typist->done(typist->data, -ENOTCONN);
		return 0;
	}
	if (view == NULL || typist->next == typist->n_strokes) {
		typist->done(typist->data, view == NULL ? -ENODEV : 0);
		return 0;
	}
	move_keys(typist, view);
	/* From now on: a guest that could not read for a while is not to be flooded. */
	sd_event_source_set_time_relative(source, TYPIST_STEP_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int
typist_create(sd_event *event, const struct view_list *views, uint32_t console,
	const struct typing *typing, typist_done_fn done, void *data, struct typist **ret_typist)
{
	size_t size = typing->n_strokes * sizeof(typing->strokes[0]);
	struct typist *typist = malloc(sizeof(*typist) + size);
	int r;

	if (typist == NULL) {
		return -ENOMEM;
	}
	*typist = (struct typist){
		.views = views,
		.console = console,
		.done = done,
		.data = data,
		.n_strokes = typing->n_strokes,
	};
	memcpy(typist->strokes, typing->strokes, size);
	r = sd_event_add_time_relative(
		event, &typist->timer, CLOCK_MONOTONIC, 0, 1, handle_timer, typist);
	if (r < 0) {
		free(typist);
		return r;
	}
	*ret_typist = typist;
	return 0;
}

void
typist_destroy(struct typist *typist)
{
	struct view *view;

	if (typist == NULL) {
		return;
	}
	view = view_list_find(typist->views, typist->console);
	if (typist->down && view != NULL) {
		move_keys(typist, view);
	}
	sd_event_source_disable_unref(typist->timer);
	free(typist);
}
