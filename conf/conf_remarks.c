/* See conf_remarks.h. A function a remark. */
#include "conf/conf_remarks.h"

#include <string.h>

#include "conf/conf_url.h"

static void has_a_required_check(const struct conf_vip *vip, FILE *out)
{
	for (int c = 0; c < vip->checks; c++)
		if (vip->check[c].required)
			return;
	fprintf(out, "remark: vip %s has no required check: it moves only when a host or its link fails\n", vip->name);
}

/* The logon page is asked for where the application is; elsewhere a redirect to it is the best there is. */
static void asks_owa_for_owa(const struct conf_vip *vip, const struct conf_check *check, FILE *out)
{
	if (check->type == CHECK_OWA && strncasecmp(conf_url_path(check->url), "/owa/", 5) != 0)
		fprintf(out, "remark: check %s of vip %s asks for %s: OWA lives below /owa/\n", check->name, vip->name,
			*conf_url_path(check->url) ? conf_url_path(check->url) : "/");
}

void conf_remarks(const struct conf *conf, FILE *out)
{
	for (int v = 0; v < conf->vips; v++) {
		has_a_required_check(&conf->vip[v], out);
		for (int c = 0; c < conf->vip[v].checks; c++)
			asks_owa_for_owa(&conf->vip[v], &conf->vip[v].check[c], out);
	}
}
