/* What a drill found: the moves there and back, and the dark time of each. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/drill_read.h"

enum { DRILL_REPORT_MAX = 4096 };

struct drill_move {
	char from[CONF_NODE_NAME_MAX], to[CONF_NODE_NAME_MAX];
	int64_t dark_us; /* by the evidence of the node that took it; -1: nobody could tell */
};

struct drill_report {
	const char *vip;
	struct drill_move move[2];
	int moves; /* that were made */
	bool done;
	char words[DRILL_WORDS_MAX]; /* why not, or what is to be done yet; "" */
};

/* For a person, or one line of JSON, newline included. The length, or -ENOSPC. */
int drill_write_text(const struct drill_report *report, char *text, size_t size);
int drill_write_json(const struct drill_report *report, char *text, size_t size);

/* Why the drill must not begin, in words; false: it may. `here` is the view of the node that it is ordered on, `there`
 * that of the other one; NULL: nobody can be asked. */
bool drill_refuse(const char *vip, const struct drill_sight *here, const struct drill_sight *there,
		  char words[static DRILL_WORDS_MAX]);
