#include "checks/dcerpc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checks/octets.h"

enum {
	FLAG_FIRST = 0x01,
	FLAG_LAST = 0x02,
	DREP_LITTLE_ENDIAN = 0x10,
	FRAGMENT_OFFERED = 5840, /* what Windows clients offer */
	STUB_AT = 24,
	SECURITY_TRAILER_BYTES = 8, /* before the auth_length octets of the token */
};

const struct dcerpc_syntax dcerpc_ndr = {
	.uuid = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60},
	.major = 2,
};

static void put_header(struct octets_out *out, enum dcerpc_type type, size_t length, uint32_t call_id)
{
	octets_put_u8(out, 5);
	octets_put_u8(out, 0);
	octets_put_u8(out, (uint8_t)type);
	octets_put_u8(out, FLAG_FIRST | FLAG_LAST);
	octets_put_u32(out, DREP_LITTLE_ENDIAN);
	octets_put_u16(out, (uint16_t)length);
	octets_put_u16(out, 0); /* no authentication */
	octets_put_u32(out, call_id);
}

static void put_syntax(struct octets_out *out, const struct dcerpc_syntax *syntax)
{
	octets_put(out, syntax->uuid, sizeof(syntax->uuid));
	octets_put_u16(out, syntax->major);
	octets_put_u16(out, syntax->minor);
}

void dcerpc_bind(uint8_t pdu[static DCERPC_BIND_BYTES], uint32_t call_id, const struct dcerpc_syntax *interface)
{
	struct octets_out out = {.bytes = pdu, .room = DCERPC_BIND_BYTES};

	put_header(&out, DCERPC_BIND, DCERPC_BIND_BYTES, call_id);
	octets_put_u16(&out, FRAGMENT_OFFERED);
	octets_put_u16(&out, FRAGMENT_OFFERED);
	octets_put_u32(&out, 0); /* a new association group */
	octets_put_u32(&out, 1); /* one context, then three reserved octets */
	octets_put_u16(&out, 0); /* its id */
	octets_put_u16(&out, 1); /* one transfer syntax, then a reserved octet */
	put_syntax(&out, interface);
	put_syntax(&out, &dcerpc_ndr);
	assert(out.at == DCERPC_BIND_BYTES);
}

size_t dcerpc_request(uint8_t *pdu, size_t room, uint32_t call_id, uint16_t opnum, const uint8_t *stub,
		      size_t stub_bytes)
{
	struct octets_out out = {.bytes = pdu, .room = room};

	assert(stub_bytes <= FRAGMENT_OFFERED - DCERPC_REQUEST_BYTES);
	put_header(&out, DCERPC_REQUEST, DCERPC_REQUEST_BYTES + stub_bytes, call_id);
	octets_put_u32(&out, (uint32_t)stub_bytes);
	octets_put_u16(&out, 0); /* context id */
	octets_put_u16(&out, opnum);
	octets_put(&out, stub, stub_bytes);
	return out.at;
}

void dcerpc_expect(struct dcerpc_reader *reader, enum dcerpc_type sent, uint32_t call_id)
{
	assert(sent == DCERPC_BIND || sent == DCERPC_REQUEST);
	reader->sent = sent;
	reader->call_id = call_id;
	reader->news = DCERPC_MORE;
	reader->reply = (struct dcerpc_reply){.stub = reader->reply.stub};
	reader->reply_bytes = 0;
	reader->fragments = 0;
	reader->pdu_bytes = 0;
}

/* The PDU so far, to be read in its own byte order. */
static struct octets_in pdu_from(const struct dcerpc_reader *reader, size_t at)
{
	return (struct octets_in){
		.bytes = reader->pdu,
		.length = reader->pdu_bytes,
		.at = at,
		.big_endian = !(reader->pdu[4] & DREP_LITTLE_ENDIAN),
	};
}

static size_t fragment_length(const struct dcerpc_reader *reader)
{
	struct octets_in in = pdu_from(reader, 8);

	return octets_get_u16(&in);
}

