#include "checks/http_reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A piece of a header line; not NUL-terminated. */
struct span {
	const char *at;
	size_t length;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span span)
{
	while (span.length > 0 && is_blank(span.at[0])) {
		span.at++;
		span.length--;
	}
	while (span.length > 0 && is_blank(span.at[span.length - 1]))
		span.length--;
	return span;
}

static bool is_word(struct span span, const char *word)
{
	return span.length == strlen(word) && strncasecmp(span.at, word, span.length) == 0;
}

/* Cuts the part before the next comma off the front; commas in quotes do not part (RFC 9110 11.6.1). */
static struct span next_part(struct span *rest)
{
	struct span part = {rest->at, 0};
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
static bool names_known_scheme(struct span part)
{
	static const char *const schemes[] = {"NTLM", "Negotiate", "Basic", "Bearer"};
	struct span first = {part.at, 0};

	while (first.length < part.length && !is_blank(part.at[first.length]))
		first.length++;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (is_word(first, schemes[i]))
			return true;
	return false;
}

static bool is_challenge(struct span value)
{
	while (value.length > 0)
		if (names_known_scheme(next_part(&value)))
			return true;
	return false;
}

/* "HTTP/1.1 200 OK" */
static bool read_status(struct span line, int *ret_status)
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

static void take_field(struct http_reply *reply, struct span name, struct span value)
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
	struct span text = trim((struct span){line, length});
	const char *colon;
	int status;

	if (length > HTTP_HEADERS_MAX - reply->header_bytes)
		return false;
	reply->header_bytes += length;
	if (read_status(text, &status)) {
		reply->status = status;
		reply->challenged = false;
		reply->location[0] = '\0';
	} else if ((colon = memchr(text.at, ':', text.length))) {
		struct span name = {text.at, (size_t)(colon - text.at)};
		struct span value = {colon + 1, text.length - name.length - 1};

		take_field(reply, name, trim(value));
	}
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
