#include "checks/mail_talk.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool end(struct mail_talk *talk, enum verdict verdict, const char *reason, const char *what, const char *line,
		size_t length)
{
	while (length > 0 && isspace((unsigned char)line[length - 1]))
		length--;
	talk->failed = true;
	outcome_set(&talk->outcome, verdict, reason, "%s: %.*s", what, length < 60 ? (int)length : 60, line);
	return false;
}

static bool fail(struct mail_talk *talk, const char *reason, const char *what, const char *line, size_t length)
{
	return end(talk, VERDICT_DOWN, reason, what, line, length);
}

static bool reject(struct mail_talk *talk, const char *line, size_t length)
{
	return end(talk, VERDICT_AUTH_REJECTED, "auth-rejected", "refuses our credentials", line, length);
}

enum mail_step mail_talk_step(const struct mail_talk *talk)
{
	static const enum mail_step imap[] = {MAIL_LOG_ON, MAIL_LIST, MAIL_DONE};
	static const enum mail_step pop3[] = {MAIL_USER, MAIL_LOG_ON, MAIL_LIST, MAIL_DONE};
	static const enum mail_step smtp[] = {MAIL_LOG_ON, MAIL_DONE};
	const enum mail_step *steps = talk->type == CHECK_IMAP ? imap : talk->type == CHECK_POP3 ? pop3 : smtp;

	if (talk->replies < talk->log_on_after)
		return MAIL_BEFORE;
	steps += talk->preauth;
	for (int i = talk->log_on_after; i < talk->replies && *steps != MAIL_DONE; i++)
		steps++;
	return *steps;
}

static bool logs_on(const struct mail_talk *talk)
{
	enum mail_step step = mail_talk_step(talk);

	return talk->log_on_after > 0 && (step == MAIL_USER || step == MAIL_LOG_ON);
}

/* The line begins with this word, and there it ends or a blank follows. */
static bool begins(const char *line, size_t length, const char *word)
{
	size_t size = strlen(word);

	return length >= size && strncasecmp(line, word, size) == 0 &&
	       (length == size || isspace((unsigned char)line[size]));
}

/* Whether a refusal is for a reason that is not in the credentials: response codes of RFC 5530 3, RFC 2449 8, RFC 3206
 * 4. That a directory is down is what somebody logs on for. */
