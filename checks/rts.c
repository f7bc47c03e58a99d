#include "checks/rts.h"

#include <assert.h>
#include <string.h>

#include "checks/octets.h"

enum {
	PTYPE_RTS = 20,
	FLAGS_FIRST_AND_LAST = 0x03,
	DREP_LITTLE_ENDIAN = 0x10,
	BODY_AT = 16,
	PATTERN_MAX = 3, /* commands by which the PDUs we look for are known */
};

/* 2.2.3.5 */
enum command {
	RECEIVE_WINDOW_SIZE = 0,
	FLOW_CONTROL_ACK = 1,
	CONNECTION_TIMEOUT = 2,
	COOKIE = 3,
	CHANNEL_LIFETIME = 4,
	CLIENT_KEEPALIVE = 5,
	VERSION = 6,
	EMPTY = 7,
	PADDING = 8,
	NEGATIVE_ANCE = 9,
	ANCE = 10,
	CLIENT_ADDRESS = 11,
	ASSOCIATION_GROUP_ID = 12,
	DESTINATION = 13,
	PING_TRAFFIC_SENT = 14,
};

/* What we announce. None of it matters to a connection that ends within seconds; the values are those of Microsoft's
 * client, which servers have seen. */
enum { LIFETIME_BYTES = 0x40000000, KEEPALIVE_MS = 300000 };

static void put_header(struct octets_out *out, size_t length, uint16_t commands)
{
	octets_put_u8(out, 5);
	octets_put_u8(out, 0);
	octets_put_u8(out, PTYPE_RTS);
	octets_put_u8(out, FLAGS_FIRST_AND_LAST);
	octets_put_u32(out, DREP_LITTLE_ENDIAN);
	octets_put_u16(out, (uint16_t)length);
	octets_put_u16(out, 0); /* no authentication */
	octets_put_u32(out, 0); /* no call */
	octets_put_u16(out, 0); /* flags: none */
	octets_put_u16(out, commands);
}

static void put_number(struct octets_out *out, enum command command, uint32_t value)
{
	octets_put_u32(out, command);
	octets_put_u32(out, value);
}

static void put_cookie(struct octets_out *out, enum command command, const uint8_t cookie[static RTS_COOKIE_BYTES])
{
	octets_put_u32(out, command);
	octets_put(out, cookie, RTS_COOKIE_BYTES);
}

void rts_conn_a1(uint8_t pdu[static RTS_CONN_A1_BYTES], const struct rts_cookies *cookies)
{
	struct octets_out out = {.bytes = pdu, .room = RTS_CONN_A1_BYTES};

	put_header(&out, RTS_CONN_A1_BYTES, 4);
	put_number(&out, VERSION, 1);
	put_cookie(&out, COOKIE, cookies->connection);
	put_cookie(&out, COOKIE, cookies->out);
	put_number(&out, RECEIVE_WINDOW_SIZE, RTS_STREAM_MAX);
	assert(out.at == RTS_CONN_A1_BYTES);
}

void rts_conn_b1(uint8_t pdu[static RTS_CONN_B1_BYTES], const struct rts_cookies *cookies)
{
	struct octets_out out = {.bytes = pdu, .room = RTS_CONN_B1_BYTES};

	put_header(&out, RTS_CONN_B1_BYTES, 6);
	put_number(&out, VERSION, 1);
	put_cookie(&out, COOKIE, cookies->connection);
	put_cookie(&out, COOKIE, cookies->in);
	put_number(&out, CHANNEL_LIFETIME, LIFETIME_BYTES);
	put_number(&out, CLIENT_KEEPALIVE, KEEPALIVE_MS);
	put_cookie(&out, ASSOCIATION_GROUP_ID, cookies->group);
	assert(out.at == RTS_CONN_B1_BYTES);
}

/* Skips what follows the command's type. False: no such command, and so no telling where the next one begins. */
static bool skip_data(struct octets_in *in, uint32_t command)
{
	static const uint8_t sizes[] = {
		[RECEIVE_WINDOW_SIZE] = 4,   [FLOW_CONTROL_ACK] = 24, [CONNECTION_TIMEOUT] = 4, [COOKIE] = 16,
		[CHANNEL_LIFETIME] = 4,      [CLIENT_KEEPALIVE] = 4,  [VERSION] = 4,            [EMPTY] = 0,
		[NEGATIVE_ANCE] = 0,         [ANCE] = 0,              [CLIENT_ADDRESS] = 12,    [DESTINATION] = 4,
		[ASSOCIATION_GROUP_ID] = 16, [PING_TRAFFIC_SENT] = 4,
	};
	uint32_t family;

	if (command >= sizeof(sizes))
		return false;
	if (command == PADDING)
		octets_take(in, octets_get_u32(in));
	if (command == CLIENT_ADDRESS) {
		family = octets_get_u32(in);
		if (family > 1)
			return false;
		octets_take(in, family == 0 ? 4 : 16); /* IPv4, IPv6; then padding */
	}
	octets_take(in, sizes[command]);
	return true;
}

