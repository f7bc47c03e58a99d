/* A name server's answer to one question for addresses (RFC 1035, RFC 3596), by glibc's libresolv. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum { DNS_ADDRESSES_MAX = 16, DNS_UDP_MAX = 512 /* RFC 1035 2.3.4 */ };

struct dns_question {
	uint16_t id;
	uint16_t type; /* ns_t_a or ns_t_aaaa */
	const char *name;
};

enum dns_kind {
	DNS_NOT_OURS,  /* no answer to this question: another id, name or type, or no DNS message */
	DNS_BAD,       /* it is, but malformed */
	DNS_TRUNCATED, /* there are more records than fit in a datagram */
	DNS_FAILED,    /* `rcode` says how: ns_r_nxdomain, ns_r_servfail ... */
	DNS_ADDRESSES, /* perhaps none */
};

struct dns_answer {
	int rcode;
	int addresses; /* those beyond DNS_ADDRESSES_MAX are only counted */
	struct conf_address address[DNS_ADDRESSES_MAX];
};

/* Fills `answer` where the kind says so. Aliases (CNAME) are followed inside the answer, in whatever order they
 * stand. */
enum dns_kind dns_answer_read(const uint8_t *message, size_t length, const struct dns_question *question,
			      struct dns_answer *answer);
