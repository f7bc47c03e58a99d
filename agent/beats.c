/* Heartbeats: sent on time and renewing the lease, received and judged; peers' comings and goings are logged. */
#include "agent/agent.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "agent/clock.h"
#include "agent/log.h"
#include "agent/loop_source.h"

enum {
	DATAGRAMS_A_TURN = 256, /* of each link: more than a receive buffer holds, so a turn misses nothing */
	BAD_SEALS_ALARM = 5,
};

static void say(const struct agent *agent, struct beat *beat)
{
	memset(beat, 0, sizeof(*beat));
	beat->config_digest = agent->digest;
	for (int v = 0; v < agent->vips; v++)
		beat->vip[beat->vips++] = election_says(&agent->vip[v].is, agent->vip[v].conf->id);
	certificates_say(&agent->certificates, &agent->facts, beat);
}

static void send_one(struct agent *agent, node_id peer, uint8_t link, const struct beat *beat)
{
	uint8_t datagram[WIRE_MAX];
	struct beat_header header = {
		.cluster = agent->conf->cluster_id,
		.sender = agent->self,
		.receiver = peer,
		.link = link,
		.session = agent->session,
		.seq = ++agent->seq,
	};
	size_t length = seal_beat(&agent->ring, &header, beat, datagram);

	peers_sent(&agent->peers, peer, link, header.seq, agent->now);
	if (net_beat_send(agent->beats, peer, link, datagram, length) < 0)
		agent->counters.send_failed++;
	else
		agent->counters.sent++;
}

/* Until when is this vip's owner known to be heard? Who took when all were silent already has nobody to miss, as one
 * that starts alone; else the witnesses that fell silent with its peers would take the vip from the last one alive,
 * again and again. */
static struct instant heard_at(const struct agent *agent, const struct vip_run *vip)
{
	struct instant evidence = isolation_evidence(agent, vip->nic);

	return evidence.ns < vip->is.since.ns ? agent->now : evidence;
}

void beats_renew(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		struct vip_run *vip = &agent->vip[v];
		struct instant until = vip->is.lease_until;

		if (vip->is.role != ROLE_ACTIVE)
			continue;
		election_renew(&vip->rules, &vip->is,
			       instant_earlier(agent->sent_at, heard_at(agent, vip)), agent->sent_by);
		if (agent->fence && vip->is.lease_until.ns != until.ns)
			fence_lease(agent->fence, vip->slot, vip->is.lease_until);
	}
}

/* One datagram per peer and link, then the leases run from agent->now, which is before all of them. Leases that had
 * lapsed at the head of the turn are gone by rule 5; for those that lapsed since, or while the beats were sent, the
 * clock is read once more when they have left: election_renew() leaves such a lease as it is. */
void beats_send(struct agent *agent)
{
	struct net_beat_fd fds[NET_BEAT_FDS_MAX];
	int links = net_beat_fds(agent->beats, fds);
	struct beat beat;

	certificates_turn(&agent->certificates, agent->conf);
	say(agent, &beat);
	for (int i = 0; i < links; i++) {
		peers_fill(&agent->peers, fds[i].peer, fds[i].link, agent->now, &beat);
		send_one(agent, fds[i].peer, fds[i].link, &beat);
	}
	agent->sent_at = agent->now;
	agent->sent_by = clock_boottime();
	beats_renew(agent);
	agent->beat_wanted = false;
}

static void reply(struct agent *agent, node_id peer, uint8_t link, const struct hearing *hearing)
{
	struct beat beat;

	say(agent, &beat);
	if (hearing->heard != HEARD_FRESH)
		beat.vips = beat.certificate_vip = 0; /* an echo of what was no evidence must not count as support */
	peers_fill(&agent->peers, peer, link, agent->now, &beat);
	beat.echo_session = hearing->echo_session;
	beat.echo_seq = hearing->echo_seq;
	beat.echo_held_us = 1; /* not 0: an owner's wants an answer */
	send_one(agent, peer, link, &beat);
}

/* The owner's lease, or a candidate's bid, waits for this. */
static void echo(struct agent *agent, node_id peer, uint8_t link)
{
	struct beat beat;

	say(agent, &beat);
	peers_fill(&agent->peers, peer, link, agent->now, &beat);
	beat.echo_held_us = 0;
	send_one(agent, peer, link, &beat);
}

static struct vip_run *vip_by_id(struct agent *agent, uint32_t id)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].conf->id == id)
			return &agent->vip[v];
	}
	return NULL;
}

