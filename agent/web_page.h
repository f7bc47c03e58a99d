/* The status page and its parts, agent/web/page.*, embedded when this was built. */
#pragma once

#include <stddef.h>

struct web_file {
	const char *text;
	size_t length;
};

struct web_file web_page_html(void);
struct web_file web_page_css(void);
struct web_file web_page_js(void);
