#include "checks/deaths.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "checks/canary.h"
#include "checks/sock.h"
#include "checks/vigil.h"

struct deaths {
	int epoll_fd; /* of the descriptors of the two below */
	struct canaries *canaries;
	struct vigils *vigils;
};

static int listen_to(const struct deaths *deaths, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(deaths->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

struct deaths *deaths_new(void)
{
	struct deaths *deaths = calloc(1, sizeof(*deaths));

	if (!deaths)
		return NULL;
	deaths->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	deaths->canaries = canaries_new();
	deaths->vigils = vigils_new();
	if (deaths->epoll_fd >= 0 && deaths->canaries && deaths->vigils &&
	    listen_to(deaths, canaries_fd(deaths->canaries)) == 0 && listen_to(deaths, vigils_fd(deaths->vigils)) == 0)
		return deaths;
	deaths_free(deaths);
	return NULL;
}

void deaths_free(struct deaths *deaths)
{
	if (!deaths)
		return;
	canaries_free(deaths->canaries);
	vigils_free(deaths->vigils);
	sock_close(&deaths->epoll_fd);
	free(deaths);
}

int deaths_add(struct deaths *deaths, const struct conf_check *check, struct teller *teller)
{
	struct conf_endpoint service = check->connect;

	*teller = (struct teller){.kind = TELLER_NONE};
	if (check->port != 0) /* there, and not where the endpoint mapper would be */
		service.port = check->port;
	if (service.address.family) {
		teller->kind = TELLER_CANARY;
		teller->number = canaries_add(deaths->canaries, &service, check->interval);
	} else if (check->type == CHECK_PROCESS) {
		teller->kind = TELLER_VIGIL;
		teller->number = vigils_add(deaths->vigils, check->interval);
	}
	return teller->number < 0 ? teller->number : 0;
}

int deaths_fd(const struct deaths *deaths)
{
	return deaths->epoll_fd;
}

struct instant deaths_deadline(const struct deaths *deaths)
{
	return canaries_deadline(deaths->canaries);
}

bool deaths_next(struct deaths *deaths, struct instant now, struct teller *teller, bool *died)
{
	*teller = (struct teller){TELLER_CANARY, canaries_next(deaths->canaries, now, died)};
	if (teller->number >= 0)
		return true;
	*died = true;
	*teller = (struct teller){TELLER_VIGIL, vigils_next(deaths->vigils)};
	return teller->number >= 0;
}

void deaths_good(struct deaths *deaths, struct teller teller, struct run_end *end, struct instant now)
{
	switch (teller.kind) {
	case TELLER_CANARY:
		canaries_good(deaths->canaries, teller.number, end->began, end->took, now);
		return;
	case TELLER_VIGIL:
		vigils_good(deaths->vigils, teller.number, end->death_fd, now);
		end->death_fd = -1;
		return;
	case TELLER_NONE:
		return;
	}
}

bool teller_same(struct teller a, struct teller b)
{
	return a.kind == b.kind && a.number == b.number;
}
