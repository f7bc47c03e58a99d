/* Probe type latency: does a connection come about quickly enough? By the kernel's clock where it has one, so that this
 * host's own delays are not charged to the service. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/judge.h"
#include "checks/probe.h"
#include "checks/sock.h"

struct probe {
	const struct conf_check *check;
	int fd; /* -1: not begun */
	struct instant began;
	char stage[sizeof("connecting to port 65535")];
};

static struct probe *latency_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	probe->fd = -1;
	snprintf(probe->stage, sizeof(probe->stage), "connecting to port %u", check->connect.port);
	return probe;
}

/* A connection whose SYN was lost took longer than its last round trip: then our own clock counts. */
static struct duration time_taken(const struct probe *probe)
{
	int64_t us = sock_round_trip_us(probe->fd);

	return us < 0 ? instant_since(judge_clock(), probe->began) : duration_us(us);
}

static void judge_time(const struct conf_check *check, struct duration took, struct outcome *outcome)
{
	double ms = (double)took.ns / 1e6, limit_ms = (double)check->limit.ns / 1e6;

	if (took.ns > check->limit.ns)
		outcome_set(outcome, VERDICT_DOWN, "slow", "port %u took %.3f ms to accept a connection: more than %g",
			    check->connect.port, ms, limit_ms);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "port %u took %.3f ms to accept a connection",
			    check->connect.port, ms);
}

static bool latency_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	int result;

	(void)revents; /* the socket itself knows how far it is */
	if (probe->fd < 0) {
		probe->began = judge_clock();
		probe->fd = sock_connect(&probe->check->connect.address, probe->check->connect.port);
	}
	result = probe->fd < 0 ? probe->fd : sock_connected(probe->fd);
	if (result == -EINPROGRESS) {
		*wait = (struct probe_wait){.fd = probe->fd, .events = POLLOUT};
		return false;
	}
	if (result < 0)
		sock_outcome(outcome, result, probe->stage);
	else
		judge_time(probe->check, time_taken(probe), outcome);
	sock_close(&probe->fd);
	return true;
}

static const char *latency_stage(const struct probe *probe)
{
	return probe->stage;
}

static void latency_free(struct probe *probe)
{
	if (!probe)
		return;
	sock_close(&probe->fd);
	free(probe);
}

const struct probe_type probe_latency = {
	.start = latency_start,
	.advance = latency_advance,
	.stage = latency_stage,
	.free = latency_free,
};
