/* A host without its process: a clock that drifts, a port, and a kernel that answers for the vip exactly while the
 * fence's lease runs and the address is there. No process can hold that back, or keep it up. */
#include "tests/sim/world.h"

#include "tests/sim/watch.h"

struct instant host_clock(const struct host *host, int64_t at)
{
	return (struct instant){host->clock + at + at / 1000000 * host->ppm + at % 1000000 * host->ppm / 1000000};
}

/* The first instant of true time at which the host's clock shows at least `reading`. */
int64_t host_when(const struct host *host, struct instant reading)
{
	int64_t elapsed = reading.ns - host->clock;
	int64_t at = elapsed - elapsed / 1000000 * host->ppm;

	for (int64_t error; (error = reading.ns - host_clock(host, at).ns) > 2 || error < -2;)
		at += error;
	while (host_clock(host, at).ns < reading.ns)
		at++;
	while (at > 0 && host_clock(host, at - 1).ns >= reading.ns)
		at--;
	return at;
}

bool host_answers(const struct host *host, int64_t at)
{
	struct instant clock = host_clock(host, at);

	return host->address && !instant_reached(clock, host->address_until) &&
	       (!host->fenced || !instant_reached(clock, host->lease_until));
}

bool host_reached(const struct host *host)
{
	return host->cuts_in == 0 && host->cuts_out == 0 && host->unplugged == 0;
}

static void look_at_end(struct world *world, struct node *node)
{
	struct host *host = &node->host;
	struct instant end = host->address_until;
	int64_t at;

	if (host->fenced)
		end = instant_earlier(end, host->lease_until);
	if (!host_answers(host, world->now))
		return;
	at = host_when(host, end);
	/* A lease that is renewed ends later than the look already planned, which then plans the next. */
	if (host->expires_at > world->now && host->expires_at <= at)
		return;
	host->expires_at = at;
	queue_push(&world->queue, at, HAPPEN_EXPIRE, node->id, 0);
}

void host_lease(struct world *world, struct node *node, struct instant until)
{
	node->host.lease_until = until;
	look_at_end(world, node);
	watch_look(world);
}

/* The kernel counts lifetimes in whole seconds and looks at most once a second, give or take a quarter. */
void host_address(struct world *world, struct node *node, bool present)
{
	struct duration life = node->rules.lifetime;

	node->host.address = present;
	if (present) {
		life.ns += random_between(&world->random, 0, 1250 * MS);
		node->host.address_until = instant_add(host_clock(&node->host, world->now), life);
	}
	look_at_end(world, node);
	watch_look(world);
}

void host_expire(struct world *world, struct node *node)
{
	if (instant_reached(host_clock(&node->host, world->now), node->host.address_until))
		node->host.address = false;
	watch_look(world);
	look_at_end(world, node);
}
