/* From the command line to a running agent, and back to nothing.
 *
 * Order matters. The fence is put in place, shut, before the leftovers of an earlier run are swept, and both before the
 * first beat: a beat of a new session tells the others that the old lease is void. */
#include "agent/agent.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/conf_file.h"
#include "agent/here.h"
#include "agent/key_file.h"
#include "agent/log.h"
#include "agent/loop_source.h"
#include "agent/only.h"
#include "agent/privilege.h"

static int which_node(struct agent *agent)
{
	char words[HERE_WORDS_MAX];

	agent->self = here_node(agent->conf, agent->options, agent->addresses, words);
	if (agent->self != NODE_NONE)
		return 0;
	log_event(LOG_ERR, EVENT_CONFIG, "state=refused words=\"%s\"", words);
	return -ENOENT;
}

static int read_keys(struct agent *agent)
{
	char words[KEY_FILE_WORDS_MAX];
	int r = key_file_read(here_key_file(agent->conf, agent->options), &agent->ring, words);

	if (r < 0)
		log_event(LOG_ERR, EVENT_KEY, "state=refused words=\"%s\"", words);
	return r;
}

/* An owner's address outlives its last refresh by this much where there is no fence: whole seconds, as the kernel
 * counts them (design, part 5: 2 s or ceil(D) + 1, whichever is more). */
static struct duration address_lifetime(struct lease_terms terms)
{
	int64_t seconds = (duration_to_ms(terms.dead) + 999) / 1000 + 1;

	return duration_ms((seconds < 2 ? 2 : seconds) * 1000);
}

void vip_rules(const struct agent *agent, const struct conf_vip *conf, struct rules *rules)
{
	*rules = (struct rules){
		.self = agent->self,
		.nodes = (node_id)agent->conf->nodes,
		.terms = agent->terms,
		.lifetime = agent->lifetime,
		.hold_when_none_fit = conf->hold_when_none_fit,
		.failback_auto = conf->failback_auto,
		.disputed = membership_disputed(agent),
		.failback_after = conf->failback_after,
		.majority = agent->conf->quorum != CONF_QUORUM_NONE,
		.corosync = agent->conf->quorum == CONF_QUORUM_COROSYNC,
	};
	memset(rules->rank, RANK_NEVER, sizeof(rules->rank));
	for (int i = 0; i < conf->candidates; i++)
		rules->rank[conf->prefer[i]] = (uint8_t)i;
}

void vip_make(struct agent *agent, struct vip_run *vip, int place)
{
	memset(vip, 0, sizeof(*vip));
	vip->conf = &agent->conf->vip[place];
	vip->place = place;
	vip->verify_at = INSTANT_NEVER;
	vip->nic = ears_on(agent, vip->conf->interface);
	vip_rules(agent, vip->conf, &vip->rules);
}

static void make_vips(struct agent *agent)
{
	agent->terms = lease_terms(agent->conf->heartbeat, agent->conf->dead_after);
	agent->lifetime = address_lifetime(agent->terms);
	agent->vips = agent->conf->vips;
	for (int v = 0; v < agent->vips; v++) {
		vip_make(agent, &agent->vip[v], v);
		agent->vip[v].slot = v;
	}
}

static int guard(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		const struct conf_vip *conf = agent->vip[v].conf;
		int r = fence_guard(agent->fence, agent->vip[v].slot, conf->address, conf->addresses);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A host without BPF goes on without a fence, and says so here, in status and in its beats. */
static void open_fence(struct agent *agent)
{
	int r = fence_open(&agent->fence, agent->fence_why);

	if (r == 0 && (r = guard(agent)) < 0) {
		fence_close(agent->fence);
		agent->fence = NULL;
		strcpy(agent->fence_why, strerror(-r));
	}
	if (r < 0)
		log_event(LOG_WARNING, EVENT_FENCE, "state=absent lifetime_ms=%lld words=\"%s: after a crash the vip "
			  "is given up only when its address expires\"",
			  (long long)duration_to_ms(agent->lifetime), agent->fence_why);
}

/* The filters go onto every interface that is there now, before anything of an earlier run is touched: the kernel
 * reports them all in the first dispatch. */
static int first_news(struct agent *agent)
{
	static const struct net_link_calls calls = {
		.link = ears_link_news, .address = vip_address_news, .filters = post_filters_changed};
	int r = net_link_open(&agent->links, &calls, agent);

	if (r == 0)
		r = net_link_dispatch(agent->links, 1 << 16);
	return r;
}

static int open_network(struct agent *agent)
{
	int swept, r;

	agent->owns_network = true;
	open_fence(agent);
	r = first_news(agent);
	if (r < 0)
		return r;
	swept = net_addr_sweep(agent->addresses, NULL, 0);
	if (swept > 0)
		log_event(LOG_WARNING, EVENT_ADDRESS, "state=swept count=%d words=\"an earlier run left addresses "
			  "behind\"", swept);
	for (int v = 0; v < agent->vips; v++)
		agent->vip[v].verify_at = agent->now;
	r = net_beat_open(&agent->beats, agent->conf, agent->self);
	if (r == 0)
		net_beat_mend(agent->beats);
	return r;
}

static int open_loop(struct agent *agent)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	agent->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	agent->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (agent->signals < 0 || agent->epoll < 0)
		return -errno;
	return agent_watch(agent, agent->signals, SOURCE_SIGNAL, 0);
}

