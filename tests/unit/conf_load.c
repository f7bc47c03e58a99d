/* What a loaded configuration holds, and what the machine or a strange text cannot do to the one who loads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/name_hash.h"

#define HEAD "cluster = \"mail\"\nnode \"a\" { address = {\"192.0.2.1\"} }\nnode \"b\" { address = {\"192.0.2.2\"} }\n"
#define VIP  "vip \"mail\" { interface = \"eth0\" address = {\"192.0.2.50/24\"}\n"

static char findings[8192];

static struct conf *load_bytes(const char *bytes, size_t length)
{
	FILE *from = fmemopen((void *)bytes, length, "r"), *to = fmemopen(findings, sizeof(findings), "w");

	assert_non_null(from);
	memset(findings, 0, sizeof(findings));
	struct conf *conf = conf_load(from, "F", to);
	fclose(to);
	fclose(from);
	return conf;
}

static struct conf *load(const char *text)
{
	return load_bytes(text, strlen(text));
}

static struct conf *must_load(const char *text)
{
	struct conf *conf = load(text);

	if (!conf)
		fail_msg("%s", findings);
	return conf;
}

static char *print(const struct conf *conf)
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	conf_print(conf, out);
	fclose(out);
	return text;
}

static void test_defaults_are_those_of_the_contract(void **state)
{
	struct conf *conf = must_load(HEAD VIP "check \"c\" { type = \"http\" url = \"http://192.0.2.1/\" } }");
	const struct conf_vip *vip = &conf->vip[0];
	const struct conf_check *check = &vip->check[0];

	(void)state;
	assert_string_equal(conf->key_file, "/etc/casvip/cluster.key");
	assert_int_equal(conf->heartbeat.ns, 100000000);
	assert_int_equal(conf->dead_after, 3);
	assert_int_equal(conf->port, 7411);
	assert_int_equal(conf->quorum, CONF_QUORUM_NONE);
	assert_false(vip->failback_auto);
	assert_int_equal(vip->failback_after.ns, 300 * INT64_C(1000000000));
	assert_true(vip->hold_when_none_fit);
	assert_int_equal(vip->announce_every.ns, 60 * INT64_C(1000000000));
	assert_int_equal(check->expect_status, 200);
	assert_true(check->verify);
	assert_true(check->required);
	assert_int_equal(check->weight, 100);
	assert_string_equal(check->vip, "mail");
	assert_int_equal(check->interval.ns, 2000000000);
	assert_int_equal(check->fast.ns, 100000000);
	assert_int_equal(check->timeout.ns, 1000000000);
	assert_int_equal(check->rise, 2);
	assert_int_equal(check->fall, 2);
	conf_free(conf);
}

static void test_addresses_are_in_network_order_with_zeros_behind(void **state)
{
	static const uint8_t v4[16] = {192, 0, 2, 50}, v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 0x50};
	static const uint8_t own[16] = {0x20, 1, 0x0d, 0xb8, [15] = 0x51};
	struct conf *conf = must_load(HEAD "vip \"v\" { interface = \"eth0\" address = {\"192.0.2.50/24\", "
					   "\"2001:db8::50/64\"} check \"c\" { type = \"tcp\" connect = "
					   "\"[2001:db8::51]:443\" } }");
	const struct conf_vip *vip = &conf->vip[0];

	(void)state;
	assert_int_equal(vip->address[0].family, AF_INET);
	assert_int_equal(vip->address[0].prefix, 24);
	assert_memory_equal(vip->address[0].bytes, v4, 16);
	assert_int_equal(vip->address[1].family, AF_INET6);
	assert_int_equal(vip->address[1].prefix, 64);
	assert_memory_equal(vip->address[1].bytes, v6, 16);
	assert_int_equal(conf->node[0].address[0].prefix, 32);
	assert_memory_equal(vip->check[0].connect.address.bytes, own, 16);
	assert_int_equal(vip->check[0].connect.port, 443);
	conf_free(conf);
}

static void test_prefer_holds_every_node_the_unlisted_in_file_order(void **state)
{
	struct conf *conf = must_load("cluster = \"c\" node \"a\" { address = \"192.0.2.1\" } node \"b\" { address = "
				      "\"192.0.2.2\" } node \"c\" { address = \"192.0.2.3\" } node \"d\" { address = "
				      "\"192.0.2.4\" }" VIP "prefer = {\"c\"} }");
	static const node_id expected[] = {2, 0, 1, 3};

	(void)state;
	assert_int_equal(conf->vip[0].candidates, 4);
	assert_memory_equal(conf->vip[0].prefer, expected, sizeof(expected));
	conf_free(conf);
}

static void test_names_are_hashed_as_every_node_hashes_them(void **state)
{
	struct conf *conf = must_load(HEAD VIP "}");

	(void)state;
	assert_int_equal(conf->cluster_id, UINT64_C(0x8351d93feeca0f16)); /* b2sum -l 128 */
	assert_int_equal(conf->vip[0].id, 0xeeca0f16);
	conf_free(conf);
}

static void test_what_is_printed_loads_as_equal_bytes(void **state)
{
	struct conf *conf = must_load(HEAD VIP "check \"c\" { type = \"http\" url = \"http://192.0.2.1/\" "
					       "expect_body = \"\\\\ \\\" \\$ \\${HOME} # {\" } }");
	char *text = print(conf);
	struct conf *again = must_load(text);
	char *text_again = print(again);

	(void)state;
	assert_string_equal(conf->vip[0].check[0].expect_body, "\\ \" $ ${HOME} # {");
	assert_memory_equal(conf, again, sizeof(*conf));
	assert_string_equal(text, text_again);
	free(text);
	free(text_again);
	conf_free(conf);
	conf_free(again);
}

