/* What follows from a row of the rule book: the node's next state, and what it has to do. */
#pragma once

#include "tests/unit/rulebook_votes.h"

enum deed { RELEASES = 1, TAKES = 2, BEATS = 4, ANNOUNCES = 8, SPLIT = 16, ECHOES = 32, SUSPECTS = 64 };
enum probe { MUST_NOT_PROBE, MAY_PROBE, MUST_PROBE };

struct outcome {
	int row; /* of the book */
	unsigned is; /* what was the case */
	unsigned deeds;
	enum probe probe;
	node_id peer; /* who caused a change */
};

static unsigned read_quorum(const struct facts *f)
{
	if (!f->rules->majority)
		return 0;
	return MAJORITY | (f->now >= read_bids_from(f) ? CAN_BID : 0) | (read_backed(f) + L > f->now ? BACKED : 0);
}

static unsigned read_fitness(const struct facts *f)
{
	node_id best = read_best(f);
	unsigned is = 0;

	is |= f->stopping ? STOPPING : 0;
	is |= read_ordered(f) != NODE_NONE ? ORDERED : 0;
	is |= f->fitness == FITNESS_UNHEALTHY || f->fitness == FITNESS_STANDBY ? UNFIT : 0;
	is |= f->fitness == FITNESS_STANDBY ? STANDBY : 0;
	is |= f->fitness == FITNESS_NO_LINK ? NO_LINK : 0;
	is |= f->fitness == FITNESS_NO_QUORUM ? NO_QUORUM : 0;
	is |= f->rules->hold_when_none_fit ? HOLD : 0;
	is |= best != NODE_NONE ? HEIR : 0;
	is |= best != NODE_NONE && f->of[best].said.fitness < f->fitness ? FITTER : 0;
	is |= read_preferred(f) != NODE_NONE ? PREFERRED : 0;
	return is;
}

static unsigned read_silence(const struct facts *f, const struct event *event)
{
	unsigned is = 0;

	is |= f->now >= f->listens_until || (read_all_heard(f) && !f->rules->majority) ? LISTENED : 0;
	is |= read_fit_to_own(f, f->rules->self) && !f->stopping ? CAN_OWN : 0;
	is |= read_yielded(f, event) ? YIELDED : 0;
	is |= read_owner(f) != NODE_NONE ? OWNER_KNOWN : 0;
	is |= f->now >= read_turn(f) ? MY_TURN : 0;
	is |= f->in_vain >= read_leases_over(f) && f->now >= f->in_vain + G ? QUIET : 0;
	is |= event->kind == ON_TICK ? TURN_ENDS : 0;
	is |= f->bidding ? BIDDING : 0;
	is |= f->highest > f->term ? OUTBID : 0;
	is |= f->now - f->bid >= D ? BID_OLD : 0;
	return is;
}

static unsigned read_words(const struct facts *f, const struct event *event)
{
	unsigned is = 0;

	if (event->kind == ON_BEAT && event->said.role == ROLE_ACTIVE)
		is |= read_outranks(f, event) ? MET_ABOVE : MET_BELOW;
	if (event->kind == ON_BEAT && event->heard == HEARD_FRESH && event->said.offers_to == f->rules->self)
		is |= OFFERED;
	if (event->kind == ON_BEAT && event->said.bids && event->said.term == f->term)
		is |= SPLIT_VOTE | (f->rules->rank[event->node] < f->rules->rank[f->rules->self] ? RIVAL_FIRST : 0);
	if (f->yields_to != NODE_NONE) {
		const struct beat_vip *said = &f->of[f->yields_to].said;
		bool claimed = said->role == ROLE_ACTIVE && said->term > f->term;

		is |= claimed || f->now - f->yielded >= T / 2 ? YIELD_OVER : 0;
	}
	return is;
}

static void change(struct facts *f, enum role role, enum why why)
{
	f->role = role;
	f->why = why;
	f->since = f->now;
	f->lease = f->in_vain = f->move_until = LONG_AGO;
	f->offers_to = f->yields_to = NODE_NONE;
	f->again = NOT_SOON;
	f->suspected = f->bidding = false;
	if (role != ROLE_ACTIVE && f->supports == f->rules->self)
		f->supports = NODE_NONE;
}

static bool say_again(struct facts *f)
{
	if (f->now < f->again)
		return false;
	f->again = f->now + SAID_AGAIN;
	return true;
}

