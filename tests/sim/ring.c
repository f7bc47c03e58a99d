/* Corosync on every host, and of two nodes a witness, as an adversary within what corosync keeps to:
 *
 *   - A word comes back only while every member of its ring is in it, awake, and connected: the token makes its round.
 *   - Each host learns of a new ring at a time of its own. A verdict follows some time later; until then there is none.
 *   - The witness may vote for either of two nodes that are apart, and change its mind. From the instant at which one
 *     side is quorate alone the other one's verdict, if it has one, ends within the device's timeout.
 *   - A corosync that stood still sees its timers before its clients' words when it goes on. */
#include "tests/sim/world.h"

static struct corosync *corosync_of(struct world *world, node_id n)
{
	return &world->node[n].corosync;
}

static bool is_awake(const struct world *world, node_id n)
{
	return world->node[n].corosync.stuck == 0;
}

/* Does its ring traffic pass? Its beats may go another way. */
static bool is_linked(const struct world *world, node_id n)
{
	const struct node *node = &world->node[n];

	return host_reached(&node->host) && node->host.apart == 0 && node->corosync.ring_cuts == 0;
}

static bool sees_witness(const struct world *world, node_id n)
{
	const struct node *node = &world->node[n];

	return host_reached(&node->host) && node->corosync.witness_cuts == 0 && is_awake(world, n);
}

static bool has_device(const struct world *world)
{
	return world->plan->nodes == 2;
}

static bool is_alone(const struct world *world, node_id n)
{
	return world->node[n].corosync.members == 1U << n;
}

/* Does the token of its ring make its round? */
bool ring_turns(const struct world *world, node_id n)
{
	const struct corosync *corosync = &world->node[n].corosync;

	if (corosync->ring == 0)
		return false;
	for (node_id m = 0; m < world->plan->nodes; m++) {
		const struct corosync *of = &world->node[m].corosync;

		if (!(corosync->members >> m & 1))
			continue;
		if (of->ring != corosync->ring || of->gathers || !is_awake(world, m) ||
		    (!is_alone(world, n) && !is_linked(world, m)))
			return false;
	}
	return true;
}

static int64_t within(struct world *world, int64_t most)
{
	return random_between(&world->random, 0, most);
}

static uint32_t members_for(const struct world *world, node_id n)
{
	uint32_t linked = 0;

	for (node_id m = 0; m < world->plan->nodes; m++)
		linked |= is_linked(world, m) && is_awake(world, m) ? 1U << m : 0;
	return linked >> n & 1 ? linked : 1U << n;
}

/* The totem's token is missed, or somebody asks to join: at once or within its timeouts, all look around. */
void ring_disturbed(struct world *world)
{
	if (!world->plan->corosync.is)
		return;
	queue_push(&world->queue, world->now + within(world, world->plan->corosync.ring), HAPPEN_GATHER, 0,
		   ++world->ring_stamp);
}

/* Those whose ring is not what it should be leave it, and are in the next one soon: each at a time of its own. */
void ring_gather(struct world *world, uint32_t stamp)
{
	uint32_t ring = world->rings + 1;

	if (stamp != world->ring_stamp)
		return;
	for (node_id n = 0; n < world->plan->nodes; n++) {
		struct corosync *corosync = corosync_of(world, n);

		if (!is_awake(world, n) || (corosync->members == members_for(world, n) && ring_turns(world, n)))
			continue;
		corosync->gathers = true;
		corosync->next_members = members_for(world, n);
		corosync->next_ring = corosync->next_members == 1U << n ? ring + 1 + n : ring;
		queue_push(&world->queue, world->now + within(world, world->terms.beat.ns), HAPPEN_RING, n,
			   ++corosync->ring_stamp);
	}
	world->rings += 1 + SIM_NODES_MAX;
}

static void plan_verdict(struct world *world, node_id n, enum quorum quorum, int64_t most)
{
	struct corosync *corosync = corosync_of(world, n);

	corosync->next_quorum = quorum;
	queue_push(&world->queue, world->now + within(world, most), HAPPEN_VERDICT, n, ++corosync->verdict_stamp);
}

static void review_device(struct world *world)
{
	if (has_device(world))
		queue_push(&world->queue, world->now + within(world, world->plan->corosync.verdict), HAPPEN_DEVICE, 0,
			   ++world->device_stamp);
}

static int count(uint32_t members)
{
	return __builtin_popcount(members);
}

void ring_install(struct world *world, struct node *node, uint32_t stamp)
{
	struct corosync *corosync = &node->corosync;

	if (stamp != corosync->ring_stamp)
		return;
	if (!is_awake(world, node->id))
		return;
	corosync->ring = corosync->next_ring;
	corosync->members = corosync->next_members;
	corosync->gathers = false;
	corosync->quorum = QUORUM_UNKNOWN;
	corosync->verdict_stamp++;
	tell(world, node->id, "ring of %d", count(corosync->members));
	world->coverage->sight[SIGHT_RINGS]++;
	words_changed(world, node);
	if (!has_device(world) || !is_alone(world, node->id))
		plan_verdict(world, node->id,
			     2 * count(corosync->members) > world->plan->nodes ? QUORUM_YES : QUORUM_NO,
			     world->plan->corosync.verdict);
	review_device(world);
	if (corosync->members != members_for(world, node->id))
		ring_disturbed(world);
}

