#include "vrrp/bid.h"

#include "vrrp/candidates.h"
#include "vrrp/change.h"
#include "vrrp/support.h"

void bid_start(const struct rules *rules, struct election *is, enum why why, struct instant at,
	       const struct todo *todo)
{
	is->bidding = true;
	is->bid = (struct bid){.at = at, .why = why, .peer_why = todo->peer_why, .peer = todo->peer,
			       .silent = todo->silent};
	is->term = ++is->term_seen;
	is->supports = rules->self;
	support_self(is);
	is->repeat_at = instant_add(at, handover_repeat(rules));
}

/* Says so at once: those who voted for it are free then. */
static void give_up(const struct rules *rules, struct election *is, struct instant at, struct todo *todo)
{
	bool outbid = is->term_seen > is->term;

	todo->beat = true;

	is->bidding = false;
	is->repeat_at = INSTANT_NEVER;
	is->listen_until = instant_later(
		is->listen_until, instant_add(at, outbid ? rules->terms.dead : rules->terms.beat));
	support_let_go(rules, is);
}

static void win(struct election *is, struct instant lease_until, struct instant at, struct todo *todo)
{
	struct bid won = is->bid;
	uint32_t term = is->term;

	change_role(is, ROLE_ACTIVE, won.why, at);
	is->term = is->term_owned = term;
	is->lease_until = lease_until;
	todo->peer = won.peer;
	todo->peer_why = won.peer_why;
	todo->silent = won.silent;
}

/* Another one bids for the same term, so the votes are split. The preferred one bids anew, the other gives way. */
static void meet_rival(const struct rules *rules, struct election *is, const struct event *event, struct todo *todo)
{
	if (rules->rank[event->node] < rules->rank[rules->self]) {
		give_up(rules, is, event->at, todo);
		return;
	}
	is->term = ++is->term_seen;
	support_self(is);
	todo->beat = true;
}

void bid_tend(const struct rules *rules, struct election *is, const struct event *event, struct todo *todo)
{
	bool rival = event->kind == ON_BEAT && event->said.bids && event->said.term == is->term;
	struct instant lease_until = support_lease_until(rules, is, event->at);
	bool lost = is->term_seen > is->term || instant_since(event->at, is->bid.at).ns >= rules->terms.dead.ns;

	if (lost || is->stopping || !candidate_eligible(rules, is, rules->self)) {
		give_up(rules, is, event->at, todo);
	} else if (rival) {
		meet_rival(rules, is, event, todo);
	} else if (!instant_reached(event->at, lease_until)) {
		win(is, lease_until, event->at, todo);
	} else if (instant_reached(event->at, is->repeat_at)) {
		is->repeat_at = instant_add(event->at, handover_repeat(rules));
		todo->beat = true;
	}
}
