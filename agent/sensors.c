/* What makes this node fit to own a vip: its link, its neighbours, its checks and the admin's word. */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/log.h"
#include "agent/loop_source.h"
#include "conf/credential_file.h"

static void report_check(void *context, const struct fact_change *change, const struct fact_entry *entry)
{
	const struct agent *agent = context;
	const struct conf_vip *vip = &agent->conf->vip[change->vip];
	struct instant until =
		facts_held_until(&agent->facts, agent->conf, change->vip, change->check, agent->now);
	bool alarm = change->to != CHECK_STATE_UP || entry->verdict == VERDICT_AUTH_REJECTED;
	char held[32] = "";

	if (until.ns != INSTANT_ZERO.ns)
		snprintf(held, sizeof(held), "held_ms=%lld ",
			 (long long)duration_to_ms(instant_since(until, agent->now)));
	log_event(alarm ? LOG_WARNING : LOG_NOTICE, EVENT_CHECK,
		  "vip=%s check=%s from=%s to=%s reason=%s took_ms=%u %swords=\"%s\"", vip->name,
		  vip->check[change->check].name, status_check_state_word(change->from),
		  status_check_state_word(change->to),
		  entry->reason[0] ? entry->reason : "none", entry->took_us / 1000, held, entry->words);
}

static void report_certificate(void *context, const struct certificate_change *change)
{
	const struct agent *agent = context;
	const struct conf_vip *vip = &agent->conf->vip[change->vip];

	log_event(change->differs ? LOG_WARNING : LOG_NOTICE, EVENT_CHECK,
		  "vip=%s check=%s state=%s peer=%s words=\"%s\"", vip->name, vip->check[change->check].name,
		  change->differs ? "differs" : "same", agent_node_name(agent, change->peer),
		  change->differs ? "this node and the peer have different certificates: put the same on all nodes"
				  : "this node and the peer have the same certificate again");
}

static uint8_t enforces(const struct agent *agent)
{
	return ENFORCES_LIFETIME | (fence_holds(agent) ? ENFORCES_FENCE : 0);
}

static bool hears_majority(const struct agent *agent)
{
	int living = 0;

	for (node_id n = 0; n < agent->conf->nodes; n++)
		living += n != agent->self && peers_alive(&agent->peers, n, agent->now);
	return living >= agent->conf->nodes / 2;
}

/* The gravest reason that makes this node unfit decides. The words of each go into the log line of the role change that
 * it makes, and into no other. */
static struct event judge(struct agent *agent, struct vip_run *vip)
{
	struct health health = facts_health(&agent->facts, agent->conf, vip->place, vip->is.role == ROLE_ACTIVE,
					    agent->now);
	struct event event = {.kind = ON_FITNESS, .at = agent->now, .fitness = health.fitness, .score = health.score,
			      .enforces = enforces(agent)};
	const struct nic *nic = vip->nic;

	vip->check_reason[0] = vip->link_reason[0] = '\0';
	if (health.decider >= 0 && health.fitness != FITNESS_FIT) {
		const struct fact_entry *entry = &agent->facts.of[vip->place][health.decider];
		const char *reason = entry->reason[0] ? entry->reason : "none";

		snprintf(vip->check_reason, sizeof(vip->check_reason), "check=%s reason=%s words=\"%s\"",
			 vip->conf->check[health.decider].name, entry->unlike_owner ? "certificate-differs" : reason,
			 entry->words);
	}
	if (agent->standby)
		event.fitness = FITNESS_STANDBY;
	if (vip->rules.corosync ? !election_has_quorum(&vip->rules, &vip->is, agent->now)
				: vip->rules.majority && !hears_majority(agent))
		event.fitness = FITNESS_NO_QUORUM;
	if (nic->link.ifindex == 0 || !nic->link.up || nic->cut_off) {
		event.fitness = FITNESS_NO_LINK;
		snprintf(vip->link_reason, sizeof(vip->link_reason), "interface=%s state=%s", nic->name,
			 nic->link.ifindex == 0 ? "missing" : !nic->link.up ? "no-carrier" : "cut-off");
	}
	return event;
}

static void judge_vip(struct agent *agent, struct vip_run *vip)
{
	struct event event;

	certificates_mark(&agent->certificates, &agent->facts, agent->conf, vip->place,
			  election_owner(&vip->rules, &vip->is, agent->now));
	event = judge(agent, vip);
	if (event.fitness == vip->is.fitness && event.score == vip->is.score && event.enforces == vip->is.enforces)
		return;
	log_debug("vip=%s fitness=%s score=%u enforces=%u %s %s", vip->conf->name, fitness_word(event.fitness),
		  event.score, event.enforces, vip->link_reason, vip->check_reason);
	vip_step(agent, vip, &event);
}

