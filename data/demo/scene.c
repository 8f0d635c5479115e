#include "scene.h"

#define N_RIDGES 4
#define SUN_X 700
#define SUN_Y 318
#define SUN_RADIUS 46
#define GLOW_RADIUS 430
#define N_STARS 260

struct stop {
	int32_t y;
	uint32_t colour;
};

static const struct stop sky[] = {
	{ 0, 0x0b1033 },
	{ 130, 0x2b2560 },
	{ 240, 0x7a3f7e },
	{ 320, 0xd9695f },
	{ 370, 0xf6a860 },
	{ SCENE_HEIGHT, 0xffd28a },
};

/* Far to near. */
static const struct {
	int32_t base, height;
	uint32_t scale, seed;
	uint32_t top, bottom;
} ridges[N_RIDGES] = {
	{ 352, 120, 9, 11, 0x8a5a86, 0xd98a78 },
	{ 372, 96, 8, 23, 0x5c4478, 0xa8647a },
	{ 390, 64, 7, 37, 0x35305e, 0x6b4a70 },
	{ 399, 26, 6, 51, 0x151a38, 0x2a2648 },
};

uint32_t scene[SCENE_HEIGHT][SCENE_WIDTH];

static uint32_t
mix(uint32_t a, uint32_t b, int32_t part, int32_t whole)
{
	uint32_t colour = 0;

	if (part < 0) {
		part = 0;
	}
	if (part > whole) {
		part = whole;
	}
	for (uint32_t shift = 0; shift < 24; shift += 8) {
		int32_t from = (int32_t)(a >> shift & 255), to = (int32_t)(b >> shift & 255);

		colour |= (uint32_t)(from + (to - from) * part / whole) << shift;
	}
	return colour;
}

static uint32_t
hash(uint32_t value)
{
	value = (value ^ 61) ^ value >> 16;
	value *= 9;
	value ^= value >> 4;
	value *= 0x27d4eb2d;
	return value ^ value >> 15;
}

int32_t
scene_sine(uint32_t angle)
{
	int32_t half = (int32_t)(angle & 511);
	int32_t product = half * (512 - half);
	/* Bhaskara's approximation of half a wave: off by less than two thousandths. */
	int32_t value = 4 * 1024 * (product >> 4) / ((5 * 512 * 512 / 4 - product) >> 4);

	return angle & 512 ? -value : value;
}

/* Noise of one octave after the other, in 0..1023. */
static int32_t
ridge_noise(uint32_t x, uint32_t scale, uint32_t seed)
{
	int32_t sum = 0, weight = 512;

	for (; scale > 1 && weight > 4; scale--, weight /= 2) {
		uint32_t cell = x >> scale;
		int32_t within = (int32_t)(x & ((1u << scale) - 1));
		int32_t left = (int32_t)(hash(cell * 131 + seed) & 1023);
		int32_t right = (int32_t)(hash((cell + 1) * 131 + seed) & 1023);

		sum += (left + (right - left) * within / (1 << scale)) * weight / 1024;
	}
	return sum;
}

static int32_t
square_root(int32_t value)
{
	int32_t root = 0;

	for (int32_t bit = 1 << 14; bit != 0; bit >>= 1) {
		if ((root + bit) * (root + bit) <= value) {
			root += bit;
		}
	}
	return root;
}

static uint32_t
sky_colour(int32_t x, int32_t y)
{
	uint32_t colour = sky[0].colour, i = 1;
	int32_t distance;

	while (sky[i].y < y) {
		i++;
	}
	colour = mix(sky[i - 1].colour, sky[i].colour, y - sky[i - 1].y, sky[i].y - sky[i - 1].y);
	distance = square_root((x - SUN_X) * (x - SUN_X) + (y - SUN_Y) * (y - SUN_Y));
	if (distance < GLOW_RADIUS) {
		int32_t glow = GLOW_RADIUS - distance;

		colour = mix(colour, 0xffc27a, glow * glow / GLOW_RADIUS * glow / GLOW_RADIUS,
			GLOW_RADIUS * 5 / 4);
	}
	/* Two pixels of a soft edge. */
	return mix(colour, 0xfff3d0, SUN_RADIUS + 1 - distance, 2);
}

