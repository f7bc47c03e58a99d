/* A server's own certificate, as far as a check must know it, read from the lines that libcurl makes of one
 * (CURLINFO_CERTINFO with OpenSSL: "Expire date:Dec 20 13:21:04 2026 GMT"). Knows no socket and no clock.
 *
 * Whether the chain is good is OpenSSL's to say; what stands here is what OpenSSL lets pass. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

enum { LEAF_HASH_BYTES = 32, LEAF_NAMES_MAX = 1 + CHECK_NAMES_MAX };

struct leaf {
	const struct conf_check *check; /* whose host and names are looked for */
	bool has_names;                 /* a subjectAltName with a DNS name */
	bool covers[LEAF_NAMES_MAX];    /* the host, then the names */
	bool begins, ends;              /* these could be read: */
	int64_t not_before, not_after;  /* seconds since 1970 */
	bool other_use;                 /* it says what it is for, and servers are not among it */
	bool weak_key;                  /* RSA of less than 2048 bits, or DSA */
	bool weak_signature;            /* by MD5 or SHA-1 */
	bool hashed;
	uint8_t sha256[LEAF_HASH_BYTES]; /* of its DER: what Windows calls a thumbprint, but for the hash */
};

/* Takes the next line; `leaf` begins zeroed but for its check. Lines of no interest are passed over. */
void leaf_line(struct leaf *leaf, const char *text);

/* Is this name covered by that of a certificate? In any case of letters; "*" stands for one label, the first, whole,
 * and two more must follow (RFC 6125 6.4.3, and as OpenSSL does it). */
bool leaf_name_covers(const char *pattern, const char *name);
