/* What the probes of Exchange's HTTP services send, as it arrives at a server: method, headers, body and credentials;
 * and the three steps of a MAPI session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "checks/credential_store.h"
#include "checks/probe.h"
#include "tests/unit/scripted_server.h"

enum { PATIENCE_MS = 10000, REPLIES_MAX = 4 };

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define TAGS     "PROCESSING\r\nDONE\r\nX-ElapsedTime: 0\r\n\r\n"
#define NTLM_2   "TlRMTVNTUAACAAAAAAAAACAAAAABAgAAAQIDBAUGBwg=" /* a challenge: no target, bytes 1 to 8 */

static struct server server;
static struct conf *conf;
static struct conf_check *check;
static struct outcome outcome;

/* The replies, one a request; and what the requests were. */
static struct {
	const char *text;
	size_t length;
} replies[REPLIES_MAX];
static char requests[REPLIES_MAX][2048];

static int setup(void **state)
{
	(void)state;
	server = (struct server){0};
	server_listen(&server);
	conf = calloc(1, sizeof(*conf));
	conf->vips = conf->vip[0].checks = 1;
	check = &conf->vip[0].check[0];
	strcpy(check->url, "http://mail.example.test/path");
	check->connect = (struct conf_endpoint){{AF_INET, 32, {127, 0, 0, 1}}, server.port};
	for (int i = 0; i < REPLIES_MAX; i++) {
		replies[i].text = OK_EMPTY;
		replies[i].length = strlen(OK_EMPTY);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	server_die(&server);
	credential_store_wipe();
	free(conf);
	return 0;
}

/* From a file, as it is in life. */
static void give_credentials(void)
{
	static const char text[] = "user = probe@example.test\npassword = s3cret\n";
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	strcpy(check->credentials, "probe.cred");
	credential_store_load(conf, &fd, 1);
}

static void serve(void)
{
	int before = server.asked;

	if (before < REPLIES_MAX) {
		server.reply = replies[before].text;
		server.reply_bytes = replies[before].length;
	}
	server_turn(&server);
	if (server.asked > before && before < REPLIES_MAX)
		memcpy(requests[before], server.request, sizeof(server.request));
}

static void run(const struct probe_type *type)
{
	int64_t until = server_clock_ms() + PATIENCE_MS;
	struct probe *probe = type->start(check, &outcome);
	struct probe_wait wait;

	assert_non_null(probe);
	while (!type->advance(probe, 0, &wait, &outcome)) {
		struct pollfd pollfd = {.fd = wait.fd, .events = wait.events};

		if (server_clock_ms() >= until)
			fail_msg("no end: %s", type->stage(probe));
		poll(&pollfd, 1, 1);
		serve();
	}
	type->free(probe);
}

static void assert_asked(int i, const char *text)
{
	if (!strstr(requests[i], text))
		fail_msg("request %d does not contain \"%s\":\n%s", i, text, requests[i]);
}

static void assert_not_asked(int i, const char *text)
{
	if (strstr(requests[i], text))
		fail_msg("request %d contains \"%s\":\n%s", i, text, requests[i]);
}

static void test_a_stranger_posts_nothing_and_says_so(void **state)
{
	static const enum check_type posting[] = {CHECK_EWS, CHECK_AUTODISCOVER, CHECK_MAPI};

	(void)state;
	for (int i = 0; i < 3; i++) {
		check->type = posting[i];
		server.asked = 0;
		run(&probe_http);
		assert_asked(0, "POST /path HTTP/1.1\r\n");
		assert_asked(0, "Host: mail.example.test\r\n");
		assert_asked(0, "User-Agent: casvip/");
		assert_asked(0, "Content-Length: 0\r\n");
		assert_not_asked(0, "form-urlencoded");
		assert_not_asked(0, "Expect:");
		assert_not_asked(0, "Authorization:");
	}
	assert_asked(0, "X-RequestType: PING\r\n");
	assert_asked(0, "Content-Type: application/mapi-http\r\n");
}

static void test_each_type_uses_its_method(void **state)
{
	static const struct {
		enum check_type type;
		enum check_method method;
		const char *line;
	} methods[] = {
		{CHECK_OAB, 0, "GET /path "},
		{CHECK_ECP, 0, "GET /path "},
		{CHECK_ACTIVESYNC, 0, "OPTIONS /path "},
		{CHECK_HTTP, METHOD_GET, "GET /path "},
		{CHECK_HTTP, METHOD_HEAD, "HEAD /path "},
		{CHECK_HTTP, METHOD_POST, "POST /path "},
		{CHECK_HTTP, METHOD_OPTIONS, "OPTIONS /path "},
	};

	(void)state;
	replies[0].text = "HTTP/1.1 200 OK\r\nMS-ASProtocolVersions: 14.1\r\nContent-Length: 5\r\n\r\n";
	replies[0].length = strlen(replies[0].text);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		bool has_body = methods[i].method != METHOD_HEAD;

		replies[0].text =
			has_body ? "HTTP/1.1 200 OK\r\nMS-ASProtocolVersions: 14.1\r\nContent-Length: 5\r\n\r\nalive"
				 : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
		replies[0].length = strlen(replies[0].text);
		check->type = methods[i].type;
		check->method = methods[i].method;
		server.asked = 0;
		run(&probe_http);
		assert_asked(0, methods[i].line);
		assert_true(outcome.verdict == VERDICT_UP || check->type == CHECK_OAB);
	}
}

