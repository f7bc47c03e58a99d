/* Probes of mail servers: what is asked, what a server can do to them, that nothing is waited for or left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "checks/credential_store.h"
#include "checks/engine.h"
#include "checks/mail_talk.h"
#include "checks/probe.h"
#include "tests/unit/descriptors.h"
#include "tests/unit/scripted_server.h"

enum { PATIENCE_MS = 10000, ANSWERS_MAX = 8, HEARD_MAX = 1024, ANSWER_MAX = 3 * MAIL_LINE_MAX };

/* A mail server for one client: says `answer[0]`, and after the n-th line from the client `answer[n]`. A $ in it stands
 * for the first word of that line, which is IMAP's tag. */
static struct {
	int listener, client;
	uint16_t port;
	const char *answer[ANSWERS_MAX];
	bool bytewise;
	bool hangs_up; /* after the last answer */
	bool endless;  /* says the first answer again and again */
	bool resets;
	bool gone; /* the client has closed */
	int lines;
	size_t heard;
	char text[HEARD_MAX];
} server;
static struct conf_check check;

static int setup(void **state)
{
	struct server bound = {0};

	(void)state;
	server_listen(&bound);
	memset(&server, 0, sizeof(server));
	server.listener = bound.fd;
	server.client = -1;
	check = (struct conf_check){.type = CHECK_IMAP};
	check.connect = (struct conf_endpoint){{AF_INET, 32, {127, 0, 0, 1}}, bound.port};
	return 0;
}

static void hang_up(void)
{
	struct linger linger = {.l_onoff = 1};

	if (server.client < 0)
		return;
	if (server.resets)
		setsockopt(server.client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(server.client);
	server.client = -1;
}

static int teardown(void **state)
{
	(void)state;
	hang_up();
	close(server.listener);
	credential_store_wipe();
	return 0;
}

static void say(const char *answer, const char *tag)
{
	char text[ANSWER_MAX];
	size_t length = 0;

	for (; *answer; answer++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s",
					   *answer == '$' ? (int)strcspn(tag, " ") : 1, *answer == '$' ? tag : answer);
	for (size_t i = 0; i < length && server.bytewise; i++)
		send(server.client, text + i, 1, MSG_NOSIGNAL);
	if (!server.bytewise)
		send(server.client, text, length, MSG_NOSIGNAL);
}

static void say_next(const char *tag)
{
	const char *answer = server.lines < ANSWERS_MAX ? server.answer[server.lines] : NULL;
	bool is_last = server.lines + 1 >= ANSWERS_MAX || !server.answer[server.lines + 1];

	if (answer)
		say(answer, tag);
	if (is_last && server.hangs_up)
		hang_up();
}

static void hear(void)
{
	char *line = server.text + server.heard, *end;
	ssize_t got = recv(server.client, line, HEARD_MAX - 1 - server.heard, MSG_DONTWAIT);

	server.gone |= got == 0;
	if (got <= 0)
		return;
	server.heard += (size_t)got;
	server.text[server.heard] = '\0';
	while ((end = strchr(line, '\n'))) {
		server.lines++;
		say_next(line);
		line = end + 1;
	}
}

static void turn(void)
{
	if (server.client < 0) {
		server.client = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK);
		if (server.client < 0)
			return;
		if (!server.endless && (server.answer[0] || server.hangs_up))
			say_next("");
	}
	while (server.endless && send(server.client, server.answer[0], strlen(server.answer[0]), MSG_NOSIGNAL) > 0)
		;
	if (server.client >= 0)
		hear();
}

static struct probe *begin(void)
{
	struct outcome outcome;
	struct probe *probe = probe_mail.start(&check, &outcome);

	assert_non_null(probe);
	return probe;
}

static struct outcome found(void)
{
	int64_t until = server_clock_ms() + PATIENCE_MS;
	struct probe *probe = begin();
	struct outcome outcome;
	struct probe_wait wait;

	while (!probe_mail.advance(probe, 0, &wait, &outcome)) {
		struct pollfd pollfd = {.fd = wait.fd, .events = wait.events};

		assert_true(server_clock_ms() < until);
		poll(&pollfd, 1, 1);
		turn();
	}
	probe_mail.free(probe);
	return outcome;
}

