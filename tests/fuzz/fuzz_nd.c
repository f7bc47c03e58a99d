/* Any bytes as an IPv6 packet, once as they are and once with the checksum made right, so that the fuzzer gets past it.
 *
 * fuzz-sources: agent/nd_packet.c
 */
#include <assert.h>
#include <string.h>

#include "agent/net_nd.h"

enum { MOST = 1500, MESSAGE_AT = 40, CHECKSUM_AT = 42 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check(const uint8_t *bytes, size_t length)
{
	struct nd_advertisement parsed, untouched;

	memset(&parsed, 0x5a, sizeof(parsed));
	memset(&untouched, 0x5a, sizeof(untouched));
	if (nd_parse(bytes, length, &parsed) != ND_OK) {
		assert(memcmp(&parsed, &untouched, sizeof(parsed)) == 0);
		return;
	}
	assert(parsed.target[0] != 0xff);
	assert((parsed.mac[0] & 1) == 0);
	assert(memcmp(parsed.target, bytes + 48, 16) == 0);
}

static void mend_checksum(uint8_t *packet, size_t message_length)
{
	uint64_t sum = message_length + 58;

	packet[CHECKSUM_AT] = packet[CHECKSUM_AT + 1] = 0;
	for (size_t i = 8; i < MESSAGE_AT + message_length; i++)
		sum += i % 2 ? packet[i] : (uint64_t)packet[i] << 8;
	sum = 0xffff - sum % 0xffff;
	packet[CHECKSUM_AT] = (uint8_t)(sum >> 8);
	packet[CHECKSUM_AT + 1] = (uint8_t)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t mended[MOST];
	size_t message_length;

	check(bytes, length);
	if (length < MESSAGE_AT + 24 || length > MOST)
		return 0;
	memcpy(mended, bytes, length);
	message_length = (size_t)bytes[4] << 8 | bytes[5];
	if (message_length < 24 || message_length > length - MESSAGE_AT)
		return 0;
	mend_checksum(mended, message_length);
	check(mended, length);
	return 0;
}
