/* What an HTTP answer is worth, by the type of the check. Replies are written as they stand on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checks/certificate.h"
#include "checks/http_verdict.h"

#define OWA_URL "https://mail.example.test/owa/"

static struct http_reply reply;

static void receive(const char *text)
{
	const char *end;

	memset(&reply, 0, sizeof(reply));
	while ((end = strstr(text, "\r\n"))) {
		size_t length = (size_t)(end - text) + 2;

		assert_true(http_reply_header(&reply, text, length));
		text += length;
		if (length == 2 && reply.status >= 200)
			break;
	}
	if (*text)
		assert_true(http_reply_body(&reply, text, strlen(text)));
}

static struct outcome judged(const struct conf_check *check, const char *text)
{
	struct outcome outcome;

	receive(text);
	http_verdict(check, &reply, &outcome);
	return outcome;
}

#define assert_judged(check, text, wanted_verdict, wanted_reason)    \
	do {                                                         \
		struct outcome outcome_ = judged(check, text);       \
                                                                     \
		assert_string_equal(outcome_.reason, wanted_reason); \
		assert_int_equal(outcome_.verdict, wanted_verdict);  \
	} while (0)

static void test_http_wants_its_status_and_its_text(void **state)
{
	struct conf_check plain = {.type = CHECK_HTTP}, text = {.type = CHECK_HTTP, .expect_body = "alive"};
	struct conf_check moved = {.type = CHECK_HTTP, .expect_status = 302};

	(void)state;
	assert_judged(&plain, "HTTP/1.1 200 OK\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&plain, "HTTP/1.0 204 No Content\r\n\r\n", VERDICT_DOWN, "status-204");
	assert_judged(&text, "HTTP/1.1 200 OK\r\n\r\nI am alive.", VERDICT_UP, "ok");
	assert_judged(&text, "HTTP/1.1 200 OK\r\n\r\nIt works!", VERDICT_DOWN, "body");
	assert_judged(&text, "HTTP/1.1 200 OK\r\n\r\naliv", VERDICT_DOWN, "body");
	assert_judged(&text, "HTTP/1.1 500 Oops\r\n\r\nalive", VERDICT_DOWN, "status-500");
	assert_judged(&moved, "HTTP/1.1 302 Found\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&moved, "HTTP/1.1 200 OK\r\n\r\n", VERDICT_DOWN, "status-200");
}

static void test_error_statuses_are_down_and_named(void **state)
{
	struct conf_check check[] = {
		{.type = CHECK_HTTP}, {.type = CHECK_HEALTHCHECK}, {.type = CHECK_OWA, .url = OWA_URL}};

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_judged(&check[i], "HTTP/1.1 403 Forbidden\r\n\r\n", VERDICT_DOWN, "status-403");
		assert_judged(&check[i], "HTTP/1.1 404 Not Found\r\n\r\n", VERDICT_DOWN, "status-404");
		assert_judged(&check[i], "HTTP/1.1 413 Too Large\r\n\r\n", VERDICT_DOWN, "frontend-body-limit");
		assert_judged(&check[i], "HTTP/1.1 502 Bad Gateway\r\n\r\n", VERDICT_DOWN, "status-502");
		assert_judged(&check[i], "HTTP/1.1 503 Gone\r\n\r\n200 OK<br/>", VERDICT_DOWN, "status-503");
		assert_judged(&check[i], "HTTP/1.1 999 Odd\r\n\r\n", VERDICT_DOWN, "status-999");
		assert_judged(&check[i], "", VERDICT_DOWN, "protocol");
		assert_judged(&check[i], "SSH-2.0-OpenSSH_9.2\r\n", VERDICT_DOWN, "protocol");
	}
}

static void test_a_401_counts_only_with_a_way_to_log_on(void **state)
{
	static const char *const challenges[] = {
		"WWW-Authenticate: NTLM\r\n",
		"www-authenticate: negotiate\r\n", /* HAProxy lower-cases names */
		"WWW-Authenticate: Basic realm=\"mail\"\r\n",
		"WWW-Authenticate:Bearer\r\n",
		"WWW-Authenticate: Digest realm=\"a, b\", nonce=x, Basic realm=\"c\"\r\n",
		"WWW-Authenticate: Negotiate, NTLM\r\n",
		"WWW-Authenticate: Digest realm=x\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Foo\r\n",
	};
	static const char *const none[] = {
		"",
		"WWW-Authenticate:\r\n",
		"WWW-Authenticate: Digest realm=x\r\n",
		"WWW-Authenticate: Digest realm=\"x, NTLM \\\", Basic x\"\r\n", /* inside quotes */
		"WWW-Authenticate: NTLMv9\r\n",
		"WWW-Authenticate: Digest Basic=1\r\n",
		"X-WWW-Authenticate: NTLM\r\n",
		"Proxy-Authenticate: NTLM\r\n",
	};
	struct conf_check check[] = {
		{.type = CHECK_HTTP}, {.type = CHECK_HEALTHCHECK}, {.type = CHECK_OWA, .url = OWA_URL}};
	char text[256];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t c = 0; c < sizeof(challenges) / sizeof(challenges[0]); c++) {
			snprintf(text, sizeof(text), "HTTP/1.1 401 Unauthorized\r\n%s\r\n", challenges[c]);
			assert_judged(&check[i], text, VERDICT_UP_AUTH, "challenge");
		}
		for (size_t c = 0; c < sizeof(none) / sizeof(none[0]); c++) {
			snprintf(text, sizeof(text), "HTTP/1.1 401 Unauthorized\r\n%s\r\n", none[c]);
			assert_judged(&check[i], text, VERDICT_DOWN, "no-challenge");
		}
	}
}

