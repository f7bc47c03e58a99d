/* A heartbeat as bytes: the clear header and the body, in network byte order.
 *
 *   header  format 1 (1: a beat, 2: a roll), sender 1, receiver 1, link 1, key_id 4, cluster 8, session 8, seq 8
 *   body    echo_session 8, echo_seq 8, echo_held_us 4, sent_ns 8, config_digest 8,
 *           heard 8: bit n * LINKS_MAX + l is set where node n was ever heard on link l; then 2 bytes of age in ms for
 *           each set bit, lowest bit first,
 *           certificate_vip 1; where it is not 0: certificate_check 1, certificate 8,
 *           vips 1, then for each: vip 4, term 4, role and fitness 1 (4 bits each), score 2, offers_to 1, yields_to 1,
 *           1: votes follow (1 bit), bids (1), enforces (2), why (4); where votes follow: supports 1, supports_term 4
 *
 * Pure: reads and writes memory, nothing else. There are no spare bits, and the reader accepts exactly what the writer
 * can produce: every field in range, no byte too many, no vip twice. What was accepted writes back to its bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "vrrp/beat.h"

enum {
	WIRE_VERSION = 1, /* of the format, its first byte, for a beat; other kinds follow: enum datagram_kind */
	WIRE_HEADER_BYTES = 32,
	WIRE_BODY_LEAST = 46,  /* without ages, certificate and vips */
	WIRE_BODY_MOST = 1399, /* all nodes, links, vips and votes, and a certificate */
	WIRE_SEAL_BYTES = 16,
	WIRE_LEAST = WIRE_HEADER_BYTES + 17 + WIRE_SEAL_BYTES, /* nobody sends less, of any kind: roll.h */
	WIRE_MAX = 1452, /* Ethernet's MTU less IPv6 and UDP header: one piece on a LAN */
};

/* In the order in which they are found; each has its own counter, none a log line per packet. */
enum wire_refusal {
	WIRE_OK,
	WIRE_TOO_SHORT,
	WIRE_TOO_LONG,
	WIRE_VERSION_UNKNOWN,
	WIRE_BAD_HEADER, /* no such link, or session or seq 0: nobody sends that */
	WIRE_WRONG_CLUSTER,
	WIRE_WRONG_RECEIVER,
	WIRE_WRONG_SENDER, /* no such node, ourselves (reflected), or not the node this link leads to */
	WIRE_WRONG_KEY,    /* no key of ours has that id */
	WIRE_BAD_SEAL,
	WIRE_BAD_BODY,
};
enum { WIRE_REFUSAL_COUNT = WIRE_BAD_BODY + 1 };

const char *wire_refusal_word(enum wire_refusal refusal); /* "too-short", for counters */

void wire_write_header(const struct beat_header *header, uint8_t bytes[static WIRE_HEADER_BYTES]);

/* WIRE_OK .. WIRE_BAD_HEADER: cluster, nodes and key are judged by the caller. `length` is the whole datagram's, which
 * may be more than what is at `bytes` if it is more than WIRE_MAX. `header` is untouched on failure. */
enum wire_refusal wire_read_header(const uint8_t *bytes, size_t length, struct beat_header *header);

/* The body's bytes, without header and seal; returns their number, WIRE_BODY_LEAST..WIRE_BODY_MOST. */
size_t wire_write_body(const struct beat *beat, uint8_t bytes[static WIRE_BODY_MOST]);

/* WIRE_OK or WIRE_BAD_BODY; `beat` is untouched on failure. */
enum wire_refusal wire_read_body(const uint8_t *bytes, size_t length, struct beat *beat);
