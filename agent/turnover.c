/* From one configuration to the next, within one turn: what stays the same is not touched.
 *
 * The vips that go have let go of their addresses by now, or had the time for it (reload.c). They leave first, for
 * those that come may need their places in the fence and their addresses; then what stays gets its new addresses, and
 * the interfaces that carry nothing any more are left alone. */
#include "agent/agent.h"

#include <string.h>

#include "agent/log.h"

static void leave(struct agent *agent, struct vip_run *vip)
{
	if (vip->moving)
		ctl_finish(agent->ctl, vip->move_token, agent->now, CTL_FAILED, "a reload removed it\n");
	addresses_leave(agent, vip);
}

static int free_slot(bool taken[static VIPS_MAX])
{
	int slot = 0;

	while (taken[slot])
		slot++;
	taken[slot] = true;
	return slot;
}

/* Shut, and listening as at a start. */
static void come(struct agent *agent, struct vip_run *vip, int place, int slot)
{
	vip_make(agent, vip, place);
	vip->slot = slot;
	if (agent->fence && fence_guard(agent->fence, slot, vip->conf->address, vip->conf->addresses) < 0) {
		agent->unguarded = true;
		log_event(LOG_ERR, EVENT_FENCE, "vip=%s state=failed words=\"cannot guard its addresses\"",
			  vip->conf->name);
	}
	vip_begin(agent, vip);
	vip->verify_at = agent->now; /* whatever stands there already is a leftover */
}

/* Whose clients are just being told follows its vip. */
static struct vip_run *busy_after(struct agent *agent, const int before[static VIPS_MAX])
{
	for (int p = 0; p < agent->conf->vips; p++) {
		if (before[p] >= 0 && &agent->vip[before[p]] == agent->clients.busy)
			return &agent->vip[p];
	}
	return NULL;
}

/* Each run to its new place. Those that stay still have their old `conf` then; those that come have the new one. */
static void arrange(struct agent *agent, const struct conf *was)
{
	static struct vip_run next[VIPS_MAX]; /* too large for the stack */
	bool stays[VIPS_MAX] = {false}, taken[VIPS_MAX] = {false};
	int before[VIPS_MAX];

	for (int p = 0; p < agent->conf->vips; p++) {
		before[p] = conf_diff_kept(was, &agent->conf->vip[p]);
		if (before[p] < 0)
			continue;
		next[p] = agent->vip[before[p]];
		next[p].place = p;
		stays[before[p]] = taken[next[p].slot] = true;
	}
	for (int v = 0; v < agent->vips; v++) {
		if (!stays[v])
			leave(agent, &agent->vip[v]);
	}
	for (int p = 0; p < agent->conf->vips; p++) {
		if (before[p] < 0)
			come(agent, &next[p], p, free_slot(taken));
	}
	agent->clients.busy = busy_after(agent, before);
	agent->vips = agent->conf->vips;
	memcpy(agent->vip, next, sizeof(next[0]) * (size_t)agent->vips);
}

static void change_vips(struct agent *agent, const struct conf *was)
{
	arrange(agent, was);
	passing_note(agent, was);
	addresses_change(agent);
	for (int v = 0; v < agent->vips; v++)
		vip_rules(agent, agent->vip[v].conf, &agent->vip[v].rules);
	ears_off(agent);
	for (int v = 0; v < agent->vips; v++)
		ears_catch_up(agent, agent->vip[v].nic);
}

void turnover(struct agent *agent)
{
	struct reload *next = &agent->reload;
	struct conf_file old = agent->file;

	facts_carry(&agent->facts, agent->conf, next->file.conf, agent->now);
	agent->file = next->file;
	agent->conf = agent->file.conf;
	agent->digest = next->digest;
	agent->ring = next->ring;
	memset(&next->file, 0, sizeof(next->file));
	change_vips(agent, old.conf);
	membership_change(agent, old.conf);
	conf_file_done(&old);
	if (ctl_reserve(agent->ctl, status_room(agent->conf)) < 0 ||
	    desk_reserve(&agent->desk, status_room(agent->conf)) < 0)
		log_event(LOG_WARNING, EVENT_CONFIG, "state=reloaded words=\"no memory for a longer status\"");
	certificates_start(&agent->certificates, agent->conf);
	rolls_reload(agent);
	sensors_restart_judge(agent);
	agent->beat_wanted = true; /* the others learn of it */
}
