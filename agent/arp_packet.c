/* ARP packets as values: the pure half of net_arp.h. */
#include <string.h>

#include "agent/net_arp.h"

enum {
	HARDWARE_ETHERNET = 1,
	PROTOCOL_IPV4 = 0x0800,
	OPERATION_AT = 6,
	SENDER_MAC_AT = 8,
	SENDER_IP_AT = 14,
	TARGET_MAC_AT = 18,
	TARGET_IP_AT = 24,
};

static unsigned read_16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

enum arp_refusal arp_parse(const uint8_t *bytes, size_t length, struct arp_packet *packet)
{
	if (length < ARP_PACKET_BYTES)
		return ARP_TOO_SHORT;
	if (read_16(bytes) != HARDWARE_ETHERNET)
		return ARP_NOT_ETHERNET;
	if (read_16(bytes + 2) != PROTOCOL_IPV4)
		return ARP_NOT_IPV4;
	if (bytes[4] != 6 || bytes[5] != 4)
		return ARP_BAD_LENGTHS;
	if (read_16(bytes + OPERATION_AT) != ARP_REQUEST && read_16(bytes + OPERATION_AT) != ARP_REPLY)
		return ARP_BAD_OPERATION;

	packet->operation = (int)read_16(bytes + OPERATION_AT);
	memcpy(packet->sender_mac, bytes + SENDER_MAC_AT, 6);
	memcpy(packet->sender_ip, bytes + SENDER_IP_AT, 4);
	memcpy(packet->target_mac, bytes + TARGET_MAC_AT, 6);
	memcpy(packet->target_ip, bytes + TARGET_IP_AT, 4);
	return ARP_OK;
}

void arp_write(const struct arp_packet *packet, uint8_t bytes[static ARP_PACKET_BYTES])
{
	static const uint8_t start[OPERATION_AT + 1] = {0, HARDWARE_ETHERNET, PROTOCOL_IPV4 >> 8, 0, 6, 4, 0};

	memcpy(bytes, start, sizeof(start));
	bytes[OPERATION_AT + 1] = (uint8_t)packet->operation;
	memcpy(bytes + SENDER_MAC_AT, packet->sender_mac, 6);
	memcpy(bytes + SENDER_IP_AT, packet->sender_ip, 4);
	memcpy(bytes + TARGET_MAC_AT, packet->target_mac, 6);
	memcpy(bytes + TARGET_IP_AT, packet->target_ip, 4);
}

bool arp_probes(const struct arp_packet *packet)
{
	static const uint8_t zeros[4];

	return packet->operation == ARP_REQUEST && memcmp(packet->sender_ip, zeros, 4) == 0 &&
	       memcmp(packet->target_ip, zeros, 4) != 0 && (packet->sender_mac[0] & 1) == 0;
}

bool arp_claims(const struct arp_packet *packet)
{
	static const uint8_t zeros[6];

	if (packet->sender_ip[0] == 0 || packet->sender_ip[0] >= 224) /* "this host", groups, reserved */
		return false;
	if (packet->sender_mac[0] & 1) /* a group */
		return false;
	return memcmp(packet->sender_mac, zeros, 6) != 0;
}
