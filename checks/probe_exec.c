/* Probe type exec: what does a plugin say? Any program that keeps to the conventions of Nagios' plugins will do.
 *
 * Its output is read when it has ended, not before: what fits in the pipe is more than anybody looks at, and one that
 * writes on for ever waits at the full pipe for its deadline and costs nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/offspring.h"
#include "checks/plugin_verdict.h"
#include "checks/probe.h"

struct probe {
	const struct conf_check *check;
	struct offspring plugin;
};

static void run_plugin(const void *context)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LANG=C.UTF-8";
	const struct conf_check *check = context;
	char name[CONF_NAME_MAX + 16], vip[CONF_NAME_MAX + 16];
	char *argv[CHECK_ARGUMENTS_MAX + 1] = {NULL};
	char *const environment[] = {path, locale, name, vip, NULL};

	snprintf(name, sizeof(name), "CASVIP_CHECK=%s", check->name);
	snprintf(vip, sizeof(vip), "CASVIP_VIP=%s", check->vip);
	for (int i = 0; i < check->arguments; i++)
		argv[i] = (char *)check->command[i]; /* execve() promises not to write to them */
	execve(check->command[0], argv, environment);
	offspring_fault();
}

static void exec_free(struct probe *probe)
{
	if (!probe)
		return;
	offspring_done(&probe->plugin);
	free(probe);
}

static struct probe *exec_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	offspring_init(&probe->plugin, check, run_plugin, check);
	return probe;
}

/* A plugin that is not there or not allowed says nothing about the service. */
static void tell_fault(const struct probe *probe, int error, struct outcome *outcome)
{
	const char *reason = error == ENOENT || error == ENOTDIR ? "not-found"
			     : error == EACCES || error == ENOEXEC ? "not-executable"
								   : "not-run";

	outcome_set(outcome, VERDICT_UNKNOWN, reason, "cannot run %.64s: %s", probe->check->command[0],
		    strerrordesc_np(error));
}

static bool exec_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	char output[PLUGIN_OUTPUT_MAX];
	siginfo_t end;
	int error = offspring_advance(&probe->plugin, wait, &end);

	(void)revents;
	if (error == -EINPROGRESS)
		return false;
	if (error) {
		offspring_outcome(outcome, error);
		return true;
	}
	error = offspring_errno(&probe->plugin);
	if (error)
		tell_fault(probe, error, outcome);
	else
		plugin_verdict(&end, probe->check->warning_down, output,
			       offspring_output(&probe->plugin, output, sizeof(output)), outcome);
	return true;
}

static const char *exec_stage(const struct probe *probe)
{
	return offspring_stage(&probe->plugin, "the plugin still runs");
}

const struct probe_type probe_exec = {
	.start = exec_start,
	.advance = exec_advance,
	.stage = exec_stage,
	.free = exec_free,
};
