/* An owner reads its kernel's list of connections, piece by piece, and tells its peers of those they do not know yet,
 * and of all again from time to time. A peer writes them down, and believes them for a while.
 *
 * What it costs: a twentieth of a processor at most, and one roll in ROLL_EVERY to each peer, by one link, never
 * shortly before a beat. Nothing here is evidence of anything: who owns decides the election. */
#include "agent/rolls.h"

#include <string.h>
#include <time.h>

#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/log.h"
#include "conf/conf_address.h"

#define PASS_EVERY duration_ms(250)
#define ROLL_EVERY duration_ms(16)
enum {
	PASS_SHARE = 20, /* a pass is followed by so many times its own length of rest */
	ROLLS_AT_ONCE = 4,
};

static size_t clients_wanted(const struct conf *conf)
{
	size_t sum = 0;

	for (int v = 0; v < conf->vips; v++)
		sum += conf->vip[v].clients_reset ? (size_t)conf->vip[v].clients_max : 0;
	return sum;
}

int rolls_open(struct agent *agent)
{
	struct rolls *rolls = &agent->rolls;
	size_t clients = clients_wanted(agent->conf);
	int r;

	rolls->listing = false;
	rolls->vip = 0;
	rolls->seen = 0;
	rolls->roll.clients = 0;
	rolls->pass_at = rolls->paid_until = agent->now;
	if (clients == 0)
		return 0;
	r = client_book_open(&rolls->book, clients);
	if (r < 0)
		return r;
	net_diag_open(&rolls->diag); /* clients_open() has said why it could not */
	return 0;
}

void rolls_close(struct agent *agent)
{
	net_diag_close(agent->rolls.diag);
	client_book_close(agent->rolls.book);
	agent->rolls.diag = NULL;
	agent->rolls.book = NULL;
}

void rolls_reload(struct agent *agent)
{
	int r;

	rolls_close(agent);
	r = rolls_open(agent);
	if (r < 0)
		log_event(LOG_WARNING, EVENT_CLIENT, "state=unable words=\"peers are not told who is connected: %s\"",
			  strerror(-r));
}

/* ---- the owner ---- */

static bool tells_of(const struct vip_run *vip)
{
	return vip->is.role == ROLE_ACTIVE && vip->conf->clients_reset;
}

static uint8_t first_link(const struct agent *agent, node_id peer)
{
	for (uint8_t l = 0; l < agent->conf->node[peer].addresses; l++) {
		if (peers_link(&agent->peers, peer, l, agent->now) == LINK_UP)
			return l;
	}
	return LINKS_MAX;
}

static void send_to(struct agent *agent, node_id peer, const struct roll *roll)
{
	uint8_t datagram[WIRE_MAX];
	struct beat_header header = {
		.cluster = agent->conf->cluster_id, .sender = agent->self, .receiver = peer,
		.link = first_link(agent, peer), .session = agent->session,
	};
	size_t length;

	if (header.link == LINKS_MAX)
		return;
	header.seq = ++agent->seq;
	length = seal_roll(&agent->ring, &header, roll, datagram);
	net_beat_send(agent->beats, peer, header.link, datagram, length);
}

static void send_roll(struct agent *agent)
{
	struct rolls *rolls = &agent->rolls;

	if (rolls->roll.clients == 0)
		return;
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (n != agent->self && !agent->conf->node[n].witness)
			send_to(agent, n, &rolls->roll);
	}
	rolls->roll.clients = 0;
	rolls->told++;
	rolls->paid_until = instant_add(instant_later(rolls->paid_until, agent->now), ROLL_EVERY);
}

static void enlist(struct agent *agent, const struct client *client)
{
	struct roll *roll = &agent->rolls.roll;
	struct roll_client *next = &roll->client[roll->clients++];

	memcpy(next->address, client->remote, sizeof(next->address));
	next->port = client->port;
	next->vip_port = client->vip_port;
	if (roll->clients == roll_most(roll->ipv6))
		send_roll(agent);
}

static void tell_of(struct agent *agent, const struct diag_connection *connection)
{
	struct rolls *rolls = &agent->rolls;
	const struct vip_run *vip = &agent->vip[rolls->vip];
	struct client client = {.vip = (uint8_t)rolls->vip, .address = (uint8_t)rolls->address,
				.port = connection->remote_port, .vip_port = connection->local_port};
	struct client_entry *entry;

	if (rolls->seen++ >= vip->conf->clients_max)
		return;
	memcpy(client.remote, connection->remote.bytes, sizeof(client.remote));
	entry = client_book_note(rolls->book, &client);
	if (entry->used && instant_since(agent->now, entry->told_at).ns < CLIENT_REPEAT.ns &&
	    entry->told_at.ns >= vip->is.since.ns) /* else it was told to this node, not by it */
		return;
	entry->used = true;
	entry->told_at = agent->now;
	enlist(agent, &client);
}

/* The kernel's list for this address, of sockets of one family; AF_INET6 sockets carry IPv4 too. */
static bool begin_list(struct agent *agent)
{
	struct rolls *rolls = &agent->rolls;
	const struct conf_vip *conf = agent->vip[rolls->vip].conf;
	const struct conf_address *address = &conf->address[rolls->address];

	rolls->roll.vip = conf->id;
	rolls->roll.ipv6 = address->family == AF_INET6;
	memcpy(rolls->roll.address, address->bytes, sizeof(rolls->roll.address));
	return net_diag_list(rolls->diag, rolls->family, DIAG_ESTABLISHED, address, 1) == 0;
}

