/* Any bytes as the head of an RPC proxy's answer: a stream only from 200 and application/rpc, and a refusal is never up.
 *
 * fuzz-sources: checks/proxy_answer.c checks/http_reply.c checks/http_verdict.c checks/http_judge.c checks/http_service.c checks/outcome.c
 * fuzz-sources: conf/conf_url.c conf/conf_address.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "checks/proxy_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct proxy_answer *answer)
{
	static const struct conf_check check = {
		.type = CHECK_OUTLOOK_ANYWHERE, .tunnel = true, .url = "https://mail.example.test/rpc/rpcproxy.dll?x:6001"};
	struct outcome outcome;

	if (proxy_answer_is_stream(answer)) {
		assert(answer->whole && answer->is_rpc && answer->reply.status == 200);
		return;
	}
	proxy_answer_verdict(answer, &check, "OUT channel", &outcome);
	assert(outcome.verdict == VERDICT_DOWN || (outcome.verdict == VERDICT_UP_AUTH && answer->reply.challenged));
	assert(memchr(outcome.reason, '\0', sizeof(outcome.reason)) && outcome.reason[0]);
	assert(memchr(outcome.words, '\0', sizeof(outcome.words)) && outcome.words[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct proxy_answer answer;
	const char *at = (const char *)data, *end = at + size;

	memset(&answer, 0, sizeof(answer));
	while (at < end && !answer.whole) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);

		if (!proxy_answer_header(&answer, at, length))
			return 0;
		at += length;
	}
	if (answer.whole)
		judge(&answer);
	return 0;
}
