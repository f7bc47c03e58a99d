/* One step of one vip: the core decides, this does, in the order that keeps the promises.
 *
 * Leaving: the fence shuts first (one store), so that nothing answers before anybody is told. Without a fence the
 * address goes first instead. Entering: address, fence, announcement, beat. */
#include "agent/agent.h"

static void release(struct agent *agent, struct vip_run *vip)
{
	if (agent->fence)
		fence_lease(agent->fence, vip->slot, INSTANT_ZERO);
	clients_part(agent, vip);
	if (!fence_holds(agent))
		vip_reconcile(agent, vip);
}

/* Who yields ends the connections itself, if its fence lets it keep the address for that long: see clients.h. */
static bool told_by_the_old_owner(const struct vip_run *vip, node_id peer)
{
	return vip->is.why == WHY_YIELDED && peer != NODE_NONE && (vip->is.view[peer].said.enforces & ENFORCES_FENCE);
}

static void take(struct agent *agent, struct vip_run *vip, node_id peer)
{
	vip->refresh_at = agent->now;
	vip_reconcile(agent, vip);
	if (agent->fence)
		fence_lease(agent->fence, vip->slot, vip->is.lease_until);
	vip_announce(agent, vip);
	if (!told_by_the_old_owner(vip, peer))
		tickles_begin(agent, vip);
}

static void remember(struct agent *agent, struct vip_run *vip, const struct todo *todo)
{
	char words[HISTORY_WORDS_MAX];

	if (todo->take)
		history_took(&vip->history, agent->self, agent->now);
	history_owner(&vip->history, election_owner(&vip->rules, &vip->is, agent->now), agent->now);
	if (todo->split)
		history_split(&vip->history, todo->peer, todo->silent, agent->now);
	if (!todo->changed)
		return;
	tally_change(&vip->tally, vip->is.why, report_dark(agent, vip, todo));
	report_change_words(agent, vip, todo, words);
	history_changed(&vip->history, vip->is.why, words, agent->now);
}

void vip_step(struct agent *agent, struct vip_run *vip, const struct event *event)
{
	struct step step = election_step(&vip->rules, &vip->is, event);

	bool renewed = step.is.role == ROLE_ACTIVE && step.is.lease_until.ns != vip->is.lease_until.ns;

	vip->is = step.is;
	if (step.todo.release)
		release(agent, vip);
	if (step.todo.take)
		take(agent, vip, step.todo.peer);
	if (renewed && agent->fence) /* by a majority's echoes */
		fence_lease(agent->fence, vip->slot, step.is.lease_until);
	if (step.todo.beat)
		agent->beat_wanted = true;
	agent->echo_wanted |= step.todo.echo;
	if (step.todo.announce)
		vip_announce(agent, vip);
	if (step.todo.probe)
		vip_probe(vip);
	remember(agent, vip, &step.todo);
	report_step(agent, vip, &step.todo);
}

void vip_tick(struct agent *agent, struct vip_run *vip)
{
	vip_step(agent, vip, &(struct event){.kind = ON_TICK, .at = agent->now});
}
