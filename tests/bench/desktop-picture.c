#include "desktop-picture.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#define PANEL_HEIGHT 32
#define TITLE_HEIGHT 36
#define ICON_SIZE 48
#define TEXT_SIZE 32768

struct colour {
	double red, green, blue;
};

static const struct colour syntax[] = { { .2, .2, .25 }, { .1, .3, .7 }, { .6, .1, .4 },
	{ .1, .5, .2 }, { .5, .5, .5 } };
static const struct colour terminal[] = { { .85, .85, .85 }, { .4, .8, .4 }, { .5, .7, 1 },
	{ .9, .7, .3 }, { .6, .6, .6 } };

static void
set_colour(cairo_t *cairo, const struct colour *colour)
{
	cairo_set_source_rgb(cairo, colour->red, colour->green, colour->blue);
}

static void
draw_text(cairo_t *cairo, double x, double y, const char *font, const char *text, int size)
{
	PangoLayout *layout = pango_cairo_create_layout(cairo);
	PangoFontDescription *description = pango_font_description_from_string(font);

	pango_layout_set_font_description(layout, description);
	pango_layout_set_text(layout, text, size);
	cairo_move_to(cairo, x, y);
	pango_cairo_show_layout(cairo, layout);
	pango_font_description_free(description);
	g_object_unref(layout);
}

static void
draw_wallpaper(cairo_t *cairo, int width, int height)
{
	cairo_pattern_t *pattern = cairo_pattern_create_linear(0, 0, width, height);

	cairo_pattern_add_color_stop_rgb(pattern, 0, .10, .16, .36);
	cairo_pattern_add_color_stop_rgb(pattern, .6, .35, .30, .55);
	cairo_pattern_add_color_stop_rgb(pattern, 1, .85, .55, .40);
	cairo_set_source(cairo, pattern);
	cairo_paint(cairo);
	cairo_pattern_destroy(pattern);
	for (int i = 0; i < 2; i++) {
		double x = width * (.25 + .5 * i), y = height * (.8 - .6 * i);

		pattern = cairo_pattern_create_radial(x, y, 0, x, y, height * .5);
		cairo_pattern_add_color_stop_rgba(pattern, 0, 1, .8, .6 + .3 * i, .35);
		cairo_pattern_add_color_stop_rgba(pattern, 1, 1, .8, .6 + .3 * i, 0);
		cairo_set_source(cairo, pattern);
		cairo_paint(cairo);
		cairo_pattern_destroy(pattern);
	}
}

static void
round_path(cairo_t *cairo, double x, double y, double width, double height, double radius)
{
	cairo_new_sub_path(cairo);
	cairo_arc(cairo, x + width - radius, y + radius, radius, -M_PI / 2, 0);
	cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, M_PI / 2);
	cairo_arc(cairo, x + radius, y + height - radius, radius, M_PI / 2, M_PI);
	cairo_arc(cairo, x + radius, y + radius, radius, M_PI, M_PI * 3 / 2);
	cairo_close_path(cairo);
}

static void
draw_icon(cairo_t *cairo, double x, double y, int kind, const struct colour *text)
{
	double hue = kind * 2.4, half = ICON_SIZE / 2;
	cairo_pattern_t *pattern = cairo_pattern_create_radial(
		x + half / 2, y + half / 2, 2, x + half, y + half, half * 1.4);
	char name[32];

	cairo_pattern_add_color_stop_rgb(
		pattern, 0, .8 + .2 * sin(hue), .8 + .2 * sin(hue + 2), .9);
	cairo_pattern_add_color_stop_rgb(
		pattern, 1, .4 + .3 * sin(hue), .4 + .3 * sin(hue + 2), .5);
	round_path(cairo, x, y, ICON_SIZE, ICON_SIZE, kind % 3 == 0 ? half : 8);
	cairo_set_source(cairo, pattern);
	cairo_fill_preserve(cairo);
	cairo_pattern_destroy(pattern);
	cairo_set_source_rgba(cairo, 0, 0, 0, .5);
	cairo_set_line_width(cairo, 1);
	cairo_stroke(cairo);
	set_colour(cairo, text);
	snprintf(name, sizeof(name), "Item %d", kind);
	draw_text(cairo, x, y + ICON_SIZE + 4, "DejaVu Sans 9", name, -1);
}

