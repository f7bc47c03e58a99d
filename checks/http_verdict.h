/* Judges an HTTP reply to an anonymous request, by the type of the check.
 *
 * http:        the wanted status and text. 401 with a challenge is good enough where the file wants 200 and no text.
 * healthcheck: Exchange's own health page, in its exact form; the name in it tells whether we asked the right server.
 * owa:         200, or a redirect to the logon page of the same host (or of the configured sign-in service). */
#pragma once

#include "checks/http_reply.h"
#include "checks/probe.h"

/* `check` is of one of these three types. */
void http_verdict(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
