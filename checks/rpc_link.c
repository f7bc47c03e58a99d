#include "checks/rpc_link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "checks/sock.h"

void rpc_link_init(struct rpc_link *link)
{
	link->fd = -1;
}

static void expect(struct rpc_link *link, enum dcerpc_type sent, size_t bytes)
{
	dcerpc_expect(&link->reader, sent, link->call_id);
	link->out_bytes = bytes;
	link->out_sent = 0;
}

void rpc_link_open(struct rpc_link *link, const struct conf_address *address, uint16_t port, const char *peer,
		   const struct dcerpc_syntax *interface)
{
	rpc_link_close(link);
	snprintf(link->peer, sizeof(link->peer), "%s", peer);
	snprintf(link->stage, sizeof(link->stage), "connecting to %s", link->peer);
	link->call_id = 1;
	dcerpc_bind(link->out, link->call_id, interface);
	expect(link, DCERPC_BIND, DCERPC_BIND_BYTES);
	link->connected = false;
	link->fd = sock_connect(address, port);
	link->error = link->fd < 0 ? link->fd : 0;
}

void rpc_link_call(struct rpc_link *link, const char *name, uint16_t opnum, const uint8_t *stub, size_t stub_bytes)
{
	size_t bytes;

	link->call_id++;
	bytes = dcerpc_request(link->out, sizeof(link->out), link->call_id, opnum, stub, stub_bytes);
	expect(link, DCERPC_REQUEST, bytes);
	snprintf(link->stage, sizeof(link->stage), "waiting for %s of %s", name, link->peer);
}

/* Each step returns 0, -EAGAIN while it must wait, or another -errno. */
static int connect_step(struct rpc_link *link)
{
	int result;

	if (link->connected || link->error)
		return link->error;
	result = sock_connected(link->fd);
	if (result == -EINPROGRESS)
		return -EAGAIN;
	if (result < 0)
		return result;
	link->connected = true;
	snprintf(link->stage, sizeof(link->stage), "waiting for bind_ack of %s", link->peer);
	return 0;
}

static int send_step(struct rpc_link *link)
{
	while (link->out_sent < link->out_bytes) {
		ssize_t sent = sock_send(link->fd, link->out + link->out_sent, link->out_bytes - link->out_sent);

		if (sent < 0)
			return (int)sent;
		link->out_sent += (size_t)sent;
	}
	return 0;
}

/* Reads no byte beyond the reply: what a server sends unasked must not pass for the answer to the next call. */
static int receive_step(struct rpc_link *link)
{
	uint8_t bytes[4096];
	size_t wants;

	while ((wants = dcerpc_wants(&link->reader)) > 0) {
		ssize_t got = sock_receive(link->fd, bytes, wants < sizeof(bytes) ? wants : sizeof(bytes));

		if (got < 0)
			return (int)got;
		dcerpc_feed(&link->reader, bytes, (size_t)got);
	}
	return 0;
}

static enum rpc_link_news reply_news(const struct rpc_link *link, struct outcome *outcome)
{
	enum dcerpc_news news = link->reader.news;

	if (news == DCERPC_REPLY)
		return RPC_LINK_REPLY;
	outcome_set(outcome, news == DCERPC_NO_MEMORY ? VERDICT_UNKNOWN : VERDICT_DOWN,
		    news == DCERPC_NO_MEMORY ? "no-memory" : "bad-pdu", "%s: %s", link->stage, dcerpc_news_words(news));
	return RPC_LINK_FAILED;
}

enum rpc_link_news rpc_link_advance(struct rpc_link *link, struct probe_wait *wait, struct outcome *outcome)
{
	int result;

	wait->fd = link->fd;
	wait->events = POLLOUT;
	result = connect_step(link);
	if (result == 0)
		result = send_step(link);
	if (result == 0) {
		wait->events = POLLIN;
		result = receive_step(link);
	}
	if (result == 0)
		return reply_news(link, outcome);
	if (result == -EAGAIN)
		return RPC_LINK_WAITS;
	sock_outcome(outcome, result, link->stage);
	return RPC_LINK_FAILED;
}

void rpc_link_close(struct rpc_link *link)
{
	sock_close(&link->fd);
}

void rpc_link_done(struct rpc_link *link)
{
	rpc_link_close(link);
	dcerpc_reader_done(&link->reader);
}
