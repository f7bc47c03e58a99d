#include "vrrp/peers.h"

#include <string.h>

void peers_init(struct peers *peers, uint64_t session, struct lease_terms terms)
{
	struct duration most = duration_times(terms.beat, 32);

	memset(peers, 0, sizeof(*peers));
	peers->session = session;
	peers->terms = terms;
	peers->fresh_for = terms.dead.ns < most.ns ? terms.dead : most;
	for (node_id n = 0; n < NODES_MAX; n++)
		peers_forget(peers, n);
}

void peers_forget_link(struct peers *peers, node_id node, uint8_t link)
{
	struct peer_link *of = &peers->peer[node].link[link];

	memset(of, 0, sizeof(*of));
	of->fresh_at = of->heard_at = of->echo_at = of->replied_until = INSTANT_ZERO;
}

void peers_forget(struct peers *peers, node_id node)
{
	struct peer *peer = &peers->peer[node];

	memset(peer, 0, sizeof(*peer));
	peer->clock_at = peer->fresh_at = peer->heard_at = peer->proven_at = INSTANT_ZERO;
	for (uint8_t l = 0; l < LINKS_MAX; l++)
		peers_forget_link(peers, node, l);
}

void peers_new_session(struct peers *peers, uint64_t session)
{
	peers->session = session;
	peers->newest_sent = UINT64_MAX; /* until something is sent, nothing is ahead of it */
}

void peers_sent(struct peers *peers, node_id node, uint8_t link, uint64_t seq, struct instant at)
{
	struct peer_link *to = &peers->peer[node].link[link];

	to->sent[to->sent_next % PEER_SENT_MAX].seq = seq;
	to->sent[to->sent_next % PEER_SENT_MAX].at = at;
	to->sent_next++;
	peers->newest_sent = seq;
}

/* When did we send the datagram that this beat echoes? Newest first: an echo is of late. */
static struct instant echoed_at(const struct peers *peers, const struct peer_link *link, const struct beat *beat)
{
	unsigned known = link->sent_next < PEER_SENT_MAX ? link->sent_next : PEER_SENT_MAX;

	if (beat->echo_session != peers->session)
		return INSTANT_ZERO;
	for (unsigned back = 1; back <= known; back++) {
		unsigned i = (link->sent_next - back) % PEER_SENT_MAX;

		if (link->sent[i].seq == beat->echo_seq)
			return link->sent[i].at;
		if (link->sent[i].seq < beat->echo_seq)
			break;
	}
	return INSTANT_ZERO;
}

/* A clock that counts from a boot is neither negative nor 73 years on; sums of sane ones do not overflow. */
static bool clock_is_sane(int64_t ns)
{
	return ns >= 0 && ns < INT64_MAX / 4;
}

/* Could this beat, which does not prove itself, have been sent within the last 2 x fresh_for? At the last fresh beat
 * the peer's clock was `sent` while ours was at least at the echo's instant; clocks drift by less than 1 in 1000. */
static bool sent_lately(const struct peers *peers, const struct peer *peer, const struct beat *beat, struct instant at)
{
	int64_t drift, delay;

	if (peer->clock_at.ns == INSTANT_ZERO.ns || !clock_is_sane(beat->sent_ns))
		return false;
	drift = instant_since(at, peer->clock_at).ns / 1000;
	delay = at.ns + peer->clock_offset_ns - beat->sent_ns;
	return delay >= -drift && delay <= 2 * peers->fresh_for.ns + drift;
}

static void note_fresh(struct peer *peer, struct peer_link *link, const struct beat *beat, struct instant echo_at,
		       struct instant at)
{
	if (clock_is_sane(beat->sent_ns)) {
		peer->clock_offset_ns = beat->sent_ns - echo_at.ns;
		peer->clock_at = at;
	}
	peer->fresh_at = peer->heard_at = at;
	peer->proven_at = instant_later(peer->proven_at, echo_at);
	peer->config_digest = beat->config_digest;
	link->fresh_at = link->heard_at = at;
	if (beat->echo_held_us != BEAT_HELD_UNKNOWN) {
		link->rtt.ns = instant_since(at, echo_at).ns - beat->echo_held_us * INT64_C(1000);
		if (link->rtt.ns < 0)
			link->rtt.ns = 0;
	}
}

