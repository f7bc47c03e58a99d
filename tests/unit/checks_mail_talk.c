/* What a mail server says before somebody logs on, and then. Talks are written as they stand on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checks/mail_talk.h"

static int log_on_after;

static struct mail_talk heard(enum check_type type, const char *text)
{
	struct mail_talk talk = {.type = type, .log_on_after = log_on_after};

	while (*text) {
		size_t length = strcspn(text, "\n");

		length += text[length] == '\n';
		if (!mail_talk_line(&talk, text, length))
			break;
		text += length;
	}
	return talk;
}

static void assert_fails(enum check_type type, const char *text, const char *reason, const char *words)
{
	struct mail_talk talk = heard(type, text);

	assert_true(talk.failed);
	assert_string_equal(talk.outcome.reason, reason);
	assert_string_equal(talk.outcome.words, words);
	assert_int_equal(talk.outcome.verdict, VERDICT_DOWN);
	assert_false(mail_talk_line(&talk, "* OK\r\n", 6)); /* once down, it stays so */
}

static void assert_replies(enum check_type type, const char *text, int replies)
{
	struct mail_talk talk = heard(type, text);

	if (talk.failed)
		fail_msg("%s: %s", text, talk.outcome.words);
	assert_true(talk.greeted);
	assert_int_equal(talk.replies, replies);
}

static void test_imap_greets_and_answers(void **state)
{
	(void)state;
	assert_replies(CHECK_IMAP, "* OK The Microsoft Exchange IMAP4 service is ready.\r\n", 0);
	assert_replies(CHECK_IMAP, "* ok\r\n* CAPABILITY IMAP4\r\nA001 OK\r\n", 1);
	assert_replies(CHECK_IMAP, "* PREAUTH hello\n* CAPABILITY IMAP4\n+ idling\nA001 OK done\n", 1);
	assert_replies(CHECK_IMAP, "* OK\r\nA001 OK\r\nA002 OK begin\r\n* CAPABILITY IMAP4rev1\r\nA003 ok x\r\n", 3);
}

static void test_imap_that_does_not_serve_is_down(void **state)
{
	(void)state;
	assert_fails(CHECK_IMAP, "* BYE overloaded\r\n", "bye", "says goodbye: * BYE overloaded");
	assert_fails(CHECK_IMAP, "* OK\r\n* BYE shutting down\r\n", "bye", "says goodbye: * BYE shutting down");
	assert_fails(CHECK_IMAP, "* NO\r\n", "protocol", "the greeting is not IMAP's: * NO");
	assert_fails(CHECK_IMAP, "* OKAY\r\n", "protocol", "the greeting is not IMAP's: * OKAY");
	assert_fails(CHECK_IMAP, "A001 OK\r\n", "protocol", "the greeting is not IMAP's: A001 OK");
	assert_fails(CHECK_IMAP, "*  OK\r\n", "protocol", "the greeting is not IMAP's: *  OK");
	assert_fails(CHECK_IMAP, "SSH-2.0-OpenSSH_9.2\r\n", "protocol",
		     "the greeting is not IMAP's: SSH-2.0-OpenSSH_9.2");
	assert_fails(CHECK_IMAP, "\r\n", "protocol", "the greeting is not IMAP's: ");
	assert_fails(CHECK_IMAP, "* OK\r\nA001 NO not now\r\n", "refusal", "refuses to go on: A001 NO not now");
	assert_fails(CHECK_IMAP, "* OK\r\nA001 BAD\r\n", "refusal", "refuses to go on: A001 BAD");
	assert_fails(CHECK_IMAP, "* OK\r\nnonsense\r\n", "protocol", "the answer is not IMAP's: nonsense");
}

static void test_pop3_greets_and_answers(void **state)
{
	(void)state;
	assert_replies(CHECK_POP3, "+OK The Microsoft Exchange POP3 service is ready.\r\n", 0);
	assert_replies(CHECK_POP3, "+OK\r\n+OK\r\nUSER\r\n", 0);
	assert_replies(CHECK_POP3, "+OK\r\n+OK capabilities\r\nUSER\r\n-ERR\r\n.\r\n", 1);
	assert_replies(CHECK_POP3, "+OK\r\n-ERR what\r\n", 1); /* RFC 2449: a server need not know CAPA */
	assert_replies(CHECK_POP3, "+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK begin\r\n+OK\r\nUSER\r\n.\r\n", 3);
}

