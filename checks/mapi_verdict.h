/* Judges the answer to one step of a MAPI over HTTP session: [MS-OXCMAPIHTTP] 3.1.5.3, 3.2.5.3. HTTP says 200 to nearly
 * every failure; the verdict is in X-ResponseCode, of which the last one counts, and for Connect in what follows. */
#pragma once

#include "checks/http_reply.h"
#include "checks/mapi_request.h"
#include "checks/probe.h"

/* True: the step succeeded, and the next may follow. `outcome` is filled either way. */
bool mapi_verdict(const struct conf_check *check, enum mapi_step step, const struct http_reply *reply,
		  struct outcome *outcome);
