#include "agent/ctl.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/ctl_listen.h"
#include "agent/followers.h"

/* A listener that cannot accept (no descriptors left) is left alone this long, or the loop would spin on it. */
enum { ACCEPT_PAUSE_MS = 1000 };

enum client_state {
	CLIENT_FREE,
	CLIENT_ASKING,  /* its request is not complete */
	CLIENT_WAITING, /* the handler answers later */
	CLIENT_READING, /* the reply is on its way */
};

struct client {
	enum client_state state;
	int fd;
	uint64_t token; /* unique for ever, so that nothing late can reach the slot's next client */
	struct instant since;
	uid_t uid;
	pid_t pid;
	char request[CTL_REQUEST_MAX];
	size_t asked;
	enum ctl_verb verb; /* while it waits */
	char *reply; /* head, then room for the text */
	size_t sent, end;
};

struct ctl {
	struct ctl_listen listen;
	int epoll;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	size_t room;
	uint64_t last_token; /* 0 is the listener's */
	struct instant accept_again;
	bool handling;
	struct ctl_counts counts;
	struct client client[CTL_CLIENTS_MAX];
	struct followers followers;
};

static const struct duration patience = {CTL_PATIENCE_MS * 1000000LL};

static int watch(struct ctl *ctl, int operation, int fd, uint32_t events, uint64_t token)
{
	struct epoll_event event = {.events = events, .data.u64 = token};

	return epoll_ctl(ctl->epoll, operation, fd, &event) < 0 ? -errno : 0;
}

static void let_go(struct client *client)
{
	close(client->fd); /* leaves the epoll set by itself */
	client->state = CLIENT_FREE;
	client->fd = -1;
}

static void drop(struct ctl *ctl, struct client *client)
{
	ctl->counts.dropped++;
	let_go(client);
}

/* Sends on; lets the client go when it has everything. Watches only for room to write: what else it says is unread. */
static void push(struct ctl *ctl, struct client *client)
{
	while (client->sent < client->end) {
		ssize_t n = send(client->fd, client->reply + client->sent, client->end - client->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && watch(ctl, EPOLL_CTL_MOD, client->fd, EPOLLOUT, client->token) == 0)
			return;
		if (n < 0)
			break;
		client->sent += (size_t)n;
	}
	let_go(client);
}

/* The text stands after room for the longest head; the head is put right before it. */
static void answer(struct ctl *ctl, struct client *client, struct instant now, enum ctl_exit exit_code, size_t length)
{
	char head[CTL_HEAD_MAX];
	size_t head_length = (size_t)ctl_head_print(exit_code, length, head);

	assert(length <= ctl->room);
	client->sent = CTL_HEAD_MAX - head_length;
	client->end = CTL_HEAD_MAX + length;
	memcpy(client->reply + client->sent, head, head_length);
	client->state = CLIENT_READING;
	client->since = now;
	push(ctl, client);
}

static void answer_words(struct ctl *ctl, struct client *client, struct instant now, enum ctl_exit exit_code,
			 const char *words)
{
	size_t length = strnlen(words, ctl->room);

	memcpy(client->reply + CTL_HEAD_MAX, words, length);
	answer(ctl, client, now, exit_code, length);
}

static bool may_order(const struct client *client)
{
	return client->uid == 0 || client->uid == geteuid();
}

struct turn {
	struct instant now;
	ctl_handler_fn *handler;
	void *context;
};

/* From now on it is only written to; its slot is free for others. */
static void become_follower(struct ctl *ctl, struct client *client, struct instant now, uint64_t since)
{
	uid_t uid = may_order(client) ? 0 : client->uid;

	if (watch(ctl, EPOLL_CTL_MOD, client->fd, 0, client->token) < 0) { /* a hang-up is reported all the same */
		drop(ctl, client);
	} else if (followers_add(&ctl->followers, client->fd, uid, client->token, since)) {
		client->state = CLIENT_FREE;
		client->fd = -1;
	} else {
		answer_words(ctl, client, now, CTL_FAILED, "as many as can be told follow the events already");
	}
}

static void handle(struct ctl *ctl, struct client *client, const struct turn *turn, const struct ctl_request *request)
{
	struct ctl_reply reply = {
		.token = client->token,
		.exit_code = CTL_DONE,
		.text = client->reply + CTL_HEAD_MAX,
		.size = ctl->room,
		.uid = client->uid,
		.pid = client->pid,
	};
	enum ctl_answer when;

	if (ctl_is_order(request->verb) && !may_order(client)) {
		ctl->counts.denied++;
		answer_words(ctl, client, turn->now, CTL_FAILED, "only root may give orders");
		return;
	}
	client->verb = request->verb;
	ctl->handling = true;
	when = turn->handler(turn->context, request, &reply);
	ctl->handling = false;
	if (when == CTL_NOW)
		answer(ctl, client, turn->now, reply.exit_code, reply.length);
	else if (when == CTL_FOLLOWS)
		become_follower(ctl, client, turn->now, reply.since);
	else if (watch(ctl, EPOLL_CTL_MOD, client->fd, 0, client->token) == 0) /* a hang-up is reported all the same */
		client->state = CLIENT_WAITING;
	else
		drop(ctl, client);
}