static void assert_found(enum verdict verdict, const char *reason, const char *words)
{
	struct outcome outcome = found();

	assert_string_equal(outcome.words, words);
	assert_string_equal(outcome.reason, reason);
	assert_int_equal(outcome.verdict, verdict);
	hang_up();
	server.lines = 0;
	server.heard = 0;
}

static void script(enum check_type type, const char *greeting, const char *first, const char *second)
{
	check.type = type;
	server.answer[0] = greeting;
	server.answer[1] = first;
	server.answer[2] = second;
}

static void give_credentials(const char *text)
{
	static struct conf conf;
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	strcpy(check.credentials, "probe.cred");
	conf = (struct conf){.vips = 1};
	conf.vip[0].checks = 1;
	conf.vip[0].check[0] = check;
	credential_store_load(&conf, &fd, 1);
}

static const char known[] = "user = probe@example.test\npassword = s3 cr\"et\n";

/* Of each protocol: up to the answers that somebody who logs on gets. */
enum { LOG_ON_MAX = 3 };
static void script_log_on(enum check_type type, const char *const answer[LOG_ON_MAX])
{
	static const char *const before[CHECK_TYPE_COUNT][3] = {
		[CHECK_IMAP] = {"* OK\r\n", "* CAPABILITY IMAP4 AUTH=GSSAPI AUTH=NTLM\r\n$ OK\r\n"},
		[CHECK_POP3] = {"+OK\r\n", "+OK\r\nUSER\r\nSASL GSSAPI NTLM\r\n.\r\n"},
		[CHECK_SMTP] = {"220 a\r\n", "250 AUTH GSSAPI NTLM LOGIN PLAIN\r\n", "334 \r\n"},
	};
	int count = 0;

	memset(server.answer, 0, sizeof(server.answer));
	for (int i = 0; i < 3 && before[type][i]; i++)
		server.answer[count++] = before[type][i];
	for (int i = 0; i < LOG_ON_MAX && answer[i]; i++)
		server.answer[count++] = answer[i];
	check.type = type;
}

/* Until the client has closed: everything it said. */
static const char *all_heard(void)
{
	for (int64_t until = server_clock_ms() + PATIENCE_MS; !server.gone; turn())
		assert_true(server_clock_ms() < until);
	return server.text;
}

static void test_a_server_that_answers_is_up_and_told_goodbye(void **state)
{
	static const struct {
		enum check_type type;
		const char *greeting, *answer, *words, *asked, *farewell;
	} cases[] = {
		{CHECK_IMAP, "* OK hi\r\n", "* CAPABILITY IMAP4\r\n$ OK\r\n", "greets and answers CAPABILITY",
		 "CAPABILITY\r\n", "casvip LOGOUT\r\n"},
		{CHECK_POP3, "+OK\r\n", "+OK\r\nUSER\r\n.\r\n", "greets and answers CAPA", "CAPA\r\n", "QUIT\r\n"},
		{CHECK_SMTP, "220-a\r\n220 b\r\n", "250-a\r\n250 SIZE\r\n", "greets and answers EHLO", "EHLO probe\r\n",
		 "QUIT\r\n"},
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		size_t c = i / 2;
		struct outcome outcome;

		setup(state);
		server.bytewise = i % 2;
		script(cases[c].type, cases[c].greeting, cases[c].answer, NULL); /* the farewell is never answered */
		outcome = found();
		assert_string_equal(outcome.words, cases[c].words);
		assert_int_equal(outcome.verdict, VERDICT_UP);
		assert_non_null(strstr(all_heard(), cases[c].asked));
		assert_string_equal(strchr(server.text, '\n') + 1, cases[c].farewell);
		teardown(state);
	}
}

