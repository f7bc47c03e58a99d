/* After a reload: who the other nodes are, and by which links they are reached (design, part 12). */
#include "agent/agent.h"

#include <stdio.h>
#include <string.h>

static void forget_link(struct agent *agent, node_id node, uint8_t link)
{
	struct peer_run *run = &agent->peer[node];

	peers_forget_link(&agent->peers, node, link);
	run->link[link] = LINK_DOWN;
	run->hint_at[link] = INSTANT_NEVER;
	run->trouble[link] = 0;
}

/* Its number may be another host's one day. */
static void forget_node(struct agent *agent, node_id node)
{
	struct peer_run *run = &agent->peer[node];

	peers_forget(&agent->peers, node);
	memset(run, 0, sizeof(*run));
	run->alive_at = run->hears_at = INSTANT_ZERO;
	for (int l = 0; l < LINKS_MAX; l++)
		run->hint_at[l] = INSTANT_NEVER;
	for (int n = 0; n < NODES_MAX; n++)
		agent->peer[n].deaf_to[node] = false;
	for (int v = 0; v < agent->vips; v++) {
		election_forget(&agent->vip[v].is, node);
		history_forget(&agent->vip[v].history, node);
	}
}

void membership_change(struct agent *agent, const struct conf *was)
{
	bool changed[NODES_MAX][LINKS_MAX];

	net_beat_change(agent->beats, agent->conf, agent->self, changed);
	for (node_id n = 0; n < NODES_MAX; n++) {
		if (n >= agent->conf->nodes && n < was->nodes)
			forget_node(agent, n);
		for (uint8_t l = 0; l < LINKS_MAX; l++) {
			if (changed[n][l])
				forget_link(agent, n, l);
		}
	}
	agent->mend_at = agent->now; /* opens what is new, within this turn or the next */
}

bool membership_disputed(const struct agent *agent)
{
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (agent->peer[n].differs)
			return true;
	}
	return false;
}

struct ear {
	conf_reason_fn *tell;
	void *context;
	int reasons;
};

static void say(struct ear *ear, const char *words)
{
	ear->tell(ear->context, words);
	ear->reasons++;
}

/* Who is taken out of the file while it owns something would not hear that anybody else takes it. */
static void say_owners(const struct agent *agent, const struct conf *is, struct ear *ear)
{
	char words[CONF_REASON_MAX];

	for (int v = 0; v < agent->vips; v++) {
		node_id owner = election_owner(&agent->vip[v].rules, &agent->vip[v].is, agent->now);

		if (owner == NODE_NONE || owner == agent->self || owner < is->nodes)
			continue;
		snprintf(words, sizeof(words), "node %s owns vip %s: stop its casvipd before it is removed",
			 agent_node_name(agent, owner), agent->vip[v].conf->name);
		say(ear, words);
	}
}

static bool same_nodes(const struct conf *a, const struct conf *b)
{
	return a->nodes == b->nodes && memcmp(a->node, b->node, sizeof(a->node)) == 0;
}

/* With provider "majority" no third set of nodes may be in force anywhere. */
static void say_stragglers(const struct agent *agent, const struct conf *is, uint64_t digest, struct ear *ear)
{
	char words[CONF_REASON_MAX];

	for (node_id n = 0; n < agent->conf->nodes && n < is->nodes; n++) {
		bool alive = peers_alive(&agent->peers, n, agent->now);
		uint64_t its = agent->peers.peer[n].config_digest;

		if (n == agent->self || (alive && (its == agent->digest || its == digest)))
			continue;
		snprintf(words, sizeof(words), "node %s %s: with provider majority nodes change only while every other "
			 "one is heard with this node's configuration, or the new one", agent_node_name(agent, n),
			 alive ? "runs another configuration" : "is not heard");
		say(ear, words);
	}
}

int membership_refuses(const struct agent *agent, const struct conf *is, uint64_t digest, conf_reason_fn *tell,
		       void *context)
{
	struct ear ear = {tell, context, 0};

	if (agent->self >= is->nodes)
		say(&ear, "this host's own node is no longer in it: stop casvipd here instead");
	say_owners(agent, is, &ear);
	if (is->quorum == CONF_QUORUM_MAJORITY && !same_nodes(agent->conf, is))
		say_stragglers(agent, is, digest, &ear);
	return ear.reasons;
}
