/* The configuration as one immutable value: what the file says, checked, with every default filled in.
 *
 * Nothing here points into the file or into a library; a struct conf may be copied, compared and kept. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "vrrp/instant.h"
#include "vrrp/limits.h"

enum {
	CONF_NAME_MAX = 64, /* names of cluster, nodes, vips and checks, with the NUL */
	CONF_PATH_MAX = 256,
	CONF_TEXT_MAX = 256, /* urls, patterns, host names */
	CONF_NODE_NAME_MAX = 64,
	CONF_FILE_MAX = 1 << 20, /* bytes; more is no configuration */
	VIP_ADDRESSES_MAX = 8,
	VIP_CHECKS_MAX = 32,
	CHECK_INTERFACES_MAX = 4,
	VIP_WITHOUTS_MAX = 16,
	CHECK_NAMES_MAX = 8,
	CONF_HOST_MAX = 128,
	CHECK_HEADERS_MAX = 4,
	CHECK_HEADER_MAX = 128, /* an expected header, with the NUL */
	CHECK_ARGUMENTS_MAX = 16,
	CHECK_ARGUMENT_MAX = 128, /* one, with the NUL */
	HOOKS_MAX = 16,
	HOOK_VIPS_MAX = 16,
};

/* An IPv4 address stands in the first 4 bytes; the rest is zero. */
struct conf_address {
	int family;     /* AF_INET or AF_INET6 */
	uint8_t prefix; /* of a vip's address; a node's address has 32 or 128 */
	uint8_t bytes[16];
};

/* Where a probe connects to, whatever names the request carries. */
struct conf_endpoint {
	struct conf_address address; /* family 0: not given */
	uint16_t port;
};

enum check_type {
	CHECK_HTTP,
	CHECK_HEALTHCHECK,
	CHECK_OWA,
	CHECK_ECP,
	CHECK_EWS,
	CHECK_AUTODISCOVER,
	CHECK_ACTIVESYNC,
	CHECK_OAB,
	CHECK_MAPI,
	CHECK_OUTLOOK_ANYWHERE,
	CHECK_TCP,
	CHECK_RPC,
	CHECK_IMAP,
	CHECK_POP3,
	CHECK_SMTP,
	CHECK_CERTIFICATE,
	CHECK_LATENCY,
	CHECK_EXEC,
	CHECK_FILE,
	CHECK_PROCESS,
	CHECK_LINK,
	CHECK_ROUTE,
	CHECK_DNS,
};
enum { CHECK_TYPE_COUNT = CHECK_DNS + 1 };

/* The RPC interfaces a check may ask the endpoint mapper for (exchange clients' names of them). */
enum rpc_interface { RPC_EMSMDB, RPC_NSPI, RPC_RFRI };
enum { RPC_INTERFACE_COUNT = RPC_RFRI + 1 };

/* How a mail protocol comes to TLS: never, by its STARTTLS or STLS, or before its first word. */
enum check_tls { CHECK_TLS_NONE, CHECK_TLS_STARTTLS, CHECK_TLS_IMPLICIT };

enum check_method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OPTIONS };

/* How credentials are shown to an HTTP server. */
enum check_auth { AUTH_BASIC, AUTH_NTLM, AUTH_NEGOTIATE };