static void test_pop3_that_does_not_serve_is_down(void **state)
{
	(void)state;
	assert_fails(CHECK_POP3, "-ERR busy\r\n", "refusal", "refuses to serve: -ERR busy");
	assert_fails(CHECK_POP3, "* OK\r\n", "protocol", "the greeting is not POP3's: * OK");
	assert_fails(CHECK_POP3, "+OKAY\r\n", "protocol", "the greeting is not POP3's: +OKAY");
	assert_fails(CHECK_POP3, "+OK\r\nUSER\r\n", "protocol", "the answer is not POP3's: USER");
}

static void test_smtp_greets_and_answers(void **state)
{
	(void)state;
	assert_replies(CHECK_SMTP, "220 mail Microsoft ESMTP MAIL Service ready\r\n", 0);
	assert_replies(CHECK_SMTP, "220-mail\r\n220-be\r\n220 patient\r\n250-mail\r\n", 0);
	assert_replies(CHECK_SMTP, "220 mail\r\n250-mail\r\n250-PIPELINING\r\n250 STARTTLS\r\n", 1);
	assert_replies(CHECK_SMTP, "220\r\n250\r\n220 go\r\n250-x\r\n250 y\r\n", 3);
}

static void test_smtp_that_does_not_serve_is_down(void **state)
{
	(void)state;
	assert_fails(CHECK_SMTP, "421 too busy\r\n", "status-421", "greets with: 421 too busy");
	assert_fails(CHECK_SMTP, "554-no\r\n554 go away\r\n", "status-554", "greets with: 554-no");
	assert_fails(CHECK_SMTP, "220-a\r\n421 b\r\n", "status-421", "greets with: 421 b");
	assert_fails(CHECK_SMTP, "250 a\r\n", "status-250", "greets with: 250 a");
	assert_fails(CHECK_SMTP, "220 a\r\n502 what\r\n", "status-502", "answers: 502 what");
	assert_fails(CHECK_SMTP, "220 a\r\n220 b\r\n", "status-220", "answers: 220 b");
	assert_fails(CHECK_SMTP, "220 a\r\n250 b\r\n454 no TLS now\r\n", "status-454", "answers: 454 no TLS now");
	assert_fails(CHECK_SMTP, "+OK\r\n", "protocol", "the greeting is not SMTP's: +OK");
	assert_fails(CHECK_SMTP, "220x\r\n", "protocol", "the greeting is not SMTP's: 220x");
	assert_fails(CHECK_SMTP, "22\r\n", "protocol", "the greeting is not SMTP's: 22");
	assert_fails(CHECK_SMTP, "220 a\r\n2500 b\r\n", "protocol", "the answer is not SMTP's: 2500 b");
}

static void assert_step(enum check_type type, const char *text, enum mail_step step)
{
	struct mail_talk talk = heard(type, text);

	if (talk.failed)
		fail_msg("%s: %s", text, talk.outcome.words);
	assert_int_equal(mail_talk_step(&talk), step);
}

static void test_who_logs_on_goes_step_by_step(void **state)
{
	(void)state;
	log_on_after = 1;
	assert_step(CHECK_IMAP, "* OK\r\n", MAIL_BEFORE);
	assert_step(CHECK_IMAP, "* OK\r\n* CAPABILITY IMAP4\r\nA1 OK\r\n", MAIL_LOG_ON);
	assert_step(CHECK_IMAP, "* OK\r\nA1 OK\r\n* CAPABILITY IMAP4\r\nc OK\r\n", MAIL_LIST);
	assert_step(CHECK_IMAP, "* OK\r\nA1 OK\r\nc OK\r\n* LIST () \"/\" INBOX\r\n", MAIL_LIST);
	assert_step(CHECK_IMAP, "* OK\r\nA1 OK\r\nc OK\r\nc OK\r\n", MAIL_DONE);
	assert_step(CHECK_IMAP, "* OK\r\nA1 OK\r\nc OK\r\nc OK\r\nc OK\r\n", MAIL_DONE);
	assert_step(CHECK_IMAP, "* PREAUTH\r\n", MAIL_BEFORE);
	assert_step(CHECK_IMAP, "* PREAUTH\r\nA1 OK\r\n", MAIL_LIST);
	assert_step(CHECK_POP3, "+OK\r\n+OK\r\nUSER\r\n.\r\n", MAIL_USER);
	assert_step(CHECK_POP3, "+OK\r\n-ERR\r\n+OK\r\n", MAIL_LOG_ON);
	assert_step(CHECK_POP3, "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n", MAIL_LIST);
	assert_step(CHECK_POP3, "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n+OK 2 messages\r\n", MAIL_DONE);
	assert_step(CHECK_SMTP, "220 a\r\n250-b\r\n250 AUTH PLAIN\r\n", MAIL_LOG_ON);
	assert_step(CHECK_SMTP, "220 a\r\n250 b\r\n334 \r\n334 VXNlcg==\r\n", MAIL_LOG_ON);
	assert_step(CHECK_SMTP, "220 a\r\n250 b\r\n334 \r\n235 in\r\n", MAIL_DONE);
	log_on_after = 3;
	assert_step(CHECK_IMAP, "* OK\r\nA1 OK\r\nA2 OK\r\n", MAIL_BEFORE);
	assert_step(CHECK_IMAP, "* OK\r\nA1 OK\r\nA2 OK\r\nA3 OK\r\n", MAIL_LOG_ON);
	assert_step(CHECK_POP3, "+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK\r\n+OK\r\n.\r\n", MAIL_USER);
	assert_step(CHECK_SMTP, "220 a\r\n250 b\r\n220 go\r\n250 b\r\n", MAIL_LOG_ON);
	log_on_after = 0;
}

