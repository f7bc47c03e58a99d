#include "vrrp/belief.h"

#include "vrrp/candidates.h"
#include "vrrp/support.h"
#include "vrrp/takeover.h"

/* May a change of this node's mind move the slots? A node whose checks flap faster than each G would keep the vip dark
 * as long as they do: so not more often than what ordinary life brings, and then not until all have had their turn. */
static bool moves_slots(const struct rules *rules, struct view *view, struct instant at)
{
	enum { CHANGES_MAX = 8, WINDOWS = 4 };
	struct duration turn_of_all = {rules->terms.dead.ns + rules->nodes * rules->terms.beat.ns};

	if (instant_since(at, view->changes_from).ns >= duration_times(turn_of_all, WINDOWS).ns) {
		view->changes_from = at;
		view->changes = 0;
	}
	if (view->changes == CHANGES_MAX)
		return false;
	view->changes++;
	return true;
}

/* Slots are counted from the newest change in who owns it or may take it, for that is what all hear at once: where each
 * kept a beginning of its own, two could take in the same instant. Where the owner yields to another one, that one has
 * T. */
static void note_vacancy(const struct rules *rules, struct election *is, const struct event *event)
{
	const struct beat_vip *was = &is->view[event->node].said, *said = &event->said;
	bool yields_to_another = said->yields_to != NODE_NONE && said->yields_to != rules->self;
	bool changed = said->role != was->role || said->fitness != was->fitness || said->score != was->score ||
		       said->enforces != was->enforces;
	bool appears = event->heard == HEARD_FRESH && !candidate_living(rules, is, event->node, event->at);

	if (!changed && !appears)
		return;
	if (was->role != ROLE_ACTIVE && !moves_slots(rules, &is->view[event->node], event->at))
		return;
	if (was->role == ROLE_ACTIVE && yields_to_another)
		is->vacant_at = instant_add(event->at, rules->terms.beat);
	else
		is->vacant_at = instant_later(is->vacant_at, event->at);
}

static void absorb_beat(const struct rules *rules, struct election *is, const struct event *event)
{
	struct view *view = &is->view[event->node];
	bool was_fit = view->fit_since.ns != INSTANT_NEVER.ns &&
		       instant_since(event->at, view->fresh_at).ns < rules->terms.dead.ns;

	note_vacancy(rules, is, event);
	view->said = event->said;
	view->heard_at = event->at;
	if (event->said.term > is->term_seen)
		is->term_seen = event->said.term;
	if (event->said.role == ROLE_ACTIVE) {
		is->suspect = false;
		is->quiet_since = INSTANT_ZERO; /* what was unanswered before says nothing of this owner */
		if (event->said.term > is->term_owned)
			is->term_owned = event->said.term;
	}
	if (event->heard != HEARD_FRESH)
		return;
	view->fresh_at = event->at;
	view->echo_at = event->echo_at;
	if (event->said.fitness != FITNESS_FIT)
		view->fit_since = INSTANT_NEVER;
	else if (!was_fit)
		view->fit_since = event->at;
}

bool belief_heard_all(const struct rules *rules, const struct election *is, struct instant at)
{
	for (node_id n = 0; n < rules->nodes; n++) {
		if (n != rules->self && !candidate_living(rules, is, n, at))
			return false;
	}
	return true;
}

void belief_absorb(const struct rules *rules, struct election *is, const struct event *event, struct todo *todo)
{
	struct takeover takeover;

	/* A node that did not listen for D has not heard a silence, only its own. */
	if (is->role != ROLE_ACTIVE && instant_since(event->at, is->turn_at).ns >= rules->terms.dead.ns)
		is->listen_until = instant_later(is->listen_until, instant_add(event->at, rules->terms.dead));
	is->turn_at = event->at;
	switch (event->kind) {
	case ON_TICK:
		break;
	case ON_BEAT:
		absorb_beat(rules, is, event);
		/* An owner's lease needs proof that it is heard, and a bid its votes: both are echoed at once. */
		todo->echo = rules->majority ? support_hear(rules, is, event) : event->said.role == ROLE_ACTIVE;
		break;
	case ON_FITNESS:
		/* A node whose link is back listens before it bids: it has missed what was said meanwhile. */
		if (is->fitness == FITNESS_NO_LINK && event->fitness != FITNESS_NO_LINK)
			is->listen_until =
				instant_later(is->listen_until, instant_add(event->at, rules->terms.dead));
		/* Others count their slots by it. */
		if (is->fitness != event->fitness) {
			todo->beat = true;
			is->vacant_at = instant_later(is->vacant_at, event->at);
		}
		is->fitness = event->fitness;
		is->score = event->score;
		is->enforces = event->enforces;
		break;
	case ON_ANSWER:
		if (is->role != ROLE_BACKUP)
			break;
		takeover = takeover_at(rules, is, event->at);
		todo->suspect = takeover_answered(is, &takeover, event->at);
		if (todo->suspect)
			todo->peer = takeover.owner;
		break;
	case ON_RIVAL:
		/* Where every peer is heard, or an owner is known, the order decides, and a prober is one of us; unless
		 * they do not agree on the order. */
		if (rules->disputed || (takeover_at(rules, is, event->at).owner == NODE_NONE &&
					!belief_heard_all(rules, is, event->at)))
			takeover_unquiet(is, event->at);
		break;
	case ON_MOVE:
		is->move_to = event->node;
		is->move_until = instant_add(event->at, rules->terms.dead);
		break;
	case ON_STOP:
		is->stopping = true;
		break;
	case ON_GATE:
		is->gate = event->gate;
		is->hold = gate_hold(&is->gate, support_only_peer(rules), rules->terms, is->hold, event->at);
		break;
	}
}
