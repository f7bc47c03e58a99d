/* The rules of the election as rows (design, part 4), read from its words and not from the core: what is the case,
 * and what follows. The first row whose conditions hold is the one. */
#pragma once

#include "tests/unit/rulebook_facts.h"

enum { MY_SCORE = 500 };

/* What may be the case. */
enum when {
	LAPSED = 1 << 0, /* an owner that woke after its lease */
	IN_TIME = 1 << 1, /* ... although it ran: nobody was there for whom to renew it */
	MAJORITY = 1 << 2,
	LISTENED = 1 << 3,   /* for D + L, or (provider none) every peer is heard */
	SPLIT_VOTE = 1 << 4, /* another one bids for the same term */
	CAN_OWN = 1 << 5, /* no witness, fit enough, not stopping */
	CAN_BID = 1 << 6, /* majority: one lives, this node may vote, and owes its support to nobody */
	YIELDED = 1 << 7, /* to this node: sealed, this term, fresh within T / 2, and no third one may own it */
	OWNER_KNOWN = 1 << 8,
	MY_TURN = 1 << 9, /* every owner silent for D, listened, and my slot has come */
	QUIET = 1 << 10,  /* a probe since has not been answered for G, nor did this node sleep meanwhile */
	BIDDING = 1 << 11,
	OUTBID = 1 << 12,
	BID_OLD = 1 << 13, /* D */
	BACKED = 1 << 14,  /* by a majority, of late enough to have a lease from it */
	MET_ABOVE = 1 << 15, /* another owner, whose (term, order) is higher */
	MET_BELOW = 1 << 16,
	STOPPING = 1 << 17,
	ORDERED = 1 << 18, /* to a node that can own it and is not less fit */
	UNFIT = 1 << 19,
	NO_LINK = 1 << 20,
	NO_QUORUM = 1 << 21,
	HOLD = 1 << 22,
	HEIR = 1 << 23,      /* somebody else could own it */
	FITTER = 1 << 24,    /* and is fitter */
	PREFERRED = 1 << 25, /* a preferred node has been fit for long enough, failback is auto */
	OFFERED = 1 << 26,   /* the owner asks this node whether it is there */
	YIELD_OVER = 1 << 27, /* the successor claimed; or T / 2 have passed, and from T on the next in order may */
	RIVAL_FIRST = 1 << 28, /* the one that bids for the same term is preferred */
	STANDBY = 1 << 29,
	TURN_ENDS = 1 << 30, /* all that has arrived is heard: it might have been the new owner's beat */
};

enum act { STAY, BEGIN, STEP_DOWN, HAND_OVER, TAKE, ASK, BID, RAISE, BID_AGAIN, WIN, GIVE_UP };
enum heir { NOBODY, THE_BEST, THE_ORDERED, THE_PREFERRED };

struct row {
	int rule;
	enum role in;
	unsigned when, unless;
	enum act act;
	enum why why;
	enum heir heir;
};

