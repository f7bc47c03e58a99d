/* Provider "corosync": casvip-quorum is started, asked and heard, and what it says goes to the election of each vip. */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/log.h"
#include "agent/loop_source.h"

enum { ASK_MS = 100, FACTS_A_TURN = 64 };
/* A ring that forms anew shuts the gate for a moment, more than once. Only what lasts is told. */
enum { LASTS_MS = 250 };

static bool is_used(const struct agent *agent)
{
	return agent->conf->quorum == CONF_QUORUM_COROSYNC && !agent->conf->node[agent->self].witness;
}

int quorum_open(struct agent *agent)
{
	int r = helper_open(&agent->quorum.helper, "casvip-quorum");

	agent->quorum.gate = gate_closed();
	agent->quorum.ask_at = agent->now;
	agent->quorum.pending_since = INSTANT_ZERO;
	if (!is_used(agent))
		return 0;
	if (r < 0)
		log_event(LOG_ERR, EVENT_SENSOR, "sensor=quorum state=refused words=\"there is no user casvip-quorum "
			  "or nobody to run it as\"");
	return r;
}

void quorum_close(struct agent *agent)
{
	child_done(&agent->quorum.helper);
}

/* A node that knows its gate steps each of its vips by it. */
static void hand_over(struct agent *agent)
{
	struct quorum_run *run = &agent->quorum;
	struct event event = {.kind = ON_GATE, .at = agent->now, .node = NODE_NONE};

	run->gate = quorum_gate(&run->told, agent->self, agent->conf->nodes, &agent->terms);
	event.gate = run->gate;
	for (int v = 0; v < agent->vips; v++)
		vip_step(agent, &agent->vip[v], &event);
}

void quorum_facts(struct agent *agent)
{
	struct quorum_run *run = &agent->quorum;
	bool news = false;

	for (int i = 0; run->helper.facts_fd >= 0 && i < FACTS_A_TURN; i++) {
		char packet[sizeof(struct quorum_fact) + 1]; /* one that is too long shows that way */
		ssize_t n = read(run->helper.facts_fd, packet, sizeof(packet));
		struct quorum_fact fact;

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0) /* of no use any more, even if it still runs */
			child_kill(&run->helper);
		if (n <= 0)
			break;
		if (quorum_fact_read(packet, (size_t)n, &fact) != QUORUM_FACT_OK ||
		    quorum_fact_foretells(&fact, clock_boottime())) {
			run->refused++;
			continue;
		}
		run->told.fact = fact;
		news = run->told.heard = true;
	}
	if (news)
		hand_over(agent);
}

void quorum_ended(struct agent *agent)
{
	char how[CHILD_WHY_MAX];

	if (child_reap(&agent->quorum.helper, agent->now, how) != 1)
		return;
	log_event(LOG_ERR, EVENT_SENSOR, "sensor=quorum state=ended words=\"%s; what it proved goes stale until it is "
		  "back\"", how);
	agent->quorum.told = (struct quorum_told){0};
	agent->quorum.connects = 0;
	hand_over(agent);
}

static void start(struct agent *agent)
{
	static const struct helper_watch watch = {"quorum", SOURCE_QUORUM_FACTS, SOURCE_QUORUM};
	const struct child_gifts gifts = {
		.conf_text = agent->file.text, .conf_length = agent->file.length, .asks = true};

	if (helper_is_due(agent, &agent->quorum.helper))
		helper_start(agent, &agent->quorum.helper, &gifts, &watch);
}

/* Each time with this turn's clock: what comes back proves that this agent ran then. One that finds no room is not
 * missed, the one before it waits yet. */
static void ask(struct agent *agent)
{
	struct quorum_run *run = &agent->quorum;

	if (run->helper.asks_fd < 0 || !instant_reached(agent->now, run->ask_at))
		return;
	(void)!write(run->helper.asks_fd, &agent->now.ns, sizeof(agent->now.ns));
	run->ask_at = instant_add(agent->now, duration_ms(ASK_MS));
}

static void list_members(const struct agent *agent, uint32_t members, char names[static QUORUM_MEMBERS_MAX])
{
	size_t used = 0;

	strcpy(names, "none");
	for (node_id n = 0; n < agent->conf->nodes && used < QUORUM_MEMBERS_MAX; n++)
		if (members >> n & 1)
			used += (size_t)snprintf(names + used, QUORUM_MEMBERS_MAX - used, "%s%s", used ? "," : "",
						 agent_node_name(agent, n));
}

static int64_t age_ms(const struct agent *agent, int64_t ns)
{
	return duration_to_ms(instant_since(agent->now, (struct instant){ns}));
}

static void report_gate(struct agent *agent, enum quorum_standing standing)
{
	const struct quorum_run *run = &agent->quorum;
	const struct quorum_fact *fact = &run->told.fact;
	char names[QUORUM_MEMBERS_MAX], age[32] = "none";
	bool open = standing == QUORUM_STANDS_OPEN;

	if (fact->proven_ns)
		snprintf(age, sizeof(age), "%lld", (long long)age_ms(agent, fact->proven_ns));
	list_members(agent, fact->members, names);
	log_event(open ? LOG_NOTICE : standing == QUORUM_STANDS_REFUSED ? LOG_ERR : LOG_WARNING, EVENT_QUORUM,
		  "state=%s why=%s ring=%u.%llu members=%s votes=%u/%u needs=%u age_ms=%s%s%s%s",
		  open ? "open" : "shut", quorum_standing_word(standing, &run->told), fact->ring_node,
		  (unsigned long long)fact->ring_seq, names, fact->settings.present, fact->settings.expected,
		  fact->settings.quorum, age, open ? "" : " words=\"",
		  open ? "" : quorum_standing_words(standing, &run->told), open ? "" : "\"");
}

