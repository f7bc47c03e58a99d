#include "checks/canary.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "checks/sock.h"
#include "conf/conf_address.h"

enum {
	TRIAL_MS = 50, /* on top of TRIAL_TIMES what the last probe took */
	TRIAL_TIMES = 4,
	BARRED_MS = 600 * 1000,
	CHATTER_MAX = 64 * 1024, /* bytes that a service may tell an idle connection: a banner is far less */
};

struct canary {
	struct conf_endpoint endpoint;
	struct duration interval;
	int fd; /* -1: none flies */
	bool connected;
	bool proven; /* a probe has succeeded beside a canary: no more trials */
	size_t chatter;
	struct duration usual; /* what the last probe took */
	struct instant connected_at;
	struct instant trial_until;
	struct instant may_open_at;
};

struct canaries {
	int epoll_fd;
	int count;
	struct canary *canary;
};

struct canaries *canaries_new(void)
{
	struct canaries *canaries = calloc(1, sizeof(*canaries));

	if (!canaries)
		return NULL;
	canaries->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (canaries->epoll_fd >= 0)
		return canaries;
	free(canaries);
	return NULL;
}

void canaries_free(struct canaries *canaries)
{
	if (!canaries)
		return;
	for (int i = 0; i < canaries->count; i++)
		sock_close(&canaries->canary[i].fd);
	sock_close(&canaries->epoll_fd);
	free(canaries->canary);
	free(canaries);
}

int canaries_add(struct canaries *canaries, const struct conf_endpoint *endpoint, struct duration interval)
{
	struct canary *more;

	for (int i = 0; i < canaries->count; i++) {
		struct canary *canary = &canaries->canary[i];

		if (canary->endpoint.port == endpoint->port &&
		    address_same(&canary->endpoint.address, &endpoint->address)) {
			if (interval.ns < canary->interval.ns)
				canary->interval = interval;
			return i;
		}
	}
	more = reallocarray(canaries->canary, (size_t)canaries->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	canaries->canary = more;
	more[canaries->count] = (struct canary){
		.endpoint = *endpoint,
		.interval = interval,
		.fd = -1,
		.trial_until = INSTANT_NEVER,
		.may_open_at = INSTANT_ZERO,
	};
	return canaries->count++;
}

int canaries_fd(const struct canaries *canaries)
{
	return canaries->epoll_fd;
}

struct instant canaries_deadline(const struct canaries *canaries)
{
	struct instant deadline = INSTANT_NEVER;

	for (int i = 0; i < canaries->count; i++)
		deadline = instant_earlier(deadline, canaries->canary[i].trial_until);
	return deadline;
}

/* Closing the descriptor takes it out of the epoll set. */
static void bury(struct canary *canary)
{
	sock_close(&canary->fd);
	canary->connected = false;
	canary->trial_until = INSTANT_NEVER;
}

static void bar(struct canary *canary, struct instant now)
{
	bury(canary);
	canary->may_open_at = instant_add(now, duration_ms(BARRED_MS));
}

/* True when it begins its trial: a probe should now start beside it. */
static bool on_connected(struct canaries *canaries, struct canary *canary, uint32_t number, struct instant now)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = number};

	epoll_ctl(canaries->epoll_fd, EPOLL_CTL_MOD, canary->fd, &event);
	canary->connected = true;
	canary->connected_at = now;
	if (canary->proven)
		return false;
	canary->trial_until = instant_add(now, duration_ms(TRIAL_MS));
	canary->trial_until = instant_add(canary->trial_until, duration_times(canary->usual, TRIAL_TIMES));
	return true;
}

/* True when it is dead. What a server says unasked is read and forgotten. */
static bool on_readable(struct canary *canary, struct instant now)
{
	uint8_t bytes[4096];
	ssize_t got = sock_receive(canary->fd, bytes, sizeof(bytes));

	if (got == -EAGAIN)
		return false;
	if (got < 0) {
		bury(canary);
		return true;
	}
	canary->chatter += (size_t)got;
	if (canary->chatter > CHATTER_MAX)
		bar(canary, now);
	return false;
}

static void expire_trials(struct canaries *canaries, struct instant now)
{
	for (int i = 0; i < canaries->count; i++)
		if (instant_reached(now, canaries->canary[i].trial_until))
			bar(&canaries->canary[i], now);
}

int canaries_next(struct canaries *canaries, struct instant now, bool *died)
{
	struct epoll_event event;

	expire_trials(canaries, now);
	while (epoll_wait(canaries->epoll_fd, &event, 1, 0) == 1) {
		struct canary *canary = &canaries->canary[event.data.u32];
		int error = canary->connected ? 0 : sock_connected(canary->fd);

		*died = error != 0 || canary->connected;
		if (error)
			bury(canary);
		if (error || (canary->connected ? on_readable(canary, now)
						: on_connected(canaries, canary, event.data.u32, now)))
			return (int)event.data.u32;
	}
	return -1;
}

static void open_canary(struct canaries *canaries, int number, struct instant now)
{
	struct canary *canary = &canaries->canary[number];
	struct epoll_event event = {.events = EPOLLOUT, .data.u32 = (uint32_t)number};
	int fd = sock_connect(&canary->endpoint.address, canary->endpoint.port);

	canary->may_open_at = instant_add(now, canary->interval);
	if (fd < 0)
		return; /* the next probe will tell why */
	canary->fd = fd;
	canary->chatter = 0;
	if (epoll_ctl(canaries->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		bury(canary);
}

void canaries_good(struct canaries *canaries, int number, struct instant began, struct duration took,
		   struct instant now)
{
	struct canary *canary = &canaries->canary[number];

	if (canary->connected && instant_reached(began, canary->connected_at)) {
		canary->proven = true;
		canary->trial_until = INSTANT_NEVER;
	}
	canary->usual = took;
	if (canary->fd < 0 && instant_reached(now, canary->may_open_at))
		open_canary(canaries, number, now);
}
