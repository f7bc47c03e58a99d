/* Probe type route: is a gateway on a network of this host, and does it answer there?
 *
 * The judge may not send ARP or neighbour solicitations. But it may send a datagram, to the port that discards (RFC
 * 863), and then the kernel has to know where the gateway is: what it knows is the verdict. What it believes without
 * asking it asks again of its own accord, 15 to 45 seconds after the last answer, then waits five seconds for another
 * sign of life and asks three times (RFC 4861 10, and ARP alike): only then a dead gateway is seen. */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "checks/probe.h"
#include "checks/rtnl.h"
#include "checks/sock.h"
#include "conf/conf_address.h"

enum { DISCARD_PORT = 9, STAGE_MAX = ADDRESS_TEXT_MAX + 48 };

struct probe {
	const struct conf_check *check;
	char gateway[ADDRESS_TEXT_MAX];
	int ask_fd;  /* questions to the kernel */
	int news_fd; /* what it says about neighbours unasked; -1: not begun */
	int poke_fd;
	int interface;
	char interface_name[IF_NAMESIZE];
	char stage[STAGE_MAX];
};

static struct probe *route_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	probe->ask_fd = probe->news_fd = probe->poke_fd = -1;
	address_text(&check->gateway, false, probe->gateway);
	snprintf(probe->stage, sizeof(probe->stage), "waiting for %s to answer %s", probe->gateway,
		 check->gateway.family == AF_INET ? "ARP" : "neighbour discovery");
	return probe;
}

/* A socket to the kernel, told of these groups. The descriptor or -errno. */
static int open_netlink(uint32_t groups)
{
	const struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE), error;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&self, sizeof(self)) == 0)
		return fd;
	error = errno;
	sock_close(&fd);
	return -error;
}

/* The kernel answers before the question has been sent, so to say. How many bytes, or -errno. */
static ssize_t ask(const struct probe *probe, const uint8_t *request, size_t length,
		   uint8_t reply[static RTNL_REPLY_MAX])
{
	ssize_t got;

	if (send(probe->ask_fd, request, length, 0) < 0)
		return -errno;
	got = recv(probe->ask_fd, reply, RTNL_REPLY_MAX, 0);
	return got < 0 ? -errno : got;
}

/* 0, or -errno. */
static int find_route(struct probe *probe, int wanted, struct rtnl_route *route)
{
	uint8_t request[RTNL_REQUEST_MAX], reply[RTNL_REPLY_MAX] __attribute__((aligned(8)));
	ssize_t got;

	probe->ask_fd = open_netlink(0);
	if (probe->ask_fd < 0)
		return probe->ask_fd;
	got = ask(probe, request, rtnl_route_request(request, &probe->check->gateway, wanted), reply);
	if (got < 0)
		return (int)got;
	return rtnl_route_read(reply, (size_t)got, route) ? -route->error : -EPROTO;
}

