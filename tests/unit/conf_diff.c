/* What a reload says of the difference, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "conf/conf_diff.h"

static struct conf *was, *is;
static char said[2048];

static struct conf *load(const char *text)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct conf *conf;

	assert_non_null(in);
	conf = conf_load(in, "test", stderr);
	fclose(in);
	assert_non_null(conf);
	return conf;
}

static int tear_down(void **state)
{
	(void)state;
	conf_free(was);
	conf_free(is);
	was = is = NULL;
	said[0] = '\0';
	return 0;
}

static void hear(void *context, enum conf_change change, const char *thing)
{
	size_t length = strlen(said);

	(void)context;
	snprintf(said + length, sizeof(said) - length, "%c%s ", "+-~"[change], thing);
}

static void hear_reason(void *context, const char *words)
{
	size_t length = strlen(said);

	(void)context;
	snprintf(said + length, sizeof(said) - length, "%s\n", words);
}

#define TOP   "cluster = \"mail\"\nkey_file = \"/k\"\n"
#define CAS1  "node \"cas1\" { address = {\"192.0.2.1\"} }\n"
#define CAS2  "node \"cas2\" { address = {\"192.0.2.2\"} }\n"
#define CAS3  "node \"cas3\" { address = {\"192.0.2.3\"} }\n"
#define CAS4  "node \"cas4\" { address = {\"192.0.2.4\"} }\n"
#define OWA   "check \"owa\" { type = \"tcp\" connect = \"127.0.0.1:443\" }\n"
#define SMTP  "check \"smtp\" { type = \"tcp\" connect = \"127.0.0.1:25\" }\n"
#define MAIL  "vip \"mail\" { interface = \"eth0\" address = {\"192.0.2.50/24\"}\n" OWA "}\n"
#define SHOP  "vip \"shop\" { interface = \"eth0\" address = {\"192.0.2.60/24\"} }\n"
#define VOTES "quorum { provider = \"majority\" }\n"

static const char *diff(const char *before, const char *after)
{
	was = load(before);
	is = load(after);
	conf_diff(was, is, hear, NULL);
	return said;
}

static int restarts(const char *before, const char *after)
{
	was = load(before);
	is = load(after);
	return conf_diff_restarts(was, is, hear_reason, NULL);
}

static void test_nothing_differs_between_equals_nor_in_another_order_of_vips(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 MAIL SHOP, TOP CAS1 CAS2 SHOP MAIL), "");
	assert_int_equal(conf_diff_kept(was, &is->vip[0]), 1);
	assert_int_equal(conf_diff_kept(was, &is->vip[1]), 0);
	assert_int_equal(conf_diff_restarts(was, is, hear_reason, NULL), 0);
}

static void test_a_vip_that_comes_or_goes_is_one_difference(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 MAIL, TOP CAS1 CAS2 SHOP), "-vip:mail +vip:shop ");
	assert_int_equal(conf_diff_kept(was, &is->vip[0]), -1);
}

#define HOOK(name, what) "hook \"" name "\" { on = {\"role\"} command = {\"" what "\"} }\n"

static void test_hooks_come_go_and_change_without_a_restart(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 MAIL HOOK("a", "/a") HOOK("b", "/b") HOOK("c", "/c"),
				 TOP CAS1 CAS2 MAIL HOOK("d", "/d") HOOK("b", "/b") HOOK("c", "/x")),
			    "-hook:a ~hook:c +hook:d ");
	assert_int_equal(conf_diff_restarts(was, is, hear_reason, NULL), 0);
}

static void test_of_a_vip_that_stays_each_part_is_told(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 MAIL,
				 TOP CAS1 CAS2 "vip \"mail\" { interface = \"eth0\" failback = \"auto\"\n"
					       "address = {\"192.0.2.51/24\", \"192.0.2.50/24\"}\n" SMTP "}\n"),
			    "+address:mail/192.0.2.51/24 ~vip:mail -check:mail/owa +check:mail/smtp ");
	assert_int_equal(conf_diff_kept(was, &is->vip[0]), 0);
}

static void test_a_check_that_asks_otherwise_is_changed(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 MAIL,
				 TOP CAS1 CAS2 "vip \"mail\" { interface = \"eth0\" address = {\"192.0.2.50/24\"}\n"
					       "check \"owa\" { type = \"tcp\" connect = \"127.0.0.1:444\" }\n}\n"),
			    "~check:mail/owa ");
}

static void test_a_vip_on_another_interface_is_another_vip(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 SHOP,
				 TOP CAS1 CAS2 "vip \"shop\" { interface = \"eth1\" address = {\"192.0.2.60/24\"} }"),
			    "~interface:shop ");
	assert_int_equal(conf_diff_kept(was, &is->vip[0]), -1);
	assert_int_equal(conf_diff_restarts(was, is, hear_reason, NULL), 0);
}

static void test_a_node_at_the_end_needs_no_restart(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 MAIL, TOP CAS1 CAS2 CAS3 CAS4 MAIL),
			    "~vip:mail +node:cas3 +node:cas4 "); /* they are among its candidates */
	assert_int_equal(conf_diff_restarts(was, is, hear_reason, NULL), 0);
	assert_int_equal(conf_diff_restarts(is, was, hear_reason, NULL), 0);
}