static bool type_fits(const struct dcerpc_reader *reader, uint8_t type)
{
	if (type == DCERPC_FAULT)
		return true;
	if (reader->sent == DCERPC_BIND)
		return type == DCERPC_BIND_ACK || type == DCERPC_BIND_NAK;
	return type == DCERPC_RESPONSE;
}

enum dcerpc_news dcerpc_head(const uint8_t head[static DCERPC_HEADER_BYTES], size_t *ret_length)
{
	struct octets_in in = {
		.bytes = head,
		.length = DCERPC_HEADER_BYTES,
		.at = 8,
		.big_endian = !(head[4] & DREP_LITTLE_ENDIAN),
	};
	size_t length = octets_get_u16(&in);

	if (head[0] != 5 || head[1] > 1)
		return DCERPC_BAD_VERSION;
	if (head[4] & ~DREP_LITTLE_ENDIAN) /* EBCDIC, or no DCE/RPC at all */
		return DCERPC_BAD_DREP;
	if (length < DCERPC_HEADER_BYTES || length > DCERPC_FRAGMENT_MAX)
		return DCERPC_BAD_LENGTH;
	*ret_length = length;
	return DCERPC_MORE;
}

static enum dcerpc_news check_header(const struct dcerpc_reader *reader)
{
	struct octets_in in = pdu_from(reader, 12);
	size_t length;
	enum dcerpc_news news = dcerpc_head(reader->pdu, &length);

	if (news != DCERPC_MORE)
		return news;
	if (octets_get_u32(&in) != reader->call_id)
		return DCERPC_BAD_CALL;
	if (!type_fits(reader, reader->pdu[2]))
		return DCERPC_BAD_TYPE;
	if (reader->reply_bytes + length > DCERPC_REPLY_MAX)
		return DCERPC_TOO_LONG;
	return DCERPC_MORE;
}

/* Servers differ in all that this skips: no secondary address, garbage in the pad, octets behind the results. */
static enum dcerpc_news take_bind_ack(struct dcerpc_reader *reader)
{
	struct octets_in in = pdu_from(reader, 24);
	uint8_t results;

	octets_take(&in, octets_get_u16(&in)); /* secondary address */
	octets_align(&in, 4);
	results = octets_get_u8(&in);
	octets_take(&in, 3);
	reader->reply.result = octets_get_u16(&in);
	reader->reply.reason = octets_get_u16(&in);
	octets_take(&in, 20);                                 /* transfer syntax of the first, */
	octets_take(&in, results ? 24u * (results - 1u) : 0); /* and the others must be there */
	return results == 0 || in.overrun ? DCERPC_BAD_BODY : DCERPC_REPLY;
}

static enum dcerpc_news take_bind_nak(struct dcerpc_reader *reader)
{
	struct octets_in in = pdu_from(reader, 16);

	reader->reply.reason = octets_get_u16(&in);
	return in.overrun ? DCERPC_BAD_BODY : DCERPC_REPLY;
}

static enum dcerpc_news take_fault(struct dcerpc_reader *reader)
{
	struct octets_in in = pdu_from(reader, 24);

	reader->reply.status = octets_get_u32(&in);
	return in.overrun ? DCERPC_BAD_BODY : DCERPC_REPLY;
}

/* Where the stub ends: before the security trailer and the padding which that announces. 0: nonsense. */
static size_t stub_end(const struct dcerpc_reader *reader)
{
	struct octets_in in = pdu_from(reader, 10);
	size_t end = reader->pdu_bytes, token = octets_get_u16(&in), pad;

	if (end < STUB_AT)
		return 0;
	if (token == 0)
		return end;
	if (token + SECURITY_TRAILER_BYTES > end - STUB_AT)
		return 0;
	end -= token + SECURITY_TRAILER_BYTES;
	pad = reader->pdu[end + 2];
	return pad > end - STUB_AT ? 0 : end - pad;
}