static bool is_own_fault(const char *text, size_t length)
{
	static const char *const codes[] = {"[UNAVAILABLE", "[SERVERBUG", "[CORRUPTION", "[LIMIT", "[INUSE",
					    "[SYS/",	    "[IN-USE",    "[LOGIN-DELAY"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (length >= strlen(codes[i]) && strncasecmp(text, codes[i], strlen(codes[i])) == 0)
			return true;
	return false;
}

/* What follows a word and a blank. */
static bool is_rejection(const struct mail_talk *talk, const char *word, size_t left)
{
	const char *text = memchr(word, ' ', left);

	return logs_on(talk) && !(text && is_own_fault(text + 1, left - (size_t)(text + 1 - word)));
}

/* The second word of an IMAP line. NULL: there is none. */
static const char *after_tag(const char *line, size_t length)
{
	const char *blank = memchr(line, ' ', length);

	return blank && blank > line ? blank + 1 : NULL;
}

static bool imap_line(struct mail_talk *talk, const char *line, size_t length)
{
	const char *word = after_tag(line, length);
	size_t left = word ? (size_t)(line + length - word) : 0;
	bool untagged = line[0] == '*' && word == line + 2;

	if (untagged && begins(word, left, "BYE"))
		return fail(talk, "bye", "says goodbye", line, length);
	if (!talk->greeted) {
		talk->greeted = true;
		talk->preauth = untagged && begins(word, left, "PREAUTH");
		if (talk->preauth || (untagged && begins(word, left, "OK")))
			return true;
		return fail(talk, "protocol", "the greeting is not IMAP's", line, length);
	}
	if (untagged && begins(word, left, "CAPABILITY"))
		talk->disabled = memmem(line, length, "LOGINDISABLED", strlen("LOGINDISABLED")) != NULL;
	if (untagged || line[0] == '+')
		return true;
	if (word && begins(word, left, "OK"))
		talk->replies++;
	else if (word && begins(word, left, "NO") && is_rejection(talk, word, left))
		return reject(talk, line, length);
	else if (word && (begins(word, left, "NO") || begins(word, left, "BAD")))
		return fail(talk, "refusal", "refuses to go on", line, length);
	else
		return fail(talk, "protocol", "the answer is not IMAP's", line, length);
	return true;
}

/* The capabilities are the first answer after the greeting, and after that of STLS again: the others are one line. */
static bool pop3_line(struct mail_talk *talk, const char *line, size_t length)
{
	bool good = begins(line, length, "+OK"), bad = begins(line, length, "-ERR");

	if (!talk->greeted) {
		talk->greeted = true;
		if (bad)
			return fail(talk, "refusal", "refuses to serve", line, length);
		return good || fail(talk, "protocol", "the greeting is not POP3's", line, length);
	}
	if (talk->listing) {
		talk->listing = !(line[0] == '.' && (length == 1 || isspace((unsigned char)line[1])));
		talk->replies += !talk->listing;
		return true;
	}
	if (!good && !bad)
		return fail(talk, "protocol", "the answer is not POP3's", line, length);
	if (talk->log_on_after > 0 && talk->replies >= talk->log_on_after) {
		if (bad && is_rejection(talk, line, length))
			return reject(talk, line, length);
		talk->replies++;
		return good || fail(talk, "refusal", "refuses to go on", line, length);
	}
	talk->listing = good && talk->replies != 1;
	talk->replies += !talk->listing;
	return true;
}

static bool smtp_line(struct mail_talk *talk, const char *line, size_t length)
{
	bool whole = length >= 3 && (length == 3 || isspace((unsigned char)line[3]));
	bool challenge = logs_on(talk) && length >= 3 && memcmp(line, "334", 3) == 0;
	/* 220 greets and, after the first EHLO, lets TLS begin; 250 answers EHLO; 235 tells who is logged on. */
	const char *wanted = logs_on(talk) ? "235" : !talk->greeted || talk->replies == 1 ? "220" : "250";
	char reason[FACT_REASON_MAX];

	if (!(whole || (length > 3 && line[3] == '-')) || line[0] < '2' || line[0] > '5' ||
	    !isdigit((unsigned char)line[1]) || !isdigit((unsigned char)line[2]))
		return fail(talk, "protocol", talk->greeted ? "the answer is not SMTP's" : "the greeting is not SMTP's",
			    line, length);
	snprintf(reason, sizeof(reason), "status-%.3s", line);
	if (challenge)
		return true;
	if (logs_on(talk) && memcmp(line, "535", 3) == 0)
		return reject(talk, line, length);
	if (memcmp(line, wanted, 3) != 0)
		return fail(talk, reason, talk->greeted ? "answers" : "greets with", line, length);
	talk->replies += whole && talk->greeted;
	talk->greeted |= whole;
	return true;
}

static bool (*const readers[CHECK_TYPE_COUNT])(struct mail_talk *talk, const char *line, size_t length) = {
	[CHECK_IMAP] = imap_line,
	[CHECK_POP3] = pop3_line,
	[CHECK_SMTP] = smtp_line,
};

bool mail_talk_line(struct mail_talk *talk, const char *line, size_t length)
{
	if (talk->failed)
		return false;
	if (++talk->lines > MAIL_LINES_MAX || length > MAIL_LINE_MAX)
		return fail(talk, "too-long", "more, or longer, lines than any server sends", line, length);
	assert(readers[talk->type]); /* a check of mail */
	return readers[talk->type](talk, line, length);
}

/* In double quotes (RFC 9051 4.3). */
static char *quote(char *to, const char *text)
{
	*to++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to++ = '"';
	*to = '\0';
	return to;
}

static void write_login(const struct credentials *credentials, char *command)
{
	char *to = stpcpy(command, "casvip LOGIN ");

	to = stpcpy(quote(to, credentials->user), " ");
	stpcpy(quote(to, credentials->password), "\r\n");
}

void mail_talk_command(const struct mail_talk *talk, const struct credentials *credentials,
		       char command[static MAIL_COMMAND_MAX])
{
	switch (mail_talk_step(talk)) {
	case MAIL_USER:
		snprintf(command, MAIL_COMMAND_MAX, "USER %s\r\n", credentials->user);
		return;
	case MAIL_LOG_ON:
		if (talk->type == CHECK_IMAP)
			write_login(credentials, command);
		else
			snprintf(command, MAIL_COMMAND_MAX, "PASS %s\r\n", credentials->password);
		return;
	case MAIL_LIST:
		strcpy(command, talk->type == CHECK_IMAP ? "casvip LIST \"\" INBOX\r\n" : "LIST\r\n");
		return;
	case MAIL_BEFORE:
	case MAIL_DONE:
		break;
	}
	assert(false);
}

const char *mail_talk_farewell(enum check_type type)
{
	return type == CHECK_IMAP ? "casvip LOGOUT\r\n" : "QUIT\r\n";
}
