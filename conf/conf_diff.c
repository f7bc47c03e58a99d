#include "conf/conf_diff.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_address.h"

struct ear {
	conf_diff_fn *tell;
	void *context;
};

static void say(const struct ear *ear, enum conf_change change, const char *words, ...)
	__attribute__((format(printf, 3, 4)));

static void say(const struct ear *ear, enum conf_change change, const char *words, ...)
{
	char thing[CONF_THING_MAX];
	va_list args;

	va_start(args, words);
	vsnprintf(thing, sizeof(thing), words, args);
	va_end(args);
	ear->tell(ear->context, change, thing);
}

static int vip_named(const struct conf *conf, const char *name)
{
	for (int v = 0; v < conf->vips; v++)
		if (strcmp(conf->vip[v].name, name) == 0)
			return v;
	return -1;
}

static const struct conf_check *check_named(const struct conf_vip *vip, const char *name)
{
	for (int c = 0; c < vip->checks; c++)
		if (strcmp(vip->check[c].name, name) == 0)
			return &vip->check[c];
	return NULL;
}

static bool has_address(const struct conf_address *among, int count, const struct conf_address *address)
{
	for (int i = 0; i < count; i++)
		if (among[i].prefix == address->prefix && address_same(&among[i], address))
			return true;
	return false;
}

/* Those of `a` that `b` lacks. */
static void say_addresses(const struct ear *ear, enum conf_change change, const struct conf_vip *a,
			  const struct conf_vip *b)
{
	char text[ADDRESS_TEXT_MAX];

	for (int i = 0; i < a->addresses; i++)
		if (!has_address(b->address, b->addresses, &a->address[i]))
			say(ear, change, "address:%s/%s", a->name, address_text(&a->address[i], true, text));
}

static void say_checks(const struct ear *ear, const struct conf_vip *was, const struct conf_vip *is)
{
	for (int c = 0; c < was->checks; c++)
		if (!check_named(is, was->check[c].name))
			say(ear, CONF_REMOVED, "check:%s/%s", is->name, was->check[c].name);
	for (int c = 0; c < is->checks; c++) {
		const struct conf_check *before = check_named(was, is->check[c].name);

		if (!before || memcmp(before, &is->check[c], sizeof(*before)) != 0)
			say(ear, before ? CONF_CHANGED : CONF_ADDED, "check:%s/%s", is->name, is->check[c].name);
	}
}

/* What a vip has besides name, interface, addresses and checks. */
static bool same_settings(const struct conf_vip *a, const struct conf_vip *b)
{
	enum { FROM = offsetof(struct conf_vip, prefer), TO = offsetof(struct conf_vip, check) };

	return memcmp((const char *)a + FROM, (const char *)b + FROM, TO - FROM) == 0;
}

static void say_vip(const struct ear *ear, const struct conf_vip *was, const struct conf_vip *is)
{
	if (strcmp(was->interface, is->interface) != 0)
		say(ear, CONF_CHANGED, "interface:%s", is->name);
	say_addresses(ear, CONF_REMOVED, was, is);
	say_addresses(ear, CONF_ADDED, is, was);
	if (!same_settings(was, is))
		say(ear, CONF_CHANGED, "vip:%s", is->name);
	say_checks(ear, was, is);
}

static void say_vips(const struct ear *ear, const struct conf *was, const struct conf *is)
{
	for (int v = 0; v < was->vips; v++)
		if (vip_named(is, was->vip[v].name) < 0)
			say(ear, CONF_REMOVED, "vip:%s", was->vip[v].name);
	for (int v = 0; v < is->vips; v++) {
		int before = vip_named(was, is->vip[v].name);

		if (before < 0)
			say(ear, CONF_ADDED, "vip:%s", is->vip[v].name);
		else
			say_vip(ear, &was->vip[before], &is->vip[v]);
	}
}

/* Those of `a` that `b` lacks, by place. */
static void say_links(const struct ear *ear, enum conf_change change, const struct conf_node *a,
		      const struct conf_node *b)
{
	char text[ADDRESS_TEXT_MAX];

	for (int l = 0; l < a->addresses; l++)
		if (l >= b->addresses || !address_same(&a->address[l], &b->address[l]))
			say(ear, change, "link:%s/%s", a->name, address_text(&a->address[l], false, text));
}

static void say_nodes(const struct ear *ear, const struct conf *was, const struct conf *is)
{
	for (int n = is->nodes; n < was->nodes; n++)
		say(ear, CONF_REMOVED, "node:%s", was->node[n].name);
	for (int n = was->nodes; n < is->nodes; n++)
		say(ear, CONF_ADDED, "node:%s", is->node[n].name);
	for (int n = 0; n < was->nodes && n < is->nodes; n++) {
		say_links(ear, CONF_REMOVED, &was->node[n], &is->node[n]);
		say_links(ear, CONF_ADDED, &is->node[n], &was->node[n]);
		if (was->node[n].witness != is->node[n].witness)
			say(ear, CONF_CHANGED, "node:%s", is->node[n].name);
	}
}

