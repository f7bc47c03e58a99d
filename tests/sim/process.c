/* A process's life: started without memory, woken by deadlines and packets, frozen and killed anywhere. */
#include "tests/sim/world.h"

#include <string.h>

#include "tests/sim/watch.h"

enum { WAKE_US = 40 };

static void run_at(struct world *world, struct node *node, int64_t at)
{
	struct process *process = &node->process;

	process->runs_at = at;
	queue_push(&world->queue, at, HAPPEN_RUN, node->id, ++process->stamp);
}

static int64_t lateness(struct world *world, const struct node *node)
{
	int64_t late = node->late > 0 ? random_between(&world->random, 0, node->late) : 0;

	return late + (world->plan->pauses ? random_between(&world->random, 0, WAKE_US * US) : 0);
}

/* Asleep, it runs at this instant at the latest. */
void process_wake(struct world *world, struct node *node, int64_t at)
{
	int64_t late = at + lateness(world, node);

	if (!node->process.alive || !node->process.asleep)
		return;
	if (late >= node->process.runs_at)
		return;
	run_at(world, node, late);
}

/* What open_network() and begin() of agent/start.c do: what an earlier run left is shut before the first beat. */
void process_start(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	uint32_t stamp = process->stamp;

	if (process->alive)
		return;
	host_lease(world, node, INSTANT_ZERO);
	host_address(world, node, false);
	memset(process, 0, sizeof(*process));
	process->stamp = stamp;
	process->alive = process->asleep = true;
	process->now = host_clock(&node->host, world->now);
	process->session = random_next(&world->random) | 1;
	peers_init(&process->peers, process->session, node->rules.terms);
	process->is = election_start(&node->rules, process->now);
	process->beat_at = process->announce_at = process->refresh_at = process->now;
	process->stop_at = INSTANT_NEVER;
	process->echo_to = NODE_NONE;
	process->checks_at = instant_add(process->now,
					 (struct duration){world->plan->node[node->id].checks_after});
	process->gate = gate_closed();
	words_start(world, node);
	net_greet(world, node);
	watch_started(world, node->id);
	tell(world, node->id, "started");
	run_at(world, node, world->now);
}

void process_die(struct world *world, struct node *node)
{
	struct process *process = &node->process;

	for (int index; (index = process_take_received(process)) >= 0;)
		net_done_with(world, (unsigned)index);
	process->alive = false;
	process->stamp++;
	words_die(world, node);
	if (node->restart_at > 0)
		queue_push(&world->queue, node->restart_at > world->now ? node->restart_at : world->now, HAPPEN_ACT,
			   (uint32_t)world->plan->acts + node->id, 0);
	node->restart_at = 0;
}

/* Whatever is to come over it in its next turns does not; frozen, it goes on now. */
void process_spare(struct world *world, struct node *node)
{
	struct process *process = &node->process;

	process->freeze_in = process->kill_in = 0;
	node->restart_at = 0;
	if (!process->alive || process->frozen_until <= world->now)
		return;
	process->frozen_until = world->now;
	run_at(world, node, world->now);
}

void process_receive(struct world *world, struct node *node, unsigned packet)
{
	struct process *process = &node->process;

	if (!process->alive || process->received_count == RECEIVED_MAX) {
		if (process->alive)
			watch_lost(world, &world->net.packet[packet]);
		net_done_with(world, packet);
		return;
	}
	process->received[(process->received_first + process->received_count++) % RECEIVED_MAX] = (uint16_t)packet;
	process_wake(world, node, world->now);
}

int process_take_received(struct process *process)
{
	unsigned first = process->received_first;

	if (process->received_count == 0)
		return -1;
	process->received_count--;
	process->received_first = (first + 1) % RECEIVED_MAX;
	return process->received[first];
}

/* Between two points of a turn: does the scheduler, a SIGSTOP or a SIGKILL come in here, and for how long? */
static int64_t interruption(struct world *world, struct node *node)
{
	struct process *process = &node->process;

	if (process->kill_in > 0 && --process->kill_in == 0) {
		tell(world, node->id, "killed%s", process->asleep ? "" : " within a turn");
		world->coverage->sight[SIGHT_KILLED_IN_TURN] += !process->asleep;
		if (process->phase == PHASE_SEND)
			watch_unsent(world, world->now);
		process_die(world, node);
		return 0;
	}
	if (process->freeze_in > 0 && --process->freeze_in == 0) {
		tell(world, node->id, "frozen%s", process->asleep ? "" : " within a turn");
		world->coverage->sight[process->asleep ? SIGHT_FROZEN_ASLEEP : SIGHT_FROZEN_IN_TURN]++;
		process->frozen_until = world->now + process->freeze_length;
		watch_stalled(world, node->id, process->frozen_until);
		if (process->phase == PHASE_SEND)
			watch_unsent(world, process->frozen_until);
		return process->freeze_length;
	}
	if (world->plan->pauses && random_one_in(&world->random, 64))
		return random_between(&world->random, 1 * US, 100 * US);
	return 0;
}

void process_run(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	int64_t pause;

	if (world->now < process->frozen_until) {
		run_at(world, node, process->frozen_until);
		return;
	}
	if (process->asleep)
		process->phase = PHASE_CLOCK;
	process->asleep = false;
	while (process->alive && !process->asleep) {
		turn_point(world, node);
		if (!process->alive)
			return;
		pause = interruption(world, node);
		if (process->alive && !process->asleep && pause > 0) {
			run_at(world, node, world->now + pause);
			return;
		}
	}
}
