/* casvip-quorum of each host: sends its agent's words through the ring, and reports what it knows to the agent. */
#include "tests/sim/world.h"

#include "tests/sim/watch.h"

static struct instant clock_of(const struct world *world, const struct node *node)
{
	return host_clock(&node->host, world->now);
}

static int64_t soon(struct world *world)
{
	return random_between(&world->random, 100 * US, 900 * US);
}

/* Its report reaches the agent; not while it stands still. */
static void report(struct world *world, struct node *node)
{
	struct words *words = &node->words;

	if (!words->runs || words->mute > 0 || words->reporting)
		return;
	words->reporting = true;
	queue_push(&world->queue, world->now + soon(world) / 2, HAPPEN_REPORT, node->id, words->incarnation);
}

void words_report(struct world *world, struct node *node, uint32_t incarnation)
{
	struct words *words = &node->words;

	if (incarnation != words->incarnation)
		return;
	words->reporting = false;
	if (!words->runs || words->mute > 0)
		return;
	node->process.gate = words->gate;
	node->process.gate_told = true;
	process_wake(world, node, world->now);
}

/* What its corosync says has changed. */
void words_changed(struct world *world, struct node *node)
{
	const struct corosync *corosync = &node->corosync;
	struct words *words = &node->words;
	struct gate *gate = &words->gate;
	struct instant now = clock_of(world, node);

	if (!words->runs || !words->connected)
		return;
	if (words->mute > 0) {
		words->missed = true;
		return;
	}
	if (words->ring != corosync->ring) {
		words->ring = corosync->ring;
		gate->members = corosync->members;
		gate->members_since = now;
		gate->ring_since = gate->proven_at = INSTANT_ZERO;
		gate->quorum = QUORUM_UNKNOWN;
	}
	if (gate->quorum != corosync->quorum || words->missed) {
		gate->quorum = corosync->quorum;
		gate->ring_since = corosync->quorum == QUORUM_YES ? now : INSTANT_ZERO;
		gate->proven_at = INSTANT_ZERO;
	}
	report(world, node);
}

/* Connected to its corosync: what that says from now on is known without a gap. */
void words_connect(struct world *world, struct node *node, uint32_t incarnation)
{
	struct words *words = &node->words;

	if (incarnation != words->incarnation || !words->runs)
		return;
	words->connected = words->gate.told = true;
	words->ring = 0;
	words_changed(world, node);
}

void words_start(struct world *world, struct node *node)
{
	const struct plan *plan = world->plan;
	uint32_t incarnation = node->words.incarnation + 1;
	int mute = node->words.mute;

	if (!plan->corosync.is)
		return;
	node->words = (struct words){.incarnation = incarnation, .runs = true, .mute = mute, .gate = gate_closed()};
	node->words.gate.settle = (struct duration){plan->nodes == 2 ? plan->corosync.device : 0};
	node->words.gate.max_age = (struct duration){plan->corosync.age};
	node->words.gate.grace = (struct duration){plan->corosync.grace};
	queue_push(&world->queue, world->now + soon(world), HAPPEN_CONNECT, node->id, incarnation);
}

/* Its agent is dead, by the end of a pipe: it says so, as its last word. */
void words_die(struct world *world, struct node *node)
{
	struct words *words = &node->words;

	if (!world->plan->corosync.is)
		return;
	words->runs = false;
	queue_push(&world->queue, world->now + soon(world), HAPPEN_GONE, node->id, words->incarnation);
}

static void hear(struct world *world, struct node *at, node_id from, uint32_t incarnation)
{
	struct words *words = &at->words;

	if (!words->runs || !words->connected)
		return;
	words->gate.word_at[from] = clock_of(world, at);
	words->heard_from[from] = incarnation;
	words->gate.gone_at[from] = INSTANT_ZERO;
}

static void hear_gone(struct world *world, struct node *at, node_id from, uint32_t incarnation)
{
	struct words *words = &at->words;

	if (!words->runs || !words->connected || words->heard_from[from] != incarnation)
		return;
	words->gate.gone_at[from] = clock_of(world, at);
	world->coverage->sight[SIGHT_GONE_TOLD]++;
	report(world, at);
}

static int64_t retry(const struct world *world)
{
	return world->terms.beat.ns / 8;
}

/* What a stopped casvip-quorum was delivered, it hears when it goes on; that is later, and no harm. */
static void deliver(struct world *world, struct node *from, void (*hears)(struct world *, struct node *, node_id, uint32_t),
		    uint32_t incarnation)
{
	for (node_id m = 0; m < world->plan->nodes; m++) {
		if (from->corosync.members >> m & 1)
			hears(world, &world->node[m], from->id, incarnation);
	}
}

void words_gone(struct world *world, struct node *node, uint32_t incarnation)
{
	if (node->words.mute == 0 && ring_turns(world, node->id))
		deliver(world, node, hear_gone, incarnation);
	else if (incarnation == node->words.incarnation)
		queue_push(&world->queue, world->now + retry(world), HAPPEN_GONE, node->id, incarnation);
}

/* The agent asks for a word; while one is on its way there is no other. */
void words_ask(struct world *world, struct node *node)
{
	struct words *words = &node->words;

	if (!world->plan->corosync.is || !words->runs || !words->connected || words->on_its_way)
		return;
	words->on_its_way = true;
	words->sent_at = node->process.now;
	queue_push(&world->queue, world->now + soon(world), HAPPEN_WORD, node->id, words->incarnation);
}

void words_deliver(struct world *world, struct node *node, uint32_t incarnation)
{
	struct words *words = &node->words;

	if (incarnation != words->incarnation || !words->runs)
		return;
	if (words->mute > 0 || !ring_turns(world, node->id)) {
		queue_push(&world->queue, world->now + retry(world), HAPPEN_WORD, node->id, incarnation);
		return;
	}
	if (words->missed) {
		words_changed(world, node);
		words->missed = false;
	}
	deliver(world, node, hear, incarnation);
	if (words->came_back_in == node->corosync.ring && words->gate.quorum == QUORUM_YES)
		words->gate.proven_at = instant_later(words->gate.proven_at, words->came_back_sent_at);
	words->came_back_in = node->corosync.ring;
	words->came_back_sent_at = words->sent_at;
	words->on_its_way = false;
	report(world, node);
}

void words_mute(struct world *world, struct node *node, int by)
{
	struct words *words = &node->words;

	words->mute += by;
	if (words->mute > 0 || !words->missed)
		return;
	words_changed(world, node);
	words->missed = false;
}
