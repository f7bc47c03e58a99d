/* See conf_text.h. Knows characters and lines, not keys. */
#include "conf/conf_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int read_all(struct conf_text *text, FILE *from)
{
	size_t room = 0;

	/* One byte more than allowed tells "too large" from "just fits". */
	while (text->length <= CONF_FILE_MAX && !feof(from)) {
		if (room - text->length < 2) {
			room = room ? 2 * room : 8192;
			char *grown = realloc(text->bytes, room);
			if (!grown)
				return -ENOMEM;
			text->bytes = grown;
		}
		text->length += fread(text->bytes + text->length, 1, room - text->length - 1, from);
		if (ferror(from))
			return -EIO;
	}
	return 0;
}

static int lines_before(const char *bytes, const char *end)
{
	int lines = 0;

	for (; bytes < end; bytes++)
		lines += *bytes == '\n';
	return lines;
}

/* What some editors put before the text (U+FEFF in UTF-8), and nobody sees. */
static void refuse_mark(const struct conf_text *text, struct findings *findings)
{
	if (strncmp(text->bytes, "\xef\xbb\xbf", 3) != 0)
		return;
	findings_add(findings, 1, "the file begins with a byte order mark: save it as UTF-8 without one");
	memset(text->bytes, ' ', 3);
}

int conf_text_read(struct conf_text *text, FILE *from, struct findings *findings)
{
	*text = (struct conf_text){.line = 1};
	int error = read_all(text, from);
	if (error)
		return error;
	if (!text->bytes && !(text->bytes = malloc(1)))
		return -ENOMEM;
	text->bytes[text->length] = '\0';

	const char *nul = memchr(text->bytes, '\0', text->length);
	if (text->length > CONF_FILE_MAX)
		findings_add(findings, 1, "the file is larger than %d bytes", CONF_FILE_MAX);
	else if (nul)
		findings_add(findings, 1 + lines_before(text->bytes, nul), "there is a NUL byte in the file");
	else
		refuse_mark(text, findings);
	return text->length > CONF_FILE_MAX || nul ? -EINVAL : 0;
}

void conf_text_free(struct conf_text *text)
{
	free(text->bytes);
	text->bytes = NULL;
}

void conf_text_blank(struct conf_text *text, const char *start)
{
	for (char *at = text->bytes + (start - text->bytes); at < text->bytes + text->at; at++)
		if (*at != '\n')
			*at = ' ';
}

static void skip_comment(struct conf_text *text)
{
	const char *start = text->bytes + text->at;

	text->at += strcspn(start, "\n");
	conf_text_blank(text, start);
}

static void skip_blanks(struct conf_text *text)
{
	for (;;) {
		switch (text->bytes[text->at]) {
		case '\n':
			text->line++;
			text->at++;
			break;
		case ' ':
		case '\t':
		case '\r':
			text->at++;
			break;
		case '#':
			skip_comment(text);
			break;
		default:
			return;
		}
	}
}

static bool is_word(char c)
{
	return isascii(c) && (isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-');
}

static struct conf_token word(struct conf_text *text)
{
	struct conf_token token = {.kind = TOKEN_WORD, .line = text->line, .start = text->bytes + text->at};

	while (is_word(text->bytes[text->at]))
		text->at++;
	token.length = (size_t)(text->bytes + text->at - token.start);
	return token;
}

static bool is_control(char c)
{
	return (c >= 0 && c < ' ') || c == 0x7f;
}

/* What stands between the quotes of a string, seen from `at`; the bytes it takes, 0 at its end. What is refused gives
 * way to a '?', so that the parser does nothing of its own with it. */
static size_t string_part(struct conf_text *text, char *at, struct findings *findings)
{
	if (*at == '"' || *at == '\n' || *at == '\0')
		return 0;
	if (at[0] == '\\' && at[1] != '\0' && strchr("\"\\$", at[1]))
		return 2;
	if (at[0] == '\\' && !is_control(at[1]))
		findings_add(findings, text->line, "\"\\%c\" is no escape here: only \\\" \\\\ and \\$ are", at[1]);
	else if (at[0] == '$' && at[1] == '{')
		findings_add(findings, text->line, "variables are not replaced here: write \"\\${\" to mean \"${\"");
	else if (is_control(*at))
		findings_add(findings, text->line, "control character 0x%02x in a text", (unsigned)*at);
	else
		return 1;
	*at = '?';
	return 1;
}

static struct conf_token string(struct conf_text *text, struct findings *findings)
{
	struct conf_token token = {.kind = TOKEN_STRING, .line = text->line, .start = text->bytes + text->at + 1};
	char *at = text->bytes + text->at + 1;
	size_t part;

	while ((part = string_part(text, at, findings)))
		at += part;
	token.length = (size_t)(at - token.start);
	text->at = (size_t)(at - text->bytes);
	if (*at == '"') {
		text->at++;
	} else {
		findings_add(findings, text->line, "a text is not closed by \" in its line");
		token.kind = TOKEN_BAD;
	}
	return token;
}

static struct conf_token sign(struct conf_text *text, enum conf_token_kind kind)
{
	struct conf_token token = {.kind = kind, .line = text->line, .start = text->bytes + text->at, .length = 1};

	text->at++;
	return token;
}

/* U+2018 to U+201F, the quotes that word processors make of " and '. The bytes it takes, or 0. */
static size_t typographic_quote(const char *at)
{
	return at[0] == '\xe2' && at[1] == '\x80' && at[2] >= '\x98' && at[2] <= '\x9f' ? 3 : 0;
}

/* To the one that closes it in its line, so that it is one finding. */
static struct conf_token quoted_by_a_word_processor(struct conf_text *text, struct findings *findings)
{
	struct conf_token token = {.kind = TOKEN_BAD, .line = text->line, .start = text->bytes + text->at};
	const char *at = token.start + typographic_quote(token.start);

	findings_add(findings, text->line, "typographic quotes: texts stand in plain \"double quotes\"");
	while (*at && *at != '\n' && !typographic_quote(at))
		at++;
	at += typographic_quote(at);
	token.length = (size_t)(at - token.start);
	text->at += token.length;
	return token;
}

static struct conf_token stranger(struct conf_text *text, struct findings *findings)
{
	char c = text->bytes[text->at];

	if (typographic_quote(text->bytes + text->at))
		return quoted_by_a_word_processor(text, findings);
	if (is_control(c) || !isascii(c))
		findings_add(findings, text->line, "unexpected byte 0x%02x", (unsigned)(unsigned char)c);
	else
		findings_add(findings, text->line, "unexpected character '%c': texts stand in \"double quotes\"", c);
	return sign(text, TOKEN_BAD);
}

struct conf_token conf_text_next(struct conf_text *text, struct findings *findings)
{
	skip_blanks(text);
	char c = text->bytes[text->at];
	switch (c) {
	case '\0':
		return (struct conf_token){.kind = TOKEN_END, .line = text->line, .start = text->bytes + text->at};
	case '{':
		return sign(text, TOKEN_OPEN);
	case '}':
		return sign(text, TOKEN_CLOSE);
	case '=':
		return sign(text, TOKEN_EQUAL);
	case ',':
		return sign(text, TOKEN_COMMA);
	case '"':
		return string(text, findings);
	default:
		if (is_word(c))
			return word(text);
		return stranger(text, findings);
	}
}
