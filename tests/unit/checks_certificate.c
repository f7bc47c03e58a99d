/* What a server's certificate is worth. The lines are those that libcurl makes of real ones with OpenSSL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checks/certificate.h"

#define SAN     "X509v3 Subject Alternative Name:"
#define HASH    "ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc" /* printf '\0\1\2' | sha256sum */
#define NUMBER  UINT64_C(0xae4b3280e56e2faf)
#define NOW     INT64_C(1795526604) /* Nov 24 13:23:24 2026 GMT */
#define DAYS(n) ((n) * INT64_C(86400))

static const char *const good[] = {
	"Subject:CN = mail.example.net",
	"Issuer:CN = casvip lab CA",
	"Version:2",
	"Serial Number:6ca3eab42bf37af93d9e89f2fcb380d36ac50cc5",
	"Signature Algorithm:ecdsa-with-SHA256",
	"Public Key Algorithm:rsaEncryption",
	SAN "DNS:mail.example.net, DNS:*.example.org, IP Address:192.0.2.1, email:a@b.c",
	"X509v3 Basic Constraints:CA:FALSE",
	"X509v3 Extended Key Usage:TLS Web Server Authentication, TLS Web Client Authentication",
	"Start date:Nov 24 13:23:24 2026 GMT",
	"Expire date:Dec 24 13:23:24 2026 GMT",
	"RSA Public Key:2048",
	"rsa(e):10001",
	"Signature:30:44:02:20",
	"Cert:-----BEGIN CERTIFICATE-----\nAA\nEC\n-----END CERTIFICATE-----\n",
	NULL,
};

static struct conf_check check;
static struct certificate_view view;

static int setup(void **state)
{
	(void)state;
	check = (struct conf_check){.type = CHECK_CERTIFICATE, .host = "mail.example.net"};
	check.warn_before = duration_ms(DAYS(21) * 1000);
	view = (struct certificate_view){0};
	return 0;
}

/* The good one, with another line in place of that with the same label; "LABEL" alone takes it away. */
static struct leaf leaf_with(const char *other)
{
	size_t label = strcspn(other, ":");
	struct leaf leaf = {.check = &check};

	for (int i = 0; good[i]; i++)
		if (strncmp(good[i], other, label) != 0 || label == 0 || good[i][label] != ':')
			leaf_line(&leaf, good[i]);
	if (other[label] == ':')
		leaf_line(&leaf, other);
	return leaf;
}

static struct outcome judged(const char *other, int64_t wall)
{
	struct leaf leaf = leaf_with(other);
	struct outcome outcome;

	certificate_verdict(&leaf, &view, (time_t)wall, &outcome);
	return outcome;
}

static void assert_judged(const char *other, int64_t wall, enum verdict verdict, const char *reason, const char *words)
{
	struct outcome outcome = judged(other, wall);

	assert_string_equal(outcome.words, words);
	assert_string_equal(outcome.reason, reason);
	assert_int_equal(outcome.verdict, verdict);
	assert_true(outcome.certificate == (verdict == VERDICT_UNKNOWN ? 0 : NUMBER));
}

static void test_a_good_one_is_up_and_named_by_its_hash(void **state)
{
	(void)state;
	assert_judged("", NOW, VERDICT_UP, "ok", "valid for 30 d, sha256 " HASH);
	assert_judged(SAN "IP Address:192.0.2.1, DNS:MAIL.example.net", NOW, VERDICT_UP, "ok",
		      "valid for 30 d, sha256 " HASH);
	assert_judged("Public Key Algorithm:id-ecPublicKey", NOW, VERDICT_UP, "ok", "valid for 30 d, sha256 " HASH);
	assert_judged("X509v3 Extended Key Usage", NOW, VERDICT_UP, "ok", "valid for 30 d, sha256 " HASH);
	assert_judged("X509v3 Extended Key Usage:Any Extended Key Usage", NOW, VERDICT_UP, "ok",
		      "valid for 30 d, sha256 " HASH);
}

