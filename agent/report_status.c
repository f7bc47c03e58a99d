/* Fills the snapshot that casvipctl status shows. */
#include "agent/agent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/log.h"
#include "conf/conf_address.h"

static int64_t age_ms(const struct agent *agent, struct instant since)
{
	return since.ns == INSTANT_ZERO.ns ? STATUS_UNKNOWN : duration_to_ms(instant_since(agent->now, since));
}

static void show(const struct conf_address *address, bool with_prefix, char shown[static STATUS_ADDRESS_MAX])
{
	char text[ADDRESS_TEXT_MAX];

	snprintf(shown, STATUS_ADDRESS_MAX, "%s", address_text(address, with_prefix, text));
}

static enum status_fence fence_state(const struct agent *agent, const struct vip_run *vip)
{
	if (!agent->fence)
		return STATUS_FENCE_ABSENT;
	if (!fence_holds(agent))
		return STATUS_FENCE_BROKEN;
	return vip->is.role == ROLE_ACTIVE ? STATUS_FENCE_OPEN : STATUS_FENCE_SHUT;
}

static void fill_check(const struct agent *agent, const struct vip_run *vip, int c, struct status_check *out)
{
	const struct fact_entry *entry = &agent->facts.of[vip->place][c];
	struct instant until = facts_held_until(&agent->facts, agent->conf, vip->place, c, agent->now);

	out->held_ms = until.ns == INSTANT_ZERO.ns ? STATUS_UNKNOWN
						   : duration_to_ms(instant_since(until, agent->now));
	strcpy(out->name, vip->conf->check[c].name);
	out->type = vip->conf->check[c].type;
	out->state = facts_state(&agent->facts, agent->conf, vip->place, c, agent->now);
	out->outcome = entry->heard ? entry->verdict : VERDICT_UNKNOWN;
	out->required = vip->conf->check[c].required;
	strcpy(out->reason, entry->reason);
	strcpy(out->words, entry->words);
	out->took_ms = entry->heard ? entry->took_us / 1000 : STATUS_UNKNOWN;
	out->age_ms = entry->heard ? age_ms(agent, entry->at) : STATUS_UNKNOWN;
}

/* The owner's; what others bid in vain meanwhile is no news. */
static uint32_t term_of(const struct vip_run *vip, node_id owner)
{
	if (owner == NODE_NONE)
		return vip->is.term_seen;
	return owner == vip->rules.self ? vip->is.term : vip->is.view[owner].said.term;
}

static void fill_history(const struct agent *agent, const struct vip_run *vip, struct status_vip *out)
{
	const struct history *history = &vip->history;

	out->last_move.age_ms = out->last_split.age_ms = STATUS_UNKNOWN;
	if (history->moved) {
		strcpy(out->last_move.from, history->from_known ? agent_node_name(agent, history->from) : "");
		strcpy(out->last_move.to, agent_node_name(agent, history->owner));
		out->last_move.age_ms = age_ms(agent, history->moved_at);
	}
	if (history->moved && history->changed &&
	    instant_reached(instant_add(history->changed_at, agent->terms.dead), history->moved_at)) {
		strcpy(out->last_move.words, history->words);
		out->last_move.why = history->why;
	}
	if (history->split) {
		strcpy(out->last_split.peer, agent_node_name(agent, history->split_peer));
		out->last_split.apart_ms = duration_to_ms(history->apart);
		out->last_split.age_ms = age_ms(agent, history->split_at);
	}
}

static const char *owner_why(const struct vip_run *vip, node_id owner)
{
	if (owner == NODE_NONE)
		return "";
	return why_word(owner == vip->rules.self ? vip->is.why : vip->is.view[owner].said.why);
}

/* 0 when it is over, or waits for its first proof. */
static int64_t lease_ms(const struct agent *agent, const struct vip_run *vip)
{
	return instant_reached(agent->now, vip->is.lease_until)
		       ? 0
		       : duration_to_ms(instant_since(vip->is.lease_until, agent->now));
}