static int open_control(struct agent *agent)
{
	char why[128];
	int r;

	agent->status = calloc(1, sizeof(*agent->status));
	if (!agent->status || desk_reserve(&agent->desk, status_room(agent->conf)) < 0)
		return -ENOMEM;
	r = ctl_open(&agent->ctl, agent->options->socket, status_room(agent->conf), why);
	if (r < 0) {
		log_event(LOG_ERR, EVENT_STARTED, "state=refused words=\"control socket %s: %s\"",
			  agent->options->socket, why);
		return r;
	}
	if (ctl_root_only(agent->ctl))
		log_event(LOG_WARNING, EVENT_SENSOR, "state=control-root-only words=\"before Linux 6.16 whoever may "
			  "connect to the control socket can hold this agent up with descriptors: the group casvip may "
			  "not connect\"");
	return agent_watch(agent, ctl_fd(agent->ctl), SOURCE_CTL, 0);
}

/* Real time where allowed: late beats are the one thing that a busy machine must not cause. */
static void be_urgent(void)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct sched_param param = {.sched_priority = 50};
	int lock = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;

	/* Without CAP_IPC_LOCK, which is dropped soon, a limit would make a later allocation fail. */
	if (setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
		lock &= ~MCL_FUTURE;
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) < 0)
		log_event(LOG_NOTICE, EVENT_SENSOR, "state=no-realtime words=\"not allowed to run in real time (%s): a "
			  "busy host may lose a vip it could have kept\"", strerror(errno));
	if (mlockall(lock) < 0)
		log_event(LOG_NOTICE, EVENT_SENSOR, "state=not-locked words=\"cannot lock memory (%s)\"",
			  strerror(errno));
}

/* Going on with all of root's privileges would break a promise nobody would ever see broken. */
static int be_modest(void)
{
	int r = privilege_drop();

	if (r < 0)
		log_event(LOG_ERR, EVENT_SENSOR, "state=refused words=\"cannot drop privileges: %s\"", strerror(-r));
	return r;
}

/* Every finding is for whoever started it, on stderr; in the journal the first one is enough, and -t tells the rest. */
static int load(struct agent *agent)
{
	FILE *findings = service_stderr_is_journal() ? fopen("/dev/null", "we") : stderr;
	int r = findings ? conf_file_load(agent->options->conf_file, findings, &agent->file) : -errno;

	if (findings && findings != stderr)
		fclose(findings);
	if (r < 0) {
		log_event(LOG_ERR, EVENT_CONFIG, "state=refused file=%s words=\"%s\"", agent->options->conf_file,
			  agent->file.finding[0] ? agent->file.finding : strerror(-r));
		return r;
	}
	agent->conf = agent->file.conf;
	agent->digest = conf_digest(agent->conf);
	return 0;
}

static void report_missing(const struct agent *agent)
{
	for (int n = 0; n < agent->nics; n++)
		ears_report_missing(&agent->nic[n]);
}

static void log_lacking(void *context, int error, const char *words)
{
	char quoted[CONF_FINDING_MAX];

	(void)context;
	(void)error;
	conf_file_quote(words, quoted);
	log_event(LOG_WARNING, EVENT_CONFIG, "state=not-ready words=\"%s\"", quoted);
}

/* It goes on all the same: what is lacking may come, and a host that gives up is no better. */
static void report_lacking(const struct agent *agent)
{
	const struct here_ear ear = {log_lacking, NULL};

	report_missing(agent);
	here_lacks_addresses(agent->conf, agent->self, agent->addresses, &ear);
	here_lacks_files(agent->conf, &agent->judge, &ear);
}

