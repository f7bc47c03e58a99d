/* What people order through the control socket: checked as a whole first, then carried out or refused in words. */
#include "agent/agent.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/explain.h"
#include "agent/log.h"
#include "agent/obstacle.h"
#include "vrrp/candidates.h"

static enum ctl_answer answer(struct ctl_reply *reply, enum ctl_exit code, const char *words, ...)
	__attribute__((format(printf, 3, 4)));

static enum ctl_answer answer(struct ctl_reply *reply, enum ctl_exit code, const char *words, ...)
{
	va_list args;
	int length;

	va_start(args, words);
	length = vsnprintf(reply->text, reply->size, words, args);
	va_end(args);
	reply->exit_code = code;
	reply->length = length < 0 ? 0 : (size_t)length < reply->size ? (size_t)length : reply->size - 1;
	return CTL_NOW;
}

static int write_status(void *context, enum status_form form, char *text, size_t size)
{
	struct agent *agent = context;

	report_status(agent, agent->status);
	return status_write(agent->status, form, text, size);
}

static void answer_status(struct agent *agent)
{
	enum ctl_verb verb;
	uint64_t token = ctl_asks_status(agent->ctl, &verb);
	const char *text;

	if (!token || !instant_reached(agent->now, desk_opens(agent->now, agent->beat_at, agent->terms.beat)))
		return;
	text = desk_text(&agent->desk, verb == CTL_STATUS ? STATUS_TEXT : STATUS_JSON, agent->now, write_status, agent);
	ctl_finish(agent->ctl, token, agent->now, text ? CTL_DONE : CTL_FAILED,
		   text ? text : "the status does not fit its buffer\n");
}

/* When there is time for what may be done from `at` on. */
static struct instant opens(const struct agent *agent, struct instant at)
{
	if (at.ns == INSTANT_NEVER.ns)
		return INSTANT_NEVER;
	return desk_opens(instant_later(at, agent->now), agent->beat_at, agent->terms.beat);
}

static void tell_followers(struct agent *agent)
{
	struct event_origin origin = {.session = agent->started_session};

	if (!instant_reached(agent->now, opens(agent, agent->now)))
		return;
	snprintf(origin.node, sizeof(origin.node), "%s", agent_node_name(agent, agent->self));
	ctl_tell(agent->ctl, log_events(), &origin, agent->now);
}

struct instant orders_at(const struct agent *agent)
{
	enum ctl_verb verb;
	struct instant asked = ctl_asks_status(agent->ctl, &verb) ? agent->now : INSTANT_NEVER;

	return instant_earlier(opens(agent, asked), opens(agent, ctl_tells_at(agent->ctl, log_events())));
}

static struct vip_run *vip_named(struct agent *agent, const char *name)
{
	for (int v = 0; v < agent->vips; v++) {
		if (strcmp(agent->vip[v].conf->name, name) == 0)
			return &agent->vip[v];
	}
	return NULL;
}

static node_id node_named(const struct agent *agent, const char *name)
{
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (strcmp(agent->conf->node[n].name, name) == 0)
			return n;
	}
	return NODE_NONE;
}

/* Why a vip cannot move to a node (or to any, NODE_NONE), in words. */
static enum ctl_answer refuse_move(const struct agent *agent, const struct vip_run *vip, node_id to,
				   struct ctl_reply *reply)
{
	char words[OBSTACLE_MAX];

	if (to == NODE_NONE)
		return answer(reply, CTL_FAILED, "no other node can take %s now\n", vip->conf->name);
	if (to == agent->self)
		return answer(reply, CTL_FAILED, "%s is on %s already\n", vip->conf->name, agent_node_name(agent, to));
	if (vip->rules.rank[to] == RANK_NEVER)
		return answer(reply, CTL_FAILED, "%s never owns a vip\n", agent_node_name(agent, to));
	if (!peers_alive(&agent->peers, to, agent->now))
		return answer(reply, CTL_FAILED, "%s is not heard\n", agent_node_name(agent, to));
	return answer(reply, CTL_FAILED, "%s cannot take %s: %s\n", agent_node_name(agent, to), vip->conf->name,
		      obstacle_words(&vip->rules, &vip->is, to, words));
}

/* Only the owner can hand over. */
static enum ctl_answer refuse_elsewhere(const struct agent *agent, const struct vip_run *vip, node_id owner, node_id to,
					struct ctl_reply *reply)
{
	const char *name = vip->conf->name;