static void assert_ends(enum check_type type, const char *text, enum verdict verdict, const char *reason)
{
	struct mail_talk talk = heard(type, text);

	if (!talk.failed || talk.outcome.verdict != verdict || strcmp(talk.outcome.reason, reason) != 0)
		fail_msg("%s: %s: %s", text, talk.outcome.reason, talk.outcome.words);
}

/* Of the credentials, and not of the server, nor at another step. */
static void test_only_a_refusal_of_the_credentials_is_one(void **state)
{
	static const char *const own_faults[] = {"[UNAVAILABLE]", "[unavailable]", "[SERVERBUG]", "[CORRUPTION]", "[LIMIT]",
						 "[INUSE]", "[SYS/TEMP]", "[SYS/PERM]", "[IN-USE]", "[LOGIN-DELAY]"};
	const enum verdict down = VERDICT_DOWN, rejected = VERDICT_AUTH_REJECTED;

	(void)state;
	log_on_after = 1;
	assert_ends(CHECK_IMAP, "* OK\r\nA1 OK\r\nc NO\r\n", rejected, "auth-rejected");
	assert_ends(CHECK_IMAP, "* OK\r\nA1 OK\r\nc NO [AUTHENTICATIONFAILED] x\r\n", rejected, "auth-rejected");
	assert_ends(CHECK_IMAP, "* OK\r\nA1 OK\r\nc BAD what\r\n", down, "refusal");
	assert_ends(CHECK_IMAP, "* OK\r\nA1 NO\r\n", down, "refusal");
	assert_ends(CHECK_IMAP, "* OK\r\nA1 OK\r\nc OK\r\nc NO\r\n", down, "refusal");
	assert_ends(CHECK_IMAP, "* PREAUTH\r\nA1 OK\r\nc NO\r\n", down, "refusal");
	assert_ends(CHECK_POP3, "+OK\r\n-ERR\r\n-ERR\r\n", rejected, "auth-rejected");
	assert_ends(CHECK_POP3, "+OK\r\n-ERR\r\n+OK\r\n-ERR [AUTH] x\r\n", rejected, "auth-rejected");
	assert_ends(CHECK_POP3, "+OK\r\n-ERR\r\n+OK\r\n+OK\r\n-ERR\r\n", down, "refusal");
	assert_ends(CHECK_POP3, "+OK\r\n-ERR\r\n+OK\r\nhello\r\n", down, "protocol");
	assert_ends(CHECK_SMTP, "220 a\r\n250 b\r\n535-5.7.8 x\r\n", rejected, "auth-rejected");
	assert_ends(CHECK_SMTP, "220 a\r\n250 b\r\n454 4.7.0 x\r\n", down, "status-454");
	assert_ends(CHECK_SMTP, "220 a\r\n250 b\r\n250 x\r\n", down, "status-250");
	assert_ends(CHECK_SMTP, "220 a\r\n535 x\r\n", down, "status-535");
	for (size_t i = 0; i < sizeof(own_faults) / sizeof(own_faults[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "* OK\r\nA1 OK\r\nc NO %s x\r\n", own_faults[i]);
		assert_ends(CHECK_IMAP, text, down, "refusal");
		snprintf(text, sizeof(text), "+OK\r\n-ERR\r\n+OK\r\n-ERR %s x\r\n", own_faults[i]);
		assert_ends(CHECK_POP3, text, down, "refusal");
	}
	log_on_after = 0;
}

static void test_imap_says_where_it_takes_no_passwords(void **state)
{
	(void)state;
	assert_false(heard(CHECK_IMAP, "* OK\r\n* CAPABILITY IMAP4 STARTTLS\r\n").disabled);
	assert_true(heard(CHECK_IMAP, "* OK\r\n* CAPABILITY IMAP4 LOGINDISABLED\r\n").disabled);
	assert_false(heard(CHECK_IMAP, "* OK\r\n* CAPABILITY LOGINDISABLED\r\nA1 OK\r\n* CAPABILITY A\r\n").disabled);
}

static void test_each_step_has_its_command(void **state)
{
	struct credentials credentials = {"a b", "c\"\\ d"};
	struct mail_talk talk = {.type = CHECK_IMAP, .log_on_after = 1, .replies = 1};
	char command[MAIL_COMMAND_MAX];

	(void)state;
	mail_talk_command(&talk, &credentials, command);
	assert_string_equal(command, "casvip LOGIN \"a b\" \"c\\\"\\\\ d\"\r\n");
	talk.replies = 2;
	mail_talk_command(&talk, &credentials, command);
	assert_string_equal(command, "casvip LIST \"\" INBOX\r\n");
	talk.type = CHECK_POP3;
	talk.replies = 1;
	mail_talk_command(&talk, &credentials, command);
	assert_string_equal(command, "USER a b\r\n");
	talk.replies = 2;
	mail_talk_command(&talk, &credentials, command);
	assert_string_equal(command, "PASS c\"\\ d\r\n");
	talk.replies = 3;
	mail_talk_command(&talk, &credentials, command);
	assert_string_equal(command, "LIST\r\n");
	talk.type = CHECK_IMAP;
	talk.replies = 1;
	memset(credentials.user, '"', CREDENTIALS_TEXT_MAX - 1);
	memset(credentials.password, '\\', CREDENTIALS_TEXT_MAX - 1);
	mail_talk_command(&talk, &credentials, command);
	assert_int_equal(strlen(command), strlen("casvip LOGIN \"\" \"\"\r\n") + 4 * (CREDENTIALS_TEXT_MAX - 1));
}

static void test_more_than_any_server_says_is_cut(void **state)
{
	static const enum check_type types[] = {CHECK_IMAP, CHECK_POP3, CHECK_SMTP};
	static const char *const greetings[] = {"* OK\r\n", "+OK\r\n", "220-x\r\n"};
	static const char *const lines[] = {"* x\r\n", "+OK\r\n", "220-y\r\n"};
	static char endless[MAIL_LINE_MAX + 1];

	(void)state;
	memset(endless, ' ', sizeof(endless));
	for (int i = 0; i < 3; i++) {
		struct mail_talk talk = heard(types[i], greetings[i]);

		for (int n = 1; n < MAIL_LINES_MAX; n++)
			assert_true(mail_talk_line(&talk, lines[i], strlen(lines[i])));
		assert_false(mail_talk_line(&talk, lines[i], strlen(lines[i])));
		assert_string_equal(talk.outcome.reason, "too-long");

		talk = heard(types[i], greetings[i]);
		memcpy(endless, lines[i], 4);
		assert_true(mail_talk_line(&talk, endless, MAIL_LINE_MAX));
		assert_false(mail_talk_line(&talk, endless, MAIL_LINE_MAX + 1));
		assert_string_equal(talk.outcome.reason, "too-long");
	}
}

static void test_lines_need_no_terminator(void **state)
{
	static const struct {
		enum check_type type;
		const char *text;
	} cases[] = {{CHECK_IMAP, "* OK"}, {CHECK_POP3, "+OK"}, {CHECK_SMTP, "220"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t length = 0; length <= strlen(cases[i].text); length++) {
			struct mail_talk talk = {.type = cases[i].type};
			char *exact = test_malloc(length ? length : 1); /* a byte too far is found out */

			memcpy(exact, cases[i].text, length);
			assert_int_equal(mail_talk_line(&talk, exact, length), length == strlen(cases[i].text));
			test_free(exact);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_imap_greets_and_answers),
		cmocka_unit_test(test_imap_that_does_not_serve_is_down),
		cmocka_unit_test(test_pop3_greets_and_answers),
		cmocka_unit_test(test_pop3_that_does_not_serve_is_down),
		cmocka_unit_test(test_smtp_greets_and_answers),
		cmocka_unit_test(test_smtp_that_does_not_serve_is_down),
		cmocka_unit_test(test_who_logs_on_goes_step_by_step),
		cmocka_unit_test(test_only_a_refusal_of_the_credentials_is_one),
		cmocka_unit_test(test_imap_says_where_it_takes_no_passwords),
		cmocka_unit_test(test_each_step_has_its_command),
		cmocka_unit_test(test_more_than_any_server_says_is_cut),
		cmocka_unit_test(test_lines_need_no_terminator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
