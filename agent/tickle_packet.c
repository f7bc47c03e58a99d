#include "agent/tickle_packet.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

static_assert(sizeof(struct tcphdr) == TICKLE_BYTES, "no options");

/* Ones' complement sum (RFC 1071) of an even number of bytes. */
static uint32_t sum(uint32_t so_far, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += 2)
		so_far += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return so_far;
}

static uint16_t folded(uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

/* With the pseudo-header: RFC 9293 3.1, RFC 8200 8.1. */
static uint16_t checksum(const struct tickle *tickle, const uint8_t segment[static TICKLE_BYTES])
{
	size_t address_bytes = tickle->from.family == AF_INET ? 4 : 16;
	uint32_t total = sum(0, tickle->from.bytes, address_bytes);

	total = sum(total, tickle->to.bytes, address_bytes);
	total = sum(total, segment, TICKLE_BYTES);
	return folded(total + IPPROTO_TCP + TICKLE_BYTES);
}

void tickle_write(const struct tickle *tickle, uint8_t segment[static TICKLE_BYTES])
{
	const uint32_t half = UINT32_C(1) << 31;
	struct tcphdr header = {
		.th_sport = htons(tickle->from_port),
		.th_dport = htons(tickle->to_port),
		.th_seq = htonl(tickle->form == 1 || tickle->form == 3 ? half : 0),
		.th_ack = htonl(tickle->form == 1 || tickle->form == 2 ? half : 0),
		.th_off = TICKLE_BYTES / 4,
		.th_flags = TH_ACK,
		.th_win = htons(1024),
	};

	assert(tickle->form >= 0 && tickle->form < TICKLE_FORMS && tickle->from.family == tickle->to.family);
	memcpy(segment, &header, TICKLE_BYTES);
	header.th_sum = htons(checksum(tickle, segment));
	memcpy(segment, &header, TICKLE_BYTES);
}

bool tickle_answer(const void *segment, size_t length, uint16_t *ret_from_port, uint16_t *ret_to_port)
{
	struct tcphdr header;

	if (length < sizeof(header))
		return false;
	memcpy(&header, segment, sizeof(header));
	if (header.th_flags & (TH_SYN | TH_FIN))
		return false;
	*ret_from_port = ntohs(header.th_sport);
	*ret_to_port = ntohs(header.th_dport);
	return true;
}
