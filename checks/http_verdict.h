/* Judges an HTTP reply by the type of the check. Where the check has credentials, they were sent, and a 401 refuses
 * them; where it has none, a 401 with a challenge is a good answer of every service that people log on to.
 *
 * http:        the wanted status and text. 401 with a challenge is good enough where the file wants 200 and no text.
 * healthcheck: Exchange's own health page, in its exact form; the name in it tells whether we asked the right server.
 * owa, ecp:    200, or a redirect to the logon page of the same host (or of the configured sign-in service).
 * The services behind them: see http_service.h. */
#pragma once

#include "checks/http_reply.h"
#include "checks/probe.h"

/* `check` is of a type by HTTP. */
void http_verdict(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
