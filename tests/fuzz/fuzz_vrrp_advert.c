/* Any bytes as an advertisement of VRRP or CARP.
 * fuzz-sources: agent/vrrp_advert.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/vrrp_advert.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t *own = malloc(length ? length : 1); /* of its own, so that a byte too far is seen */

	if (length)
		memcpy(own, bytes, length);
	for (int six = 0; six < 2; six++) {
		struct vrrp_advert advert;

		if (vrrp_advert_read(own, length, six ? AF_INET6 : AF_INET, &advert) != VRRP_OK)
			continue;
		assert(advert.addresses >= 0 && advert.addresses <= VRRP_ADDRESSES_MAX);
		for (int a = 0; a < advert.addresses; a++)
			assert(advert.address[a].family == (six ? AF_INET6 : AF_INET));
	}
	free(own);
	return 0;
}
