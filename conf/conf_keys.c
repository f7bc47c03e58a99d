/* See conf_keys.h. A new key is a line here, a member in conf.h, a golden pair and a paragraph in casvip.conf.5. */
#include "conf/conf_keys.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"

#define US 1000LL
#define MS (1000 * US)
#define S  (1000 * MS)
#define H  (3600 * S)

#define FIELD(of, member)   .offset = offsetof(struct of, member), .size = sizeof(((struct of *)0)->member)
#define RANGE(least, most_) .lowest = (least), .highest = (most_)
#define LIST(of, member, count)                                                                                        \
	.list = true, .offset = offsetof(struct of, member), .size = sizeof(((struct of *)0)->member[0]),              \
	.count_offset = offsetof(struct of, count),                                                                    \
	.most = sizeof(((struct of *)0)->member) / sizeof(((struct of *)0)->member[0])
#define TITLED(of, member, count, section) .kind = KIND_SECTION, LIST(of, member, count), .contents = &(section)
#define SECTION(word_, titled_, keys_)                                                                                 \
	{                                                                                                              \
		.word = (word_), .titled = (titled_), .key = (keys_), .keys = sizeof(keys_) / sizeof((keys_)[0])       \
	}

/* Choices stand in the order of the enum, or as { what false is, what true is }. */
static const char *const no_yes[] = {"false", "true", NULL};
static const char *const never_auto[] = {"never", "auto", NULL};
static const char *const release_hold[] = {"release", "hold", NULL};
static const char *const leave_reset[] = {"leave", "reset", NULL};
static const char *const providers[] = {
	[CONF_QUORUM_NONE] = "none", [CONF_QUORUM_MAJORITY] = "majority", [CONF_QUORUM_COROSYNC] = "corosync", NULL};
