/* See conf_profile.h. A profile is a table: a check is a line in it. */
#include "conf/conf_profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_address.h"
#include "conf/conf_value.h"

/* What a check has besides its own text. */
enum {
	TLS = 1,     /* a ca_file, where the vip has one */
	LOGS_ON = 2, /* the vip's credentials; without any, there is no such check */
};

struct entry {
	const char *name;
	uint16_t port;
	unsigned has;
	const char *text; /* each % stands for the host's name */
};

/* The health pages of Exchange's Managed Availability: the service, its back end and the administrator's word. */
#define HEALTH(name, folder, more)                                                                                     \
	{name, 443, TLS, "type = \"healthcheck\" url = \"https://%/" folder "/healthcheck.htm\" " more}
/* What a server says to strangers: a sign of life of the front end, and no more. */
#define STRANGER(name, type, path, more)                                                                               \
	{name, 443, TLS, "type = \"" type "\" url = \"https://%" path "\" " more}
/* The only sign of life of what is behind all front ends: somebody logs on and opens his inbox. */
#define LOGON {"logon", 443, TLS | LOGS_ON, "type = \"ews\" url = \"https://%/EWS/Exchange.asmx\""}
/* An alarm in time, not a reason to move: the other node's may be no better. */
#define CERTIFICATE {"certificate", 443, TLS, "type = \"certificate\" host = \"%\" required = false weight = 0"}
#define WEIGHS(weight) "required = false weight = " #weight

static const struct entry exchange2010[] = {
	STRANGER("owa", "owa", "/owa/auth/logon.aspx?replaceCurrent=1&url=", ""),
	STRANGER("ews", "ews", "/EWS/Exchange.asmx", ""),
	STRANGER("autodiscover", "autodiscover", "/Autodiscover/Autodiscover.xml", ""),
	STRANGER("activesync", "activesync", "/Microsoft-Server-ActiveSync", ""),
	{"rpc", 135, 0, "type = \"rpc\" interfaces = {\"emsmdb\", \"nspi\", \"rfri\"}"},
	STRANGER("outlook-anywhere", "outlook-anywhere", "/rpc/rpcproxy.dll?%:6001", WEIGHS(200)),
	STRANGER("ecp", "ecp", "/ecp/", WEIGHS(50)),
	STRANGER("oab", "oab", "/OAB/", WEIGHS(50)),
	LOGON,
	CERTIFICATE,
	{0},
};

static const struct entry exchange2013[] = {
	HEALTH("owa", "owa", ""),
	HEALTH("ews", "ews", ""),
	HEALTH("autodiscover", "autodiscover", ""),
	HEALTH("activesync", "Microsoft-Server-ActiveSync", ""),
	HEALTH("outlook-anywhere", "rpc", ""),
	HEALTH("mapi", "mapi", WEIGHS(200)), /* from SP1 on, where it is switched on */
	HEALTH("ecp", "ecp", WEIGHS(50)),
	HEALTH("oab", "oab", WEIGHS(50)),
	LOGON,
	CERTIFICATE,
	{0},
};

/* 2019 as well. */
static const struct entry exchange2016[] = {
	HEALTH("owa", "owa", ""),
	HEALTH("ews", "ews", ""),
	HEALTH("mapi", "mapi", ""),
	HEALTH("autodiscover", "autodiscover", ""),
	HEALTH("activesync", "Microsoft-Server-ActiveSync", ""),
	HEALTH("outlook-anywhere", "rpc", WEIGHS(200)),
	HEALTH("ecp", "ecp", WEIGHS(50)),
	HEALTH("oab", "oab", WEIGHS(50)),
	LOGON,
	CERTIFICATE,
	{0},
};

/* No health pages, no RPC over TCP; OWA and ActiveSync are programs of their own. */
static const struct entry gromox[] = {
	STRANGER("ews", "ews", "/EWS/Exchange.asmx", ""),
	STRANGER("mapi", "mapi", "/mapi/emsmdb/?MailboxId=probe@%", ""),
	STRANGER("autodiscover", "autodiscover", "/Autodiscover/Autodiscover.xml", ""),
	STRANGER("outlook-anywhere", "outlook-anywhere", "/rpc/rpcproxy.dll?%:6001", WEIGHS(200)),
	STRANGER("activesync", "activesync", "/Microsoft-Server-ActiveSync", WEIGHS(100)),
	STRANGER("oab", "oab", "/OAB/", WEIGHS(50)),
	LOGON,
	CERTIFICATE,
	{0},
};

/* Seen through the proxy: whether it works and finds a back end that does. Not more is required than what all clients
 * need, for a back end that is dead is so behind every proxy. */
static const struct entry proxy[] = {
	HEALTH("owa", "owa", ""),
	HEALTH("ews", "ews", WEIGHS(200)),
	HEALTH("mapi", "mapi", WEIGHS(200)),
	HEALTH("activesync", "Microsoft-Server-ActiveSync", WEIGHS(200)),
	LOGON,
	CERTIFICATE,
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
	char text[ADDRESS_TEXT_MAX];

	fprintf(out, "check \"%s\" { ", entry->name);
	for (const char *at = entry->text; *at; at++) {
		if (*at == '%')
			fputs(vip->host, out); /* a name: nothing in it needs an escape */
		else
			putc(*at, out);
	}
	fprintf(out, " connect = \"%s\"", endpoint_text(&connect, text));
	if ((entry->has & TLS) && *vip->service_ca_file)
		print_key(out, "ca_file", vip->service_ca_file);
	if (entry->has & LOGS_ON)
		print_key(out, "credentials", vip->service_credentials);
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
	for (const struct entry *entry = profiles[vip->profile]; entry->name; entry++) {
		if (!(entry->has & LOGS_ON) || *vip->service_credentials)
			print_check(out, vip, entry);
	}
	fputs("}\n", out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}