/* One line and nothing after it is a request; `line_length` is where its newline stands. */
static enum ctl_refusal read_request(const struct client *client, struct ctl_request *request, bool *ret_complete)
{
	const char *end = memchr(client->request, '\n', client->asked);

	*ret_complete = end || client->asked == sizeof(client->request);
	if (!end)
		return CTL_TOO_LONG;
	if (end + 1 != client->request + client->asked)
		return CTL_NOT_PRINTABLE;
	return ctl_request_parse(client->request, (size_t)(end - client->request), request);
}

static void listen_to(struct ctl *ctl, struct client *client, const struct turn *turn)
{
	ssize_t n = recv(client->fd, client->request + client->asked, sizeof(client->request) - client->asked,
			 MSG_DONTWAIT);
	struct ctl_request request;
	enum ctl_refusal refusal;
	bool complete;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		let_go(client);
		return;
	}
	client->asked += (size_t)n;
	refusal = read_request(client, &request, &complete);
	if (!complete)
		return;
	if (refusal == CTL_OK) {
		handle(ctl, client, turn, &request);
		return;
	}
	ctl->counts.malformed++;
	answer_words(ctl, client, turn->now, CTL_USAGE, ctl_refusal_words(refusal));
}

/* A free slot; else the oldest client that is silent or slow; else the one that has waited longest for its order. */
static struct client *make_place(struct ctl *ctl)
{
	struct client *oldest = NULL;

	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		struct client *client = &ctl->client[i];
		bool waits = client->state == CLIENT_WAITING;

		if (client->state == CLIENT_FREE)
			return client;
		if (!oldest || (oldest->state == CLIENT_WAITING && !waits) ||
		    ((oldest->state == CLIENT_WAITING) == waits && client->token < oldest->token))
			oldest = client;
	}
	drop(ctl, oldest);
	return oldest;
}

static void welcome(struct ctl *ctl, int fd, const struct turn *turn)
{
	struct client *client = make_place(ctl);
	char *reply = client->reply;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	*client = (struct client){.state = CLIENT_ASKING, .fd = fd, .token = ++ctl->last_token, .reply = reply};
	client->since = turn->now;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    watch(ctl, EPOLL_CTL_ADD, fd, EPOLLIN, client->token) < 0) {
		drop(ctl, client);
		return;
	}
	client->uid = peer.uid;
	client->pid = peer.pid;
	listen_to(ctl, client, turn); /* at once: whoever asks right away cannot be pushed out by a newcomer */
}

static void accept_some(struct ctl *ctl, const struct turn *turn)
{
	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		int fd = accept4(ctl->listen.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			welcome(ctl, fd, turn);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			watch(ctl, EPOLL_CTL_MOD, ctl->listen.fd, 0, 0);
			ctl->accept_again = instant_add(turn->now, duration_ms(ACCEPT_PAUSE_MS));
		}
		return;
	}
}

static struct client *find(struct ctl *ctl, uint64_t token)
{
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		if (ctl->client[i].state != CLIENT_FREE && ctl->client[i].token == token)
			return &ctl->client[i];
	return NULL;
}

static void serve(struct ctl *ctl, struct client *client, const struct turn *turn)
{
	switch (client->state) {
	case CLIENT_ASKING:
		listen_to(ctl, client, turn);
		break;
	case CLIENT_WAITING: /* only a hang-up wakes it */
		let_go(client);
		break;
	case CLIENT_READING:
		push(ctl, client);
		break;
	case CLIENT_FREE:
		break;
	}
}

static struct instant expires(const struct client *client)
{
	bool is_timed = client->state == CLIENT_ASKING || client->state == CLIENT_READING;

	return is_timed ? instant_add(client->since, patience) : INSTANT_NEVER;
}

static void expire(struct ctl *ctl, struct instant now)
{
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		if (instant_reached(now, expires(&ctl->client[i])))
			drop(ctl, &ctl->client[i]);
	followers_expire(&ctl->followers, now);
	if (instant_reached(now, ctl->accept_again)) {
		ctl->accept_again = INSTANT_NEVER;
		watch(ctl, EPOLL_CTL_MOD, ctl->listen.fd, EPOLLIN, 0);
	}
}

