/* Neighbour Discovery packets as values: the pure half of net_nd.h. Layouts: RFC 8200 3, RFC 4861 4.3, 4.4, 4.6.1. */
#include <netinet/in.h>
#include <string.h>

#include "agent/net_nd.h"

enum {
	IP_BYTES = 40,
	IP_LENGTH_AT = 4,
	IP_NEXT_HEADER_AT = 6,
	IP_HOP_LIMIT_AT = 7,
	IP_SOURCE_AT = 8,
	IP_DESTINATION_AT = 24,

	ICMP_CODE_AT = 1,
	ICMP_CHECKSUM_AT = 2,
	ND_FLAGS_AT = 4,
	ND_TARGET_AT = 8,
	ND_BYTES = 24, /* both messages, before the options */

	OPTION_BYTES = 8, /* a link-layer address, and the unit of every option's length */
	HOP_LIMIT = 255, /* so it was never forwarded: RFC 4861 7.1 */

	TYPE_SOLICITATION = 135,
	TYPE_ADVERTISEMENT = 136,
	OPTION_TARGET_MAC = 2,

	FLAG_SOLICITED = 0x40,
	FLAG_OVERRIDE = 0x20,
};

static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};

static uint32_t sum_16(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

/* Over the pseudo-header and the message (RFC 8200 8.1), its checksum field included: 0 when that field is right. */
static uint16_t checksum(const uint8_t *packet, size_t message_length)
{
	uint32_t sum = (uint32_t)message_length + IPPROTO_ICMPV6; /* less than 64 KiB: no carry is lost in 32 bits */

	sum = sum_16(sum, packet + IP_SOURCE_AT, 32);
	sum = sum_16(sum, packet + IP_BYTES, message_length);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Every option has a length, fits, and a target link-layer address is one of Ethernet. */
static enum nd_refusal parse_options(const uint8_t *option, size_t left, struct nd_advertisement *advertisement)
{
	while (left > 0) {
		size_t length = left < 2 ? 0 : (size_t)option[1] * OPTION_BYTES;

		if (length == 0 || length > left)
			return ND_BAD_OPTION;
		if (option[0] == OPTION_TARGET_MAC) {
			if (length != OPTION_BYTES || option[2] & 1) /* of a group */
				return ND_BAD_OPTION;
			memcpy(advertisement->mac, option + 2, 6);
		}
		option += length;
		left -= length;
	}
	return ND_OK;
}

static enum nd_refusal parse_message(const uint8_t *packet, size_t length, struct nd_advertisement *advertisement)
{
	const uint8_t *message = packet + IP_BYTES;
	struct nd_advertisement parsed = {0};
	enum nd_refusal refusal;

	if (message[0] != TYPE_ADVERTISEMENT)
		return ND_NOT_ADVERTISEMENT;
	if (length < ND_BYTES)
		return ND_TOO_SHORT;
	if (checksum(packet, length) != 0)
		return ND_BAD_CHECKSUM;
	if (message[ICMP_CODE_AT] != 0 || message[ND_TARGET_AT] == 0xff)
		return ND_BAD_FIELD;
	parsed.solicited = message[ND_FLAGS_AT] & FLAG_SOLICITED;
	parsed.override = message[ND_FLAGS_AT] & FLAG_OVERRIDE;
	if (parsed.solicited && packet[IP_DESTINATION_AT] == 0xff)
		return ND_BAD_FIELD;
	memcpy(parsed.target, message + ND_TARGET_AT, 16);
	refusal = parse_options(message + ND_BYTES, length - ND_BYTES, &parsed);
	if (refusal == ND_OK)
		*advertisement = parsed;
	return refusal;
}

enum nd_refusal nd_parse(const uint8_t *bytes, size_t length, struct nd_advertisement *advertisement)
{
	size_t message_length;

	if (length < IP_BYTES)
		return ND_TOO_SHORT;
	if (bytes[0] >> 4 != 6 || bytes[IP_NEXT_HEADER_AT] != IPPROTO_ICMPV6)
		return ND_NOT_ICMPV6;
	if (bytes[IP_HOP_LIMIT_AT] != HOP_LIMIT)
		return ND_BAD_HOP_LIMIT;
	message_length = (size_t)bytes[IP_LENGTH_AT] << 8 | bytes[IP_LENGTH_AT + 1];
	if (message_length == 0 || message_length > length - IP_BYTES)
		return ND_TOO_SHORT;
	return parse_message(bytes, message_length, advertisement);
}

/* A message of ours before its source, destination, flags, option and checksum are filled in. */
static void begin(uint8_t bytes[static ND_PACKET_BYTES], uint8_t type, const uint8_t target[static 16])
{
	memset(bytes, 0, ND_PACKET_BYTES);
	bytes[0] = 6 << 4;
	bytes[IP_NEXT_HEADER_AT] = IPPROTO_ICMPV6;
	bytes[IP_HOP_LIMIT_AT] = HOP_LIMIT;
	bytes[IP_BYTES] = type;
	memcpy(bytes + IP_BYTES + ND_TARGET_AT, target, 16);
}

static void put_mac(uint8_t bytes[static ND_PACKET_BYTES], uint8_t type, const uint8_t mac[static 6])
{
	uint8_t *option = bytes + IP_BYTES + ND_BYTES;

	option[0] = type;
	option[1] = 1;
	memcpy(option + 2, mac, 6);
}

static size_t finish(uint8_t bytes[static ND_PACKET_BYTES], size_t message_length)
{
	uint16_t sum;

	bytes[IP_LENGTH_AT + 1] = (uint8_t)message_length;
	sum = checksum(bytes, message_length);
	bytes[IP_BYTES + ICMP_CHECKSUM_AT] = (uint8_t)(sum >> 8);
	bytes[IP_BYTES + ICMP_CHECKSUM_AT + 1] = (uint8_t)sum;
	return IP_BYTES + message_length;
}

size_t nd_write_announcement(const uint8_t address[static 16], const uint8_t mac[static 6],
			     uint8_t bytes[static ND_PACKET_BYTES])
{
	begin(bytes, TYPE_ADVERTISEMENT, address);
	memcpy(bytes + IP_SOURCE_AT, address, 16);
	memcpy(bytes + IP_DESTINATION_AT, all_nodes, 16);
	bytes[IP_BYTES + ND_FLAGS_AT] = FLAG_OVERRIDE;
	put_mac(bytes, OPTION_TARGET_MAC, mac);
	return finish(bytes, ND_BYTES + OPTION_BYTES);
}

/* Without a source link-layer address, which RFC 4861 4.3 forbids when the source is unspecified. */
size_t nd_write_probe(const uint8_t address[static 16], uint8_t bytes[static ND_PACKET_BYTES])
{
	begin(bytes, TYPE_SOLICITATION, address);
	nd_solicited_node(address, bytes + IP_DESTINATION_AT);
	return finish(bytes, ND_BYTES);
}

void nd_solicited_node(const uint8_t address[static 16], uint8_t group[static 16])
{
	static const uint8_t start[13] = {0xff, 0x02, [11] = 1, [12] = 0xff};

	memcpy(group, start, sizeof(start));
	memcpy(group + 13, address + 13, 3);
}