static const char *const down_hold[] = {"down", "hold", NULL};
static const char *const check_types[] = {
	[CHECK_HTTP] = "http",
	[CHECK_HEALTHCHECK] = "healthcheck",
	[CHECK_OWA] = "owa",
	[CHECK_ECP] = "ecp",
	[CHECK_EWS] = "ews",
	[CHECK_AUTODISCOVER] = "autodiscover",
	[CHECK_ACTIVESYNC] = "activesync",
	[CHECK_OAB] = "oab",
	[CHECK_MAPI] = "mapi",
	[CHECK_OUTLOOK_ANYWHERE] = "outlook-anywhere",
	[CHECK_TCP] = "tcp",
	[CHECK_RPC] = "rpc",
	[CHECK_IMAP] = "imap",
	[CHECK_POP3] = "pop3",
	[CHECK_SMTP] = "smtp",
	[CHECK_CERTIFICATE] = "certificate",
	[CHECK_LATENCY] = "latency",
	[CHECK_EXEC] = "exec",
	[CHECK_FILE] = "file",
	[CHECK_PROCESS] = "process",
	[CHECK_LINK] = "link",
	[CHECK_ROUTE] = "route",
	[CHECK_DNS] = "dns",
	NULL,
};
static const char *const methods[] = {
	[METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD", [METHOD_POST] = "POST", [METHOD_OPTIONS] = "OPTIONS", NULL};
static const char *const auths[] = {
	[AUTH_BASIC] = "basic", [AUTH_NTLM] = "ntlm", [AUTH_NEGOTIATE] = "negotiate", NULL};
static const char *const profiles[] = {
	[CONF_PROFILE_NONE] = "none",		      [CONF_PROFILE_EXCHANGE2010] = "exchange2010",
	[CONF_PROFILE_EXCHANGE2013] = "exchange2013", [CONF_PROFILE_EXCHANGE2016] = "exchange2016",
	[CONF_PROFILE_EXCHANGE2019] = "exchange2019", [CONF_PROFILE_GROMOX] = "gromox",
	[CONF_PROFILE_PROXY] = "proxy",		      NULL};
static const char *const warn_down[] = {"warn", "down", NULL};
static const char *const up_down[] = {"up", "down", NULL};
static const char *const absent_present[] = {"absent", "present", NULL};
static const char *const rpc_interfaces[] = {
	[RPC_EMSMDB] = "emsmdb", [RPC_NSPI] = "nspi", [RPC_RFRI] = "rfri", NULL};
static const char *const ways_to_tls[] = {
	[CHECK_TLS_NONE] = "none", [CHECK_TLS_STARTTLS] = "starttls", [CHECK_TLS_IMPLICIT] = "implicit", NULL};

static const char *const events[] = {
	[CONF_EVENT_STARTED] = "started", [CONF_EVENT_STOPPING] = "stopping",   [CONF_EVENT_ROLE] = "role",
	[CONF_EVENT_CHECK] = "check",     [CONF_EVENT_PEER] = "peer",           [CONF_EVENT_LINK] = "link",
	[CONF_EVENT_QUORUM] = "quorum",   [CONF_EVENT_SUSPECT] = "suspect",     [CONF_EVENT_SPLIT] = "split",
	[CONF_EVENT_ADDRESS] = "address", [CONF_EVENT_DUPLICATE] = "duplicate", [CONF_EVENT_FENCE] = "fence",
	[CONF_EVENT_CONFIG] = "config",   [CONF_EVENT_KEY] = "key",             [CONF_EVENT_SENSOR] = "sensor",
	[CONF_EVENT_CLIENT] = "client",   [CONF_EVENT_ORDER] = "order",         NULL};

_Static_assert(sizeof(events) / sizeof(events[0]) == CONF_EVENT_COUNT + 1, "an event has no word");
_Static_assert(sizeof(check_types) / sizeof(check_types[0]) == CHECK_TYPE_COUNT + 1, "a check type has no word");
_Static_assert(sizeof(profiles) / sizeof(profiles[0]) == CONF_PROFILE_COUNT + 1, "a profile has no word");
_Static_assert(sizeof(rpc_interfaces) / sizeof(rpc_interfaces[0]) == RPC_INTERFACE_COUNT + 1, "an interface has none");
_Static_assert(sizeof(enum check_type) == sizeof(unsigned) && sizeof(enum rpc_interface) == sizeof(unsigned) &&
		       sizeof(enum conf_quorum) == sizeof(unsigned) && sizeof(enum check_tls) == sizeof(unsigned) &&
		       sizeof(enum conf_event) == sizeof(unsigned) &&
		       sizeof(enum check_method) == sizeof(unsigned) && sizeof(enum check_auth) == sizeof(unsigned),
	       "a choice is kept as unsigned or bool");

enum {
	HTTP = 1 << CHECK_HTTP,
	HEALTHCHECK = 1 << CHECK_HEALTHCHECK,
	OWA = 1 << CHECK_OWA,
	ECP = 1 << CHECK_ECP,
	EWS = 1 << CHECK_EWS,
	AUTODISCOVER = 1 << CHECK_AUTODISCOVER,
	ACTIVESYNC = 1 << CHECK_ACTIVESYNC,
	OAB = 1 << CHECK_OAB,
	MAPI = 1 << CHECK_MAPI,
	OUTLOOK_ANYWHERE = 1 << CHECK_OUTLOOK_ANYWHERE,
	TCP = 1 << CHECK_TCP,
	RPC = 1 << CHECK_RPC,
	CERTIFICATE = 1 << CHECK_CERTIFICATE,
	LATENCY = 1 << CHECK_LATENCY,
	EXEC = 1 << CHECK_EXEC,
	FILES = 1 << CHECK_FILE,
	PROCESS = 1 << CHECK_PROCESS,
	LINK = 1 << CHECK_LINK,
	ROUTE = 1 << CHECK_ROUTE,
	DNS = 1 << CHECK_DNS,
	WITHOUT_CONNECT = EXEC | FILES | PROCESS | LINK | ROUTE | DNS, /* they ask this host itself */
	ANY_HTTP = HTTP | HEALTHCHECK | OWA | ECP | EWS | AUTODISCOVER | ACTIVESYNC | OAB | MAPI | OUTLOOK_ANYWHERE,
	ANY_MAIL = 1 << CHECK_IMAP | 1 << CHECK_POP3 | 1 << CHECK_SMTP,
};

/* The type stands first: which of the other keys belong there depends on it. */
static const struct conf_key check_keys[] = {
	{"type", KIND_CHOICE, NULL, FIELD(conf_check, type), .choices = check_types, .decides_type = true},
	{"url", KIND_URL, NULL, FIELD(conf_check, url), .types = ANY_HTTP},
	{"connect", KIND_ENDPOINT, "", FIELD(conf_check, connect), .types = ~(unsigned)WITHOUT_CONNECT},
	{"expect_status", KIND_NUMBER, "200", FIELD(conf_check, expect_status), RANGE(100, 599), .types = HTTP},
	{"expect_body", KIND_TEXT, "", FIELD(conf_check, expect_body), .types = HTTP},
	{"expect_header", KIND_TEXT, "", LIST(conf_check, expect_header, expect_headers), .types = HTTP},
	{"method", KIND_CHOICE, "GET", FIELD(conf_check, method), .choices = methods, .types = HTTP},
	{"expect_fqdn", KIND_NAME, "", FIELD(conf_check, expect_fqdn), .types = HEALTHCHECK},
	{"location", KIND_TOKEN, "", FIELD(conf_check, location), .types = OWA | ECP},
	{"accept_403", KIND_CHOICE, "false", FIELD(conf_check, accept_403), .choices = no_yes, .types = OAB},
	{"accept_nonzero", KIND_CHOICE, "true", FIELD(conf_check, accept_nonzero), .choices = no_yes, .types = MAPI},
	{"session", KIND_CHOICE, "false", FIELD(conf_check, session), .choices = no_yes, .types = MAPI},
	{"user_dn", KIND_TEXT, "", FIELD(conf_check, user_dn), .types = MAPI},
	{"mailbox", KIND_TOKEN, "", FIELD(conf_check, mailbox), .types = AUTODISCOVER},
	{"credentials", KIND_CREDENTIALS, "", FIELD(conf_check, credentials), .types = ANY_HTTP | ANY_MAIL},
	{"auth", KIND_CHOICE, "basic", FIELD(conf_check, auth), .choices = auths, .types = ANY_HTTP},
	{"auth_rejected", KIND_CHOICE, "down", FIELD(conf_check, auth_rejected_holds), .choices = down_hold,
	 .types = ANY_HTTP | ANY_MAIL},
	{"host", KIND_HOST, "", FIELD(conf_check, host), .types = ANY_MAIL | CERTIFICATE},
	{"tls", KIND_CHOICE, "none", FIELD(conf_check, tls), .choices = ways_to_tls, .types = ANY_MAIL},
	{"names", KIND_HOST, "", LIST(conf_check, names, name_count), .types = CERTIFICATE},
	{"warn_before", KIND_DURATION, "504h", FIELD(conf_check, warn_before), RANGE(0, 8784 * H),
	 .types = CERTIFICATE},
	{"same", KIND_CHOICE, "warn", FIELD(conf_check, same_down), .choices = warn_down, .types = CERTIFICATE},
	{"limit", KIND_DURATION, NULL, FIELD(conf_check, limit), RANGE(10 * US, 60 * S), .types = LATENCY},
	{"ca_file", KIND_PATH, "", FIELD(conf_check, ca_file), .types = ANY_HTTP | ANY_MAIL | CERTIFICATE},
	{"verify", KIND_CHOICE, "true", FIELD(conf_check, verify), .choices = no_yes, .types = ANY_HTTP | ANY_MAIL},
	{"tunnel", KIND_CHOICE, "false", FIELD(conf_check, tunnel), .choices = no_yes, .types = OUTLOOK_ANYWHERE},
	{"interfaces", KIND_CHOICE, "emsmdb", LIST(conf_check, interfaces, interface_count), .choices = rpc_interfaces,
	 .types = RPC | OUTLOOK_ANYWHERE, .required_by = RPC},
	{"port", KIND_NUMBER, "0", FIELD(conf_check, port), RANGE(0, 65535), .types = RPC},
	{"command", KIND_TEXT, NULL, LIST(conf_check, command, arguments), .types = EXEC},
	{"warning", KIND_CHOICE, "up", FIELD(conf_check, warning_down), .choices = up_down, .types = EXEC},
	{"process", KIND_TEXT, "", FIELD(conf_check, process), .types = PROCESS},
	{"pid_file", KIND_PATH, "", FIELD(conf_check, pid_file), .types = PROCESS},
	{"path", KIND_PATH, NULL, FIELD(conf_check, path), .types = FILES},
	{"expect", KIND_CHOICE, "present", FIELD(conf_check, expect_present), .choices = absent_present,
	 .types = FILES},
	{"max_age", KIND_DURATION, "0s", FIELD(conf_check, max_age), RANGE(0, 30 * 24 * H), .types = FILES},
	{"interface", KIND_INTERFACE, "", FIELD(conf_check, interface), .types = LINK | ROUTE},
	{"gateway", KIND_ADDRESS, NULL, FIELD(conf_check, gateway), .types = ROUTE},
	{"name", KIND_NAME, NULL, FIELD(conf_check, query), .types = DNS},
	{"server", KIND_ENDPOINT, "", FIELD(conf_check, server), .types = DNS},
	{"expect_address", KIND_ADDRESS, "", LIST(conf_check, expect_address, expect_addresses), .types = DNS},
	{"interval", KIND_DURATION, "2s", FIELD(conf_check, interval), RANGE(10 * MS, H)},
	{"fast", KIND_DURATION, "100ms", FIELD(conf_check, fast), RANGE(10 * MS, H)},
	{"timeout", KIND_DURATION, "1s", FIELD(conf_check, timeout), RANGE(1 * MS, 60 * S)},
	{"rise", KIND_NUMBER, "2", FIELD(conf_check, rise), RANGE(1, 100)},
	{"fall", KIND_NUMBER, "2", FIELD(conf_check, fall), RANGE(1, 100)},
	{"required", KIND_CHOICE, "true", FIELD(conf_check, required), .choices = no_yes},
	{"weight", KIND_NUMBER, "100", FIELD(conf_check, weight), RANGE(0, 1000)},
	{"damp", KIND_CHOICE, "true", FIELD(conf_check, damp), .choices = no_yes},
};
static const struct conf_section check_section = SECTION("check", true, check_keys);

static const struct conf_key vip_keys[] = {
	{"interface", KIND_INTERFACE, NULL, FIELD(conf_vip, interface)},
	{"address", KIND_VIP_ADDRESS, NULL, LIST(conf_vip, address, addresses)},
	{"prefer", KIND_NODE, "", LIST(conf_vip, prefer, candidates)},
	{"failback", KIND_CHOICE, "never", FIELD(conf_vip, failback_auto), .choices = never_auto},
	{"failback_after", KIND_DURATION, "5min", FIELD(conf_vip, failback_after), RANGE(10 * MS, 24 * H)},
	{"when_none_fit", KIND_CHOICE, "hold", FIELD(conf_vip, hold_when_none_fit), .choices = release_hold},
	{"announce_every", KIND_DURATION, "60s", FIELD(conf_vip, announce_every), RANGE(100 * MS, 24 * H)},
	{"clients", KIND_CHOICE, "reset", FIELD(conf_vip, clients_reset), .choices = leave_reset},
	{"clients_max", KIND_NUMBER, "50000", FIELD(conf_vip, clients_max), RANGE(1, 100000)},
	{"profile", KIND_CHOICE, "none", FIELD(conf_vip, profile), .choices = profiles},
	{"host", KIND_NAME, "", FIELD(conf_vip, host)},
	{"service", KIND_NODE_ADDRESS, "127.0.0.1", FIELD(conf_vip, service)},
	{"ca_file", KIND_PATH, "", FIELD(conf_vip, service_ca_file)},
	{"credentials", KIND_CREDENTIALS, "", FIELD(conf_vip, service_credentials)},
	{"without", KIND_NAME, "", LIST(conf_vip, without, withouts)},
	/* Behind the profile, which has a say in them. */
	{"check", TITLED(conf_vip, check, checks, check_section), .profiled = true},
};
static const struct conf_section vip_section = SECTION("vip", true, vip_keys);

static const struct conf_key node_keys[] = {
	{"address", KIND_NODE_ADDRESS, NULL, LIST(conf_node, address, addresses)},
	{"witness", KIND_CHOICE, "false", FIELD(conf_node, witness), .choices = no_yes},
};
static const struct conf_section node_section = SECTION("node", true, node_keys);

static const struct conf_key heartbeat_keys[] = {
	{"interval", KIND_DURATION, "100ms", FIELD(conf, heartbeat), RANGE(5 * MS, 1000 * MS)},
	{"dead_after", KIND_NUMBER, "3", FIELD(conf, dead_after), RANGE(2, 100)},
	{"port", KIND_NUMBER, "7411", FIELD(conf, port), RANGE(1, 65535)},
};
static const struct conf_section heartbeat_section = SECTION("heartbeat", false, heartbeat_keys);

static const struct conf_key quorum_keys[] = {
	{"provider", KIND_CHOICE, "none", FIELD(conf, quorum), .choices = providers},
};
static const struct conf_section quorum_section = SECTION("quorum", false, quorum_keys);

static const struct conf_key hook_keys[] = {
	{"on", KIND_CHOICE, NULL, LIST(conf_hook, on, ons), .choices = events},
	{"vip", KIND_NAME, "", LIST(conf_hook, vip, vips)},
	{"command", KIND_TEXT, NULL, LIST(conf_hook, command, arguments)},
	{"timeout", KIND_DURATION, "10s", FIELD(conf_hook, timeout), RANGE(100 * MS, 600 * S)},
};
static const struct conf_section hook_section = SECTION("hook", true, hook_keys);

/* Nodes stand before vips, which name them. */
static const struct conf_key file_keys[] = {
	{"cluster", KIND_NAME, NULL, FIELD(conf, cluster)},
	{"key_file", KIND_PATH, "/etc/casvip/cluster.key", FIELD(conf, key_file)},
	{"heartbeat", KIND_SECTION, .contents = &heartbeat_section},
	{"quorum", KIND_SECTION, .contents = &quorum_section},
	{"node", TITLED(conf, node, nodes, node_section)},
	{"vip", TITLED(conf, vip, vips, vip_section)},
	{"hook", TITLED(conf, hook, hooks, hook_section)},
};
const struct conf_section conf_grammar = SECTION("file", false, file_keys);

_Static_assert(sizeof(check_keys) / sizeof(check_keys[0]) <= CONF_KEYS_MAX, "more keys than a section may have");
_Static_assert(offsetof(struct conf_node, name) == 0 && offsetof(struct conf_vip, name) == 0 &&
		       offsetof(struct conf_check, name) == 0 && offsetof(struct conf_hook, name) == 0,
	       "a titled section's name is its first member");
_Static_assert(CONF_NODE_NAME_MAX == CONF_NAME_MAX, "titles are read alike");

int conf_key_find(const struct conf_section *section, const char *word)
{
	for (int i = 0; i < section->keys; i++)
		if (strcmp(section->key[i].word, word) == 0)
			return i;
	return -1;
}

void conf_place(char place[static CONF_PLACE_MAX], const struct conf_section *section, const char *title)
{
	if (section == &conf_grammar)
		place[0] = '\0';
	else if (section->titled)
		snprintf(place, CONF_PLACE_MAX, " in %s \"%s\"", section->word, title);
	else
		snprintf(place, CONF_PLACE_MAX, " in %s", section->word);
}

const char *conf_quorum_word(enum conf_quorum quorum)
{
	return providers[quorum];
}

const char *conf_check_type_word(enum check_type type)
{
	return check_types[type];
}

const char *conf_profile_word(enum conf_profile profile)
{
	return profiles[profile];
}

const char *conf_event_word(enum conf_event event)
{
	return events[event];
}

const char *conf_method_word(enum check_method method)
{
	return methods[method];
}

const char *conf_rpc_interface_word(enum rpc_interface interface)
{
	return rpc_interfaces[interface];
}
