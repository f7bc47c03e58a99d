#include "checks/mail_talk.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool fail(struct mail_talk *talk, const char *reason, const char *what, const char *line, size_t length)
{
	while (length > 0 && isspace((unsigned char)line[length - 1]))
		length--;
	talk->failed = true;
	outcome_set(&talk->outcome, VERDICT_DOWN, reason, "%s: %.*s", what, length < 60 ? (int)length : 60, line);
	return false;
}

/* The line begins with this word, and there it ends or a blank follows. */
static bool begins(const char *line, size_t length, const char *word)
{
	size_t size = strlen(word);

	return length >= size && strncasecmp(line, word, size) == 0 &&
	       (length == size || isspace((unsigned char)line[size]));
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
		if (untagged && (begins(word, left, "OK") || begins(word, left, "PREAUTH")))
			return true;
		return fail(talk, "protocol", "the greeting is not IMAP's", line, length);
	}
	if (untagged || line[0] == '+')
		return true;
	if (word && begins(word, left, "OK"))
		talk->replies++;
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
	talk->listing = good && talk->replies != 1;
	talk->replies += !talk->listing;
	return true;
}

static bool smtp_line(struct mail_talk *talk, const char *line, size_t length)
{
	bool whole = length >= 3 && (length == 3 || isspace((unsigned char)line[3]));
	/* 220 greets and, after the first EHLO, lets TLS begin; 250 answers EHLO. */
	const char *wanted = !talk->greeted || talk->replies == 1 ? "220" : "250";
	char reason[FACT_REASON_MAX];

	if (!(whole || (length > 3 && line[3] == '-')) || line[0] < '2' || line[0] > '5' ||
	    !isdigit((unsigned char)line[1]) || !isdigit((unsigned char)line[2]))
		return fail(talk, "protocol", talk->greeted ? "the answer is not SMTP's" : "the greeting is not SMTP's",
			    line, length);
	snprintf(reason, sizeof(reason), "status-%.3s", line);
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

const char *mail_talk_farewell(enum check_type type)
{
	return type == CHECK_IMAP ? "casvip LOGOUT\r\n" : "QUIT\r\n";
}
