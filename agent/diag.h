/* TCP connections of this host, as sock_diag(7) messages: which there are with a local address of ours, and an end to
 * one of them. Pure: the caller sends and receives.
 *
 * Half-open connections (SYN_RECV, and what a SYN cookie stands for) and those in TIME_WAIT are never asked for: the
 * former have no state worth ending yet, the latter end by themselves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum {
	DIAG_ADDRESSES_MAX = VIP_ADDRESSES_MAX,
	DIAG_LIST_MAX = 76 + 32 * DIAG_ADDRESSES_MAX, /* bytes of a request for a list */
	DIAG_END_BYTES = 72,			      /* of a request to end one */
};

/* One connection, with what the kernel needs to find it again. */
struct diag_connection {
	struct conf_address local, remote; /* without prefix: 32 or 128 */
	uint16_t local_port, remote_port;
	bool mapped; /* an IPv4 connection of an IPv6 socket (RFC 4291 2.5.5.2) */
	uint32_t interface;
	uint32_t cookie[2];
};

enum diag_scope {
	DIAG_ESTABLISHED, /* both sides may still send */
	DIAG_LIVING,	  /* and those that are being closed: a client waits in FIN_WAIT_2 as well */
};

/* Asks for all connections of sockets of this family (AF_INET6 sockets may carry IPv4) whose local address is one of
 * 1..DIAG_ADDRESSES_MAX. Returns the request's length. */
size_t diag_list(uint8_t request[static DIAG_LIST_MAX], int family, enum diag_scope scope, uint32_t seq,
		 const struct conf_address *address, int addresses);

/* Asks the kernel to end this one: a reset to the client, ECONNABORTED to the program. */
void diag_end(uint8_t request[static DIAG_END_BYTES], uint32_t seq, const struct diag_connection *connection);

enum diag_news {
	DIAG_CONNECTION,
	DIAG_DONE,   /* the list is over */
	DIAG_ERROR,  /* the kernel refused: `error` is its -errno; 0 is an acknowledgement */
	DIAG_OTHER,  /* something else, or an answer to another question than `seq` */
	DIAG_NOTHING /* no whole message is left */
};

/* The next message of an answer at `*at`, which is moved behind it; `answer` is aligned as a message is. */
enum diag_news diag_read(const void *answer, size_t length, uint32_t seq, size_t *at,
			 struct diag_connection *connection, int *error);
