#include "tests/sim/world.h"

#include <stdarg.h>
#include <string.h>

#include "tests/sim/watch.h"

const char *node_word(node_id node)
{
	static const char *const words[] = {"cas1", "cas2", "cas3", "cas4", "cas5", "cas6", "cas7"};

	return node < sizeof(words) / sizeof(words[0]) ? words[node] : "-";
}

void tell(struct world *world, node_id node, const char *words, ...)
{
	va_list args;

	if (!world->story)
		return;
	fprintf(world->story, "%12.3f %-4s ", (double)world->now / MS, node_word(node));
	va_start(args, words);
	vfprintf(world->story, words, args);
	va_end(args);
	fputc('\n', world->story);
}

static void make_rules(const struct plan *plan, node_id self, struct rules *rules)
{
	*rules = (struct rules){
		.self = self,
		.nodes = (node_id)plan->nodes,
		.terms = lease_terms((struct duration){plan->beat}, plan->dead_after),
		.lifetime = plan_lifetime(plan),
		.hold_when_none_fit = plan->hold,
		.failback_auto = plan->failback > 0,
		.failback_after = {plan->failback},
		.majority = plan->majority,
		.corosync = plan->corosync.is,
	};
	memset(rules->rank, RANK_NEVER, sizeof(rules->rank));
	for (int n = 0; n < plan->nodes; n++)
		rules->rank[n] = plan->node[n].rank;
}

static void make_node(struct world *world, node_id id)
{
	struct node *node = &world->node[id];

	memset(node, 0, sizeof(*node));
	node->id = id;
	node->score = 1000;
	make_rules(world->plan, id, &node->rules);
	node->host = (struct host){
		.clock = world->plan->node[id].clock,
		.ppm = world->plan->node[id].ppm,
		.fenced = world->plan->node[id].fence,
		.mac = (uint32_t)random_next(&world->random),
		.lease_until = INSTANT_ZERO,
	};
}

static void make(struct world *world, const struct plan *plan)
{
	struct net *net = &world->net;

	world->plan = plan;
	world->terms = plan_terms(plan);
	world->now = 0;
	world->random.state = plan->seed;
	world->calm = false;
	queue_clear(&world->queue);
	memset(world->ongoing, 0, sizeof(world->ongoing));
	net->loss = net->duplicate = net->delay = net->replays = net->hushed = net->taped = 0;
	net->delay_most = 0;
	memset(net->filter, 0, sizeof(net->filter));
	net->frees = PACKETS_MAX;
	for (int i = 0; i < PACKETS_MAX; i++) {
		net->free[i] = (uint16_t)i;
		net->packet[i].free = true;
	}
	for (int n = 0; n < plan->nodes; n++)
		make_node(world, (node_id)n);
}

static void plan_ahead(struct world *world)
{
	const struct plan *plan = world->plan;

	for (int i = 0; i < plan->acts; i++)
		queue_push(&world->queue, plan->act[i].at, HAPPEN_ACT, (uint32_t)i, 0);
	if (plan->dark_most > 0)
		queue_push(&world->queue, plan->dark_from, HAPPEN_LOOK, LOOK_DARK_FROM, 0);
	queue_push(&world->queue, plan_calm_at(plan) + settle_within(plan), HAPPEN_LOOK, LOOK_SETTLED, 0);
	queue_push(&world->queue, plan->until, HAPPEN_LOOK, LOOK_END, 0);
}

static void happen_in_corosync(struct world *world, enum happening what, struct node *node, uint32_t stamp)
{
	if (what == HAPPEN_GATHER)
		ring_gather(world, stamp);
	else if (what == HAPPEN_RING)
		ring_install(world, node, stamp);
	else if (what == HAPPEN_VERDICT)
		ring_verdict(world, node, stamp);
	else if (what == HAPPEN_DEVICE)
		ring_device(world, stamp);
	else if (what == HAPPEN_TIMEOUT)
		ring_timeout(world, node);
	else if (what == HAPPEN_CONNECT)
		words_connect(world, node, stamp);
	else if (what == HAPPEN_WORD)
		words_deliver(world, node, stamp);
	else if (what == HAPPEN_GONE)
		words_gone(world, node, stamp);
	else
		words_report(world, node, stamp);
}

static void happen(struct world *world, const struct happens *it)
{
	switch (it->what) {
	case HAPPEN_ACT:
		if (it->who < (uint32_t)world->plan->acts)
			act_do(world, it->who);
		else
			process_start(world, &world->node[it->who - (uint32_t)world->plan->acts]);
		break;
	case HAPPEN_UNDO:
		act_undo(world, it->who);
		break;
	case HAPPEN_ARRIVE:
		net_arrive(world, it->who);
		break;
	case HAPPEN_RUN:
		if (world->node[it->who].process.stamp == it->stamp && world->node[it->who].process.alive)
			process_run(world, &world->node[it->who]);
		break;
	case HAPPEN_EXPIRE:
		host_expire(world, &world->node[it->who]);
		break;
	case HAPPEN_REPLAY:
		net_replay(world);
		break;
	case HAPPEN_LOOK:
		watch_planned_look(world, it->who);
		break;
	case HAPPEN_GATHER:
	case HAPPEN_RING:
	case HAPPEN_VERDICT:
	case HAPPEN_DEVICE:
	case HAPPEN_TIMEOUT:
	case HAPPEN_CONNECT:
	case HAPPEN_WORD:
	case HAPPEN_GONE:
	case HAPPEN_REPORT:
		happen_in_corosync(world, it->what, &world->node[it->who], it->stamp);
		break;
	}
}

int world_run(struct world *world, struct watch *watch, const struct plan *plan, struct coverage *coverage,
	      FILE *story)
{
	world->watch = watch;
	world->coverage = coverage;
	world->story = story;
	make(world, plan);
	watch_start(world);
	plan_ahead(world);
	if (plan->corosync.is)
		ring_begin(world);
	while (world->queue.count > 0 && watch->violations < 20) {
		struct happens it = queue_pop(&world->queue);

		world->now = it.at;
		happen(world, &it);
		if (it.what == HAPPEN_LOOK && it.who == LOOK_END)
			break;
	}
	coverage->stories++;
	coverage->violations += watch->violations > 0;
	coverage->virtual_ms += (uint64_t)(world->now / MS);
	return watch->violations;
}
