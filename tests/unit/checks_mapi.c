/* MAPI over HTTP: bodies, cookies, and what each step's answer is worth. The bodies are what Gromox sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checks/cookies.h"
#include "checks/mapi_body.h"
#include "checks/mapi_verdict.h"

#define TAGS        "PROCESSING\r\nDONE\r\n"
#define HEADERS     "X-ElapsedTime: 0\r\nX-StartTime: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
#define OPENED      "\0\0\0\0\0\0\0\0\x60\xea\0\0\6\0\0\0\x10\x27\0\0\0"
#define CONNECT     TAGS HEADERS "\r\n" OPENED
#define BYTES(text) text, sizeof(text) - 1

static struct mapi_body body;

static void test_meta_tags_and_headers_come_before_the_bytes(void **state)
{
	(void)state;
	assert_int_equal(mapi_body_read(BYTES(CONNECT), &body), MAPI_BODY_OK);
	assert_int_equal(body.code, -1);
	assert_int_equal(body.length, sizeof(OPENED) - 1);
	assert_memory_equal(body.bytes, OPENED, body.length);
	assert_int_equal(mapi_body_read(BYTES("PROCESSING\r\nPENDING\r\nPENDING\r\nDONE\r\n\r\n"), &body),
			 MAPI_BODY_OK);
	assert_int_equal(body.length, 0);
	assert_int_equal(mapi_body_read(BYTES("DONE\r\n\r\nx\r\n"), &body), MAPI_BODY_OK);
	assert_int_equal(body.length, 3);
}

static void test_a_later_response_code_wins(void **state)
{
	(void)state;
	assert_int_equal(mapi_body_read(BYTES(TAGS "x-responsecode: 10\r\n\r\n"), &body), MAPI_BODY_OK);
	assert_int_equal(body.code, 10);
	assert_int_equal(mapi_body_read(BYTES(TAGS "X-ResponseCode:10\r\nX-ResponseCode: 0\r\n\r\n"), &body),
			 MAPI_BODY_OK);
	assert_int_equal(body.code, 0);
	assert_int_equal(mapi_body_read(BYTES(TAGS "X-ResponseCode: ten\r\n\r\n"), &body), MAPI_BODY_STRANGE);
	assert_int_equal(mapi_body_read(BYTES(TAGS "X-ResponseCode:\r\n\r\n"), &body), MAPI_BODY_STRANGE);
	assert_int_equal(mapi_body_read(BYTES(TAGS "X-ResponseCode: 9999999999\r\n\r\n"), &body), MAPI_BODY_STRANGE);
}

static void test_something_else_is_no_mapi(void **state)
{
	static const char *const strange[] = {"<html>\r\n", "\r\n\r\n", "processing\r\nDONE\r\n\r\n", "PROCESSING \r\n",
					      "PROCESSING\r\nREADY\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		assert_int_equal(mapi_body_read(strange[i], strlen(strange[i]), &body), MAPI_BODY_STRANGE);
}

static void test_a_body_cut_anywhere_opens_no_session(void **state)
{
	size_t enough = sizeof(CONNECT) - sizeof(OPENED) + 8;
	struct mapi_connect connect;

	(void)state;
	for (size_t length = 0; length < sizeof(CONNECT); length++) {
		char *cut = malloc(length + 1); /* a place of its own, so that a sanitizer sees a read past its end */
		enum mapi_body_refusal refusal;

		memcpy(cut, CONNECT, length);
		cut = realloc(cut, length ? length : 1);
		refusal = mapi_body_read(cut, length, &body);
		if (!refusal)
			refusal = mapi_connect_read(&body, &connect);
		assert_int_equal(refusal, length < enough ? MAPI_BODY_CUT : MAPI_BODY_OK);
		free(cut);
	}
	assert_int_equal(connect.status, 0);
	assert_int_equal(connect.error, 0);
}

static void test_a_failed_status_needs_no_error_code(void **state)
{
	struct mapi_connect connect;

	(void)state;
	assert_int_equal(mapi_body_read(BYTES("DONE\r\n\r\n\5\0\0\x80"), &body), MAPI_BODY_OK);
	assert_int_equal(mapi_connect_read(&body, &connect), MAPI_BODY_OK);
	assert_int_equal(connect.status, 0x80000005);
	assert_int_equal(connect.error, 0);
}

/* Answers to a step. */

static struct http_reply reply;

static void receive(const char *head, const char *bytes, size_t length)
{
	const char *end;

	memset(&reply, 0, sizeof(reply));
	for (; (end = strstr(head, "\r\n")); head = end + 2)
		assert_true(http_reply_header(&reply, head, (size_t)(end - head) + 2));
	assert_true(http_reply_body(&reply, bytes, length));
}

#define assert_step(step, head, bytes, wanted_verdict, wanted_reason)                                           \
	do {                                                                                                    \
		struct conf_check check_ = {.type = CHECK_MAPI, .session = true, .credentials = "c"};           \
		struct outcome outcome_;                                                                        \
                                                                                                                \
		receive(head, bytes, sizeof(bytes) - 1);                                                        \
		assert_int_equal(mapi_verdict(&check_, step, &reply, &outcome_), wanted_verdict == VERDICT_UP); \
		assert_string_equal(outcome_.reason, wanted_reason);                                            \
		assert_int_equal(outcome_.verdict, wanted_verdict);                                             \
	} while (0)

