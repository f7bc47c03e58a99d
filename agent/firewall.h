/* Would this host's firewall drop a heartbeat? Judged from the ruleset that nft tells, by walking it as the kernel
 * would. Pure.
 *
 * Heartbeats go from the port to the same port in both directions, so to connection tracking one that arrives belongs
 * to those that left: "ct state established accept" lets it in. What cannot be told from the ruleset alone (marks,
 * limits, extensions of iptables) is a perhaps, which accuses nobody. */
#pragma once

#include <net/if.h>
#include <stddef.h>

#include "conf/conf.h"

enum { FIREWALL_WORDS_MAX = 256, FIREWALL_CHAIN_MAX = 160 };

struct firewall_packet {
	bool arrives;                 /* else it leaves */
	struct conf_address from, to; /* of one family */
	uint16_t port;
	char interface[IF_NAMESIZE]; /* where; "": not known */
};

enum firewall_answer { FIREWALL_PASSES, FIREWALL_PERHAPS, FIREWALL_DROPS };

struct firewall_culprit {
	char chain[FIREWALL_CHAIN_MAX]; /* the chain where the kernel begins, as nft names it: "inet filter input" */
	char words[FIREWALL_WORDS_MAX]; /* what drops: a rule there, or in a chain that it jumps to, or the policy */
};

struct firewall;

/* Reads the text of `nft -j list ruleset`; NULL when it is none. */
struct firewall *firewall_read(const char *text, size_t length);
void firewall_done(struct firewall *firewall);

/* What becomes of the packet. `culprit` is filled with FIREWALL_DROPS. */
enum firewall_answer firewall_ask(const struct firewall *firewall, const struct firewall_packet *packet,
				  struct firewall_culprit *culprit);
