/* What an RPC proxy's HTTP answer means: only one kind is a stream of PDUs, and every other has its verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checks/proxy_answer.h"

static struct proxy_answer answer;
static const struct conf_check check = {.type = CHECK_OUTLOOK_ANYWHERE};

/* Lines are parted by '|'; the last one has none behind it. */
static void hear(const char *lines)
{
	memset(&answer, 0, sizeof(answer));
	for (const char *line = lines; line; line = strchr(line, '|') ? strchr(line, '|') + 1 : NULL) {
		char text[512];

		snprintf(text, sizeof(text), "%.*s\r\n", (int)strcspn(line, "|"), line);
		assert_true(proxy_answer_header(&answer, text, strlen(text)));
	}
}

static void test_only_200_and_application_rpc_is_a_stream(void **state)
{
	static const struct {
		const char *lines;
		bool is_stream;
	} answers[] = {
		{"HTTP/1.1 200 Success|Content-Type: application/rpc|Content-Length: 1073741824|", true},
		{"HTTP/1.1 200 OK|content-type:application/RPC|", true},
		{"HTTP/2 200|content-type: application/rpc; charset=x|transfer-encoding: chunked|", true},
		{"HTTP/1.1 100 Continue||HTTP/1.1 200 OK|Content-Type: application/rpc|", true},
		{"HTTP/1.1 200 Success|Content-Type: application/rpc", false}, /* not whole */
		{"HTTP/1.1 200 OK|Content-Type: text/html|", false},
		{"HTTP/1.1 200 OK|Content-Type: application/rpcx|", false},
		{"HTTP/1.1 200 OK|Content-Type: text/html; x=application/rpc|", false},
		{"HTTP/1.1 200 OK|X-Content-Type: application/rpc|", false},
		{"HTTP/1.1 200 OK|", false},
		{"HTTP/1.1 206 Partial|Content-Type: application/rpc|", false},
		{"HTTP/1.1 502 Bad Gateway|Content-Type: application/rpc|", false},
		{"HTTP/1.1 200 OK|Content-Type: application/rpc||HTTP/1.1 200 OK|", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		hear(answers[i].lines);
		assert_int_equal(proxy_answer_is_stream(&answer), answers[i].is_stream);
	}
}

static void test_an_interim_reply_is_not_whole(void **state)
{
	(void)state;
	hear("HTTP/1.1 100 Continue|");
	assert_false(answer.whole);
	hear("HTTP/1.1 100 Continue||HTTP/1.1 413 Too Large|");
	assert_true(answer.whole);
	assert_int_equal(answer.reply.status, 413);
}

static void test_answers_have_their_verdicts(void **state)
{
	static const struct {
		const char *lines;
		enum verdict verdict;
		const char *reason;
	} answers[] = {
		{"HTTP/1.1 401 Unauthorized|WWW-Authenticate: Negotiate|www-authenticate: NTLM|WWW-Authenticate: Basic|",
		 VERDICT_UP_AUTH, "challenge"},
		{"HTTP/1.1 401 Unauthorized|", VERDICT_DOWN, "no-challenge"},
		{"HTTP/1.1 401 Unauthorized|WWW-Authenticate: Unknown|", VERDICT_DOWN, "no-challenge"},
		{"HTTP/1.1 413 Request Entity Too Large|", VERDICT_DOWN, "frontend-body-limit"},
		{"HTTP/1.1 404 Not Found|", VERDICT_DOWN, "status-404"},
		{"HTTP/1.1 405 Method Not Allowed|", VERDICT_DOWN, "status-405"},
		{"HTTP/1.1 502 Bad Gateway|", VERDICT_DOWN, "status-502"},
		{"HTTP/1.1 503 RPC Error: 6ba|", VERDICT_DOWN, "rpc-error-6ba"},
		{"HTTP/1.1 503 rpc error: 00000005|", VERDICT_DOWN, "rpc-error-5"},
		{"HTTP/1.1 503 RPC Error: FFFFFFFF|", VERDICT_DOWN, "rpc-error-ffffffff"},
		{"HTTP/1.1 503 RPC Error: |", VERDICT_DOWN, "status-503"},
		{"HTTP/1.1 503 RPC Error: 123456789|", VERDICT_DOWN, "status-503"},
		{"HTTP/1.1 503 Service Unavailable|X-Note: RPC Error: 6ba|", VERDICT_DOWN, "status-503"},
		{"HTTP/1.1 503 RPC Error: 6ba||HTTP/1.1 502 Bad Gateway|", VERDICT_DOWN, "status-502"},
		{"HTTP/1.1 200 OK|Content-Type: text/html|", VERDICT_DOWN, "protocol"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		hear(answers[i].lines);
		assert_true(answer.whole);
		proxy_answer_verdict(&answer, &check, "OUT channel", &outcome);
		assert_string_equal(outcome.reason, answers[i].reason);
		assert_int_equal(outcome.verdict, answers[i].verdict);
		assert_int_equal(strncmp(outcome.words, "OUT channel: answered ", 22), 0);
	}
}

static void test_headers_without_end_are_given_up(void **state)
{
	static const char line[] = "X-Filler: ................................................\r\n";
	size_t bytes = 0;

	(void)state;
	memset(&answer, 0, sizeof(answer));
	assert_true(proxy_answer_header(&answer, "HTTP/1.1 200 OK\r\n", 17));
	while (proxy_answer_header(&answer, line, sizeof(line) - 1))
		bytes += sizeof(line) - 1;
	assert_in_range(bytes, HTTP_HEADERS_MAX / 2, HTTP_HEADERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_200_and_application_rpc_is_a_stream),
		cmocka_unit_test(test_an_interim_reply_is_not_whole),
		cmocka_unit_test(test_answers_have_their_verdicts),
		cmocka_unit_test(test_headers_without_end_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
