#include "checks/credentials.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* The rest of a line while it is read. */
struct rest {
	const char *at, *end;
};

static void skip_blanks(struct rest *rest)
{
	while (rest->at < rest->end && (*rest->at == ' ' || *rest->at == '\t'))
		rest->at++;
}

static bool skip_word(struct rest *rest, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(rest->end - rest->at) < length || memcmp(rest->at, word, length) != 0)
		return false;
	rest->at += length;
	return true;
}

static bool has_control(const struct rest *value)
{
	for (const char *at = value->at; at < value->end; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return true;
	return false;
}

/* "= VALUE" into `text`, which is empty until it was given. */
static enum credentials_refusal read_value(struct rest *rest, char text[static CREDENTIALS_TEXT_MAX])
{
	size_t length;

	skip_blanks(rest);
	if (!skip_word(rest, "="))
		return CREDENTIALS_NO_VALUE;
	skip_word(rest, " ");
	length = (size_t)(rest->end - rest->at);
	if (text[0])
		return CREDENTIALS_TWICE;
	if (length == 0)
		return CREDENTIALS_EMPTY;
	if (length >= CREDENTIALS_TEXT_MAX)
		return CREDENTIALS_TOO_LONG;
	if (has_control(rest))
		return CREDENTIALS_CONTROL;
	memcpy(text, rest->at, length);
	return CREDENTIALS_OK;
}

static enum credentials_refusal read_line(struct rest line, struct credentials *credentials)
{
	enum credentials_refusal refusal;

	skip_blanks(&line);
	if (line.at == line.end || *line.at == '#')
		return CREDENTIALS_OK;
	if (skip_word(&line, "password"))
		return read_value(&line, credentials->password);
	if (!skip_word(&line, "user"))
		return CREDENTIALS_NO_VALUE;
	refusal = read_value(&line, credentials->user);
	return !refusal && strchr(credentials->user, ':') ? CREDENTIALS_COLON : refusal;
}

static enum credentials_refusal read_lines(const char *text, size_t length, struct credentials *credentials,
					   int *ret_line)
{
	const char *end = text + length;

	for (*ret_line = 1;; (*ret_line)++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		enum credentials_refusal refusal = read_line((struct rest){text, newline ? newline : end}, credentials);

		if (refusal)
			return refusal;
		if (!newline || newline + 1 == end)
			break;
		text = newline + 1;
	}
	if (!credentials->user[0])
		return CREDENTIALS_NO_USER;
	return credentials->password[0] ? CREDENTIALS_OK : CREDENTIALS_NO_PASSWORD;
}

enum credentials_refusal credentials_read(const char *text, size_t length, struct credentials *credentials,
					  int *ret_line)
{
	struct credentials read = {0};
	enum credentials_refusal refusal = read_lines(text, length, &read, ret_line);

	if (!refusal)
		*credentials = read;
	explicit_bzero(&read, sizeof(read));
	return refusal;
}

const char *credentials_refusal_words(enum credentials_refusal refusal)
{
	static const char *const words[] = {
		[CREDENTIALS_OK] = "fine",
		[CREDENTIALS_NO_VALUE] = "neither \"user = ...\" nor \"password = ...\"",
		[CREDENTIALS_TWICE] = "given twice",
		[CREDENTIALS_EMPTY] = "nothing after the =",
		[CREDENTIALS_TOO_LONG] = "longer than 255 bytes",
		[CREDENTIALS_CONTROL] = "a control character: Windows line ends?",
		[CREDENTIALS_COLON] = "a colon in the user",
		[CREDENTIALS_NO_USER] = "there is no \"user = ...\"",
		[CREDENTIALS_NO_PASSWORD] = "there is no \"password = ...\"",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == CREDENTIALS_REFUSAL_COUNT, "words for each refusal");
	return words[refusal];
}
