/* The rules, by number (design, part 4):
 *
 *    1  INIT    listened for D + L, or (none) every peer heard            -> BACKUP  started
 *    2  BACKUP  owner silent for D, vip unanswered, my turn        -> ACTIVE  silence
 *    3  BACKUP  the owner yields to me, no third one owns it       -> ACTIVE  yielded
 *    4  BACKUP  nobody owns, vip unanswered, my turn               -> ACTIVE  vacant
 *    5  ACTIVE  woke after the lease                               -> BACKUP  stalled, before any other deed
 *    6  ACTIVE  another owner with a higher (term, order)          -> BACKUP  outranked; the winner announces again
 *    7  ACTIVE  unfit, and a fitter node lives                     -> yields  check, link, standby
 *    8  ACTIVE  unfit, nobody fitter: stay, or release. Without a link there is nobody to stay for: release.
 *    9  ACTIVE  the most preferred fit one was so for long enough  -> yields  failback
 *   10  ACTIVE  ordered away, stopping                             -> yields  order, stopping
 *   11  any     the quorum is gone: the lease ran out unsupported  -> BACKUP  no-quorum
 *
 * Under "majority" rules 2, 3 and 4 do not claim but bid; the claim follows when a majority supports it. Under
 * "corosync", too: of two nodes, when the other one supports it, or corosync excludes the other one. */
#include "vrrp/election.h"

#include <assert.h>
#include <string.h>

#include "vrrp/belief.h"
#include "vrrp/bid.h"
#include "vrrp/candidates.h"
#include "vrrp/change.h"
#include "vrrp/handover.h"
#include "vrrp/support.h"
#include "vrrp/takeover.h"

void election_forget(struct election *is, node_id node)
{
	is->view[node] = (struct view){
		.heard_at = INSTANT_ZERO,
		.fresh_at = INSTANT_ZERO,
		.echo_at = INSTANT_ZERO,
		.supports_me_at = INSTANT_ZERO,
		.fit_since = INSTANT_NEVER,
		.changes_from = INSTANT_ZERO,
		.said = {.offers_to = NODE_NONE, .yields_to = NODE_NONE, .supports = NODE_NONE},
	};
}

struct election election_start(const struct rules *rules, struct instant at)
{
	struct election is = {
		.role = ROLE_INIT,
		.why = WHY_STARTED,
		.since = at,
		.turn_at = at,
		.fitness = FITNESS_UNKNOWN,
		.lease_until = INSTANT_ZERO,
		.listen_until = instant_add(instant_add(at, rules->terms.dead), rules->terms.lease),
		.vacant_at = INSTANT_ZERO,
		.probed_at = INSTANT_ZERO,
		.answered_at = INSTANT_ZERO,
		.quiet_since = INSTANT_ZERO,
		.offers_to = NODE_NONE,
		.offered_at = INSTANT_ZERO,
		.yields_to = NODE_NONE,
		.yielded_at = INSTANT_ZERO,
		.repeat_at = INSTANT_NEVER,
		.move_to = NODE_NONE,
		.move_until = INSTANT_ZERO,
		.supports = NODE_NONE,
		.supported_at = INSTANT_ZERO,
		.votes_from = support_votes_from(rules, at),
		.gate = gate_closed(),
		.hold = HOLD_NONE,
	};

	for (node_id n = 0; n < NODES_MAX; n++)
		election_forget(&is, n);
	return is;
}

static void take(const struct rules *rules, struct election *is, enum why why, struct instant at, struct todo *todo)
{
	if (!rules->majority) {
		change_claim(rules, is, why, at);
	} else if (instant_reached(at, support_bids_from(rules, is, at))) {
		bid_start(rules, is, why, at, todo);
		todo->beat = true;
	}
}

static void decide_init(const struct rules *rules, struct election *is, struct instant at)
{
	/* Under "majority" what this node promised before its start may stand for D + L, whoever is heard. */
	bool all = !rules->majority && belief_heard_all(rules, is, at);

	if (!all && !instant_reached(at, is->listen_until))
		return;
	change_role(is, ROLE_BACKUP, WHY_STARTED, at); /* rule 1 */
	is->listen_until = at;
}

/* An offer is answered by a beat at once: the answer's echo is the proof the owner waits for. */
static void answer_offer(const struct rules *rules, const struct event *event, struct todo *todo)
{
	if (event->kind == ON_BEAT && event->heard == HEARD_FRESH && event->said.offers_to == rules->self)
		todo->beat = true;
}

static void tend_yield(const struct rules *rules, struct election *is, struct instant at, struct todo *todo)
{
	const struct beat_vip *said;

	if (is->yields_to == NODE_NONE)
		return;
	said = &is->view[is->yields_to].said;
	if ((said->role == ROLE_ACTIVE && said->term > is->term) || instant_reached(at, handover_expires(rules, is))) {
		is->yields_to = NODE_NONE;
		is->repeat_at = INSTANT_NEVER;
	} else if (instant_reached(at, is->repeat_at)) {
		is->repeat_at = instant_add(at, handover_repeat(rules));
		todo->beat = true;
	}
}

