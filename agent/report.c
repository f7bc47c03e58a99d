/* What a person reads at 3 a.m.: one line for each change, with who, from, to, why and the evidence. */
#include "agent/agent.h"

#include <stdio.h>

#include "agent/log.h"

enum { EVIDENCE_MAX = 320, SILENT_MAX = 40 };

const char *agent_node_name(const struct agent *agent, node_id node)
{
	return node < agent->conf->nodes ? agent->conf->node[node].name : "none";
}

static double to_ms(struct duration length)
{
	return (double)length.ns / 1e6;
}

struct duration report_dark(const struct agent *agent, const struct vip_run *vip, const struct todo *todo)
{
	const struct duration unknown = {-1}, none = {0};

	if (vip->is.role != ROLE_ACTIVE)
		return unknown;
	if (vip->is.why == WHY_SILENCE)
		return todo->silent;
	if (vip->is.why != WHY_YIELDED)
		return unknown;
	return todo->peer == NODE_NONE ? none : instant_since(agent->now, vip->is.view[todo->peer].echo_at);
}

/* Which check, link or peer made it happen, and for how long at most nobody answered clients. */
static void evidence(const struct agent *agent, const struct vip_run *vip, const struct todo *todo,
		     char text[static EVIDENCE_MAX])
{
	const struct view *view = todo->peer == NODE_NONE ? NULL : &vip->is.view[todo->peer];

	text[0] = '\0';
	switch (vip->is.why) {
	case WHY_SILENCE:
		snprintf(text, EVIDENCE_MAX, " dark_max_ms=%lld", (long long)duration_to_ms(todo->silent));
		break;
	case WHY_YIELDED:
		snprintf(text, EVIDENCE_MAX, " peer_why=%s dark_max_ms=%.1f", why_word(todo->peer_why),
			 view ? to_ms(instant_since(agent->now, view->echo_at)) : 0.0);
		break;
	case WHY_LINK:
		snprintf(text, EVIDENCE_MAX, " %s",
			 vip->link_reason[0] ? vip->link_reason : "words=\"nobody answers this host any more\"");
		break;
	case WHY_CHECK:
		snprintf(text, EVIDENCE_MAX, " %s", vip->check_reason);
		break;
	case WHY_STALLED:
		snprintf(text, EVIDENCE_MAX, " words=\"this agent did not run in time: its lease was over\"");
		break;
	case WHY_OUTRANKED:
		snprintf(text, EVIDENCE_MAX, " peer_term=%u", view ? view->said.term : 0);
		break;
	case WHY_STARTED:
	case WHY_VACANT:
	case WHY_STANDBY:
	case WHY_FAILBACK:
	case WHY_ORDER:
	case WHY_STOPPING:
	case WHY_NO_QUORUM:
		break;
	}
}

void report_change_words(const struct agent *agent, const struct vip_run *vip, const struct todo *todo,
			 char words[static HISTORY_WORDS_MAX])
{
	char silent[SILENT_MAX] = "", text[EVIDENCE_MAX];

	if (vip->is.why == WHY_SILENCE)
		snprintf(silent, sizeof(silent), " silent_ms=%lld", (long long)duration_to_ms(todo->silent));
	evidence(agent, vip, todo, text);
	snprintf(words, HISTORY_WORDS_MAX, "why=%s peer=%s%s term=%u%s", why_word(vip->is.why),
		 agent_node_name(agent, todo->peer), silent,
		 vip->is.role == ROLE_ACTIVE ? vip->is.term : vip->is.term_seen, text);
}

static void report_role(const struct agent *agent, const struct vip_run *vip, const struct todo *todo)
{
	bool alarm = vip->is.why == WHY_SILENCE || vip->is.why == WHY_STALLED;
	char words[HISTORY_WORDS_MAX];

	report_change_words(agent, vip, todo, words);
	service_words(&agent->service, "vip %s: %s (%s)", vip->conf->name,
		      role_word(vip->is.role), why_word(vip->is.why));
	log_event(alarm ? LOG_WARNING : LOG_NOTICE, EVENT_ROLE, "vip=%s from=%s to=%s %s", vip->conf->name,
		  role_word(todo->from), role_word(vip->is.role), words);
}

void report_step(const struct agent *agent, const struct vip_run *vip, const struct todo *todo)
{
	if (todo->probe)
		log_debug("vip=%s does anybody answer for it?", vip->conf->name);
	if (todo->split)
		log_event(LOG_WARNING, EVENT_SPLIT, "vip=%s peer=%s apart_ms=%lld term=%u peer_term=%u words=\"both "
			  "owned it; %s keeps it\"", vip->conf->name, agent_node_name(agent, todo->peer),
			  (long long)duration_to_ms(todo->silent), vip->is.term,
			  vip->is.view[todo->peer].said.term,
			  agent_node_name(agent, vip->is.role == ROLE_ACTIVE ? agent->self : todo->peer));
	if (todo->suspect)
		log_event(LOG_WARNING, EVENT_SUSPECT, "vip=%s peer=%s words=\"its heartbeats do not arrive, but "
			  "somebody still answers for the vip: not taking it; look for a firewall or a wrong key\"",
			  vip->conf->name, agent_node_name(agent, todo->peer));
	if (todo->changed)
		report_role(agent, vip, todo);
}
