/* What casvipd's helpers have in common: they are found, started when they are due, and watched by the loop. */
#include "agent/agent.h"

#include <errno.h>
#include <string.h>

#include "agent/log.h"

int helper_open(struct child *helper, const char *name)
{
	char program[PATH_MAX];

	child_find(name, program); /* its user has the same name */
	return child_init(helper, program, name);
}

bool helper_is_due(const struct agent *agent, const struct child *helper)
{
	return helper->pid == 0 && instant_reached(agent->now, helper->start_at);
}

void helper_start(struct agent *agent, struct child *helper, const struct child_gifts *gifts,
		  const struct helper_watch *watch)
{
	char why[CHILD_WHY_MAX];
	int r = child_start(helper, gifts, agent->now, why);

	if (r < 0) {
		log_event(LOG_ERR, EVENT_SENSOR, "sensor=%s state=failed words=\"%s\"", watch->name, why);
		return;
	}
	r = agent_watch(agent, helper->facts_fd, watch->facts, 0);
	if (r == 0)
		r = agent_watch(agent, helper->pidfd, watch->end, 0);
	if (r < 0) { /* unwatched it would never be missed */
		child_kill(helper);
		log_event(LOG_ERR, EVENT_SENSOR, "sensor=%s state=failed words=\"%s\"", watch->name, strerror(-r));
		return;
	}
	log_event(LOG_NOTICE, EVENT_SENSOR, "sensor=%s state=started pid=%d", watch->name, (int)helper->pid);
}
