#include "text/text-module.h"

#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Logical pixels. */
#define HEADING_SIZE 26
#define PARAGRAPH_SIZE 15
#define PANEL_SIZE 13
#define MESSAGE_MARGIN 8
#define PANEL_MARGIN 6
#define MESSAGE_SPACING 10
/* Less room than this on either side holds no text. */
#define MIN_ROOM 24

#define MAX_LINES 32
/* A paragraph of a message is broken into so many lines at most. */
#define MAX_ROWS 3

struct line {
	PangoLayout *layout;
	int width, height; /* logical extents, pixels */
	int offset_x;      /* of their left edge in the layout */
};

/* The lines of one request, laid out. */
struct page {
	const struct text_request *request;
	PangoContext *context;
	uint32_t margin, spacing; /* pixels */
	struct line lines[MAX_LINES];
	uint32_t n_lines;
	int width, height; /* of all lines together, pixels */
};

/* Looking for fonts is the slow part: done once, kept for good. */
static PangoFontMap *font_map;

static int
get_fonts(void)
{
	PangoFontDescription *any;
	PangoContext *context;
	PangoFont *font;

	if (font_map != NULL) {
		return 0;
	}
	font_map = pango_cairo_font_map_new();
	if (font_map == NULL) {
		return -ENOMEM;
	}
	context = pango_font_map_create_context(font_map);
	any = pango_font_description_from_string("Sans 12");
	font = pango_font_map_load_font(font_map, context, any);
	pango_font_description_free(any);
	g_object_unref(context);
	if (font == NULL) {
		g_clear_object(&font_map);
		return -ENOENT;
	}
	g_object_unref(font);
	return 0;
}

static void
set_font(PangoLayout *layout, const struct text_request *request, bool heading)
{
	bool panel = request->style == TEXT_PANEL;
	int size = panel ? PANEL_SIZE : heading ? HEADING_SIZE : PARAGRAPH_SIZE;
	PangoFontDescription *font = pango_font_description_new();

	pango_font_description_set_family_static(font, panel ? "Monospace" : "Sans");
	pango_font_description_set_absolute_size(font, (double)size * request->scale * PANGO_SCALE);
	if (heading) {
		pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
	}
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
}

static void
add_line(struct page *page, const char *text, size_t length)
{
	const struct text_request *request = page->request;
	bool message = request->style == TEXT_MESSAGE;
	struct line *line = &page->lines[page->n_lines];
	PangoRectangle extents;

	line->layout = pango_layout_new(page->context);
	set_font(line->layout, request, message && page->n_lines == 0);
	/* Names may hold the separators of Unicode: they start no line of ours. */
	pango_layout_set_single_paragraph_mode(line->layout, true);
	pango_layout_set_width(
		line->layout, ((int)request->max_width - 2 * (int)page->margin) * PANGO_SCALE);
	pango_layout_set_ellipsize(line->layout, PANGO_ELLIPSIZE_END);
	if (message) {
		pango_layout_set_alignment(line->layout, PANGO_ALIGN_CENTER);
		pango_layout_set_wrap(line->layout, PANGO_WRAP_WORD_CHAR);
		pango_layout_set_height(line->layout, -MAX_ROWS);
	}
	pango_layout_set_text(line->layout, text, (int)length);
	pango_layout_get_pixel_extents(line->layout, NULL, &extents);
	line->width = extents.width;
	line->height = extents.height;
	line->offset_x = extents.x;

	page->width = MAX(page->width, line->width);
	page->height += line->height + (page->n_lines > 0 ? (int)page->spacing : 0);
	page->n_lines++;
}

static void
lay_out(struct page *page)
{
	const char *text = page->request->text;
	const char *end;

	page->context = pango_font_map_create_context(font_map);
	while (page->n_lines < MAX_LINES) {
		end = strchrnul(text, '\n');
		add_line(page, text, (size_t)(end - text));
		if (*end == '\0') {
			break;
		}
		text = end + 1;
	}
}

static void
finish(struct page *page)
{
	for (uint32_t i = 0; i < page->n_lines; i++) {
		g_object_unref(page->lines[i].layout);
	}
	g_clear_object(&page->context);
}

static void
paint(const struct page *page, cairo_t *cairo, int width, int height)
{
	bool message = page->request->style == TEXT_MESSAGE;
	int y = (int)page->margin;

	if (!message) {
		cairo_set_source_rgba(cairo, 0, 0, 0, 0.75);
		cairo_paint(cairo);
	}
	for (uint32_t i = 0; i < page->n_lines; i++) {
		const struct line *line = &page->lines[i];
		int x = message ? (width - line->width) / 2 : (int)page->margin;
		double white = message && i > 0 ? 0.7 : 1;

		/* Marks that pile up on a letter must not reach the other lines. */
		cairo_save(cairo);
		cairo_rectangle(cairo, 0, y, width, line->height);
		cairo_clip(cairo);
		cairo_set_source_rgb(cairo, white, white, white);
		cairo_move_to(cairo, x - line->offset_x, y);
		pango_cairo_show_layout(cairo, line->layout);
		cairo_restore(cairo);
		y += line->height + (int)page->spacing;
	}
}

static uint32_t
side(int content, uint32_t margin, uint32_t max, uint32_t scale)
{
	uint32_t size = MIN((uint32_t)content + 2 * margin, max);

	/* Up to whole logical pixels where there is room. */
	size = (size + scale - 1) / scale * scale;
	return size <= max ? size : max / scale * scale;
}

static int
paint_page(const struct page *page, struct text_picture *ret_picture)
{
	const struct text_request *request = page->request;
	uint32_t width = side(page->width, page->margin, request->max_width, request->scale);
	uint32_t height = side(page->height, page->margin, request->max_height, request->scale);
	uint32_t *pixels = calloc((size_t)width * height, sizeof(*pixels));
	cairo_surface_t *surface;
	cairo_status_t status;
	cairo_t *cairo;

	if (pixels == NULL) {
		return -ENOMEM;
	}
	surface = cairo_image_surface_create_for_data((unsigned char *)pixels, CAIRO_FORMAT_ARGB32,
		(int)width, (int)height, (int)(width * sizeof(*pixels)));
	cairo = cairo_create(surface);
	paint(page, cairo, (int)width, (int)height);
	status = cairo_status(cairo);
	cairo_destroy(cairo);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
	if (status != CAIRO_STATUS_SUCCESS) {
		free(pixels);
		return -ENOMEM;
	}
	*ret_picture = (struct text_picture){ .width = width, .height = height, .pixels = pixels };
	return 0;
}

static int
draw(const struct text_request *request, struct text_picture *ret_picture)
{
	bool message = request->style == TEXT_MESSAGE;
	struct page page = {
		.request = request,
		.margin = (message ? MESSAGE_MARGIN : PANEL_MARGIN) * request->scale,
		.spacing = message ? MESSAGE_SPACING * request->scale : 0,
	};
	int r;

	if (request->max_width < MIN_ROOM * request->scale ||
		request->max_height < MIN_ROOM * request->scale) {
		return -ENOSPC;
	}
	r = get_fonts();
	if (r < 0) {
		return r;
	}
	lay_out(&page);
	r = paint_page(&page, ret_picture);
	finish(&page);
	return r;
}

/* Without fonts draw() says so. */
static void
prepare(void)
{
	FcInit();
}

extern const struct text_module text_module;

__attribute__((visibility("default"))) const struct text_module text_module = {
	.version = TEXT_MODULE_VERSION,
	.prepare = prepare,
	.draw = draw,
};
