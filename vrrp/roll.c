#include "vrrp/roll.h"

#include <assert.h>
#include <string.h>

#include "vrrp/octets.h"

enum { HEAD_BYTES = 5, PORT_BYTES = 2, FAMILY4 = 4, FAMILY6 = 6 };

static_assert(HEAD_BYTES + 4 + ROLL_CLIENTS_MAX * (4 + 2 * PORT_BYTES) <= ROLL_BODY_MOST &&
	      HEAD_BYTES + 16 + ROLL_CLIENTS6_MAX * (16 + 2 * PORT_BYTES) <= ROLL_BODY_MOST, "a full roll fits");

static size_t address_bytes(bool ipv6)
{
	return ipv6 ? 16 : 4;
}

static size_t client_bytes(bool ipv6)
{
	return address_bytes(ipv6) + 2 * PORT_BYTES;
}

static uint8_t *put_address(uint8_t *to, const uint8_t address[static 16], bool ipv6)
{
	memcpy(to, address, address_bytes(ipv6));
	return to + address_bytes(ipv6);
}

static void take_address(struct reader *from, bool ipv6, uint8_t address[static 16])
{
	for (size_t i = 0; i < address_bytes(ipv6); i++)
		address[i] = (uint8_t)take(from, 1);
}

size_t roll_write(const struct roll *roll, uint8_t bytes[static ROLL_BODY_MOST])
{
	uint8_t *to = bytes;

	assert(roll->clients >= 1 && roll->clients <= roll_most(roll->ipv6));
	to = put(to, roll->vip, 4);
	to = put(to, roll->ipv6 ? FAMILY6 : FAMILY4, 1);
	to = put_address(to, roll->address, roll->ipv6);
	for (int i = 0; i < roll->clients; i++) {
		const struct roll_client *client = &roll->client[i];

		assert(client->port != 0 && client->vip_port != 0);
		to = put_address(to, client->address, roll->ipv6);
		to = put(to, client->port, PORT_BYTES);
		to = put(to, client->vip_port, PORT_BYTES);
	}
	return (size_t)(to - bytes);
}

enum wire_refusal roll_read(const uint8_t *bytes, size_t length, struct roll *roll)
{
	struct reader from = {.at = bytes, .left = length};
	struct roll read = {.vip = (uint32_t)take(&from, 4)};
	uint64_t family = take(&from, 1);

	read.ipv6 = family == FAMILY6;
	if (family != FAMILY4 && family != FAMILY6)
		return WIRE_BAD_BODY;
	take_address(&from, read.ipv6, read.address);
	if (from.spoiled || from.left == 0 || from.left % client_bytes(read.ipv6) != 0 ||
	    from.left / client_bytes(read.ipv6) > (size_t)roll_most(read.ipv6))
		return WIRE_BAD_BODY;
	while (from.left > 0) {
		struct roll_client *client = &read.client[read.clients++];

		take_address(&from, read.ipv6, client->address);
		client->port = (uint16_t)take(&from, PORT_BYTES);
		client->vip_port = (uint16_t)take(&from, PORT_BYTES);
		if (client->port == 0 || client->vip_port == 0)
			return WIRE_BAD_BODY;
	}
	*roll = read;
	return WIRE_OK;
}
