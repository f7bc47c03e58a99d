/* The loop: a turn sleeps, reads the clock, lets lapsed leases go, drains, decides, performs, beats, logs. */
#include "agent/agent.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/log.h"
#include "agent/loop_source.h"

enum { READY_MAX = 128, KERNEL_NEWS_A_TURN = 64 };

int agent_watch(struct agent *agent, int fd, uint32_t source, uint32_t index)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = source_pack((enum source)source, index)};

	if (epoll_ctl(agent->epoll, EPOLL_CTL_ADD, fd, &event) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static void stop(struct agent *agent, const char *words)
{
	if (agent->stopping)
		return;
	agent->stopping = true;
	agent->stop_at = instant_add(agent->now, duration_times(agent->terms.dead, 2));
	log_event(LOG_NOTICE, EVENT_STOPPING, "node=%s words=\"%s\"", agent_node_name(agent, agent->self), words);
	service_stopping(&agent->service);
	for (int v = 0; v < agent->vips; v++)
		vip_step(agent, &agent->vip[v], &(struct event){.kind = ON_STOP, .at = agent->now});
}

static void drain_signals(struct agent *agent)
{
	struct signalfd_siginfo info;

	while (read(agent->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload_want(agent, 0); /* one that waits already will find the same file */
		else
			stop(agent, info.ssi_signo == SIGINT ? "interrupted" : "told to stop");
	}
}

static void read_kernel_news(struct agent *agent)
{
	int r = net_link_dispatch(agent->links, KERNEL_NEWS_A_TURN);

	if (r < 0)
		log_event(LOG_ERR, EVENT_LINK, "state=unknown words=\"cannot read the kernel's news of interfaces and "
			  "addresses: %s; everything is read anew within a second\"", strerror(-r));
}

static void dispatch(struct agent *agent, uint64_t data)
{
	uint32_t index = source_index(data);

	switch (source_of(data)) {
	case SOURCE_BEAT:
		beats_drain(agent, (node_id)(index / LINKS_MAX), (uint8_t)(index % LINKS_MAX));
		break;
	case SOURCE_KERNEL:
		read_kernel_news(agent);
		break;
	case SOURCE_ARP:
		ears_arp(agent, &agent->nic[index]);
		break;
	case SOURCE_ND:
		ears_nd(agent, &agent->nic[index]);
		break;
	case SOURCE_CTL:
		orders_drain(agent);
		break;
	case SOURCE_FACTS:
		sensors_facts(agent);
		break;
	case SOURCE_JUDGE:
		sensors_judge_ended(agent);
		break;
	case SOURCE_SIGNAL:
		drain_signals(agent);
		break;
	case SOURCE_CONF: /* reload_turn() takes it */
		break;
	case SOURCE_QUORUM_FACTS:
		quorum_facts(agent);
		break;
	case SOURCE_QUORUM:
		quorum_ended(agent);
		break;
	}
}

/* What came in before this turn's reading of the clock is seen before anything is decided on it. */
static void drain(struct agent *agent)
{
	struct epoll_event ready[READY_MAX];
	int count = epoll_wait(agent->epoll, ready, READY_MAX, 0);

	for (int i = 0; i < count; i++)
		dispatch(agent, ready[i].data.u64);
}

/* Rule 5 first: an owner that slept through its lease does nothing else before it has let go. */
static void let_lapsed_go(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].is.role == ROLE_ACTIVE && instant_reached(agent->now, agent->vip[v].is.lease_until))
			vip_tick(agent, &agent->vip[v]);
	}
}

static void beat_if_due(struct agent *agent)
{
	bool due = instant_reached(agent->now, agent->beat_at);
	int64_t late_us = instant_since(agent->now, agent->beat_at).ns / 1000;

	if (!due && !agent->beat_wanted)
		return;
	beats_send(agent);
	if (!due)
		return;
	if (late_us > (int64_t)agent->counters.worst_late_us)
		agent->counters.worst_late_us = (uint64_t)late_us;
	agent->counters.late_turns += late_us * 1000 >= agent->terms.margin.ns;
	agent->beat_at = instant_add(agent->beat_at, agent->terms.beat);
	if (instant_reached(agent->now, agent->beat_at))
		agent->beat_at = instant_add(agent->now, agent->terms.beat);
}

