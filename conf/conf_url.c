/* See conf_url.h. A host that looks like a number must be a whole IPv4 address: libcurl, like browsers, would read
 * "10.1" as 10.0.0.1. */
#include "conf/conf_url.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_address.h"

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

static const char *after(const char *text, const char *start)
{
	return strncasecmp(text, start, strlen(start)) == 0 ? text + strlen(start) : NULL;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

bool conf_url_is_host_name(const char *host)
{
	const char *label = strrchr(host, '.');

	label = label ? label + 1 : host;
	if (*host == '\0' || *host == '.' || isdigit((unsigned char)*label))
		return false;
	for (; *host; host++)
		if (!isalnum((unsigned char)*host) && !strchr("._-", *host))
			return false;
	return true;
}

static int read_host(const char *host, bool bracketed, struct conf_url *url, const char **ret_why)
{
	const char *why;

	if (address_read(host, &url->address, &why) == 0) {
		if (bracketed != (url->address.family == AF_INET6))
			return refuse(ret_why, "has an IPv6 address without brackets, or brackets without one");
		why = address_unfit_for_node(&url->address);
		return why ? refuse(ret_why, why) : 0;
	}
	if (bracketed || !conf_url_is_host_name(host))
		return refuse(ret_why, "has a host that is neither a name nor an address");
	return 0;
}

/* What follows the host: ":PORT", then the path. */
static int read_port(const char *text, struct conf_url *url, const char **ret_why)
{
	if (*text == ':') {
		char *end;
		unsigned long port = isdigit((unsigned char)text[1]) ? strtoul(text + 1, &end, 10) : 0;

		if (port < 1 || port > UINT16_MAX)
			return refuse(ret_why, "has a port outside 1..65535");
		url->port = (uint16_t)port;
		text = end;
	}
	if (*text != '\0' && *text != '/' && *text != '?')
		return refuse(ret_why, "is not http[s]://HOST[:PORT]/PATH");
	return 0;
}

int conf_url_read(const char *text, struct conf_url *url, const char **ret_why)
{
	struct conf_url parsed = {0};
	const char *host = after(text, "https://");

	parsed.https = host != NULL;
	parsed.port = parsed.https ? 443 : 80;
	if (!host && !(host = after(text, "http://")))
		return refuse(ret_why, "is not an http:// or https:// url");
	if (strlen(text) >= CONF_TEXT_MAX)
		return refuse(ret_why, "is too long");
	if (!is_printable(text) || strchr(text, '#'))
		return refuse(ret_why, "has a blank, a # or a character outside ASCII: write it as %XX");

	if (memchr(host, '@', strcspn(host, "/?")))
		return refuse(ret_why, "has a user, which is not supported");
	bool bracketed = *host == '[';
	host += bracketed;
	size_t length = strcspn(host, bracketed ? "]" : ":/?");
	if (bracketed && host[length] != ']')
		return refuse(ret_why, "has a [ without its ]");
	memcpy(parsed.host, host, length);
	int error = read_host(parsed.host, bracketed, &parsed, ret_why);
	if (!error)
		error = read_port(host + length + bracketed, &parsed, ret_why);
	if (!error)
		*url = parsed;
	return error;
}

const char *conf_url_path(const char *text)
{
	const char *host = strstr(text, "://") + 3;

	return host + strcspn(host, "/?");
}
