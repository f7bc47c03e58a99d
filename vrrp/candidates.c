#include "vrrp/candidates.h"

bool candidate_eligible(const struct rules *rules, const struct election *is, node_id node)
{
	bool self = node == rules->self;
	enum fitness fitness = self ? is->fitness : is->view[node].said.fitness;
	uint8_t enforces = self ? is->enforces : is->view[node].said.enforces;

	if (rules->rank[node] == RANK_NEVER || (rules->majority && !(enforces & ENFORCES_FENCE)))
		return false;
	/* A cluster in which no check passes serves as if it had none, unless told to release. */
	return fitness == FITNESS_FIT || (fitness == FITNESS_UNHEALTHY && rules->hold_when_none_fit);
}

bool candidate_living(const struct rules *rules, const struct election *is, node_id node, struct instant at)
{
	return node != rules->self && instant_since(at, is->view[node].fresh_at).ns < rules->terms.dead.ns;
}

struct standing {
	enum fitness fitness;
	uint16_t score;
	uint8_t rank;
	node_id node;
};

static bool comes_before(struct standing a, struct standing b)
{
	if (a.fitness != b.fitness)
		return a.fitness < b.fitness;
	if (a.score != b.score)
		return a.score > b.score;
	if (a.rank != b.rank)
		return a.rank < b.rank;
	return a.node < b.node;
}

static struct standing standing_of(const struct rules *rules, const struct election *is, node_id node)
{
	const struct beat_vip *said = &is->view[node].said;

	if (node == rules->self)
		return (struct standing){is->fitness, is->score, rules->rank[node], node};
	return (struct standing){said->fitness, said->score, rules->rank[node], node};
}

bool candidate_comes_before(const struct rules *rules, const struct election *is, node_id a, node_id b)
{
	return comes_before(standing_of(rules, is, a), standing_of(rules, is, b));
}

static bool is_candidate(const struct rules *rules, const struct election *is, node_id node, struct instant at)
{
	return candidate_living(rules, is, node, at) && candidate_eligible(rules, is, node);
}

bool candidate_ready(const struct rules *rules, const struct election *is, node_id node, struct instant at)
{
	return is_candidate(rules, is, node, at) && is->view[node].said.role != ROLE_INIT;
}

node_id candidate_best_peer(const struct rules *rules, const struct election *is, struct instant at)
{
	node_id best = NODE_NONE;

	for (node_id n = 0; n < rules->nodes; n++) {
		if (!candidate_ready(rules, is, n, at))
			continue;
		if (best == NODE_NONE || comes_before(standing_of(rules, is, n), standing_of(rules, is, best)))
			best = n;
	}
	return best;
}

int candidate_place(const struct rules *rules, const struct election *is, struct instant at)
{
	struct standing mine = standing_of(rules, is, rules->self);
	int place = 0;

	for (node_id n = 0; n < rules->nodes; n++)
		place += is_candidate(rules, is, n, at) && comes_before(standing_of(rules, is, n), mine);
	return place;
}

int candidate_strangers_before(const struct rules *rules, const struct election *is)
{
	int strangers = 0;

	for (node_id n = 0; n < rules->nodes; n++)
		strangers += rules->rank[n] < rules->rank[rules->self] && is->view[n].heard_at.ns == INSTANT_ZERO.ns;
	return strangers;
}

bool candidate_outranks(uint32_t term_a, node_id a, uint32_t term_b, node_id b)
{
	return term_a != term_b ? term_a > term_b : a < b;
}