static bool append_stub(struct dcerpc_reader *reader, const uint8_t *bytes, size_t length)
{
	struct dcerpc_reply *reply = &reader->reply;

	if (reply->stub_bytes + length > reader->stub_room) {
		size_t room = (reply->stub_bytes + length) * 2; /* bounded by DCERPC_REPLY_MAX */
		uint8_t *stub = realloc(reply->stub, room);

		if (!stub)
			return false;
		reply->stub = stub;
		reader->stub_room = room;
	}
	if (length > 0)
		memcpy(reply->stub + reply->stub_bytes, bytes, length);
	reply->stub_bytes += length;
	return true;
}

static enum dcerpc_news take_response(struct dcerpc_reader *reader)
{
	bool first = reader->pdu[3] & FLAG_FIRST, last = reader->pdu[3] & FLAG_LAST;
	bool big_endian = !(reader->pdu[4] & DREP_LITTLE_ENDIAN);
	size_t end = stub_end(reader);

	if (first != (reader->fragments == 0) || (!first && big_endian != reader->reply.big_endian))
		return DCERPC_BAD_FRAGMENT;
	if (end == 0)
		return DCERPC_BAD_BODY;
	if (!append_stub(reader, reader->pdu + STUB_AT, end - STUB_AT))
		return DCERPC_NO_MEMORY;
	reader->reply.big_endian = big_endian;
	reader->reply_bytes += reader->pdu_bytes;
	reader->fragments++;
	reader->pdu_bytes = 0;
	return last ? DCERPC_REPLY : DCERPC_MORE;
}

static enum dcerpc_news take_pdu(struct dcerpc_reader *reader)
{
	reader->reply.type = (enum dcerpc_type)reader->pdu[2];
	switch (reader->reply.type) {
	case DCERPC_BIND_ACK:
		return take_bind_ack(reader);
	case DCERPC_BIND_NAK:
		return take_bind_nak(reader);
	case DCERPC_FAULT:
		return take_fault(reader);
	case DCERPC_RESPONSE:
		return take_response(reader);
	case DCERPC_REQUEST:
	case DCERPC_BIND:
		break;
	}
	return DCERPC_BAD_TYPE;
}

size_t dcerpc_wants(const struct dcerpc_reader *reader)
{
	if (reader->news != DCERPC_MORE)
		return 0;
	if (reader->pdu_bytes < DCERPC_HEADER_BYTES)
		return DCERPC_HEADER_BYTES - reader->pdu_bytes;
	return fragment_length(reader) - reader->pdu_bytes;
}

size_t dcerpc_feed(struct dcerpc_reader *reader, const uint8_t *bytes, size_t length)
{
	size_t taken = 0, part;

	while (taken < length && (part = dcerpc_wants(reader)) > 0) {
		if (part > length - taken)
			part = length - taken;
		memcpy(reader->pdu + reader->pdu_bytes, bytes + taken, part);
		reader->pdu_bytes += part;
		taken += part;
		if (reader->pdu_bytes == DCERPC_HEADER_BYTES)
			reader->news = check_header(reader);
		if (reader->news == DCERPC_MORE && dcerpc_wants(reader) == 0)
			reader->news = take_pdu(reader);
	}
	return taken;
}

void dcerpc_reader_done(struct dcerpc_reader *reader)
{
	free(reader->reply.stub);
	reader->reply.stub = NULL;
	reader->stub_room = 0;
}

const char *dcerpc_news_words(enum dcerpc_news news)
{
	switch (news) {
	case DCERPC_MORE:
		return "incomplete";
	case DCERPC_REPLY:
		return "complete";
	case DCERPC_BAD_VERSION:
		return "not DCE/RPC version 5";
	case DCERPC_BAD_DREP:
		return "unknown data representation";
	case DCERPC_BAD_LENGTH:
		return "impossible fragment length";
	case DCERPC_BAD_CALL:
		return "belongs to another call";
	case DCERPC_BAD_TYPE:
		return "unexpected PDU type";
	case DCERPC_BAD_FRAGMENT:
		return "fragments out of order";
	case DCERPC_BAD_BODY:
		return "malformed PDU";
	case DCERPC_TOO_LONG:
		return "endless reply";
	case DCERPC_NO_MEMORY:
		return "no memory for the reply";
	}
	return "";
}