static void decide_backup(const struct rules *rules, struct election *is, const struct event *event, struct todo *todo)
{
	struct takeover takeover = takeover_at(rules, is, event->at);

	answer_offer(rules, event, todo);
	tend_yield(rules, is, event->at, todo);
	if (is->bidding) {
		bid_tend(rules, is, event, todo);
		return;
	}
	if (is->stopping || !candidate_eligible(rules, is, rules->self))
		return;
	if (handover_is_mine(rules, is, event)) { /* rule 3 */
		todo->peer = event->node;
		todo->peer_why = event->said.why;
		take(rules, is, WHY_YIELDED, event->at, todo);
		is->lease_until = instant_earlier(is->lease_until, handover_claim_until(rules, event));
		return;
	}
	takeover_forget(rules, is, event->at);
	if (event->kind != ON_TICK) /* what else has arrived is heard first: it may be the new owner's beat */
		return;
	if (instant_reached(event->at, takeover.may_take) &&
	    instant_reached(event->at, takeover_quiet_at(rules, is, &takeover))) { /* rules 2 and 4 */
		todo->peer = takeover.owner;
		todo->silent = instant_since(event->at, takeover.heard_at);
		take(rules, is, takeover.owner == NODE_NONE ? WHY_VACANT : WHY_SILENCE, event->at, todo);
		is->lease_until = instant_earlier(is->lease_until, takeover_claim_until(rules, event->at));
		return;
	}
	if (instant_reached(event->at, takeover_probe_at(rules, is, &takeover))) {
		takeover_probed(is, &takeover, event->at);
		todo->probe = true;
	}
}

/* Rule 6. Both owners see each other; exactly one of them finds itself outranked. */
static bool decide_rivals(const struct rules *rules, struct election *is, const struct election *was,
			  const struct event *event, struct todo *todo)
{
	if (event->kind != ON_BEAT || event->said.role != ROLE_ACTIVE)
		return false;
	todo->split = true;
	todo->peer = event->node;
	todo->silent = instant_since(event->at, was->view[event->node].heard_at);
	if (candidate_outranks(event->said.term, event->node, is->term, rules->self)) {
		change_step_down(rules, is, WHY_OUTRANKED, event->at);
		return true;
	}
	todo->announce = todo->beat = true;
	return false;
}

static void offer(const struct rules *rules, struct election *is, struct handover handover, struct instant at,
		  struct todo *todo)
{
	const struct view *successor = &is->view[handover.to];

	if (is->offers_to != handover.to) {
		is->offers_to = handover.to;
		is->offered_at = at;
		is->repeat_at = instant_add(at, handover_repeat(rules));
		todo->beat = true;
	} else if (successor->fresh_at.ns == at.ns && successor->echo_at.ns >= is->offered_at.ns) {
		todo->peer = handover.to;
		change_yield(rules, is, handover, at);
	} else if (instant_reached(at, is->repeat_at)) {
		is->repeat_at = instant_add(at, handover_repeat(rules));
		todo->beat = true;
	}
}

/* Rule 8, where nobody can be handed the vip. */
static bool releases_alone(const struct rules *rules, enum why why)
{
	switch (why) {
	case WHY_STOPPING:
	case WHY_NO_QUORUM:
	case WHY_LINK:
		return true;
	case WHY_CHECK:
	case WHY_STANDBY:
		return !rules->hold_when_none_fit;
	case WHY_STARTED:
	case WHY_SILENCE:
	case WHY_YIELDED:
	case WHY_VACANT:
	case WHY_STALLED:
	case WHY_OUTRANKED:
	case WHY_FAILBACK:
	case WHY_ORDER:
		break;
	}
	return false;
}

static void decide_active(const struct rules *rules, struct election *is, const struct election *was,
			  const struct event *event, struct todo *todo)
{
	struct handover handover;

	if (rules->majority)
		is->lease_until = instant_later(is->lease_until, support_lease_until(rules, is, event->at));
	if (decide_rivals(rules, is, was, event, todo))
		return;
	handover = handover_wanted(rules, is, event->at); /* rules 7, 9, 10 */
	if (handover.leave && handover.to != NODE_NONE) {
		offer(rules, is, handover, event->at, todo);
		return;
	}
	is->offers_to = NODE_NONE;
	is->repeat_at = INSTANT_NEVER;
	if (handover.leave && releases_alone(rules, handover.why))
		change_step_down(rules, is, handover.why, event->at);
}