static const struct row book[] = {
	{11, ROLE_ACTIVE, LAPSED | MAJORITY | IN_TIME, 0, STEP_DOWN, WHY_NO_QUORUM, NOBODY},
	{11, ROLE_ACTIVE, LAPSED | IN_TIME, 0, STEP_DOWN, WHY_LINK, NOBODY},
	{5, ROLE_ACTIVE, LAPSED, 0, STEP_DOWN, WHY_STALLED, NOBODY},
	{6, ROLE_ACTIVE, MET_ABOVE, 0, STEP_DOWN, WHY_OUTRANKED, NOBODY},
	{11, ROLE_ACTIVE, NO_QUORUM, 0, STEP_DOWN, WHY_NO_QUORUM, NOBODY},
	{10, ROLE_ACTIVE, STOPPING | HEIR, 0, HAND_OVER, WHY_STOPPING, THE_BEST},
	{10, ROLE_ACTIVE, STOPPING, 0, STEP_DOWN, WHY_STOPPING, NOBODY},
	{10, ROLE_ACTIVE, ORDERED, 0, HAND_OVER, WHY_ORDER, THE_ORDERED},
	{7, ROLE_ACTIVE, NO_LINK | FITTER, 0, HAND_OVER, WHY_LINK, THE_BEST},
	{8, ROLE_ACTIVE, NO_LINK, 0, STEP_DOWN, WHY_LINK, NOBODY},
	{7, ROLE_ACTIVE, STANDBY | FITTER, 0, HAND_OVER, WHY_STANDBY, THE_BEST},
	{8, ROLE_ACTIVE, STANDBY, HOLD, STEP_DOWN, WHY_STANDBY, NOBODY},
	{7, ROLE_ACTIVE, UNFIT | FITTER, 0, HAND_OVER, WHY_CHECK, THE_BEST},
	{8, ROLE_ACTIVE, UNFIT, HOLD, STEP_DOWN, WHY_CHECK, NOBODY},
	{8, ROLE_ACTIVE, UNFIT, 0, STAY, WHY_CHECK, NOBODY},
	{9, ROLE_ACTIVE, PREFERRED, 0, HAND_OVER, WHY_FAILBACK, THE_PREFERRED},
	{0, ROLE_ACTIVE, 0, 0, STAY, WHY_STARTED, NOBODY},

	{1, ROLE_INIT, LISTENED, 0, BEGIN, WHY_STARTED, NOBODY},
	{0, ROLE_INIT, 0, 0, STAY, WHY_STARTED, NOBODY},

	{0, ROLE_BACKUP, BIDDING | OUTBID, 0, GIVE_UP, WHY_STARTED, NOBODY},
	{0, ROLE_BACKUP, BIDDING | BID_OLD, 0, GIVE_UP, WHY_STARTED, NOBODY},
	{0, ROLE_BACKUP, BIDDING, CAN_OWN, GIVE_UP, WHY_STARTED, NOBODY},
	{0, ROLE_BACKUP, BIDDING | SPLIT_VOTE | RIVAL_FIRST, 0, GIVE_UP, WHY_STARTED, NOBODY},
	{0, ROLE_BACKUP, BIDDING | SPLIT_VOTE, 0, RAISE, WHY_STARTED, NOBODY},
	{0, ROLE_BACKUP, BIDDING | BACKED, 0, WIN, WHY_STARTED, NOBODY}, /* 2, 3 or 4, whichever it bid for */
	{0, ROLE_BACKUP, BIDDING, 0, BID_AGAIN, WHY_STARTED, NOBODY},
	{0, ROLE_BACKUP, 0, CAN_OWN, STAY, WHY_STARTED, NOBODY},
	{3, ROLE_BACKUP, YIELDED | MAJORITY | CAN_BID, 0, BID, WHY_YIELDED, NOBODY},
	{3, ROLE_BACKUP, YIELDED, MAJORITY, TAKE, WHY_YIELDED, NOBODY},
	{2, ROLE_BACKUP, OWNER_KNOWN | TURN_ENDS | MY_TURN | QUIET | MAJORITY | CAN_BID, 0, BID, WHY_SILENCE, NOBODY},
	{4, ROLE_BACKUP, TURN_ENDS | MY_TURN | QUIET | MAJORITY | CAN_BID, OWNER_KNOWN, BID, WHY_VACANT, NOBODY},
	{2, ROLE_BACKUP, OWNER_KNOWN | TURN_ENDS | MY_TURN | QUIET, MAJORITY, TAKE, WHY_SILENCE, NOBODY},
	{4, ROLE_BACKUP, TURN_ENDS | MY_TURN | QUIET, MAJORITY | OWNER_KNOWN, TAKE, WHY_VACANT, NOBODY},
	{0, ROLE_BACKUP, TURN_ENDS, 0, ASK, WHY_STARTED, NOBODY},
	{0, ROLE_BACKUP, 0, 0, STAY, WHY_STARTED, NOBODY},
};
enum { ROWS = sizeof(book) / sizeof(book[0]) };

/* --- what the words mean --- */

static bool read_lives(const struct facts *f, int n)
{
	return n != f->rules->self && n < f->rules->nodes && f->now - f->of[n].fresh < D;
}

/* Without a fence a lease ends by the address's lifetime, which is nothing that voters wait for. */
static bool read_fit_to_own(const struct facts *f, int n)
{
	bool me = n == f->rules->self;
	enum fitness fitness = me ? f->fitness : f->of[n].said.fitness;
	uint8_t enforces = me ? f->enforces : f->of[n].said.enforces;

	if (f->rules->rank[n] == RANK_NEVER || (f->rules->majority && !(enforces & ENFORCES_FENCE)))
		return false;
	return fitness == FITNESS_FIT || (fitness == FITNESS_UNHEALTHY && f->rules->hold_when_none_fit);
}

static bool read_is_candidate(const struct facts *f, int n)
{
	return read_lives(f, n) && read_fit_to_own(f, n);
}

/* A node that is still listening takes nothing: the vip would be dark until it has done. */
static bool read_is_heir(const struct facts *f, int n)
{
	return read_is_candidate(f, n) && f->of[n].said.role != ROLE_INIT;
}

/* "fit before unfit, health score, order in prefer, node id", as one number each: smaller comes first. */
static long read_place(const struct facts *f, int n)
{
	bool me = n == f->rules->self;
	long fitness = me ? f->fitness : f->of[n].said.fitness, score = me ? MY_SCORE : f->of[n].said.score;

	return ((fitness * (SCORE_MAX + 1) + SCORE_MAX - score) * 256 + f->rules->rank[n]) * NODES_MAX + n;
}

static node_id read_best(const struct facts *f)
{
	node_id best = NODE_NONE;

	for (node_id n = 0; n < CAST; n++) {
		if (read_is_heir(f, n) && (best == NODE_NONE || read_place(f, n) < read_place(f, best)))
			best = n;
	}
	return best;
}

static node_id read_ordered(const struct facts *f)
{
	node_id to = f->move_to == NODE_NONE ? read_best(f) : f->move_to;

	if (f->now >= f->move_until || to == NODE_NONE || !read_is_heir(f, to))
		return NODE_NONE;
	return f->of[to].said.fitness <= f->fitness ? to : NODE_NONE;
}

