#include "agent/explain.h"

#include <inttypes.h>
#include <stdio.h>

#include "vrrp/candidates.h"
#include "vrrp/takeover.h"

static enum fitness fitness_of(const struct explain_facts *facts, node_id node)
{
	return node == facts->rules->self ? facts->is->fitness : facts->is->view[node].said.fitness;
}

static enum role role_of(const struct explain_facts *facts, node_id node)
{
	return node == facts->rules->self ? facts->is->role : facts->is->view[node].said.role;
}

static uint8_t enforces_of(const struct explain_facts *facts, node_id node)
{
	return node == facts->rules->self ? facts->is->enforces : facts->is->view[node].said.enforces;
}

static bool lives(const struct explain_facts *facts, node_id node)
{
	return node == facts->rules->self || candidate_living(facts->rules, facts->is, node, facts->at);
}

static bool is_ready(const struct explain_facts *facts, node_id node)
{
	return lives(facts, node) && candidate_eligible(facts->rules, facts->is, node) &&
	       role_of(facts, node) != ROLE_INIT;
}

static void tell_other(const struct explain_facts *facts, node_id node, struct explained_node *out)
{
	enum fitness fitness = fitness_of(facts, node);
	const char *words = "ready; but nothing asks for a move";

	if (facts->rules->rank[node] == RANK_NEVER)
		words = "a witness: it votes, and never owns";
	else if (!lives(facts, node))
		words = "not heard";
	else if (role_of(facts, node) == ROLE_INIT)
		words = "has just started and listens yet";
	else if (facts->rules->majority && !(enforces_of(facts, node) & ENFORCES_FENCE))
		words = "has no fence, without which it may own nothing where votes are asked for";
	else if (fitness == FITNESS_UNHEALTHY && is_ready(facts, node))
		words = "unhealthy: it would take only from an owner that is gone or no better";
	*out = (struct explained_node){.node = node, .ready = is_ready(facts, node)};
	if (lives(facts, node) && !is_ready(facts, node) && fitness != FITNESS_FIT)
		snprintf(out->words, EXPLAIN_WORDS_MAX, "%s", fitness_word(fitness));
	else
		snprintf(out->words, EXPLAIN_WORDS_MAX, "%s", words);
	if (facts->rules->rank[node] == RANK_NEVER)
		snprintf(out->words, EXPLAIN_WORDS_MAX, "%s%s", words, lives(facts, node) ? "" : "; not heard");
}

/* The best of those that are ready; with `fit`, of those whose checks pass. */
static node_id best_of(const struct explain_facts *facts, const struct explanation *explanation, bool fit)
{
	node_id best = NODE_NONE;

	for (int o = 0; o < explanation->others; o++) {
		node_id node = explanation->other[o].node;

		if (!explanation->other[o].ready || (fit && fitness_of(facts, node) != FITNESS_FIT))
			continue;
		if (best == NODE_NONE || candidate_comes_before(facts->rules, facts->is, node, best))
			best = node;
	}
	return best;
}

static int survivors(const struct explain_facts *facts, node_id owner)
{
	int count = 0;

	for (node_id n = 0; n < facts->rules->nodes; n++)
		count += n != owner && lives(facts, n);
	return count;
}

/* Two nodes with corosync have its word in place of the other's vote. */
static bool votes_are_gone(const struct explain_facts *facts, node_id owner)
{
	return facts->rules->majority && !facts->rules->corosync &&
	       survivors(facts, owner) < facts->rules->nodes / 2 + 1;
}

/* Of two nodes neither has the other's vote then: corosync has to exclude the dead one. */
static bool waits_for_corosync(const struct explain_facts *facts)
{
	return facts->rules->corosync && facts->rules->nodes == 2;
}

static void foresee_exclusion(const struct explain_facts *facts, int64_t dead_ms, struct explanation *out)
{
	if (facts->failover.ns == 0) {
		out->heir = NODE_NONE;
		snprintf(out->death, EXPLAIN_WORDS_MAX, "nobody could take it: corosync tells of no quorum device, and "
			 "one node of two is no quorum without");
		return;
	}
	out->least_ms = dead_ms;
	out->most_ms = duration_to_ms(facts->failover);
	snprintf(out->death, EXPLAIN_WORDS_MAX, "the less where its agent alone died, the more where its host did: "
		 "until corosync excludes it, by its token, consensus and quorum device");
}