static void judge_majority(struct agent *agent)
{
	bool is = hears_majority(agent);

	if (agent->conf->quorum != CONF_QUORUM_MAJORITY || is == agent->majority)
		return;
	agent->majority = is;
	log_event(is ? LOG_NOTICE : LOG_WARNING, EVENT_QUORUM, "state=%s words=\"%s\"", is ? "there" : "lost",
		  is ? "more than half of the nodes hear each other"
		     : "only half of the nodes or fewer are heard: no vip can be owned here");
}

struct instant sensors_at(const struct agent *agent)
{
	struct instant next = instant_earlier(facts_wants(&agent->facts, agent->conf, agent->now),
					      certificates_wants(&agent->certificates));

	if (agent->judge_wanted)
		next = instant_earlier(next, agent->judge.start_at);
	for (int n = 0; n < agent->nics; n++)
		next = instant_earlier(next, isolation_at(agent, &agent->nic[n]));
	return next;
}

static void start_judge(struct agent *agent)
{
	static const struct helper_watch watch = {"checks", SOURCE_FACTS, SOURCE_JUDGE};
	int credentials[CREDENTIAL_FILES_MAX];
	struct child_gifts gifts = {agent->file.text, agent->file.length, credentials, 0, false};

	if (!agent->judge_wanted || !helper_is_due(agent, &agent->judge))
		return;
	/* Opened anew for each: what was mended meanwhile is found. What cannot be opened is the judge's to tell. */
	gifts.credential_count = credential_files_open(agent->conf, getenv("CREDENTIALS_DIRECTORY"), credentials);
	helper_start(agent, &agent->judge, &gifts, &watch);
	credential_files_close(credentials, gifts.credential_count);
}

void sensors_judge_ended(struct agent *agent)
{
	char how[CHILD_WHY_MAX];

	if (child_reap(&agent->judge, agent->now, how) != 1)
		return;
	if (agent->judge_restarting) /* by us, for a new configuration: no news */
		agent->judge.start_at = agent->now;
	else
		log_event(LOG_ERR, EVENT_SENSOR, "sensor=checks state=ended words=\"%s; its facts go stale until it is "
			  "back\"", how);
	agent->judge_restarting = false;
}

void sensors_facts(struct agent *agent)
{
	enum { FACTS_A_TURN = 256 };

	/* A judge that closed its end is of no use, even if it still runs: end it, and a new one is started. */
	certificates_news(&agent->certificates);
	if (agent->judge.pid != 0 && facts_drain(&agent->facts, agent->judge.facts_fd, agent->conf, agent->now,
						 FACTS_A_TURN) == -EPIPE)
		child_kill(&agent->judge);
}

void sensors_update(struct agent *agent)
{
	start_judge(agent);
	facts_tell(&agent->facts, agent->conf, agent->now, report_check, agent);
	certificates_judge(&agent->certificates, &agent->facts, agent->conf, agent->now, report_certificate, agent);
	for (int n = 0; n < agent->nics; n++)
		isolation_judge(agent, &agent->nic[n]);
	judge_majority(agent);
	for (int v = 0; v < agent->vips; v++)
		judge_vip(agent, &agent->vip[v]);
}

static bool wants_judge(const struct agent *agent)
{
	for (int v = 0; v < agent->conf->vips; v++) {
		if (agent->conf->vip[v].checks > 0)
			return true;
	}
	return false;
}

int sensors_open(struct agent *agent)
{
	int r;

	facts_start(&agent->facts, agent->now);
	certificates_start(&agent->certificates, agent->conf);
	agent->judge_wanted = wants_judge(agent);
	r = helper_open(&agent->judge, "casvip-checks");
	if (r < 0)
		log_event(LOG_ERR, EVENT_SENSOR, "sensor=checks state=refused words=\"there is no user casvip-checks "
			  "or nobody to run it as\"");
	else if (agent->judge.shares_user)
		log_event(LOG_WARNING, EVENT_SENSOR, "sensor=checks state=shared-user words=\"there is no user "
			  "casvip-checks, so the checks run as nobody: any process of that user might read the "
			  "credentials of checks; run systemd-sysusers, then start casvipd again\"");
	return r;
}

/* After a reload: the same judge would go on with the old checks. */
void sensors_restart_judge(struct agent *agent)
{
	agent->judge_wanted = wants_judge(agent);
	agent->judge_restarting = agent->judge.pid != 0;
	child_kill(&agent->judge);
}

void sensors_close(struct agent *agent)
{
	child_done(&agent->judge);
}
