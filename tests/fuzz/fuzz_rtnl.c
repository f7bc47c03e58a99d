/* Any bytes as the kernel's answer about a route and about a neighbour.
 *
 * fuzz-sources: checks/rtnl.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checks/rtnl.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_both(const void *reply, size_t length)
{
	struct rtnl_neighbour neighbour;
	struct rtnl_route route;

	if (rtnl_route_read(reply, length, &route)) {
		assert(route.error >= 0 && !(route.own && route.on_link));
		assert(!route.error || (!route.own && !route.on_link && !route.interface));
	}
	if (rtnl_neighbour_read(reply, length, &neighbour)) {
		assert(neighbour.error >= 0 && neighbour.mac_bytes <= RTNL_MAC_MAX);
		assert(!neighbour.mac_bytes || memmem(reply, length, neighbour.mac, neighbour.mac_bytes));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t *reply = malloc(length); /* of its own, so that a byte too far is seen */

	if (length)
		memcpy(reply, bytes, length);
	read_both(reply, length);
	free(reply);
	return 0;
}
