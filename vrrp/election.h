/* The election of one vip's owner, as a step: what this node believed, and what happened, in; what it believes now,
 * and what is to be done, out. States are RFC 9568's. Rules carry the numbers of the table in election.c.
 *
 * Pure: no clock (every event has its own time), no memory but the values, no pointer inside them. First the next
 * state is decided, then the deeds follow from the pair (was, is), so that leaving ACTIVE releases by construction. */
#pragma once

#include "vrrp/beat.h"
#include "vrrp/gate.h"
#include "vrrp/lease.h"
#include "vrrp/peers.h"

enum { RANK_NEVER = 0xff }; /* a node that may not own this vip: a witness */

/* What does not change while the configuration stands. */
struct rules {
	node_id self;
	uint8_t nodes;
	uint8_t rank[NODES_MAX]; /* place in the order of preference, 0 first; or RANK_NEVER */
	struct lease_terms terms;
	struct duration lifetime; /* how long an owner's address may outlive its last refresh where it has no fence */
	bool hold_when_none_fit;
	bool failback_auto;
	struct duration failback_after;
	bool majority; /* leases and claims need the support of a majority of the nodes, witnesses included ... */
	bool corosync; /* ... and, with `majority`, corosync's: as a veto, or of two nodes in place of the other's */
	bool disputed; /* a peer goes by other rules than these: it may think that it is its turn */
};

/* What this node knows of another one, as to this vip. */
struct view {
	struct instant heard_at; /* its newest recent beat, fresh or one-way */
	struct instant fresh_at;
	struct instant echo_at;   /* when we sent what its newest fresh beat echoed */
	struct instant changes_from; /* its changes of mind are counted from here */
	int changes;
	struct instant fit_since; /* fit in every beat since; INSTANT_NEVER while not */
	struct instant supports_me_at; /* majority: when we sent the newest beat that it echoed, supporting us */
	struct beat_vip said;
};

struct election {
	enum role role;
	enum why why; /* of the last role change */
	struct instant since;
	struct instant turn_at; /* the last event's time: a longer gap means that this node did not listen */
	uint32_t term;		/* this node's last claim */
	uint32_t term_seen;	/* the highest of anybody's, bids included */
	uint32_t term_owned;	/* the highest in which anybody was heard to own it */
	enum fitness fitness;
	uint16_t score;
	uint8_t enforces;	    /* ENFORCES_* of this node */
	struct instant lease_until; /* ACTIVE only, else INSTANT_ZERO */
	struct instant listen_until; /* before this, no takeover by rules 2 and 4 */
	struct instant vacant_at;    /* the owner let go, or is to be thought owner until then: slots count from here */

	/* taking: has anybody answered for the vip since the old lease must be over? */
	struct instant probed_at;
	struct instant answered_at;
	struct instant quiet_since; /* the first unanswered probe; INSTANT_ZERO: none */
	bool suspect;

	/* handing over: offer first, yield when the offer is answered */
	node_id offers_to;
	struct instant offered_at;
	node_id yields_to;
	struct instant yielded_at;
	struct instant repeat_at; /* lost datagrams are repeated then */
	node_id move_to;	  /* an admin's order, until move_until */
	struct instant move_until;
	bool stopping;

	/* provider "majority": this node's own vote, and its bid */
	node_id supports;
	uint32_t supports_term;
	uint32_t voted_term; /* the newest of a bid that it supported, its own included */
	struct instant supported_at; /* the supported owner was last heard */
	struct instant votes_from;
	bool bidding; /* for `term`, since bid.at */
	struct bid {
		struct instant at;
		enum why why, peer_why; /* for the claim's line in the log */
		node_id peer;
		struct duration silent;
	} bid;

	/* provider "corosync": what it said last, and until when that lets this node own something */
	struct gate gate;
	struct hold hold;

	struct view view[NODES_MAX];
};

enum event_kind {
	ON_TICK,
	ON_BEAT,
	ON_FITNESS,
	ON_ANSWER, /* somebody answered for the vip */
	ON_RIVAL,  /* somebody else probes for it, and goes first */
	ON_MOVE,
	ON_STOP,
	ON_GATE, /* corosync has said, or proven, something */
};

struct event {
	enum event_kind kind;
	struct instant at; /* now, the turn's reading of the clock */
	node_id node;	   /* ON_BEAT: the sender; ON_MOVE: the target, or NODE_NONE for the best there is */
	enum heard heard;  /* ON_BEAT: FRESH or ONE_WAY; others are no events */
	struct instant echo_at;
	struct beat_vip said;
	enum fitness fitness; /* ON_FITNESS */
	uint16_t score;
	uint8_t enforces;
	struct gate gate; /* ON_GATE */
};

/* What is to be done. Order of execution: release, take, beat, announce, probe. */
struct todo {
	bool release;  /* shut the fence, then remove the address */
	bool take;     /* put the address, open the fence until lease_until */
	bool beat;     /* to every peer, now */
	bool announce; /* once more: somebody else announced it */
	bool probe;    /* ask whether anybody answers for the vip */
	bool echo;     /* beat the event's sender at once: its lease, or its bid, waits for it */

	/* for the log */
	bool changed; /* role, from .. to is->role, why is->why */
	enum role from;
	node_id peer;		/* who caused it, or NODE_NONE */
	enum why peer_why;	/* why that peer yielded */
	struct duration silent; /* rule 2: of the owner; split: since the other owner was last heard */
	bool suspect;		/* rule 2 waits, because the vip is answered */
	bool split;		/* two owners met: `peer` is the other one */
};

struct step {
	struct election is;
	struct todo todo;
};

/* A node that has just started listening. */
struct election election_start(const struct rules *rules, struct instant at);

/* Another host may stand behind this number from now on: what it said is forgotten. */
void election_forget(struct election *is, node_id node);

/* Event times never go backwards from step to step. After the events of a turn there is an ON_TICK: only then does
 * anybody take unasked. */
struct step election_step(const struct rules *rules, const struct election *was, const struct event *event);

/* The owner has sent its beats, all after `at` and before `sent_by`: the lease runs from `at`, which may be earlier
 * where the owner has no proof that anybody heard it since. A lease never becomes shorter. Not after it has lapsed
 * (rule 5 first); nor do beats renew it that left when it was over, because the process slept between reading the clock
 * and sending them: somebody else may have taken by then. Under "majority" sending renews nothing: the echoes do, in
 * election_step(). */
void election_renew(const struct rules *rules, struct election *is, struct instant at, struct instant sent_by);

/* When it wants an ON_TICK at the latest. */
struct instant election_next(const struct rules *rules, const struct election *is);

/* What this node's beats say of the vip. */
struct beat_vip election_says(const struct election *is, uint32_t vip);

/* Who is believed to own it: this node, a node that said so and is not silent, or NODE_NONE. */
node_id election_owner(const struct rules *rules, const struct election *is, struct instant at);

/* Does the provider let this node take, or keep, a vip as things stand? Where it does not, the node's fitness is
 * FITNESS_NO_QUORUM (rule 11). Always true with provider "none". */
bool election_has_quorum(const struct rules *rules, const struct election *is, struct instant at);

/* Would an order to move there be carried out? */
bool election_can_move(const struct rules *rules, const struct election *is, node_id to, struct instant at);

const char *why_word(enum why why);
const char *role_word(enum role role);
const char *fitness_word(enum fitness fitness);
