#include "vrrp/change.h"

#include "vrrp/support.h"

void change_role(struct election *is, enum role role, enum why why, struct instant at)
{
	is->role = role;
	is->why = why;
	is->since = at;
	is->lease_until = INSTANT_ZERO;
	is->offers_to = is->yields_to = NODE_NONE;
	is->repeat_at = INSTANT_NEVER;
	is->move_until = INSTANT_ZERO;
	is->quiet_since = INSTANT_ZERO;
	is->suspect = false;
	is->bidding = false;
}

void change_claim(const struct rules *rules, struct election *is, enum why why, struct instant at)
{
	change_role(is, ROLE_ACTIVE, why, at);
	is->term = is->term_owned = ++is->term_seen;
	is->lease_until = instant_add(at, rules->terms.lease);
}

void change_step_down(const struct rules *rules, struct election *is, enum why why, struct instant at)
{
	change_role(is, ROLE_BACKUP, why, at);
	is->listen_until = instant_add(at, rules->terms.dead);
	support_let_go(rules, is);
}

void change_yield(const struct rules *rules, struct election *is, struct handover handover, struct instant at)
{
	change_role(is, ROLE_BACKUP, handover.why, at);
	support_let_go(rules, is);
	is->yields_to = handover.to;
	is->yielded_at = at;
	is->repeat_at = instant_add(at, handover_repeat(rules));
	is->listen_until = instant_add(at, rules->terms.beat);
}
