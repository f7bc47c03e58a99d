/* DCE/RPC, connection-oriented (C706 chapter 12, MS-RPCE 2.2.2): the few PDUs that a probe sends and the few that it
 * may get back.
 *
 * Offers NDR32 only and no authentication. The reader is incremental: bytes may come one at a time or several PDUs
 * glued together. It knows nothing of sockets, interfaces or verdicts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DCERPC_HEADER_BYTES = 16,
	DCERPC_BIND_BYTES = 72,
	DCERPC_REQUEST_BYTES = 24,     /* before the stub */
	DCERPC_FRAGMENT_MAX = 16384,   /* a longer PDU is refused unread */
	DCERPC_REPLY_MAX = 256 * 1024, /* all fragments of a reply together, their headers included */
};

enum dcerpc_type {
	DCERPC_REQUEST = 0,
	DCERPC_RESPONSE = 2,
	DCERPC_FAULT = 3,
	DCERPC_BIND = 11,
	DCERPC_BIND_ACK = 12,
	DCERPC_BIND_NAK = 13,
};

/* An interface or a transfer syntax; the UUID as it stands on the wire: its first three fields little-endian. */
struct dcerpc_syntax {
	uint8_t uuid[16];
	uint16_t major;
	uint16_t minor;
};

extern const struct dcerpc_syntax dcerpc_ndr;

/* Writes a bind of presentation context 0 to `interface`. */
void dcerpc_bind(uint8_t pdu[static DCERPC_BIND_BYTES], uint32_t call_id, const struct dcerpc_syntax *interface);

/* Writes a whole request in context 0: DCERPC_REQUEST_BYTES + stub_bytes, which must fit `room` and a fragment. */
size_t dcerpc_request(uint8_t *pdu, size_t room, uint32_t call_id, uint16_t opnum, const uint8_t *stub,
		      size_t stub_bytes);

struct dcerpc_reply {
	enum dcerpc_type type; /* BIND_ACK or BIND_NAK, RESPONSE, or FAULT to either */
	uint16_t result;       /* BIND_ACK: of the first context; only 0 is an acceptance */
	uint16_t reason;       /* BIND_ACK with result 2; BIND_NAK */
	uint32_t status;       /* FAULT */
	bool big_endian;       /* RESPONSE: byte order of the stub's integers */
	uint8_t *stub;         /* RESPONSE: of all fragments together; the reader's */
	size_t stub_bytes;
};

enum dcerpc_news {
	DCERPC_MORE,  /* all is well so far */
	DCERPC_REPLY, /* `reply` is complete */
	DCERPC_BAD_VERSION,
	DCERPC_BAD_DREP,
	DCERPC_BAD_LENGTH,
	DCERPC_BAD_CALL,
	DCERPC_BAD_TYPE,
	DCERPC_BAD_FRAGMENT,
	DCERPC_BAD_BODY,
	DCERPC_TOO_LONG,
	DCERPC_NO_MEMORY,
};

/* Collects the reply to one bind or one request. After anything but DCERPC_MORE it takes no more bytes until the next
 * dcerpc_expect(). Starts zeroed. */
struct dcerpc_reader {
	enum dcerpc_type sent; /* DCERPC_BIND or DCERPC_REQUEST */
	uint32_t call_id;
	enum dcerpc_news news;
	struct dcerpc_reply reply;
	size_t stub_room;
	size_t reply_bytes; /* of the whole fragments so far */
	int fragments;
	size_t pdu_bytes; /* of the PDU that is coming in */
	uint8_t pdu[DCERPC_FRAGMENT_MAX];
};

/* Can a PDU of 16 to DCERPC_FRAGMENT_MAX octets begin like this? DCERPC_MORE, with its whole length in `ret_length`;
 * else what is wrong. */
enum dcerpc_news dcerpc_head(const uint8_t head[static DCERPC_HEADER_BYTES], size_t *ret_length);

/* Makes ready for the reply to `sent`; what was read before is forgotten. */
void dcerpc_expect(struct dcerpc_reader *reader, enum dcerpc_type sent, uint32_t call_id);

/* How many bytes are surely still missing: to the end of the header, then to the end of the PDU. 0 when done. */
size_t dcerpc_wants(const struct dcerpc_reader *reader);

/* Takes bytes up to the end of the reply and no further. Returns how many; reader->news says what they meant. */
size_t dcerpc_feed(struct dcerpc_reader *reader, const uint8_t *bytes, size_t length);

void dcerpc_reader_done(struct dcerpc_reader *reader);

/* What is wrong with a PDU, for people. */
const char *dcerpc_news_words(enum dcerpc_news news);