static const struct log_on {
	enum check_type type;
	const char *answer[LOG_ON_MAX];
	enum verdict verdict;
	const char *reason, *words;
} log_ons[] = {
	{CHECK_IMAP, {"$ OK [CAPABILITY IMAP4] in\r\n", "* LIST () \"/\" INBOX\r\n$ OK\r\n"}, VERDICT_UP, "ok",
	 "lets us log on and answers LIST"},
	{CHECK_POP3, {"+OK\r\n", "+OK in\r\n", "+OK 0 messages\r\n.\r\n"}, VERDICT_UP, "ok",
	 "lets us log on and answers LIST"},
	{CHECK_SMTP, {"235 2.7.0 in\r\n"}, VERDICT_UP, "ok", "lets us log on"},
	{CHECK_IMAP, {"* hi\r\n$ OK in\r\ncasvip O", "K listed\r\n"}, VERDICT_UP, "ok", NULL}, /* in odd pieces */
	{CHECK_IMAP, {"$ NO [AUTHENTICATIONFAILED] who?\r\n"}, VERDICT_AUTH_REJECTED, "auth-rejected", NULL},
	{CHECK_IMAP, {"$ NO LOGIN failed.\r\n"}, VERDICT_AUTH_REJECTED, "auth-rejected", NULL},
	{CHECK_POP3, {"+OK\r\n", "-ERR [AUTH] who?\r\n"}, VERDICT_AUTH_REJECTED, "auth-rejected",
	 "refuses our credentials: -ERR [AUTH] who?"},
	{CHECK_POP3, {"-ERR never heard of you\r\n"}, VERDICT_AUTH_REJECTED, "auth-rejected", NULL},
	{CHECK_SMTP, {"535 5.7.8 who?\r\n"}, VERDICT_AUTH_REJECTED, "auth-rejected",
	 "refuses our credentials: 535 5.7.8 who?"},
	{CHECK_IMAP, {"$ NO [UNAVAILABLE] Temporary authentication failure.\r\n"}, VERDICT_DOWN, "refusal", NULL},
	{CHECK_POP3, {"+OK\r\n", "-ERR [SYS/TEMP] try later\r\n"}, VERDICT_DOWN, "refusal",
	 "refuses to go on: -ERR [SYS/TEMP] try later"},
	{CHECK_SMTP, {"454 4.7.0 try later\r\n"}, VERDICT_DOWN, "status-454", "answers: 454 4.7.0 try later"},
	{CHECK_IMAP, {"$ OK\r\n", "$ NO server internal error\r\n"}, VERDICT_DOWN, "refusal",
	 "refuses to go on: casvip NO server internal error"},
	{CHECK_IMAP, {"$ OK\r\n* BYE store gone\r\n"}, VERDICT_DOWN, "bye", "says goodbye: * BYE store gone"},
	{CHECK_IMAP, {"$ OK\r\n", "* BYE store gone\r\n"}, VERDICT_DOWN, "bye", "says goodbye: * BYE store gone"},
	{CHECK_POP3, {"+OK\r\n", "+OK\r\n", "-ERR server internal error\r\n"}, VERDICT_DOWN, "refusal",
	 "refuses to go on: -ERR server internal error"},
};

static void test_who_logs_on_learns_of_the_directory_and_the_store(void **state)
{
	for (size_t i = 0; i < 2 * sizeof(log_ons) / sizeof(log_ons[0]); i++) {
		const struct log_on *log_on = &log_ons[i / 2];
		struct outcome outcome;

		setup(state);
		server.bytewise = i % 2;
		give_credentials(known);
		script_log_on(log_on->type, log_on->answer);
		outcome = found();
		if (outcome.verdict != log_on->verdict || strcmp(outcome.reason, log_on->reason) != 0 ||
		    (log_on->words && strcmp(outcome.words, log_on->words) != 0))
			fail_msg("%zu, %s: %s", i / 2, outcome.reason, outcome.words);
		if (log_on->verdict == VERDICT_UP)
			assert_non_null(strstr(all_heard(), mail_talk_farewell(log_on->type)));
		teardown(state);
	}
}

/* Never by GSSAPI or NTLM, which are offered; one try. */
static void test_a_log_on_is_these_words(void **state)
{
	static const char plain[] = "AUTH PLAIN\r\nAHByb2JlQGV4YW1wbGUudGVzdABzMyBjciJldA==\r\n";
	static const struct {
		enum check_type type;
		const char *words;
	} cases[] = {
		{CHECK_IMAP, "\r\ncasvip LOGIN \"probe@example.test\" \"s3 cr\\\"et\"\r\n"
			     "casvip LIST \"\" INBOX\r\ncasvip LOGOUT\r\n"},
		{CHECK_POP3, "CAPA\r\nUSER probe@example.test\r\nPASS s3 cr\"et\r\nLIST\r\nQUIT\r\n"},
		{CHECK_SMTP, plain},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setup(state);
		give_credentials(known);
		script_log_on(cases[i].type, log_ons[i].answer);
		assert_int_equal(found().verdict, VERDICT_UP);
		if (!strstr(all_heard(), cases[i].words))
			fail_msg("%s, instead of %s", server.text, cases[i].words);
		teardown(state);
	}
}