static void
paint_column(int32_t x)
{
	int32_t tops[N_RIDGES];

	for (uint32_t i = 0; i < N_RIDGES; i++) {
		tops[i] = ridges[i].base -
			  ridges[i].height *
				  ridge_noise((uint32_t)x, ridges[i].scale, ridges[i].seed) / 1024;
	}
	for (int32_t y = 0; y < SCENE_HORIZON; y++) {
		uint32_t colour = 0;
		uint32_t i = N_RIDGES;

		while (i > 0 && tops[i - 1] > y) {
			i--;
		}
		/* The nearest ridge that reaches up to here hides the ones behind it. */
		if (i > 0 && tops[i - 1] <= y) {
			colour = mix(ridges[i - 1].top, ridges[i - 1].bottom, y - tops[i - 1],
				SCENE_HORIZON - tops[i - 1]);
		} else {
			colour = sky_colour(x, y);
		}
		scene[y][x] = colour;
	}
	for (int32_t y = SCENE_HORIZON; y < SCENE_HEIGHT; y++) {
		int32_t depth = y - SCENE_HORIZON;

		scene[y][x] = mix(
			scene[SCENE_HORIZON - 1 - depth * 3 / 2][x], 0x0c1530, 90 + depth / 2, 320);
	}
}

void
scene_lighten(int32_t x, int32_t y, uint32_t strength)
{
	if (x >= 0 && x < SCENE_WIDTH && y >= 0 && y < SCENE_HEIGHT) {
		scene[y][x] = mix(scene[y][x], 0xffffff, (int32_t)strength, 256);
	}
}

void
scene_paint(void)
{
	for (int32_t x = 0; x < SCENE_WIDTH; x++) {
		paint_column(x);
	}
	for (uint32_t i = 0; i < N_STARS; i++) {
		int32_t x = (int32_t)(hash(i * 3 + 1) % SCENE_WIDTH);
		int32_t y = (int32_t)(hash(i * 3 + 2) % 210);
		uint32_t strength = (hash(i * 3 + 3) % 160 + 60) * (uint32_t)(240 - y) / 240;

		scene_lighten(x, y, strength);
		if (strength > 170) {
			scene_lighten(x - 1, y, strength / 3);
			scene_lighten(x + 1, y, strength / 3);
			scene_lighten(x, y - 1, strength / 3);
			scene_lighten(x, y + 1, strength / 3);
		}
	}
}

void
scene_show_water(uint32_t *pixels, uint32_t screen, uint32_t tick)
{
	for (int32_t y = SCENE_HORIZON; y < SCENE_HEIGHT; y++) {
		int32_t depth = y - SCENE_HORIZON;
		/* Near waves are long and slow, far ones short: perspective. */
		uint32_t phase = 60000u / (uint32_t)(depth + 30);
		int32_t sway = scene_sine(phase * 3 + tick * 9) * (depth + 16) / (1024 * 8);
		int32_t lift = scene_sine(phase * 5 + tick * 6) * (depth + 10) / (1024 * 11);
		int32_t row = y + lift < SCENE_HORIZON ? SCENE_HORIZON : y + lift;
		const uint32_t *source;
		uint32_t *target = pixels + y * SCREEN_WIDTH;
		int32_t left = (int32_t)(screen * SCREEN_WIDTH) + sway;

		if (row >= SCENE_HEIGHT) {
			row = SCENE_HEIGHT - 1;
		}
		if (left < 0) {
			left = 0;
		}
		if (left > SCENE_WIDTH - SCREEN_WIDTH) {
			left = SCENE_WIDTH - SCREEN_WIDTH;
		}
		source = &scene[row][left];
		for (uint32_t x = 0; x < SCREEN_WIDTH; x++) {
			target[x] = source[x];
		}
	}
}