/* The offer costs no darkness: the fence is shut when the heir has shown, by echoing the offer, that it is there. */
static void hand_over(struct facts *f, node_id to, enum why why, struct outcome *outcome)
{
	bool answered = f->offers_to == to && f->of[to].fresh == f->now && f->of[to].echo >= f->offered;

	if (answered) {
		change(f, ROLE_BACKUP, why);
		f->yields_to = outcome->peer = to;
		f->yielded = f->now;
		f->again = f->now + SAID_AGAIN;
		f->listens_until = f->now + T; /* "if it does not claim within T the next in order may" */
	} else if (f->offers_to != to) {
		f->offers_to = to;
		f->offered = f->now;
		f->again = f->now + SAID_AGAIN;
		outcome->deeds |= BEATS;
	} else if (say_again(f)) {
		outcome->deeds |= BEATS;
	}
}

static node_id read_peer(const struct facts *f, const struct row *row, const struct event *event)
{
	if (row->rule == 2)
		return read_owner(f);
	return row->rule == 3 ? event->node : NODE_NONE;
}

/* What others supported before says nothing of the new term. */
static void raise_bid(struct facts *f)
{
	f->term = f->supports_term = f->voted = ++f->highest;
	f->supports = f->rules->self;
	for (int n = 0; n < CAST; n++)
		f->of[n].backs_me = LONG_AGO;
}

static void bid(struct facts *f, const struct row *row, node_id peer)
{
	f->bidding = true;
	f->bid = f->now;
	f->bid_why = row->why;
	f->bid_peer = peer;
	f->again = f->now + SAID_AGAIN;
	raise_bid(f);
}

/* Said at once: who voted for it is free then. */
static void give_up(struct facts *f, unsigned is, struct outcome *outcome)
{
	outcome->deeds |= BEATS;
	f->bidding = false;
	f->again = NOT_SOON;
	f->listens_until = later(f->listens_until, f->now + (is & OUTBID ? D : T));
	f->supports = NODE_NONE;
}

/* From 1.5 T of an owner's silence; of a vacant vip just before this node's turn. How often again is its own affair. */
static enum probe read_probe(const struct facts *f, unsigned is)
{
	int due = is & OWNER_KNOWN ? f->of[read_owner(f)].heard + 3 * T / 2
				   : later(read_leases_over(f), read_turn(f) - G);

	if (f->now < due)
		return MUST_NOT_PROBE;
	return f->probed >= due || ((is & MAJORITY) && !(is & CAN_BID)) ? MAY_PROBE : MUST_PROBE;
}

static void apply(struct facts *f, const struct row *row, const struct event *event, struct outcome *outcome)
{
	node_id peer = read_peer(f, row, event);

	switch (row->act) {
	case STAY:
		f->offers_to = NODE_NONE;
		f->again = f->role == ROLE_ACTIVE ? NOT_SOON : f->again;
		break;
	case ASK:
		outcome->probe = read_probe(f, outcome->is);
		break;
	case BEGIN:
		change(f, ROLE_BACKUP, row->why);
		f->listens_until = f->now;
		break;
	case STEP_DOWN:
		change(f, ROLE_BACKUP, row->why);
		f->listens_until = f->now + D;
		break;
	case HAND_OVER:
		hand_over(f, read_heir(f, row->heir), row->why, outcome);
		break;
	case TAKE:
		change(f, ROLE_ACTIVE, row->why);
		f->term = f->owned = ++f->highest;
		f->lease = f->now + L;
		/* T after the yield, or after this node's slot, others may take: who sleeps now wakes too late. */
		f->lease = earlier(f->lease, (row->rule == 3 ? ms_of(event->echo_at) : f->now) + T / 2 + G / 2);
		outcome->peer = peer;
		break;
	case BID:
		bid(f, row, peer);
		outcome->deeds |= BEATS;
		break;
	case RAISE:
		raise_bid(f);
		outcome->deeds |= BEATS;
		break;
	case BID_AGAIN:
		outcome->deeds |= say_again(f) ? BEATS : 0;
		break;
	case WIN:
		change(f, ROLE_ACTIVE, f->bid_why);
		f->owned = f->term;
		f->lease = read_backed(f) + L;
		outcome->peer = f->bid_peer;
		break;
	case GIVE_UP:
		give_up(f, outcome->is, outcome);
		break;
	}
}