static void test_a_server_that_knows_us_is_asked_for_no_password(void **state)
{
	(void)state;
	give_credentials(known);
	script(CHECK_IMAP, "* PREAUTH hi\r\n", "* CAPABILITY IMAP4\r\n$ OK\r\n", "$ OK\r\n");
	assert_found(VERDICT_UP, "ok", "lets us log on and answers LIST");
	assert_null(strstr(server.text, "LOGIN"));
}

static void test_a_server_without_a_way_to_log_on_is_down(void **state)
{
	(void)state;
	give_credentials(known);
	script(CHECK_SMTP, "220 a\r\n", "250 SIZE\r\n", NULL);
	assert_found(VERDICT_DOWN, "no-login", "offers no way to log on with a password");
	script(CHECK_IMAP, "* OK\r\n", "* CAPABILITY IMAP4 LOGINDISABLED\r\n$ OK\r\n", NULL);
	assert_found(VERDICT_DOWN, "no-login", "offers no way to log on with a password");
}

static void test_credentials_that_cannot_be_had_are_unknown(void **state)
{
	struct outcome outcome;

	(void)state;
	give_credentials("user = only\n");
	assert_null(probe_mail.start(&check, &outcome));
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
	assert_string_equal(outcome.reason, "credentials");
}

/* The other side of what is asked after libcurl's part. */
static void test_the_end_after_the_log_on_is_down(void **state)
{
	static const char *const answers[][LOG_ON_MAX] = {{"$ OK\r\n", ""}, {"+OK\r\n", "+OK\r\n", ""}};
	static const enum check_type types[] = {CHECK_IMAP, CHECK_POP3};

	for (int i = 0; i < 4; i++) {
		setup(state);
		give_credentials(known);
		script_log_on(types[i / 2], answers[i / 2]);
		server.hangs_up = true;
		server.resets = i % 2;
		assert_found(VERDICT_DOWN, i % 2 ? "reset" : "eof",
			     i % 2 ? "waiting for an answer to LIST: Connection reset by peer"
				   : "waiting for an answer to LIST: the other side closed");
		teardown(state);
	}
}

static void test_endless_answers_to_who_has_logged_on_end_at_a_bound(void **state)
{
	static char line[MAIL_LINE_MAX * 2], lines[HEARD_MAX - 1];
	const char *const long_line[LOG_ON_MAX] = {"+OK\r\n", line}, *const many[LOG_ON_MAX] = {"$ OK\r\n", lines};

	memset(line, 'x', sizeof(line) - 1);
	setup(state);
	give_credentials(known);
	script_log_on(CHECK_POP3, long_line);
	assert_string_equal(found().reason, "too-long");
	teardown(state);
	for (size_t i = 0; i + 4 < sizeof(lines); i += 4)
		memcpy(lines + i, "* x\n", 4);
	setup(state);
	give_credentials(known);
	script_log_on(CHECK_IMAP, many);
	assert_string_equal(found().reason, "too-long");
	teardown(state);
}

/* Until it stands where the words say. */
static struct probe *probe_at(const char *stage)
{
	struct probe *probe = begin();
	struct outcome outcome;
	struct probe_wait wait;

	for (int64_t until = server_clock_ms() + PATIENCE_MS; strcmp(probe_mail.stage(probe), stage) != 0; turn()) {
		assert_true(server_clock_ms() < until);
		assert_false(probe_mail.advance(probe, 0, &wait, &outcome));
	}
	return probe;
}

