/* What a mail server says before anybody logs in, line by line: IMAP (RFC 9051 7), POP3 (RFC 1939 3, RFC 2449 5), SMTP
 * (RFC 5321 4.2). Who asks is libcurl, which asks for the capabilities, and for TLS where that is wanted; what libcurl
 * takes for an answer and we do not is found here. Knows no socket. */
#pragma once

#include "checks/probe.h"

enum {
	MAIL_LINE_MAX = 2048, /* bytes; of more, no line is healthy */
	MAIL_LINES_MAX = 64,
	MAIL_BYTES_MAX = MAIL_LINE_MAX * MAIL_LINES_MAX, /* of all that a server sends, TLS included */
};

struct mail_talk {
	enum check_type type; /* imap, pop3 or smtp */
	int lines;
	bool greeted;
	int replies;  /* whole answers after the greeting */
	bool listing; /* inside a POP3 answer of several lines */
	bool failed;
	struct outcome outcome; /* when it failed */
};

/* The next line, with its end. False: the service is down, nothing more is of interest. `talk` begins zeroed but for
 * its type. */
bool mail_talk_line(struct mail_talk *talk, const char *line, size_t length);

/* What to say at the end, without waiting for an answer. */
const char *mail_talk_farewell(enum check_type type);
