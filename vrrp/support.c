#include "vrrp/support.h"

#include "vrrp/candidates.h"
#include "vrrp/takeover.h"

struct instant support_votes_from(const struct rules *rules, struct instant start)
{
	return instant_add(instant_add(start, rules->terms.dead), rules->terms.lease);
}

static bool claims(const struct beat_vip *said)
{
	return said->role == ROLE_ACTIVE || said->bids;
}

/* From when on is this node free to support somebody else than now? */
static struct instant free_at(const struct rules *rules, const struct election *is)
{
	if (is->supports == NODE_NONE)
		return is->votes_from;
	if (is->supports == rules->self)
		return is->role == ROLE_ACTIVE || is->bidding ? INSTANT_NEVER : is->votes_from;
	return instant_later(is->votes_from,
			     instant_add(is->supported_at,
					 takeover_dead_after(rules, is->view[is->supports].said.enforces)));
}

static void note_support_for_me(const struct rules *rules, struct election *is, const struct event *event)
{
	if (event->heard == HEARD_FRESH && event->said.supports == rules->self && event->said.supports_term == is->term)
		is->view[event->node].supports_me_at =
			instant_later(is->view[event->node].supports_me_at, event->echo_at);
}

bool support_hear(const struct rules *rules, struct election *is, const struct event *event)
{
	const struct beat_vip *said = &event->said;

	note_support_for_me(rules, is, event);
	if (event->node == is->supports && !claims(said) && said->term >= is->supports_term)
		is->supports = NODE_NONE; /* it yielded, stepped down or gave up: by its own word, its fence is shut */
	if (!claims(said))
		return false;
	if (event->node == is->supports && said->term == is->supports_term) {
		is->supported_at = event->at;
		return true;
	}
	if (event->heard != HEARD_FRESH)
		return false;
	/* The same node may be followed into a newer term at once, for that is no change of sides. */
	if (event->node == is->supports ? said->term < is->supports_term
					: !instant_reached(event->at, free_at(rules, is)))
		return false;
	/* A bid gets one vote a term. Who has won by others' votes is supported whatever its term, by those too that
	 * voted or bid in vain since: else it could lose its majority although a majority hears it. */
	if (said->role != ROLE_ACTIVE && said->term <= is->voted_term)
		return false;
	is->supports = event->node;
	is->supports_term = said->term;
	if (said->term > is->voted_term)
		is->voted_term = said->term;
	is->supported_at = event->at;
	return true;
}

node_id support_only_peer(const struct rules *rules)
{
	return rules->corosync && rules->nodes == 2 ? (node_id)(1 - rules->self) : NODE_NONE;
}

static bool majority_lives(const struct rules *rules, const struct election *is, struct instant at)
{
	int living = 0;

	for (node_id n = 0; n < rules->nodes; n++)
		living += candidate_living(rules, is, n, at);
	return living >= rules->nodes / 2;
}

static bool corosync_holds(const struct election *is, struct instant at)
{
	return !instant_reached(at, is->hold.until);
}

static bool excludes_peer(const struct rules *rules, const struct election *is, struct instant at)
{
	node_id peer = support_only_peer(rules);

	return peer != NODE_NONE && gate_excludes(&is->gate, peer, rules->terms, at);
}

bool election_has_quorum(const struct rules *rules, const struct election *is, struct instant at)
{
	bool lives = majority_lives(rules, is, at);

	if (!rules->majority)
		return true;
	if (!rules->corosync)
		return lives;
	return support_only_peer(rules) == NODE_NONE ? lives && corosync_holds(is, at)
						     : lives || corosync_holds(is, at);
}

struct instant support_bids_from(const struct rules *rules, const struct election *is, struct instant at)
{
	/* A bid that cannot be won only raises the term. */
	if (support_only_peer(rules) == NODE_NONE ? !election_has_quorum(rules, is, at)
						  : !majority_lives(rules, is, at) && !excludes_peer(rules, is, at))
		return INSTANT_NEVER;
	return free_at(rules, is);
}

void support_self(struct election *is)
{
	for (int n = 0; n < NODES_MAX; n++)
		is->view[n].supports_me_at = INSTANT_ZERO;
	is->supports_term = is->voted_term = is->term;
}

void support_let_go(const struct rules *rules, struct election *is)
{
	if (is->supports == rules->self)
		is->supports = NODE_NONE;
}

/* How many peers' echoes are at or after this instant? */
static int supporters_since(const struct rules *rules, const struct election *is, struct instant since)
{
	int count = 0;

	for (node_id n = 0; n < rules->nodes; n++)
		count += n != rules->self && is->view[n].supports_me_at.ns != INSTANT_ZERO.ns &&
			 is->view[n].supports_me_at.ns >= since.ns;
	return count;
}

static struct instant support_since(const struct rules *rules, const struct election *is, struct instant at)
{
	int needed = rules->nodes / 2; /* of the peers: a majority less this node */
	struct instant best = INSTANT_ZERO;

	if (needed == 0)
		return at;
	for (node_id n = 0; n < rules->nodes; n++) {
		struct instant each = is->view[n].supports_me_at;

		if (n != rules->self && each.ns > best.ns && supporters_since(rules, is, each) >= needed)
			best = each;
	}
	return best;
}

/* Not beyond L from now: that a dead agent's lease is over D after its death is what the other one counts on. */
static struct instant corosync_until(const struct rules *rules, const struct election *is, struct instant at)
{
	if (support_only_peer(rules) == NODE_NONE || !corosync_holds(is, at) ||
	    (is->role != ROLE_ACTIVE && !excludes_peer(rules, is, at)))
		return INSTANT_ZERO;
	return instant_earlier(is->hold.until, instant_add(at, rules->terms.lease));
}

struct instant support_lease_until(const struct rules *rules, const struct election *is, struct instant at)
{
	return instant_later(instant_add(support_since(rules, is, at), rules->terms.lease),
			     corosync_until(rules, is, at));
}