static void fill_vip(const struct agent *agent, const struct vip_run *vip, struct status_vip *out)
{
	node_id owner = election_owner(&vip->rules, &vip->is, agent->now);

	strcpy(out->name, vip->conf->name);
	out->role = vip->is.role;
	strcpy(out->active, owner == NODE_NONE ? "" : agent_node_name(agent, owner));
	out->suspect = vip->is.suspect;
	out->term = term_of(vip, owner);
	out->since_ms = age_ms(agent, vip->is.since);
	snprintf(out->why, sizeof(out->why), "%s", why_word(vip->is.why));
	snprintf(out->active_why, sizeof(out->active_why), "%s", owner_why(vip, owner));
	out->lease_ms = vip->is.role == ROLE_ACTIVE ? lease_ms(agent, vip) : STATUS_UNKNOWN;
	out->tally = vip->tally;
	fill_history(agent, vip, out);
	out->addresses = vip->conf->addresses;
	for (int i = 0; i < out->addresses; i++)
		show(&vip->conf->address[i], true, out->address[i]);
	out->fence = fence_state(agent, vip);
	out->fitness = vip->is.fitness;
	out->score = vip->is.score;
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (certificates_differ(&agent->certificates, agent->conf, vip->place, n))
			strcpy(out->unlike[out->unlikes++], agent_node_name(agent, n));
	}
	out->checks = vip->conf->checks;
	for (int c = 0; c < out->checks; c++)
		fill_check(agent, vip, c, &out->check[c]);
}

/* As its own beats say. They tell of every vip that it knows: silence on one within D is an answer. */
static enum status_standing standing(const struct agent *agent, const struct vip_run *vip, node_id node)
{
	const struct view *view = &vip->is.view[node];

	if (view->heard_at.ns == INSTANT_ZERO.ns ||
	    instant_since(agent->now, view->heard_at).ns >= agent->terms.dead.ns)
		return STATUS_UNAWARE;
	if (view->said.fitness != FITNESS_FIT)
		return STATUS_UNFIT;
	if (view->said.role == ROLE_INIT)
		return STATUS_LISTENING;
	return vip->rules.majority && !(view->said.enforces & ENFORCES_FENCE) ? STATUS_UNFENCED : STATUS_READY;
}

static void fill_standing(const struct agent *agent, const struct vip_run *vip, node_id node, int place,
			  struct status_vip *out)
{
	out->standing[place] = standing(agent, vip, node);
	out->fitness_there[place] = vip->is.view[node].said.fitness;
}

static bool peer_fit(const struct agent *agent, node_id node)
{
	for (int v = 0; v < agent->vips; v++) {
		const struct vip_run *vip = &agent->vip[v];

		if (vip->rules.rank[node] != RANK_NEVER && standing(agent, vip, node) <= STATUS_UNFIT)
			return false;
	}
	return true;
}

static void fill_link(const struct agent *agent, node_id node, int l, struct status_link *out)
{
	static const enum status_link_state states[] = {
		[LINK_DOWN] = STATUS_LINK_DOWN, [LINK_ONE_WAY] = STATUS_LINK_ONE_WAY, [LINK_UP] = STATUS_LINK_UP};
	const struct peer_link *link = &agent->peers.peer[node].link[l];

	show(&agent->conf->node[node].address[l], false, out->address);
	out->state = states[peers_link(&agent->peers, node, (uint8_t)l, agent->now)];
	out->age_ms = age_ms(agent, link->fresh_at);
	out->rtt_us = link->fresh_at.ns == INSTANT_ZERO.ns ? STATUS_UNKNOWN : link->rtt.ns / 1000;
	trouble_words(agent, node, (uint8_t)l, out->reason);
}

static void fill_hears(const struct agent *agent, node_id peer, struct status_peer *out)
{
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		struct status_hears *hears = &out->hears[out->hears_count];

		if (n == peer)
			continue;
		strcpy(hears->name, agent->conf->node[n].name);
		hears->age_ms = matrix_age_ms(agent, peer, n);
		hears->deaf = agent->peer[peer].deaf_to[n];
		out->hears_count++;
	}
}

static void fill_peer(const struct agent *agent, node_id node, struct status_peer *out)
{
	const struct conf_node *conf = &agent->conf->node[node];

	strcpy(out->name, conf->name);
	out->alive = peers_alive(&agent->peers, node, agent->now);
	out->fit = out->alive && peer_fit(agent, node);
	out->witness = conf->witness;
	out->key_id = agent->peer[node].key_id;
	out->key_matches = !agent->peer[node].key_alarm;
	out->config_matches = agent->peers.peer[node].config_digest == agent->digest;
	out->links = conf->addresses;
	for (int l = 0; l < out->links; l++)
		fill_link(agent, node, l, &out->link[l]);
	fill_hears(agent, node, out);
}

