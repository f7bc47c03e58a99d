/* Probe types tcp and latency: does the port accept a connection, and quickly enough? The kernel accepts it for a
 * stopped process too, so these are the shallowest of all checks. */
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

static struct probe *connect_start(const struct conf_check *check, struct outcome *outcome)
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

/* By the kernel's clock where it has one, so that this host's own delays are not charged to the service. A connection
 * whose SYN was lost took longer than its last round trip: then our own clock counts. */
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

static void judge(const struct probe *probe, int result, struct outcome *outcome)
{
	if (result < 0)
		sock_outcome(outcome, result, probe->stage);
	else if (probe->check->type == CHECK_LATENCY)
		judge_time(probe->check, time_taken(probe), outcome);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "port %u accepts connections", probe->check->connect.port);
}

static bool connect_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
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
	judge(probe, result, outcome);
	sock_close(&probe->fd);
	return true;
}

static const char *connect_stage(const struct probe *probe)
{
	return probe->stage;
}

static void connect_free(struct probe *probe)
{
	if (!probe)
		return;
	sock_close(&probe->fd);
	free(probe);
}

const struct probe_type probe_connect = {
	.start = connect_start,
	.advance = connect_advance,
	.stage = connect_stage,
	.free = connect_free,
};
