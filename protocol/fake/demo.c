#include "demo.h"

#include "paint.h"

const char demo_script[] = "name Vitrine's test guest\n"
			   "head 0 gpu fake label Demo\n"
			   "# Off until it is plugged in.\n"
			   "head 1 gpu fake label \"Second monitor\"\n"
			   "pointer 0 absolute\n"
			   "cursor 0 24x24 hot 0,0\n"
			   "follow 0\n"
			   "follow 1\n"
			   "animate 0 picture 30\n"
			   "# Never reached: says what `picture` is.\n"
			   "scanout 0 picture memory XRGB8888 1280x720\n";

/* Coordinates within the animation are in sixteenths of a pixel. */
#define SUBPIXELS 16
#define N_BALLS 3
/* Frames of a ball's whole way round, prime to each other. */
#define PERIOD_X 269
#define PERIOD_Y 181
#define PERIOD_ORBIT 97
/* A circle in the units of wave(). */
#define WAVE_PERIOD 1024
#define WAVE_HEIGHT 4096

struct ball {
	int32_t x, y, radius; /* sub-pixels */
	struct color color;
};

struct picture {
	int32_t width, height;
	struct ball balls[N_BALLS];
};

/* A sine made of two parabolas, -WAVE_HEIGHT..WAVE_HEIGHT. */
static int32_t
wave(uint32_t phase)
{
	int32_t half = WAVE_PERIOD / 2;
	int32_t at = (int32_t)(phase % WAVE_PERIOD);
	int32_t in_half = at % half;
	int32_t height = in_half * (half - in_half) * (WAVE_HEIGHT / half) / (half / 4);

	return at < half ? height : -height;
}

static int32_t
wave_at(uint32_t frame, uint32_t period, uint32_t offset)
{
	return wave(frame % period * WAVE_PERIOD / period + offset);
}

static void
place_balls(struct picture *picture, uint32_t frame)
{
	static const struct color colors[N_BALLS] = {
		{ 0xff, 0x5a, 0x5f, 0xff },
		{ 0xff, 0xc8, 0x57, 0xff },
		{ 0x3d, 0xdc, 0xc4, 0xff },
	};
	int32_t unit = picture->height < picture->width ? picture->height : picture->width;
	int32_t orbit = unit / 8;
	int32_t radius = unit / 10;
	/* All of them stay inside the picture. */
	int32_t sway_x = picture->width / 2 - orbit - radius;
	int32_t sway_y = picture->height / 2 - orbit - radius;

	for (uint32_t i = 0; i < N_BALLS; i++) {
		uint32_t turn = i * WAVE_PERIOD / N_BALLS;
		int32_t x = sway_x * wave_at(frame, PERIOD_X, 0) +
			    orbit * wave_at(frame, PERIOD_ORBIT, turn);
		int32_t y = sway_y * wave_at(frame, PERIOD_Y, WAVE_PERIOD / 4) +
			    orbit * wave_at(frame, PERIOD_ORBIT, turn + WAVE_PERIOD / 4);

		picture->balls[i] = (struct ball){
			.x = picture->width * SUBPIXELS / 2 + x / (WAVE_HEIGHT / SUBPIXELS),
			.y = picture->height * SUBPIXELS / 2 + y / (WAVE_HEIGHT / SUBPIXELS),
			.radius = radius * SUBPIXELS,
			.color = colors[i],
		};
	}
}

static struct rect
bound_balls(const struct picture *picture)
{
	struct rect bound = { 0 };
	struct rect whole = { 0, 0, picture->width, picture->height };

	for (uint32_t i = 0; i < N_BALLS; i++) {
		const struct ball *ball = &picture->balls[i];
		struct rect around = {
			.x = (ball->x - ball->radius) / SUBPIXELS - 1,
			.y = (ball->y - ball->radius) / SUBPIXELS - 1,
			.width = 2 * ball->radius / SUBPIXELS + 3,
			.height = 2 * ball->radius / SUBPIXELS + 3,
		};
		bound = rect_bound(&bound, &around);
	}
	return rect_intersect(&bound, &whole);
}

/* weight: 0 (only below) .. 255 (only above) */
static uint8_t
mix(uint8_t below, uint8_t above, int32_t weight)
{
	return (uint8_t)((below * (255 - weight) + above * weight) / 255);
}

static struct color
paint_background(const struct picture *picture, int32_t x, int32_t y)
{
	int32_t down = y * 255 / picture->height;
	int32_t across = x * 64 / picture->width;
	bool line = x % 64 == 0 || y % 64 == 0;
	int32_t glow = line ? 14 : 0;

	return (struct color){
		.red = (uint8_t)(mix(0x16, 0x4b, down) + across / 2 + glow),
		.green = (uint8_t)(mix(0x1c, 0x1d, down) + across / 4 + glow),
		.blue = (uint8_t)(mix(0x45, 0x52, down) + across + glow),
		.alpha = 255,
	};
}

static struct color
paint_ball(const struct ball *ball, struct color below, int32_t x, int32_t y)
{
	int32_t dx = x * SUBPIXELS + SUBPIXELS / 2 - ball->x;
	int32_t dy = y * SUBPIXELS + SUBPIXELS / 2 - ball->y;
	int64_t inside = (int64_t)ball->radius * ball->radius - (int64_t)dx * dx - (int64_t)dy * dy;
	int32_t weight, light;

	if (inside <= 0) {
		return below;
	}
	/* Close to the rim this is the distance from it: the last pixel fades. */
	inside /= 2 * ball->radius;
	weight = inside < SUBPIXELS ? (int32_t)inside * 235 / SUBPIXELS : 235;
	/* Lit from above left. */
	light = 90 - 150 * (dx + 2 * dy) / (3 * ball->radius);
	light = light < 0 ? 0 : (light > 160 ? 160 : light);
	return (struct color){
		.red = mix(below.red, mix(ball->color.red, 255, light), weight),
		.green = mix(below.green, mix(ball->color.green, 255, light), weight),
		.blue = mix(below.blue, mix(ball->color.blue, 255, light), weight),
		.alpha = 255,
	};
}

static struct color
paint_picture(const void *data, int32_t x, int32_t y)
{
	const struct picture *picture = data;
	struct color color = paint_background(picture, x, y);

	for (uint32_t i = 0; i < N_BALLS; i++) {
		color = paint_ball(&picture->balls[i], color, x, y);
	}
	return color;
}

int
demo_draw(struct fake_memory *memory, uint32_t previous, uint32_t frame, struct rect *ret_damage)
{
	struct picture picture = {
		.width = (int32_t)memory->layout.width,
		.height = (int32_t)memory->layout.height,
	};
	struct rect damage = { 0, 0, picture.width, picture.height };
	int r;

	if (frame != previous) {
		struct rect before, after;

		place_balls(&picture, previous);
		before = bound_balls(&picture);
		place_balls(&picture, frame);
		after = bound_balls(&picture);
		damage = rect_bound(&before, &after);
	} else {
		place_balls(&picture, frame);
	}
	r = paint_rect(memory, &damage, paint_picture, &picture);
	if (r >= 0) {
		*ret_damage = damage;
	}
	return r;
}
