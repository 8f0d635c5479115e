#include "options.h"

#include <drm_fourcc.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "globals.h"
#include "output.h"
#include "stamps.h"
#include "compositor.h"

const char options_help[] =
	"mini-compositor [OPTION...]: a Wayland compositor for tests\n"
	"  --socket=NAME             in $XDG_RUNTIME_DIR; default: the first free "
	"wayland-N\n"
	"  --log=FILE                JSON lines of what clients do; default: "
	"standard output\n"
	"  --control=PATH            UNIX socket for commands, JSON lines\n"
	"  --global=INTERFACE:VERSION\n"
	"  --without=INTERFACE\n"
	"  --dmabuf-version=N        3, 4 or 5\n"
	"  --dmabuf=FOURCC:MODIFIER[:scanout]   repeatable; default: XR24:0x0 and "
	"XB24:0x0\n"
	"  --silent-dmabuf           never say whether a dma-buf is taken\n"
	"  --table-entries=N         that the table of formats is filled up to\n"
	"  --shm-format=FOURCC       besides XR24 and AR24; repeatable\n"
	"  --output=" OUTPUT_SPEC_SYNTAX "\n"
	"                            repeatable; \"none\": no monitor; default: 1920x1080@60000.\n"
	"                            Keys: scale=1.5, transform=[flipped-]90|180|270, mm=WxH,\n"
	"                            refresh=MHZ, make=, model=, description=. Without a name it\n"
	"                            is MINI-1, MINI-2 ...; without a place, right of the others\n"
	"  --scale=N                 of outputs that say nothing else; default 1\n"
	"  --logical-size=round|floor  of outputs; default: round, as Mutter and KWin\n"
	"  --enter=initial|mapped    when a window is on its output: at its first commit (default)\n"
	"                            or at its first picture\n"
	"  --fullscreen=grant|refuse|here|short  whether windows may be, and whether on the output\n"
	"                            that they ask for; short: at first in --initial-size\n"
	"  --unplugged=fullscreen|floating  what full-screen windows of an output that goes are on\n"
	"                            another one; default: fullscreen, as on Mutter and KWin\n"
	"  --buffer-scale            tell surfaces their preferred buffer scale and transform\n"
	"  --fractional-scale        and their fractional scale, by wp_fractional_scale_manager_v1\n"
	"  --idle-inhibit            announce zwp_idle_inhibit_manager_v1\n"
	"  --activation              announce xdg_activation_v1\n"
	"  --icons                   announce xdg_toplevel_icon_manager_v1\n"
	"  --seats=N                 1 or 2\n"
	"  --keymap=" KEYMAP_SYNTAX "\n"
	"  --grant-locks             of the pointer, where it is, at once; else on command\n"
	"  --shortcuts=grant|silent  whoever asks for them with the keyboard's focus gets them, or\n"
	"                            hears nothing\n"
	"  --single-pixel            announce wp_single_pixel_buffer_manager_v1\n"
	"  --presentation-clock=N    as in clock_gettime(2); default: 1, monotonic\n"
	"  --initial-size=WxH        of the first configure; default 0x0\n"
	"  --says-maximized          of every window, as Hyprland\n"
	"  --decoration=server|client\n"
	"  --frames=auto|soon|manual|never\n"
	"  --stamps=FILE             when each commit came, in place of its record and its picture\n"
	"  --looks                   write down what each commit looks like, too\n";

static bool
set_dmabuf_version(struct compositor *compositor, struct options *options, const char *text)
{
	char version[64];

	snprintf(version, sizeof(version), "zwp_linux_dmabuf_v1:%s", text);
	return globals_set_version(version);
}

static bool
add_shm_format(struct compositor *compositor, struct options *options, const char *text)
{
	if (strlen(text) != 4 || options->n_shm_formats == OPTIONS_MAX_SHM_FORMATS) {
		return false;
	}
	options->shm_formats[options->n_shm_formats++] =
		fourcc_code(text[0], text[1], text[2], text[3]);
	return true;
}

static bool
set_frame_policy(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->frame_policy = strcmp(text, "manual") == 0  ? FRAME_MANUAL
				   : strcmp(text, "soon") == 0  ? FRAME_SOON
				   : strcmp(text, "never") == 0 ? FRAME_NEVER
								: FRAME_AUTO;
	return compositor->frame_policy != FRAME_AUTO || strcmp(text, "auto") == 0;
}

static bool
set_socket(struct compositor *compositor, struct options *options, const char *text)
{
	options->socket = text;
	return true;
}

static bool
set_log(struct compositor *compositor, struct options *options, const char *text)
{
	options->log = text;
	return true;
}

static bool
set_control(struct compositor *compositor, struct options *options, const char *text)
{
	options->control = text;
	return true;
}

static bool
set_global(struct compositor *compositor, struct options *options, const char *text)
{
	return globals_set_version(text);
}

static bool
set_without(struct compositor *compositor, struct options *options, const char *text)
{
	return globals_set_absent(text);
}

static bool
add_dmabuf_format(struct compositor *compositor, struct options *options, const char *text)
{
	return dmabuf_add_format(&compositor->dmabuf, text);
}

static bool
set_table_entries(struct compositor *compositor, struct options *options, const char *text)
{
	return sscanf(text, "%u", &compositor->dmabuf.table_entries) == 1;
}

static bool
set_silent(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->dmabuf.silent = true;
	return true;
}

static bool
set_short_table(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->dmabuf.short_table = true;
	return true;
}

static bool
set_clock(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->presentation.clock = (clockid_t)atoi(text);
	return true;
}