/* And the others' descriptor does not call for it again and again meanwhile. */
static void test_a_log_on_that_hangs_tells_where_and_keeps_nobody_busy(void **state)
{
	const char *const nothing[LOG_ON_MAX] = {NULL}, *const user[LOG_ON_MAX] = {"+OK\r\n"};
	struct pollfd others = {.events = POLLIN};
	struct outcome outcome;
	struct probe_wait wait;
	struct probe *probe;

	(void)state;
	give_credentials(known);
	script_log_on(CHECK_SMTP, nothing);
	probe_mail.free(probe_at("logging on"));
	hang_up();
	server.lines = 0;
	script_log_on(CHECK_POP3, user);
	probe = probe_at("logging on");
	for (int64_t until = server_clock_ms() + PATIENCE_MS; server.lines < 3; turn()) {
		assert_true(server_clock_ms() < until);
		assert_false(probe_mail.advance(probe, 0, &wait, &outcome));
	}
	others.fd = engine_fd(engine_for(""));
	assert_int_equal(poll(&others, 1, 0), 0);
	assert_int_equal(wait.events, POLLIN);
	assert_int_not_equal(wait.fd, others.fd);
	probe_mail.free(probe);
}

static void test_a_greeting_that_is_none_is_down(void **state)
{
	(void)state;
	script(CHECK_IMAP, "* BYE overloaded\r\n", NULL, NULL);
	assert_found(VERDICT_DOWN, "bye", "says goodbye: * BYE overloaded");
	script(CHECK_POP3, "-ERR busy\r\n", NULL, NULL);
	assert_found(VERDICT_DOWN, "refusal", "refuses to serve: -ERR busy");
	script(CHECK_SMTP, "421 busy\r\n", NULL, NULL);
	assert_found(VERDICT_DOWN, "status-421", "greets with: 421 busy");
	script(CHECK_IMAP, "220 mail\r\n", NULL, NULL);
	assert_found(VERDICT_DOWN, "protocol", "the greeting is not IMAP's: 220 mail");
	script(CHECK_SMTP, "* OK\r\n", NULL, NULL);
	assert_found(VERDICT_DOWN, "protocol", "the greeting is not SMTP's: * OK");
	script(CHECK_POP3, "HTTP/1.1 400 Bad Request\r\n", NULL, NULL);
	assert_found(VERDICT_DOWN, "protocol", "the greeting is not POP3's: HTTP/1.1 400 Bad Request");
}

static void test_an_answer_that_is_a_refusal_is_down(void **state)
{
	(void)state;
	script(CHECK_IMAP, "* OK\r\n", "$ BAD what\r\n", NULL);
	assert_string_equal(found().reason, "refusal");
	hang_up();
	server.lines = 0;
	script(CHECK_SMTP, "220 a\r\n", "502 what\r\n", "250 hello\r\n"); /* an answer to HELO is not enough */
	assert_found(VERDICT_DOWN, "status-502", "answers: 502 what");
}

static void test_the_end_before_the_answer_is_down(void **state)
{
	static const enum check_type types[] = {CHECK_IMAP, CHECK_POP3, CHECK_SMTP};
	static const char *const greetings[] = {"* OK\r\n", "+OK\r\n", "220 a\r\n"};

	(void)state;
	server.hangs_up = true;
	for (int i = 0; i < 3; i++) {
		script(types[i], NULL, NULL, NULL);
		server.resets = false;
		assert_found(VERDICT_DOWN, "eof", "waiting for the greeting: the other side closed");
		script(types[i], greetings[i], NULL, NULL);
		assert_found(VERDICT_DOWN, "eof", "reading the answer: the other side closed");
		script(types[i], greetings[i], "", NULL);
		server.resets = true;
		assert_found(VERDICT_DOWN, "reset", "reading the answer: Connection reset by peer");
	}
}

static void test_starttls_that_is_not_offered_is_down(void **state)
{
	(void)state;
	check.tls = CHECK_TLS_STARTTLS;
	script(CHECK_IMAP, "* OK\r\n", "* CAPABILITY IMAP4\r\n$ OK\r\n", NULL);
	assert_found(VERDICT_DOWN, "no-starttls", "reading the answer: STARTTLS not available.");
	script(CHECK_POP3, "+OK\r\n", "+OK\r\nUSER\r\n.\r\n", NULL);
	assert_found(VERDICT_DOWN, "no-starttls", "reading the answer: STLS not supported.");
	script(CHECK_SMTP, "220 a\r\n", "250 SIZE\r\n", NULL);
	assert_found(VERDICT_DOWN, "no-starttls", "reading the answer: STARTTLS not supported.");
	script(CHECK_SMTP, "220 a\r\n", "250 STARTTLS\r\n", "454 not now\r\n");
	assert_found(VERDICT_DOWN, "status-454", "answers: 454 not now");
}

