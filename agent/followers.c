#include "agent/followers.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PAUSE_MS = 1, /* between two turns' lines: at most a tenth or so of the time goes into them */
	BUFFER = 32 << 10, /* of a socket: the ring remembers enough */
};

enum progress {
	PROGRESS_ALL,   /* it has everything */
	PROGRESS_LINE,  /* a line went out */
	PROGRESS_STUCK, /* it does not read just now */
	PROGRESS_GONE,
};

static void let_go(struct follower *follower)
{
	close(follower->fd);
	*follower = (struct follower){.fd = -1};
}

static bool has_enough(const struct followers *followers, uid_t uid)
{
	int count = 0;

	for (int i = 0; i < FOLLOWERS_MAX; i++)
		count += followers->follower[i].token && followers->follower[i].uid == uid;
	return uid != 0 && count >= FOLLOWERS_OF_ONE_MAX;
}

bool followers_add(struct followers *followers, int fd, uid_t uid, uint64_t token, uint64_t since)
{
	const int buffer = BUFFER;

	if (has_enough(followers, uid))
		return false;
	for (int i = 0; i < FOLLOWERS_MAX; i++) {
		struct follower *follower = &followers->follower[i];

		if (follower->token)
			continue;
		shutdown(fd, SHUT_RD); /* it has said all; descriptors could come too, and cost their closing */
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
		*follower = (struct follower){
			.token = token, .fd = fd, .uid = uid, .told = since, .stuck_since = INSTANT_NEVER};
		return true;
	}
	return false;
}

void followers_remove(struct followers *followers, uint64_t token)
{
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		if (followers->follower[i].token && followers->follower[i].token == token)
			let_go(&followers->follower[i]);
}

void followers_done(struct followers *followers)
{
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		if (followers->follower[i].token)
			let_go(&followers->follower[i]);
}

/* The next line for it, if there is one: a loss is a line of its own, before what comes after it. */
static bool write_line(struct follower *follower, const struct events *events, const struct event_origin *origin)
{
	uint64_t lost;
	const struct event_record *record = events_after(events, follower->told, &lost);

	if (!record)
		return false;
	follower->sent = 0;
	if (lost > 0) {
		follower->end = (size_t)event_json_write_lost(lost, follower->text);
		follower->told += lost;
	} else {
		follower->end = (size_t)event_json_write(record, origin, follower->text);
		follower->told = record->seq;
	}
	return true;
}

static enum progress push(struct follower *follower)
{
	while (follower->sent < follower->end) {
		ssize_t n = send(follower->fd, follower->text + follower->sent, follower->end - follower->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? PROGRESS_STUCK : PROGRESS_GONE;
		follower->sent += (size_t)n;
		follower->stuck_since = INSTANT_NEVER;
	}
	return PROGRESS_LINE;
}

static enum progress tell(struct follower *follower, const struct events *events, const struct event_origin *origin,
			  struct instant now)
{
	enum progress progress;

	if (follower->sent == follower->end && !write_line(follower, events, origin))
		return PROGRESS_ALL;
	progress = push(follower);
	if (progress == PROGRESS_GONE)
		let_go(follower);
	if (progress == PROGRESS_STUCK)
		follower->stuck_since = instant_earlier(follower->stuck_since, now);
	return progress;
}

/* One line each, round by round; the next turn goes on where this one ended. */
void followers_send(struct followers *followers, const struct events *events, const struct event_origin *origin,
		    struct instant now)
{
	int lines = 0, idle = 0;

	if (!instant_reached(now, followers->again_at))
		return;
	while (lines < FOLLOWERS_LINES_A_TURN && idle < FOLLOWERS_MAX) {
		struct follower *follower = &followers->follower[followers->next];
		bool told = follower->token && tell(follower, events, origin, now) == PROGRESS_LINE;

		lines += told;
		idle = told ? 0 : idle + 1;
		followers->next = (followers->next + 1) % FOLLOWERS_MAX;
	}
	followers->again_at = instant_add(now, duration_ms(PAUSE_MS));
}

struct instant followers_at(const struct followers *followers, const struct events *events)
{
	for (int i = 0; i < FOLLOWERS_MAX; i++) {
		const struct follower *follower = &followers->follower[i];

		if (follower->token && follower->stuck_since.ns == INSTANT_NEVER.ns &&
		    (follower->told < events->newest || follower->sent < follower->end))
			return followers->again_at;
	}
	return INSTANT_NEVER;
}

static struct instant expiry(const struct follower *follower)
{
	return follower->token ? instant_add(follower->stuck_since, duration_ms(FOLLOWER_PATIENCE_MS)) : INSTANT_NEVER;
}

struct instant followers_expiry(const struct followers *followers)
{
	struct instant first = INSTANT_NEVER;

	for (int i = 0; i < FOLLOWERS_MAX; i++)
		first = instant_earlier(first, expiry(&followers->follower[i]));
	return first;
}

void followers_expire(struct followers *followers, struct instant now)
{
	for (int i = 0; i < FOLLOWERS_MAX; i++) {
		if (!instant_reached(now, expiry(&followers->follower[i])))
			continue;
		followers->dropped++;
		let_go(&followers->follower[i]);
	}
}