void ctl_dispatch(struct ctl *ctl, struct instant now, ctl_handler_fn *handler, void *context)
{
	const struct turn turn = {.now = now, .handler = handler, .context = context};
	struct epoll_event events[CTL_CLIENTS_MAX + FOLLOWERS_MAX + 1];
	int count = epoll_wait(ctl->epoll, events, CTL_CLIENTS_MAX + FOLLOWERS_MAX + 1, 0);

	for (int i = 0; i < count; i++) {
		struct client *client = find(ctl, events[i].data.u64);

		if (client)
			serve(ctl, client, &turn);
		else if (events[i].data.u64 == 0)
			accept_some(ctl, &turn);
		else
			followers_remove(&ctl->followers, events[i].data.u64);
	}
	expire(ctl, now);
}

void ctl_finish(struct ctl *ctl, uint64_t token, struct instant now, enum ctl_exit exit_code, const char *text)
{
	struct client *client = find(ctl, token);

	if (client && client->state == CLIENT_WAITING)
		answer_words(ctl, client, now, exit_code, text);
}

uint64_t ctl_asks_status(const struct ctl *ctl, enum ctl_verb *ret_verb)
{
	uint64_t longest = 0;

	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		const struct client *client = &ctl->client[i];

		if (client->state != CLIENT_WAITING || ctl_is_order(client->verb) ||
		    (longest && client->token > longest))
			continue;
		longest = client->token;
		*ret_verb = client->verb;
	}
	return longest;
}

struct instant ctl_wants(const struct ctl *ctl)
{
	struct instant first = instant_earlier(ctl->accept_again, followers_expiry(&ctl->followers));

	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		first = instant_earlier(first, expires(&ctl->client[i]));
	return first;
}

int ctl_fd(const struct ctl *ctl)
{
	return ctl->epoll;
}

bool ctl_root_only(const struct ctl *ctl)
{
	return ctl->listen.root_only;
}

struct ctl_counts ctl_counts(const struct ctl *ctl)
{
	struct ctl_counts counts = ctl->counts;

	counts.unfollowed = ctl->followers.dropped;
	return counts;
}

void ctl_tell(struct ctl *ctl, const struct events *events, const struct event_origin *origin, struct instant now)
{
	followers_send(&ctl->followers, events, origin, now);
}

struct instant ctl_tells_at(const struct ctl *ctl, const struct events *events)
{
	return followers_at(&ctl->followers, events);
}

int ctl_reserve(struct ctl *ctl, size_t room)
{
	assert(!ctl->handling);
	if (room <= ctl->room)
		return 0;
	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		char *reply = realloc(ctl->client[i].reply, CTL_HEAD_MAX + room);

		if (!reply)
			return -ENOMEM;
		ctl->client[i].reply = reply;
	}
	ctl->room = room;
	return 0;
}

static int start(struct ctl *ctl, const char *path, size_t room, char why[static 128])
{
	int error;

	ctl->epoll = epoll_create1(EPOLL_CLOEXEC);
	error = ctl->epoll < 0 ? -errno : ctl_reserve(ctl, room);
	if (error < 0) {
		snprintf(why, 128, "no control socket: %s", strerror(-error));
		return error;
	}
	error = ctl_listen_open(&ctl->listen, path, why);
	if (error < 0)
		return error;
	snprintf(ctl->path, sizeof(ctl->path), "%s", path);
	error = watch(ctl, EPOLL_CTL_ADD, ctl->listen.fd, EPOLLIN, 0);
	if (error < 0)
		snprintf(why, 128, "cannot watch the control socket: %s", strerror(-error));
	return error;
}

int ctl_open(struct ctl **ret_ctl, const char *path, size_t room, char why[static 128])
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int error;

	if (!ctl) {
		snprintf(why, 128, "no memory for the control socket");
		return -ENOMEM;
	}
	ctl->accept_again = INSTANT_NEVER;
	ctl->listen.fd = ctl->listen.lock = -1;
	error = start(ctl, path, room, why);
	if (error < 0) {
		ctl_close(ctl);
		return error;
	}
	*ret_ctl = ctl;
	return 0;
}

void ctl_close(struct ctl *ctl)
{
	if (!ctl)
		return;
	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		if (ctl->client[i].state != CLIENT_FREE)
			let_go(&ctl->client[i]);
		free(ctl->client[i].reply);
	}
	followers_done(&ctl->followers);
	if (ctl->listen.fd >= 0)
		ctl_listen_close(&ctl->listen, ctl->path);
	if (ctl->epoll >= 0)
		close(ctl->epoll);
	free(ctl);
}
