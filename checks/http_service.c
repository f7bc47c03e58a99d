#include "checks/http_service.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/http_judge.h"

enum { WORD_MAX = 40 };

/* The letters, digits and _ - between `before` and whatever follows them; "" when `before` is not there. */
static void word_after(const struct http_reply *reply, const char *before, char word[static WORD_MAX])
{
	const char *end = reply->body + reply->body_bytes;
	const char *at = memmem(reply->body, reply->body_bytes, before, strlen(before));
	int length = 0;

	for (at = at ? at + strlen(before) : end; at < end && length < WORD_MAX - 1; at++) {
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			break;
		word[length++] = *at;
	}
	word[length] = '\0';
}

/* A service that has nothing for strangers answered one with 200: it is not that service. */
static void judge_open(struct outcome *outcome)
{
	outcome_set(outcome, VERDICT_DOWN, "not-asked", "answered 200 to a stranger: this is some other page");
}

/* Everything but a 200 with credentials. */
static bool is_answer(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	if (reply->status == 200 && check->credentials[0])
		return true;
	if (reply->status == 200)
		judge_open(outcome);
	else if (reply->status == 401)
		http_judge_401(check, reply, "", outcome);
	else
		http_judge_status(reply, outcome);
	return false;
}

void http_judge_ews(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	char code[WORD_MAX];

	if (!is_answer(check, reply, outcome))
		return;
	word_after(reply, "ResponseCode>", code);
	if (http_body_contains(reply, "ResponseClass=\"Error\""))
		outcome_set(outcome, VERDICT_DOWN, "ews-error", "GetFolder failed: %s", code[0] ? code : "no code");
	else if (http_body_contains(reply, "ResponseClass=\"Success\""))
		outcome_set(outcome, VERDICT_UP, "ok", "GetFolder found the inbox");
	else if (http_body_contains(reply, ":Fault>"))
		outcome_set(outcome, VERDICT_DOWN, "soap-fault", "answered 200 with a SOAP fault");
	else
		outcome_set(outcome, VERDICT_DOWN, "body", "answered 200, but not to GetFolder");
}

void http_judge_autodiscover(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	char word[WORD_MAX];

	if (!is_answer(check, reply, outcome))
		return;
	if (http_body_contains(reply, "<Error")) {
		word_after(reply, "<ErrorCode>", word);
		outcome_set(outcome, VERDICT_DOWN, "autodiscover-error", "answered 200 with error code %s",
			    word[0] ? word : "unknown");
		return;
	}
	word_after(reply, "<Action>", word);
	if (strcmp(word, "settings") == 0)
		outcome_set(outcome, VERDICT_UP, "ok", "answered with settings");
	else if (strcmp(word, "redirectAddr") == 0 || strcmp(word, "redirectUrl") == 0)
		outcome_set(outcome, VERDICT_UP, "redirect", "answered %s: the mailbox is elsewhere", word);
	else
		outcome_set(outcome, VERDICT_DOWN, "body", "answered 200 without settings");
}

void http_judge_activesync(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	struct http_text versions = http_reply_field(reply, "MS-ASProtocolVersions", 0);

	switch (reply->status) {
	case 200:
		if (versions.length > 0)
			outcome_set(outcome, VERDICT_UP, "ok", "speaks %.*s",
				    (int)(versions.length < 80 ? versions.length : 80), versions.at);
		else
			outcome_set(outcome, VERDICT_DOWN, "header",
				    "answered 200 without MS-ASProtocolVersions: this is some other page");
		break;
	case 401:
		http_judge_401(check, reply, "", outcome);
		break;
	case 449: /* before it says anything else it wants to set up the device */
		outcome_set(outcome, VERDICT_UP_AUTH, "provision", "answered 449: the device is to be provisioned");
		break;
	case 451:
		outcome_set(outcome, VERDICT_UP_AUTH, "redirect", "answered 451: the mailbox is elsewhere");
		break;
	default:
		http_judge_status(reply, outcome);
	}
}

void http_judge_oab(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	if (reply->status == 403 && check->accept_403)
		outcome_set(outcome, VERDICT_UP_AUTH, "forbidden", "answered 403, which accept_403 takes");
	else if (is_answer(check, reply, outcome))
		outcome_set(outcome, VERDICT_UP, "ok", "answered 200");
}

/* Beyond 0 the numbers mean different things on different servers. 16 and 18 stand for an endpoint that is switched off
 * or shutting down where anybody uses them. */
void http_judge_mapi_ping(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	int code = http_reply_number(reply, "X-ResponseCode");

	if (reply->status == 401)
		http_judge_401(check, reply, "", outcome);
	else if (reply->status != 200)
		http_judge_status(reply, outcome);
	else if (code < 0)
		outcome_set(outcome, VERDICT_DOWN, "no-response-code",
			    "answered 200 without X-ResponseCode: this is some other page");
	else if (code == 0)
		outcome_set(outcome, VERDICT_UP, "ok", "PING succeeded");
	else if (check->accept_nonzero && code != 16 && code != 18)
		outcome_set(outcome, VERDICT_UP, "ok", "the MAPI layer answers, with X-ResponseCode %d", code);
	else
		outcome_set(outcome, VERDICT_DOWN, "response-code", "PING failed with X-ResponseCode %d", code);
}

/* An RTS PDU with the flag ECHO and no commands: [MS-RPCH] 2.2.3.5, 2.2.3.6. */
static bool is_echo(const struct http_reply *reply)
{
	const unsigned char *pdu = (const unsigned char *)reply->body;

	return reply->body_bytes == 20 && pdu[0] == 5 && pdu[2] == 20 && pdu[8] == 20 && pdu[9] == 0 &&
	       pdu[16] == 0x40 && pdu[17] == 0;
}

/* "503 RPC Error: 6ba": the proxy lives, the RPC server behind it does not; [MS-RPCH] 2.1.2.1. */
static bool read_rpc_error(const struct http_reply *reply, unsigned *ret_error)
{
	static const char mark[] = "RPC Error: ";
	struct http_text phrase = http_reply_phrase(reply);
	char text[32];
	size_t digits;

	snprintf(text, sizeof(text), "%.*s", (int)(phrase.length < 31 ? phrase.length : 31),
		 phrase.at ? phrase.at : "");
	if (reply->status != 503 || strncasecmp(text, mark, sizeof(mark) - 1) != 0)
		return false;
	digits = strspn(text + sizeof(mark) - 1, "0123456789abcdefABCDEF");
	*ret_error = (unsigned)strtoul(text + sizeof(mark) - 1, NULL, 16);
	return digits >= 1 && digits <= 8;
}

void http_judge_rpc_echo(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	char reason[FACT_REASON_MAX];
	unsigned error;

	if (read_rpc_error(reply, &error)) {
		snprintf(reason, sizeof(reason), "rpc-error-%x", error);
		outcome_set(outcome, VERDICT_DOWN, reason,
			    "answered 503 RPC Error: %x: the proxy cannot reach its RPC server", error);
	} else if (reply->status == 401) {
		http_judge_401(check, reply, "", outcome);
	} else if (reply->status != 200) {
		http_judge_status(reply, outcome);
	} else if (is_echo(reply)) {
		outcome_set(outcome, VERDICT_UP, "ok", "the RPC proxy echoes");
	} else {
		outcome_set(outcome, VERDICT_DOWN, "body", "answered 200 without an echo: this is no RPC proxy");
	}
}
