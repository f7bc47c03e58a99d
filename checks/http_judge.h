/* What the verdicts on all HTTP replies share. */
#pragma once

#include "checks/http_reply.h"
#include "checks/probe.h"

/* DOWN: the status is not one that this check takes. */
void http_judge_status(const struct http_reply *reply, struct outcome *outcome);

/* AUTH_REJECTED: credentials were sent, and it answered as if they were none. With its user database down Gromox says
 * exactly what it says to a wrong password. */
void http_judge_rejected(const struct http_reply *reply, struct outcome *outcome);

/* A 401. `note` follows the words of a good one. */
void http_judge_401(const struct conf_check *check, const struct http_reply *reply, const char *note,
		    struct outcome *outcome);

bool http_body_contains(const struct http_reply *reply, const char *text);
