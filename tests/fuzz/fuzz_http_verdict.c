/* Any bytes as an HTTP reply. The first byte chooses the check, the rest is the reply as it stands on the wire.
 *
 * fuzz-sources: checks/http_reply.c checks/http_verdict.c checks/http_judge.c checks/http_service.c checks/outcome.c
 * fuzz-sources: conf/conf_url.c conf/conf_address.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "checks/http_verdict.h"

static const struct conf_check checks[] = {
	{.type = CHECK_HTTP, .url = "http://mail.example.test/"},
	{.type = CHECK_HTTP, .url = "http://mail.example.test/", .expect_status = 401, .expect_body = "alive"},
	{.type = CHECK_HEALTHCHECK, .url = "https://mail.example.test/owa/healthcheck.htm"},
	{.type = CHECK_HEALTHCHECK,
	 .url = "https://mail.example.test/owa/healthcheck.htm",
	 .expect_fqdn = "ex1.example.test"},
	{.type = CHECK_OWA, .url = "https://mail.example.test/owa/"},
	{.type = CHECK_OWA, .url = "https://192.0.2.1", .location = "https://sso.example.test/"},
	{.type = CHECK_HTTP,
	 .url = "http://mail.example.test/",
	 .expect_header = {"Server: nginx", "X-Two:b"},
	 .expect_headers = 2},
	{.type = CHECK_EWS, .url = "https://192.0.2.1/", .credentials = "c"},
	{.type = CHECK_EWS, .url = "https://192.0.2.1/"},
	{.type = CHECK_AUTODISCOVER, .url = "https://192.0.2.1/", .credentials = "c"},
	{.type = CHECK_ACTIVESYNC, .url = "https://192.0.2.1/"},
	{.type = CHECK_OAB, .url = "https://192.0.2.1/", .credentials = "c", .accept_403 = true},
	{.type = CHECK_MAPI, .url = "https://192.0.2.1/", .accept_nonzero = true},
	{.type = CHECK_MAPI, .url = "https://192.0.2.1/", .credentials = "c"},
	{.type = CHECK_OUTLOOK_ANYWHERE, .url = "https://192.0.2.1/", .credentials = "c"},
};

static void assert_printable(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	assert(length < size);
	for (size_t i = 0; i < length; i++)
		assert(text[i] >= ' ' && text[i] <= '~');
}

/* What can never be good, whatever else the reply says. */
static void assert_sound(const struct conf_check *check, const struct http_reply *reply, const struct outcome *outcome)
{
	bool redirect = reply->status == 301 || reply->status == 302 || reply->status == 303 || reply->status == 307;

	bool synced = (reply->status == 449 || reply->status == 451) && check->type == CHECK_ACTIVESYNC;

	assert(outcome->verdict != VERDICT_UNKNOWN);
	if (outcome->verdict == VERDICT_AUTH_REJECTED)
		assert(check->credentials[0] && reply->status == 401);
	if (reply->status == 401)
		assert(outcome->verdict == (check->credentials[0] ? VERDICT_AUTH_REJECTED : outcome->verdict));
	if (outcome->verdict == VERDICT_UP_AUTH)
		assert((reply->status == 401 && reply->challenged && !check->credentials[0]) || synced ||
		       (reply->status == 440 && check->type == CHECK_OWA) ||
		       (reply->status == 403 && check->accept_403));
	if (outcome->verdict != VERDICT_UP)
		return;
	assert(reply->status == 200 || (redirect && check->type == CHECK_OWA && reply->location[0]));
	if (check->type == CHECK_EWS || check->type == CHECK_AUTODISCOVER)
		assert(check->credentials[0]);
	if (check->type == CHECK_OUTLOOK_ANYWHERE)
		assert(reply->body_bytes == 20);
	if (check->type == CHECK_HEALTHCHECK)
		assert(reply->body_bytes >= 6 && memcmp(reply->body, "200 OK", 6) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_reply reply;
	const struct conf_check *check;
	struct outcome outcome;
	const char *at, *end;

	if (size == 0)
		return 0;
	memset(&reply, 0, offsetof(struct http_reply, head));
	check = &checks[data[0] % (sizeof(checks) / sizeof(checks[0]))];
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
	while (at < end) {
		size_t length = (size_t)(end - at) < 100 ? (size_t)(end - at) : 100;

		if (!http_reply_body(&reply, at, length))
			break;
		at += length;
	}
	http_verdict(check, &reply, &outcome);
	assert_sound(check, &reply, &outcome);
	assert_printable(outcome.reason, sizeof(outcome.reason));
	assert_printable(outcome.words, sizeof(outcome.words));
	return 0;
}
