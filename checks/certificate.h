/* What a server's certificate is worth. */
#pragma once

#include <time.h>

#include "checks/leaf.h"
#include "checks/probe.h"

/* It was refused. `result` is OpenSSL's X509_V_ERR_*; 0 or 1: the chain is good, the name is not. `wall` is this host's
 * idea of the date, by which the certificate was judged. */
void certificate_refused(long result, time_t wall, struct outcome *outcome);

/* A clock that stands before this program was written judges no dates: false with `outcome` filled. */
bool certificate_clock_is_sane(time_t wall, struct outcome *outcome);

/* How a check came to see it. */
struct certificate_view {
	bool refused;    /* by OpenSSL, with */
	long result;     /* as in certificate_refused() */
	bool old_tls;    /* the server speaks no TLS later than 1.1 (RFC 8996 forbids those) */
};

/* Judges it by `leaf->check`. What clients take today but not for long, or not all of them, is UP with a reason
 * warn-... and a word of warning. */
void certificate_verdict(const struct leaf *leaf, const struct certificate_view *view, time_t wall,
			 struct outcome *outcome);