static void mend(struct agent *agent)
{
	if (!instant_reached(agent->now, agent->mend_at))
		return;
	agent->mend_at = instant_add(agent->now, duration_ms(1000));
	sensors_judge_ended(agent); /* once a second even if its descriptor tells nothing */
	quorum_ended(agent);
	read_kernel_news(agent);    /* the same: a full read that failed begins anew */
	post_look_around(agent);
	net_beat_mend(agent->beats);
	trouble_judge(agent);
	beats_watch(agent);
	agent->counters.strangers += net_beat_strangers(agent->beats);
}

static void do_what_is_due(struct agent *agent)
{
	quorum_update(agent);
	sensors_update(agent);
	for (int v = 0; v < agent->vips; v++)
		vip_tick(agent, &agent->vip[v]);
	beat_if_due(agent);
	beats_renew(agent);
	clients_turn(agent);
	tickles_turn(agent);
	rolls_turn(agent);
	for (int v = 0; v < agent->vips; v++) {
		vip_reconcile(agent, &agent->vip[v]);
		vip_announce_due(agent, &agent->vip[v]);
		sentinel_due(agent, &agent->vip[v]);
	}
	for (int n = 0; n < agent->nics; n++)
		isolation_ask(agent, &agent->nic[n]);
	beats_judge(agent);
	mend(agent);
	orders_progress(agent);
	reload_turn(agent);
	service_turn(&agent->service, agent->now);
	log_flush();
}

static struct instant next_deadline(const struct agent *agent)
{
	struct instant next = instant_earlier(agent->beat_at, agent->mend_at);

	next = instant_earlier(next, log_wants());
	next = instant_earlier(next, ctl_wants(agent->ctl));
	next = instant_earlier(next, orders_at(agent));
	next = instant_earlier(next, reload_at(agent));
	next = instant_earlier(next, sensors_at(agent));
	next = instant_earlier(next, quorum_at(agent));
	next = instant_earlier(next, service_wants(&agent->service));
	next = instant_earlier(next, beats_judge_at(agent));
	next = instant_earlier(next, clients_at(agent));
	next = instant_earlier(next, tickles_at(agent));
	next = instant_earlier(next, rolls_at(agent));
	for (int v = 0; v < agent->vips; v++) {
		const struct vip_run *vip = &agent->vip[v];

		next = instant_earlier(next, election_next(&vip->rules, &vip->is));
		next = instant_earlier(next, vip_reconcile_at(vip));
		if (vip->is.role == ROLE_ACTIVE)
			next = instant_earlier(next, vip->announce_at);
	}
	return next;
}

static void sleep_until(struct agent *agent, struct instant deadline)
{
	struct instant now = clock_boottime();
	struct timespec timeout;
	struct pollfd ready = {.fd = agent->epoll, .events = POLLIN};
	int64_t ns;

	if (instant_reached(now, deadline)) /* INSTANT_ZERO is no length of time away */
		return;
	ns = instant_since(deadline, now).ns;
	timeout = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	ppoll(&ready, 1, &timeout, NULL); /* to the nanosecond; epoll_pwait2() needs Linux 5.11 */
}

/* All vips handed over or released, or nobody took them in time. */
static bool finished(const struct agent *agent)
{
	if (!agent->stopping)
		return false;
	if (instant_reached(agent->now, agent->stop_at))
		return true;
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].is.role == ROLE_ACTIVE || agent->vip[v].is.yields_to != NODE_NONE ||
		    clients_parting(&agent->vip[v]))
			return false;
	}
	return true;
}

void agent_run(struct agent *agent)
{
	while (!finished(agent)) {
		sleep_until(agent, next_deadline(agent));
		agent->now = clock_boottime();
		log_turn(agent->now);
		let_lapsed_go(agent);
		drain(agent);
		do_what_is_due(agent);
	}
}