static void test_an_echo_is_asked_for_as_outlook_does(void **state)
{
	static const char answer[] = "HTTP/1.1 200 Success\r\nContent-Length: 20\r\n\r\n"
				     "\5\0\x14\3\x10\0\0\0\x14\0\0\0\0\0\0\0\x40\0\0\0";

	(void)state;
	check->type = CHECK_OUTLOOK_ANYWHERE;
	replies[0].text = answer;
	replies[0].length = sizeof(answer) - 1;
	run(&probe_http);
	assert_asked(0, "RPC_IN_DATA /path HTTP/1.1\r\n");
	assert_asked(0, "User-Agent: MSRPC\r\n");
	assert_asked(0, "Accept: application/rpc\r\n");
	assert_asked(0, "Content-Length: 4\r\n");
	assert_asked(0, "\r\n\r\n\xf8\xe8\x18\x08");
	assert_not_asked(0, "casvip");
	assert_not_asked(0, "Content-Type");
	assert_string_equal(outcome.words, "the RPC proxy echoes");
}

static void test_credentials_open_the_way_to_a_mailbox(void **state)
{
	(void)state;
	give_credentials();
	check->type = CHECK_EWS;
	run(&probe_http);
	assert_asked(0, "Authorization: Basic cHJvYmVAZXhhbXBsZS50ZXN0OnMzY3JldA==\r\n");
	assert_asked(0, "Content-Type: text/xml; charset=utf-8\r\n");
	assert_asked(0, "<t:DistinguishedFolderId Id=\"inbox\"/>");
	check->type = CHECK_AUTODISCOVER;
	server.asked = 0;
	run(&probe_http);
	assert_asked(0, "<EMailAddress>probe@example.test</EMailAddress>");
	strcpy(check->mailbox, "a&b@example.test");
	server.asked = 0;
	run(&probe_http);
	assert_asked(0, "<EMailAddress>a&amp;b@example.test</EMailAddress>");
}

static void test_a_user_that_is_no_address_needs_a_mailbox(void **state)
{
	static const char text[] = "user = EXAMPLE\\probe\npassword = x\n";
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	strcpy(check->credentials, "probe.cred");
	check->type = CHECK_AUTODISCOVER;
	credential_store_load(conf, &fd, 1);
	assert_null(probe_http.start(check, &outcome));
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
	assert_string_equal(outcome.reason, "credentials");
}

static void test_credentials_that_cannot_be_had_ask_nothing(void **state)
{
	int fd = -ENOENT;

	(void)state;
	strcpy(check->credentials, "probe.cred");
	credential_store_load(conf, &fd, 1);
	check->type = CHECK_EWS;
	assert_null(probe_http.start(check, &outcome));
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
	check->type = CHECK_MAPI;
	assert_null(probe_mapi.start(check, &outcome));
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
	assert_string_equal(outcome.words, "probe.cred: no such file");
	server_turn(&server);
	assert_int_equal(server.accepted, 0);
}

/* NTLM's first leg has no body; the second brings it, on the same connection. */
static void test_ntlm_answers_the_challenge_and_sends_the_body_then(void **state)
{
	static const char challenge[] =
		"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM " NTLM_2 "\r\nContent-Length: 0\r\n\r\n";
	static const char refusal[] = "HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";

	(void)state;
	give_credentials();
	check->type = CHECK_EWS;
	check->auth = AUTH_NTLM;
	server.manner = MANNER_KEEP;
	replies[0].text = challenge;
	replies[0].length = strlen(challenge);
	run(&probe_http);
	assert_int_equal(server.asked, 2);
	assert_int_equal(server.accepted, 1);
	assert_asked(0, "Authorization: NTLM TlRMTVNTUAAB");
	assert_asked(0, "Content-Length: 0\r\n");
	assert_asked(1, "Authorization: NTLM TlRMTVNTUAAD");
	assert_asked(1, "<m:GetFolder>");
	assert_string_equal(outcome.reason, "body");
	server.asked = 0;
	replies[1].text = refusal;
	replies[1].length = strlen(refusal);
	run(&probe_http);
	assert_int_equal(outcome.verdict, VERDICT_AUTH_REJECTED);
}

