/* Provider "corosync": what corosync says, as evidence with an age, and what follows from it (design, part 10).
 *
 * Corosync's quorum is no lease. Two sides that are cut off from each other may both be quorate for as long as the
 * witness takes to notice (`settle`), and a verdict may come early, late, and go again. So nothing here follows from
 * the word "quorate" alone, but from how long it has stood and when it was last proven.
 *
 * casvip-quorum sends words through corosync's closed process group: totally ordered, and delivered to the sender too.
 * Each is sent on the agent's asking (a frozen agent falls silent), and not before the one before it came back. */
#pragma once

#include "vrrp/instant.h"
#include "vrrp/lease.h"
#include "vrrp/limits.h"

/* Of the current ring. */
enum quorum {
	QUORUM_UNKNOWN, /* no provider, no connection, a node that is not ours, or a new ring without a verdict yet */
	QUORUM_NO,
	QUORUM_YES,
};
enum { QUORUM_COUNT = QUORUM_YES + 1 };

/* What casvip-quorum has told last; all zeros but the instants, which are INSTANT_ZERO: nothing yet. Instants are this
 * host's CLOCK_BOOTTIME. */
struct gate {
	bool told;
	enum quorum quorum;
	uint32_t members;	      /* of the current ring: a bit per node, 1 << node_id; 0: not known */
	struct instant members_since; /* this ring is there, with exactly these members; INSTANT_ZERO: not known */
	struct instant ring_since;    /* ... and has been quorate without a break; only with QUORUM_YES */
	/* When the last word but one of ours that came back was sent, both having come back in this ring. That the
	 * last one came back shows that the token has made its round since: every member was there after this instant,
	 * and the verdict, read after that, was still the same. INSTANT_ZERO: nothing is proven in this ring. */
	struct instant proven_at;
	struct instant word_at[NODES_MAX]; /* when each node's newest word was delivered here; INSTANT_ZERO: never */
	/* When a node's casvip-quorum said here that its agent, whose words it sent, is dead: the same process, and no
	 * other of that node has spoken since. INSTANT_ZERO: not. */
	struct instant gone_at[NODES_MAX];
	/* W: from the instant at which one side is quorate, how long another may go on being so. Of two nodes: the
	 * device's timeout and 500 ms; 0: there is no device, so that no verdict excludes anybody. */
	struct duration settle;
	struct duration max_age; /* A: how long a proof holds in a ring without the peer; some words' worth */
	/* How long a proof holds in a ring with others, for the next ring and its verdict to come: token + consensus +
	 * what the device takes to speak. At least max_age. */
	struct duration grace;
};

struct gate gate_closed(void);

/* Quorate, and proven less than max_age ago. */
bool gate_open(const struct gate *gate, struct instant at);

/* Until when may who owns a vip go on by corosync alone, whatever it hears of others. Kept from evidence to evidence:
 * what was proven stands although the ring has changed since. */
struct hold {
	struct instant shared_until; /* by the newest proof in a ring with another node */
	struct instant until;	     /* INSTANT_ZERO: not at all */
};

#define HOLD_NONE ((struct hold){INSTANT_ZERO, INSTANT_ZERO})

/* `peer`: the only other node of a cluster of two; NODE_NONE: of a larger one, where any proof holds for grace.
 * QUORUM_NO ends it. A verdict for a ring without the peer counts at once where it came while a proof in a ring with
 * it still held: else only after the time that excludes the peer. */
struct hold gate_hold(const struct gate *gate, node_id peer, struct lease_terms terms, struct hold was,
		      struct instant at);

/* Two nodes: does the gate show that `peer` cannot own anything now, however silent it is? While it is open:
 *
 *   - by a verdict for a ring without it, that was still proven settle + max_age after it began, and settle + grace
 *     after the ring did; or
 *   - in a ring with it: its agent's words have not come for grace, although ours made the round; or its agent is dead
 *     for D.
 */
bool gate_excludes(const struct gate *gate, node_id peer, struct lease_terms terms, struct instant at);
