/* Two questions to the kernel and their answers, as rtnetlink(7) messages: the route to an address, and what is known
 * of a neighbour. Pure: the caller sends and receives. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum { RTNL_REQUEST_MAX = 64, RTNL_REPLY_MAX = 8192, RTNL_MAC_MAX = 32 };

struct rtnl_route {
	int error;     /* 0, or the kernel's errno: the rest is zero then */
	int interface; /* its number */
	bool own;      /* it is an address of this host */
	bool on_link;  /* without a gateway in between */
};

struct rtnl_neighbour {
	int error;      /* likewise; ENOENT: never asked for */
	uint16_t state; /* NUD_ of linux/neighbour.h */
	uint8_t mac[RTNL_MAC_MAX];
	size_t mac_bytes; /* 0: it has none, or it is not known */
};

/* Each fills `request` and returns its length. `interface`: 0 for any. */
size_t rtnl_route_request(uint8_t request[static RTNL_REQUEST_MAX], const struct conf_address *to, int interface);
size_t rtnl_neighbour_request(uint8_t request[static RTNL_REQUEST_MAX], const struct conf_address *of, int interface);

/* False when that is no whole answer; the result is untouched then. */
bool rtnl_route_read(const void *reply, size_t length, struct rtnl_route *route);
bool rtnl_neighbour_read(const void *reply, size_t length, struct rtnl_neighbour *neighbour);
