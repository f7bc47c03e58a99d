/* Watches who answers for a vip that another node owns: about once a second each backup asks, and there should be one
 * MAC, the same one as long as nobody else took over. Two of them, or another one, is a duplicate, and an alarm. */
#include "agent/agent.h"

#include <string.h>

#include "agent/log.h"

#define ASK_EVERY      duration_ms(1000)
#define REPORT_EVERY   duration_ms(60000) /* the same duplicate is worth a line */
/* A stranger may change its MAC with each packet: it would fill the log until that thins out the real one's line. */
#define REPORT_ANOTHER duration_ms(10000)

void vip_report_duplicate(struct agent *agent, struct vip_run *vip, const uint8_t mac[static 6], const char *words)
{
	struct sentinel *sentinel = &vip->sentinel;

	if (sentinel->reported_at.ns != INSTANT_ZERO.ns &&
	    instant_since(agent->now, sentinel->reported_at).ns <
		    (memcmp(sentinel->reported, mac, 6) == 0 ? REPORT_EVERY : REPORT_ANOTHER).ns)
		return;
	memcpy(sentinel->reported, mac, 6);
	sentinel->reported_at = agent->now;
	log_event(LOG_WARNING, EVENT_DUPLICATE, "vip=%s interface=%s mac=%02x:%02x:%02x:%02x:%02x:%02x words=\"%s\"",
		  vip->conf->name, vip->nic->name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], words);
}

void sentinel_heard(struct vip_run *vip, const uint8_t mac[static 6])
{
	struct sentinel *sentinel = &vip->sentinel;

	for (int i = 0; i < sentinel->answers; i++) {
		if (memcmp(sentinel->mac[i], mac, 6) == 0)
			return;
	}
	if (sentinel->answers < SENTINEL_MACS_MAX)
		memcpy(sentinel->mac[sentinel->answers++], mac, 6);
}

static void judge_round(struct agent *agent, struct vip_run *vip)
{
	struct sentinel *sentinel = &vip->sentinel;

	if (sentinel->answers == 0)
		return;
	if (!sentinel->knows_owner && sentinel->answers == 1) {
		memcpy(sentinel->owner, sentinel->mac[0], 6);
		sentinel->knows_owner = true;
	}
	for (int i = 0; i < sentinel->answers; i++) {
		if (sentinel->knows_owner && memcmp(sentinel->mac[i], sentinel->owner, 6) == 0)
			continue;
		vip_report_duplicate(agent, vip, sentinel->mac[i],
				     sentinel->answers > 1 ? "two hosts answer for an address that another node owns"
							   : "not the owner, but this host answers for the address");
	}
}

void sentinel_due(struct agent *agent, struct vip_run *vip)
{
	struct sentinel *sentinel = &vip->sentinel;
	node_id owner = election_owner(&vip->rules, &vip->is, agent->now);

	if (vip->is.role != ROLE_BACKUP || owner == NODE_NONE || owner != sentinel->owner_node ||
	    vip->is.term_owned != sentinel->term) { /* who answers is just changing: learn anew */
		sentinel->owner_node = owner;
		sentinel->term = vip->is.term_owned;
		sentinel->knows_owner = false;
		sentinel->answers = 0;
		sentinel->ask_at = instant_add(agent->now, ASK_EVERY);
		return;
	}
	if (!instant_reached(agent->now, sentinel->ask_at))
		return;
	judge_round(agent, vip);
	sentinel->answers = 0;
	sentinel->ask_at = instant_add(agent->now, ASK_EVERY);
	vip_probe(vip);
}