/* A verdict for one side bounds that of the other. */
static void bound_other(struct world *world, node_id n)
{
	node_id other = (node_id)(1 - n);
	struct corosync *corosync = corosync_of(world, other);

	if (!is_alone(world, other) || corosync->quorum != QUORUM_YES || corosync->ends)
		return;
	world->coverage->sight[SIGHT_BOTH_QUORATE]++;
	corosync->ends = true;
	/* To a hair, as often as not. */
	queue_push(&world->queue,
		   world->now + (random_one_in(&world->random, 2) ? world->plan->corosync.device
								   : within(world, world->plan->corosync.device)),
		   HAPPEN_TIMEOUT, other, 0);
}

void ring_verdict(struct world *world, struct node *node, uint32_t stamp)
{
	struct corosync *corosync = &node->corosync;

	if (stamp != corosync->verdict_stamp || corosync->gathers || corosync->quorum == corosync->next_quorum)
		return;
	if (!is_awake(world, node->id)) {
		queue_push(&world->queue, world->now + world->terms.beat.ns, HAPPEN_VERDICT, node->id, stamp);
		return;
	}
	corosync->quorum = corosync->next_quorum;
	tell(world, node->id, corosync->quorum == QUORUM_YES ? "quorate" : "not quorate");
	if (has_device(world) && corosync->quorum == QUORUM_YES && is_alone(world, node->id))
		bound_other(world, node->id);
	words_changed(world, node);
}

/* The device's timeout, or the other side's verdict, has come to it; asleep, it sees that first when it wakes. */
void ring_timeout(struct world *world, struct node *node)
{
	struct corosync *corosync = &node->corosync;

	corosync->ends = false;
	if (!is_alone(world, node->id) || corosync->quorum != QUORUM_YES)
		return;
	if (!is_awake(world, node->id)) {
		corosync->overdue = true;
		return;
	}
	corosync->quorum = random_one_in(&world->random, 2) ? QUORUM_NO : QUORUM_UNKNOWN;
	corosync->verdict_stamp++;
	tell(world, node->id, "not quorate any more");
	words_changed(world, node);
	review_device(world);
}

static node_id choose(struct world *world)
{
	node_id keeps = world->holder;
	bool flips = world->flaps > 0 && random_one_in(&world->random, 2);
	bool may[2] = {is_alone(world, 0) && sees_witness(world, 0), is_alone(world, 1) && sees_witness(world, 1)};

	if (!may[0] && !may[1])
		return NODE_NONE;
	if (!may[0] || !may[1])
		return may[0] ? 0 : 1;
	if (keeps == NODE_NONE)
		return (node_id)random_below(&world->random, 2);
	return flips ? (node_id)(1 - keeps) : keeps;
}

/* The witness looks at who is there, and votes. Who loses its vote hears of that late, or never. */
void ring_device(struct world *world, uint32_t stamp)
{
	node_id chosen;

	if (stamp != world->device_stamp)
		return;
	chosen = choose(world);
	for (node_id n = 0; n < 2; n++) {
		struct corosync *corosync = corosync_of(world, n);

		if (!is_alone(world, n) || corosync->ends || corosync->gathers || !is_awake(world, n))
			continue;
		if (n == chosen && corosync->quorum != QUORUM_YES)
			plan_verdict(world, n, QUORUM_YES, world->terms.beat.ns);
		else if (n == chosen)
			bound_other(world, n);
		else if (corosync->quorum == QUORUM_UNKNOWN)
			plan_verdict(world, n, QUORUM_NO, world->plan->corosync.device);
		else if (corosync->quorum == QUORUM_YES && !sees_witness(world, n)) {
			corosync->ends = true;
			queue_push(&world->queue, world->now + within(world, world->plan->corosync.device),
				   HAPPEN_TIMEOUT, n, 0);
		}
	}
	if (chosen != NODE_NONE)
		world->holder = chosen;
	if (world->flaps > 0)
		queue_push(&world->queue, world->now + 1 + within(world, 2 * world->plan->corosync.device),
			   HAPPEN_DEVICE, 0, ++world->device_stamp);
}

void ring_flap(struct world *world, int by)
{
	world->flaps += by;
	review_device(world);
}

void ring_witness(struct world *world, struct node *node, int by)
{
	node->corosync.witness_cuts += by;
	review_device(world);
}

/* SIGSTOP, SIGCONT. */
void ring_stick(struct world *world, struct node *node, int by)
{
	struct corosync *corosync = &node->corosync;

	corosync->stuck += by;
	if (corosync->stuck == 0 && corosync->overdue) {
		corosync->overdue = false;
		ring_timeout(world, node);
	}
	ring_disturbed(world);
	review_device(world);
}

void ring_begin(struct world *world)
{
	world->ring_stamp = world->device_stamp = world->rings = 0;
	world->flaps = 0;
	world->holder = NODE_NONE;
	ring_disturbed(world);
}