struct conf_check {
	char name[CONF_NAME_MAX];
	enum check_type type;
	char url[CONF_TEXT_MAX];          /* types by HTTP: names the host for Host, SNI and verification */
	struct conf_endpoint connect;     /* where to connect; family 0 only where the url's host is an address */
	int expect_status;                /* http: 100..599, default 200 */
	char expect_body[CONF_TEXT_MAX];  /* http: text that the body must contain; "" for any */
	char expect_header[CHECK_HEADERS_MAX][CHECK_HEADER_MAX]; /* http: "Name: text its value must contain" */
	int expect_headers;
	enum check_method method;         /* http: default GET */
	char expect_fqdn[CONF_TEXT_MAX];  /* healthcheck: the server's own name in the page; "" for any */
	char location[CONF_TEXT_MAX];     /* owa, ecp: a further accepted prefix of a Location; "" for none */
	bool accept_403;                  /* oab: 403 is as good as 401 */
	bool accept_nonzero;              /* mapi: any X-ResponseCode tells that the layer lives (default) */
	bool session;                     /* mapi: Connect, PING, Disconnect */
	char user_dn[CONF_TEXT_MAX];      /* mapi with session: the mailbox's LegacyDN, ASCII */
	char mailbox[CONF_TEXT_MAX];      /* autodiscover: whose settings to ask for; "" for the credentials' user */
	char credentials[CONF_PATH_MAX];  /* HTTP, mail: a file, or a systemd credential's name; "" for none */
	enum check_auth auth;             /* types by HTTP: default basic */
	bool auth_rejected_holds;         /* refused credentials keep the state as it is, else (default) they are bad */
	char host[CONF_HOST_MAX];         /* mail protocols, certificate: the name for SNI and verification */
	enum check_tls tls;               /* mail protocols: default implicit on ports 465, 993 and 995, else none */
	char names[CHECK_NAMES_MAX][CONF_HOST_MAX];
	int name_count;                   /* certificate: further names that it should be for */
	bool same_down;                   /* certificate: another one than the vip's owner has counts as down */
	struct duration warn_before;      /* certificate: warn so long before it expires; default 21 days */
	struct duration limit;            /* latency: a connection may take so long */
	char ca_file[CONF_PATH_MAX];      /* TLS: bundle to verify with; "" for the system's */
	bool verify;                      /* TLS: verify chain and name (default true) */
	enum rpc_interface interfaces[CHECK_INTERFACES_MAX];
	int interface_count;              /* rpc, outlook-anywhere: at least one */
	uint16_t port;                    /* rpc: of the interfaces; 0, the default: the endpoint mapper knows */
	bool tunnel;                      /* outlook-anywhere: a whole virtual connection (default false) */
	char command[CHECK_ARGUMENTS_MAX][CHECK_ARGUMENT_MAX]; /* exec: a plugin's path and its arguments */
	int arguments;                    /* exec: at least one, the path */
	bool warning_down;                /* exec: a plugin's warning is down, not up (default) */
	char process[CONF_NAME_MAX];      /* process: its name; "" for whatever stands in pid_file */
	char pid_file[CONF_PATH_MAX];     /* process: "" for any of that name; not both empty */
	char path[CONF_PATH_MAX];         /* file */
	bool expect_present;              /* file: it is to be there (default), or not to be */
	char interface[IF_NAMESIZE];      /* link; route: "" for whatever the kernel's routes say */
	struct conf_address gateway;      /* route: link-local only with an interface */
	char query[CONF_TEXT_MAX];        /* dns: the name to resolve */
	struct conf_endpoint server;      /* dns; family 0: the first of /etc/resolv.conf */
	struct conf_address expect_address[VIP_ADDRESSES_MAX]; /* dns: default those of the vip */
	int expect_addresses;             /* dns: at least one */
	struct duration max_age;          /* file: since it was last written; 0 (default): any */
	struct duration interval;         /* while sure: default 2 s, see conf_defaults.h */
	struct duration fast;             /* while in doubt: default 100 ms */
	struct duration timeout;          /* of the whole probe: default 1 s, see conf_defaults.h */
	int rise;                         /* good verdicts in a row until up: default 2 */
	int fall;                         /* bad verdicts in a row until down: default 2 */
	bool required;                    /* down makes the node unhealthy (default); else only the score suffers */
	bool damp;                        /* held down for a while after falling again and again (default) */
	int weight;                       /* 0..1000 taken off the score while down; default 100 */
	char vip[CONF_NAME_MAX];          /* no key: the name of the vip it stands in */
};

struct conf_node {
	char name[CONF_NODE_NAME_MAX];
	struct conf_address address[LINKS_MAX];
	int addresses;
	bool witness; /* votes, never owns */
};

/* Kinds of servers, each with the checks that suit it (conf_profile.c). */
enum conf_profile {
	CONF_PROFILE_NONE,
	CONF_PROFILE_EXCHANGE2010,
	CONF_PROFILE_EXCHANGE2013,
	CONF_PROFILE_EXCHANGE2016,
	CONF_PROFILE_EXCHANGE2019,
	CONF_PROFILE_GROMOX,
	CONF_PROFILE_PROXY,
};
enum { CONF_PROFILE_COUNT = CONF_PROFILE_PROXY + 1 };

struct conf_vip {
	char name[CONF_NAME_MAX];
	uint32_t id; /* hash of the name, unique in the file: how beats name it */
	char interface[IF_NAMESIZE];
	struct conf_address address[VIP_ADDRESSES_MAX];
	int addresses;
	node_id prefer[NODES_MAX]; /* every node that may own it, the preferred first; the others in file order */
	int candidates;
	bool failback_auto;
	struct duration failback_after; /* default 5 min */
	bool hold_when_none_fit;        /* default true */
	struct duration announce_every; /* default 60 s */
	bool clients_reset;		/* default true: who was connected is told when the vip moves ... */
	int clients_max;		/* ... so many at most when its owner has died: default 50,000 */
	enum conf_profile profile;      /* its checks stand among `check`, unless the file said otherwise */
	char host[CONF_TEXT_MAX];       /* profile: the name under which clients know the service */
	struct conf_address service;    /* profile: where this node's own services listen, default 127.0.0.1 */
	char service_ca_file[CONF_PATH_MAX];     /* profile: of its checks */
	char service_credentials[CONF_PATH_MAX]; /* profile: to log on with; "" for none */
	char without[VIP_WITHOUTS_MAX][CONF_NAME_MAX]; /* names of the profile's checks that are not wanted */
	int withouts;
	struct conf_check check[VIP_CHECKS_MAX];
	int checks;
};

