/* Any bytes as the answer to a step of a MAPI over HTTP session, as it stands on the wire. The first byte chooses the
 * step.
 *
 * fuzz-sources: checks/http_reply.c checks/http_judge.c checks/outcome.c checks/mapi_body.c checks/mapi_verdict.c
 * fuzz-sources: checks/mapi_request.c checks/http_request.c checks/cookies.c conf/conf_keys.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "checks/cookies.h"
#include "checks/mapi_body.h"
#include "checks/mapi_verdict.h"

static const struct conf_check check = {.type = CHECK_MAPI, .session = true, .credentials = "c", .user_dn = "/o=x"};

static void assert_sound(enum mapi_step step, const struct http_reply *reply, const struct outcome *outcome, bool good)
{
	struct mapi_body body;
	struct mapi_connect connect;

	assert(good == (outcome->verdict == VERDICT_UP));
	assert(outcome->verdict != VERDICT_UP_AUTH && outcome->verdict != VERDICT_UNKNOWN);
	if (!good)
		return;
	assert(reply->status == 200 && mapi_body_read(reply->body, reply->body_bytes, &body) == MAPI_BODY_OK);
	assert(body.code <= 0 && body.bytes + body.length == (const uint8_t *)reply->body + reply->body_bytes);
	if (step == MAPI_CONNECT)
		assert(mapi_connect_read(&body, &connect) == MAPI_BODY_OK && !connect.status && !connect.error);
}

/* One header line, whatever the server said. */
static void assert_header(const char *header)
{
	assert(strnlen(header, COOKIES_TEXT_MAX) < COOKIES_TEXT_MAX);
	if (header[0])
		assert(strncmp(header, "Cookie: ", 8) == 0 && strchr(header + 8, '='));
	for (; *header; header++)
		assert(*header >= ' ' && *header <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_reply reply;
	static struct http_request request;
	struct mapi_client client;
	struct cookies cookies = {0};
	struct outcome outcome;
	enum mapi_step step;
	const char *at, *end;

	if (size == 0)
		return 0;
	memset(&reply, 0, offsetof(struct http_reply, head));
	step = data[0] % MAPI_STEP_COUNT;
	at = (const char *)data + 1;
	end = (const char *)data + size;
	for (bool blank = false; at < end && !(blank && reply.status >= 200);) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);

		blank = length <= 2;
		if (!http_reply_header(&reply, at, length))
			return 0;
		at += length;
	}
	http_reply_body(&reply, at, (size_t)(end - at));
	assert_sound(step, &reply, &outcome, mapi_verdict(&check, step, &reply, &outcome));
	cookies_take(&cookies, &reply);
	cookies_take(&cookies, &reply);
	assert_header(cookies.header);
	mapi_client_init(&client);
	mapi_request(&client, &check, MAPI_PING, cookies.header, &request);
	return 0;
}
