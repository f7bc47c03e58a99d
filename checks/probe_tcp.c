/* Probe type tcp: does the port accept a connection? The kernel does that for a stopped process too, so this is the
 * shallowest of all checks. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/probe.h"
#include "checks/sock.h"

struct probe {
	struct conf_endpoint to;
	int fd; /* -1: not begun */
	char stage[32];
};

static struct probe *tcp_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->to = check->connect;
	probe->fd = -1;
	snprintf(probe->stage, sizeof(probe->stage), "connecting to port %u", check->connect.port);
	return probe;
}

static bool tcp_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	int result;

	(void)revents; /* the socket itself knows how far it is */
	if (probe->fd < 0)
		probe->fd = sock_connect(&probe->to.address, probe->to.port);
	result = probe->fd < 0 ? probe->fd : sock_connected(probe->fd);
	if (result == -EINPROGRESS) {
		*wait = (struct probe_wait){.fd = probe->fd, .events = POLLOUT};
		return false;
	}
	if (result < 0)
		sock_outcome(outcome, result, probe->stage);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "port %u accepts connections", probe->to.port);
	sock_close(&probe->fd);
	return true;
}

static const char *tcp_stage(const struct probe *probe)
{
	return probe->stage;
}

static void tcp_free(struct probe *probe)
{
	if (!probe)
		return;
	sock_close(&probe->fd);
	free(probe);
}

const struct probe_type probe_tcp = {
	.start = tcp_start,
	.advance = tcp_advance,
	.stage = tcp_stage,
	.free = tcp_free,
};
