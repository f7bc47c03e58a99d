#include "checks/certificate.h"

/* A clock that stands before this program was written (2026-01-01) judges no dates. */
#define SANE_WALL 1767225600

static const char untrusted[] = "the certificate's issuer is not trusted here, or an intermediate is missing";

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
	{18, "cert-self-signed", "the certificate is self-signed"},
	{19, "cert-issuer", untrusted},
	{20, "cert-issuer", untrusted},
	{21, "cert-issuer", untrusted},
	{23, "cert-revoked", "the certificate has been revoked"},
};

void certificate_refused(long result, time_t wall, struct outcome *outcome)
{
	if ((result == 9 || result == 10) && wall < SANE_WALL) {
		outcome_set(outcome, VERDICT_UNKNOWN, "clock",
			    "this host's clock is wrong: it can verify no certificate");
		return;
	}
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].result == result) {
			outcome_set(outcome, VERDICT_DOWN, meanings[i].reason, "%s", meanings[i].words);
			return;
		}
	}
	outcome_set(outcome, VERDICT_DOWN, "cert", "the certificate was refused: OpenSSL's verify result %ld", result);
}
