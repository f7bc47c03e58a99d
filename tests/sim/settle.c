/* Judge 3: when all faults are over there is one owner within the bound, the right one, and then no more change. */
#include "tests/sim/watch.h"

/* The worst that part 5 allows: a node listens after its start (D + L), or after a link that is back (D); then slots,
 * probes, the lifetime of an address that no fence guards, and a hand-over or two. */
int64_t settle_within(const struct plan *plan)
{
	struct lease_terms terms = plan_terms(plan);
	int64_t within = 3 * terms.dead.ns + (plan->nodes + 4) * terms.beat.ns + 2 * terms.margin.ns + 20 * MS;
	int64_t checks = 0;
	bool unfenced = false;

	for (int n = 0; n < plan->nodes; n++) {
		unfenced |= !plan->node[n].fence;
		if (plan->node[n].checks_after > checks)
			checks = plan->node[n].checks_after;
	}
	if (unfenced)
		within += terms.lease.ns + plan_lifetime(plan).ns + LEASE_ADDRESS_LATE.ns + terms.margin.ns;
	if (plan->corosync.is)
		within += 2 * (plan->corosync.ring + plan->corosync.verdict) + plan_excludes_after(plan) +
			  plan->corosync.grace + plan->corosync.device + 8 * terms.beat.ns;
	return within + checks + (plan->failback > 0 ? plan->failback + 2 * terms.beat.ns : 0);
}

static bool is_connected(const struct node *node)
{
	return node->process.alive && !node->process.stopping && host_reached(&node->host);
}

/* As the world knows it, not as the node believes. */
static enum fitness fitness_of(const struct node *node)
{
	if (node->standby > 0)
		return FITNESS_STANDBY;
	return node->unhealthy > 0 ? FITNESS_UNHEALTHY : FITNESS_FIT;
}

/* Under "majority" more than half must be there, and an owner needs a fence. */
static bool has_quorum(const struct world *world)
{
	int connected = 0;

	for (int n = 0; n < world->plan->nodes; n++)
		connected += is_connected(&world->node[n]);
	/* Of two with corosync one is enough: its witness speaks for it. */
	return !world->plan->majority || 2 * connected > world->plan->nodes ||
	       (world->plan->nodes == 2 && connected == 1);
}

static bool may_take(const struct world *world, const struct node *node)
{
	enum fitness fitness = fitness_of(node);

	if (!has_quorum(world) || (world->plan->majority && !node->host.fenced))
		return false;

	return is_connected(node) && node->rules.rank[node->id] != RANK_NEVER &&
	       (fitness == FITNESS_FIT || (fitness == FITNESS_UNHEALTHY && world->plan->hold));
}

/* The fitness that an owner must have, or FITNESS_NO_QUORUM: there need not be one. */
static enum fitness best_fitness(const struct world *world)
{
	enum fitness best = FITNESS_NO_QUORUM;

	for (int n = 0; n < world->plan->nodes; n++) {
		const struct node *node = &world->node[n];

		if (may_take(world, node) && fitness_of(node) < best)
			best = fitness_of(node);
	}
	return best;
}

static void check_preference(struct world *world, const struct node *owner)
{
	if (world->plan->failback == 0 || fitness_of(owner) != FITNESS_FIT)
		return;
	for (int n = 0; n < world->plan->nodes; n++) {
		const struct node *node = &world->node[n];

		if (may_take(world, node) && fitness_of(node) == FITNESS_FIT &&
		    owner->rules.rank[n] < owner->rules.rank[owner->id])
			watch_violation(world, "%s owns it although %s is preferred, fit, and failback is on",
					node_word(owner->id), node_word(node->id));
	}
}

static void check_owner(struct world *world, const struct node *owner)
{
	enum fitness best = best_fitness(world);

	if (!(world->watch->reached & 1U << owner->id))
		watch_violation(world, "%s is the owner and does not answer", node_word(owner->id));
	if (fitness_of(owner) > best)
		watch_violation(world, "%s owns it and is %s, another is %s", node_word(owner->id),
				fitness_word(fitness_of(owner)), fitness_word(best));
	if (fitness_of(owner) != FITNESS_FIT && !world->plan->hold)
		watch_violation(world, "%s owns it and is %s, although told to release", node_word(owner->id),
				fitness_word(fitness_of(owner)));
	check_preference(world, owner);
}

void settle_check(struct world *world)
{
	int owners = 0;

	for (int n = 0; n < world->plan->nodes; n++) {
		const struct node *node = &world->node[n];

		if (!node->process.alive)
			continue;
		if (node->process.is.role == ROLE_INIT)
			watch_violation(world, "%s is still INIT", node_word(node->id));
		if (node->process.is.role != ROLE_ACTIVE)
			continue;
		owners++;
		check_owner(world, node);
	}
	if (owners > 1)
		watch_violation(world, "%d owners when all should be settled", owners);
	if (owners == 0 && best_fitness(world) != FITNESS_NO_QUORUM)
		watch_violation(world, "nobody owns it although a node could");
}
