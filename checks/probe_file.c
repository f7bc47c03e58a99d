/* Probe type file: is a file there, or not there, and was it written lately? A maintenance switch, or the heartbeat of
 * another program. Whatever has that path counts: a directory and a socket too. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks/peek.h"
#include "checks/probe.h"

struct probe {
	const struct conf_check *check;
	struct peek peek;
};

static void file_free(struct probe *probe)
{
	if (!probe)
		return;
	peek_done(&probe->peek);
	free(probe);
}

static struct probe *file_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	peek_init(&probe->peek, check, check->path, false);
	return probe;
}

static struct duration age_of(const struct peek_report *report)
{
	return (struct duration){(report->now.tv_sec - report->written.tv_sec) * INT64_C(1000000000) +
				 (report->now.tv_nsec - report->written.tv_nsec)};
}

/* A date far ahead is no heartbeat either: it would hide for as long that none follows. */
static void judge_present(const struct conf_check *check, const struct peek_report *report, struct outcome *outcome)
{
	struct duration age = age_of(report);
	long long seconds = (long long)(age.ns / 1000000000);

	if (!check->expect_present)
		outcome_set(outcome, VERDICT_DOWN, "present", "%.80s is there", check->path);
	else if (check->max_age.ns && age.ns > check->max_age.ns)
		outcome_set(outcome, VERDICT_DOWN, "stale-file", "%.64s was last written %lld s ago", check->path,
			    seconds);
	else if (check->max_age.ns && -age.ns > check->max_age.ns)
		outcome_set(outcome, VERDICT_DOWN, "stale-file", "%.64s has a date %lld s ahead of the clock",
			    check->path, -seconds);
	else if (check->max_age.ns)
		outcome_set(outcome, VERDICT_UP, "ok", "%.64s was last written %lld s ago", check->path, seconds);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "%.80s is there", check->path);
}

static bool file_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	const struct conf_check *check = probe->check;
	struct peek_report report;

	(void)revents;
	if (!peek_advance(&probe->peek, wait, &report))
		return false;
	if (report.error == 0)
		judge_present(check, &report, outcome);
	else if (report.error != ENOENT && report.error != ENOTDIR)
		outcome_set(outcome, VERDICT_UNKNOWN, report.error == EACCES ? "not-permitted" : "file-error",
			    "cannot look at %.64s: %s", check->path, strerrordesc_np(report.error));
	else if (check->expect_present)
		outcome_set(outcome, VERDICT_DOWN, "absent", "%.80s is not there", check->path);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "%.80s is not there, as it should be", check->path);
	return true;
}

static const char *file_stage(const struct probe *probe)
{
	return peek_stage(&probe->peek);
}

const struct probe_type probe_file = {
	.start = file_start,
	.advance = file_advance,
	.stage = file_stage,
	.free = file_free,
};
