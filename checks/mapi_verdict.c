#include "checks/mapi_verdict.h"

#include "checks/http_judge.h"
#include "checks/mapi_body.h"

static void judge_code(enum mapi_step step, int code, struct outcome *outcome)
{
	if (code < 0)
		outcome_set(outcome, VERDICT_DOWN, "no-response-code",
			    "answered 200 to %s without X-ResponseCode: this is some other page", mapi_step_word(step));
	else
		outcome_set(outcome, VERDICT_DOWN, "response-code", "%s failed with X-ResponseCode %d",
			    mapi_step_word(step), code);
}

static bool has_opened(const struct mapi_body *body, struct outcome *outcome)
{
	struct mapi_connect connect;

	if (mapi_connect_read(body, &connect)) {
		outcome_set(outcome, VERDICT_DOWN, "body", "Connect was answered without an ErrorCode");
		return false;
	}
	if (connect.status || connect.error) {
		outcome_set(outcome, VERDICT_DOWN, "mapi-error", "Connect opened no session: %s 0x%08x",
			    connect.status ? "StatusCode" : "ErrorCode",
			    connect.status ? connect.status : connect.error);
		return false;
	}
	return true;
}

static bool judge_body(enum mapi_step step, const struct http_reply *reply, struct outcome *outcome)
{
	struct mapi_body body;
	enum mapi_body_refusal refusal = mapi_body_read(reply->body, reply->body_bytes, &body);

	if (refusal) {
		outcome_set(outcome, VERDICT_DOWN, "body", "%s: the answer's body %s", mapi_step_word(step),
			    refusal == MAPI_BODY_CUT ? "is cut short" : "is not MAPI over HTTP");
		return false;
	}
	if (body.code > 0) {
		judge_code(step, body.code, outcome);
		return false;
	}
	return step != MAPI_CONNECT || has_opened(&body, outcome);
}

bool mapi_verdict(const struct conf_check *check, enum mapi_step step, const struct http_reply *reply,
		  struct outcome *outcome)
{
	int code = http_reply_number(reply, "X-ResponseCode");

	if (reply->status == 0)
		outcome_set(outcome, VERDICT_DOWN, "protocol", "the answer is not HTTP");
	else if (reply->status == 401)
		http_judge_401(check, reply, "", outcome);
	else if (reply->status != 200)
		http_judge_status(reply, outcome);
	else if (code != 0)
		judge_code(step, code, outcome);
	else if (judge_body(step, reply, outcome)) {
		outcome_set(outcome, VERDICT_UP, "ok", "a session was opened, refreshed and closed");
		return true;
	}
	return false;
}
