/* The hooks of a configuration at work: each has a queue and one process at a time, so that what it does happens in the
 * order of the events; different hooks do not wait for each other. How each ended is a line of the log. */
#pragma once

#include <poll.h>

#include "agent/journal_text.h"
#include "conf/conf.h"
#include "vrrp/instant.h"

enum { HOOKS_POLL_MAX = 4 * HOOKS_MAX };

struct hooks;

struct hooks *hooks_new(void); /* without any; NULL: no memory */
void hooks_free(struct hooks *hooks); /* kills what runs; NULL is fine */

/* From now on these. One of the same name keeps its queue and its process; one that is gone is ended. False: no memory,
 * and everything is as it was. */
bool hooks_load(struct hooks *hooks, const struct conf *conf, struct instant now);

/* Something happened: whoever waits for it will be run. */
void hooks_event(struct hooks *hooks, const struct journal_record *record);

/* Ends what is late, begins what is next. */
void hooks_turn(struct hooks *hooks, struct instant now);

/* What to wait for until the next hooks_turn(), and until when; how many of `fds`. */
int hooks_poll(const struct hooks *hooks, struct pollfd fds[static HOOKS_POLL_MAX]);
struct instant hooks_wants(const struct hooks *hooks);
