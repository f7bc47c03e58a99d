/* Is a certificate for a name? Recorded ones, in DER. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "agent/tls_names.h"

static uint8_t der[TLS_CERTIFICATE_MAX];
static char seen[TLS_SEEN_MAX];

static size_t read_recorded(const char *name)
{
	char path[256];
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/fuzz_tls_names/%s", name);
	file = fopen(path, "re");
	assert_non_null(file);
	length = fread(der, 1, sizeof(der), file);
	fclose(file);
	assert_true(length > 0 && length < sizeof(der));
	return length;
}

static void test_its_names_and_its_wildcards_are_covered(void **state)
{
	size_t length = read_recorded("two_names");

	(void)state;
	assert_int_equal(tls_names_judge(der, length, "mail.example.net", seen), TLS_NAMES_COVER);
	assert_string_equal(seen, "mail.example.net, *.example.org");
	assert_int_equal(tls_names_judge(der, length, "MAIL.example.net", seen), TLS_NAMES_COVER);
	assert_int_equal(tls_names_judge(der, length, "a.example.org", seen), TLS_NAMES_COVER);
	assert_int_equal(tls_names_judge(der, length, "a.b.example.org", seen), TLS_NAMES_OTHER);
	assert_int_equal(tls_names_judge(der, length, "old.example.net", seen), TLS_NAMES_OTHER); /* its subject */
}

static void test_a_certificate_without_names_has_none_to_show(void **state)
{
	size_t length = read_recorded("no_names");

	(void)state;
	assert_int_equal(tls_names_judge(der, length, "mail.example.net", seen), TLS_NAMES_OTHER);
	assert_string_equal(seen, "");
}

static void test_what_is_no_certificate_is_none(void **state)
{
	size_t length = read_recorded("two_names");

	(void)state;
	assert_int_equal(tls_names_judge(der, length - 1, "mail.example.net", seen), TLS_NAMES_NONE);
	assert_int_equal(tls_names_judge(der, 0, "mail.example.net", seen), TLS_NAMES_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_its_names_and_its_wildcards_are_covered),
		cmocka_unit_test(test_a_certificate_without_names_has_none_to_show),
		cmocka_unit_test(test_what_is_no_certificate_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
