/* What the judge said last of each check, how old that is, and what follows for a vip's fitness and score.
 *
 * The judge parses strangers' bytes, so nothing it says is trusted: fact_read() takes only what is in range. Silence is
 * judged here: a check that was not heard of for 3 x max(interval, fast) + timeout is stale, and stale is never up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/damping.h"
#include "checks/fact.h"
#include "conf/conf.h"
#include "vrrp/beat.h"
#include "vrrp/instant.h"

enum fact_refusal {
	FACT_OK,
	FACT_WRONG_SIZE,
	FACT_WRONG_MAGIC,
	FACT_OUT_OF_RANGE,
	FACT_NO_SUCH_CHECK,
	FACT_BAD_TEXT, /* not terminated, not printable ASCII, or a reason of more than one word */
};
enum { FACT_REFUSAL_COUNT = FACT_BAD_TEXT + 1 };

/* The fact in these bytes. `fact` is untouched on failure. */
enum fact_refusal fact_read(const void *bytes, size_t length, const struct conf *conf, struct fact *fact);

struct fact_entry {
	bool heard;
	bool on_trial;     /* came with a reload: counts neither way until it is up or down, or has gone stale */
	struct instant at; /* of the newest fact; until there is one, of the start */
	enum check_state state, told;
	enum verdict verdict;
	struct instant spared_until; /* an up check's credentials were refused: till then it does not move the vip */
	bool alarm_told;             /* that they are refused stands in the log */
	uint32_t took_us;
	uint64_t certificate; /* as in the fact */
	bool unlike_owner;    /* not the owner's certificate, where the file says that this counts as down */
	char reason[FACT_REASON_MAX];
	char words[FACT_WORDS_MAX];
	struct damping damping; /* of its falls, as told */
};

struct facts {
	struct fact_entry of[VIPS_MAX][VIP_CHECKS_MAX];
	unsigned long refused[FACT_REFUSAL_COUNT];
};

/* Nothing is known yet. */
void facts_start(struct facts *facts, struct instant now);

/* After a reload: what is known of checks that are the same in both configurations is kept; a check that is new in a
 * vip that was there is on trial, so that adding one does not take the vip from a healthy owner. */
void facts_carry(struct facts *facts, const struct conf *was, const struct conf *is, struct instant now);

/* Reads at most `most` packets of the judge's pipe; what does not fit is counted and dropped. The number of good ones;
 * -EPIPE when the judge has closed its end (then child_kill(): a pipe at its end stays readable), or -errno. */
int facts_drain(struct facts *facts, int fd, const struct conf *conf, struct instant now, int most);

void facts_put(struct facts *facts, const struct fact *fact, const struct conf *conf, struct instant now);

enum check_state facts_state(const struct facts *facts, const struct conf *conf, int vip, int check,
			     struct instant now);
/* Until when is this check, which is up, held down because it kept falling? INSTANT_ZERO: it is not. */
struct instant facts_held_until(const struct facts *facts, const struct conf *conf, int vip, int check,
				struct instant now);
/* When time alone changes something next: a check goes stale if the judge stays silent, is held down no longer, or is
 * spared no longer. */
struct instant facts_wants(const struct facts *facts, const struct conf *conf, struct instant now);

/* Each change of a check's state comes out here, once, whatever made it: for the log. So does once that credentials are
 * refused, where that changes no state. */
struct fact_change {
	int vip, check;
	enum check_state from, to;
};
typedef void fact_change_fn(void *context, const struct fact_change *change, const struct fact_entry *entry);
void facts_tell(struct facts *facts, const struct conf *conf, struct instant now, fact_change_fn *changed,
		void *context);

struct health {
	enum fitness fitness; /* FIT, UNHEALTHY or UNKNOWN */
	uint16_t score;       /* 1000 less the weights of the optional checks that are down or stale */
	int decider; /* the check that decides fitness, or else the heaviest that costs score; -1: all is well */
};
/* Of a node that owns the vip, or of a candidate: for that one a check that is held down counts as down, and one that
 * sees another certificate than the owner has.
 * Refused credentials are mostly refused on every node, an expired password's for one. They do not make an owner unfit
 * before the others have had the time to find out as well, for then nobody is fitter and the vip stays. */
struct health facts_health(const struct facts *facts, const struct conf *conf, int vip, bool owns, struct instant now);