static const char connected[] = "HTTP/1.1 200 OK\r\nX-ResponseCode: 0\r\nSet-Cookie: sid=A; path=/\r\n"
				"Set-Cookie: sequence=1\r\n\r\n" TAGS "\0\0\0\0\0\0\0\0\x60\xea\0\0";
static const char refreshed[] = "HTTP/1.1 200 OK\r\nX-ResponseCode: 0\r\nSet-Cookie: sequence=2\r\n\r\n" TAGS;
static const char closed[] = "HTTP/1.1 200 OK\r\nX-ResponseCode: 0\r\n\r\n" TAGS "\0\0\0\0\0\0\0\0";

static void set_session(void)
{
	give_credentials();
	check->type = CHECK_MAPI;
	check->session = true;
	strcpy(check->user_dn, "/o=x/cn=probe");
	replies[0].text = connected;
	replies[0].length = sizeof(connected) - 1;
	replies[1].text = refreshed;
	replies[1].length = sizeof(refreshed) - 1;
	replies[2].text = closed;
	replies[2].length = sizeof(closed) - 1;
}

static void test_a_session_is_opened_refreshed_and_closed(void **state)
{
	(void)state;
	set_session();
	run(&probe_mapi);
	assert_string_equal(outcome.words, "a session was opened, refreshed and closed");
	assert_int_equal(outcome.verdict, VERDICT_UP);
	assert_int_equal(server.asked, 3);
	assert_asked(0, "X-RequestType: Connect\r\n");
	assert_asked(0, "Content-Length: 34\r\n"); /* 13 bytes of UserDn, its NUL, five numbers */
	assert_asked(0, "\r\n\r\n/o=x/cn=probe");
	assert_not_asked(0, "Cookie:");
	assert_asked(1, "X-RequestType: PING\r\n");
	assert_asked(1, "Cookie: sid=A; sequence=1\r\n");
	assert_asked(1, "Content-Length: 0\r\n");
	assert_asked(2, "X-RequestType: Disconnect\r\n");
	assert_asked(2, "Cookie: sid=A; sequence=2\r\n");
	assert_asked(2, "Content-Length: 4\r\n");
	for (int i = 0; i < 3; i++)
		assert_asked(i, "Authorization: Basic ");
}

static void test_a_session_that_fails_in_any_step_is_down(void **state)
{
	static const char failed[] = "HTTP/1.1 200 OK\r\nX-ResponseCode: 10\r\n\r\n";

	(void)state;
	for (int step = 0; step < 3; step++) {
		set_session();
		replies[step].text = failed;
		replies[step].length = strlen(failed);
		server.asked = 0;
		run(&probe_mapi);
		assert_int_equal(outcome.verdict, VERDICT_DOWN);
		assert_string_equal(outcome.reason, "response-code");
		assert_int_equal(server.asked, step + 1);
	}
}

static void test_a_session_freed_in_any_step_closes_everything(void **state)
{
	int free_fd;

	(void)state;
	set_session();
	run(&probe_mapi); /* what an engine keeps for ever is there now */
	for (int step = 0; step < 3; step++) {
		struct probe *probe;
		struct probe_wait wait;

		while (server.clients > 0)
			serve();
		free_fd = dup(0);
		close(free_fd);
		server.asked = 0;
		probe = probe_mapi.start(check, &outcome);
		while (server.asked <= step && !probe_mapi.advance(probe, 0, &wait, &outcome))
			if (server.asked < step || step == 0)
				serve();
			else
				break;
		probe_mapi.free(probe);
		server_die(&server);
		server_listen(&server);
		assert_int_equal(dup(0), free_fd == server.fd ? free_fd + 1 : free_fd);
		close(free_fd == server.fd ? free_fd + 1 : free_fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_stranger_posts_nothing_and_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_type_uses_its_method, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_echo_is_asked_for_as_outlook_does, setup, teardown),
		cmocka_unit_test_setup_teardown(test_credentials_open_the_way_to_a_mailbox, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_user_that_is_no_address_needs_a_mailbox, setup, teardown),
		cmocka_unit_test_setup_teardown(test_credentials_that_cannot_be_had_ask_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ntlm_answers_the_challenge_and_sends_the_body_then, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_session_is_opened_refreshed_and_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_session_that_fails_in_any_step_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_session_freed_in_any_step_closes_everything, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
