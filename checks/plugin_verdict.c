#include "checks/plugin_verdict.h"

#include <stdio.h>
#include <string.h>

enum { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

/* The bytes of the first line that are for people, without blanks around them. */
static const char *first_line(const char *output, size_t *length)
{
	size_t end = 0;

	while (*length > 0 && (*output == ' ' || *output == '\t')) {
		output++;
		--*length;
	}
	while (end < *length && output[end] != '\0' && output[end] != '\n' && output[end] != '|')
		end++;
	while (end > 0 && strchr(" \t\r", output[end - 1]))
		end--;
	*length = end;
	return output;
}

void plugin_verdict(const siginfo_t *end, bool warning_down, const char *output, size_t length,
		    struct outcome *outcome)
{
	const char *line = first_line(output, &length);
	bool exited = end->si_code == CLD_EXITED;
	enum verdict verdict = VERDICT_UNKNOWN;
	char reason[FACT_REASON_MAX];

	snprintf(reason, sizeof(reason), "%s-%d", exited ? "exit" : "signal", end->si_status);
	if (exited && end->si_status == PLUGIN_OK) {
		verdict = VERDICT_UP;
		snprintf(reason, sizeof(reason), "ok");
	} else if (exited && end->si_status == PLUGIN_WARNING) {
		verdict = warning_down ? VERDICT_DOWN : VERDICT_UP;
		snprintf(reason, sizeof(reason), "warning");
	} else if (exited && end->si_status == PLUGIN_CRITICAL) {
		verdict = VERDICT_DOWN;
		snprintf(reason, sizeof(reason), "critical");
	} else if (exited && end->si_status == PLUGIN_UNKNOWN) {
		snprintf(reason, sizeof(reason), "unknown");
	}
	if (!exited)
		outcome_set(outcome, verdict, reason, "ended by signal %d%s%.*s", end->si_status, length ? ": " : "",
			    (int)length, line);
	else if (length)
		outcome_set(outcome, verdict, reason, "%.*s", (int)length, line);
	else
		outcome_set(outcome, verdict, reason, "exited %d and said nothing", end->si_status);
}
