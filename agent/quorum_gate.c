#include "agent/quorum_gate.h"

static bool is_reliable(const struct quorum_told *told, node_id self)
{
	return told->heard && told->fact.self == self && quorum_danger(&told->fact.settings) == QUORUM_NO_DANGER;
}

static enum quorum verdict(const struct quorum_fact *fact)
{
	switch ((enum quorum_state)fact->state) {
	case QUORUM_UNREACHED:
	case QUORUM_DENIED:
	case QUORUM_NO_PROVIDER:
	case QUORUM_MISMATCH:
	case QUORUM_NO_VERDICT:
		break;
	case QUORUM_NOT_QUORATE:
		return QUORUM_NO;
	case QUORUM_QUORATE:
		return QUORUM_YES;
	}
	return QUORUM_UNKNOWN;
}

static struct instant at(int64_t ns)
{
	return ns == 0 ? INSTANT_ZERO : (struct instant){ns};
}

struct gate quorum_gate(const struct quorum_told *told, node_id self, int nodes, const struct lease_terms *lease)
{
	struct quorum_terms terms = quorum_terms(&told->fact.settings, nodes, lease);
	const struct quorum_fact *fact = &told->fact;
	struct gate gate = gate_closed();

	gate.told = told->heard;
	gate.settle = terms.settle;
	gate.max_age = terms.max_age;
	gate.grace = terms.grace;
	if (!is_reliable(told, self))
		return gate;
	gate.quorum = verdict(fact);
	if (fact->state < QUORUM_NO_VERDICT)
		return gate;
	gate.members = fact->members;
	gate.members_since = at(fact->members_since_ns);
	gate.ring_since = gate.quorum == QUORUM_YES ? at(fact->ring_since_ns) : INSTANT_ZERO;
	gate.proven_at = at(fact->proven_ns);
	for (int n = 0; n < NODES_MAX; n++) {
		gate.word_at[n] = at(fact->word_ns[n]);
		gate.gone_at[n] = at(fact->gone_ns[n]);
	}
	return gate;
}

enum quorum_standing quorum_standing(const struct quorum_told *told, const struct gate *gate, node_id self,
				     struct instant now)
{
	const struct quorum_fact *fact = &told->fact;

	if (!told->heard)
		return QUORUM_STANDS_SILENT;
	if (fact->state < QUORUM_NO_VERDICT) /* of which the settings may not be known */
		return QUORUM_STANDS_STATE;
	if (quorum_danger(&fact->settings) != QUORUM_NO_DANGER)
		return QUORUM_STANDS_REFUSED;
	if (fact->self != self)
		return QUORUM_STANDS_MISMATCH;
	if (fact->state != QUORUM_QUORATE)
		return QUORUM_STANDS_STATE;
	return gate_open(gate, now) ? QUORUM_STANDS_OPEN : QUORUM_STANDS_UNPROVEN;
}

const char *quorum_standing_word(enum quorum_standing standing, const struct quorum_told *told)
{
	switch (standing) {
	case QUORUM_STANDS_OPEN:
		break;
	case QUORUM_STANDS_SILENT:
		return "silent";
	case QUORUM_STANDS_REFUSED:
		return quorum_danger_word(quorum_danger(&told->fact.settings));
	case QUORUM_STANDS_MISMATCH:
		return quorum_state_word(QUORUM_MISMATCH);
	case QUORUM_STANDS_STATE:
		return quorum_state_word((enum quorum_state)told->fact.state);
	case QUORUM_STANDS_UNPROVEN:
		return "unproven";
	}
	return "open";
}

const char *quorum_standing_words(enum quorum_standing standing, const struct quorum_told *told)
{
	switch (standing) {
	case QUORUM_STANDS_OPEN:
		break;
	case QUORUM_STANDS_SILENT:
		return "casvip-quorum has told nothing";
	case QUORUM_STANDS_REFUSED:
		return quorum_danger_words(quorum_danger(&told->fact.settings));
	case QUORUM_STANDS_MISMATCH:
		return "the corosync that runs here is that of another node of casvip's";
	case QUORUM_STANDS_STATE:
		return told->fact.words;
	case QUORUM_STANDS_UNPROVEN:
		return "corosync does not bring back what is sent through it: it, or casvip-quorum, is stopped or "
		       "busy";
	}
	return "";
}
