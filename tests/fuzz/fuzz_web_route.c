/* A web client's request: method, path, Host and Accept, a line each. Whatever is found is a page, by a name that fits.
 *
 * fuzz-sources: agent/web_route.c conf/conf_address.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/web_route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = 4, BYTES_MAX = 4096 };

static void split(char *text, char *lines[static LINES])
{
	for (int l = 0; l < LINES; l++) {
		lines[l] = text;
		text = text ? strchr(text, '\n') : NULL;
		if (text)
			*text++ = '\0';
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[BYTES_MAX + 1], *lines[LINES];
	struct web_route route, again;
	struct web_request request;

	size = size < BYTES_MAX ? size : BYTES_MAX;
	memcpy(text, data, size);
	text[size] = '\0';
	split(text, lines);
	request = (struct web_request){lines[0], lines[1] ? lines[1] : "/", lines[2], lines[3]};
	if (web_route(&request, false, &route) != WEB_FOUND)
		return 0;
	assert(strcmp(request.method, "GET") == 0 || strcmp(request.method, "HEAD") == 0);
	assert(route.page <= WEB_HEALTH && strlen(route.vip) < CONF_NAME_MAX);
	assert(!route.vip[0] || route.page == WEB_HEALTH);
	assert(!strstr(route.vip, "\n"));
	assert(web_route(&request, true, &again) == WEB_FOUND); /* what loopback allows is allowed anywhere */
	assert(again.page == route.page && strcmp(again.vip, route.vip) == 0 && again.openmetrics == route.openmetrics);
	return 0;
}