/* Recordings played at us must not push our own beats out of the echo table: a few replies a T. While the peer is dead
 * there is no evidence in that table to lose, and a restarted peer must be met although both ends are flooded with
 * recordings of former sessions: each end answers R of the k datagrams that come in a T, and each answer is itself one
 * that the other end may answer, so they meet in about k / R^2 beats. Spread over the T, or the flood gets them all;
 * and at a rate of each node's own, or two that answer in step would miss each other for ever. */
static bool may_reply(struct peers *peers, const struct beat_header *header, struct instant at)
{
	struct peer_link *link = &peers->peer[header->sender].link[header->link];
	bool alive = peers_alive(peers, header->sender, at);
	int most = alive ? PEER_REPLIES_PER_BEAT : PEER_REPLIES_TO_THE_DEAD + 4 * header->receiver;
	int64_t share_ns = peers->terms.beat.ns / most;
	struct instant paid = instant_later(link->replied_until, at);

	if (instant_since(paid, at).ns > (PEER_REPLIES_AT_ONCE - 1) * share_ns)
		return false;
	link->replied_until = instant_add(paid, (struct duration){share_ns});
	return true;
}

static struct unproven *unproven_of(struct peer *peer, uint64_t session)
{
	struct unproven *oldest = &peer->unproven[0];

	for (int i = 0; i < PEER_UNPROVEN_MAX; i++) {
		if (peer->unproven[i].session == session)
			return &peer->unproven[i];
		if (peer->unproven[i].session == 0 || peer->unproven[i].at.ns < oldest->at.ns)
			oldest = &peer->unproven[i];
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->session = session;
	return oldest;
}

/* A session that has yet to echo us. Each of its datagrams is answered once: that is all a recording can get. */
static void hear_unproven(struct peers *peers, const struct beat_header *header, struct instant at,
			  struct hearing *hearing)
{
	struct peer *peer = &peers->peer[header->sender];
	struct unproven *unproven = unproven_of(peer, header->session);

	hearing->heard = HEARD_STALE;
	if (header->seq <= unproven->newest_seq[header->link])
		return;
	unproven->newest_seq[header->link] = header->seq;
	unproven->at = at;
	hearing->heard = HEARD_UNPROVEN;
	hearing->reply = may_reply(peers, header, at);
}

static bool is_retired(const struct peer *peer, uint64_t session)
{
	for (int i = 0; i < PEER_RETIRED_MAX; i++) {
		if (peer->retired[i] == session)
			return true;
	}
	return false;
}

/* The peer has (re)started and proven it: what we knew of its former session is history. */
static void adopt_session(struct peer *peer, const struct beat_header *header)
{
	if (peer->session != 0)
		peer->retired[peer->retired_next++ % PEER_RETIRED_MAX] = peer->session;
	peer->session = header->session;
	peer->newest_seq = 0;
	peer->clock_at = INSTANT_ZERO;
	for (int l = 0; l < LINKS_MAX; l++)
		peer->link[l].newest_seq = peer->link[l].echo_seq = 0;
	for (int i = 0; i < PEER_UNPROVEN_MAX; i++) {
		if (peer->unproven[i].session == header->session)
			memset(&peer->unproven[i], 0, sizeof(peer->unproven[i]));
	}
}

struct hearing peers_hear(struct peers *peers, const struct beat_header *header, const struct beat *beat,
			  struct instant at)
{
	struct peer *peer = &peers->peer[header->sender];
	struct peer_link *link = &peer->link[header->link];
	struct hearing hearing = {
		.heard = HEARD_STALE,
		.echo_at = echoed_at(peers, link, beat),
		.echo_session = header->session,
		.echo_seq = header->seq,
		.answers = beat->echo_held_us == 0,
		.turned_back = beat->echo_session == peers->session && beat->echo_seq > peers->newest_sent,
	};
	bool fresh = instant_since(at, hearing.echo_at).ns <= peers->fresh_for.ns;