static void decide(const struct rules *rules, struct election *is, const struct election *was,
		   const struct event *event, struct todo *todo)
{
	switch (is->role) {
	case ROLE_INIT:
		decide_init(rules, is, event->at);
		break;
	case ROLE_BACKUP:
		decide_backup(rules, is, event, todo);
		break;
	case ROLE_ACTIVE:
		decide_active(rules, is, was, event, todo);
		break;
	}
}

static void derive_deeds(const struct election *was, const struct election *is, struct todo *todo)
{
	todo->changed = was->role != is->role;
	todo->from = was->role;
	todo->release = was->role == ROLE_ACTIVE && is->role != ROLE_ACTIVE;
	todo->take = was->role != ROLE_ACTIVE && is->role == ROLE_ACTIVE;
	if (todo->changed)
		todo->beat = true;
	if (todo->release)
		todo->announce = false;
}

/* A lease that was already old when this node last ran was not renewed for want of supporters, or of anybody who hears
 * this node; a young one, for want of running. */
static enum why why_lapsed(const struct rules *rules, const struct election *was)
{
	struct instant from = {was->lease_until.ns - rules->terms.lease.ns};

	if (instant_since(was->turn_at, from).ns < rules->terms.beat.ns * 3 / 2)
		return WHY_STALLED;
	return rules->majority ? WHY_NO_QUORUM : WHY_LINK;
}

struct step election_step(const struct rules *rules, const struct election *was, const struct event *event)
{
	struct step step = {.is = *was, .todo = {.peer = NODE_NONE}};
	bool stalled = was->role == ROLE_ACTIVE && instant_reached(event->at, was->lease_until);

	assert(event->at.ns >= was->turn_at.ns);
	if (stalled)
		change_step_down(rules, &step.is, why_lapsed(rules, was), event->at); /* rules 5, 11 */
	belief_absorb(rules, &step.is, event, &step.todo);
	if (!stalled)
		decide(rules, &step.is, was, event, &step.todo);
	derive_deeds(was, &step.is, &step.todo);
	return step;
}

void election_renew(const struct rules *rules, struct election *is, struct instant at, struct instant sent_by)
{
	assert(is->role == ROLE_ACTIVE && at.ns <= sent_by.ns);
	if (!rules->majority && sent_by.ns < is->lease_until.ns)
		is->lease_until = instant_later(is->lease_until, instant_add(at, rules->terms.lease));
}

static struct instant next_backup(const struct rules *rules, const struct election *is)
{
	struct takeover takeover = takeover_at(rules, is, is->turn_at);
	struct instant next = is->repeat_at, quiet_at;

	if (is->bidding)
		return instant_earlier(next, instant_add(is->bid.at, rules->terms.dead));
	if (is->stopping || !candidate_eligible(rules, is, rules->self))
		return next;
	next = instant_earlier(next, takeover_probe_at(rules, is, &takeover));
	quiet_at = takeover_quiet_at(rules, is, &takeover);
	return instant_earlier(next, instant_later(quiet_at, takeover.may_take));
}

struct instant election_next(const struct rules *rules, const struct election *is)
{
	switch (is->role) {
	case ROLE_INIT:
		return is->listen_until;
	case ROLE_BACKUP:
		return next_backup(rules, is);
	case ROLE_ACTIVE:
		break;
	}
	return instant_earlier(instant_earlier(is->lease_until, is->repeat_at), handover_failback_at(rules, is));
}

struct beat_vip election_says(const struct election *is, uint32_t vip)
{
	bool leaves = is->stopping && is->fitness < FITNESS_STANDBY;
	bool own = is->role == ROLE_ACTIVE || is->bidding || is->yields_to != NODE_NONE;

	return (struct beat_vip){
		.vip = vip,
		/* Who has nothing to say of a claim of its own passes on what it knows, for those that have restarted:
		 * a claim or a bid in a term of long ago is refused. */
		.term = own ? is->term : is->term_seen,
		.role = is->role,
		.fitness = leaves ? FITNESS_STANDBY : is->fitness, /* nobody hands it to a node that is about to go */
		.score = is->score,
		.offers_to = is->offers_to,
		.yields_to = is->yields_to,
		.enforces = is->enforces,
		.why = is->why,
		.bids = is->bidding,
		.supports = is->supports,
		.supports_term = is->supports_term,
	};
}

node_id election_owner(const struct rules *rules, const struct election *is, struct instant at)
{
	node_id owner = NODE_NONE;

	if (is->role == ROLE_ACTIVE)
		return rules->self;
	for (node_id n = 0; n < rules->nodes; n++) {
		const struct view *view = &is->view[n];

		if (view->said.role != ROLE_ACTIVE || instant_since(at, view->heard_at).ns >= rules->terms.dead.ns)
			continue;
		if (owner == NODE_NONE || candidate_outranks(view->said.term, n, is->view[owner].said.term, owner))
			owner = n;
	}
	return owner;
}
