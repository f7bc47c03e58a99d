/* What other failover agents tell a LAN: advertisements of VRRP 2 (RFC 3768), VRRP 3 (RFC 9568) and CARP, which shares
 * VRRP's protocol number and looks like it. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum { VRRP_PROTOCOL = 112, VRRP_ADDRESSES_MAX = 16 /* what is beyond is left out */ };

enum vrrp_kind { VRRP_KIND_VRRP, VRRP_KIND_CARP };

struct vrrp_advert {
	enum vrrp_kind kind;
	uint8_t router; /* VRID, or CARP's vhid */
	uint8_t priority;
	struct conf_address address[VRRP_ADDRESSES_MAX]; /* CARP tells none: they are part of its digest */
	int addresses;
};

enum vrrp_refusal { VRRP_OK, VRRP_TOO_SHORT, VRRP_VERSION_UNKNOWN, VRRP_BAD_LENGTH };

/* The payload of an IP packet of that family. `advert` is untouched on refusal. */
enum vrrp_refusal vrrp_advert_read(const uint8_t *bytes, size_t length, int family, struct vrrp_advert *advert);