static void
draw_frame(cairo_t *cairo, const cairo_rectangle_t *at, const char *title,
	const struct colour *background)
{
	cairo_pattern_t *pattern = cairo_pattern_create_linear(0, at->y, 0, at->y + TITLE_HEIGHT);

	for (int i = 12; i > 0; i--) {
		round_path(cairo, at->x - i, at->y - i + 4, at->width + 2 * i, at->height + 2 * i,
			8 + i);
		cairo_set_source_rgba(cairo, 0, 0, 0, .025);
		cairo_fill(cairo);
	}
	round_path(cairo, at->x, at->y, at->width, at->height, 8);
	set_colour(cairo, background);
	cairo_fill(cairo);
	cairo_pattern_add_color_stop_rgb(pattern, 0, .93, .92, .91);
	cairo_pattern_add_color_stop_rgb(pattern, 1, .84, .83, .82);
	round_path(cairo, at->x, at->y, at->width, TITLE_HEIGHT, 8);
	cairo_set_source(cairo, pattern);
	cairo_fill(cairo);
	cairo_pattern_destroy(pattern);
	cairo_set_source_rgb(cairo, .2, .2, .2);
	draw_text(cairo, at->x + 16, at->y + 9, "DejaVu Sans Bold 10", title, -1);
	for (int i = 0; i < 3; i++) {
		cairo_arc(cairo, at->x + at->width - 20 - 24 * i, at->y + TITLE_HEIGHT / 2, 8, 0,
			2 * M_PI);
		cairo_set_source_rgb(cairo, .7, .68 - .1 * i, .66);
		cairo_fill(cairo);
	}
}

/* Line for line, each word in one of five colours, as editors and terminals do. */
static void
draw_lines(cairo_t *cairo, const cairo_rectangle_t *at, const char *font, double line_height,
	const struct colour *colours, const char *text)
{
	double y = at->y + TITLE_HEIGHT + 6;

	cairo_save(cairo);
	cairo_rectangle(cairo, at->x, at->y, at->width, at->height - 6);
	cairo_clip(cairo);
	while (*text != '\0' && y < at->y + at->height) {
		size_t size = strcspn(text, "\n");
		const struct colour *colour = &colours[size % 5];

		set_colour(cairo, colour);
		draw_text(cairo, at->x + 12, y, font, text, (int)size);
		text += size + (text[size] == '\n');
		y += line_height;
	}
	cairo_restore(cairo);
}

static void
draw_windows(cairo_t *cairo, int width, int height, const char *text)
{
	static const struct colour white = { 1, 1, 1 }, dark = { .12, .13, .16 },
				   black = { 0, 0, 0 };
	cairo_rectangle_t files = { width * .55, height * .08, width * .38, height * .42 };
	cairo_rectangle_t editor = { width * .10, height * .10, width * .50, height * .60 };
	cairo_rectangle_t shell = { width * .38, height * .45, width * .45, height * .48 };
	int columns = (int)(files.width - 30) / 90, rows = (int)(files.height - 50) / 84;

	draw_frame(cairo, &files, "Files", &white);
	for (int i = 0; i < columns * rows; i++) {
		draw_icon(cairo, floor(files.x) + 20 + i % columns * 90,
			floor(files.y) + TITLE_HEIGHT + 16 + i / columns * 84, i, &black);
	}
	draw_frame(cairo, &editor, "Editor", &white);
	draw_lines(cairo, &editor, "DejaVu Sans Mono 10", 17, syntax, text);
	draw_frame(cairo, &shell, "Terminal", &dark);
	draw_lines(cairo, &shell, "DejaVu Sans Mono 10", 16, terminal, text + strlen(text) / 3);
}

int
desktop_picture_draw(uint32_t *pixels, int width, int height, const char *text_path)
{
	static const struct colour white = { 1, 1, 1 };
	static char text[TEXT_SIZE];
	FILE *file = fopen(text_path, "r");
	cairo_surface_t *surface;
	cairo_t *cairo;

	if (file == NULL) {
		return -1;
	}
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	surface = cairo_image_surface_create_for_data(
		(unsigned char *)pixels, CAIRO_FORMAT_RGB24, width, height, width * 4);
	cairo = cairo_create(surface);
	draw_wallpaper(cairo, width, height);
	for (int i = 0; i < height / 110 - 1; i++) {
		draw_icon(cairo, 24, PANEL_HEIGHT + 24 + i * 100, i + 50, &white);
	}
	draw_windows(cairo, width, height, text);
	cairo_rectangle(cairo, 0, 0, width, PANEL_HEIGHT);
	cairo_set_source_rgb(cairo, .10, .10, .12);
	cairo_fill(cairo);
	set_colour(cairo, &white);
	draw_text(cairo, 16, 8, "DejaVu Sans 10", "Activities   Files   Edit   View", -1);
	draw_text(cairo, width - 160, 8, "DejaVu Sans Bold 10", "Wed 25 Nov 10:42", -1);
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
		pixels[i] |= 0xff000000;
	}
	return 0;
}
