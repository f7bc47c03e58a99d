/* What `casvipctl watch` shows: the status on top, the newest events below, cut to the terminal's size. Pure.
 *
 * Every byte of a frame is printable ASCII or the newline between two lines: what came from others and is neither shows
 * as '?', so nobody's words move a cursor. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/events.h"

enum {
	WATCH_COLUMNS_MAX = 400,
	WATCH_ROWS_MAX = 200,
	WATCH_FRAME_MAX = (WATCH_COLUMNS_MAX + 1) * WATCH_ROWS_MAX + 1,
};

struct watch_view {
	int columns, rows;           /* of the terminal; beyond the maxima the rest stays empty */
	const char *clock;           /* the time of day */
	const char *status;          /* casvipd's screen; "": none has come yet */
	int64_t status_age_ms;
	const char *trouble;         /* why casvipd does not answer; "": it does */
	int64_t away_ms;             /* with that: for how long */
	const struct events *events; /* the newest, of one count */
	const char *deaf;            /* why no events come; "": they do */
};

/* Lines of at most `columns`, at most `rows` of them, no newline behind the last; NUL-terminated. The length. */
size_t watch_frame_write(const struct watch_view *view, char text[static WATCH_FRAME_MAX]);
