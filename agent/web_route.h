/* What a request of a web client asks for: method, path and three headers in, a page out, or why not.
 *
 * Pure: strangers' bytes are compared and never kept, but for the name of a vip. */
#pragma once

#include <stdbool.h>

#include "conf/conf.h"

enum web_page { WEB_PAGE, WEB_STYLE, WEB_SCRIPT, WEB_STATUS_JSON, WEB_METRICS, WEB_HEALTH };

/* Each has its status code: 200, 405, 404, 403. */
enum web_refusal { WEB_FOUND, WEB_BAD_METHOD, WEB_NO_SUCH_PAGE, WEB_BAD_HOST };

struct web_request {
	const char *method;
	const char *path;   /* unescaped, without the query */
	const char *host;   /* NULL: not said, as in HTTP/1.0 */
	const char *accept; /* NULL: not said */
};

struct web_route {
	enum web_page page;
	char vip[CONF_NAME_MAX]; /* WEB_HEALTH: "" for any of them */
	bool openmetrics;        /* WEB_METRICS: else text/plain; version=0.0.4 */
};

/* `by_name` allows any name in the Host header. Without, only addresses and localhost are allowed: else any web site
 * whose name an attacker points to 127.0.0.1 could read this host's pages in an admin's browser (DNS rebinding).
 * `route` is untouched on refusal. */
enum web_refusal web_route(const struct web_request *request, bool by_name, struct web_route *route);

/* Does this Accept header (RFC 9110 12.5.1) want OpenMetrics at least as much as the older text? */
bool web_wants_openmetrics(const char *accept);
