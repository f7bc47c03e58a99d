/* The rules of provider "majority" (design, part 5), as rows: who is supported, and what a lease runs from. */
#pragma once

#include "tests/unit/rulebook.h"

enum vote_when {
	CLAIMS = 1 << 0, /* the sender says it owns, or asks for votes */
	MINE = 1 << 1,   /* it is whom this node supports */
	SAME_TERM = 1 << 2,
	OLDER_TERM = 1 << 3, /* than that in which this node supports it */
	FRESH = 1 << 4,
	FREE = 1 << 5, /* to support anybody */
	OWNS = 1 << 7,
	NEW_TERM = 1 << 8, /* this node has given no vote in it, nor in a newer one */
};

enum vote { VOTE_STAY, VOTE_LOSE, VOTE_KEEP, VOTE_GIVE };

static const struct vote_row {
	unsigned when, unless;
	enum vote vote;
} votes[] = {
	{MINE, CLAIMS | OLDER_TERM, VOTE_LOSE}, /* by its own word it has let go; an older word says nothing */
	{CLAIMS | MINE | SAME_TERM, 0, VOTE_KEEP},
	{CLAIMS | MINE | OLDER_TERM, 0, VOTE_STAY},
	{CLAIMS | MINE | FRESH | OWNS, 0, VOTE_GIVE}, /* into its next term: no change of sides */
	{CLAIMS | MINE | FRESH | NEW_TERM, 0, VOTE_GIVE},
	{CLAIMS | FRESH | FREE | OWNS, 0, VOTE_GIVE}, /* it has won by others' votes */
	{CLAIMS | FRESH | FREE | NEW_TERM, 0, VOTE_GIVE}, /* once a term */
	{0, 0, VOTE_STAY},
};

static unsigned read_vote(const struct facts *f, const struct event *event)
{
	const struct beat_vip *said = &event->said;
	unsigned is = 0;

	is |= said->role == ROLE_ACTIVE || said->bids ? CLAIMS : 0;
	is |= event->node == f->supports ? MINE : 0;
	is |= said->role == ROLE_ACTIVE ? OWNS : 0;
	is |= said->term == f->supports_term ? SAME_TERM : 0;
	is |= said->term < f->supports_term ? OLDER_TERM : 0;
	is |= said->term > f->voted ? NEW_TERM : 0;
	is |= event->heard == HEARD_FRESH ? FRESH : 0;
	is |= f->now >= read_free_from(f) ? FREE : 0;
	return is;
}

/* True when the sender is to be echoed at once: its lease, or its bid, waits for it. */
static bool vote_on(struct facts *f, const struct event *event)
{
	const struct vote_row *row = votes;
	unsigned is = read_vote(f, event);

	while ((is & row->when) != row->when || (is & row->unless) != 0)
		row++;
	switch (row->vote) {
	case VOTE_STAY:
		return false;
	case VOTE_LOSE:
		f->supports = NODE_NONE;
		return false;
	case VOTE_GIVE:
		f->supports = event->node;
		f->supports_term = event->said.term;
		f->voted = event->said.term > f->voted ? event->said.term : f->voted;
		break;
	case VOTE_KEEP:
		break;
	}
	f->supported = f->now;
	return true;
}

/* When this node sent the newest beat that a majority has echoed in support of its term; LONG_AGO: none. */
static int read_backed(const struct facts *f)
{
	int newest = LONG_AGO;

	for (int n = 0; n < f->rules->nodes; n++) {
		int backers = 1; /* itself */

		for (int m = 0; m < f->rules->nodes; m++)
			backers += m != f->rules->self && f->of[m].backs_me >= f->of[n].backs_me;
		if (n != f->rules->self && f->of[n].backs_me != LONG_AGO && backers * 2 > f->rules->nodes)
			newest = later(newest, f->of[n].backs_me);
	}
	return newest;
}