/* How fast it can be, once the settings are known, and again when they have changed. */
static void report_terms(struct agent *agent)
{
	struct quorum_run *run = &agent->quorum;
	struct quorum_terms is = quorum_terms(&run->told.fact.settings, agent->conf->nodes, &agent->terms);

	if (is.grace.ns == 0 || (is.failover.ns == run->terms.failover.ns && is.grace.ns == run->terms.grace.ns))
		return;
	run->terms = is;
	log_event(LOG_NOTICE, EVENT_QUORUM, "state=terms token_ms=%u consensus_ms=%u device_ms=%u settle_ms=%lld "
		  "grace_ms=%lld failover_ms=%lld", run->told.fact.settings.token_ms,
		  run->told.fact.settings.consensus_ms, run->told.fact.settings.device_timeout_ms,
		  (long long)duration_to_ms(is.settle), (long long)duration_to_ms(is.grace),
		  (long long)duration_to_ms(is.failover));
}

static void report_restart(struct agent *agent)
{
	struct quorum_run *run = &agent->quorum;
	uint32_t is = run->told.fact.connects;

	if (is == run->connects || run->told.fact.state < QUORUM_MISMATCH)
		return;
	if (run->connects)
		log_event(LOG_NOTICE, EVENT_QUORUM, "state=restarted words=\"corosync was gone and is back\"");
	run->connects = is;
}

/* With all nodes in the ring the device has no reason not to vote, but that the witness is not there. */
static bool lacks_witness(const struct agent *agent)
{
	const struct quorum_fact *fact = &agent->quorum.told.fact;
	const struct quorum_settings *settings = &fact->settings;

	return fact->state == QUORUM_QUORATE && settings->flags & QUORUM_DEVICE &&
	       !(settings->flags & QUORUM_DEVICE_VOTES && settings->flags & QUORUM_DEVICE_ALIVE) &&
	       settings->nodes == (uint32_t)__builtin_popcount(fact->members);
}

static void report_witness(struct agent *agent)
{
	struct quorum_run *run = &agent->quorum;
	bool is = lacks_witness(agent);

	if (run->told.fact.state != QUORUM_QUORATE || is == run->witness_lost)
		return;
	run->witness_lost = is;
	log_event(is ? LOG_WARNING : LOG_NOTICE, EVENT_QUORUM, "state=%s words=\"%s\"",
		  is ? "witness-lost" : "witness-back",
		  is ? "the quorum device does not vote: nothing moves now, but after the next fault no vip may be "
		       "owned; look at corosync-qdevice-tool -s"
		     : "the quorum device votes again");
}

static void report(struct agent *agent)
{
	struct quorum_run *run = &agent->quorum;
	enum quorum_standing is = quorum_standing(&run->told, &run->gate, agent->self, agent->now);
	const char *word = quorum_standing_word(is, &run->told);

	if (strcmp(word, run->pending) != 0 || run->pending_members != run->told.fact.members) {
		snprintf(run->pending, sizeof(run->pending), "%s", word);
		run->pending_members = run->told.fact.members;
		run->pending_since = agent->now;
	}
	if (instant_since(agent->now, run->pending_since).ns < duration_ms(LASTS_MS).ns)
		return;
	report_restart(agent);
	report_terms(agent);
	report_witness(agent);
	if (strcmp(word, run->reported) == 0 && run->reported_members == run->pending_members)
		return;
	strcpy(run->reported, run->pending);
	run->reported_members = run->pending_members;
	report_gate(agent, is);
}

void quorum_update(struct agent *agent)
{
	if (!is_used(agent))
		return;
	start(agent);
	ask(agent);
	report(agent);
}

struct instant quorum_at(const struct agent *agent)
{
	const struct quorum_run *run = &agent->quorum;

	if (!is_used(agent))
		return INSTANT_NEVER;
	return run->helper.asks_fd < 0 ? run->helper.start_at : run->ask_at;
}

struct duration quorum_failover(const struct agent *agent)
{
	return quorum_terms(&agent->quorum.told.fact.settings, agent->conf->nodes, &agent->terms).failover;
}

void quorum_status(const struct agent *agent, struct status_quorum *status)
{
	const struct quorum_run *run = &agent->quorum;
	const struct quorum_fact *fact = &run->told.fact;
	enum quorum_standing standing = quorum_standing(&run->told, &run->gate, agent->self, agent->now);
	struct quorum_terms terms = quorum_terms(&fact->settings, agent->conf->nodes, &agent->terms);

	status->used = is_used(agent);
	if (!status->used)
		return;
	status->open = standing == QUORUM_STANDS_OPEN;
	snprintf(status->why, sizeof(status->why), "%s", quorum_standing_word(standing, &run->told));
	snprintf(status->words, sizeof(status->words), "%s", quorum_standing_words(standing, &run->told));
	snprintf(status->ring, sizeof(status->ring), "%u.%llu", fact->ring_node, (unsigned long long)fact->ring_seq);
	for (node_id n = 0; n < agent->conf->nodes; n++)
		if (fact->members >> n & 1)
			strcpy(status->member[status->members++], agent_node_name(agent, n));
	status->age_ms = fact->proven_ns ? age_ms(agent, fact->proven_ns) : STATUS_UNKNOWN;
	status->settle_ms = duration_to_ms(terms.settle);
	status->grace_ms = duration_to_ms(terms.grace);
	status->failover_ms = terms.failover.ns ? duration_to_ms(terms.failover) : STATUS_UNKNOWN;
	status->restarts = fact->connects ? fact->connects - 1 : 0;
	status->witness_lost = lacks_witness(agent);
	status->settings = fact->settings;
}
