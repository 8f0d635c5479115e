#include "view-list.h"

#include <stddef.h>

#include "view.h"

struct view *
view_list_find(const struct view_list *views, uint32_t console)
{
	for (uint32_t i = 0; i < views->n_views; i++) {
		if (view_head(views->views[i])->console == console) {
			return views->views[i];
		}
	}
	return NULL;
}

struct view *
view_list_choose(const struct view_list *views, int32_t console)
{
	if (console >= 0) {
		return view_list_find(views, (uint32_t)console);
	}
	for (uint32_t i = 0; i < views->n_views; i++) {
		if (view_is_on(views->views[i])) {
			return views->views[i];
		}
	}
	return views->n_views > 0 ? views->views[0] : NULL;
}