static void count(struct status *status, const char *name, uint64_t value)
{
	struct status_counter *counter = &status->counter[status->counters++];

	snprintf(counter->name, sizeof(counter->name), "%s", name);
	counter->value = value;
}

static uint64_t facts_refused(const struct facts *facts)
{
	uint64_t sum = 0;

	for (int r = FACT_OK + 1; r < FACT_REFUSAL_COUNT; r++)
		sum += facts->refused[r];
	return sum;
}

static void fill_counters(const struct agent *agent, struct status *status)
{
	const struct counters *c = &agent->counters;
	char name[STATUS_COUNTER_NAME_MAX];

	count(status, "beats_sent", c->sent);
	count(status, "beats_send_failed", c->send_failed);
	count(status, "beats_received", c->received);
	count(status, "beats_fresh", c->fresh);
	count(status, "beats_one_way", c->one_way);
	count(status, "beats_unproven", c->unproven);
	count(status, "beats_stale", c->stale);
	count(status, "refused_stranger", c->strangers);
	count(status, "refused_wrong_link", c->wrong_link);
	for (int r = WIRE_OK + 1; r < WIRE_REFUSAL_COUNT; r++) {
		snprintf(name, sizeof(name), "refused_%s", wire_refusal_word((enum wire_refusal)r));
		count(status, name, c->refused[r]);
	}
	count(status, "facts_refused", facts_refused(&agent->facts) + agent->quorum.refused);
	count(status, "ctl_malformed", ctl_counts(agent->ctl).malformed);
	count(status, "ctl_denied", ctl_counts(agent->ctl).denied);
	count(status, "ctl_dropped", ctl_counts(agent->ctl).dropped);
	count(status, "ctl_unfollowed", ctl_counts(agent->ctl).unfollowed);
	count(status, "log_lost", log_lost());
	count(status, "log_suppressed", log_suppressed());
	count(status, "clients_reset", agent->clients.reset);
	count(status, "clients_tickled", agent->tickles.clients);
	count(status, "clients_answered", agent->tickles.answered);
	count(status, "clients_heard_of", agent->rolls.heard_of);
	count(status, "rolls_sent", agent->rolls.told);
	count(status, "rolls_refused", agent->rolls.refused);
	count(status, "beats_late", c->late_turns);
	count(status, "worst_late_us", c->worst_late_us);
}

static void fill_majority(const struct agent *agent, struct status *status)
{
	status->majority = agent->majority ? STATUS_MAJORITY_HEARD : STATUS_MAJORITY_LOST;
	status->quorum_nodes = agent->conf->nodes;
	for (node_id n = 0; n < agent->conf->nodes; n++)
		status->quorum_heard += n == agent->self || peers_alive(&agent->peers, n, agent->now);
}

void report_status(struct agent *agent, struct status *status)
{
	memset(status, 0, sizeof(*status));
	strcpy(status->node, agent_node_name(agent, agent->self));
	strcpy(status->cluster, agent->conf->cluster);
	snprintf(status->version, sizeof(status->version), "%s", CASVIP_VERSION);
	status->pid = (int)getpid();
	status->witness = agent->conf->node[agent->self].witness;
	status->keys = agent->ring.keys;
	for (int k = 0; k < status->keys; k++)
		status->key_id[k] = agent->ring.key[k].id;
	if (agent->conf->quorum == CONF_QUORUM_MAJORITY)
		fill_majority(agent, status);
	quorum_status(agent, &status->quorum);
	status->vips = agent->vips;
	for (int v = 0; v < agent->vips; v++)
		fill_vip(agent, &agent->vip[v], &status->vip[v]);
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (n == agent->self)
			continue;
		for (int v = 0; v < agent->vips; v++)
			fill_standing(agent, &agent->vip[v], n, status->peers, &status->vip[v]);
		fill_peer(agent, n, &status->peer[status->peers++]);
	}
	fill_counters(agent, status);
}