/* What comes in the clear behind the leave to begin TLS is not taken for what comes inside. */
static void test_plaintext_behind_starttls_is_down(void **state)
{
	(void)state;
	check.tls = CHECK_TLS_STARTTLS;
	script(CHECK_SMTP, "220 a\r\n", "250 STARTTLS\r\n", "220 go\r\n250 injected\r\n");
	assert_int_equal(found().verdict, VERDICT_DOWN);
	teardown(state);
	setup(state);
	check.tls = CHECK_TLS_STARTTLS;
	script(CHECK_POP3, "+OK\r\n", "+OK\r\nSTLS\r\n.\r\n", "+OK go\r\n+OK\r\nUSER\r\n.\r\n");
	assert_int_equal(found().verdict, VERDICT_DOWN);
}

static void test_endless_talk_ends_at_a_bound(void **state)
{
	static char line[MAIL_LINE_MAX * 2];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	server.endless = true;
	script(CHECK_IMAP, line, NULL, NULL);
	assert_found(VERDICT_DOWN, "too-long", "waiting for the greeting: more than any server sends, and no end");
	script(CHECK_POP3, "+OK x\r\n", NULL, NULL);
	assert_string_equal(found().reason, "too-long");
	teardown(state);
	setup(state);
	server.endless = true;
	script(CHECK_SMTP, "220-x\r\n", NULL, NULL);
	assert_found(VERDICT_DOWN, "too-long", "more, or longer, lines than any server sends: 220-x");
}

static void test_a_timeout_tells_how_far_it_came(void **state)
{
	struct outcome outcome;
	struct probe_wait wait;
	struct probe *probe;

	(void)state;
	check.tls = CHECK_TLS_STARTTLS;
	script(CHECK_SMTP, "220 a\r\n", "250 STARTTLS\r\n", "220 go\r\n"); /* and no handshake */
	probe = begin();
	for (int64_t until = server_clock_ms() + PATIENCE_MS;
	     strcmp(probe_mail.stage(probe), "TLS handshake after STARTTLS") != 0; turn()) {
		assert_true(server_clock_ms() < until);
		assert_false(probe_mail.advance(probe, 0, &wait, &outcome));
	}
	probe_mail.free(probe);
}

static void test_a_probe_freed_at_any_point_closes_everything(void **state)
{
	struct outcome outcome;
	struct probe_wait wait;
	struct probe *probe = begin();
	int before;

	(void)state;
	script(CHECK_IMAP, "* OK\r\n", "* CAPABILITY IMAP4\r\n$ OK\r\n", NULL);
	probe_mail.free(probe);
	before = count_descriptors();
	for (int turns = 0; turns < 40; turns++) {
		bool ended = false;

		probe = begin();
		for (int i = 0; i < turns && !ended; i++) {
			ended = probe_mail.advance(probe, 0, &wait, &outcome);
			turn();
		}
		probe_mail.free(probe);
		hang_up();
		server.lines = 0;
		assert_int_equal(count_descriptors(), before);
	}
	probe_mail.free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_server_that_answers_is_up_and_told_goodbye),
		cmocka_unit_test(test_who_logs_on_learns_of_the_directory_and_the_store),
		cmocka_unit_test(test_a_log_on_is_these_words),
		cmocka_unit_test_setup_teardown(test_a_server_that_knows_us_is_asked_for_no_password, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_server_without_a_way_to_log_on_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_credentials_that_cannot_be_had_are_unknown, setup, teardown),
		cmocka_unit_test(test_the_end_after_the_log_on_is_down),
		cmocka_unit_test(test_endless_answers_to_who_has_logged_on_end_at_a_bound),
		cmocka_unit_test_setup_teardown(test_a_log_on_that_hangs_tells_where_and_keeps_nobody_busy, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_greeting_that_is_none_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_answer_that_is_a_refusal_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_end_before_the_answer_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_starttls_that_is_not_offered_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plaintext_behind_starttls_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_endless_talk_ends_at_a_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_timeout_tells_how_far_it_came, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_probe_freed_at_any_point_closes_everything, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
