#include "checks/http_verdict.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "checks/http_judge.h"
#include "checks/http_service.h"
#include "conf/conf_url.h"

/* "Name: text": some header of that name whose value contains the text. */
static bool has_header(const struct http_reply *reply, const char *wanted)
{
	size_t length = strcspn(wanted, ":");
	const char *text = wanted + length + (wanted[length] == ':');
	char name[CHECK_HEADER_MAX];
	struct http_text value;

	snprintf(name, sizeof(name), "%.*s", (int)length, wanted);
	text += strspn(text, " ");
	for (int i = 0; (value = http_reply_field(reply, name, i)).at; i++)
		if (memmem(value.at, value.length, text, strlen(text)))
			return true;
	return false;
}

/* The first header that is wanted and not there; NULL: none is missing. */
static const char *missing_header(const struct conf_check *check, const struct http_reply *reply)
{
	for (int i = 0; i < check->expect_headers; i++)
		if (!has_header(reply, check->expect_header[i]))
			return check->expect_header[i];
	return NULL;
}

static void judge_http(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	int wanted = check->expect_status ? check->expect_status : 200;
	bool has_text = check->expect_body[0] == '\0' || http_body_contains(reply, check->expect_body);
	bool may_challenge = wanted == 401 || (wanted == 200 && !check->expect_body[0] && !check->expect_headers);
	const char *missing = missing_header(check, reply);

	if (reply->status == 401 && (check->credentials[0] || (has_text && !missing && may_challenge)))
		http_judge_401(check, reply, "", outcome);
	else if (reply->status != wanted)
		http_judge_status(reply, outcome);
	else if (missing)
		outcome_set(outcome, VERDICT_DOWN, "header", "answered %d without the header \"%.60s\"", wanted,
			    missing);
	else if (!has_text)
		outcome_set(outcome, VERDICT_DOWN, "body", "answered %d without the expected text", wanted);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "answered %d", wanted);
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

/* The healthy page is "200 OK", then "<br/>" and the server's name. */
static bool read_healthcheck(const struct http_reply *reply, char fqdn[static CONF_TEXT_MAX])
{
	static const char *const breaks[] = {"<br/>", "<br />", "<br>"};
	const char *at = reply->body, *end = reply->body + reply->body_bytes;
	size_t length = 0;

	if (end - at < 6 || memcmp(at, "200 OK", 6) != 0)
		return false;
	at += 6;
	if (at < end && *at != '<' && !isspace((unsigned char)*at))
		return false;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		size_t size = strlen(breaks[i]);

		if ((size_t)(end - at) >= size && strncasecmp(at, breaks[i], size) == 0) {
			at += size;
			break;
		}
	}
	while (at < end && isspace((unsigned char)*at))
		at++;
	while (at < end && length < CONF_TEXT_MAX - 1 && is_name_char(*at))
		fqdn[length++] = *at++;
	fqdn[length] = '\0';
	return true;
}

static void judge_healthcheck(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	char fqdn[CONF_TEXT_MAX];

	if (reply->status == 401)
		http_judge_401(check, reply, ": the health statement was not obtained", outcome);
	else if (reply->status != 200)
		http_judge_status(reply, outcome);
	else if (!read_healthcheck(reply, fqdn))
		outcome_set(outcome, VERDICT_DOWN, "body", "answered 200, but the page does not say 200 OK");
	else if (check->expect_fqdn[0] && strcasecmp(fqdn, check->expect_fqdn) != 0)
		outcome_set(outcome, VERDICT_DOWN, "other-server", "%.40s answered, not this node: a balancer between?",
			    fqdn[0] ? fqdn : "a nameless server");
	else
		outcome_set(outcome, VERDICT_UP, "ok", "200 OK%s%s", fqdn[0] ? " from " : "", fqdn);
}