static void tell_vips(struct agent *agent, node_id peer, const struct beat *beat, const struct hearing *hearing)
{
	for (int i = 0; i < beat->vips; i++) {
		struct vip_run *vip = vip_by_id(agent, beat->vip[i].vip);

		if (!vip)
			continue; /* the digests differ then, which is the alarm */
		vip_step(agent, vip,
			 &(struct event){
				 .kind = ON_BEAT,
				 .at = agent->now,
				 .node = peer,
				 .heard = hearing->heard,
				 .echo_at = hearing->echo_at,
				 .said = beat->vip[i],
			 });
	}
}

static void note_config(struct agent *agent, node_id peer, const struct beat *beat)
{
	bool differs = beat->config_digest != agent->digest;

	if (!differs)
		certificates_hear(&agent->certificates, agent->conf, peer, beat);
	if (differs == agent->peer[peer].differs)
		return;
	if (differs)
		certificates_forget(&agent->certificates, peer);
	agent->peer[peer].differs = differs;
	for (int v = 0; v < agent->vips; v++)
		agent->vip[v].rules.disputed = membership_disputed(agent);
	log_event(differs ? LOG_WARNING : LOG_NOTICE, EVENT_CONFIG, "peer=%s state=%s words=\"%s\"",
		  agent_node_name(agent, peer), differs ? "differs" : "same",
		  differs ? "the nodes run different configurations: make casvip.conf the same on all, then reload"
			  : "the nodes run the same configuration again");
}

/* Somebody at a peer's address seals with a key that is not ours: most likely the peer, with the wrong key. */
static void note_refusal(struct agent *agent, node_id peer, enum wire_refusal refusal)
{
	struct peer_run *run = &agent->peer[peer];

	agent->counters.refused[refusal]++;
	if (refusal != WIRE_BAD_SEAL && refusal != WIRE_WRONG_KEY)
		return;
	if (peers_alive(&agent->peers, peer, agent->now) || ++run->bad_seals < BAD_SEALS_ALARM || run->key_alarm)
		return;
	run->key_alarm = true;
	log_event(LOG_ERR, EVENT_KEY, "peer=%s state=wrong words=\"its address sends beats that our key file does not "
		  "open: compare the key files of both nodes\"", agent_node_name(agent, peer));
}

static void begin_anew(struct agent *agent, node_id peer)
{
	agent->session = seal_session();
	peers_new_session(&agent->peers, agent->session);
	log_event(LOG_WARNING, EVENT_PEER, "peer=%s words=\"it has beats that this node has yet to send: this host was "
		  "set back to a snapshot, and begins a new session\"", agent_node_name(agent, peer));
}

static void hear(struct agent *agent, const struct beat_header *header, const struct beat *beat)
{
	struct hearing hearing = peers_hear(&agent->peers, header, beat, agent->now);

	if (hearing.turned_back)
		begin_anew(agent, header->sender);

	switch (hearing.heard) {
	case HEARD_FRESH:
		agent->counters.fresh++;
		agent->peer[header->sender].key_id = header->key_id;
		break;
	case HEARD_ONE_WAY:
		agent->counters.one_way++;
		break;
	case HEARD_UNPROVEN:
		agent->counters.unproven++;
		break;
	case HEARD_STALE:
		agent->counters.stale++;
		break;
	}
	if (hearing.reply)
		reply(agent, header->sender, header->link, &hearing);
	if ((hearing.heard != HEARD_FRESH && hearing.heard != HEARD_ONE_WAY) || hearing.superseded)
		return;
	if (hearing.heard == HEARD_FRESH) {
		note_config(agent, header->sender, beat);
		matrix_hear(agent, header->sender, beat);
	}
	agent->echo_wanted = false;
	tell_vips(agent, header->sender, beat, &hearing);
	if (agent->echo_wanted && !hearing.reply && !hearing.answers)
		echo(agent, header->sender, header->link);
}

void beats_drain(struct agent *agent, node_id peer, uint8_t link)
{
	struct seal_expect expect = {agent->conf->cluster_id, agent->self, peer, (node_id)agent->conf->nodes};
	uint8_t datagram[WIRE_MAX + 1];
	struct unsealed unsealed;

	for (int i = 0; i < DATAGRAMS_A_TURN; i++) {
		ssize_t length = net_beat_receive(agent->beats, peer, link, datagram, sizeof(datagram));
		enum wire_refusal refusal;

		if (length < 0)
			break;
		agent->counters.received++;
		/* Read again, now that it is here: a turn that was interrupted since its head would count the beat from
		 * before it was sent, and D of silence with it. */
		agent->now = clock_boottime();
		refusal = unseal(&agent->ring, &expect, datagram, (size_t)length, &unsealed);
		if (refusal != WIRE_OK)
			note_refusal(agent, peer, refusal);
		else if (unsealed.header.link != link)
			agent->counters.wrong_link++;
		else if (unsealed.header.kind == DATAGRAM_ROLL)
			rolls_hear(agent, &unsealed.header, &unsealed.roll);
		else
			hear(agent, &unsealed.header, &unsealed.beat);
	}
}

