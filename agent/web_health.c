#include "agent/web_health.h"

#include <stdio.h>
#include <string.h>

static bool is_owner(const struct status_vip *vip)
{
	return vip->role == ROLE_ACTIVE && vip->lease_ms != 0;
}

static const struct status_vip *vip_named(const struct status *status, const char *name)
{
	for (int v = 0; v < status->vips; v++) {
		if (strcmp(status->vip[v].name, name) == 0)
			return &status->vip[v];
	}
	return NULL;
}

static unsigned of_one(const struct status *status, const struct status_vip *vip,
		       char words[static WEB_HEALTH_WORDS_MAX])
{
	if (is_owner(vip)) {
		snprintf(words, WEB_HEALTH_WORDS_MAX, "%s owns %s\n", status->node, vip->name);
		return 200;
	}
	if (vip->role == ROLE_ACTIVE)
		snprintf(words, WEB_HEALTH_WORDS_MAX, "%s has %s, but no lease for it\n", status->node, vip->name);
	else if (vip->active[0])
		snprintf(words, WEB_HEALTH_WORDS_MAX, "%s is on %s\n", vip->name, vip->active);
	else
		snprintf(words, WEB_HEALTH_WORDS_MAX, "no owner of %s is known\n", vip->name);
	return 503;
}

static unsigned of_any(const struct status *status, char words[static WEB_HEALTH_WORDS_MAX])
{
	for (int v = 0; v < status->vips; v++) {
		if (is_owner(&status->vip[v]))
			return of_one(status, &status->vip[v], words);
	}
	snprintf(words, WEB_HEALTH_WORDS_MAX, "%s owns no vip\n", status->node);
	return 503;
}

unsigned web_health(const struct web_news *news, struct instant now, const char *vip,
		    char words[static WEB_HEALTH_WORDS_MAX])
{
	const struct status_vip *one;

	if (!web_news_fresh(news, now)) {
		snprintf(words, WEB_HEALTH_WORDS_MAX, "agent not reachable: %s\n",
			 news->trouble[0] ? news->trouble : "its last answer is too old");
		return 503;
	}
	if (!vip[0])
		return of_any(news->status, words);
	one = vip_named(news->status, vip);
	if (one)
		return of_one(news->status, one, words);
	snprintf(words, WEB_HEALTH_WORDS_MAX, "no vip has this name here\n");
	return 404;
}