static void test_one_that_is_out_of_date_is_down(void **state)
{
	(void)state;
	assert_judged("", NOW - 1, VERDICT_DOWN, "cert-not-yet-valid", "the certificate is not valid yet: in 0 h");
	assert_judged("", NOW - DAYS(5), VERDICT_DOWN, "cert-not-yet-valid", "the certificate is not valid yet: in 5 d");
	assert_int_equal(judged("", NOW + DAYS(30)).verdict, VERDICT_UP);
	assert_judged("", NOW + DAYS(30) + 1, VERDICT_DOWN, "cert-expired", "the certificate expired 0 h ago");
	assert_judged("", NOW + DAYS(33), VERDICT_DOWN, "cert-expired", "the certificate expired 3 d ago");
	assert_judged("Expire date:Never", NOW, VERDICT_DOWN, "cert", "the certificate has no dates that can be read");
	assert_judged("Start date", NOW, VERDICT_DOWN, "cert", "the certificate has no dates that can be read");
	assert_judged("Start date:Nov 24 13:23:24 2026 GMTX", NOW, VERDICT_DOWN, "cert",
		      "the certificate has no dates that can be read");
	assert_judged("Start date:Nov  4 13:23:24 2026 GMT", NOW, VERDICT_UP, "ok", "valid for 30 d, sha256 " HASH);
}

static void test_one_for_other_names_is_down(void **state)
{
	static const char no_san[] = "the certificate has no subjectAltName: Outlook and browsers refuse it";

	(void)state;
	assert_judged(SAN "DNS:other.example.net", NOW, VERDICT_DOWN, "cert-name",
		      "the certificate is not for mail.example.net");
	assert_judged("X509v3 Subject Alternative Name", NOW, VERDICT_DOWN, "cert-no-san", no_san);
	assert_judged(SAN "IP Address:192.0.2.1, email:mail.example.net", NOW, VERDICT_DOWN, "cert-no-san", no_san);
}

static void test_what_openssl_refused_is_down_whatever_else_it_says(void **state)
{
	(void)state;
	view = (struct certificate_view){.refused = true, .result = 20};
	assert_judged("", NOW, VERDICT_DOWN, "cert-issuer",
		      "its issuer is not trusted here (an in-house CA: name it by ca_file), or an intermediate is missing");
	view.result = 18;
	assert_judged("", NOW, VERDICT_DOWN, "cert-self-signed",
		      "it is self-signed: name it by ca_file, or have a CA sign it");
	view.result = 1;
	assert_judged("", NOW, VERDICT_DOWN, "cert-name", "the certificate is for another name");
	view.result = 10; /* of an intermediate */
	assert_judged("", NOW, VERDICT_DOWN, "cert-expired", "the certificate has expired");
	assert_judged("", NOW + DAYS(35), VERDICT_DOWN, "cert-expired", "the certificate expired 5 d ago");
}

static void test_what_will_not_do_for_long_is_up_with_a_warning(void **state)
{
	(void)state;
	assert_int_equal(judged("", NOW + DAYS(9)).verdict, VERDICT_UP);
	assert_string_equal(judged("", NOW + DAYS(9)).reason, "ok");
	assert_judged("", NOW + DAYS(9) + 1, VERDICT_UP, "warn-expiry", "expires in 20 d, sha256 " HASH);
	assert_judged("", NOW + DAYS(29), VERDICT_UP, "warn-expiry", "expires in 24 h, sha256 " HASH);
	assert_judged("RSA Public Key:2047", NOW, VERDICT_UP, "warn-key",
		      "RSA of less than 2048 bits, or DSA, sha256 " HASH);
	assert_judged("Public Key Algorithm:dsaEncryption", NOW, VERDICT_UP, "warn-key",
		      "RSA of less than 2048 bits, or DSA, sha256 " HASH);
	assert_judged("Signature Algorithm:sha1WithRSAEncryption", NOW, VERDICT_UP, "warn-signature",
		      "signed by MD5 or SHA-1, sha256 " HASH);
	assert_judged("Signature Algorithm:ecdsa-with-SHA1", NOW, VERDICT_UP, "warn-signature",
		      "signed by MD5 or SHA-1, sha256 " HASH);
	assert_judged("X509v3 Extended Key Usage:TLS Web Client Authentication", NOW, VERDICT_UP, "warn-usage",
		      "not meant for servers, sha256 " HASH);
	view.old_tls = true;
	assert_judged("", NOW, VERDICT_UP, "warn-protocol", "no TLS later than 1.1, sha256 " HASH);
	view = (struct certificate_view){.refused = true, .result = 26};
	assert_judged("", NOW, VERDICT_UP, "warn-usage", "not meant for servers, sha256 " HASH);
	assert_string_equal(judged("Expire date:Nov 24 13:00:00 2026 GMT", NOW).reason, "cert-expired");
}