/* A backup counts from the receipt of the owner's newest beat, which is up to T old when the owner dies. */
static void foresee_death(const struct explain_facts *facts, struct explanation *out)
{
	const struct lease_terms *terms = &facts->rules->terms;
	bool fenced = enforces_of(facts, out->owner) & ENFORCES_FENCE;
	int64_t dead_ms = duration_to_ms(takeover_dead_after(facts->rules, enforces_of(facts, out->owner)));
	int64_t beat_ms = duration_to_ms(terms->beat);

	out->heir = best_of(facts, out, false);
	if (out->heir == NODE_NONE) {
		snprintf(out->death, EXPLAIN_WORDS_MAX, "nobody could take it");
		return;
	}
	if (votes_are_gone(facts, out->owner)) {
		out->heir = NODE_NONE;
		snprintf(out->death, EXPLAIN_WORDS_MAX, "nobody could take it: only %d of %d nodes would be left, too "
			 "few for a majority", survivors(facts, out->owner), facts->rules->nodes);
		return;
	}
	if (waits_for_corosync(facts)) {
		foresee_exclusion(facts, dead_ms, out);
		return;
	}
	out->least_ms = dead_ms - beat_ms;
	out->most_ms = dead_ms;
	snprintf(out->death, EXPLAIN_WORDS_MAX, "%" PRId64 " ms after the owner's last heartbeat (%s), which is up "
		 "to T = %" PRId64 " ms old%s%s", dead_ms,
		 fenced ? "D: so long it must be silent, and its vip unanswered"
			: "no fence: its address has to expire",
		 beat_ms, facts->rules->majority ? "; a round trip more for the votes" : "",
		 facts->rules->corosync ? "; and not before corosync agrees" : "");
}

/* How long until the slowest required check of the vip is down: interval + fall x fast. */
static int64_t notice_ms(const struct conf_vip *vip)
{
	int64_t most = -1;

	for (int c = 0; c < vip->checks; c++) {
		const struct conf_check *check = &vip->check[c];
		int64_t ms = duration_to_ms(check->interval) + check->fall * duration_to_ms(check->fast);

		if (check->required && ms > most)
			most = ms;
	}
	return most;
}

static void foresee_failure(const struct explain_facts *facts, struct explanation *out)
{
	out->notice_ms = notice_ms(facts->vip);
	out->stand_in = best_of(facts, out, true);
	if (out->notice_ms < 0)
		snprintf(out->failure, EXPLAIN_WORDS_MAX, "nothing would be noticed: it has no required check");
	else if (out->stand_in != NODE_NONE)
		snprintf(out->failure, EXPLAIN_WORDS_MAX, "interval + fall x fast of the slowest required check, and "
			 "what an answer takes; the hand-over itself is a round trip");
	else
		snprintf(out->failure, EXPLAIN_WORDS_MAX, "no other node is fit: the owner %s it (when_none_fit)",
			 facts->rules->hold_when_none_fit ? "would keep" : "would release");
}

void explain(const struct explain_facts *facts, struct explanation *explanation)
{
	*explanation = (struct explanation){
		.owner = election_owner(facts->rules, facts->is, facts->at),
		.heir = NODE_NONE,
		.stand_in = NODE_NONE,
		.notice_ms = -1,
	};
	for (node_id n = 0; n < facts->rules->nodes; n++)
		if (n != explanation->owner)
			tell_other(facts, n, &explanation->other[explanation->others++]);
	if (explanation->owner == NODE_NONE) {
		snprintf(explanation->death, EXPLAIN_WORDS_MAX, "nobody is known to own it");
		snprintf(explanation->failure, EXPLAIN_WORDS_MAX, "nobody is known to own it");
		return;
	}
	foresee_death(facts, explanation);
	foresee_failure(facts, explanation);
}
