/* News from the kernel by rtnetlink: interfaces and addresses, as they come, go and change.
 *
 * One non-blocking monitor socket; after an overrun (ENOBUFS) the whole state is read again, so that nothing is missed.
 * What was told is remembered, so that only differences are told: not that an address's lifetime was refreshed. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

struct net_link_state {
	unsigned ifindex; /* 0: there is no such interface now */
	bool up;          /* admin up and carrier (IFF_UP and IFF_LOWER_UP) */
	uint8_t mac[6];   /* zeros where the interface has no Ethernet address */
	unsigned master;  /* whose port it is; 0: nobody's */
};

/* What the monitor tells. NULL members are not called. */
struct net_link_calls {
	/* Appeared, changed, gone. An interface that was renamed is gone under its old name, then there under the new.
	 */
	void (*link)(void *context, const char *name, const struct net_link_state *state);
	/* An address appeared on, changed on or vanished from an interface (ours or somebody else's doing). The prefix
	 * is the kernel's; an address that stands there twice, with two prefixes, vanishes when both are gone.
	 * `dad_failed` is the kernel's IFA_F_DADFAILED. */
	void (*address)(void *context, unsigned ifindex, const struct conf_address *address, bool present,
			bool dad_failed);
	/* A qdisc or a filter was removed there. */
	void (*filters)(void *context, unsigned ifindex);
};

struct net_link;

/* Subscribes. 0 or -errno. Afterwards net_link_dispatch() first reports every present link, then every address. */
int net_link_open(struct net_link **ret_link, const struct net_link_calls *calls, void *context);
int net_link_fd(const struct net_link *link);
/* Reads at most `most` datagrams (a piece of news each, or some ten during a full read) until there are no more, and
 * reports what is in them. 0 or -errno; a full read that failed begins anew with the next dispatch, so call it about
 * once a second even without news. */
int net_link_dispatch(struct net_link *link, int most);
/* Calls `address` anew for every address that is known on the interface. Fine within a call. */
void net_link_tell_addresses(const struct net_link *link, unsigned ifindex);
/* Calls `link` anew for the interface of this name, if there is one. */
void net_link_tell_link(const struct net_link *link, const char *name);
void net_link_close(struct net_link *link);
