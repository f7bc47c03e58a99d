/* The roll of a vip's clients, as its owner tells its peers: who is connected, so that a successor can tell them that
 * their server is gone (design, part 8). A datagram of its own kind, sealed as beats are, never evidence of life.
 *
 *   body    vip 4, family 1 (4 or 6), the vip's address 4 or 16,
 *           then for each client, as many as there are: address 4 or 16, port 2, the vip's port 2
 *
 * Pure: reads and writes memory, nothing else. The reader accepts exactly what the writer can produce. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrrp/wire.h"

enum { ROLL_CLIENTS_MAX = 174, ROLL_CLIENTS6_MAX = 69 }; /* of IPv4 and of IPv6, in one datagram */

struct roll {
	uint32_t vip;        /* hash of its name, as in a beat */
	bool ipv6;
	uint8_t address[16]; /* of the vip; IPv4: the first four */
	int clients;         /* 1..ROLL_CLIENTS_MAX or ROLL_CLIENTS6_MAX */
	struct roll_client {
		uint8_t address[16];
		uint16_t port;     /* of the client, 1..65535 */
		uint16_t vip_port; /* 1..65535 */
	} client[ROLL_CLIENTS_MAX];
};

enum { ROLL_BODY_MOST = WIRE_MAX - WIRE_HEADER_BYTES - WIRE_SEAL_BYTES };

/* How many fit. */
static inline int roll_most(bool ipv6)
{
	return ipv6 ? ROLL_CLIENTS6_MAX : ROLL_CLIENTS_MAX;
}

/* The body's bytes; returns their number. */
size_t roll_write(const struct roll *roll, uint8_t bytes[static ROLL_BODY_MOST]);

/* WIRE_OK or WIRE_BAD_BODY; `roll` is untouched on failure. */
enum wire_refusal roll_read(const uint8_t *bytes, size_t length, struct roll *roll);