/* The most preferred that is fit, once it has been so for failback_after, all of it under this owner: who has just handed
 * it over does not get it back at once. */
static node_id read_preferred(const struct facts *f)
{
	node_id best = NODE_NONE;

	for (node_id n = 0; n < CAST && f->rules->failback_auto; n++) {
		if (read_is_heir(f, n) && f->rules->rank[n] < f->rules->rank[f->rules->self] &&
		    f->of[n].fit_since != NOT_SOON &&
		    (best == NODE_NONE || f->rules->rank[n] < f->rules->rank[best]))
			best = n;
	}
	return best != NODE_NONE && f->now - later(f->of[best].fit_since, f->since) >= FAILBACK_AFTER ? best : NODE_NONE;
}

static node_id read_heir(const struct facts *f, enum heir heir)
{
	switch (heir) {
	case NOBODY:
		break;
	case THE_BEST:
		return read_best(f);
	case THE_ORDERED:
		return read_ordered(f);
	case THE_PREFERRED:
		return read_preferred(f);
	}
	return NODE_NONE;
}

/* How long after its newest beat an owner may still answer: its lease, or without a fence its address's lifetime. */
static int read_answers_for(const struct word *owner)
{
	return owner->said.enforces & ENFORCES_FENCE ? L : L + LIFETIME + EXPIRES_LATE;
}

static int read_leases_over(const struct facts *f)
{
	int over = later(f->listens_until, f->slots_from);

	for (int n = 0; n < CAST; n++) {
		if (f->of[n].said.role == ROLE_ACTIVE)
			over = later(over, f->of[n].heard + read_answers_for(&f->of[n]));
	}
	return over;
}

/* The last that is known to have owned it; not one whom a later claim has followed. */
static node_id read_owner(const struct facts *f)
{
	node_id owner = NODE_NONE;

	for (node_id n = 0; n < CAST; n++) {
		if (f->of[n].said.role == ROLE_ACTIVE && f->of[n].said.term >= f->owned &&
		    (owner == NODE_NONE || f->of[n].heard > f->of[owner].heard))
			owner = n;
	}
	return owner;
}

/* Nobody votes within D + L of its start: what it promised before, it has forgotten. Then only D without the owner that
 * it supports, or that one's own word, frees it; who answers or bids supports itself. */
static int read_free_from(const struct facts *f)
{
	if (f->supports == f->rules->self)
		return NOT_SOON;
	if (f->supports == NODE_NONE)
		return f->started + D + L;
	return later(f->started + D + L, f->supported + read_answers_for(&f->of[f->supports]) + G);
}

/* A bid that cannot be won only raises the term. */
static int read_bids_from(const struct facts *f)
{
	int living = 1;

	for (int n = 0; n < f->rules->nodes; n++)
		living += read_lives(f, n);
	return living * 2 > f->rules->nodes ? read_free_from(f) : NOT_SOON;
}

/* "The successor n-th in order waits n slots"; of a vacant vip, so does who comes after nodes it has never heard. */
static int read_turn(const struct facts *f)
{
	int turn = later(f->listens_until, f->slots_from), slots = 0;

	for (int n = 0; n < f->rules->nodes; n++) {
		if (n == f->rules->self)
			continue;
		if (f->of[n].said.role == ROLE_ACTIVE)
			turn = later(turn, f->of[n].heard + read_answers_for(&f->of[n]) + G);
		slots += read_is_candidate(f, n) && read_place(f, n) < read_place(f, f->rules->self);
		slots += read_owner(f) == NODE_NONE && f->of[n].heard == LONG_AGO &&
			 f->rules->rank[n] < f->rules->rank[f->rules->self];
	}
	if (f->rules->majority)
		turn = later(turn, read_bids_from(f));
	return turn + slots * T;
}

static bool read_all_heard(const struct facts *f)
{
	for (int n = 0; n < f->rules->nodes; n++) {
		if (n != f->rules->self && !read_lives(f, n))
			return false;
	}
	return true;
}

/* The yield of one owner says nothing for another one that it had not met yet. */
static bool read_third_owner(const struct facts *f, int yielder)
{
	for (int n = 0; n < CAST; n++) {
		if (n != yielder && f->of[n].said.role == ROLE_ACTIVE &&
		    f->now < f->of[n].heard + read_answers_for(&f->of[n]))
			return true;
	}
	return false;
}

static bool read_yielded(const struct facts *f, const struct event *event)
{
	return event->kind == ON_BEAT && event->heard == HEARD_FRESH && event->said.role == ROLE_BACKUP &&
	       event->said.yields_to == f->rules->self && event->said.term == f->owned &&
	       f->now - ms_of(event->echo_at) <= T / 2 && !read_third_owner(f, event->node);
}

/* "Higher (term, order)": order is the node's id here, for all else may look different from the two ends. */
static bool read_outranks(const struct facts *f, const struct event *event)
{
	if (event->said.term != f->term)
		return event->said.term > f->term;
	return event->node < f->rules->self;
}
