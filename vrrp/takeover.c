#include "vrrp/takeover.h"
#include "vrrp/candidates.h"
#include "vrrp/support.h"

/* An owner without a fence stops answering when its address expires: at the latest one lifetime after the last refresh,
 * which is never after its lease; and the kernel is late. */
static struct duration lease_over_after(const struct rules *rules, uint8_t enforces)
{
	if (enforces & ENFORCES_FENCE)
		return rules->terms.lease;
	return (struct duration){rules->terms.lease.ns + rules->lifetime.ns + LEASE_ADDRESS_LATE.ns};
}

struct duration takeover_dead_after(const struct rules *rules, uint8_t enforces)
{
	return (struct duration){lease_over_after(rules, enforces).ns + rules->terms.margin.ns};
}

struct takeover takeover_at(const struct rules *rules, const struct election *is, struct instant at)
{
	struct instant from = instant_later(is->listen_until, is->vacant_at);
	struct takeover t = {.owner = NODE_NONE, .heard_at = INSTANT_ZERO, .lease_over = from, .may_take = from};
	int place;

	for (node_id n = 0; n < rules->nodes; n++) {
		const struct view *view = &is->view[n];

		if (n == rules->self || view->said.role != ROLE_ACTIVE)
			continue;
		if (view->heard_at.ns > t.heard_at.ns && view->said.term >= is->term_owned) {
			t.owner = n;
			t.heard_at = view->heard_at;
		}
		t.lease_over = instant_later(
			t.lease_over, instant_add(view->heard_at, lease_over_after(rules, view->said.enforces)));
		t.may_take = instant_later(
			t.may_take, instant_add(view->heard_at, takeover_dead_after(rules, view->said.enforces)));
	}
	/* The n-th in order waits n slots: the first pays no skew, and two never bid at once. Where nobody is known to
	 * have owned it, nodes that were never heard count too: they may just be starting, behind a wrong key. */
	place = candidate_place(rules, is, at);
	if (t.owner == NODE_NONE)
		place += candidate_strangers_before(rules, is);
	if (rules->majority)
		t.may_take = instant_later(t.may_take, support_bids_from(rules, is, at));
	t.may_take = instant_add(t.may_take, duration_times(rules->terms.beat, place));
	return t;
}

bool takeover_third_owner(const struct rules *rules, const struct election *is, node_id yielder, struct instant at)
{
	for (node_id n = 0; n < rules->nodes; n++) {
		const struct view *view = &is->view[n];
		struct duration answers_for = lease_over_after(rules, view->said.enforces);

		if (n != rules->self && n != yielder && view->said.role == ROLE_ACTIVE &&
		    !instant_reached(at, instant_add(view->heard_at, answers_for)))
			return true;
	}
	return false;
}

struct instant takeover_claim_until(const struct rules *rules, struct instant at)
{
	return instant_add(at, (struct duration){(rules->terms.beat.ns + rules->terms.margin.ns) / 2});
}

/* Silence before the lease was over is no evidence, nor is silence before the owner was heard again. */
static bool is_quiet(const struct election *is, const struct takeover *takeover)
{
	return is->quiet_since.ns != INSTANT_ZERO.ns && is->quiet_since.ns >= takeover->lease_over.ns;
}

void takeover_forget(const struct rules *rules, struct election *is, struct instant at)
{
	if (is->quiet_since.ns != INSTANT_ZERO.ns &&
	    instant_since(at, is->probed_at).ns > duration_times(rules->terms.margin, 2).ns)
		is->quiet_since = INSTANT_ZERO;
}

struct instant takeover_probe_at(const struct rules *rules, const struct election *is, const struct takeover *takeover)
{
	struct duration half_beat = {rules->terms.beat.ns / 2};
	/* A vacant vip is probed just before this node's turn, so that who goes first is not taken for a rival. */
	struct instant first =
		takeover->owner == NODE_NONE
			? instant_later(takeover->lease_over,
					instant_add(takeover->may_take, (struct duration){-rules->terms.margin.ns}))
			: instant_add(takeover->heard_at, duration_times(half_beat, 3));

	if (is->probed_at.ns < first.ns)
		return first;
	/* As long as corosync does not exclude the silent one nothing follows from an answer, nor from none. */
	if (takeover->may_take.ns == INSTANT_NEVER.ns && support_only_peer(rules) != NODE_NONE)
		return instant_add(is->probed_at, rules->terms.beat);
	if (is->probed_at.ns < takeover->lease_over.ns)
		return instant_earlier(instant_add(is->probed_at, half_beat), takeover->lease_over);
	/* Answered: ask again a beat later; but soon, where it may be the silent owner's last word, for clocks
	 * drift. */
	if (!is_quiet(is, takeover))
		return instant_add(is->answered_at,
				   takeover->owner != NODE_NONE && is->answered_at.ns < takeover->may_take.ns
					   ? (struct duration){rules->terms.margin.ns / 4}
					   : rules->terms.beat);
	return instant_add(is->probed_at, (struct duration){rules->terms.margin.ns / 2});
}

struct instant takeover_quiet_at(const struct rules *rules, const struct election *is, const struct takeover *takeover)
{
	if (!is_quiet(is, takeover))
		return INSTANT_NEVER;
	return instant_add(is->quiet_since, rules->terms.margin);
}

void takeover_probed(struct election *is, const struct takeover *takeover, struct instant at)
{
	is->probed_at = at;
	if (!is_quiet(is, takeover) && instant_reached(at, takeover->lease_over))
		is->quiet_since = at;
}

void takeover_unquiet(struct election *is, struct instant at)
{
	is->answered_at = at;
	is->quiet_since = INSTANT_ZERO;
}

bool takeover_answered(struct election *is, const struct takeover *takeover, struct instant at)
{
	/* Until its lease is over a dying owner may well answer: that says nothing. */
	if (is->probed_at.ns < takeover->lease_over.ns || !instant_reached(at, takeover->lease_over))
		return false;
	takeover_unquiet(is, at);
	/* Worth a word only where it holds this node back: before its turn another may simply have taken. */
	if (is->suspect || !instant_reached(at, takeover->may_take))
		return false;
	is->suspect = true;
	return true;
}
