/* RPC over HTTP, version 2 ([MS-RPCH]): the two PDUs by which a client opens a virtual connection, and a reader for
 * what comes back on its OUT channel.
 *
 * The reader cuts the stream into PDUs, whatever portions it comes in. Of the transport's own PDUs (RTS, 2.2.3.6) it
 * tells of the two that open the connection and skips the others: pings and flow control may stand anywhere. PDUs of
 * DCE/RPC it hands on whole; what they say is dcerpc.h's affair. It knows nothing of HTTP or of the order of things. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "checks/dcerpc.h"

enum {
	RTS_COOKIE_BYTES = 16,
	RTS_CONN_A1_BYTES = 76,
	RTS_CONN_B1_BYTES = 104,
	/* The receive window that CONN/A1 offers. We acknowledge nothing, so no server has more to send. */
	RTS_STREAM_MAX = 64 * 1024,
};

/* Each is random. */
struct rts_cookies {
	uint8_t connection[RTS_COOKIE_BYTES]; /* the same on both channels */
	uint8_t out[RTS_COOKIE_BYTES];
	uint8_t in[RTS_COOKIE_BYTES];
	uint8_t group[RTS_COOKIE_BYTES];
};

/* What the OUT channel sends (2.2.4.2), and what the IN channel begins with (2.2.4.5). */
void rts_conn_a1(uint8_t pdu[static RTS_CONN_A1_BYTES], const struct rts_cookies *cookies);
void rts_conn_b1(uint8_t pdu[static RTS_CONN_B1_BYTES], const struct rts_cookies *cookies);

enum rts_news {
	RTS_MORE,    /* all is well so far */
	RTS_CONN_A3, /* the proxy has taken the OUT channel (2.2.4.4) */
	RTS_CONN_C2, /* the server has both channels (2.2.4.9) */
	RTS_RPC,     /* a PDU of DCE/RPC: pdu, pdu_bytes */
	RTS_BAD,     /* `flaw` says why; no more is taken */
};

/* Starts zeroed. */
struct rts_reader {
	enum rts_news news;
	enum dcerpc_news flaw;
	size_t stream_bytes; /* of the whole PDUs so far */
	size_t pdu_bytes;    /* of the PDU that is coming in */
	size_t pdu_length;   /* of the whole of it; 0: not known yet */
	uint8_t pdu[DCERPC_FRAGMENT_MAX];
};

/* Takes bytes up to the end of the next PDU that is news, and no further. Returns how many; reader->news says what
 * they meant. */
size_t rts_feed(struct rts_reader *reader, const uint8_t *bytes, size_t length);
