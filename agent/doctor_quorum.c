/* What corosync runs with, judged by the arithmetic that the agent lives by. */
#include "agent/doctor_judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void judge_danger(const struct quorum_settings *settings, struct doctor_report *report)
{
	enum quorum_danger danger = quorum_danger(settings);
	struct doctor_finding *finding;

	if (danger == QUORUM_NO_DANGER)
		return;
	finding = doctor_add(report, DOCTOR_ERROR, "quorum-unsafe");
	doctor_words(finding, "corosync may call two halves of the cluster quorate: this quorum prevents no split");
	doctor_evidence(finding, "%s", quorum_danger_words(danger));
	doctor_fix(finding, "a third node or a quorum device in /etc/corosync/corosync.conf; or a third casvipd as a "
			    "witness, and provider = \"majority\"");
}

/* Nothing is wrong with a slow one, but nobody expects seconds of an agent that needs a third of one. */
static void note_advice(const struct status_quorum *quorum, struct doctor_report *report)
{
	struct quorum_advice advice[QUORUM_ADVICE_MAX];
	int count = quorum_advice(&quorum->settings, advice);
	struct doctor_finding *finding;
	size_t used = 0;

	if (count == 0 || quorum->settings.token_ms == 0)
		return;
	finding = doctor_add(report, DOCTOR_NOTE, "quorum-slow");
	doctor_words(finding, "a failover waits for corosync, and corosync could be faster");
	doctor_evidence(finding, "failover by quorum within %" PRId64 " ms (-1: not known)", quorum->failover_ms);
	for (int i = 0; i < count && used < sizeof(finding->fix); i++)
		used += (size_t)snprintf(finding->fix + used, sizeof(finding->fix) - used, "%s%s = %s", i ? "; " : "",
					 advice[i].key, advice[i].better);
}

void doctor_judge_quorum(const struct status_quorum *quorum, struct doctor_report *report)
{
	struct doctor_finding *finding;

	if (!quorum->used)
		return;
	if (quorum->settings.token_ms)
		judge_danger(&quorum->settings, report);
	if (!quorum->open) {
		finding = doctor_add(report, DOCTOR_ERROR, "quorum-shut");
		doctor_words(finding, "corosync's word lets this node own nothing");
		doctor_evidence(finding, "gate shut: %s: %.200s", quorum->why, quorum->words);
		doctor_fix(finding,
			   "corosync-quorumtool -s; systemctl status corosync; journalctl -t casvipd -g event=quorum");
	}
	if (quorum->witness_lost) {
		finding = doctor_add(report, DOCTOR_WARNING, "witness-lost");
		doctor_words(finding, "the quorum device does not vote: the next fault leaves nobody quorate");
		doctor_evidence(finding, "casvipctl status: witness LOST");
		doctor_fix(
			finding,
			"corosync-qdevice-tool -s; systemctl status corosync-qdevice, and corosync-qnetd on its host");
	}
	note_advice(quorum, report);
}