	if (owner == NODE_NONE)
		return answer(reply, CTL_FAILED, "nobody is known to own %s\n", name);
	if (owner == to)
		return answer(reply, CTL_FAILED, "%s is on %s already\n", name, agent_node_name(agent, owner));
	return answer(reply, CTL_FAILED, "%s is on %s: give the order there\n", name, agent_node_name(agent, owner));
}

/* A move that an order asks for: CTL_LATER where it would be carried out; else it is refused, with words. */
static enum ctl_answer judge_move(struct agent *agent, const struct ctl_request *request, struct ctl_reply *reply,
				  struct vip_run **ret_vip, node_id *ret_to)
{
	struct vip_run *vip = vip_named(agent, request->vip);
	node_id to = request->node[0] ? node_named(agent, request->node) : NODE_NONE, owner;

	if (!vip)
		return answer(reply, CTL_FAILED, "no vip is named %s\n", request->vip);
	if (request->node[0] && to == NODE_NONE)
		return answer(reply, CTL_FAILED, "no node is named %s\n", request->node);
	owner = election_owner(&vip->rules, &vip->is, agent->now);
	if (owner != agent->self)
		return refuse_elsewhere(agent, vip, owner, to, reply);
	if (vip->moving)
		return answer(reply, CTL_FAILED, "%s is being moved already\n", vip->conf->name);
	if (!election_can_move(&vip->rules, &vip->is, to, agent->now))
		return refuse_move(agent, vip, to, reply);
	*ret_vip = vip;
	*ret_to = to;
	return CTL_LATER;
}

static enum ctl_answer order_move(struct agent *agent, const struct ctl_request *request, struct ctl_reply *reply)
{
	struct vip_run *vip;
	node_id to;

	if (judge_move(agent, request, reply, &vip, &to) != CTL_LATER)
		return CTL_NOW;
	log_event(LOG_NOTICE, EVENT_ORDER, "order=move vip=%s to=%s uid=%d", vip->conf->name,
		  to == NODE_NONE ? "any" : agent_node_name(agent, to), (int)reply->uid);
	vip->moving = true;
	vip->move_token = reply->token;
	vip->move_deadline = instant_add(agent->now, duration_times(agent->terms.dead, 2));
	vip_step(agent, vip, &(struct event){.kind = ON_MOVE, .at = agent->now, .node = to});
	return CTL_LATER;
}

/* The same judgement, and nothing done. */
static enum ctl_answer answer_may_move(struct agent *agent, const struct ctl_request *request, struct ctl_reply *reply)
{
	struct vip_run *vip;
	node_id to;

	if (judge_move(agent, request, reply, &vip, &to) != CTL_LATER)
		return CTL_NOW;
	if (to == NODE_NONE)
		to = candidate_best_peer(&vip->rules, &vip->is, agent->now);
	return answer(reply, CTL_DONE, "%s would go from %s to %s, which is %s; clients would be without it for "
		      "about a round trip%s; nothing was changed\n", vip->conf->name,
		      agent_node_name(agent, agent->self), agent_node_name(agent, to),
		      fitness_word(vip->is.view[to].said.fitness),
		      vip->rules.majority ? ", and one more for the votes" : "");
}

static enum ctl_answer answer_explain(struct agent *agent, const struct ctl_request *request, struct ctl_reply *reply)
{
	const struct vip_run *vip = vip_named(agent, request->vip);
	struct explain_facts facts;
	int length;

	if (!vip)
		return answer(reply, CTL_FAILED, "no vip is named %s\n", request->vip);
	facts = (struct explain_facts){agent->conf, vip->conf, &vip->rules, &vip->is, &vip->history, agent->now,
					quorum_failover(agent)};
	length = request->verb == CTL_EXPLAIN ? explain_write_text(&facts, reply->text, reply->size)
					      : explain_write_json(&facts, reply->text, reply->size);
	if (length < 0)
		return answer(reply, CTL_FAILED, "the explanation does not fit its buffer\n");
	reply->exit_code = CTL_DONE;
	reply->length = (size_t)length;
	return CTL_NOW;
}

