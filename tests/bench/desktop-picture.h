#pragma once

#include <stdint.h>

/*
 * A picture as desktops are: a wallpaper of gradients, a panel, icons, and windows with shadows and
 * anti-aliased text, which is taken from the file. XRGB8888, width * 4 bytes a row, and the same
 * each time. Returns 0, or -1 where there is no such file.
 */
int desktop_picture_draw(uint32_t *pixels, int width, int height, const char *text_path);
