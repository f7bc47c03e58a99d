/* A TCP server on 127.0.0.1 that behaves as badly as a test wants; one thread, driven by the test's own loop. */
#pragma once

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum manner {
	MANNER_REPLY,    /* the reply once the request is whole, then close */
	MANNER_HANG_UP,  /* close once the request is whole */
	MANNER_RESET,    /* likewise, with a reset */
	MANNER_SILENT,   /* never a word */
	MANNER_GREET,    /* the reply at once, unasked */
	MANNER_TRICKLE,  /* the reply, one byte each TRICKLE_MS, from its beginning again and again */
	MANNER_ENDLESS,  /* the reply again and again, as fast as it goes */
	MANNER_KEEP,     /* the reply to each whole request, on one connection */
	MANNER_IMPATIENT /* as REPLY, but close whoever has not asked within IMPATIENCE_MS */
};

enum { SERVER_CLIENTS_MAX = 160, TRICKLE_MS = 10, IMPATIENCE_MS = 10 };

struct server_client {
	int fd;
	bool asked;
	int64_t since_ms;
	size_t heard, sent;
	char request[2048];
};

struct server {
	int fd;
	uint16_t port;
	enum manner manner;
	bool serial; /* looks at the others only when the first has gone */
	const char *reply;
	size_t reply_bytes; /* 0: up to its NUL */
	char request[2048]; /* the last whole one; its body may be missing yet */
	int accepted;
	int asked; /* whole requests */
	int64_t trickle_at_ms;
	int clients;
	struct server_client client[SERVER_CLIENTS_MAX];
};

static inline int64_t server_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static inline void server_listen(struct server *server)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(in);
	int one = 1;

	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert(server->fd >= 0);
	assert(setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	assert(bind(server->fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(server->fd, 256) == 0);
	assert(getsockname(server->fd, (struct sockaddr *)&in, &length) == 0);
	server->port = ntohs(in.sin_port);
}

static inline void server_drop(struct server *server, int i, bool reset)
{
	struct linger linger = {.l_onoff = 1};

	if (reset)
		setsockopt(server->client[i].fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(server->client[i].fd);
	memmove(&server->client[i], &server->client[i + 1],
		(size_t)(--server->clients - i) * sizeof(server->client[0]));
}

/* As the kernel does when the process dies. */
static inline void server_die(struct server *server)
{
	if (server->fd >= 0)
		close(server->fd);
	server->fd = -1;
	while (server->clients > 0)
		server_drop(server, 0, false);
}

static inline void server_accept(struct server *server)
{
	int fd;

	while (server->clients < SERVER_CLIENTS_MAX && (fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		server->client[server->clients++] = (struct server_client){.fd = fd, .since_ms = server_clock_ms()};
		server->accepted++;
	}
}

/* False when the client has gone. */
static inline bool server_hear(struct server *server, struct server_client *client)
{
	ssize_t got = recv(client->fd, client->request + client->heard, sizeof(client->request) - 1 - client->heard, 0);

	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	client->heard += (size_t)got;
	client->request[client->heard] = '\0';
	if (!client->asked && strstr(client->request, "\r\n\r\n")) {
		client->asked = true;
		server->asked++;
		memcpy(server->request, client->request, client->heard + 1);
	}
	return true;
}

/* False when the client should be dropped. */
static inline bool server_answer(const struct server *server, struct server_client *client, bool trickle_now)
{
	size_t length = server->reply_bytes ? server->reply_bytes : strlen(server->reply);
	ssize_t sent;

	switch (server->manner) {
	case MANNER_REPLY:
	case MANNER_IMPATIENT:
		if (client->asked)
			send(client->fd, server->reply, length, MSG_NOSIGNAL);
		return !client->asked &&
		       (server->manner == MANNER_REPLY || server_clock_ms() < client->since_ms + IMPATIENCE_MS);
	case MANNER_KEEP:
		if (client->asked)
			send(client->fd, server->reply, length, MSG_NOSIGNAL);
		client->heard = client->asked ? 0 : client->heard;
		client->asked = false;
		break;
	case MANNER_HANG_UP:
	case MANNER_RESET:
		return !client->asked;
	case MANNER_SILENT:
		break;
	case MANNER_GREET:
		if (client->sent == 0)
			send(client->fd, server->reply, length, MSG_NOSIGNAL);
		client->sent = length;
		break;
	case MANNER_TRICKLE:
		if (client->asked && trickle_now)
			send(client->fd, server->reply + client->sent++ % length, 1, MSG_NOSIGNAL);
		break;
	case MANNER_ENDLESS:
		while (client->asked && (sent = send(client->fd, server->reply + client->sent % length,
						     length - client->sent % length, MSG_NOSIGNAL)) > 0)
			client->sent += (size_t)sent;
		break;
	}
	return true;
}

static inline void server_turn(struct server *server)
{
	bool trickle_now = server_clock_ms() >= server->trickle_at_ms;

	if (server->fd < 0)
		return;
	if (trickle_now)
		server->trickle_at_ms = server_clock_ms() + TRICKLE_MS;
	server_accept(server);
	for (int i = 0; i < server->clients && (i == 0 || !server->serial);) {
		struct server_client *client = &server->client[i];

		if (server_hear(server, client) && server_answer(server, client, trickle_now))
			i++;
		else
			server_drop(server, i, server->manner == MANNER_RESET);
	}
}
