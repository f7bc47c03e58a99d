#include "checks/cookies.h"

#include <string.h>

static const char start[] = "Cookie: ";

/* "name=value" up to the attributes, in printable ASCII; an empty one when it is none. */
static struct http_text pair_of(struct http_text value)
{
	const char *semicolon = memchr(value.at, ';', value.length), *equal;

	if (semicolon)
		value.length = (size_t)(semicolon - value.at);
	while (value.length > 0 && value.at[value.length - 1] == ' ')
		value.length--;
	equal = memchr(value.at, '=', value.length);
	for (size_t i = 0; i < value.length; i++)
		if (value.at[i] <= ' ' || value.at[i] > '~')
			return (struct http_text){0};
	return equal && equal > value.at ? value : (struct http_text){0};
}

/* Takes out the cookie that begins with these bytes ("name="). */
static void drop(struct cookies *cookies, const char *name, size_t length)
{
	char *at = cookies->header + strlen(start);

	while (cookies->header[0]) {
		char *end = strstr(at, "; "), *next = end ? end + 2 : at + strlen(at);

		if (strncmp(at, name, length) == 0) {
			memmove(at, next, strlen(next) + 1);
			break;
		}
		if (!end)
			return;
		at = next;
	}
	if (strcmp(cookies->header, start) == 0) {
		cookies->header[0] = '\0';
		return;
	}
	size_t left = strlen(cookies->header); /* the last one leaves its separator behind */
	if (left >= 2 && strcmp(cookies->header + left - 2, "; ") == 0)
		cookies->header[left - 2] = '\0';
}

static void add(struct cookies *cookies, struct http_text pair)
{
	size_t have = strlen(cookies->header);
	const char *before = have ? "; " : start;

	if (have + strlen(before) + pair.length >= sizeof(cookies->header))
		return;
	strcpy(cookies->header + have, before);
	have += strlen(before);
	memcpy(cookies->header + have, pair.at, pair.length);
	cookies->header[have + pair.length] = '\0';
}

void cookies_take(struct cookies *cookies, const struct http_reply *reply)
{
	struct http_text value;

	for (int i = 0; (value = http_reply_field(reply, "Set-Cookie", i)).at; i++) {
		struct http_text pair = pair_of(value);

		if (pair.length == 0)
			continue;
		drop(cookies, pair.at, (size_t)((const char *)memchr(pair.at, '=', pair.length) - pair.at) + 1);
		add(cookies, pair);
	}
}