	/* Its last beats before a quick restart still echo us freshly: a recording of them must not bring it back. */
	if (is_retired(peer, header->session))
		return hearing;
	if (header->session != peer->session && !fresh) {
		hear_unproven(peers, header, at, &hearing);
		return hearing;
	}
	if (header->session != peer->session) {
		adopt_session(peer, header);
		hearing.new_session = true;
		hearing.reply = may_reply(peers, header, at);
	} else if (header->seq <= link->newest_seq) {
		return hearing;
	}
	link->newest_seq = header->seq;
	if (fresh) {
		hearing.heard = HEARD_FRESH;
		note_fresh(peer, link, beat, hearing.echo_at, at);
	} else if (sent_lately(peers, peer, beat, at)) {
		hearing.heard = HEARD_ONE_WAY;
		peer->heard_at = link->heard_at = at;
	} else {
		/* Held back by somebody, or its clock was set back with its machine: let it prove itself anew. */
		hearing.reply = may_reply(peers, header, at);
		return hearing;
	}
	link->echo_seq = header->seq;
	link->echo_at = at;
	hearing.superseded = header->seq < peer->newest_seq;
	if (!hearing.superseded)
		peer->newest_seq = header->seq;
	return hearing;
}

static uint16_t age_ms(struct instant at, struct instant since)
{
	int64_t ms = duration_to_ms(instant_since(at, since));

	return ms >= BEAT_AGE_NEVER ? BEAT_AGE_NEVER : (uint16_t)ms;
}

/* While a peer is not heard its newest unproven session is echoed instead: one lost reply must not keep it out. But one
 * that is heard one-way waits for its own echo, whatever a recording of an older session says meanwhile. */
static const struct unproven *unproven_to_echo(const struct peers *peers, node_id node, uint8_t link, struct instant at)
{
	const struct peer *peer = &peers->peer[node];
	const struct unproven *newest = NULL;

	if (instant_since(at, peer->heard_at).ns < peers->terms.dead.ns)
		return NULL;
	for (int i = 0; i < PEER_UNPROVEN_MAX; i++) {
		const struct unproven *each = &peer->unproven[i];

		if (each->session != 0 && each->newest_seq[link] != 0 && (!newest || each->at.ns > newest->at.ns))
			newest = each;
	}
	return newest;
}

/* Never 0, which is for answers: a beat that happens to go out at once, a claim after a yield, wants its own. */
static uint32_t held_us(struct instant at, struct instant since)
{
	int64_t us = instant_since(at, since).ns / 1000;

	if (us >= BEAT_HELD_UNKNOWN)
		return BEAT_HELD_UNKNOWN;
	return us < 1 ? 1 : (uint32_t)us;
}

void peers_fill(const struct peers *peers, node_id node, uint8_t link, struct instant at, struct beat *beat)
{
	const struct peer *peer = &peers->peer[node];
	const struct unproven *unproven = unproven_to_echo(peers, node, link, at);

	beat->sent_ns = at.ns;
	beat->echo_session = unproven ? unproven->session : peer->link[link].echo_seq ? peer->session : 0;
	beat->echo_seq = unproven ? unproven->newest_seq[link] : peer->link[link].echo_seq;
	beat->echo_held_us = held_us(at, unproven ? unproven->at : peer->link[link].echo_at);
	for (int n = 0; n < NODES_MAX; n++) {
		for (int l = 0; l < LINKS_MAX; l++)
			beat->heard_age_ms[n][l] = age_ms(at, peers->peer[n].link[l].fresh_at);
	}
}

bool peers_alive(const struct peers *peers, node_id node, struct instant at)
{
	return instant_since(at, peers->peer[node].fresh_at).ns < peers->terms.dead.ns;
}

enum link_state peers_link(const struct peers *peers, node_id node, uint8_t link, struct instant at)
{
	const struct peer_link *of = &peers->peer[node].link[link];

	if (instant_since(at, of->fresh_at).ns < peers->terms.dead.ns)
		return LINK_UP;
	return instant_since(at, of->heard_at).ns < peers->terms.dead.ns ? LINK_ONE_WAY : LINK_DOWN;
}
