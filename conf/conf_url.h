/* The URL of a check, taken apart as far as the configuration must understand it. */
#pragma once

#include "conf/conf.h"

struct conf_url {
	bool https;
	char host[CONF_TEXT_MAX]; /* without the brackets of an IPv6 address */
	struct conf_address address; /* of the host when it is an address; family 0: it is a name */
	uint16_t port; /* the scheme's, where the url has none */
};

/* "http[s]://HOST[:PORT][/...]" in printable ASCII, shorter than CONF_TEXT_MAX, without a user or a fragment.
 * 0, or -EINVAL with `*ret_why` what is wrong; `url` is untouched then. */
int conf_url_read(const char *text, struct conf_url *url, const char **ret_why);

/* Letters, digits and . _ - that are no address: the last label does not begin with a digit. */
bool conf_url_is_host_name(const char *host);
/* What follows the host and its port, "/owa/?x": "" when nothing does. `text` is a url that conf_url_read() takes. */
const char *conf_url_path(const char *text);
