#include "agent/web_route.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf/conf_address.h"

static const struct {
	const char *path;
	enum web_page page;
} paths[] = {
	{"/", WEB_PAGE},
	{"/page.css", WEB_STYLE},
	{"/page.js", WEB_SCRIPT},
	{"/status.json", WEB_STATUS_JSON},
	{"/metrics", WEB_METRICS},
	{"/healthz", WEB_HEALTH},
};

static const char health_of[] = "/healthz/";

/* The host without its port; false when it is longer than a name can be. */
static bool take_host(const char *text, char host[static 256])
{
	const char *end = *text == '[' ? strchr(text, ']') : strchr(text, ':');
	size_t length;

	if (*text == '[') {
		text++;
		if (!end)
			return false;
	}
	length = end ? (size_t)(end - text) : strlen(text);
	if (length >= 256)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	return true;
}

static bool is_host_allowed(const char *text)
{
	struct conf_address address = {0};
	const char *why;
	char host[256];

	if (!text)
		return true; /* no browser says nothing */
	return take_host(text, host) && (strcasecmp(host, "localhost") == 0 || address_read(host, &address, &why) == 0);
}

/* 0..1000; RFC 9110 12.4.2. What is not understood counts as 1, which is what nothing is. */
static int weight(const char *entry, size_t length)
{
	static const int place[] = {100, 10, 1};
	int thousandths = 0;
	char copy[256], *q;

	snprintf(copy, sizeof(copy), "%.*s", (int)(length < sizeof(copy) ? length : sizeof(copy) - 1), entry);
	q = strcasestr(copy, ";q=");
	if (!q)
		q = strcasestr(copy, "; q=");
	if (!q)
		return 1000;
	q = strchr(q, '=') + 1;
	for (int d = 0; q[0] == '0' && q[1] == '.' && d < 3 && q[2 + d] >= '0' && q[2 + d] <= '9'; d++)
		thousandths += (q[2 + d] - '0') * place[d];
	return q[0] == '0' ? thousandths : 1000;
}

static bool is_type(const char *entry, size_t length, const char *type)
{
	size_t word = strlen(type);

	return length >= word && strncasecmp(entry, type, word) == 0 &&
	       (length == word || entry[word] == ';' || entry[word] == ' ');
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

bool web_wants_openmetrics(const char *accept)
{
	int open = 0, plain = 0;

	while (accept && *accept) {
		size_t length = strcspn(accept, ",");
		size_t blanks = strspn(accept, " \t");
		const char *entry = accept + (blanks < length ? blanks : length);
		size_t left = length - (size_t)(entry - accept);

		if (is_type(entry, left, "application/openmetrics-text"))
			open = most(open, weight(entry, left));
		else if (is_type(entry, left, "text/plain"))
			plain = most(plain, weight(entry, left));
		accept += length + (accept[length] == ',');
	}
	return open > 0 && open >= plain;
}

static bool find(const char *path, struct web_route *found)
{
	size_t prefix = sizeof(health_of) - 1;

	for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
		if (strcmp(path, paths[p].path) == 0) {
			found->page = paths[p].page;
			return true;
		}
	}
	if (strncmp(path, health_of, prefix) != 0 || !path[prefix])
		return false;
	found->page = WEB_HEALTH;
	return (size_t)snprintf(found->vip, sizeof(found->vip), "%s", path + prefix) < sizeof(found->vip);
}

enum web_refusal web_route(const struct web_request *request, bool by_name, struct web_route *route)
{
	struct web_route found = {0};

	if (!by_name && !is_host_allowed(request->host))
		return WEB_BAD_HOST;
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		return WEB_BAD_METHOD;
	if (!find(request->path, &found))
		return WEB_NO_SUCH_PAGE;
	found.openmetrics = web_wants_openmetrics(request->accept);
	*route = found;
	return WEB_FOUND;
}
