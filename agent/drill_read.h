/* What a drill needs to know of one vip, out of an agent's status as JSON: of this host's, and of the other's. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum { DRILL_WORDS_MAX = 512 };

/* One node's view. */
struct drill_sight {
	char node[CONF_NODE_NAME_MAX]; /* whose view it is */
	char cluster[CONF_NAME_MAX];
	char active[CONF_NODE_NAME_MAX]; /* who owns the vip; "": nobody is known to */
	uint32_t term;
	bool redundant;                    /* another node could take it now ... */
	char redundancy[DRILL_WORDS_MAX];  /* ... which, or why not */
	int64_t dark_us; /* this node took it in this term, and for at most so long nobody answered; -1: not so */
};

/* 0; -EPROTO: this is no status; -ENOENT: there is no such vip in it. `sight` is untouched then. Words that do not fit
 * are cut; what is no printable ASCII in them is a '?'. */
int drill_read(const char *text, size_t length, const char *vip, struct drill_sight *sight);
