/* Probe type dns: does a name resolve to exactly the addresses it should, IPv4 and IPv6, so that clients come to the
 * vip and go nowhere else?
 *
 * One question for each family, over UDP and not repeated: a lost datagram is a timeout, and `fall` is there for that.
 * A truncated answer is not fetched by TCP: with a name of any length 8 addresses fit in a datagram (12 of the header,
 * 259 of the question, 8 times 28), so there is more than a vip can have. */
#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "checks/dns_answer.h"
#include "checks/probe.h"
#include "checks/sock.h"
#include "conf/conf_address.h"

enum { FAMILIES = 2 };
static const uint16_t types[FAMILIES] = {ns_t_a, ns_t_aaaa};
static const char *const stages[FAMILIES + 1] = {"waiting for the name server to answer (A)",
						 "waiting for the name server to answer (AAAA)", "comparing"};

struct probe {
	const struct conf_check *check;
	int fd; /* -1: the question has not been asked */
	uint16_t id;
	int asked; /* families that are done with */
	struct dns_answer answer[FAMILIES];
};

static struct probe *dns_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	probe->fd = -1;
	return probe;
}

/* The configured server, or the first of /etc/resolv.conf. Where glibc keeps an IPv6 one, the other list has none. */
static socklen_t server_of(const struct conf_check *check, const struct __res_state *resolver,
			   struct sockaddr_storage *server)
{
	memset(server, 0, sizeof(*server));
	if (check->server.address.family)
		return address_to_socket(&check->server.address, check->server.port, server);
	if (resolver->nsaddr_list[0].sin_family == AF_INET) {
		memcpy(server, &resolver->nsaddr_list[0], sizeof(struct sockaddr_in));
		return sizeof(struct sockaddr_in);
	}
	if (!resolver->_u._ext.nsaddrs[0])
		return 0;
	memcpy(server, resolver->_u._ext.nsaddrs[0], sizeof(struct sockaddr_in6));
	return sizeof(struct sockaddr_in6);
}

