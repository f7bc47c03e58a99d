/* What makes a node fit: its link, its neighbours, its checks, the admin's word. As agent/sensors.c and isolation.c ask
 * them. */
#include "tests/sim/world.h"

/* These follow agent/isolation.c, function by function. */
static struct instant peers_heard_at(const struct node *node)
{
	struct instant newest = INSTANT_ZERO;

	for (node_id n = 0; n < node->rules.nodes; n++)
		newest = instant_later(newest, node->process.peers.peer[n].heard_at);
	return newest;
}

static struct instant peers_proven_at(const struct node *node)
{
	struct instant newest = INSTANT_ZERO;

	for (node_id n = 0; n < node->rules.nodes; n++)
		newest = instant_later(newest, node->process.peers.peer[n].proven_at);
	return newest;
}

static struct duration patience(const struct node *node)
{
	return (struct duration){node->rules.terms.beat.ns * 3 / 2};
}

static struct instant missed_at(const struct node *node)
{
	struct instant heard_at = peers_heard_at(node), missed = instant_add(heard_at, patience(node));

	return heard_at.ns != INSTANT_ZERO.ns && instant_reached(node->process.now, missed) ? missed : INSTANT_NEVER;
}

struct instant sense_evidence(const struct node *node)
{
	const struct neighbours *neighbours = &node->process.neighbours;
	struct instant now = node->process.now;
	struct instant heard_at = peers_heard_at(node), proven_at = peers_proven_at(node);
	struct instant answered_at = neighbours_answered(neighbours);
	struct instant missed = instant_earlier(now, instant_add(heard_at, patience(node)));

	if (proven_at.ns == INSTANT_ZERO.ns || !neighbours_testify(neighbours, missed) ||
	    instant_reached(answered_at, instant_add(heard_at, node->rules.terms.dead)))
		return now;
	if (!instant_reached(answered_at, instant_add(proven_at, patience(node))))
		return instant_earlier(now, proven_at);
	return instant_earlier(now, answered_at);
}

static bool is_cut_off(const struct node *node)
{
	const struct process *process = &node->process;
	struct instant heard_at = peers_heard_at(node), missed = missed_at(node);

	if (process->cut_off)
		return heard_at.ns <= process->cut_at.ns && process->neighbours.heard.ns <= process->cut_at.ns;
	return missed.ns != INSTANT_NEVER.ns &&
	       instant_since(process->now, heard_at).ns >= node->rules.terms.dead.ns &&
	       neighbours_lost(&process->neighbours, missed);
}

static bool hears_majority(const struct node *node)
{
	int living = 0;

	for (node_id n = 0; n < node->rules.nodes; n++)
		living += n != node->id && peers_alive(&node->process.peers, n, node->process.now);
	return living >= node->rules.nodes / 2;
}

static struct event judge(const struct node *node)
{
	const struct process *process = &node->process;
	struct event event = {.kind = ON_FITNESS, .at = process->now, .score = node->score};

	event.enforces = ENFORCES_LIFETIME | (node->host.fenced ? ENFORCES_FENCE : 0);
	event.fitness = node->unhealthy > 0 ? FITNESS_UNHEALTHY : FITNESS_FIT;
	if (!instant_reached(process->now, process->checks_at))
		event.fitness = FITNESS_UNKNOWN;
	if (node->standby > 0)
		event.fitness = FITNESS_STANDBY;
	if (node->rules.corosync ? !election_has_quorum(&node->rules, &process->is, process->now)
				 : node->rules.majority && !hears_majority(node))
		event.fitness = FITNESS_NO_QUORUM;
	if (node->host.unplugged > 0 || process->cut_off)
		event.fitness = FITNESS_NO_LINK;
	return event;
}

void sense_update(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	bool cut_off = is_cut_off(node);
	struct event event;

	if (cut_off != process->cut_off) {
		process->cut_off = cut_off;
		process->cut_at = process->now;
		world->coverage->sight[SIGHT_CUT_OFF_SENSED] += cut_off;
		tell(world, node->id, cut_off ? "finds itself cut off" : "hears somebody again");
	}
	event = judge(node);
	if (event.fitness != process->is.fitness || event.score != process->is.score ||
	    event.enforces != process->is.enforces)
		turn_step(world, node, &event);
}

static struct instant wanting_at(const struct node *node)
{
	return instant_add(sense_evidence(node), patience(node));
}

static struct duration pace(const struct node *node)
{
	if (instant_reached(node->process.now, wanting_at(node)))
		return (struct duration){node->rules.terms.beat.ns / 4};
	return neighbours_pace(&node->process.neighbours, missed_at(node), node->rules.terms.beat, node->process.now);
}

void sense_ask(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	struct neighbour due[NEIGHBOURS_MAX];
	int count = neighbours_due(&process->neighbours, pace(node), process->now, due);

	for (int i = 0; i < count; i++) {
		neighbours_asked(&process->neighbours, &due[i].address, process->now);
		net_ask(world, node);
	}
}

struct instant sense_at(const struct node *node)
{
	const struct process *process = &node->process;
	struct instant next = neighbours_wants(&process->neighbours, pace(node)), wanting = wanting_at(node);

	if (!instant_reached(process->now, wanting))
		next = instant_earlier(next, wanting);
	return instant_reached(process->now, process->checks_at) ? next : instant_earlier(next, process->checks_at);
}