void beats_watch(struct agent *agent)
{
	struct net_beat_fd fds[NET_BEAT_FDS_MAX];
	int links = net_beat_fds(agent->beats, fds);

	for (int i = 0; i < links; i++) {
		if (fds[i].fd >= 0)
			agent_watch(agent, fds[i].fd, SOURCE_BEAT, (uint32_t)(fds[i].peer * LINKS_MAX + fds[i].link));
	}
}

static const char *link_word(enum link_state state)
{
	static const char *const words[] = {[LINK_DOWN] = "down", [LINK_ONE_WAY] = "one-way", [LINK_UP] = "up"};

	return words[state];
}

/* A link that works again may be a network that was in two parts: whoever was in the other one learns here where the
 * vips live now. */
static void announce_again(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].is.role == ROLE_ACTIVE)
			vip_announce(agent, &agent->vip[v]);
	}
}

/* A restart or a short loss looks one-way for a moment, and is no firewall. */
static struct duration one_way_for_long(const struct agent *agent)
{
	struct duration second = duration_ms(1000);

	return agent->terms.dead.ns > second.ns ? agent->terms.dead : second;
}

static void hint_at_firewall(struct agent *agent, node_id peer, uint8_t link)
{
	struct instant *hint_at = &agent->peer[peer].hint_at[link];

	if (!instant_reached(agent->now, *hint_at))
		return;
	*hint_at = INSTANT_NEVER;
	log_event(LOG_WARNING, EVENT_LINK, "peer=%s link=%d state=one-way words=\"it does not hear us: look for a "
		  "firewall\"", agent_node_name(agent, peer), link);
}

static void judge_link(struct agent *agent, node_id peer, uint8_t link)
{
	enum link_state *was = &agent->peer[peer].link[link];
	enum link_state is = peers_link(&agent->peers, peer, link, agent->now);

	if (is == *was) {
		hint_at_firewall(agent, peer, link);
		return;
	}
	log_event(is == LINK_UP ? LOG_NOTICE : LOG_WARNING, EVENT_LINK, "peer=%s link=%d state=%s was=%s",
		  agent_node_name(agent, peer), link, link_word(is), link_word(*was));
	*was = is;
	agent->peer[peer].hint_at[link] =
		is == LINK_ONE_WAY ? instant_add(agent->now, one_way_for_long(agent)) : INSTANT_NEVER;
	if (is == LINK_UP)
		announce_again(agent);
}

static void judge_peer(struct agent *agent, node_id peer)
{
	struct peer_run *run = &agent->peer[peer];
	bool alive = peers_alive(&agent->peers, peer, agent->now);

	if (alive == run->alive)
		return;
	run->alive = alive;
	run->alive_at = agent->now;
	if (!alive) {
		certificates_forget(&agent->certificates, peer);
		log_event(LOG_WARNING, EVENT_PEER, "peer=%s state=dead silent_ms=%lld", agent_node_name(agent, peer),
			  (long long)duration_to_ms(instant_since(agent->now, agent->peers.peer[peer].fresh_at)));
		return;
	}
	log_event(LOG_NOTICE, EVENT_PEER, "peer=%s state=alive", agent_node_name(agent, peer));
	if (run->key_alarm)
		log_event(LOG_NOTICE, EVENT_KEY, "peer=%s state=right", agent_node_name(agent, peer));
	run->key_alarm = false;
	run->bad_seals = 0;
}

void beats_judge(struct agent *agent)
{
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (n == agent->self)
			continue;
		judge_peer(agent, n);
		for (uint8_t l = 0; l < agent->conf->node[n].addresses; l++)
			judge_link(agent, n, l);
	}
	matrix_judge(agent);
}

/* When the next peer that lives is dead unless it is heard. */
struct instant beats_judge_at(const struct agent *agent)
{
	struct instant next = INSTANT_NEVER;

	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (agent->peer[n].alive)
			next = instant_earlier(next, instant_add(agent->peers.peer[n].fresh_at, agent->terms.dead));
	}
	return next;
}