static void test_a_401_is_no_substitute_for_what_the_file_asks_for(void **state)
{
	struct conf_check text = {.type = CHECK_HTTP, .expect_body = "alive"};
	struct conf_check created = {.type = CHECK_HTTP, .expect_status = 201};
	struct conf_check wanted = {.type = CHECK_HTTP, .expect_status = 401};
	static const char challenged[] = "HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\n\r\nalive";

	(void)state;
	assert_judged(&text, challenged, VERDICT_DOWN, "status-401");
	assert_judged(&created, challenged, VERDICT_DOWN, "status-401");
	assert_judged(&wanted, challenged, VERDICT_UP_AUTH, "challenge");
	assert_judged(&wanted, "HTTP/1.1 200 OK\r\n\r\n", VERDICT_DOWN, "status-200");
}

static void test_a_health_page_must_have_its_exact_form(void **state)
{
	struct conf_check check = {.type = CHECK_HEALTHCHECK};
	struct outcome outcome;

	(void)state;
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OK<br/>EXCH-SVR-2.EXAMPLE.TEST", VERDICT_UP, "ok");
	outcome = judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OK<br/>\r\nEXCH-SVR-2.EXAMPLE.TEST\r\n");
	assert_string_equal(outcome.words, "200 OK from EXCH-SVR-2.EXAMPLE.TEST");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OK", VERDICT_UP, "ok");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n", VERDICT_DOWN, "body");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 O", VERDICT_DOWN, "body");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OKAY", VERDICT_DOWN, "body");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n<html>200 OK<br/>", VERDICT_DOWN, "body");
	assert_judged(&check, "HTTP/1.1 302 Found\r\nLocation: /owa/\r\n\r\n200 OK<br/>", VERDICT_DOWN, "status-302");
}

static void test_a_health_page_of_another_server_proves_nothing(void **state)
{
	struct conf_check check = {.type = CHECK_HEALTHCHECK, .expect_fqdn = "ex1.example.test"};

	(void)state;
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OK<br/>EX1.example.test", VERDICT_UP, "ok");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OK<br/>EX2.example.test", VERDICT_DOWN, "other-server");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OK<br/>EX1.example.test.evil", VERDICT_DOWN, "other-server");
	assert_judged(&check, "HTTP/1.1 200 OK\r\n\r\n200 OK<br/>", VERDICT_DOWN, "other-server");
}

static void test_owa_may_redirect_to_its_own_logon_only(void **state)
{
	static const char *const good[] = {
		"/owa/auth/logon.aspx?url=https%3a%2f%2fmail&reason=0",
		"/OWA/auth/logon.aspx",
		"auth/logon.aspx?url=/../x",
		"https://mail.example.test/owa/auth/logon.aspx",
		"https://MAIL.example.test:443/owa/",
		"HTTPS://mail.example.test/owa/",
		"https://sso.example.test/adfs/ls/?wa=wsignin1.0",
	};
	static const char *const bad[] = {
		"",
		"/",
		"/owa",
		"/ecp/",
		"/errorfe.aspx",
		"../errorfe.aspx",
		"/owa/../errorfe.aspx",
		"//evil.example.test/owa/",
		"https://evil.example.test/owa/",
		"https://mail.example.test.evil.example.test/owa/",
		"https://mail.example.test@evil.example.test/owa/",
		"https://mail.example.test\\@evil.example.test/owa/",
		"https://sso.example.test/other",
		"ftp://mail.example.test/owa/",
		"javascript:/owa/",
	};
	struct conf_check check = {
		.type = CHECK_OWA, .url = OWA_URL "?x=/y/", .location = "https://sso.example.test/adfs/"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n", good[i]);
		assert_judged(&check, text, VERDICT_UP, "logon");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 302 Found\r\nlocation: %s\r\n\r\n", bad[i]);
		assert_judged(&check, text, VERDICT_DOWN, "location");
	}
	assert_judged(&check, "HTTP/1.1 308 Moved\r\nLocation: /owa/x\r\n\r\n", VERDICT_DOWN, "status-308");
}