static void test_digest_is_of_the_meaning_not_of_the_text(void **state)
{
	struct conf *one = must_load(HEAD VIP "}");
	struct conf *same = must_load("# other words\nheartbeat { interval = \"0.1s\" }" HEAD VIP "prefer = {\"a\"} }");
	struct conf *other = must_load("heartbeat { interval = \"101ms\" }" HEAD VIP "}");

	(void)state;
	assert_true(conf_digest(one) == conf_digest(same));
	assert_true(conf_digest(one) != conf_digest(other));
	conf_free(one);
	conf_free(same);
	conf_free(other);
}

static void test_environment_never_gets_in(void **state)
{
	(void)state;
	setenv("CASVIP_TEST_NAME", "from-outside", 1);
	assert_null(load("cluster = \"${CASVIP_TEST_NAME}\"\n" VIP "}"));
	assert_null(strstr(findings, "from-outside"));
	assert_null(load("cluster = ${CASVIP_TEST_NAME}\n" VIP "}"));
	assert_null(strstr(findings, "from-outside"));
}

static void test_a_default_of_fast_yields_to_a_shorter_interval(void **state)
{
	struct conf *conf = must_load(HEAD VIP "check \"c\" { type = \"tcp\" connect = \"192.0.2.1:25\" "
					       "interval = \"20ms\" } }");

	(void)state;
	assert_int_equal(conf->vip[0].check[0].fast.ns, 20000000);
	conf_free(conf);
}

static void test_a_tunnel_is_asked_for_less_often_unless_the_file_says_so(void **state)
{
	static const char more[] = "check \"c\" { type = \"outlook-anywhere\" tunnel = true "
				   "url = \"https://192.0.2.1/rpc/rpcproxy.dll?m:6001\" ";
	char text[1024];
	struct conf *conf;

	(void)state;
	snprintf(text, sizeof(text), HEAD VIP "%s } }", more);
	conf = must_load(text);
	assert_int_equal(conf->vip[0].check[0].interval.ns, 30 * INT64_C(1000000000));
	assert_int_equal(conf->vip[0].check[0].timeout.ns, 8 * INT64_C(1000000000));
	assert_int_equal(conf->vip[0].check[0].interface_count, 1);
	assert_int_equal(conf->vip[0].check[0].interfaces[0], RPC_EMSMDB);
	conf_free(conf);
	snprintf(text, sizeof(text), HEAD VIP "%s interval = 2s timeout = 1s } }", more);
	conf = must_load(text);
	assert_int_equal(conf->vip[0].check[0].interval.ns, 2 * INT64_C(1000000000));
	assert_int_equal(conf->vip[0].check[0].timeout.ns, 1 * INT64_C(1000000000));
	conf_free(conf);
}

static void test_a_file_of_a_mebibyte_is_read_and_one_byte_more_is_refused(void **state)
{
	enum { LIMIT = 1 << 20 };
	static const char text[] = HEAD VIP "}\n";
	char *bytes = malloc(LIMIT + 1);

	(void)state;
	memset(bytes, '\n', LIMIT + 1);
	memcpy(bytes, text, sizeof(text) - 1);
	struct conf *conf = load_bytes(bytes, LIMIT);
	assert_non_null(conf);
	conf_free(conf);
	assert_null(load_bytes(bytes, LIMIT + 1));
	assert_string_equal(findings, "F:1: the file is larger than 1048576 bytes\n");
	assert_int_equal(errno, EINVAL);
	free(bytes);
}

static ssize_t read_failing(void *cookie, char *bytes, size_t most)
{
	(void)cookie;
	(void)bytes;
	(void)most;
	errno = EIO;
	return -1;
}

static void test_an_unreadable_file_is_eio_without_a_finding(void **state)
{
	FILE *from = fopencookie(NULL, "r", (cookie_io_functions_t){.read = read_failing});
	FILE *to = fmemopen(findings, sizeof(findings), "w");

	(void)state;
	memset(findings, 0, sizeof(findings));
	assert_null(conf_load(from, "F", to));
	assert_int_equal(errno, EIO);
	fclose(to);
	fclose(from);
	assert_string_equal(findings, "");
}

static void test_findings_of_one_text_do_not_reach_the_next(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_null(load("cluster = \"unclosed\n"));
		assert_null(load("vip \"v\" { address = {"));
		struct conf *conf = must_load(HEAD VIP "}");
		conf_free(conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_those_of_the_contract),
		cmocka_unit_test(test_addresses_are_in_network_order_with_zeros_behind),
		cmocka_unit_test(test_prefer_holds_every_node_the_unlisted_in_file_order),
		cmocka_unit_test(test_names_are_hashed_as_every_node_hashes_them),
		cmocka_unit_test(test_what_is_printed_loads_as_equal_bytes),
		cmocka_unit_test(test_digest_is_of_the_meaning_not_of_the_text),
		cmocka_unit_test(test_environment_never_gets_in),
		cmocka_unit_test(test_a_default_of_fast_yields_to_a_shorter_interval),
		cmocka_unit_test(test_a_tunnel_is_asked_for_less_often_unless_the_file_says_so),
		cmocka_unit_test(test_a_file_of_a_mebibyte_is_read_and_one_byte_more_is_refused),
		cmocka_unit_test(test_an_unreadable_file_is_eio_without_a_finding),
		cmocka_unit_test(test_findings_of_one_text_do_not_reach_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
