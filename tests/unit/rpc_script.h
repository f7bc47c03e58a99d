/* Scripted servers on 127.0.0.1 and a little judge, in one thread: the probe and its servers take turns, so there are
 * no races and nothing sleeps. */
#pragma once

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "checks/probe.h"

enum { SCRIPT_REPLIES_MAX = 6, SCRIPT_SERVERS_MAX = 4, SCRIPT_REQUEST_MAX = 256 };

/* What the server does when it has no reply left. */
enum script_end { SCRIPT_SILENT, SCRIPT_CLOSES, SCRIPT_RESETS };

struct script_reply {
	const uint8_t *bytes;
	size_t length;
};

struct script_server {
	/* the script */
	struct script_reply reply[SCRIPT_REPLIES_MAX]; /* one to each request */
	int replies;
	enum script_end end;
	bool end_at_once; /* after the last reply; else upon the next request */
	size_t portion;   /* octets at a time; 0: all */
	int portion_ms;   /* between portions */
	bool stopped;     /* as by SIGSTOP: the kernel accepts, nobody reads */
	/* what happened */
	uint16_t port;
	int accepted, requests;
	uint8_t request[SCRIPT_REPLIES_MAX][SCRIPT_REQUEST_MAX];
	/* where it is */
	int listener, connection;
	size_t received, sent;
	bool replying;
	int64_t next_ms;
};

static int64_t script_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void script_listen(struct script_server *server)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(in);

	server->connection = -1;
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert(server->listener >= 0);
	assert(bind(server->listener, (struct sockaddr *)&in, length) == 0 && listen(server->listener, 8) == 0);
	assert(getsockname(server->listener, (struct sockaddr *)&in, &length) == 0);
	server->port = ntohs(in.sin_port);
}

static void script_hang_up(struct script_server *server, bool reset)
{
	struct linger linger = {.l_onoff = reset};

	if (server->connection < 0)
		return;
	setsockopt(server->connection, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(server->connection);
	server->connection = -1;
	server->received = server->sent = 0;
	server->replying = false;
}

/* Nobody listens on the port any more. */
static void script_stop(struct script_server *server)
{
	script_hang_up(server, false);
	if (server->listener >= 0)
		close(server->listener);
	server->listener = -1;
}

static void script_finish(struct script_server *server)
{
	if (server->end != SCRIPT_SILENT)
		script_hang_up(server, server->end == SCRIPT_RESETS);
}

static void script_send(struct script_server *server)
{
	const struct script_reply *reply = &server->reply[server->requests - 1];
	size_t part = reply->length - server->sent;

	if (script_now_ms() < server->next_ms)
		return;
	if (server->portion && part > server->portion)
		part = server->portion;
	server->next_ms = script_now_ms() + server->portion_ms;
	if (send(server->connection, reply->bytes + server->sent, part, MSG_NOSIGNAL) != (ssize_t)part) {
		script_hang_up(server, false);
		return;
	}
	server->sent += part;
	server->replying = server->sent < reply->length;
	if (!server->replying && server->requests == server->replies && server->end_at_once)
		script_finish(server);
}

static void script_receive(struct script_server *server)
{
	uint8_t *request = server->request[server->requests];
	size_t wants = server->received < 16 ? 16 : (size_t)(request[8] | request[9] << 8);
	ssize_t got;

	assert(wants <= SCRIPT_REQUEST_MAX);
	got = recv(server->connection, request + server->received, wants - server->received, 0);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		script_hang_up(server, false);
		return;
	}
	server->received += (size_t)got;
	if (server->received < 16 || server->received < (size_t)(request[8] | request[9] << 8))
		return;
	server->received = server->sent = 0;
	if (server->requests == server->replies) {
		script_finish(server);
		return;
	}
	server->requests++;
	server->replying = true;
}

static void script_turn(struct script_server *server)
{
	if (server->stopped || server->listener < 0)
		return;
	if (server->connection < 0) {
		server->connection = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		server->accepted += server->connection >= 0;
		if (server->connection >= 0 && server->replies == 0 && server->end_at_once)
			script_finish(server);
	}
	if (server->connection >= 0 && !server->replying && server->requests < SCRIPT_REPLIES_MAX)
		script_receive(server);
	if (server->connection >= 0 && server->replying)
		script_send(server);
}

/* Runs a probe to its end, or for `deadline_ms`: unless the probe knows better, the outcome then has the reason
 * "timeout" and the stage for words, as the judge would have it. Returns how many ms that took. */
static int64_t script_run(const struct probe_type *type, const struct conf_check *check, struct script_server *servers,
			  int count, int deadline_ms, struct outcome *outcome)
{
	int64_t begun = script_now_ms(), end = begun + deadline_ms;
	struct probe *probe = type->start(check, outcome);
	struct probe_wait wait;
	short revents = 0;

	assert(probe);
	while (!type->advance(probe, revents, &wait, outcome)) {
		struct pollfd waits = {.fd = wait.fd, .events = wait.events};

		do {
			for (int i = 0; i < count; i++)
				script_turn(&servers[i]);
		} while (poll(&waits, 1, 1) == 0 && script_now_ms() < end);
		if (script_now_ms() >= end) {
			if (!type->overdue || !type->overdue(probe, outcome))
				outcome_set(outcome, VERDICT_DOWN, "timeout", "%s", type->stage(probe));
			break;
		}
		revents = waits.revents;
	}
	type->free(probe);
	return script_now_ms() - begun;
}