#define HEAD(code) "HTTP/1.1 200 OK\r\nX-ResponseCode: " code "\r\n"

static void test_a_step_succeeds_only_with_all_of_it(void **state)
{
	(void)state;
	assert_step(MAPI_CONNECT, HEAD("0"), CONNECT, VERDICT_UP, "ok");
	assert_step(MAPI_PING, HEAD("0"), TAGS HEADERS "\r\n", VERDICT_UP, "ok");
	assert_step(MAPI_DISCONNECT, HEAD("0"), TAGS "\r\n\0\0\0\0\0\0\0\0", VERDICT_UP, "ok");
	assert_step(MAPI_PING, HEAD("6"), "", VERDICT_DOWN, "response-code");
	assert_step(MAPI_CONNECT, HEAD("0"), TAGS "X-ResponseCode: 4\r\n\r\n" OPENED, VERDICT_DOWN, "response-code");
	assert_step(MAPI_PING, HEAD("0"), TAGS "X-ResponseCode: 10\r\n\r\n", VERDICT_DOWN, "response-code");
	assert_step(MAPI_CONNECT, HEAD("0"), TAGS "\r\n\0\0\0\0\xff\4\0\x80", VERDICT_DOWN, "mapi-error");
	assert_step(MAPI_CONNECT, HEAD("0"), TAGS "\r\n\1\0\0\0", VERDICT_DOWN, "mapi-error");
	assert_step(MAPI_CONNECT, HEAD("0"), TAGS "\r\n\0\0\0\0", VERDICT_DOWN, "body");
	assert_step(MAPI_CONNECT, HEAD("0"), "PROCESSING\r\n", VERDICT_DOWN, "body");
	assert_step(MAPI_CONNECT, HEAD("0"), "<html>It works!\r\n", VERDICT_DOWN, "body");
	assert_step(MAPI_CONNECT, "HTTP/1.1 200 OK\r\n", CONNECT, VERDICT_DOWN, "no-response-code");
	assert_step(MAPI_CONNECT, "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n", "", VERDICT_AUTH_REJECTED,
		    "auth-rejected");
	assert_step(MAPI_PING, "HTTP/1.1 503 Off\r\nX-ResponseCode: 0\r\n", TAGS "\r\n", VERDICT_DOWN, "status-503");
	assert_step(MAPI_PING, "", "", VERDICT_DOWN, "protocol");
}

static void test_cookies_go_back_in_one_header(void **state)
{
	struct cookies cookies = {0};

	(void)state;
	receive("HTTP/1.1 200 OK\r\nSet-Cookie: sid={A-1}; path=/mapi; HttpOnly\r\nset-cookie: sequence=1\r\n", "", 0);
	cookies_take(&cookies, &reply);
	assert_string_equal(cookies.header, "Cookie: sid={A-1}; sequence=1");
	receive("HTTP/1.1 200 OK\r\nSet-Cookie: sequence=2 ;x\r\nSet-Cookie: s=3\r\n", "", 0);
	cookies_take(&cookies, &reply);
	assert_string_equal(cookies.header, "Cookie: sid={A-1}; sequence=2; s=3");
	receive("HTTP/1.1 200 OK\r\nSet-Cookie: sid=B\r\n", "", 0);
	cookies_take(&cookies, &reply);
	assert_string_equal(cookies.header, "Cookie: sequence=2; s=3; sid=B");
	receive("HTTP/1.1 200 OK\r\nSet-Cookie: =x\r\nSet-Cookie: y\r\nSet-Cookie:\r\nSet-Cookie: a=b c\r\n"
		"Set-Cookie: a=\x01\r\nX: sid=C\r\n",
		"", 0);
	cookies_take(&cookies, &reply);
	assert_string_equal(cookies.header, "Cookie: sequence=2; s=3; sid=B");
	cookies = (struct cookies){0};
	receive("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: a=2\r\n", "", 0);
	cookies_take(&cookies, &reply);
	assert_string_equal(cookies.header, "Cookie: a=2");
}

static void test_cookies_that_have_no_room_are_left_out(void **state)
{
	struct cookies cookies = {0};
	char head[2 * COOKIES_TEXT_MAX];

	(void)state;
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nSet-Cookie: a=%0*d\r\nSet-Cookie: b=2\r\n",
		 COOKIES_TEXT_MAX - 16, 1);
	receive(head, "", 0);
	cookies_take(&cookies, &reply);
	assert_int_equal(strlen(cookies.header), COOKIES_TEXT_MAX - 1);
	assert_string_equal(cookies.header + COOKIES_TEXT_MAX - 6, "; b=2");
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nSet-Cookie: b=22\r\nSet-Cookie: c=3\r\n");
	receive(head, "", 0);
	cookies_take(&cookies, &reply);
	assert_null(strstr(cookies.header, "b="));
	assert_non_null(strstr(cookies.header, "; c=3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meta_tags_and_headers_come_before_the_bytes),
		cmocka_unit_test(test_a_later_response_code_wins),
		cmocka_unit_test(test_something_else_is_no_mapi),
		cmocka_unit_test(test_a_body_cut_anywhere_opens_no_session),
		cmocka_unit_test(test_a_failed_status_needs_no_error_code),
		cmocka_unit_test(test_a_step_succeeds_only_with_all_of_it),
		cmocka_unit_test(test_cookies_go_back_in_one_header),
		cmocka_unit_test(test_cookies_that_have_no_room_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
