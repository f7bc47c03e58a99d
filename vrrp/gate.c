#include "vrrp/gate.h"

struct gate gate_closed(void)
{
	struct gate gate = {
		.members_since = INSTANT_ZERO,
		.ring_since = INSTANT_ZERO,
		.proven_at = INSTANT_ZERO,
	};

	for (int n = 0; n < NODES_MAX; n++)
		gate.word_at[n] = gate.gone_at[n] = INSTANT_ZERO;
	return gate;
}

bool gate_open(const struct gate *gate, struct instant at)
{
	return gate->told && gate->quorum == QUORUM_YES &&
	       instant_since(at, gate->proven_at).ns < gate->max_age.ns;
}

static bool has_member(const struct gate *gate, node_id node)
{
	return gate->members >> node & 1;
}

static struct duration sum(struct duration a, struct duration b)
{
	return (struct duration){a.ns + b.ns};
}

/* A proof in a ring with others holds no shorter than one without. */
static struct duration grace_of(const struct gate *gate)
{
	return gate->grace.ns > gate->max_age.ns ? gate->grace : gate->max_age;
}

/* Was the verdict still proven so long after `since`? The other node counts by a clock of its own, and clocks drift by
 * less than 1 in 1000 each. */
static bool proven_for(const struct gate *gate, struct instant since, struct duration length, struct lease_terms terms)
{
	struct duration drift = {length.ns / 500};

	return since.ns != INSTANT_ZERO.ns &&
	       instant_reached(gate->proven_at, instant_add(since, sum(sum(length, drift), terms.margin)));
}

/* A ring without the peer: by the time it has stood, the peer's own evidence is over, that from before its verdict was
 * lost (settle + max_age), and that from a ring with this node and from the next verdict after it (grace + settle). */
static bool excluded_alone(const struct gate *gate, struct lease_terms terms)
{
	return gate->settle.ns > 0 &&
	       proven_for(gate, gate->ring_since, sum(gate->settle, gate->max_age), terms) &&
	       proven_for(gate, gate->members_since, sum(gate->settle, grace_of(gate)), terms);
}

/* What the peer's agent proves to itself after its last word here, it proves after our own word that made the round;
 * until then its former proofs are over. One from an earlier ring is older than this ring. */
static bool excluded_silent(const struct gate *gate, node_id peer, struct lease_terms terms)
{
	return proven_for(gate, instant_later(gate->word_at[peer], gate->members_since), grace_of(gate), terms);
}

/* A dead agent renews nothing, and the kernel ends its last lease. Another one, started since, has spoken before it
 * proves anything. */
static bool excluded_dead(const struct gate *gate, node_id peer, struct lease_terms terms)
{
	struct instant gone_at = gate->gone_at[peer];

	return gone_at.ns != INSTANT_ZERO.ns && gone_at.ns >= gate->word_at[peer].ns &&
	       gone_at.ns >= gate->members_since.ns && proven_for(gate, gone_at, terms.lease, terms);
}

bool gate_excludes(const struct gate *gate, node_id peer, struct lease_terms terms, struct instant at)
{
	if (!gate_open(gate, at))
		return false;
	if (!has_member(gate, peer))
		return excluded_alone(gate, terms);
	return excluded_silent(gate, peer, terms) || excluded_dead(gate, peer, terms);
}

/* Alone, not from a ring with the peer: the peer may be quorate as well, and about to exclude this node. */
static bool counts_alone(const struct gate *gate, struct lease_terms terms, struct hold was)
{
	return gate->ring_since.ns <= was.shared_until.ns || excluded_alone(gate, terms);
}

struct hold gate_hold(const struct gate *gate, node_id peer, struct lease_terms terms, struct hold was,
		      struct instant at)
{
	struct hold is = was;

	if (!gate->told || gate->quorum == QUORUM_UNKNOWN)
		return is;
	if (gate->quorum == QUORUM_NO) {
		is.until = instant_earlier(is.until, at);
		return is;
	}
	if (gate->proven_at.ns == INSTANT_ZERO.ns)
		return is;
	if (peer == NODE_NONE || has_member(gate, peer)) {
		is.shared_until = instant_later(is.shared_until, instant_add(gate->proven_at, grace_of(gate)));
		is.until = instant_later(is.until, is.shared_until);
	} else if (counts_alone(gate, terms, was)) {
		is.until = instant_later(is.until, instant_add(gate->proven_at, gate->max_age));
	}
	return is;
}