/* To the next address of the next vip that this node owns; false behind the last. */
static bool go_on(struct agent *agent)
{
	struct rolls *rolls = &agent->rolls;

	send_roll(agent);
	if (rolls->listing && rolls->family == AF_INET) {
		rolls->family = AF_INET6;
		return true;
	}
	rolls->address = rolls->listing ? rolls->address + 1 : 0;
	for (; rolls->vip < agent->vips; rolls->vip++, rolls->address = 0, rolls->seen = 0) {
		const struct vip_run *vip = &agent->vip[rolls->vip];

		if (!tells_of(vip) || rolls->address >= vip->conf->addresses)
			continue;
		rolls->family = vip->conf->address[rolls->address].family;
		return true;
	}
	return false;
}

static void end_pass(struct agent *agent)
{
	struct rolls *rolls = &agent->rolls;
	int64_t rest_ns = PASS_SHARE * rolls->worked_ns;

	rolls->listing = false;
	rolls->vip = 0;
	rolls->seen = 0;
	rolls->worked_ns = 0;
	rolls->pass_at = instant_add(agent->now,
				     (struct duration){rest_ns > PASS_EVERY.ns ? rest_ns : PASS_EVERY.ns});
}

/* The next piece of the list, or the next list. */
static void work(struct agent *agent)
{
	struct rolls *rolls = &agent->rolls;
	bool more = false;
	int count = 0;

	if (rolls->listing && tells_of(&agent->vip[rolls->vip]))
		count = net_diag_next(rolls->diag, rolls->piece, &more);
	for (int i = 0; i < count; i++)
		tell_of(agent, &rolls->piece[i]);
	if (more)
		return;
	if (go_on(agent) && begin_list(agent))
		rolls->listing = true;
	else
		end_pass(agent);
}

/* Not when more rolls went out than are paid for, nor shortly before a beat. */
struct instant rolls_at(const struct agent *agent)
{
	const struct rolls *rolls = &agent->rolls;
	struct instant at = instant_later(rolls->pass_at, instant_add(rolls->paid_until, (struct duration){
									-ROLLS_AT_ONCE * ROLL_EVERY.ns}));

	if (!rolls->book || !rolls->diag)
		return INSTANT_NEVER;
	if (instant_since(agent->beat_at, instant_later(at, agent->now)).ns < agent->terms.margin.ns)
		at = agent->beat_at;
	return at;
}

static int64_t cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

void rolls_turn(struct agent *agent)
{
	int64_t began;

	if (!instant_reached(agent->now, rolls_at(agent)))
		return;
	began = cpu_ns();
	work(agent);
	agent->rolls.worked_ns += cpu_ns() - began;
}

/* ---- its peers ---- */

/* Replayed, or out of order: the session is the one that proved itself last, and within it seqs grow. */
static bool is_new(struct agent *agent, const struct beat_header *header)
{
	struct roll_heard *heard = &agent->rolls.heard[header->sender];

	if (header->session != agent->peers.peer[header->sender].session)
		return false;
	if (heard->session == header->session && header->seq <= heard->seq)
		return false;
	*heard = (struct roll_heard){header->session, header->seq};
	return true;
}

/* The vip that it is about, if its sender owns that one and nobody else does. */
static const struct vip_run *vip_of(const struct agent *agent, node_id sender, uint32_t id)
{
	for (int v = 0; v < agent->vips; v++) {
		const struct vip_run *vip = &agent->vip[v];

		if (vip->conf->id == id && vip->conf->clients_reset)
			return election_owner(&vip->rules, &vip->is, agent->now) == sender ? vip : NULL;
	}
	return NULL;
}

static int address_of(const struct conf_vip *conf, const struct roll *roll)
{
	struct conf_address address = {.family = roll->ipv6 ? AF_INET6 : AF_INET};

	memcpy(address.bytes, roll->address, sizeof(address.bytes));
	for (int i = 0; i < conf->addresses; i++) {
		if (address_same(&conf->address[i], &address))
			return i;
	}
	return -1;
}

void rolls_hear(struct agent *agent, const struct beat_header *header, const struct roll *roll)
{
	struct rolls *rolls = &agent->rolls;
	const struct vip_run *vip = is_new(agent, header) ? vip_of(agent, header->sender, roll->vip) : NULL;
	int address = vip ? address_of(vip->conf, roll) : -1;

	if (!rolls->book || address < 0) {
		rolls->refused++;
		return;
	}
	for (int i = 0; i < roll->clients; i++) {
		const struct roll_client *from = &roll->client[i];
		struct client client = {.vip = (uint8_t)vip->place, .address = (uint8_t)address, .port = from->port,
					.vip_port = from->vip_port};
		struct client_entry *entry;

		memcpy(client.remote, from->address, sizeof(client.remote));
		if (!client_may_be(&vip->conf->address[address], client.remote)) {
			rolls->refused++;
			continue;
		}
		entry = client_book_note(rolls->book, &client);
		entry->used = true;
		entry->told_at = agent->now;
	}
	rolls->heard_of += (unsigned long)roll->clients;
}
