#include "machine.h"
#include "scene.h"

/*
 * A whole guest in one file: no operating system, two monitors, keyboard and mouse. It shows what
 * the viewer does with a machine that it knows nothing of.
 */

#define TITLE_SCALE 7
#define TITLE_X 64
#define TITLE_Y 56
#define LINE_X 68
#define LINE_Y 186
#define TYPED_Y 226
#define MAX_TYPED 48
#define POINTER_RADIUS 9

static uint8_t font[256][GLYPH_HEIGHT];
static uint32_t *screens[MAX_SCREENS];
static uint32_t n_screens;

/* For the parts of the picture that do not move: from the scene to the screens. */
static void
show(int32_t left, int32_t top, int32_t width, int32_t height)
{
	for (int32_t y = top; y < top + height; y++) {
		for (int32_t x = left; x < left + width; x++) {
			uint32_t screen = (uint32_t)x / SCREEN_WIDTH;

			if (x >= 0 && screen < n_screens && y >= 0 && y < SCENE_HORIZON) {
				screens[screen][y * SCREEN_WIDTH + x % SCREEN_WIDTH] = scene[y][x];
			}
		}
	}
}

static bool
glyph_has(char letter, int32_t x, int32_t y)
{
	return x >= 0 && x < GLYPH_WIDTH && y >= 0 && y < GLYPH_HEIGHT &&
	       font[(uint8_t)letter][y] & 0x80 >> x;
}

/* Letters as panes of glass: each dot of the firmware's font is a bright square with a soft gap. */
static void
write_large(const char *text, int32_t left, int32_t top)
{
	for (; *text != '\0'; text++, left += GLYPH_WIDTH * TITLE_SCALE) {
		for (int32_t y = 0; y < GLYPH_HEIGHT * TITLE_SCALE; y++) {
			for (int32_t x = 0; x < GLYPH_WIDTH * TITLE_SCALE; x++) {
				bool edge = x % TITLE_SCALE == 0 || y % TITLE_SCALE == 0;

				if (glyph_has(*text, x / TITLE_SCALE, y / TITLE_SCALE)) {
					scene_lighten(left + x, top + y, edge ? 96 : 216);
				}
			}
		}
	}
}

static void
write_small(const char *text, int32_t left, int32_t top)
{
	for (; *text != '\0'; text++, left += GLYPH_WIDTH) {
		for (int32_t y = 0; y < GLYPH_HEIGHT; y++) {
			for (int32_t x = 0; x < GLYPH_WIDTH; x++) {
				if (glyph_has(*text, x, y)) {
					scene_lighten(left + x, top + y, 200);
				}
			}
		}
	}
}

/* Over whatever is on the screens; show() takes it away again. */
static void
draw_pointer(int32_t centre_x, int32_t centre_y, bool pressed)
{
	for (int32_t y = -POINTER_RADIUS; y <= POINTER_RADIUS; y++) {
		for (int32_t x = -POINTER_RADIUS; x <= POINTER_RADIUS; x++) {
			int32_t gx = centre_x + x, gy = centre_y + y;
			int32_t distance = x * x + y * y;
			uint32_t screen = (uint32_t)gx / SCREEN_WIDTH;

			if (gx < 0 || screen >= n_screens || gy < 0 || gy >= SCENE_HEIGHT) {
				continue;
			}
			if (distance <= POINTER_RADIUS * POINTER_RADIUS &&
				(pressed || distance >= 36)) {
				screens[screen][gy * SCREEN_WIDTH + gx % SCREEN_WIDTH] = 0xffffff;
			}
		}
	}
}

/* What was typed; one more screen line of the firmware's font, over a saved piece of sky. */
static void
show_typed(char typed)
{
	static uint32_t sky[GLYPH_HEIGHT][MAX_TYPED * GLYPH_WIDTH];
	static char text[MAX_TYPED + 1] = "type something";
	static bool saved, used;
	static uint32_t n_text;

	if (!saved) {
		for (uint32_t i = 0; i < GLYPH_HEIGHT * MAX_TYPED * GLYPH_WIDTH; i++) {
			uint32_t y = i / (MAX_TYPED * GLYPH_WIDTH),
				 x = i % (MAX_TYPED * GLYPH_WIDTH);

			sky[y][x] = scene[TYPED_Y + y][LINE_X + x];
		}
		saved = true;
	}
	if (typed == '\b') {
		n_text -= n_text > 0;
	} else if (typed == '\n') {
		n_text = 0;
	} else if (typed != '\0') {
		n_text = n_text < MAX_TYPED ? n_text + 1 : 1;
		text[n_text - 1] = typed;
	}
	used |= typed != '\0';
	if (used) {
		text[n_text] = '\0';
	}
	for (uint32_t i = 0; i < GLYPH_HEIGHT * MAX_TYPED * GLYPH_WIDTH; i++) {
		uint32_t y = i / (MAX_TYPED * GLYPH_WIDTH), x = i % (MAX_TYPED * GLYPH_WIDTH);

		scene[TYPED_Y + y][LINE_X + x] = sky[y][x];
	}
	write_small(text, LINE_X, TYPED_Y);
	show(LINE_X, TYPED_Y, MAX_TYPED * GLYPH_WIDTH, GLYPH_HEIGHT);
}

static int32_t
clamp(int32_t value, int32_t max)
{
	return value < 0 ? 0 : value > max ? max : value;
}

void demo_main(void);

void
demo_main(void)
{
	int32_t x = SCREEN_WIDTH / 2, y = SCREEN_HEIGHT / 2;
	bool pointer = false;

	machine_read_font(font);
	scene_paint();
	write_large("vitrine", TITLE_X, TITLE_Y);
	write_small(
		"A machine under QEMU with two monitors and no operating system.", LINE_X, LINE_Y);
	n_screens = machine_find_screens(screens);
	show(0, 0, SCENE_WIDTH, SCENE_HORIZON);
	show_typed('\0');
	machine_tell_ready();
	machine_start_input();
	machine_start_timer();
	for (uint32_t tick = 0;; tick++) {
		struct machine_input input;

		machine_wait_tick();
		machine_read_input(&input);
		if (input.typed != '\0') {
			show_typed(input.typed);
		}
		if (input.dx != 0 || input.dy != 0) {
			pointer = true;
		}
		/* Half of the ticks: the water looks no better with all, and costs the host twice.
		 */
		if (tick % 2 != 0 && input.dx == 0 && input.dy == 0) {
			continue;
		}
		show(x - POINTER_RADIUS, y - POINTER_RADIUS, 2 * POINTER_RADIUS + 1,
			2 * POINTER_RADIUS + 1);
		x = clamp(x + input.dx, (int32_t)(n_screens * SCREEN_WIDTH) - 1);
		y = clamp(y + input.dy, SCREEN_HEIGHT - 1);
		for (uint32_t i = 0; i < n_screens; i++) {
			scene_show_water(screens[i], i, tick);
		}
		if (pointer) {
			draw_pointer(x, y, input.button);
		}
	}
}
