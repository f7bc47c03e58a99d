/* What the answers of an Exchange-style host's HTTP services are worth. Each function is for the request that
 * http_request.h makes for the type, with the check's credentials where it has any.
 *
 * ews:              a GetFolder that succeeded; without credentials a challenge.
 * autodiscover:     the settings of a mailbox, or a redirection to where they are; without credentials a challenge.
 * activesync:       the protocol versions in MS-ASProtocolVersions [MS-ASHTTP 2.2.4]; or a challenge.
 * oab:              200 to credentials; without them a challenge, or 403 where the file says so.
 * mapi:             an X-ResponseCode [MS-OXCMAPIHTTP 2.2.3.3.3] to a PING, or a challenge.
 * outlook-anywhere: the RPC proxy's echo [MS-RPCH 2.1.2.1], or a challenge. */
#pragma once

#include "checks/http_reply.h"
#include "checks/probe.h"

void http_judge_ews(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
void http_judge_autodiscover(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
void http_judge_activesync(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
void http_judge_oab(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
void http_judge_mapi_ping(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
void http_judge_rpc_echo(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);
