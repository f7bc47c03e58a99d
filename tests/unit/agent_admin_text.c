/* Texts of admins and of the kernel, as they are found on Debian 12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "agent/admin_text.h"
#include "conf/conf_address.h"

static struct conf_address address(const char *text)
{
	struct conf_address read = {0};
	const char *why;

	assert_int_equal(address_read(text, &read, &why), 0);
	return read;
}

static int line_of(const char *text, const char *of)
{
	struct conf_address wanted = address(of);

	return admin_text_names(text, &wanted);
}

static void test_an_address_is_found_in_files_of_any_grammar(void **state)
{
	(void)state;
	assert_int_equal(line_of("auto eth0\niface eth0 inet static\n    address 192.0.2.50/24\n", "192.0.2.50"), 3);
	assert_int_equal(line_of("    up ip addr add 192.0.2.50 dev eth0", "192.0.2.50"), 1);
	assert_int_equal(line_of("      addresses: [192.0.2.1/24,192.0.2.50/24]\n", "192.0.2.50"), 1);
	assert_int_equal(line_of("      - \"2001:DB8:0:0::50/64\"\n", "2001:db8::50"), 1);
	assert_int_equal(line_of("[ipv4]\naddress1=192.0.2.50/24,192.0.2.254\n", "192.0.2.50"), 2);
	assert_int_equal(line_of("Address=192.0.2.50/24", "192.0.2.50"), 1);
}

static void test_another_address_and_a_comment_are_not_it(void **state)
{
	(void)state;
	assert_int_equal(line_of("address 192.0.2.5\n", "192.0.2.50"), 0);
	assert_int_equal(line_of("address 192.0.2.5\n", "92.0.2.5"), 0);
	assert_int_equal(line_of("address 192.0.2.500\n", "192.0.2.50"), 0);
	assert_int_equal(line_of("# address 192.0.2.50\n", "192.0.2.50"), 0);
	assert_int_equal(line_of("address 192.0.2.1 # was 192.0.2.50\n", "192.0.2.50"), 0);
	assert_int_equal(line_of("", "192.0.2.50"), 0);
}

static bool key(const char *text, const char *name, const char *expected)
{
	char value[16] = "";

	return admin_text_key(text, "Network", name, value, sizeof(value)) && strcmp(value, expected) == 0;
}

static void test_the_last_value_of_a_key_counts(void **state)
{
	const char *text = "[Match]\nName=eth0\n\n[Network]\n#KeepConfiguration=no\nDHCP = ipv4 \nKeepConfiguration=no\n"
			   "[Route]\nDHCP=no\n[network]\n KeepConfiguration=static\r\n";

	char value[16];

	(void)state;
	assert_true(key(text, "KeepConfiguration", "static"));
	assert_true(key(text, "DHCP", "ipv4"));
	assert_false(key(text, "Name", "eth0"));
	assert_true(key("[Network]\nAddress=2001:db8:1234::1/64\n", "Address", "2001:db8:1234::"));
	assert_false(key("[Network", "DHCP", ""));
	assert_true(admin_text_key("ADMIN_STATE=configured\n[x]\nADMIN_STATE=no", "", "ADMIN_STATE", value, sizeof(value)));
	assert_string_equal(value, "configured");
	assert_true(admin_text_yes("yes") && admin_text_yes("True") && admin_text_yes("1"));
	assert_false(admin_text_yes("no") || admin_text_yes("") || admin_text_yes("yesterday"));
}

static const char tcp[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	"   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18334 1 0 100 0 0 10 0\n"
	"   1: 320200C0:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18335 1 0 100 0 0 10 0\n"
	"   2: 0100007F:0087 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18336 1 0 100 0 0 10 0\n"
	"   3: 0100007F:0019 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 18337 1 0 100 0 0 10 0\n";
static const char tcp6[] =
	"   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
	"   1: B80D0120000000000000000050000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000\n";

static struct admin_listeners on_port(uint16_t port)
{
	struct admin_listeners listeners = {0};

	admin_text_listeners(tcp, AF_INET, port, &listeners);
	admin_text_listeners(tcp6, AF_INET6, port, &listeners);
	return listeners;
}

static void test_who_listens_where(void **state)
{
	struct admin_listeners https = on_port(443), http = on_port(80), mapper = on_port(135), smtp = on_port(25);
	struct conf_address expected = address("192.0.2.50");

	(void)state;
	assert_true(https.any_four && https.any_six && https.ons == 0);
	assert_true(!http.any_four && !http.any_six && http.ons == 2);
	assert_true(address_same(&http.on[0], &expected));
	expected = address("2001:db8::50");
	assert_true(address_same(&http.on[1], &expected));
	expected = address("127.0.0.1");
	assert_true(mapper.ons == 1 && address_same(&mapper.on[0], &expected));
	assert_int_equal(smtp.ons, 0); /* a connection, no listener */
}

static void test_lines_that_are_none_are_passed_over(void **state)
{
	struct admin_listeners none = {0};

	(void)state;
	admin_text_listeners("\n\n   0: 000:01BB 0:0 0A\n 1: 0100007F01BB 00000000:0000 0A\n0100007F:01BB", AF_INET, 443,
			     &none);
	admin_text_listeners("   0: 0100007F:01BB 00000000:0000 0A\n", AF_INET6, 443, &none);
	assert_false(none.any_four || none.any_six || none.ons);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_is_found_in_files_of_any_grammar),
		cmocka_unit_test(test_another_address_and_a_comment_are_not_it),
		cmocka_unit_test(test_the_last_value_of_a_key_counts),
		cmocka_unit_test(test_who_listens_where),
		cmocka_unit_test(test_lines_that_are_none_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