/* Path of an absolute url or of a Location that names one: what follows scheme://authority. NULL: it is not one. */
static const char *path_of(const char *url)
{
	const char *authority = strstr(url, "://");

	return authority ? authority + 3 + strcspn(authority + 3, "/?#\\") : NULL;
}

static bool is_same_host(const char *location, const char *path, const char *url)
{
	char origin[CONF_TEXT_MAX];
	struct conf_url there, here;
	const char *why;
	int length = snprintf(origin, sizeof(origin), "%.*s", (int)(path - location), location);

	return length < (int)sizeof(origin) && conf_url_read(origin, &there, &why) == 0 &&
	       conf_url_read(url, &here, &why) == 0 && strcasecmp(there.host, here.host) == 0;
}

/* `path` begins in /owa/ and stays there. */
static bool is_owa_path(const char *path)
{
	size_t length = strcspn(path, "?#");

	return strncasecmp(path, "/owa/", 5) == 0 && !memmem(path, length, "/..", 3) && !memchr(path, '\\', length);
}

static bool leads_to_logon(const struct conf_check *check, const char *location)
{
	size_t scheme = strcspn(location, ":/?#");
	const char *base = path_of(check->url);
	char path[CONF_TEXT_MAX + HTTP_LOCATION_MAX];

	if (check->location[0] && strncasecmp(location, check->location, strlen(check->location)) == 0)
		return true;
	if (location[0] == '\0')
		return false;
	if (location[scheme] == ':') {
		const char *there = path_of(location);

		return there && is_same_host(location, there, check->url) && is_owa_path(there);
	}
	if (location[0] == '/')
		return is_owa_path(location);
	/* Relative to the folder of the page we asked for. */
	const char *slash = base ? memrchr(base, '/', strcspn(base, "?#")) : NULL;
	snprintf(path, sizeof(path), "%.*s/%s", slash ? (int)(slash - base) : 0, base ? base : "", location);
	return is_owa_path(path);
}

static void judge_owa(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	switch (reply->status) {
	case 200:
		outcome_set(outcome, VERDICT_UP, "ok", "answered 200");
		break;
	case 301:
	case 302:
	case 303:
	case 307:
		if (leads_to_logon(check, reply->location))
			outcome_set(outcome, VERDICT_UP, "logon", "answered %d to the logon page", reply->status);
		else
			outcome_set(outcome, VERDICT_DOWN, "location", "answered %d to %.60s", reply->status,
				    reply->location[0] ? reply->location : "nowhere");
		break;
	case 401:
		http_judge_401(check, reply, "", outcome);
		break;
	case 440: /* Exchange's "login timeout" */
		if (check->credentials[0])
			http_judge_rejected(reply, outcome);
		else
			outcome_set(outcome, VERDICT_UP_AUTH, "login-timeout", "answered 440 and wants a logon");
		break;
	default:
		http_judge_status(reply, outcome);
	}
}

typedef void judge_fn(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome);

static judge_fn *const judges[CHECK_TYPE_COUNT] = {
	[CHECK_HTTP] = judge_http,
	[CHECK_HEALTHCHECK] = judge_healthcheck,
	[CHECK_OWA] = judge_owa,
	[CHECK_ECP] = judge_owa,
	[CHECK_EWS] = http_judge_ews,
	[CHECK_AUTODISCOVER] = http_judge_autodiscover,
	[CHECK_ACTIVESYNC] = http_judge_activesync,
	[CHECK_OAB] = http_judge_oab,
	[CHECK_MAPI] = http_judge_mapi_ping,
	[CHECK_OUTLOOK_ANYWHERE] = http_judge_rpc_echo,
};

void http_verdict(const struct conf_check *check, const struct http_reply *reply, struct outcome *outcome)
{
	if (reply->status == 0) {
		outcome_set(outcome, VERDICT_DOWN, "protocol", "the answer is not HTTP");
		return;
	}
	assert(judges[check->type]); /* a check by HTTP */
	judges[check->type](check, reply, outcome);
}
