/* A user and a password, and the text of the file they stand in:
 *
 *     # the probe's own mailbox
 *     user = probe@example.net
 *     password = what ever it is
 *
 * A value begins after "=" and at most one blank, and goes verbatim to the end of its line. Empty lines and lines that
 * begin with # are skipped. No files here: text in, value out. */
#pragma once

#include <stddef.h>

enum { CREDENTIALS_TEXT_MAX = 256 }; /* of a user or a password, with the NUL */

struct credentials {
	char user[CREDENTIALS_TEXT_MAX];
	char password[CREDENTIALS_TEXT_MAX];
};

enum credentials_refusal {
	CREDENTIALS_OK,
	CREDENTIALS_NO_VALUE,    /* a line that is not "user = ..." or "password = ..." */
	CREDENTIALS_TWICE,       /* one of the two again */
	CREDENTIALS_EMPTY,       /* a value of no characters */
	CREDENTIALS_TOO_LONG,    /* a value of CREDENTIALS_TEXT_MAX or more */
	CREDENTIALS_CONTROL,     /* a control character; a Windows line end has one */
	CREDENTIALS_COLON,       /* in the user: HTTP cannot carry it (RFC 7617 2) */
	CREDENTIALS_NO_USER,     /* the file has no user */
	CREDENTIALS_NO_PASSWORD, /* or no password */
};
enum { CREDENTIALS_REFUSAL_COUNT = CREDENTIALS_NO_PASSWORD + 1 };

/* On refusal `credentials` is untouched and `*ret_line` says where (the last line when something is missing). */
enum credentials_refusal credentials_read(const char *text, size_t length, struct credentials *credentials,
					  int *ret_line);

/* What to say of it: no part of the text. */
const char *credentials_refusal_words(enum credentials_refusal refusal);
