#include "agent/vrrp_advert.h"

#include <string.h>
#include <sys/socket.h>

enum {
	HEAD_BYTES = 8,
	AUTHENTICATION_BYTES = 8,         /* behind the addresses, RFC 3768 5.3 */
	VRRP2_ADVERTISEMENT = 2 << 4 | 1, /* CARP's, too */
	VRRP3_ADVERTISEMENT = 3 << 4 | 1,
	CARP_BYTES = 36,
	CARP_DIGEST_WORDS = 7 /* where VRRP counts addresses */
};

static void take_addresses(const uint8_t *bytes, int count, int family, struct vrrp_advert *advert)
{
	size_t size = family == AF_INET ? 4 : 16;

	for (int a = 0; a < count && a < VRRP_ADDRESSES_MAX; a++) {
		struct conf_address *address = &advert->address[advert->addresses++];

		address->family = family;
		address->prefix = (uint8_t)(8 * size);
		memcpy(address->bytes, bytes + (size_t)a * size, size);
	}
}

enum vrrp_refusal vrrp_advert_read(const uint8_t *bytes, size_t length, int family, struct vrrp_advert *advert)
{
	struct vrrp_advert read = {.kind = VRRP_KIND_VRRP};
	size_t size = family == AF_INET ? 4 : 16;

	if (length < HEAD_BYTES)
		return VRRP_TOO_SHORT;
	if (bytes[0] != VRRP2_ADVERTISEMENT && bytes[0] != VRRP3_ADVERTISEMENT)
		return VRRP_VERSION_UNKNOWN;
	read.router = bytes[1];
	read.priority = bytes[2];
	if (bytes[0] == VRRP2_ADVERTISEMENT && bytes[3] == CARP_DIGEST_WORDS && length == CARP_BYTES) {
		read.kind = VRRP_KIND_CARP;
	} else {
		size_t needed =
			HEAD_BYTES + bytes[3] * size + (bytes[0] == VRRP2_ADVERTISEMENT ? AUTHENTICATION_BYTES : 0);

		if (length < needed || (bytes[0] == VRRP2_ADVERTISEMENT && family != AF_INET))
			return VRRP_BAD_LENGTH;
		take_addresses(bytes + HEAD_BYTES, bytes[3], family, &read);
	}
	*advert = read;
	return VRRP_OK;
}
