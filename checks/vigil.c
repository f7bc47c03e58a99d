#include "checks/vigil.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "checks/sock.h"

struct vigil {
	int fd; /* -1: holds nothing */
	struct duration interval;
	struct instant may_open_at;
};

struct vigils {
	int epoll_fd;
	int count;
	struct vigil *vigil;
};

struct vigils *vigils_new(void)
{
	struct vigils *vigils = calloc(1, sizeof(*vigils));

	if (!vigils)
		return NULL;
	vigils->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (vigils->epoll_fd >= 0)
		return vigils;
	free(vigils);
	return NULL;
}

void vigils_free(struct vigils *vigils)
{
	if (!vigils)
		return;
	for (int i = 0; i < vigils->count; i++)
		sock_close(&vigils->vigil[i].fd);
	sock_close(&vigils->epoll_fd);
	free(vigils->vigil);
	free(vigils);
}

int vigils_add(struct vigils *vigils, struct duration interval)
{
	struct vigil *more = reallocarray(vigils->vigil, (size_t)vigils->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	vigils->vigil = more;
	more[vigils->count] = (struct vigil){.fd = -1, .interval = interval, .may_open_at = INSTANT_ZERO};
	return vigils->count++;
}

int vigils_fd(const struct vigils *vigils)
{
	return vigils->epoll_fd;
}

/* Taken out of the set by hand: a child that has not come to its exec yet may hold the descriptor as well. */
static void let_go(struct vigils *vigils, struct vigil *vigil)
{
	if (vigil->fd >= 0)
		epoll_ctl(vigils->epoll_fd, EPOLL_CTL_DEL, vigil->fd, NULL);
	sock_close(&vigil->fd);
}

int vigils_next(struct vigils *vigils)
{
	struct epoll_event event;

	if (epoll_wait(vigils->epoll_fd, &event, 1, 0) != 1)
		return -1;
	let_go(vigils, &vigils->vigil[event.data.u32]);
	return (int)event.data.u32;
}

void vigils_good(struct vigils *vigils, int number, int pidfd, struct instant now)
{
	struct vigil *vigil = &vigils->vigil[number];
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)number};

	if (pidfd < 0 || (vigil->fd < 0 && !instant_reached(now, vigil->may_open_at))) {
		sock_close(&pidfd);
		return;
	}
	let_go(vigils, vigil);
	vigil->may_open_at = instant_add(now, vigil->interval);
	vigil->fd = pidfd;
	if (epoll_ctl(vigils->epoll_fd, EPOLL_CTL_ADD, pidfd, &event) < 0)
		sock_close(&vigil->fd); /* the next interval will tell */
}
