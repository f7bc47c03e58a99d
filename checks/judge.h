/* The judge: probes every check of a configuration, again and again, and tells the agent what it finds.
 *
 * Each check starts within 200 ms (jittered), then every `interval`, every `fast` while in doubt, and at once when a
 * death is told (deaths.h). One probe of a check at a time, RUNS_MAX at once; a probe that reaches its timeout is ended
 * and is DOWN. A check whose credentials were refused rests for 5 minutes, so that it does not lock out its own
 * account; meanwhile its fact is repeated at every interval. After every probe a fact goes out, with the state after
 * rise and fall. Nothing here blocks and nothing is logged. */
#pragma once

#include "conf/conf.h"
#include "vrrp/instant.h"

struct judge;

/* Both are lent: the configuration, and the pipe to the agent (see outbox.h). NULL and errno. */
struct judge *judge_new(const struct conf *conf, int facts_fd);
void judge_free(struct judge *judge);

/* Waits for the next thing to do, at most `most`, and does it. 0, or -errno: -EPIPE when the agent is gone. */
int judge_turn(struct judge *judge, struct duration most);

/* CLOCK_BOOTTIME */
struct instant judge_clock(void);