static bool is_pattern(const uint32_t *commands, int count, const uint32_t *pattern, int length)
{
	return count == length && memcmp(commands, pattern, (size_t)length * sizeof(*pattern)) == 0;
}

/* A PDU is known by its flags and commands (2.2.4); what the commands say, limits of a connection that lives long, is
 * nothing to us. Octets behind the commands are let pass, as they are behind the results of a bind_ack. */
static enum rts_news take_rts(struct rts_reader *reader)
{
	static const uint32_t a3[] = {CONNECTION_TIMEOUT}, c2[] = {VERSION, RECEIVE_WINDOW_SIZE, CONNECTION_TIMEOUT};
	struct octets_in in = {
		.bytes = reader->pdu,
		.length = reader->pdu_length,
		.at = BODY_AT,
		.big_endian = !(reader->pdu[4] & DREP_LITTLE_ENDIAN),
	};
	uint16_t flags = octets_get_u16(&in), commands = octets_get_u16(&in);
	uint32_t seen[PATTERN_MAX];
	int count = 0;
	bool known = true;

	for (int i = 0; i < commands && known && !in.overrun; i++) {
		uint32_t command = octets_get_u32(&in);

		known = skip_data(&in, command);
		if (command == EMPTY || command == PADDING)
			continue;
		if (count < PATTERN_MAX)
			seen[count] = command;
		count++;
	}
	if (!known || in.overrun) {
		reader->flaw = DCERPC_BAD_BODY;
		return RTS_BAD;
	}
	if (flags == 0 && is_pattern(seen, count, a3, 1))
		return RTS_CONN_A3;
	return flags == 0 && is_pattern(seen, count, c2, 3) ? RTS_CONN_C2 : RTS_MORE;
}

static enum rts_news take_head(struct rts_reader *reader)
{
	reader->flaw = dcerpc_head(reader->pdu, &reader->pdu_length);
	if (reader->flaw == DCERPC_MORE && reader->stream_bytes + reader->pdu_length > RTS_STREAM_MAX)
		reader->flaw = DCERPC_TOO_LONG;
	return reader->flaw == DCERPC_MORE ? RTS_MORE : RTS_BAD;
}

static enum rts_news take_pdu(struct rts_reader *reader)
{
	reader->stream_bytes += reader->pdu_length;
	return reader->pdu[2] == PTYPE_RTS ? take_rts(reader) : RTS_RPC;
}

static void begin_pdu(struct rts_reader *reader)
{
	reader->news = RTS_MORE;
	reader->pdu_bytes = 0;
	reader->pdu_length = 0;
}

/* The next octets of the PDU: how many it took. */
static size_t take_part(struct rts_reader *reader, const uint8_t *bytes, size_t length)
{
	size_t end = reader->pdu_length ? reader->pdu_length : DCERPC_HEADER_BYTES;
	size_t part = end - reader->pdu_bytes;

	if (part > length)
		part = length;
	memcpy(reader->pdu + reader->pdu_bytes, bytes, part);
	reader->pdu_bytes += part;
	if (!reader->pdu_length && reader->pdu_bytes == DCERPC_HEADER_BYTES)
		reader->news = take_head(reader);
	if (reader->news == RTS_MORE && reader->pdu_bytes == reader->pdu_length)
		reader->news = take_pdu(reader);
	return part;
}

size_t rts_feed(struct rts_reader *reader, const uint8_t *bytes, size_t length)
{
	size_t taken = 0;

	if (reader->news == RTS_BAD)
		return 0;
	if (reader->news != RTS_MORE)
		begin_pdu(reader);
	while (taken < length && reader->news == RTS_MORE) {
		if (reader->pdu_bytes > 0 && reader->pdu_bytes == reader->pdu_length)
			begin_pdu(reader); /* the one before was skipped */
		taken += take_part(reader, bytes + taken, length - taken);
	}
	return taken;
}