/* Vips that a node on standby has to keep for now, because nobody else can take them. */
static int kept(const struct agent *agent)
{
	int count = 0;

	for (int v = 0; v < agent->vips; v++)
		count += agent->vip[v].is.role == ROLE_ACTIVE && agent->vip[v].is.offers_to == NODE_NONE;
	return count;
}

/* A vip that is on its way to a node whose own checks fail, or NULL: an order is an order, but it should be known. */
static const struct vip_run *worse_off(const struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		const struct vip_run *vip = &agent->vip[v];
		node_id to = vip->is.role == ROLE_ACTIVE ? vip->is.offers_to : NODE_NONE;

		if (to != NODE_NONE && vip->is.view[to].said.fitness != FITNESS_FIT)
			return vip;
	}
	return NULL;
}

static enum ctl_answer order_standby(struct agent *agent, bool standby, struct ctl_reply *reply)
{
	const char *name = agent_node_name(agent, agent->self);
	const struct vip_run *worse;

	if (agent->standby != standby)
		log_event(LOG_NOTICE, EVENT_ORDER, "order=%s node=%s uid=%d", standby ? "standby" : "online", name,
			  (int)reply->uid);
	agent->standby = standby;
	sensors_update(agent);
	worse = worse_off(agent);
	if (standby && kept(agent) > 0)
		return answer(reply, CTL_DONE, "%s is on standby; nobody else can take %d of its vips now, so it keeps "
			      "them until somebody can\n", name, kept(agent));
	if (standby && worse)
		return answer(reply, CTL_DONE, "%s is on standby; WARNING: %s goes to %s, which is %s; casvipctl "
			      "online here brings it back\n", name, worse->conf->name,
			      agent_node_name(agent, worse->is.offers_to),
			      fitness_word(worse->is.view[worse->is.offers_to].said.fitness));
	return answer(reply, CTL_DONE, "%s is %s\n", name, standby ? "on standby" : "online");
}

static enum ctl_answer order_reload(struct agent *agent, struct ctl_reply *reply)
{
	if (!reload_want(agent, reply->token))
		return answer(reply, CTL_FAILED, "another reload waits already\n");
	return CTL_LATER;
}

/* A number of another session says nothing about this one's events. */
static enum ctl_answer follow(const struct agent *agent, const struct ctl_request *request, struct ctl_reply *reply)
{
	bool is_ours = !request->session || request->session == agent->started_session;

	reply->since = is_ours && request->since <= log_events()->newest ? request->since : 0;
	return CTL_FOLLOWS;
}

static enum ctl_answer handle(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
	struct agent *agent = context;

	switch (request->verb) {
	case CTL_STATUS:
	case CTL_STATUS_JSON:
		return CTL_LATER;
	case CTL_MOVE:
		return order_move(agent, request, reply);
	case CTL_STANDBY:
		return order_standby(agent, true, reply);
	case CTL_ONLINE:
		return order_standby(agent, false, reply);
	case CTL_RELOAD:
		return order_reload(agent, reply);
	case CTL_FOLLOW:
		return follow(agent, request, reply);
	case CTL_EXPLAIN:
	case CTL_EXPLAIN_JSON:
		return answer_explain(agent, request, reply);
	case CTL_MAY_MOVE:
		return answer_may_move(agent, request, reply);
	}
	return answer(reply, CTL_FAILED, "unknown order\n");
}

void orders_drain(struct agent *agent)
{
	ctl_dispatch(agent->ctl, agent->now, handle, agent);
}

static void progress_move(struct agent *agent, struct vip_run *vip)
{
	node_id owner = election_owner(&vip->rules, &vip->is, agent->now);
	char words[128];

	if (!vip->moving)
		return;
	if (owner != agent->self && owner != NODE_NONE) {
		snprintf(words, sizeof(words), "%s moved to %s\n", vip->conf->name, agent_node_name(agent, owner));
		ctl_finish(agent->ctl, vip->move_token, agent->now, CTL_DONE, words);
		vip->moving = false;
	} else if (instant_reached(agent->now, vip->move_deadline)) {
		snprintf(words, sizeof(words), "%s was not moved: the other node did not take it\n", vip->conf->name);
		ctl_finish(agent->ctl, vip->move_token, agent->now, CTL_FAILED, words);
		vip->moving = false;
	}
}

void orders_progress(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++)
		progress_move(agent, &agent->vip[v]);
	answer_status(agent);
	tell_followers(agent);
}