static const struct conf_hook *hook_named(const struct conf *conf, const char *name)
{
	for (int i = 0; i < conf->hooks; i++)
		if (strcmp(conf->hook[i].name, name) == 0)
			return &conf->hook[i];
	return NULL;
}

static void say_hooks(const struct ear *ear, const struct conf *was, const struct conf *is)
{
	for (int i = 0; i < was->hooks; i++) {
		const struct conf_hook *now = hook_named(is, was->hook[i].name);

		if (!now)
			say(ear, CONF_REMOVED, "hook:%s", was->hook[i].name);
		else if (memcmp(now, &was->hook[i], sizeof(*now)) != 0)
			say(ear, CONF_CHANGED, "hook:%s", now->name);
	}
	for (int i = 0; i < is->hooks; i++)
		if (!hook_named(was, is->hook[i].name))
			say(ear, CONF_ADDED, "hook:%s", is->hook[i].name);
}

void conf_diff(const struct conf *was, const struct conf *is, conf_diff_fn *tell, void *context)
{
	const struct ear ear = {tell, context};

	say_vips(&ear, was, is);
	say_nodes(&ear, was, is);
	say_hooks(&ear, was, is);
	if (strcmp(was->key_file, is->key_file) != 0)
		say(&ear, CONF_CHANGED, "key_file");
}

int conf_diff_kept(const struct conf *was, const struct conf_vip *is)
{
	int before = vip_named(was, is->name);

	return before >= 0 && strcmp(was->vip[before].interface, is->interface) == 0 ? before : -1;
}

/* The first place at which there is another node now, or -1. */
static int displaced(const struct conf *was, const struct conf *is)
{
	for (int n = 0; n < was->nodes && n < is->nodes; n++)
		if (strcmp(was->node[n].name, is->node[n].name) != 0)
			return n;
	return -1;
}

/* Is there a node whose addresses are all others now? It may be another host, and the one before may still run. */
static const struct conf_node *moved(const struct conf *was, const struct conf *is)
{
	for (int n = 0; n < was->nodes && n < is->nodes; n++) {
		bool stays = false;

		for (int l = 0; l < is->node[n].addresses; l++)
			stays |= has_address(was->node[n].address, was->node[n].addresses, &is->node[n].address[l]);
		if (!stays)
			return &is->node[n];
	}
	return NULL;
}

static bool same_nodes(const struct conf *a, const struct conf *b)
{
	return a->nodes == b->nodes && memcmp(a->node, b->node, sizeof(a->node)) == 0;
}

/* With provider "majority" each step is one node; corosync counts nodes of its own (design, part 12). */
static int majority_reasons(const struct conf *was, const struct conf *is, conf_reason_fn *tell, void *context)
{
	const struct conf_node *other = moved(was, is);
	char words[CONF_REASON_MAX];

	if (was->quorum == CONF_QUORUM_COROSYNC && !same_nodes(was, is)) {
		tell(context, "the nodes changed: with provider corosync that needs a restart");
		return 1;
	}
	if (was->quorum != CONF_QUORUM_MAJORITY)
		return 0;
	if (abs(is->nodes - was->nodes) > 1)
		tell(context, "more than one node came or went: with provider majority, one at a time");
	if (!other)
		return abs(is->nodes - was->nodes) > 1;
	snprintf(words, sizeof(words), "node %s has none of its addresses any more: with provider majority that needs "
		 "a restart", other->name);
	tell(context, words);
	return 1 + (abs(is->nodes - was->nodes) > 1);
}

int conf_diff_restarts(const struct conf *was, const struct conf *is, conf_reason_fn *tell, void *context)
{
	const char *const changed[] = {
		strcmp(was->cluster, is->cluster) != 0 ? "the cluster's name" : NULL,
		was->heartbeat.ns != is->heartbeat.ns ? "heartbeat's interval" : NULL,
		was->dead_after != is->dead_after ? "heartbeat's dead_after" : NULL,
		was->port != is->port ? "heartbeat's port" : NULL,
		was->quorum != is->quorum ? "quorum's provider" : NULL,
	};
	int place = displaced(was, is), reasons = 0;
	char words[CONF_REASON_MAX];

	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		if (!changed[i])
			continue;
		snprintf(words, sizeof(words), "%s changed: that needs a restart", changed[i]);
		tell(context, words);
		reasons++;
	}
	if (place >= 0) {
		snprintf(words, sizeof(words), "node %d was %s and is %s: that needs a restart; without one, nodes "
			 "come and go at the end of the file alone", place + 1, was->node[place].name,
			 is->node[place].name);
		tell(context, words);
		reasons++;
	}
	return reasons + (place >= 0 ? 0 : majority_reasons(was, is, tell, context));
}
