#pragma once

#include "import/gpu-helper.h"
#include "importer.h"

/* Who draws for importer_gles: one for all monitors, borrowed. NULL: it refuses every buffer. */
void gles_set_helper(struct gpu_helper *helper);
