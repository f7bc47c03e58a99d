/* Any bytes as an ARP packet: what is accepted writes back to the bytes it came from.
 *
 * fuzz-sources: agent/arp_packet.c
 */
#include <assert.h>
#include <string.h>

#include "agent/net_arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arp_packet packet, untouched;
	uint8_t back[ARP_PACKET_BYTES];

	memset(&packet, 0x5a, sizeof(packet));
	memset(&untouched, 0x5a, sizeof(untouched));
	if (arp_parse(bytes, length, &packet) != ARP_OK) {
		assert(memcmp(&packet, &untouched, sizeof(packet)) == 0);
		return 0;
	}
	arp_write(&packet, back);
	assert(memcmp(back, bytes, sizeof(back)) == 0);
	if (arp_claims(&packet))
		assert(packet.sender_ip[0] != 0 && (packet.sender_mac[0] & 1) == 0);
	return 0;
}