/* "While it answers, rule 2 waits and says event=suspect." What the old lease still answers says nothing. */
static void hear_of_vip(struct facts *f, const struct event *event, struct outcome *outcome)
{
	if (f->now - f->probed > 2 * G) /* it slept instead of asking on: silence counts anew */
		f->in_vain = LONG_AGO;
	if (event->kind == ON_ANSWER && f->role == ROLE_BACKUP && f->probed >= read_leases_over(f)) {
		unsigned is = read_silence(f, event) | read_quorum(f);

		f->in_vain = LONG_AGO;
		if (!f->suspected && (is & CAN_OWN) && (is & MY_TURN) && (!(is & MAJORITY) || (is & CAN_BID))) {
			f->suspected = true;
			outcome->deeds |= SUSPECTS;
			outcome->peer = read_owner(f);
		}
	}
	/* Of two who probe a vacant vip without knowing of each other one gives way. */
	if (event->kind == ON_RIVAL && read_owner(f) == NODE_NONE && !read_all_heard(f))
		f->in_vain = LONG_AGO;
}

/* What a node does besides, whatever row holds. */
static void besides(struct facts *f, const struct event *event, struct outcome *outcome)
{
	if (f->role == ROLE_ACTIVE && (outcome->is & (MET_ABOVE | MET_BELOW))) {
		outcome->deeds |= SPLIT | (outcome->is & MET_BELOW ? BEATS | ANNOUNCES : 0);
		outcome->peer = event->node;
	}
	if (f->role != ROLE_BACKUP)
		return;
	if (outcome->is & OFFERED)
		outcome->deeds |= BEATS;
	if (f->yields_to == NODE_NONE)
		return;
	if (outcome->is & YIELD_OVER) {
		f->yields_to = NODE_NONE;
		f->again = NOT_SOON;
	} else if (say_again(f)) {
		outcome->deeds |= BEATS;
	}
}

static void apply_first(struct facts *f, const struct event *event, struct outcome *outcome)
{
	enum role from = f->role;
	int row = 0;

	while (book[row].in != f->role || (outcome->is & book[row].when) != book[row].when ||
	       (outcome->is & book[row].unless) != 0)
		row++;
	outcome->row = row;
	apply(f, &book[row], event, outcome);
	outcome->deeds |= from != f->role ? BEATS : 0;
	outcome->deeds |= from == ROLE_ACTIVE && f->role != ROLE_ACTIVE ? RELEASES : 0;
	outcome->deeds |= from != ROLE_ACTIVE && f->role == ROLE_ACTIVE ? TAKES : 0;
	if (f->role != ROLE_ACTIVE) /* who does not own it does not announce it */
		outcome->deeds &= ~(unsigned)ANNOUNCES;
}

/* Its lease was old already when this node last ran. */
static bool read_ran_unrenewed(const struct facts *f)
{
	int last_ran = f->now - f->gap, from = f->lease - L;

	return last_ran - from >= 3 * T / 2;
}

/* What the book says that follows from this event. `f` is what was before, and then what is. */
static struct outcome book_follow(struct facts *f, const struct event *event)
{
	struct outcome outcome = {.peer = NODE_NONE};
	bool lapsed = f->role == ROLE_ACTIVE && ms_of(event->at) >= f->lease;

	if (event->kind == ON_FITNESS && event->fitness != f->fitness) /* others count their slots by it */
		outcome.deeds |= BEATS;
	facts_note(f, event);
	outcome.is = lapsed ? LAPSED | read_quorum(f) | (read_ran_unrenewed(f) ? IN_TIME : 0) : 0;
	if (lapsed)
		apply_first(f, event, &outcome);
	if (event->kind == ON_BEAT && (f->rules->majority ? vote_on(f, event) : event->said.role == ROLE_ACTIVE))
		outcome.deeds |= ECHOES; /* its lease, or its bid, waits for it */
	if (lapsed)
		return outcome;
	if (f->role == ROLE_ACTIVE && f->rules->majority)
		f->lease = later(f->lease, read_backed(f) + L);
	hear_of_vip(f, event, &outcome);
	outcome.is = read_fitness(f) | read_silence(f, event) | read_words(f, event) | read_quorum(f);
	besides(f, event, &outcome);
	apply_first(f, event, &outcome);
	return outcome;
}

/* The core has probed. */
static void facts_probed(struct facts *f)
{
	f->probed = f->now;
	if (f->now >= read_leases_over(f) && f->in_vain < read_leases_over(f))
		f->in_vain = f->now;
}
