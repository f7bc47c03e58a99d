#include "agent/tickles.h"

#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/log.h"
#include "conf/conf_address.h"

#define TICKLE_EVERY ((struct duration){20000}) /* ns: 50,000 a second, in bursts of a turn */
#define ROUND_EVERY  duration_ms(250)
#define PATIENCE     duration_ms(250) /* with clients that do not answer, before the walk goes on without them */
enum {
	TICKLES_A_TURN = 96,
	PLACES_A_TURN = 8192,
	ANSWERS_A_TURN = 256,
};

void tickles_open(struct agent *agent)
{
	struct tickles *tickles = &agent->tickles;

	tickles->net = (struct net_tickle){-1, -1};
	tickles->hold_until = tickles->paid_until = agent->now;
	tickles->given_up_at = INSTANT_NEVER;
}

void tickles_close(struct agent *agent)
{
	if (agent->tickles.open)
		net_tickle_close(&agent->tickles.net);
	agent->tickles.open = false;
}

static bool has_ipv6(const struct conf_vip *conf)
{
	for (int i = 0; i < conf->addresses; i++) {
		if (conf->address[i].family == AF_INET6)
			return true;
	}
	return false;
}

void tickles_begin(struct agent *agent, struct vip_run *vip)
{
	/* A worker of the kernel's makes a new IPv6 address one that packets reach (net/ipv6/addrconf.c:
	 * addrconf_dad_work()). A neighbour advertisement that comes earlier is lost, and asked for a second later. */
	struct duration pause = has_ipv6(vip->conf) ? duration_ms(10) : duration_ms(0);

	if (!vip->conf->clients_reset || !agent->rolls.book)
		return;
	vip->tickling = (struct tickling){
		.takeover = (uint8_t)(vip->tickling.takeover + 1),
		.rounds_left = TICKLE_FORMS,
		.next_at = instant_add(agent->now, pause),
		.taken_at = agent->now,
	};
}

static bool due(const struct agent *agent, const struct vip_run *vip)
{
	return vip->tickling.rounds_left > 0 && instant_reached(agent->now, vip->tickling.next_at);
}

/* Answers to a fence that is shut are lost, so a round waits for a lease that runs. */
static bool may_ask(const struct agent *agent, const struct vip_run *vip)
{
	return vip->is.role == ROLE_ACTIVE && !instant_reached(agent->now, vip->is.lease_until);
}

/* ---- answers ---- */

