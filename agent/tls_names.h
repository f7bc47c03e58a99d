/* Is a service's certificate for a name? OpenSSL decides, as it does for clients. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum { TLS_CERTIFICATE_MAX = 16384, TLS_SEEN_MAX = 192 };

enum tls_names { TLS_NAMES_COVER, TLS_NAMES_OTHER, TLS_NAMES_NONE /* no certificate, or none that can be read */ };

/* Judges a certificate (DER). `seen`: the names that it has, as many as fit; control characters become ?. Pure. */
enum tls_names tls_names_judge(const uint8_t *der, size_t length, const char *name, char seen[static TLS_SEEN_MAX]);

/* The certificate that is shown there to who asks for the name; its length, or -errno: -EPROTO, no TLS. Blocks, for
 * `timeout_s` in each step: not for casvipd. */
int tls_names_fetch(const struct conf_endpoint *where, const char *name, int timeout_s,
		    uint8_t der[static TLS_CERTIFICATE_MAX]);
