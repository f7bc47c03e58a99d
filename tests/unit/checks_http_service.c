/* What the answers of Exchange's HTTP services are worth, with and without credentials. Replies are written as they
 * stand on the wire; those of healthy servers were recorded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checks/http_verdict.h"

#define OK         "HTTP/1.1 200 OK\r\n"
#define CHALLENGE  "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n"
#define ECHO_OK    "\5\0\x14\3\x10\0\0\0\x14\0\0\0\0\0\0\0\x40\0\0\0"
#define ECHO_BYTES 20

static struct http_reply reply;

static void receive(const char *text, size_t length)
{
	const char *end;

	memset(&reply, 0, sizeof(reply));
	while ((end = memmem(text, length, "\r\n", 2))) {
		size_t line = (size_t)(end - text) + 2;

		assert_true(http_reply_header(&reply, text, line));
		text += line;
		length -= line;
		if (line == 2 && reply.status >= 200)
			break;
	}
	assert_true(http_reply_body(&reply, text, length));
}

static struct outcome judged_bytes(const struct conf_check *check, const char *text, size_t length)
{
	struct outcome outcome;

	receive(text, length);
	http_verdict(check, &reply, &outcome);
	return outcome;
}

static struct outcome judged(const struct conf_check *check, const char *text)
{
	return judged_bytes(check, text, strlen(text));
}

#define assert_bytes(check, text, length, wanted_verdict, wanted_reason)     \
	do {                                                                 \
		struct outcome outcome_ = judged_bytes(check, text, length); \
                                                                             \
		assert_string_equal(outcome_.reason, wanted_reason);         \
		assert_int_equal(outcome_.verdict, wanted_verdict);          \
	} while (0)
#define assert_judged(check, text, wanted_verdict, wanted_reason) \
	assert_bytes(check, text, strlen(text), wanted_verdict, wanted_reason)

static const enum check_type services[] = {CHECK_ECP,  CHECK_EWS,        CHECK_AUTODISCOVER,     CHECK_ACTIVESYNC,
					   CHECK_OAB,  CHECK_MAPI,       CHECK_OUTLOOK_ANYWHERE, CHECK_OWA,
					   CHECK_HTTP, CHECK_HEALTHCHECK};
enum { SERVICES = sizeof(services) / sizeof(services[0]) };

static struct conf_check check_of(enum check_type type, bool credentials)
{
	struct conf_check check = {.type = type, .url = "https://mail.example.test/x/", .accept_nonzero = true};

	strcpy(check.credentials, credentials ? "/etc/casvip/probe.cred" : "");
	return check;
}

static void test_a_stranger_is_challenged_and_credentials_are_refused(void **state)
{
	(void)state;
	for (int i = 0; i < SERVICES; i++) {
		struct conf_check stranger = check_of(services[i], false), known = check_of(services[i], true);

		assert_judged(&stranger, CHALLENGE, VERDICT_UP_AUTH, "challenge");
		assert_judged(&stranger, "HTTP/1.1 401 No\r\n\r\n", VERDICT_DOWN, "no-challenge");
		assert_judged(&known, CHALLENGE, VERDICT_AUTH_REJECTED, "auth-rejected");
		assert_judged(&known, "HTTP/1.1 401 No\r\n\r\n", VERDICT_AUTH_REJECTED, "auth-rejected");
	}
}

static void test_every_other_status_is_down(void **state)
{
	static const int statuses[] = {204, 302, 403, 404, 405, 440, 449, 451, 500, 501, 502, 503, 504, 999};
	char text[64], reason[32];

	(void)state;
	for (int i = 0; i < SERVICES; i++) {
		for (size_t s = 0; s < sizeof(statuses) / sizeof(statuses[0]); s++) {
			struct conf_check stranger = check_of(services[i], false);
			bool is_page = services[i] == CHECK_OWA || services[i] == CHECK_ECP;
			int status = statuses[s];

			if (is_page && (status == 302 || status == 440))
				continue;
			if (services[i] == CHECK_ACTIVESYNC && (status == 449 || status == 451))
				continue;
			snprintf(text, sizeof(text), "HTTP/1.1 %d X\r\n\r\n", status);
			snprintf(reason, sizeof(reason), "status-%d", status);
			assert_judged(&stranger, text, VERDICT_DOWN, reason);
		}
		struct conf_check check = check_of(services[i], true);
		assert_judged(&check, "HTTP/1.1 413 Too Large\r\n\r\n", VERDICT_DOWN, "frontend-body-limit");
		assert_judged(&check, "", VERDICT_DOWN, "protocol");
	}
}

static void test_services_that_know_nobody_do_not_say_200_to_a_stranger(void **state)
{
	static const enum check_type closed[] = {CHECK_EWS, CHECK_AUTODISCOVER, CHECK_OAB};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct conf_check check = check_of(closed[i], false);

		assert_judged(&check, OK "\r\nResponseClass=\"Success\"<Action>settings</Action>", VERDICT_DOWN,
			      "not-asked");
	}
}

static void test_ecp_redirects_to_the_logon_page_of_owa(void **state)
{
	struct conf_check ecp = check_of(CHECK_ECP, false), known = check_of(CHECK_ECP, true);

	(void)state;
	assert_judged(&ecp, OK "\r\n", VERDICT_UP, "ok");
	assert_judged(&ecp, "HTTP/1.1 302 Found\r\nLocation: /owa/auth/logon.aspx?url=x\r\n\r\n", VERDICT_UP, "logon");
	assert_judged(&ecp, "HTTP/1.1 302 Found\r\nLocation: /errorfe.aspx\r\n\r\n", VERDICT_DOWN, "location");
	assert_judged(&ecp, "HTTP/1.1 440 Login Timeout\r\n\r\n", VERDICT_UP_AUTH, "login-timeout");
	assert_judged(&known, "HTTP/1.1 440 Login Timeout\r\n\r\n", VERDICT_AUTH_REJECTED, "auth-rejected");
}

static void test_ews_must_find_the_inbox(void **state)
{
	struct conf_check check = check_of(CHECK_EWS, true);
	struct outcome outcome;

	(void)state;
	assert_judged(&check, OK "\r\n<m:GetFolderResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError<",
		      VERDICT_UP, "ok");
	assert_judged(&check, OK "\r\n<s:Envelope><s:Body><s:Fault><faultcode>", VERDICT_DOWN, "soap-fault");
	assert_judged(&check, OK "\r\n<html>welcome</html>", VERDICT_DOWN, "body");
	assert_judged(&check, OK "\r\n", VERDICT_DOWN, "body");
	outcome = judged(&check, OK "\r\n<x ResponseClass=\"Error\"><m:ResponseCode>ErrorMailboxStoreUnavailable</m>");
	assert_int_equal(outcome.verdict, VERDICT_DOWN);
	assert_string_equal(outcome.words, "GetFolder failed: ErrorMailboxStoreUnavailable");
	assert_judged(&check, OK "\r\nResponseClass=\"Success\" ResponseClass=\"Error\"", VERDICT_DOWN, "ews-error");
}

static void test_autodiscover_must_answer_with_settings(void **state)
{
	struct conf_check check = check_of(CHECK_AUTODISCOVER, true);
	struct outcome outcome;

	(void)state;
	assert_judged(&check, OK "\r\n<AccountType>email</AccountType><Action>settings</Action>", VERDICT_UP, "ok");
	assert_judged(&check, OK "\r\n<Action>redirectAddr</Action>", VERDICT_UP, "redirect");
	assert_judged(&check, OK "\r\n<Action>redirectUrl</Action>", VERDICT_UP, "redirect");
	assert_judged(&check, OK "\r\n<Action>other</Action>", VERDICT_DOWN, "body");
	assert_judged(&check, OK "\r\nsettings", VERDICT_DOWN, "body");
	assert_judged(&check, OK "\r\n<Error/><Action>settings</Action>", VERDICT_DOWN, "autodiscover-error");
	outcome = judged(&check, OK "\r\n<Error Id=\"1\"><ErrorCode>600</ErrorCode>");
	assert_string_equal(outcome.words, "answered 200 with error code 600");
}

static void test_activesync_must_name_its_versions(void **state)
{
	struct conf_check check = check_of(CHECK_ACTIVESYNC, false), known = check_of(CHECK_ACTIVESYNC, true);

	(void)state;
	assert_judged(&check, OK "ms-asprotocolversions: 12.0,12.1,14.0\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&known, OK "MS-ASProtocolVersions: 14.1\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&known, OK "MS-ASProtocolVersions:\r\n\r\n", VERDICT_DOWN, "header");
	assert_judged(&known, OK "X-MS-ASProtocolVersions: 14.1\r\n\r\n", VERDICT_DOWN, "header");
	assert_judged(&known, OK "Allow: OPTIONS,POST\r\n\r\nMS-ASProtocolVersions: 14.1\r\n", VERDICT_DOWN, "header");
	assert_judged(&check, "HTTP/1.1 449 Retry after\r\n\r\n", VERDICT_UP_AUTH, "provision");
	assert_judged(&check, "HTTP/1.1 451 Redirect\r\n\r\n", VERDICT_UP_AUTH, "redirect");
}

static void test_oab_takes_403_only_where_the_file_says_so(void **state)
{
	struct conf_check stranger = check_of(CHECK_OAB, false), known = check_of(CHECK_OAB, true);

	(void)state;
	assert_judged(&known, OK "\r\n", VERDICT_UP, "ok");
	assert_judged(&known, "HTTP/1.1 403 Forbidden\r\n\r\n", VERDICT_DOWN, "status-403");
	stranger.accept_403 = known.accept_403 = true;
	assert_judged(&stranger, "HTTP/1.1 403 Forbidden\r\n\r\n", VERDICT_UP_AUTH, "forbidden");
	assert_judged(&known, "HTTP/1.1 403 Forbidden\r\n\r\n", VERDICT_UP_AUTH, "forbidden");
	assert_judged(&stranger, "HTTP/1.1 404 Not Found\r\n\r\n", VERDICT_DOWN, "status-404");
}

static void test_a_mapi_ping_wants_a_response_code(void **state)
{
	struct conf_check check = check_of(CHECK_MAPI, true), strict = check_of(CHECK_MAPI, true);

	(void)state;
	strict.accept_nonzero = false;
	assert_judged(&check, OK "X-ResponseCode: 0\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&strict, OK "X-ResponseCode: 0\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&check, OK "x-responsecode: 6\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&strict, OK "X-ResponseCode: 6\r\n\r\n", VERDICT_DOWN, "response-code");
	assert_judged(&check, OK "X-ResponseCode: 16\r\n\r\n", VERDICT_DOWN, "response-code");
	assert_judged(&check, OK "X-ResponseCode: 18\r\n\r\n", VERDICT_DOWN, "response-code");
	assert_judged(&check, OK "\r\n", VERDICT_DOWN, "no-response-code");
	assert_judged(&check, OK "X-ResponseCode:\r\n\r\n", VERDICT_DOWN, "no-response-code");
	assert_judged(&check, OK "X-ResponseCode: 0x0\r\n\r\n", VERDICT_DOWN, "no-response-code");
	assert_judged(&check, OK "X-ResponseCode: 00000000000\r\n\r\n", VERDICT_DOWN, "no-response-code");
	assert_judged(&check, "HTTP/1.1 503 X\r\nX-ResponseCode: 0\r\n\r\n", VERDICT_DOWN, "status-503");
}

static void test_an_rpc_echo_is_twenty_bytes(void **state)
{
	static const size_t telling[] = {0, 2, 8, 9, 16, 17};
	struct conf_check check = check_of(CHECK_OUTLOOK_ANYWHERE, true);
	char text[sizeof(OK "\r\n") + ECHO_BYTES] = OK "\r\n";
	size_t head = strlen(text);

	(void)state;
	for (int length = 0; length <= ECHO_BYTES + 1; length++) {
		memcpy(text + head, ECHO_OK, ECHO_BYTES);
		assert_bytes(&check, text, head + (size_t)length, length == ECHO_BYTES ? VERDICT_UP : VERDICT_DOWN,
			     length == ECHO_BYTES ? "ok" : "body");
	}
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
		memcpy(text + head, ECHO_OK, ECHO_BYTES);
		text[head + telling[i]] ^= 1;
		assert_bytes(&check, text, head + ECHO_BYTES, VERDICT_DOWN, "body");
	}
}

static void test_an_rpc_error_of_the_proxy_is_told(void **state)
{
	struct conf_check check = check_of(CHECK_OUTLOOK_ANYWHERE, false);
	struct outcome outcome = judged(&check, "HTTP/1.1 503 RPC Error: 6ba\r\n\r\n");

	(void)state;
	assert_string_equal(outcome.reason, "rpc-error-6ba");
	assert_string_equal(outcome.words, "answered 503 RPC Error: 6ba: the proxy cannot reach its RPC server");
	assert_judged(&check, "HTTP/1.1 503\r\n\r\n", VERDICT_DOWN, "status-503");
	assert_judged(&check, "HTTP/1.1 503 RPC Error: \r\n\r\n", VERDICT_DOWN, "status-503");
	assert_judged(&check, "HTTP/1.1 500 RPC Error: 5\r\n\r\n", VERDICT_DOWN, "status-500");
}

static void test_http_wants_its_headers(void **state)
{
	struct conf_check check = {
		.type = CHECK_HTTP, .expect_header = {"Server: nginx", "X-Two:b"}, .expect_headers = 2};

	(void)state;
	assert_judged(&check, OK "SERVER:   nginx/1.22\r\nx-two: a\r\nX-Two: abc\r\n\r\n", VERDICT_UP, "ok");
	assert_judged(&check, OK "Server: nginx\r\n\r\n", VERDICT_DOWN, "header");
	assert_judged(&check, OK "Server: Nginx\r\nX-Two: b\r\n\r\n", VERDICT_DOWN, "header");
	assert_judged(&check, OK "X-Two: b\r\n\r\nServer: nginx\r\n", VERDICT_DOWN, "header");
	assert_judged(&check, "HTTP/1.1 103 X\r\nServer: nginx\r\n\r\n" OK "X-Two: b\r\n\r\n", VERDICT_DOWN, "header");
	assert_judged(&check, "HTTP/1.1 401 No\r\nServer: nginx\r\nX-Two: b\r\nWWW-Authenticate: NTLM\r\n\r\n",
		      VERDICT_DOWN, "status-401"); /* the page was not seen */
	assert_judged(&check, "HTTP/1.1 404 X\r\nServer: nginx\r\nX-Two: b\r\n\r\n", VERDICT_DOWN, "status-404");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stranger_is_challenged_and_credentials_are_refused),
		cmocka_unit_test(test_every_other_status_is_down),
		cmocka_unit_test(test_services_that_know_nobody_do_not_say_200_to_a_stranger),
		cmocka_unit_test(test_ecp_redirects_to_the_logon_page_of_owa),
		cmocka_unit_test(test_ews_must_find_the_inbox),
		cmocka_unit_test(test_autodiscover_must_answer_with_settings),
		cmocka_unit_test(test_activesync_must_name_its_versions),
		cmocka_unit_test(test_oab_takes_403_only_where_the_file_says_so),
		cmocka_unit_test(test_a_mapi_ping_wants_a_response_code),
		cmocka_unit_test(test_an_rpc_echo_is_twenty_bytes),
		cmocka_unit_test(test_an_rpc_error_of_the_proxy_is_told),
		cmocka_unit_test(test_http_wants_its_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
