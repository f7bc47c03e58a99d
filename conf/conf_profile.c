/* See conf_profile.h. A profile is a table: a check is a line in it. */
#include "conf/conf_profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_address.h"
#include "conf/conf_value.h"

/* What a check needs besides its own text. */
enum { TLS = 1 /* it may have a ca_file */ };

struct entry {
	const char *name;
	uint16_t port;
	unsigned needs;
	const char *text; /* %s: the host's name, at most once */
};

/* The health pages of Exchange's Managed Availability: the service, its back end and the administrator's word. */
#define HEALTH(name, folder, more)                                                                                     \
	{name, 443, TLS, "type = \"healthcheck\" url = \"https://%s/" folder "/healthcheck.htm\" " more}
#define WEIGHS(weight) "required = false weight = " #weight

static const struct entry exchange2010[] = {
	{"owa", 443, TLS, "type = \"owa\" url = \"https://%s/owa/auth/logon.aspx?replaceCurrent=1&url=\""},
	{"rpc", 135, 0, "type = \"rpc\" interfaces = {\"emsmdb\", \"nspi\", \"rfri\"}"},
	{0},
};

static const struct entry exchange2013[] = {
	HEALTH("owa", "owa", ""),
	HEALTH("ews", "ews", ""),
	HEALTH("autodiscover", "autodiscover", ""),
	HEALTH("activesync", "Microsoft-Server-ActiveSync", ""),
	HEALTH("outlook-anywhere", "rpc", ""),
	HEALTH("mapi", "mapi", WEIGHS(200)),
	HEALTH("ecp", "ecp", WEIGHS(50)),
	HEALTH("oab", "oab", WEIGHS(50)),
	{0},
};

static const struct entry exchange2016[] = {
	HEALTH("owa", "owa", ""),
	HEALTH("ews", "ews", ""),
	HEALTH("mapi", "mapi", ""),
	HEALTH("autodiscover", "autodiscover", ""),
	HEALTH("activesync", "Microsoft-Server-ActiveSync", ""),
	HEALTH("outlook-anywhere", "rpc", WEIGHS(200)),
	HEALTH("ecp", "ecp", WEIGHS(50)),
	HEALTH("oab", "oab", WEIGHS(50)),
	{0},
};

static const struct entry gromox[] = {{0}};

static const struct entry proxy[] = {
	HEALTH("owa", "owa", ""),
	HEALTH("ews", "ews", WEIGHS(200)),
	HEALTH("mapi", "mapi", WEIGHS(200)),
	{0},
};

static const struct entry *const profiles[CONF_PROFILE_COUNT] = {
	[CONF_PROFILE_NONE] = NULL,
	[CONF_PROFILE_EXCHANGE2010] = exchange2010,
	[CONF_PROFILE_EXCHANGE2013] = exchange2013,
	[CONF_PROFILE_EXCHANGE2016] = exchange2016,
	[CONF_PROFILE_EXCHANGE2019] = exchange2016,
	[CONF_PROFILE_GROMOX] = gromox,
	[CONF_PROFILE_PROXY] = proxy,
};

const char *conf_profile_check(enum conf_profile profile, int i)
{
	return profiles[profile] ? profiles[profile][i].name : NULL;
}

static void print_key(FILE *out, const char *key, const char *text)
{
	fprintf(out, " %s = ", key);
	conf_text_print(text, out);
}

static void print_check(FILE *out, const struct conf_vip *vip, const struct entry *entry)
{
	struct conf_endpoint connect = {.address = vip->service, .port = entry->port};
	const char *host = strstr(entry->text, "%s");
	char text[ADDRESS_TEXT_MAX];

	fprintf(out, "check \"%s\" { ", entry->name);
	if (host)
		fprintf(out, "%.*s%s%s", (int)(host - entry->text), entry->text, vip->host, host + 2);
	else
		fputs(entry->text, out);
	if (entry->port)
		fprintf(out, " connect = \"%s\"", endpoint_text(&connect, text));
	if ((entry->needs & TLS) && *vip->service_ca_file)
		print_key(out, "ca_file", vip->service_ca_file);
	fputs(" }\n", out);
}

int conf_profile_text(const struct conf_vip *vip, char text[static CONF_PROFILE_TEXT_MAX])
{
	FILE *out;

	text[0] = '\0';
	/* A host that is missing, or an address that was refused, had its finding; here it would have more. */
	if (vip->profile == CONF_PROFILE_NONE || *vip->host == '\0' || vip->service.family == 0)
		return 0;
	out = fmemopen(text, CONF_PROFILE_TEXT_MAX, "w");
	if (!out)
		return -ENOMEM;
	fputs("vip \"profile\" {\n", out);
	for (const struct entry *entry = profiles[vip->profile]; entry->name; entry++)
		print_check(out, vip, entry);
	fputs("}\n", out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}