/* An empty datagram on its way to the gateway. 0, or -errno. */
static int poke(struct probe *probe)
{
	struct sockaddr_storage to;
	socklen_t length = address_to_socket(&probe->check->gateway, DISCARD_PORT, &to);
	const char *name = probe->interface_name;

	if (to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&to)->sin6_scope_id = (uint32_t)probe->interface;
	probe->poke_fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->poke_fd < 0 ||
	    setsockopt(probe->poke_fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name)) < 0 ||
	    connect(probe->poke_fd, (struct sockaddr *)&to, length) < 0 ||
	    send(probe->poke_fd, NULL, 0, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/* False with the verdict when there is nothing to wait for. */
static bool begin(struct probe *probe, struct outcome *outcome)
{
	const char *wanted = probe->check->interface;
	int number = *wanted ? (int)if_nametoindex(wanted) : 0, error;
	struct rtnl_route route = {0};

	if (*wanted && number == 0) {
		outcome_set(outcome, VERDICT_DOWN, "no-interface", "there is no interface %s", wanted);
		return false;
	}
	error = find_route(probe, number, &route);
	if (error == -ENETUNREACH || error == -EHOSTUNREACH || error == -ENETDOWN)
		outcome_set(outcome, VERDICT_DOWN, "no-route", "no route to %s%s%s", probe->gateway,
			    *wanted ? " on " : "", wanted);
	else if (error)
		sock_outcome(outcome, error, "asking for the route");
	else if (route.own)
		outcome_set(outcome, VERDICT_DOWN, "own-address", "%s is an address of this host", probe->gateway);
	else if (!route.on_link)
		outcome_set(outcome, VERDICT_DOWN, "not-on-link", "%s is not on a network of this host",
			    probe->gateway);
	if (error || !route.on_link)
		return false;
	probe->interface = route.interface;
	if (!if_indextoname((unsigned)route.interface, probe->interface_name))
		error = -errno;
	else if ((probe->news_fd = open_netlink(RTMGRP_NEIGH)) < 0)
		error = probe->news_fd;
	else
		error = poke(probe);
	if (error)
		sock_outcome(outcome, error, "sending to the gateway");
	return error == 0;
}

static void tell_known(const struct probe *probe, const struct rtnl_neighbour *neighbour, struct outcome *outcome)
{
	bool lately = neighbour->state & NUD_REACHABLE, asked = !(neighbour->state & (NUD_NOARP | NUD_PERMANENT));
	char mac[3 * RTNL_MAC_MAX + 1] = "";

	for (size_t i = 0; i < neighbour->mac_bytes; i++)
		snprintf(mac + strlen(mac), sizeof(mac) - strlen(mac), "%s%02x", i ? ":" : "", neighbour->mac[i]);
	if (asked)
		outcome_set(outcome, VERDICT_UP, "ok", "%s %s on %s as %.23s", probe->gateway,
			    lately ? "answered lately" : "answered, not just now,", probe->interface_name, mac);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "%s needs not be asked on %s", probe->gateway,
			    probe->interface_name);
}

/* True when there is a verdict. Asked in vain so far (INCOMPLETE), or asked again now (PROBE): whoever lives answers in
 * a moment. STALE and DELAY are what the kernel has no doubt of yet. */
static bool look(struct probe *probe, struct outcome *outcome)
{
	uint8_t request[RTNL_REQUEST_MAX], reply[RTNL_REPLY_MAX] __attribute__((aligned(8)));
	size_t length = rtnl_neighbour_request(request, &probe->check->gateway, probe->interface);
	ssize_t got = ask(probe, request, length, reply);
	struct rtnl_neighbour neighbour;

	if (got < 0 || !rtnl_neighbour_read(reply, (size_t)got, &neighbour)) {
		sock_outcome(outcome, got < 0 ? (int)got : -EPROTO, "asking for the neighbour");
		return true;
	}
	if (neighbour.state & NUD_FAILED) {
		outcome_set(outcome, VERDICT_DOWN, "no-answer", "%s does not answer on %s", probe->gateway,
			    probe->interface_name);
		return true;
	}
	if (!(neighbour.state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_NOARP | NUD_PERMANENT)))
		return false;
	tell_known(probe, &neighbour, outcome);
	return true;
}

static bool route_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	enum { DRAINED_MAX = 64 };
	uint8_t news[RTNL_REPLY_MAX];

	(void)revents;
	if (probe->news_fd < 0 && !begin(probe, outcome))
		return true;
	for (int i = 0; i < DRAINED_MAX; i++) /* an overrun (ENOBUFS) is news too */
		if (recv(probe->news_fd, news, sizeof(news), 0) < 0)
			break;
	*wait = (struct probe_wait){.fd = probe->news_fd, .events = POLLIN};
	return look(probe, outcome);
}

static const char *route_stage(const struct probe *probe)
{
	return probe->stage;
}

static void route_free(struct probe *probe)
{
	if (!probe)
		return;
	sock_close(&probe->ask_fd);
	sock_close(&probe->news_fd);
	sock_close(&probe->poke_fd);
	free(probe);
}

const struct probe_type probe_route = {
	.start = route_start,
	.advance = route_advance,
	.stage = route_stage,
	.free = route_free,
};
