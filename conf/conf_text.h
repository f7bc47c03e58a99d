/* The text of a configuration as tokens, before libconfuse sees it.
 *
 * libconfuse reads more than our grammar, and reads it silently: ${VAR} from the environment, C comments that spoil
 * its line numbers, a quote that is never closed, \x00 that cuts a text short, stray characters that it drops. All of
 * that is refused here. What passes is: words of [A-Za-z0-9_.-], texts in double quotes on one line with the escapes
 * \" \\ \$, the signs { } = , and comments from # to the end of the line. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"
#include "conf/findings.h"

struct conf_text {
	char *bytes; /* NUL-terminated, no other NUL inside */
	size_t length;
	size_t at; /* where the next token is looked for */
	int line;  /* of that place */
};

enum conf_token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_EQUAL, TOKEN_COMMA,
		       TOKEN_BAD /* there was a finding; nothing sensible can follow */ };

struct conf_token {
	enum conf_token_kind kind;
	int line;
	const char *start; /* in the text; of a string: after its opening quote, escapes as they stand */
	size_t length;
};

/* Reads a whole stream. 0; -EINVAL after a finding (a NUL byte, too large); -EIO, -ENOMEM without one. */
int conf_text_read(struct conf_text *text, FILE *from, struct findings *findings);
void conf_text_free(struct conf_text *text);

/* The next token. Comments on the way to it are blanked, so that the parser does not meet them. */
struct conf_token conf_text_next(struct conf_text *text, struct findings *findings);

/* Overwrites what stands from `start` to where the next token is looked for; line numbers stay as they are. */
void conf_text_blank(struct conf_text *text, const char *start);
