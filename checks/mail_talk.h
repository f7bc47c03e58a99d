/* What a mail server says, line by line: IMAP (RFC 9051 7), POP3 (RFC 1939 3, RFC 2449 5), SMTP (RFC 5321 4.2, RFC 4954
 * 4). Who asks is libcurl, which asks for the capabilities, for TLS where that is wanted, and logs on to SMTP where
 * there are credentials; what libcurl takes for an answer and we do not is found here. What is to be said after that
 * stands here too. Knows no socket. */
#pragma once

#include "checks/credentials.h"
#include "checks/probe.h"

enum {
	MAIL_LINE_MAX = 2048, /* bytes; of more, no line is healthy */
	MAIL_LINES_MAX = 64,
	MAIL_BYTES_MAX = MAIL_LINE_MAX * MAIL_LINES_MAX, /* of all that a server sends, TLS included */
	MAIL_COMMAND_MAX = 4 * CREDENTIALS_TEXT_MAX + 32, /* of IMAP, with each character escaped */
};

struct mail_talk {
	enum check_type type; /* imap, pop3 or smtp */
	int log_on_after; /* so many answers, of capabilities and STARTTLS; 0: nobody logs on */
	int lines;
	bool greeted;
	bool preauth;  /* IMAP: the server knows who we are, nobody need log on */
	bool disabled; /* IMAP: it takes no passwords in this state */
	int replies;  /* whole answers after the greeting */
	bool listing; /* inside a POP3 answer of several lines */
	bool failed;
	struct outcome outcome; /* when it failed */
};

/* The next line, with its end. False: the service is down, or refused the credentials, and nothing more is of interest.
 * `talk` begins zeroed but for its type and `log_on_after`. */
bool mail_talk_line(struct mail_talk *talk, const char *line, size_t length);

/* Where a talk with somebody who logs on stands. */
enum mail_step {
	MAIL_BEFORE, /* greeting, capabilities, STARTTLS */
	MAIL_USER,   /* POP3 */
	MAIL_LOG_ON, /* the password, however it is shown */
	MAIL_LIST,   /* IMAP, POP3: is there a mailbox? */
	MAIL_DONE,
};
enum mail_step mail_talk_step(const struct mail_talk *talk);

/* What to say at this step, which is not MAIL_BEFORE or one that is libcurl's. */
void mail_talk_command(const struct mail_talk *talk, const struct credentials *credentials,
		       char command[static MAIL_COMMAND_MAX]);

/* What to say at the end, without waiting for an answer. */
const char *mail_talk_farewell(enum check_type type);
