#include "checks/http_reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct http_text trim(struct http_text span)
{
	while (span.length > 0 && is_blank(span.at[0])) {
		span.at++;
		span.length--;
	}
	while (span.length > 0 && is_blank(span.at[span.length - 1]))
		span.length--;
	return span;
}

static bool is_word(struct http_text span, const char *word)
{
	return span.length == strlen(word) && strncasecmp(span.at, word, span.length) == 0;
}

/* Cuts the part before the next comma off the front; commas in quotes do not part (RFC 9110 11.6.1). */
static struct http_text next_part(struct http_text *rest)
{
	struct http_text part = {rest->at, 0};
	bool quoted = false;

	while (part.length < rest->length && (quoted || rest->at[part.length] != ',')) {
		char c = rest->at[part.length++];

		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\' && part.length < rest->length)
			part.length++;
	}
	rest->at += part.length;
	rest->length -= part.length;
	if (rest->length > 0) {
		rest->at++;
		rest->length--;
	}
	return trim(part);
}

/* A part is "scheme", "scheme parameter" or, belonging to the scheme before it, "parameter". */
static bool names_known_scheme(struct http_text part)
{
	static const char *const schemes[] = {"NTLM", "Negotiate", "Basic", "Bearer"};
	struct http_text first = {part.at, 0};

	while (first.length < part.length && !is_blank(part.at[first.length]))
		first.length++;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (is_word(first, schemes[i]))
			return true;
	return false;
}

static bool is_challenge(struct http_text value)
{
	while (value.length > 0)
		if (names_known_scheme(next_part(&value)))
			return true;
	return false;
}

/* "HTTP/1.1 200 OK" */
static bool read_status(struct http_text line, int *ret_status)
{
	const char *blank;

	if (line.length < 5 || strncasecmp(line.at, "HTTP/", 5) != 0)
		return false;
	blank = memchr(line.at, ' ', line.length);
	if (!blank || (size_t)(blank - line.at) + 4 > line.length)
		return false;
	for (int i = 1; i <= 3; i++)
		if (!isdigit((unsigned char)blank[i]))
			return false;
	*ret_status = (blank[1] - '0') * 100 + (blank[2] - '0') * 10 + (blank[3] - '0');
	return true;
}

static void take_field(struct http_reply *reply, struct http_text name, struct http_text value)
{
	if (is_word(name, "WWW-Authenticate")) {
		reply->challenged = reply->challenged || is_challenge(value);
	} else if (is_word(name, "Location") && reply->location[0] == '\0') {
		size_t length = value.length < HTTP_LOCATION_MAX ? value.length : HTTP_LOCATION_MAX - 1;

		memcpy(reply->location, value.at, length);
		reply->location[length] = '\0';
	}
}

bool http_reply_header(struct http_reply *reply, const char *line, size_t length)
{
	struct http_text text = trim((struct http_text){line, length});
	const char *colon;
	int status;

	if (length >= HTTP_HEADERS_MAX - reply->header_bytes)
		return false;
	reply->header_bytes += length + 1;
	if (read_status(text, &status)) {
		reply->status = status;
		reply->challenged = false;
		reply->location[0] = '\0';
		reply->head_bytes = 0;
	} else if ((colon = memchr(text.at, ':', text.length))) {
		struct http_text name = {text.at, (size_t)(colon - text.at)};
		struct http_text value = {colon + 1, text.length - name.length - 1};

		take_field(reply, name, trim(value));
	}
	memcpy(reply->head + reply->head_bytes, text.at, text.length); /* there is room: header_bytes counts it */
	reply->head_bytes += text.length;
	reply->head[reply->head_bytes++] = '\n';
	return true;
}

bool http_reply_body(struct http_reply *reply, const void *data, size_t length)
{
	size_t room = HTTP_BODY_MAX - reply->body_bytes;
	size_t taken = length < room ? length : room;

	memcpy(reply->body + reply->body_bytes, data, taken);
	reply->body_bytes += taken;
	return taken < room;
}

/* Cuts the first line off. */
static struct http_text next_line(struct http_text *rest)
{
	const char *newline = memchr(rest->at, '\n', rest->length);
	struct http_text line = {rest->at, newline ? (size_t)(newline - rest->at) + 1 : rest->length};

	rest->at += line.length;
	rest->length -= line.length;
	return trim(line);
}

struct http_text http_reply_field(const struct http_reply *reply, const char *name, int nth)
{
	struct http_text rest = {reply->head, reply->head_bytes};

	while (rest.length > 0) {
		struct http_text line = next_line(&rest);
		const char *colon = memchr(line.at, ':', line.length);
		size_t length = colon ? (size_t)(colon - line.at) : 0;

		if (colon && is_word((struct http_text){line.at, length}, name) && nth-- == 0)
			return trim((struct http_text){colon + 1, line.length - length - 1});
	}
	return (struct http_text){0};
}

struct http_text http_reply_phrase(const struct http_reply *reply)
{
	struct http_text rest = {reply->head, reply->head_bytes}, line = next_line(&rest);
	const char *blank = memchr(line.at, ' ', line.length);

	if (!blank || line.at + line.length - blank < 5)
		return (struct http_text){0};
	return trim((struct http_text){blank + 4, (size_t)(line.at + line.length - blank) - 4});
}

int http_reply_number(const struct http_reply *reply, const char *name)
{
	struct http_text value = http_reply_field(reply, name, 0);
	int number = 0;

	if (value.length == 0 || value.length > 9)
		return -1;
	for (size_t i = 0; i < value.length; i++) {
		if (!isdigit((unsigned char)value.at[i]))
			return -1;
		number = 10 * number + (value.at[i] - '0');
	}
	return number;
}