void vip_begin(struct agent *agent, struct vip_run *vip)
{
	vip->is = election_start(&vip->rules, agent->now);
	vip->refresh_at = vip->announce_at = agent->now;
	vip->sentinel.reported_at = INSTANT_ZERO;
}

static void begin(struct agent *agent)
{
	agent->now = clock_boottime();
	peers_init(&agent->peers, agent->session, agent->terms);
	for (int n = 0; n < NODES_MAX; n++) {
		agent->peer[n].alive_at = agent->peer[n].hears_at = INSTANT_ZERO;
		for (int l = 0; l < LINKS_MAX; l++)
			agent->peer[n].hint_at[l] = INSTANT_NEVER;
	}
	for (int v = 0; v < agent->vips; v++)
		vip_begin(agent, &agent->vip[v]);
	agent->beat_at = agent->mend_at = agent->now;
	agent->sent_at = agent->sent_by = INSTANT_ZERO;
	beats_watch(agent);
	report_lacking(agent);
	log_event(LOG_NOTICE, EVENT_STARTED, "node=%s version=%s cluster=%s nodes=%d vips=%d heartbeat_ms=%lld "
		  "dead_ms=%lld fence=%s quorum=%s", agent_node_name(agent, agent->self), CASVIP_VERSION,
		  agent->conf->cluster, agent->conf->nodes, agent->conf->vips,
		  (long long)duration_to_ms(agent->terms.beat), (long long)duration_to_ms(agent->terms.dead),
		  !agent->fence ? "absent" : fence_holds(agent) ? "present" : "broken",
		  conf_quorum_word(agent->conf->quorum));
	service_ready(&agent->service);
}

static int be_the_only_one(struct agent *agent)
{
	char why[ONLY_WHY_MAX];

	agent->lock = only_one(why);
	if (agent->lock < 0)
		log_event(LOG_ERR, EVENT_STARTED, "state=refused words=\"%s\"", why);
	return agent->lock < 0 ? agent->lock : 0;
}

int agent_start(struct agent *agent, const struct options *options)
{
	int r;

	memset(agent, 0, sizeof(*agent));
	agent->options = options;
	agent->epoll = agent->signals = agent->lock = -1;
	agent->stop_at = INSTANT_NEVER;
	agent->now = clock_boottime();
	service_open(&agent->service, agent->now);
	if ((r = seal_init()) < 0 || (r = load(agent)) < 0 || (r = be_the_only_one(agent)) < 0 ||
	    (r = net_addr_open(&agent->addresses)) < 0 ||
	    (r = which_node(agent)) < 0 || (r = read_keys(agent)) < 0 || (r = open_loop(agent)) < 0)
		return r;
	agent->session = agent->started_session = seal_session();
	make_vips(agent);
	if ((r = open_control(agent)) < 0 || (r = open_network(agent)) < 0 || (r = sensors_open(agent)) < 0 ||
	    (r = quorum_open(agent)) < 0)
		return r;
	clients_open(agent);
	tickles_open(agent);
	if ((r = rolls_open(agent)) < 0)
		return r;
	if ((r = agent_watch(agent, net_link_fd(agent->links), SOURCE_KERNEL, 0)) < 0)
		return r;
	be_urgent();
	if ((r = be_modest()) < 0)
		return r;
	begin(agent);
	return 0;
}

static void let_go(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->fence)
			fence_lease(agent->fence, agent->vip[v].slot, INSTANT_ZERO);
	}
	if (agent->addresses)
		net_addr_sweep(agent->addresses, NULL, 0);
	if (agent->fence)
		fence_remove_all(); /* the addresses are gone: a host without casvip is a host without its fence */
}

void agent_done(struct agent *agent)
{
	if (agent->owns_network)
		let_go(agent);
	sensors_close(agent);
	rolls_close(agent);
	tickles_close(agent);
	quorum_close(agent);
	clients_close(agent);
	ears_close(agent);
	service_close(&agent->service);
	free(agent->status);
	desk_done(&agent->desk);
	fence_close(agent->fence);
	net_beat_close(agent->beats);
	net_link_close(agent->links);
	net_addr_close(agent->addresses);
	ctl_close(agent->ctl);
	reload_close(agent);
	conf_file_done(&agent->file);
	keyring_wipe(&agent->ring);
	if (agent->signals >= 0)
		close(agent->signals);
	if (agent->epoll >= 0)
		close(agent->epoll);
	if (agent->lock >= 0)
		close(agent->lock);
}
