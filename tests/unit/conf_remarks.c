/* Remarks: what loads, and is most likely not meant, is said; what is in order is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "conf/conf_remarks.h"

/* What is remarked on a vip with these checks. */
static const char *remarks(const char *checks)
{
	static char text[1024], said[1024];
	FILE *from, *out;
	struct conf *conf;

	snprintf(text, sizeof(text), "cluster = \"mail\"\nnode \"a\" { address = {\"192.0.2.1\"} }\n"
		 "vip \"mail\" { interface = \"eth0\" address = {\"192.0.2.50/24\"} %s }\n", checks);
	memset(said, 0, sizeof(said));
	from = fmemopen(text, strlen(text), "r");
	out = fmemopen(said, sizeof(said) - 1, "w");
	conf = conf_load(from, "test", stderr);
	assert_non_null(conf);
	conf_remarks(conf, out);
	conf_free(conf);
	fclose(from);
	fclose(out);
	return said;
}

#define TCP "check \"t\" { type = \"tcp\" connect = \"127.0.0.1:25\" "
#define OWA(path) "check \"o\" { type = \"owa\" connect = \"127.0.0.1:443\" url = \"https://mail.example.net" path "\" }"

static void test_a_vip_that_only_a_dead_host_moves_is_remarked_on(void **state)
{
	static const char none[] = "remark: vip mail has no required check: it moves only when a host or its link "
				   "fails\n";

	(void)state;
	assert_string_equal(remarks(""), none);
	assert_string_equal(remarks(TCP "required = false }"), none);
	assert_string_equal(remarks(TCP "}"), "");
	assert_string_equal(remarks("profile = \"exchange2016\" host = \"mail.example.net\""), "");
}

static void test_owa_is_asked_for_below_owa(void **state)
{
	(void)state;
	assert_string_equal(remarks(OWA("/owa/")), "");
	assert_string_equal(remarks(OWA("/OWA/auth/logon.aspx?url=")), "");
	assert_string_equal(remarks(OWA("/mail/")),
			    "remark: check o of vip mail asks for /mail/: OWA lives below /owa/\n");
	assert_string_equal(remarks(OWA("")), "remark: check o of vip mail asks for /: OWA lives below /owa/\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_vip_that_only_a_dead_host_moves_is_remarked_on),
		cmocka_unit_test(test_owa_is_asked_for_below_owa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