static void test_further_names_are_a_warning_each(void **state)
{
	struct outcome outcome;

	(void)state;
	strcpy(check.names[0], "a.example.org");
	strcpy(check.names[1], "autodiscover.example.net");
	check.name_count = 1;
	assert_judged("", NOW, VERDICT_UP, "ok", "valid for 30 d, sha256 " HASH);
	check.name_count = 2;
	assert_judged("", NOW, VERDICT_UP, "warn-name", "not for autodiscover.example.net, sha256 " HASH);
	assert_string_equal(judged("", NOW + DAYS(20)).reason, "warn-expiry"); /* the graver one */
	memset(check.names[0], 'n', sizeof(check.names[0]) - 1);
	outcome = judged("", NOW);
	assert_string_equal(outcome.reason, "warn-name");
	assert_non_null(strstr(outcome.words, "n, sha256 " HASH)); /* a long name does not push out the hash */
}

static void test_a_host_without_a_clock_judges_nothing(void **state)
{
	(void)state;
	assert_judged("", 1767225599, VERDICT_UNKNOWN, "clock",
		      "this host's clock is wrong: it can verify no certificate");
	assert_judged("Expire date:Jan  1 00:00:00 2020 GMT", 0, VERDICT_UNKNOWN, "clock",
		      "this host's clock is wrong: it can verify no certificate");
}

static void test_a_hash_comes_only_from_a_whole_certificate(void **state)
{
	static const char *const none[] = {
		"Cert",
		"Cert:",
		"Cert:-----BEGIN CERTIFICATE-----\nAAEC\n",
		"Cert:-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
		"Cert:-----BEGIN CERTIFICATE-----END CERTIFICATE-----",
		"Cert:-----BEGIN CERTIFICATE-----\nAAEC*AAEC\n-----END CERTIFICATE-----\n",
		"Cert:-----END CERTIFICATE-----\nAAEC\n-----BEGIN CERTIFICATE-----\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct outcome outcome = judged(none[i], NOW);

		assert_string_equal(outcome.words, "valid for 30 d, sha256 unknown");
		assert_true(outcome.certificate == 0);
	}
}

static void test_names_are_matched_by_whole_labels(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool covers;
	} cases[] = {
		{"mail.example.test", "mail.example.test", true},
		{"MAIL.Example.TEST", "mail.exAMPle.test", true},
		{"mail.example.test", "mail.example.tes", false},
		{"mail.example.tes", "mail.example.test", false},
		{"*.example.test", "mail.example.test", true},
		{"*.EXAMPLE.test", "mail.example.test", true},
		{"*.example.test", "example.test", false},
		{"*.example.test", "a.b.example.test", false},
		{"*.example.test", ".example.test", false},
		{"*.example.test", "*.example.test", true},
		{"m*.example.test", "mail.example.test", false},
		{"*ail.example.test", "mail.example.test", false},
		{"mail.*.test", "mail.example.test", false},
		{"*.*.test", "mail.example.test", false},
		{"*.test", "example.test", false},
		{"*.", "example.", false},
		{"*", "mail", false},
		{"", "", false},
		{"*.example.test", "mail", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (leaf_name_covers(cases[i].pattern, cases[i].name) != cases[i].covers)
			fail_msg("%s, %s", cases[i].pattern, cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_good_one_is_up_and_named_by_its_hash, setup),
		cmocka_unit_test_setup(test_one_that_is_out_of_date_is_down, setup),
		cmocka_unit_test_setup(test_one_for_other_names_is_down, setup),
		cmocka_unit_test_setup(test_what_openssl_refused_is_down_whatever_else_it_says, setup),
		cmocka_unit_test_setup(test_what_will_not_do_for_long_is_up_with_a_warning, setup),
		cmocka_unit_test_setup(test_further_names_are_a_warning_each, setup),
		cmocka_unit_test_setup(test_a_host_without_a_clock_judges_nothing, setup),
		cmocka_unit_test_setup(test_a_hash_comes_only_from_a_whole_certificate, setup),
		cmocka_unit_test_setup(test_names_are_matched_by_whole_labels, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