static void test_owa_answers_440_when_it_wants_a_logon(void **state)
{
	struct conf_check owa = {.type = CHECK_OWA, .url = OWA_URL}, http = {.type = CHECK_HTTP};

	(void)state;
	assert_judged(&owa, "HTTP/1.1 200 OK\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&owa, "HTTP/1.1 440 Login Timeout\r\n\r\n", VERDICT_UP_AUTH, "login-timeout");
	assert_judged(&http, "HTTP/1.1 440 Login Timeout\r\n\r\n", VERDICT_DOWN, "status-440");
}

static void test_an_interim_reply_leaves_no_trace(void **state)
{
	struct conf_check http = {.type = CHECK_HTTP};

	(void)state;
	assert_judged(&http, "HTTP/1.1 103 Early Hints\r\nWWW-Authenticate: NTLM\r\n\r\nHTTP/1.1 401 No\r\n\r\n",
		      VERDICT_DOWN, "no-challenge");
}

static void test_endless_headers_and_bodies_are_cut(void **state)
{
	static char bytes[HTTP_BODY_MAX];
	struct conf_check check = {.type = CHECK_HTTP, .expect_body = "begin"};
	struct outcome outcome;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	receive("HTTP/1.1 200 OK\r\n\r\nbegin");
	assert_false(http_reply_header(&reply, bytes, HTTP_HEADERS_MAX));
	assert_true(http_reply_body(&reply, bytes, HTTP_BODY_MAX - 6));
	assert_false(http_reply_body(&reply, bytes, sizeof(bytes)));
	assert_int_equal(reply.body_bytes, HTTP_BODY_MAX);
	assert_false(http_reply_body(&reply, "y", 1));
	assert_int_equal(reply.body[HTTP_BODY_MAX - 1], 'x');
	http_verdict(&check, &reply, &outcome);
	assert_int_equal(outcome.verdict, VERDICT_UP);
}

static void test_a_refused_certificate_says_what_is_wrong_with_it(void **state)
{
	static const struct {
		long result;
		const char *reason;
	} known[] = {{1, "cert-name"},         {9, "cert-not-yet-valid"}, {10, "cert-expired"},
		     {18, "cert-self-signed"}, {20, "cert-issuer"},       {77, "cert"}};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		certificate_refused(known[i].result, 1800000000, &outcome);
		assert_string_equal(outcome.reason, known[i].reason);
		assert_int_equal(outcome.verdict, VERDICT_DOWN);
	}
}

static void test_a_host_without_a_clock_judges_no_certificate(void **state)
{
	struct outcome outcome;

	(void)state;
	certificate_refused(9, 0, &outcome);
	assert_string_equal(outcome.reason, "clock");
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_wants_its_status_and_its_text),
		cmocka_unit_test(test_error_statuses_are_down_and_named),
		cmocka_unit_test(test_a_401_counts_only_with_a_way_to_log_on),
		cmocka_unit_test(test_a_401_is_no_substitute_for_what_the_file_asks_for),
		cmocka_unit_test(test_a_health_page_must_have_its_exact_form),
		cmocka_unit_test(test_a_health_page_of_another_server_proves_nothing),
		cmocka_unit_test(test_owa_may_redirect_to_its_own_logon_only),
		cmocka_unit_test(test_owa_answers_440_when_it_wants_a_logon),
		cmocka_unit_test(test_an_interim_reply_leaves_no_trace),
		cmocka_unit_test(test_endless_headers_and_bodies_are_cut),
		cmocka_unit_test(test_a_refused_certificate_says_what_is_wrong_with_it),
		cmocka_unit_test(test_a_host_without_a_clock_judges_no_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