static void test_a_link_is_told_by_its_address(void **state)
{
	(void)state;
	assert_string_equal(diff(TOP CAS1 CAS2 MAIL,
				 TOP CAS1 "node \"cas2\" { address = {\"198.51.100.2\", \"192.0.2.2\"} }\n" MAIL),
			    "-link:cas2/192.0.2.2 +link:cas2/198.51.100.2 +link:cas2/192.0.2.2 ");
}

static void test_another_node_in_an_old_place_needs_a_restart(void **state)
{
	(void)state;
	assert_int_equal(restarts(TOP CAS1 CAS2 MAIL, TOP CAS1 CAS3 CAS2 MAIL), 1);
	assert_non_null(strstr(said, "node 2 was cas2 and is cas3"));
}

static void test_all_reasons_are_told(void **state)
{
	(void)state;
	assert_int_equal(restarts(TOP CAS1 CAS2 CAS3 MAIL,
				  "cluster = \"x\"\nkey_file = \"/k\"\n" VOTES
				  "heartbeat { interval = \"50ms\" dead_after = 4 port = 1 }\n" CAS2 CAS1 CAS3 MAIL),
			 6);
}

static void test_with_a_majority_nodes_come_and_go_one_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(restarts(TOP VOTES CAS1 CAS2 CAS3 MAIL, TOP VOTES CAS1 CAS2 CAS3 CAS4 MAIL), 0);
	assert_int_equal(conf_diff_restarts(is, was, hear_reason, NULL), 0);
	tear_down(NULL);
	assert_int_equal(restarts(TOP VOTES CAS1 CAS2 CAS3 MAIL, TOP VOTES CAS1 CAS2 CAS3 CAS4
				  "node \"cas5\" { address = {\"192.0.2.5\"} }\n" MAIL), 1);
	assert_int_equal(conf_diff_restarts(is, was, hear_reason, NULL), 1);
}

static void test_with_a_majority_a_node_keeps_one_of_its_addresses(void **state)
{
	(void)state;
	assert_int_equal(restarts(TOP VOTES CAS1 CAS2 CAS3 MAIL,
				  TOP VOTES CAS1 CAS2 "node \"cas3\" { address = {\"192.0.2.9\"} }\n" MAIL), 1);
	assert_non_null(strstr(said, "cas3"));
	tear_down(NULL);
	assert_int_equal(restarts(TOP CAS1 CAS2 CAS3 MAIL,
				  TOP CAS1 CAS2 "node \"cas3\" { address = {\"192.0.2.9\"} }\n" MAIL), 0);
	tear_down(NULL);
	assert_int_equal(restarts(TOP VOTES CAS1 CAS2 CAS3 MAIL, TOP VOTES CAS1 CAS2
				  "node \"cas3\" { address = {\"192.0.2.3\", \"198.51.100.3\"} }\n" MAIL), 0);
}

#define scene(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene(test_nothing_differs_between_equals_nor_in_another_order_of_vips),
		scene(test_a_vip_that_comes_or_goes_is_one_difference),
		scene(test_hooks_come_go_and_change_without_a_restart),
		scene(test_of_a_vip_that_stays_each_part_is_told),
		scene(test_a_check_that_asks_otherwise_is_changed),
		scene(test_a_vip_on_another_interface_is_another_vip),
		scene(test_a_node_at_the_end_needs_no_restart),
		scene(test_a_link_is_told_by_its_address),
		scene(test_another_node_in_an_old_place_needs_a_restart),
		scene(test_all_reasons_are_told),
		scene(test_with_a_majority_nodes_come_and_go_one_at_a_time),
		scene(test_with_a_majority_a_node_keeps_one_of_its_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
