#include "agent/quorum_view.h"

#include <string.h>

static bool same_ring(struct quorum_ring a, struct quorum_ring b)
{
	return a.node == b.node && a.seq == b.seq;
}

static enum quorum_state state_of(const struct quorum_view *view)
{
	if (view->trouble != QUORUM_QUORATE)
		return view->trouble;
	if (view->has_stranger)
		return QUORUM_MISMATCH;
	if (view->ring.seq == 0 || !same_ring(view->ring, view->judged))
		return QUORUM_NO_VERDICT;
	/* A verdict that this node is no part of says nothing of it. */
	return view->quorate && view->members >> view->self & 1 ? QUORUM_QUORATE : QUORUM_NOT_QUORATE;
}

/* The time that a successor waits for starts anew with each gap and with each change of who is in. */
static void mind_since(struct quorum_view *view, struct instant at)
{
	if (state_of(view) != QUORUM_QUORATE) {
		view->since = INSTANT_ZERO;
	} else if (view->since.ns == INSTANT_ZERO.ns || view->since_members != view->members) {
		view->since = at;
		view->since_members = view->members;
	}
}

void quorum_view_lose(struct quorum_view *view, enum quorum_state why, const char *words)
{
	uint32_t connects = view->connects;

	*view = (struct quorum_view){
		.trouble = why,
		.self = NODE_NONE,
		.connects = connects,
		.proven_at = INSTANT_ZERO,
		.since = INSTANT_ZERO,
	};
	strncpy(view->words, words, sizeof(view->words) - 1);
}

void quorum_view_find(struct quorum_view *view)
{
	view->connects++;
	view->trouble = QUORUM_QUORATE;
	view->words[0] = '\0';
}

void quorum_view_nodes(struct quorum_view *view, const struct conf *conf, const struct quorum_node *nodes, int count,
		       uint32_t local)
{
	bool fine;

	view->words[0] = '\0';
	fine = quorum_map_make(&view->map, conf, nodes, count, view->words) == 0;
	view->self = quorum_map_node(&view->map, local);
	if (fine && view->self == NODE_NONE) {
		snprintf(view->words, sizeof(view->words), "corosync's own node %u is not in its nodelist", local);
		fine = false;
	}
	view->trouble = fine ? QUORUM_QUORATE : QUORUM_MISMATCH;
	if (!fine)
		view->since = INSTANT_ZERO;
}

void quorum_view_ring(struct quorum_view *view, struct quorum_ring ring)
{
	if (ring.seq < view->ring.seq || same_ring(ring, view->ring))
		return;
	view->ring = ring;
	mind_since(view, INSTANT_ZERO); /* it can only end here: nothing was said of this ring before */
}

void quorum_view_verdict(struct quorum_view *view, struct quorum_ring ring, bool quorate, const uint32_t *ids,
			 size_t count, struct instant at)
{
	if (ring.seq < view->ring.seq)
		return;
	view->ring = view->judged = ring;
	view->quorate = quorate;
	view->has_stranger = false;
	view->members = 0;
	for (size_t i = 0; i < count; i++) {
		node_id node = quorum_map_node(&view->map, ids[i]);

		if (node == NODE_NONE)
			view->has_stranger = true;
		else
			view->members |= UINT32_C(1) << node;
	}
	mind_since(view, at);
}

void quorum_view_proof(struct quorum_view *view, struct instant sent_at)
{
	view->proven_at = instant_later(view->proven_at, sent_at);
}

static int64_t told_ns(struct instant at)
{
	return at.ns == INSTANT_ZERO.ns ? 0 : at.ns;
}

void quorum_view_fact(const struct quorum_view *view, struct quorum_fact *fact)
{
	memset(fact, 0, sizeof(*fact)); /* no byte of the padding tells of anything else */
	fact->magic = QUORUM_FACT_MAGIC;
	fact->state = state_of(view);
	fact->members = view->members;
	fact->self = view->self;
	fact->ring_node = view->ring.node;
	fact->ring_seq = view->ring.seq;
	fact->connects = view->connects;
	fact->proven_ns = told_ns(view->proven_at);
	fact->since_ns = told_ns(view->since);
	fact->settings = view->settings;
	memcpy(fact->words, view->words, sizeof(fact->words));
	if (view->trouble == QUORUM_QUORATE && view->has_stranger)
		snprintf(fact->words, sizeof(fact->words), "a node is in corosync's ring that is none of casvip's");
}