/* The events of an agent that a hook may wait for, in the order of the log's. */
enum conf_event {
	CONF_EVENT_STARTED,
	CONF_EVENT_STOPPING,
	CONF_EVENT_ROLE,
	CONF_EVENT_CHECK,
	CONF_EVENT_PEER,
	CONF_EVENT_LINK,
	CONF_EVENT_QUORUM,
	CONF_EVENT_SUSPECT,
	CONF_EVENT_SPLIT,
	CONF_EVENT_DUPLICATE,
	CONF_EVENT_ADDRESS,
	CONF_EVENT_FENCE,
	CONF_EVENT_CONFIG,
	CONF_EVENT_KEY,
	CONF_EVENT_SENSOR,
	CONF_EVENT_CLIENT,
	CONF_EVENT_ORDER,
};
enum { CONF_EVENT_COUNT = CONF_EVENT_ORDER + 1 };

/* A program that is run, by casvip-events and never by the agent, when one of these events has happened. */
struct conf_hook {
	char name[CONF_NAME_MAX];
	enum conf_event on[CONF_EVENT_COUNT];
	int ons;                                               /* at least one */
	char vip[HOOK_VIPS_MAX][CONF_NAME_MAX];                /* of these vips only */
	int vips;                                              /* 0, the default: of any, and those of none */
	char command[CHECK_ARGUMENTS_MAX][CHECK_ARGUMENT_MAX]; /* a path and its arguments */
	int arguments;                                         /* at least one, the path */
	struct duration timeout;                               /* 100 ms .. 10 min, default 10 s */
};

enum conf_quorum { CONF_QUORUM_NONE, CONF_QUORUM_MAJORITY, CONF_QUORUM_COROSYNC };

struct conf {
	char cluster[CONF_NAME_MAX];
	uint64_t cluster_id; /* hash of the name: how beats name it */
	char key_file[CONF_PATH_MAX];
	struct duration heartbeat; /* T: 5 ms .. 1 s, default 100 ms */
	int dead_after;            /* beats: 2..100, default 3 */
	uint16_t port;             /* UDP, default 7411 */
	enum conf_quorum quorum;
	struct conf_node node[NODES_MAX];
	int nodes;
	struct conf_vip vip[VIPS_MAX];
	int vips;
	struct conf_hook hook[HOOKS_MAX];
	int hooks;
};

/* Reads the text of a configuration. `name` stands in the findings ("NAME:LINE: words", a line each, to `findings`).
 * Returns the configuration (free it with conf_free), or NULL when there was any finding: nothing is half accepted.
 * A NULL with errno == ENOMEM or EIO had no finding: the machine failed, not the text; else errno is EINVAL.
 * Equal configurations are equal bytes, padding included. Not for two threads at once: libconfuse is not. */
struct conf *conf_load(FILE *text, const char *name, FILE *findings);

void conf_free(struct conf *conf);

/* Writes the canonical form: every key, every default, fixed order. It loads back to an equal configuration. */
void conf_print(const struct conf *conf, FILE *out);

/* BLAKE2b of the canonical form: nodes with different digests run different configurations. 0 when out of memory, so
 * that the alarm is a false one and not a missing one. */
uint64_t conf_digest(const struct conf *conf);

/* Which node is this host? `wanted` (from -n) must be a node's name when not NULL or empty; else the host name, or
 * its first label, is looked up (in any case); else the one node that owns one of `local` addresses. NODE_NONE if none
 * fits, or the addresses are those of several nodes. */
node_id conf_node_of(const struct conf *conf, const char *wanted, const char *host_name,
		     const struct conf_address *local, int locals);

/* Words for the enums, as they stand in the file. */
const char *conf_quorum_word(enum conf_quorum quorum);
const char *conf_check_type_word(enum check_type type);
const char *conf_method_word(enum check_method method);
const char *conf_rpc_interface_word(enum rpc_interface interface);
const char *conf_profile_word(enum conf_profile profile);
const char *conf_event_word(enum conf_event event);
