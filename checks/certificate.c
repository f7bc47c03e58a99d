#include "checks/certificate.h"

#include <stdio.h>

/* A clock that stands before this program was written (2026-01-01) judges no dates. */
#define SANE_WALL 1767225600

static const char untrusted[] =
	"its issuer is not trusted here (an in-house CA: name it by ca_file), or an intermediate is missing";

/* X509_V_ERR_* in openssl/x509_vfy.h */
static const struct {
	long result;
	const char *reason;
	const char *words;
} meanings[] = {
	{0, "cert-name", "the certificate is for another name"},
	{1, "cert-name", "the certificate is for another name"},
	{2, "cert-issuer", untrusted},
	{9, "cert-not-yet-valid", "the certificate is not yet valid"},
	{10, "cert-expired", "the certificate has expired"},
	{18, "cert-self-signed", "it is self-signed: name it by ca_file, or have a CA sign it"},
	{19, "cert-issuer", untrusted},
	{20, "cert-issuer", untrusted},
	{21, "cert-issuer", untrusted},
	{23, "cert-revoked", "the certificate has been revoked"},
};

bool certificate_clock_is_sane(time_t wall, struct outcome *outcome)
{
	if (wall >= SANE_WALL)
		return true;
	outcome_set(outcome, VERDICT_UNKNOWN, "clock", "this host's clock is wrong: it can verify no certificate");
	return false;
}

void certificate_refused(long result, time_t wall, struct outcome *outcome)
{
	if ((result == 9 || result == 10) && !certificate_clock_is_sane(wall, outcome))
		return;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].result == result) {
			outcome_set(outcome, VERDICT_DOWN, meanings[i].reason, "%s", meanings[i].words);
			return;
		}
	}
	outcome_set(outcome, VERDICT_DOWN, "cert", "the certificate was refused: OpenSSL's verify result %ld", result);
}

enum {
	DAY_S = 24 * 3600,
	PURPOSE = 26, /* X509_V_ERR_INVALID_PURPOSE: the chain is good, but not for servers */
	WARNING_MAX = FACT_WORDS_MAX - (int)sizeof(", sha256 ") - 2 * LEAF_HASH_BYTES, /* what the hash leaves */
};

/* "29 d", or "5 h" when that is more telling. */
static void span_text(int64_t seconds, char text[static 24])
{
	if (seconds >= 2 * DAY_S)
		snprintf(text, 24, "%lld d", (long long)(seconds / DAY_S));
	else
		snprintf(text, 24, "%lld h", (long long)(seconds / 3600));
}

/* Its own dates, in more telling words than OpenSSL's; those of the others in the chain are OpenSSL's affair. */
static bool is_down_by_date(const struct leaf *leaf, time_t wall, struct outcome *outcome)
{
	char span[24];

	if (!leaf->begins || !leaf->ends) {
		outcome_set(outcome, VERDICT_DOWN, "cert", "the certificate has no dates that can be read");
	} else if (wall < leaf->not_before) {
		span_text(leaf->not_before - wall, span);
		outcome_set(outcome, VERDICT_DOWN, "cert-not-yet-valid", "the certificate is not valid yet: in %s",
			    span);
	} else if (wall > leaf->not_after) {
		span_text(wall - leaf->not_after, span);
		outcome_set(outcome, VERDICT_DOWN, "cert-expired", "the certificate expired %s ago", span);
	} else {
		return false;
	}
	return true;
}

static bool is_down(const struct leaf *leaf, const struct certificate_view *view, time_t wall, struct outcome *outcome)
{
	if (is_down_by_date(leaf, wall, outcome))
		return true;
	if (view->refused && view->result != PURPOSE)
		certificate_refused(view->result, wall, outcome);
	else if (!leaf->has_names)
		outcome_set(outcome, VERDICT_DOWN, "cert-no-san",
			    "the certificate has no subjectAltName: Outlook and browsers refuse it");
	else if (!leaf->covers[0])
		outcome_set(outcome, VERDICT_DOWN, "cert-name", "the certificate is not for %.60s", leaf->check->host);
	else
		return false;
	return true;
}

/* The first name that is not covered. NULL: all are. */
static const char *name_missing(const struct leaf *leaf)
{
	for (int i = 0; i < leaf->check->name_count; i++)
		if (!leaf->covers[1 + i])
			return leaf->check->names[i];
	return NULL;
}

/* The reason of a certificate that will do, and words: the gravest warning, or how long it will do. */
static const char *warning(const struct leaf *leaf, const struct certificate_view *view, time_t wall,
			   char words[static WARNING_MAX])
{
	const char *name = name_missing(leaf);
	int64_t left = leaf->not_after - wall;
	char span[24];

	span_text(left, span);
	if (left < leaf->check->warn_before.ns / 1000000000) {
		snprintf(words, WARNING_MAX, "expires in %s", span);
		return "warn-expiry";
	}
	snprintf(words, WARNING_MAX, name ? "not for %s" : "valid for %s", name ? name : span);
	if (name)
		return "warn-name";
	if (leaf->other_use || view->refused) {
		snprintf(words, WARNING_MAX, "not meant for servers");
		return "warn-usage";
	}
	if (leaf->weak_key) {
		snprintf(words, WARNING_MAX, "RSA of less than 2048 bits, or DSA");
		return "warn-key";
	}
	if (leaf->weak_signature) {
		snprintf(words, WARNING_MAX, "signed by MD5 or SHA-1");
		return "warn-signature";
	}
	if (view->old_tls) {
		snprintf(words, WARNING_MAX, "no TLS later than 1.1");
		return "warn-protocol";
	}
	return "ok";
}

static uint64_t number_of(const struct leaf *leaf)
{
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(number) && leaf->hashed; i++)
		number = number << 8 | leaf->sha256[i];
	return number;
}

void certificate_verdict(const struct leaf *leaf, const struct certificate_view *view, time_t wall,
			 struct outcome *outcome)
{
	char words[WARNING_MAX], hash[2 * LEAF_HASH_BYTES + 1] = "unknown";

	if (!certificate_clock_is_sane(wall, outcome))
		return;
	if (!is_down(leaf, view, wall, outcome)) {
		const char *reason = warning(leaf, view, wall, words);

		for (size_t i = 0; i < LEAF_HASH_BYTES && leaf->hashed; i++)
			snprintf(hash + 2 * i, 3, "%02x", leaf->sha256[i]);
		outcome_set(outcome, VERDICT_UP, reason, "%s, sha256 %s", words, hash);
	}
	outcome->certificate = number_of(leaf);
}
