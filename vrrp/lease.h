/* The arithmetic of the lease: how long an owner may answer after a beat, and how long a backup waits.
 *
 *   T  beat    an owner, and everybody else, sends a beat each T
 *   D  dead    a backup may take when it has received nothing for D
 *   G  margin  D - L: what a late timer and a slow address removal may cost
 *   L  lease   an owner that sent a beat at t may answer until t + L, and not one instant longer
 *
 * A backup counts D from the *receipt* of a beat, which is never before t, and L < D: the lease is over before
 * anybody may take, whatever happened to the owner in between. */
#pragma once

#include "vrrp/instant.h"

struct lease_terms {
	struct duration beat;   /* T: 5 ms .. 1 s */
	struct duration dead;   /* D = dead_after x T */
	struct duration margin; /* G = max(T / 4, 2 ms) */
	struct duration lease;  /* L = D - G */
};

/* The kernel looks at its addresses at most once a second, then rounds to a quarter of one: an address whose neighbour
 * was just changed outlives its lifetime by that much (Linux net/ipv4/devinet.c, net/ipv6/addrconf.c: check_lifetime()
 * and addrconf_verify_rtnl(); 1.01 s seen). A busy machine adds its own. */
#define LEASE_ADDRESS_LATE duration_ms(1500)

/* The terms that follow from a heartbeat interval (5..1000 ms) and dead_after (2..100 beats). */
struct lease_terms lease_terms(struct duration beat, int dead_after);
