#include "checks/http_judge.h"

#include <stdio.h>
#include <string.h>

/* What a status usually means on the servers we meet; said after the number. */
static const char *hint_of(int status)
{
	switch (status) {
	case 403:
		return ": forbidden, perhaps because it wants TLS";
	case 404:
		return ": no such page, the virtual directory is missing or off";
	case 405:
	case 501:
		return ": it does not allow this method here";
	case 413:
		return ": the front end limits request bodies";
	case 500:
		return ": the application failed";
	case 502:
	case 503:
	case 504:
		return ": off, or a front end whose back end is dead";
	}
	return "";
}

void http_judge_status(const struct http_reply *reply, struct outcome *outcome)
{
	char reason[FACT_REASON_MAX];

	if (reply->status == 413)
		snprintf(reason, sizeof(reason), "frontend-body-limit");
	else
		snprintf(reason, sizeof(reason), "status-%d", reply->status);
	outcome_set(outcome, VERDICT_DOWN, reason, "answered %d%s", reply->status, hint_of(reply->status));
}

void http_judge_rejected(const struct http_reply *reply, struct outcome *outcome)
{
	outcome_set(outcome, VERDICT_AUTH_REJECTED, "auth-rejected",
		    "answered %d to our credentials: password wrong or expired, or user database down", reply->status);
}

void http_judge_401(const struct conf_check *check, const struct http_reply *reply, const char *note,
		    struct outcome *outcome)
{
	if (check->credentials[0])
		http_judge_rejected(reply, outcome);
	else if (reply->challenged)
		outcome_set(outcome, VERDICT_UP_AUTH, "challenge", "answered 401 and wants credentials%s", note);
	else
		outcome_set(outcome, VERDICT_DOWN, "no-challenge",
			    "answered 401 but offers no way to log on: every authentication provider is off");
}

bool http_body_contains(const struct http_reply *reply, const char *text)
{
	return memmem(reply->body, reply->body_bytes, text, strlen(text)) != NULL;
}
