/* Is this host cut off from its LAN? Without a quorum that question decides whether two hosts answer at the heal.
 *
 * An owner's lease may run only from a moment at which somebody is known to have heard it: when it sent the newest of
 * its beats that a peer has echoed, or, with the echo overdue, the newest question that a neighbour answered. Whoever
 * heard it last at that moment waits for D from there before it takes, and the lease is shorter than D: so it is over
 * by then, whatever the phases of the beats. A successor asks the same question of itself before it takes.
 *
 * Silence alone proves nothing. A host that knows no neighbour, or starts alone, cannot tell and serves on; and once a
 * neighbour has answered after the peers' D was over, it is the peers that are gone. */
#include "agent/agent.h"

#include "agent/log.h"

/* When was any peer last heard? */
static struct instant peers_heard_at(const struct agent *agent)
{
	struct instant newest = INSTANT_ZERO;

	for (node_id n = 0; n < agent->conf->nodes; n++)
		newest = instant_later(newest, agent->peers.peer[n].heard_at);
	return newest;
}

static struct instant peers_proven_at(const struct agent *agent)
{
	struct instant newest = INSTANT_ZERO;

	for (node_id n = 0; n < agent->conf->nodes; n++)
		newest = instant_later(newest, agent->peers.peer[n].proven_at);
	return newest;
}

/* One beat and a half: what is usual between two signs of life is over. */
static struct duration patience(const struct agent *agent)
{
	return (struct duration){agent->terms.beat.ns * 3 / 2};
}

/* When the peers were missed: the beat after the newest one was due and did not come. INSTANT_NEVER while one speaks,
 * or while none ever did: a node that starts alone has nobody to miss. */
static struct instant missed_at(const struct agent *agent)
{
	struct instant heard_at = peers_heard_at(agent), missed = instant_add(heard_at, patience(agent));

	return heard_at.ns != INSTANT_ZERO.ns && instant_reached(agent->now, missed) ? missed : INSTANT_NEVER;
}

/* What shows that this host is heard, if anything must. */
enum basis {
	BASIS_NONE, /* nothing is asked of it: nobody was ever there, or it is the peers that are gone */
	BASIS_ECHO,
	BASIS_ANSWER,
};

static enum basis basis_of(const struct agent *agent, const struct nic *nic)
{
	struct instant heard_at = peers_heard_at(agent), proven_at = peers_proven_at(agent);
	struct instant answered_at = neighbours_answered(&nic->neighbours);
	struct instant missed = instant_earlier(agent->now, instant_add(heard_at, patience(agent)));

	if (proven_at.ns == INSTANT_ZERO.ns || !neighbours_testify(&nic->neighbours, missed) ||
	    instant_reached(answered_at, instant_add(heard_at, agent->terms.dead)))
		return BASIS_NONE;
	/* An answer proves something only once a beat is overdue. Before that, the peer may have missed the very next
	 * beat after it: it then waits for D from an earlier one than a lease that ran from the answer would allow
	 * for. */
	return instant_reached(answered_at, instant_add(proven_at, patience(agent))) ? BASIS_ANSWER : BASIS_ECHO;
}

struct instant isolation_evidence(const struct agent *agent, const struct nic *nic)
{
	switch (basis_of(agent, nic)) {
	case BASIS_NONE:
		break;
	case BASIS_ECHO:
		return instant_earlier(agent->now, peers_proven_at(agent));
	case BASIS_ANSWER:
		return instant_earlier(agent->now, neighbours_answered(&nic->neighbours));
	}
	return agent->now;
}

static bool is_cut_off(const struct agent *agent, const struct nic *nic)
{
	struct instant heard_at = peers_heard_at(agent), missed = missed_at(agent);

	if (nic->cut_off)
		return heard_at.ns <= nic->cut_at.ns && nic->neighbours.heard.ns <= nic->cut_at.ns;
	return missed.ns != INSTANT_NEVER.ns && instant_since(agent->now, heard_at).ns >= agent->terms.dead.ns &&
	       neighbours_lost(&nic->neighbours, missed);
}

void isolation_judge(struct agent *agent, struct nic *nic)
{
	bool is = is_cut_off(agent, nic);

	if (is == nic->cut_off)
		return;
	nic->cut_off = is;
	nic->cut_at = agent->now;
	log_event(is ? LOG_WARNING : LOG_NOTICE, EVENT_LINK, "interface=%s state=%s words=\"%s\"", nic->name,
		  is ? "cut-off" : "heard",
		  is ? "neither peers nor neighbours answer: this host is cut off" : "somebody is heard again");
}

static bool can_ask(const struct nic *nic)
{
	return nic->arp && nic->own.family != 0;
}

/* From when on is proof wanting? In the past: it is now. */
static struct instant wanting_at(const struct agent *agent, const struct nic *nic)
{
	return instant_add(isolation_evidence(agent, nic), patience(agent));
}

/* How often is each neighbour asked, and is everybody asked for it at once? */
struct asking {
	struct duration each;
	bool calm; /* its MAC alone, as long as it answers */
};

/* A lease that lives by answers gets a new one each T/2, long before the newest is used up: a neighbour that is busy
 * for two beats then costs nothing. Where proof is wanting already, little time is left: each T/4. */
static struct asking asking(const struct agent *agent, const struct nic *nic)
{
	if (instant_reached(agent->now, wanting_at(agent, nic)))
		return (struct asking){.each = {agent->terms.beat.ns / 4}};
	if (basis_of(agent, nic) == BASIS_ANSWER)
		return (struct asking){.each = {agent->terms.beat.ns / 2}, .calm = true};
	return (struct asking){
		.each = neighbours_pace(&nic->neighbours, missed_at(agent), agent->terms.beat, agent->now)};
}

static bool asks_all(const struct asking *asking, const struct neighbour *neighbour)
{
	return asking->calm ? neighbours_owes(neighbour) : neighbours_wants_all(neighbour, asking->each);
}

void isolation_ask(struct agent *agent, struct nic *nic)
{
	struct neighbour due[NEIGHBOURS_MAX];
	struct asking how;
	int count;

	if (!can_ask(nic))
		return;
	how = asking(agent, nic);
	count = neighbours_due(&nic->neighbours, how.each, agent->now, due);
	for (int i = 0; i < count; i++) {
		neighbours_asked(&nic->neighbours, &due[i].address, agent->now);
		net_arp_ask(nic->arp, &nic->own, &due[i].address, due[i].mac);
		if (asks_all(&how, &due[i]))
			net_arp_ask(nic->arp, &nic->own, &due[i].address, NULL);
	}
}

struct instant isolation_at(const struct agent *agent, const struct nic *nic)
{
	struct instant wanting = wanting_at(agent, nic);
	struct instant next = INSTANT_NEVER;

	if (!can_ask(nic))
		return next;
	if (!instant_reached(agent->now, wanting))
		next = wanting;
	return instant_earlier(next, neighbours_wants(&nic->neighbours, asking(agent, nic).each));
}