/* 0, or -errno. */
static int send_question(struct probe *probe, const uint8_t *question, size_t length, struct __res_state *resolver)
{
	struct sockaddr_storage server;
	socklen_t server_length = server_of(probe->check, resolver, &server);

	probe->fd = socket(server.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (probe->fd < 0 || connect(probe->fd, (struct sockaddr *)&server, server_length) < 0 ||
	    send(probe->fd, question, length, MSG_NOSIGNAL) < 0)
		return -errno;
	probe->id = (uint16_t)(question[0] << 8 | question[1]);
	return 0;
}

static int ask(struct probe *probe)
{
	uint8_t question[DNS_UDP_MAX];
	struct __res_state resolver = {0};
	int length, error;

	if (res_ninit(&resolver) < 0)
		return -ENOMEM;
	length = res_nmkquery(&resolver, ns_o_query, probe->check->query, ns_c_in, types[probe->asked], NULL, 0, NULL,
			      question, sizeof(question));
	error = length < 0 ? -EINVAL : send_question(probe, question, (size_t)length, &resolver);
	res_nclose(&resolver);
	return error;
}

static bool is_in(const struct conf_address *address, const struct conf_address *list, int count)
{
	for (int i = 0; i < count; i++)
		if (address_same(address, &list[i]))
			return true;
	return false;
}

/* False with the verdict when there is an address that should not be. */
static bool has_no_other(const struct probe *probe, const struct dns_answer *answer, struct outcome *outcome)
{
	const struct conf_check *check = probe->check;
	char text[ADDRESS_TEXT_MAX];

	for (int i = 0; i < answer->addresses && i < DNS_ADDRESSES_MAX; i++) {
		if (is_in(&answer->address[i], check->expect_address, check->expect_addresses))
			continue;
		outcome_set(outcome, VERDICT_DOWN, "other-address", "%.50s resolves to %s, which is not expected",
			    check->query, address_text(&answer->address[i], false, text));
		return false;
	}
	return true;
}

static void compare(const struct probe *probe, struct outcome *outcome)
{
	const struct conf_check *check = probe->check;
	char text[ADDRESS_TEXT_MAX], all[FACT_WORDS_MAX] = "";

	for (int f = 0; f < FAMILIES; f++)
		if (!has_no_other(probe, &probe->answer[f], outcome))
			return;
	for (int i = 0; i < check->expect_addresses; i++) {
		const struct conf_address *wanted = &check->expect_address[i];
		const struct dns_answer *answer = &probe->answer[wanted->family == AF_INET6];

		address_text(wanted, false, text);
		if (!is_in(wanted, answer->address,
			   answer->addresses < DNS_ADDRESSES_MAX ? answer->addresses : DNS_ADDRESSES_MAX)) {
			outcome_set(outcome, VERDICT_DOWN, "missing-address", "%.50s does not resolve to %s",
				    check->query, text);
			return;
		}
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", text);
	}
	outcome_set(outcome, VERDICT_UP, "ok", "%.50s resolves to %s", check->query, all);
}

static void tell_failure(const struct probe *probe, int rcode, struct outcome *outcome)
{
	const char *name = probe->check->query;

	if (rcode == ns_r_nxdomain)
		outcome_set(outcome, VERDICT_DOWN, "no-name", "the name server says that there is no %.60s", name);
	else if (rcode == ns_r_servfail)
		outcome_set(outcome, VERDICT_DOWN, "server-failure", "the name server fails to resolve %.60s", name);
	else
		outcome_set(outcome, VERDICT_DOWN, "rcode", "the name server answers %d about %.60s", rcode, name);
}

/* True with the verdict; false when the next question may be asked. */
static bool take(struct probe *probe, enum dns_kind kind, struct outcome *outcome)
{
	switch (kind) {
	case DNS_ADDRESSES:
		sock_close(&probe->fd);
		if (++probe->asked < FAMILIES)
			return false;
		compare(probe, outcome);
		return true;
	case DNS_FAILED:
		tell_failure(probe, probe->answer[probe->asked].rcode, outcome);
		return true;
	case DNS_TRUNCATED:
		outcome_set(outcome, VERDICT_DOWN, "truncated", "%.50s resolves to more than fits in a datagram",
			    probe->check->query);
		return true;
	case DNS_BAD:
		outcome_set(outcome, VERDICT_DOWN, "bad-answer", "the name server's answer about %.50s is malformed",
			    probe->check->query);
		return true;
	case DNS_NOT_OURS:
		return false;
	}
	return false;
}

/* What has come. False when nothing has that ends the probe; then `error` says why there is no more: 0, there may be,
 * but another question has to be asked; or -errno. */
static bool receive(struct probe *probe, int *error, struct outcome *outcome)
{
	const struct dns_question question = {probe->id, types[probe->asked], probe->check->query};
	uint8_t message[4096];
	ssize_t got = recv(probe->fd, message, sizeof(message), 0);

	*error = got < 0 ? -errno : 0;
	if (got < 0)
		return false;
	return take(probe, dns_answer_read(message, (size_t)got, &question, &probe->answer[probe->asked]), outcome);
}

static bool dns_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	enum { STRANGERS_MAX = 64 }; /* in a turn */
	int error = 0;

	(void)revents;
	for (int i = 0; i < STRANGERS_MAX && !error; i++) {
		if (probe->fd < 0)
			error = ask(probe);
		if (!error && receive(probe, &error, outcome))
			return true;
	}
	if (error == -EINVAL) {
		outcome_set(outcome, VERDICT_UNKNOWN, "config", "\"%.80s\" is no name to ask for", probe->check->query);
		return true;
	}
	if (error && error != -EAGAIN) {
		sock_outcome(outcome, error, "asking the name server");
		return true;
	}
	*wait = (struct probe_wait){.fd = probe->fd, .events = POLLIN};
	return false;
}

static const char *dns_stage(const struct probe *probe)
{
	return stages[probe->asked];
}

static void dns_free(struct probe *probe)
{
	if (!probe)
		return;
	sock_close(&probe->fd);
	free(probe);
}

const struct probe_type probe_dns = {
	.start = dns_start,
	.advance = dns_advance,
	.stage = dns_stage,
	.free = dns_free,
};
