#pragma once

#include <systemd/sd-event.h>

#include "guest.h"

/*
 * The built-in test guest: no VM, but a script that says what a VM would. For trying the viewer
 * where there is none, and for tests.
 *
 * A script has one command a line; '#' starts a comment; "several words" are one in quotes. A
 * mistake anywhere in it keeps the guest from starting. NAME names a piece of guest memory: it is
 * the same memory whenever it is shown again. HEAD is a number from 0 to 15.
 *
 * Who it is; these two come first:
 *   name TEXT
 *   uuid UUID
 *
 * Heads. Those before the first other command are there at `ready`. The same head again with
 * another label changes the label.
 *   head HEAD [gpu TEXT] [label TEXT]
 *   remove HEAD
 *
 * What they show. The description of NAME may stand in any `scanout` that shows it, once; the
 * planes share one piece of memory, and by default follow each other. FOURCC is XRGB8888, XR24 or
 * 0x34325258. Memory is sealed against shrinking unless `unsealed`. Without any option after NAME
 * it is shown as described.
 *   scanout HEAD NAME [memory|dmabuf FOURCC WxH [stride BYTES] [offset BYTES] [modifier HEX]
 *           [planes N] [plane-offset I BYTES] [plane-stride I BYTES] [unsealed] [timelines 1|2]]
 *           [source X,Y,WxH] [bottom-up] [placeholder] [points ACQUIRE RELEASE]
 *                                Points lie on the buffer's timelines, and count for this one
 *                                time. Timelines are DRM syncobjs, which nobody signals from here;
 *                                where memory passes as a dma-buf, memory that stands in for them
 *   off HEAD
 *   forget HEAD NAME             the guest will not use this memory again
 *   fence NAME busy|signal       from now on the guest's GPU draws into it; all of that is there.
 *                                Only for memory that passes as a dma-buf. Busy again before the
 *                                signal: what it drew first never becomes ready
 *   truncate NAME BYTES          a fault: unsealed memory becomes shorter
 *   draw NAME PATTERN [alpha junk]   writes plane 0, tells nobody; see below
 *   update HEAD X,Y,WxH          new content, to be answered; inside what is shown
 *   frames N HZ HEAD [flip A B]  N full updates, each after the answer to the one before, at most
 *                                HZ a second (0: no limit); flipping between two known buffers
 *   animate HEAD NAME HZ         shows NAME and moves the demo's picture in it, for ever
 *
 * What they make of the monitors that they are told to be connected to. Without `follow` nothing.
 *   follow HEAD [memory|dmabuf FOURCC] [after MS]
 *                                from now on it takes the size that it is told, also that which it
 *                                was told last since it is there: it shows new memory
 *                                (XRGB8888 unless told) with the pattern `rgba`, or where `animate`
 *                                is at work with that, and forgets what it made before. 0x0: off.
 *                                MS after the first size that it has not taken yet, the last one
 *                                counts. The other commands go on: what `scanout` shows stays until
 *                                the next size, `update` is cut to what is shown, and `frames` and
 *                                `animate` rest while the head is off for that reason
 *   unresizable HEAD             it can not be told from now on
 *
 * Cursor and devices:
 *   cursor HEAD WxH hot X,Y [solid RRGGBBAA]     without a colour: a white arrow with a black rim
 *   cursor HEAD none
 *   cursor-position HEAD X,Y on|off
 *   pointer HEAD absolute|relative
 *   leds HEAD MASK
 *
 * Order:
 *   sleep MS
 *   wait-answers                 until every update of every head was answered
 *   wait-point NAME POINT        until the buffer's release timeline has reached it
 *   repeat N ... end
 *   record FILE                  see below
 *   take-over                    another viewer has the channel
 *   close ERROR                  ECONNRESET, 104: the VM went away, or could not be attached to
 *   quit                         the VM left in order
 *   hold                         nothing more; also at the end of a script
 *
 * Patterns, on a buffer of w by h pixels; row 0 is the first in memory, also with bottom-up. Alpha
 * is written to the X of an XRGB format as well; `alpha junk` makes it (7 * x + 13 * y) % 256.
 *   solid RRGGBBAA
 *   gradient   red = x * 256 / w, green = y * 256 / h, blue 128, alpha 255
 *   bars       eight of equal width: white, yellow, cyan, green, magenta, red, blue, black
 *   rgba       quarters from x = w / 2, y = h / 2: red, green / blue, white with alpha 128; over it
 * a white frame one pixel wide; over that in the top left corner a black square with sides of
 * min(16, min(w, h) / 4)
 *
 * The record has a line of JSON for everything that comes back, in order:
 *   {"event":"answer","head":0,"serial":1,"latency_ns":16000000}
 *   {"event":"stray-answer","head":0,"serial":1}         to no open update: a bug of the viewer
 *   {"event":"key","head":0,"code":30,"pressed":true}    also "button"
 *   {"event":"motion","head":0,"x":1.500,"y":2.000}
 *   {"event":"relative","head":0,"dx":1.500,"dy":-2.000}
 *   {"event":"wheel","head":0,"dx_120":0,"dy_120":120}
 *   {"event":"touch","head":0,"phase":"begin","slot":0,"x":1.000,"y":2.000}  update, end, cancel
 *   {"event":"set_head","console":0,"width":1280,"height":720,"width_mm":340,"height_mm":190,
 *    "x":0,"y":0,"refresh_mhz":60000}                    also what was refused; on one line
 *   {"event":"sync"}, {"event":"power"}, {"event":"destroy"}
 */

/*
 * script_path NULL: a built-in demo. Nothing is told before open. Returns 0, -EINVAL (a mistake in
 * the script), -ENOTSUP (it wants dma-bufs and there is no way to make one), -EBADMSG (it describes
 * memory that no adapter would let through), -ENOMEM, or the kernel's error when the script can not
 * be read; all logged.
 */
int fake_guest_create(sd_event *event, const char *script_path,
	const struct guest_listener *listener, void *data, struct guest **ret_guest);