static bool
add_output(struct compositor *compositor, struct options *options, const char *text)
{
	if (strcmp(text, "none") == 0) {
		options->no_outputs = true;
		return true;
	}
	if (options->n_outputs == OUTPUTS_MAX) {
		return false;
	}
	options->outputs[options->n_outputs] = output_spec_default;
	return output_spec_parse(&options->outputs[options->n_outputs++], text);
}

static bool
set_initial_size(struct compositor *compositor, struct options *options, const char *text)
{
	return sscanf(text, "%dx%d", &compositor->initial_width, &compositor->initial_height) == 2;
}

static bool
set_decoration(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->server_decorations = strcmp(text, "server") == 0;
	return compositor->server_decorations || strcmp(text, "client") == 0;
}

static bool
set_stamps(struct compositor *compositor, struct options *options, const char *text)
{
	return stamps_open(text, &compositor->stamps_fd) >= 0;
}

static bool
set_scale(struct compositor *compositor, struct options *options, const char *text)
{
	return output_scale_parse(text, &compositor->output_scale_120);
}

static bool
set_logical_size(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->floors_sizes = strcmp(text, "floor") == 0;
	return compositor->floors_sizes || strcmp(text, "round") == 0;
}

static bool
set_enter(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->enters_mapped = strcmp(text, "mapped") == 0;
	return compositor->enters_mapped || strcmp(text, "initial") == 0;
}

static bool
set_fullscreen(struct compositor *compositor, struct options *options, const char *text)
{
	return window_policy_set_fullscreen(&compositor->window_policy, text);
}

static bool
set_unplugged(struct compositor *compositor, struct options *options, const char *text)
{
	return window_policy_set_unplugged(&compositor->window_policy, text);
}

static bool
set_buffer_scale(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->sends_buffer_scale = true;
	return true;
}

static bool
set_seats(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->n_seats = (uint32_t)atoi(text);
	return compositor->n_seats >= 1 && compositor->n_seats <= SEATS_MAX;
}

static bool
set_keymap(struct compositor *compositor, struct options *options, const char *text)
{
	return keymap_parse(text, &compositor->keymap);
}

static bool
set_grant_locks(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->grants_locks = true;
	return true;
}

static bool
set_shortcuts(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->keeps_shortcuts = strcmp(text, "silent") == 0;
	return compositor->keeps_shortcuts || strcmp(text, "grant") == 0;
}

static bool
set_says_maximized(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->says_maximized = true;
	return true;
}

static bool
set_looks(struct compositor *compositor, struct options *options, const char *text)
{
	compositor->looks = true;
	return true;
}

static const struct {
	const char *name;
	int has_argument;
	bool (*set)(struct compositor *compositor, struct options *options, const char *text);
	const char *interface; /* that is announced only with this option */
} rows[] = {
	{ "socket", required_argument, set_socket },
	{ "log", required_argument, set_log },
	{ "control", required_argument, set_control },
	{ "global", required_argument, set_global },
	{ "without", required_argument, set_without },
	{ "dmabuf-version", required_argument, set_dmabuf_version },
	{ "dmabuf", required_argument, add_dmabuf_format },
	{ "short-table", no_argument, set_short_table },
	{ "silent-dmabuf", no_argument, set_silent },
	{ "table-entries", required_argument, set_table_entries },
	{ "shm-format", required_argument, add_shm_format },
	{ "output", required_argument, add_output },
	{ "presentation-clock", required_argument, set_clock },
	{ "initial-size", required_argument, set_initial_size },
	{ "decoration", required_argument, set_decoration },
	{ "frames", required_argument, set_frame_policy },
	{ "stamps", required_argument, set_stamps },
	{ "scale", required_argument, set_scale },
	{ "logical-size", required_argument, set_logical_size },
	{ "enter", required_argument, set_enter },
	{ "fullscreen", required_argument, set_fullscreen },
	{ "unplugged", required_argument, set_unplugged },
	{ "buffer-scale", no_argument, set_buffer_scale },
	{ "fractional-scale", no_argument, set_buffer_scale, "wp_fractional_scale_manager_v1" },
	{ "idle-inhibit", no_argument, NULL, "zwp_idle_inhibit_manager_v1" },
	{ "activation", no_argument, NULL, "xdg_activation_v1" },
	{ "icons", no_argument, NULL, "xdg_toplevel_icon_manager_v1" },
	{ "single-pixel", no_argument, NULL, "wp_single_pixel_buffer_manager_v1" },
	{ "seats", required_argument, set_seats },
	{ "keymap", required_argument, set_keymap },
	{ "grant-locks", no_argument, set_grant_locks },
	{ "shortcuts", required_argument, set_shortcuts },
	{ "looks", no_argument, set_looks },
	{ "says-maximized", no_argument, set_says_maximized },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

bool
options_parse(struct options *options, struct compositor *compositor, int argc, char **argv)
{
	struct option long_options[N_ROWS + 1] = { 0 };
	int index, option;

	for (size_t i = 0; i < N_ROWS; i++) {
		long_options[i].name = rows[i].name;
		long_options[i].has_arg = rows[i].has_argument;
	}
	while ((option = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		if (option == '?') {
			return false;
		}
		if (rows[index].interface != NULL) {
			globals_set_present(rows[index].interface);
		}
		if (rows[index].set != NULL && !rows[index].set(compositor, options, optarg)) {
			fprintf(stderr, "mini-compositor: bad value: --%s=%s\n", rows[index].name,
				optarg != NULL ? optarg : "");
			return false;
		}
	}
	return optind == argc;
}
