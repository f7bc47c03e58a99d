#include "vrrp/handover.h"
#include "vrrp/candidates.h"
#include "vrrp/takeover.h"

static struct duration half_beat(const struct rules *rules)
{
	return (struct duration){rules->terms.beat.ns / 2};
}

struct duration handover_repeat(const struct rules *rules)
{
	struct duration eighth = {rules->terms.beat.ns / 8};

	return eighth.ns < duration_ms(2).ns ? eighth : duration_ms(2);
}

struct instant handover_expires(const struct rules *rules, const struct election *is)
{
	return instant_add(is->yielded_at, half_beat(rules));
}

struct instant handover_claim_until(const struct rules *rules, const struct event *event)
{
	struct instant last = instant_add(event->echo_at, half_beat(rules));

	return instant_add(last, (struct duration){rules->terms.margin.ns / 2});
}

static enum why why_unfit(enum fitness fitness)
{
	switch (fitness) {
	case FITNESS_STANDBY:
		return WHY_STANDBY;
	case FITNESS_NO_LINK:
		return WHY_LINK;
	case FITNESS_NO_QUORUM:
		return WHY_NO_QUORUM;
	case FITNESS_FIT:
	case FITNESS_UNHEALTHY:
	case FITNESS_UNKNOWN:
		break;
	}
	return WHY_CHECK;
}

bool election_can_move(const struct rules *rules, const struct election *is, node_id to, struct instant at)
{
	if (to == NODE_NONE)
		to = candidate_best_peer(rules, is, at);
	/* Not to a node less fit than this one: it would hand the vip straight back. */
	return to != NODE_NONE && candidate_ready(rules, is, to, at) && is->view[to].said.fitness <= is->fitness;
}

static struct instant failback_at(const struct rules *rules, const struct election *is, node_id node)
{
	if (!rules->failback_auto || node == rules->self || rules->rank[node] >= rules->rank[rules->self])
		return INSTANT_NEVER;
	/* And since this node owns it: who has just handed it over, ordered or stopping, is not to get it back at
	 * once. */
	return instant_add(instant_later(is->view[node].fit_since, is->since), rules->failback_after);
}

struct instant handover_failback_at(const struct rules *rules, const struct election *is)
{
	struct instant at = INSTANT_NEVER;

	for (node_id n = 0; n < rules->nodes; n++) {
		struct instant each = failback_at(rules, is, n);

		if (!instant_reached(is->turn_at, each))
			at = instant_earlier(at, each);
	}
	return at;
}

/* Rule 9: the most preferred of those that are fit, once it has been so for long enough. It is waited for: moving to
 * the next best meanwhile would be a move too many. */
static node_id failback_to(const struct rules *rules, const struct election *is, struct instant at)
{
	node_id best = NODE_NONE;

	for (node_id n = 0; n < rules->nodes; n++) {
		if (!candidate_ready(rules, is, n, at) || failback_at(rules, is, n).ns == INSTANT_NEVER.ns)
			continue;
		if (best == NODE_NONE || rules->rank[n] < rules->rank[best])
			best = n;
	}
	return best != NODE_NONE && instant_reached(at, failback_at(rules, is, best)) ? best : NODE_NONE;
}

struct handover handover_wanted(const struct rules *rules, const struct election *is, struct instant at)
{
	node_id best = candidate_best_peer(rules, is, at);
	node_id to;

	if (is->fitness == FITNESS_NO_QUORUM) /* rule 11 asks nobody */
		return (struct handover){true, WHY_NO_QUORUM, NODE_NONE};
	if (is->stopping)
		return (struct handover){true, WHY_STOPPING, best};
	if (!instant_reached(at, is->move_until) && election_can_move(rules, is, is->move_to, at))
		return (struct handover){true, WHY_ORDER, is->move_to == NODE_NONE ? best : is->move_to};
	if (is->fitness != FITNESS_FIT && is->fitness != FITNESS_UNKNOWN) {
		if (best != NODE_NONE && is->view[best].said.fitness >= is->fitness)
			best = NODE_NONE;
		return (struct handover){true, why_unfit(is->fitness), best};
	}
	to = failback_to(rules, is, at);
	return (struct handover){to != NODE_NONE, WHY_FAILBACK, to};
}

bool handover_is_mine(const struct rules *rules, const struct election *is, const struct event *event)
{
	return event->kind == ON_BEAT && event->heard == HEARD_FRESH && event->said.yields_to == rules->self &&
	       event->said.role == ROLE_BACKUP && event->said.term == is->term_owned &&
	       instant_since(event->at, event->echo_at).ns <= half_beat(rules).ns &&
	       !takeover_third_owner(rules, is, event->node, event->at);
}
