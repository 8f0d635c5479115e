#pragma once

#include "layout.h"

/*
 * Makes the text that layout-decode.h describes. Equal layouts give equal texts, and each of them
 * can be read again: what is out of range is left out (a size, a zoom, a second head of the same
 * gpu and index), and texts are made clean (base/text.h). *ret_text ends with a line feed and 0,
 * and is to be freed. Returns 0 or -ENOMEM.
 */
int layout_encode(const struct layout *layout, char **ret_text);
