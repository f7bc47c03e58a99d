/* A scripted RPC proxy on 127.0.0.1 and the judge's own set of runs, in one thread: probe and proxy take turns, time is
 * the test's, nothing sleeps. The includer includes cmocka.h first. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "checks/runs.h"
#include "tests/unit/dcerpc_examples.h"
#include "tests/unit/rts_examples.h"

#define PROXY_STREAM "HTTP/1.1 200 Success\r\ncontent-type: application/rpc\r\nContent-Length: 1073741824\r\n\r\n"

enum { PROXY_CLIENTS_MAX = 4, PROXY_HEARD_MAX = 2048, PROXY_STEPS_MAX = 4, PROXY_PATIENCE_MS = 10000 };

enum proxy_end { PROXY_STAYS, PROXY_CLOSES, PROXY_RESETS };

/* When the IN channel's body has come this far, this goes out on the OUT channel. */
struct proxy_step {
	size_t in_bytes; /* 0: as soon as CONN/A1 is there */
	const void *bytes;
	size_t length;
};

struct proxy_client {
	int fd;
	bool is_out, answered;
	size_t heard, body_at; /* body_at 0: the head is not whole */
	char text[PROXY_HEARD_MAX];
};

struct proxy {
	/* the script */
	const char *out_answer, *in_answer; /* NULL: none */
	enum proxy_end out_end, in_end;     /* once the head and the first PDU are there, after the answer */
	bool together;                      /* neither answers before both channels are there */
	struct proxy_step step[PROXY_STEPS_MAX];
	int steps;
	size_t portion; /* octets at a time; 0: all */
	bool stopped;   /* as by SIGSTOP: the kernel accepts, nobody reads */
	/* what happened */
	uint16_t port;
	int accepted;
	struct proxy_client client[PROXY_CLIENTS_MAX];
	/* where it is */
	int listener, done_steps;
	size_t sent; /* of the step */
};

static void proxy_listen(struct proxy *proxy)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(in);

	proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(proxy->listener >= 0);
	assert_int_equal(bind(proxy->listener, (struct sockaddr *)&in, length), 0);
	assert_int_equal(listen(proxy->listener, 8), 0);
	assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&in, &length), 0);
	proxy->port = ntohs(in.sin_port);
}

static void proxy_hang_up(struct proxy_client *client, bool reset)
{
	struct linger linger = {.l_onoff = reset};

	if (client->fd < 0)
		return;
	setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(client->fd);
	client->fd = -1;
}

static void proxy_stop(struct proxy *proxy)
{
	for (int i = 0; i < proxy->accepted; i++)
		proxy_hang_up(&proxy->client[i], false);
	if (proxy->listener >= 0)
		close(proxy->listener);
	proxy->listener = -1;
}

/* The channel's newest connection, open or not; NULL: there was none. */
static struct proxy_client *proxy_channel(struct proxy *proxy, bool is_out)
{
	for (int i = proxy->accepted - 1; i >= 0; i--)
		if (proxy->client[i].body_at > 0 && proxy->client[i].is_out == is_out)
			return &proxy->client[i];
	return NULL;
}

static size_t proxy_body_bytes(const struct proxy_client *client)
{
	return client && client->body_at > 0 ? client->heard - client->body_at : 0;
}

static void proxy_hear(struct proxy_client *client)
{
	ssize_t got = recv(client->fd, client->text + client->heard, sizeof(client->text) - 1 - client->heard, 0);
	const char *end;

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		proxy_hang_up(client, false);
		return;
	}
	client->heard += (size_t)got;
	if (client->body_at == 0 && (end = strstr(client->text, "\r\n\r\n"))) {
		client->body_at = (size_t)(end + 4 - client->text);
		client->is_out = strncmp(client->text, "RPC_OUT_DATA ", 13) == 0;
	}
}

static void proxy_answer_client(struct proxy *proxy, struct proxy_client *client)
{
	const char *answer = client->is_out ? proxy->out_answer : proxy->in_answer;
	enum proxy_end end = client->is_out ? proxy->out_end : proxy->in_end;
	size_t first_pdu = client->is_out ? RTS_CONN_A1_BYTES : RTS_CONN_B1_BYTES;

	if (client->fd < 0 || client->answered || proxy_body_bytes(client) < first_pdu)
		return;
	if (proxy->together && (proxy_body_bytes(proxy_channel(proxy, true)) < RTS_CONN_A1_BYTES ||
				proxy_body_bytes(proxy_channel(proxy, false)) < RTS_CONN_B1_BYTES))
		return;
	client->answered = true;
	if (client->is_out) {
		proxy->done_steps = 0;
		proxy->sent = 0;
	}
	if (answer)
		send(client->fd, answer, strlen(answer), MSG_NOSIGNAL);
	if (end != PROXY_STAYS)
		proxy_hang_up(client, end == PROXY_RESETS);
}

static void proxy_take_steps(struct proxy *proxy)
{
	struct proxy_client *out = proxy_channel(proxy, true);
	size_t in_bytes = proxy_body_bytes(proxy_channel(proxy, false));

	while (out && out->fd >= 0 && out->answered && proxy->done_steps < proxy->steps) {
		const struct proxy_step *step = &proxy->step[proxy->done_steps];
		size_t part = step->length - proxy->sent;

		if (in_bytes < step->in_bytes)
			return;
		if (proxy->portion && part > proxy->portion)
			part = proxy->portion;
		send(out->fd, (const uint8_t *)step->bytes + proxy->sent, part, MSG_NOSIGNAL);
		proxy->sent += part;
		if (proxy->sent < step->length)
			return;
		proxy->sent = 0;
		proxy->done_steps++;
		if (proxy->portion)
			return;
	}
}

static void proxy_turn(struct proxy *proxy)
{
	int fd;

	if (proxy->stopped || proxy->listener < 0)
		return;
	while (proxy->accepted < PROXY_CLIENTS_MAX &&
	       (fd = accept4(proxy->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		proxy->client[proxy->accepted++] = (struct proxy_client){.fd = fd};
	for (int i = 0; i < proxy->accepted; i++)
		if (proxy->client[i].fd >= 0)
			proxy_hear(&proxy->client[i]);
	for (int i = 0; i < proxy->accepted; i++)
		proxy_answer_client(proxy, &proxy->client[i]);
	proxy_take_steps(proxy);
}

static int64_t proxy_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Probe and proxy take turns until `is_reached`, or until the probe has ended, which is returned. */
static bool proxy_run_until(struct proxy *proxy, struct runs *runs, bool (*is_reached)(struct proxy *proxy),
			    struct run_end *end)
{
	int64_t patience = proxy_now_ms() + PROXY_PATIENCE_MS;
	struct pollfd fds[RUNS_MAX];

	while (!runs_next(runs, (struct instant){0}, end)) {
		if (is_reached && is_reached(proxy))
			return false;
		assert_true(proxy_now_ms() < patience);
		proxy_turn(proxy);
		poll(fds, (nfds_t)runs_wait(runs, fds), 1);
		runs_woke(runs, fds);
	}
	return true;
}
