/* Who hears whom, as the peers' own beats say: a cut between two others shows here before one of them has to take over
 * from the other. How a peer hears this node is its link's state (vrrp/peers.h). */
#include "agent/agent.h"

#include <string.h>

#include "agent/log.h"

void matrix_hear(struct agent *agent, node_id peer, const struct beat *beat)
{
	struct peer_run *run = &agent->peer[peer];

	memcpy(run->hears_ms, beat->heard_age_ms, sizeof(run->hears_ms));
	run->hears_at = agent->now;
}

/* How long ago had `peer` last heard `node` on any link, when it last said so? In ms; -1: never. */
int64_t matrix_age_ms(const struct agent *agent, node_id peer, node_id node)
{
	const struct peer_run *run = &agent->peer[peer];
	uint16_t least = BEAT_AGE_NEVER;

	for (int l = 0; l < LINKS_MAX; l++)
		least = run->hears_ms[node][l] < least ? run->hears_ms[node][l] : least;
	return least == BEAT_AGE_NEVER || run->hears_at.ns == INSTANT_ZERO.ns ? -1 : least;
}

/* All three have known each other for long enough for the answer to mean something. */
static bool can_tell(const struct agent *agent, node_id peer, node_id node)
{
	const struct peer_run *speaks = &agent->peer[peer], *of = &agent->peer[node];
	struct instant since = instant_later(speaks->alive_at, of->alive_at);

	return speaks->alive && of->alive &&
	       instant_since(agent->now, since).ns >= duration_times(agent->terms.dead, 3).ns;
}

static void judge_pair(struct agent *agent, node_id peer, node_id node)
{
	int64_t age_ms = matrix_age_ms(agent, peer, node);
	bool deaf = can_tell(agent, peer, node) && (age_ms < 0 || age_ms >= duration_to_ms(agent->terms.dead));
	bool *was = &agent->peer[peer].deaf_to[node];

	if (deaf == *was || (!deaf && !can_tell(agent, peer, node)))
		return;
	*was = deaf;
	log_event(deaf ? LOG_WARNING : LOG_NOTICE, EVENT_LINK, "peer=%s from=%s state=%s words=\"%s %s %s%s\"",
		  agent_node_name(agent, peer), agent_node_name(agent, node), deaf ? "down" : "up",
		  agent_node_name(agent, peer), deaf ? "does not hear" : "hears", agent_node_name(agent, node),
		  deaf ? ", which this node hears: look at what lies between them" : " again");
}

void matrix_judge(struct agent *agent)
{
	for (node_id p = 0; p < agent->conf->nodes; p++) {
		for (node_id n = 0; n < agent->conf->nodes; n++) {
			if (p != agent->self && n != agent->self && n != p)
				judge_pair(agent, p, n);
		}
	}
}