static bool find_place(const struct agent *agent, const struct conf_address *local, struct client *client)
{
	for (int v = 0; v < agent->vips; v++) {
		const struct conf_vip *conf = agent->vip[v].conf;

		for (int i = 0; i < conf->addresses; i++) {
			if (!address_same(&conf->address[i], local))
				continue;
			client->vip = (uint8_t)v;
			client->address = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static void hear(void *context, const struct conf_address *from, uint16_t from_port, const struct conf_address *to,
		 uint16_t to_port)
{
	struct agent *agent = context;
	struct client client = {.port = from_port, .vip_port = to_port};
	struct client_entry *entry;

	if (!find_place(agent, to, &client))
		return;
	memcpy(client.remote, from->bytes, sizeof(client.remote));
	entry = client_book_find(agent->rolls.book, &client);
	if (!entry || entry->takeover != agent->vip[client.vip].tickling.takeover || entry->asked == 0 ||
	    entry->answered)
		return;
	entry->answered = true;
	agent->vip[client.vip].tickling.answered++;
	agent->tickles.answered++;
	agent->tickles.hold_until = agent->now;
}

/* ---- the walk ---- */

static int begin_walk(struct agent *agent)
{
	struct tickles *tickles = &agent->tickles;

	if (!tickles->open) {
		int r = net_tickle_open(&tickles->net);

		if (r < 0)
			return r;
		tickles->open = true;
	}
	for (int v = 0; v < agent->vips; v++) {
		if (due(agent, &agent->vip[v]) && may_ask(agent, &agent->vip[v]))
			agent->vip[v].tickling.walking = true;
	}
	tickles->walking = true;
	tickles->place = 0;
	tickles->given_up_at = INSTANT_NEVER;
	return 0;
}

static void report(const struct agent *agent, const struct vip_run *vip, const char *words)
{
	const struct tickling *t = &vip->tickling;
	double took_ms = (double)instant_since(agent->now, t->taken_at).ns / 1e6;

	if (words)
		log_event(LOG_WARNING, EVENT_CLIENT, "vip=%s state=incomplete tickled=%lu answered=%lu took_ms=%.1f "
			  "words=\"%s\"", vip->conf->name, t->clients, t->answered, took_ms, words);
	else
		log_event(LOG_NOTICE, EVENT_CLIENT, "vip=%s state=tickled tickled=%lu answered=%lu took_ms=%.1f",
			  vip->conf->name, t->clients, t->answered, took_ms);
}

static void end_walk(struct agent *agent)
{
	agent->tickles.walking = false;
	for (int v = 0; v < agent->vips; v++) {
		struct vip_run *vip = &agent->vip[v];

		if (vip->tickling.walking) {
			vip->tickling.walking = false;
			vip->tickling.rounds_left--;
			vip->tickling.next_at = instant_add(agent->now, ROUND_EVERY);
			if (vip->tickling.rounds_left == 0 || vip->tickling.clients == vip->tickling.answered) {
				vip->tickling.rounds_left = 0;
				report(agent, vip, NULL);
			}
		}
	}
}

static bool is_asked_now(const struct agent *agent, struct client_entry *entry)
{
	const struct vip_run *vip = &agent->vip[entry->client.vip];

	if (!entry->used || !vip->tickling.walking || !may_ask(agent, vip))
		return false;
	if (entry->takeover != vip->tickling.takeover) {
		entry->takeover = vip->tickling.takeover;
		entry->asked = 0;
		entry->answered = false;
	}
	return !entry->answered && entry->asked <= TICKLE_FORMS - vip->tickling.rounds_left &&
	       entry->told_at.ns <= vip->tickling.taken_at.ns &&
	       instant_since(vip->tickling.taken_at, entry->told_at).ns < CLIENT_BELIEVED.ns;
}

static int ask(struct agent *agent, struct vip_run *vip, struct client_entry *entry)
{
	const struct conf_address *from = &vip->conf->address[entry->client.address];
	struct tickle tickle = {
		.from = *from,
		.to = {.family = from->family, .prefix = from->family == AF_INET ? 32 : 128},
		.from_port = entry->client.vip_port,
		.to_port = entry->client.port,
		.form = entry->asked % TICKLE_FORMS,
	};

	memcpy(tickle.to.bytes, entry->client.remote, sizeof(tickle.to.bytes));
	return net_tickle_send(&agent->tickles.net, &tickle);
}

/* May one more client be asked for the first time? Else, for a while, the walk waits for answers. */
static bool may_go_ahead(struct agent *agent, const struct vip_run *vip)
{
	struct tickles *tickles = &agent->tickles;

	if (vip->tickling.clients < TICKLES_AHEAD + 3 * vip->tickling.answered) {
		tickles->given_up_at = INSTANT_NEVER;
		return true;
	}
	if (tickles->given_up_at.ns == INSTANT_NEVER.ns)
		tickles->given_up_at = instant_add(agent->now, PATIENCE);
	return false;
}

enum pace { GO_ON, WAIT };

static enum pace visit(struct agent *agent, struct client_entry *entry)
{
	struct tickles *tickles = &agent->tickles;
	struct vip_run *vip = &agent->vip[entry->client.vip];
	bool first;
	int r;

	if (!is_asked_now(agent, entry))
		return GO_ON;
	first = entry->asked == 0;
	if (first && !may_go_ahead(agent, vip))
		return instant_reached(agent->now, tickles->given_up_at) ? GO_ON : WAIT;
	r = ask(agent, vip, entry);
	if (r == -EAGAIN || r == -ENOBUFS)
		return WAIT;
	entry->asked++; /* one that cannot be reached is not asked again either */
	vip->tickling.clients += first;
	tickles->clients += first;
	tickles->paid_until = instant_add(instant_later(tickles->paid_until, agent->now), TICKLE_EVERY);
	return GO_ON;
}

static void walk(struct agent *agent)
{
	struct tickles *tickles = &agent->tickles;
	struct instant paid_for = instant_add(agent->now, duration_times(TICKLE_EVERY, TICKLES_A_TURN));
	size_t end = client_book_size(agent->rolls.book);

	for (int i = 0; i < PLACES_A_TURN && tickles->place < end; i++, tickles->place++) {
		if (instant_reached(tickles->paid_until, paid_for))
			return;
		if (visit(agent, client_book_at(agent->rolls.book, tickles->place)) == WAIT) {
			tickles->hold_until = instant_add(agent->now, duration_ms(1));
			return;
		}
	}
	if (tickles->place >= end)
		end_walk(agent);
}

static void give_up(struct agent *agent, int error)
{
	for (int v = 0; v < agent->vips; v++) {
		if (!due(agent, &agent->vip[v]))
			continue;
		agent->vip[v].tickling.rounds_left = 0;
		report(agent, &agent->vip[v], strerror(-error));
	}
}

static bool wanted(const struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		if (due(agent, &agent->vip[v]) && may_ask(agent, &agent->vip[v]))
			return true;
	}
	return false;
}

/* A vip that went on elsewhere in the meantime is somebody else's; nor is there anything to do without a book. */
static void forget_lost(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].is.role == ROLE_ACTIVE && agent->rolls.book)
			continue;
		agent->vip[v].tickling.rounds_left = 0;
		agent->vip[v].tickling.walking = false;
	}
}

static bool is_over(const struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].tickling.rounds_left > 0)
			return false;
	}
	return true;
}

void tickles_turn(struct agent *agent)
{
	struct tickles *tickles = &agent->tickles;
	int r = 0;

	forget_lost(agent);
	if (is_over(agent)) {
		tickles->walking = false;
		tickles_close(agent);
	}
	if (tickles->open)
		net_tickle_answers(&tickles->net, ANSWERS_A_TURN, hear, agent);
	if (!instant_reached(agent->now, tickles_at(agent)))
		return;
	if (!tickles->walking)
		r = begin_walk(agent);
	if (r < 0)
		give_up(agent, r);
	else
		walk(agent);
}

struct instant tickles_at(const struct agent *agent)
{
	const struct tickles *tickles = &agent->tickles;
	struct instant next = INSTANT_NEVER;

	if (tickles->walking)
		return instant_later(tickles->hold_until, tickles->paid_until);
	if (wanted(agent))
		return agent->now;
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].tickling.rounds_left > 0 && !due(agent, &agent->vip[v]))
			next = instant_earlier(next, agent->vip[v].tickling.next_at);
	}
	return next;
}
