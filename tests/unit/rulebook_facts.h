/* A bystander's notes on one node: what happened to it and what it did, in whole milliseconds. Decides nothing.
 *
 * The rule book (rulebook.h) reads these notes and nothing of the core's own state, so that both can be compared. */
#pragma once

#include <string.h>

#include "vrrp/election.h"

/* Design, part 5, for T = 200 ms and dead_after = 3: said again, not asked from the core. */
enum {
	T = 200,
	D = 600,
	G = 50,
	L = 550,
	SAID_AGAIN = 2, /* "lost datagrams are repeated within milliseconds" */
	LIFETIME = 2000,
	EXPIRES_LATE = 1500, /* the kernel looks once a second, give or take a quarter; and may be busy */
	FAILBACK_AFTER = 1000,
};
enum { LONG_AGO = -1000000, NOT_SOON = 1000000, CAST = 3 };

struct word {
	struct beat_vip said; /* its newest */
	int heard;            /* when, fresh or one-way */
	int fresh, echo; /* echo: when this node sent what that beat echoed */
	int fit_since; /* said so in every fresh beat since, never D apart; NOT_SOON while it does not */
	int backs_me;  /* when this node sent the newest beat that was echoed in support of its term */
};

struct facts {
	const struct rules *rules;
	int now, started;
	int gap; /* since the turn before this one */
	int listens_until;
	int slots_from; /* the newest change in who owns it or may take it, for all hear that at once */
	enum role role;
	enum why why;
	int since; /* of the role */
	int lease; /* ACTIVE only: until when */
	uint32_t term, highest, owned;
	enum fitness fitness;
	uint8_t enforces;
	bool stopping;
	node_id move_to;
	int move_until;
	int probed, in_vain; /* the last probe; the first one unanswered since every lease known of was over */
	bool suspected;
	node_id offers_to, yields_to;
	int offered, yielded, again; /* again: when the offer, the yield or the bid is said once more */
	bool bidding;
	int bid;
	enum why bid_why;
	node_id bid_peer;
	node_id supports;
	uint32_t supports_term;
	uint32_t voted;	/* the newest term in which a bid was supported */
	int supported;	/* when the supported owner was last heard */
	struct word of[CAST];
};

static struct instant at_ms(int ms)
{
	return (struct instant){(INT64_C(1000000) + ms) * 1000000};
}

static int ms_of(struct instant at)
{
	if (at.ns == INSTANT_ZERO.ns)
		return LONG_AGO;
	return at.ns == INSTANT_NEVER.ns ? NOT_SOON : (int)(at.ns / 1000000 - INT64_C(1000000));
}

static int later(int a, int b)
{
	return a > b ? a : b;
}

static int earlier(int a, int b)
{
	return a < b ? a : b;
}

static struct facts facts_start(const struct rules *rules)
{
	struct facts f = {
		.rules = rules,
		.listens_until = D + L,
		.lease = LONG_AGO,
		.fitness = FITNESS_UNKNOWN,
		.move_to = NODE_NONE,
		.slots_from = LONG_AGO,
		.probed = LONG_AGO,
		.in_vain = LONG_AGO,
		.offers_to = NODE_NONE,
		.yields_to = NODE_NONE,
		.supports = NODE_NONE,
		.again = NOT_SOON,
	};

	for (int n = 0; n < CAST; n++) {
		f.of[n] = (struct word){.heard = LONG_AGO, .fresh = LONG_AGO, .fit_since = NOT_SOON,
					.backs_me = LONG_AGO};
		f.of[n].said.yields_to = f.of[n].said.offers_to = f.of[n].said.supports = NODE_NONE;
	}
	return f;
}

/* Where the owner yields to another one, that one has T. */
static void facts_note_change(struct facts *f, const struct word *was, const struct event *event)
{
	const struct beat_vip *said = &event->said;
	bool appears = event->heard == HEARD_FRESH && f->now - was->fresh >= D;

	if (was->said.role == ROLE_ACTIVE && said->role != ROLE_ACTIVE && said->yields_to != NODE_NONE &&
	    said->yields_to != f->rules->self)
		f->slots_from = f->now + T;
	else if (appears || said->role != was->said.role || said->fitness != was->said.fitness ||
		 said->score != was->said.score || said->enforces != was->said.enforces)
		f->slots_from = later(f->slots_from, f->now);
}

static void facts_note_beat(struct facts *f, const struct event *event)
{
	struct word *word = &f->of[event->node];
	const struct beat_vip *said = &event->said;

	facts_note_change(f, word, event);
	word->said = *said;
	word->heard = f->now;
	if (said->term > f->highest)
		f->highest = said->term;
	if (said->role == ROLE_ACTIVE) {
		f->suspected = false;
		f->in_vain = LONG_AGO; /* what was unanswered before says nothing of this owner */
		if (said->term > f->owned)
			f->owned = said->term;
	}
	if (event->heard != HEARD_FRESH)
		return;
	if (said->fitness != FITNESS_FIT)
		word->fit_since = NOT_SOON;
	else if (word->fit_since == NOT_SOON || f->now - word->fresh >= D)
		word->fit_since = f->now;
	word->fresh = f->now;
	word->echo = ms_of(event->echo_at);
	if (said->supports == f->rules->self && said->supports_term == f->term)
		word->backs_me = later(word->backs_me, ms_of(event->echo_at));
}

/* Time has passed, and this happened. What it means is for the rule book to say. */
static void facts_note(struct facts *f, const struct event *event)
{
	f->gap = ms_of(event->at) - f->now;
	f->now = ms_of(event->at);
	if (f->role != ROLE_ACTIVE && f->gap >= D) /* it has not heard a silence, only its own */
		f->listens_until = later(f->listens_until, f->now + D);
	switch (event->kind) {
	case ON_BEAT:
		facts_note_beat(f, event);
		break;
	case ON_FITNESS:
		if (f->fitness == FITNESS_NO_LINK && event->fitness != FITNESS_NO_LINK)
			f->listens_until = later(f->listens_until, f->now + D);
		if (f->fitness != event->fitness)
			f->slots_from = later(f->slots_from, f->now);
		f->fitness = event->fitness;
		f->enforces = event->enforces;
		break;
	case ON_MOVE:
		f->move_to = event->node;
		f->move_until = f->now + D;
		break;
	case ON_STOP:
		f->stopping = true;
		break;
	case ON_TICK:
	case ON_ANSWER:
	case ON_RIVAL:
	case ON_GATE:
		break;
	}
}

static void facts_renewed(struct facts *f)
{
	if (!f->rules->majority)
		f->lease = f->now + L;
}
