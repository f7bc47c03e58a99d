/* Would the ruleset drop a heartbeat? Pieces of what `nft -j list ruleset` (1.0.6) prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "agent/firewall.h"
#include "conf/conf_address.h"

enum { RULESET_MAX = 8192 };

static struct firewall_culprit culprit;

static struct firewall_packet packet(const char *from, const char *to)
{
	struct firewall_packet packet = {.arrives = true, .port = 7411, .interface = "eth0"};
	const char *why;

	assert_int_equal(address_read(from, &packet.from, &why), 0);
	assert_int_equal(address_read(to, &packet.to, &why), 0);
	return packet;
}

static enum firewall_answer ask_about(const char *objects, struct firewall_packet of)
{
	static char text[RULESET_MAX];
	struct firewall *firewall;
	enum firewall_answer answer;

	snprintf(text, sizeof(text), "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}}, %s]}", objects);
	firewall = firewall_read(text, strlen(text));
	assert_non_null(firewall);
	memset(&culprit, 0, sizeof(culprit));
	answer = firewall_ask(firewall, &of, &culprit);
	firewall_done(firewall);
	return answer;
}

#define TABLE "{\"table\": {\"family\": \"inet\", \"name\": \"filter\", \"handle\": 1}}, "
#define HOOK(name, hook, policy)                                                                                       \
	"{\"chain\": {\"family\": \"inet\", \"table\": \"filter\", \"name\": \"" name "\", \"handle\": 2, \"type\": \"filter\", "   \
	"\"hook\": \"" hook "\", \"prio\": 0, \"policy\": \"" policy "\"}}"
#define RULE(chain, handle, expressions)                                                                               \
	", {\"rule\": {\"family\": \"inet\", \"table\": \"filter\", \"chain\": \"" chain "\", \"handle\": " #handle            \
	", \"expr\": [" expressions "]}}"
#define MATCH(op, left, right) "{\"match\": {\"op\": \"" op "\", \"left\": {" left "}, \"right\": " right "}}"
#define PAYLOAD(protocol, field) "\"payload\": {\"protocol\": \"" protocol "\", \"field\": \"" field "\"}"
#define META(key)		 "\"meta\": {\"key\": \"" key "\"}"
#define CT_STATE		 "\"ct\": {\"key\": \"state\"}"
#define ACCEPT			 "{\"accept\": null}"
#define DROP			 "{\"drop\": null}"
#define INPUT(policy, rules)	 TABLE HOOK("input", "input", policy) rules

/* An input chain with this policy and these rules, and a beat of cas2's that arrives. */
#define asks(policy, rules) ask_about(INPUT(policy, rules), packet("192.0.2.2", "192.0.2.1"))

static void test_a_policy_of_drop_without_an_accept_drops(void **state)
{
	(void)state;
	assert_int_equal(asks("accept", ""), FIREWALL_PASSES);
	assert_int_equal(asks("drop", ""), FIREWALL_DROPS);
	assert_string_equal(culprit.words, "table inet filter, chain input: its policy is drop, and no rule accepts");
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", PAYLOAD("udp", "dport"), "7411") "," ACCEPT)),
			 FIREWALL_PASSES);
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", PAYLOAD("udp", "dport"), "7412") "," ACCEPT)),
			 FIREWALL_DROPS);
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", PAYLOAD("tcp", "dport"), "7411") "," ACCEPT)),
			 FIREWALL_DROPS);
}

static void test_the_rule_that_drops_is_named(void **state)
{
	(void)state;
	assert_int_equal(asks("accept", RULE("input", 24, "{\"counter\": {\"packets\": 0, \"bytes\": 0}},"
							  "{\"reject\": {\"type\": \"icmpx\"}}")),
			 FIREWALL_DROPS);
	assert_string_equal(culprit.words,
			    "table inet filter, chain input, rule with handle 24 (nft -a list ruleset)");
	assert_int_equal(asks("accept", RULE("input", 4, MATCH("!=", PAYLOAD("udp", "dport"), "7411") "," DROP)),
			 FIREWALL_PASSES);
	assert_int_equal(asks("accept", RULE("input", 4, MATCH("!=", PAYLOAD("tcp", "dport"), "22") "," DROP)),
			 FIREWALL_PASSES);
}

#define FROM(right) RULE("input", 7, MATCH("==", PAYLOAD("ip", "saddr"), right) "," ACCEPT)

static void test_addresses_stand_as_they_are_as_prefixes_ranges_and_sets(void **state)
{
	(void)state;
	assert_int_equal(asks("drop", FROM("\"192.0.2.2\"")), FIREWALL_PASSES);
	assert_int_equal(asks("drop", FROM("\"192.0.2.3\"")), FIREWALL_DROPS);
	assert_int_equal(asks("drop", FROM("{\"prefix\": {\"addr\": \"192.0.2.0\", \"len\": 24}}")), FIREWALL_PASSES);
	assert_int_equal(asks("drop", FROM("{\"prefix\": {\"addr\": \"192.0.2.4\", \"len\": 30}}")), FIREWALL_DROPS);
	assert_int_equal(asks("drop", FROM("{\"range\": [\"192.0.2.1\", \"192.0.2.9\"]}")), FIREWALL_PASSES);
	assert_int_equal(asks("drop", FROM("{\"range\": [\"192.0.2.3\", \"192.0.2.9\"]}")), FIREWALL_DROPS);
	assert_int_equal(asks("drop", FROM("{\"set\": [\"198.51.100.1\", \"192.0.2.2\"]}")), FIREWALL_PASSES);
	assert_int_equal(asks("drop", FROM("{\"set\": [{\"elem\": {\"val\": \"192.0.2.2\", \"timeout\": 9}}]}")),
			 FIREWALL_PASSES);
	assert_int_equal(ask_about(INPUT("drop", FROM("\"192.0.2.2\"")), packet("2001:db8::2", "2001:db8::1")),
			 FIREWALL_DROPS);
	assert_int_equal(ask_about(INPUT("drop", RULE("input", 7, MATCH("==", PAYLOAD("ip6", "saddr"),
									"\"2001:db8::2\"") "," ACCEPT)),
				   packet("2001:db8::2", "2001:db8::1")),
			 FIREWALL_PASSES);
}

#define SET(elements)                                                                                                  \
	", {\"set\": {\"family\": \"inet\", \"name\": \"peers\", \"table\": \"filter\", \"type\": \"ipv4_addr\"" elements "}}"

static void test_named_sets_are_looked_up(void **state)
{
	(void)state;
	assert_int_equal(asks("drop", SET(", \"elem\": [\"192.0.2.2\", \"192.0.2.7\"]") FROM("\"@peers\"")), FIREWALL_PASSES);
	assert_int_equal(asks("drop", SET("") FROM("\"@peers\"")), FIREWALL_DROPS);
	assert_int_equal(asks("drop", SET("") FROM("\"@others\"")), FIREWALL_PERHAPS);
}

static void test_ports_stand_in_ranges_and_sets_too(void **state)
{
	(void)state;
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", PAYLOAD("udp", "dport"), "{\"range\": [7000, 7500]}") ","
					   ACCEPT)),
			 FIREWALL_PASSES);
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", PAYLOAD("th", "dport"), "{\"set\": [53, 7411]}") ","
					   ACCEPT)),
			 FIREWALL_PASSES);
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", META("l4proto"), "{\"set\": [\"tcp\", \"udp\"]}") ","
					   MATCH("==", PAYLOAD("th", "dport"), "53") "," ACCEPT)),
			 FIREWALL_DROPS);
}

static void test_what_arrives_belongs_to_what_left(void **state)
{
	(void)state;
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("in", CT_STATE, "[\"established\", \"related\"]") "," ACCEPT)),
			 FIREWALL_PASSES);
	assert_int_equal(asks("accept", RULE("input", 5, MATCH("in", CT_STATE, "\"invalid\"") "," DROP)), FIREWALL_PASSES);
	assert_int_equal(asks("drop", RULE("input", 5, "{\"vmap\": {\"key\": {" CT_STATE "}, \"data\": {\"set\": ["
					   "[\"invalid\", " DROP "], [\"established\", " ACCEPT "]]}}}")),
			 FIREWALL_PASSES);
	assert_int_equal(asks("accept", RULE("input", 5, "{\"vmap\": {\"key\": {" CT_STATE "}, \"data\": {\"set\": ["
					     "[\"invalid\", " DROP "]]}}}")),
			 FIREWALL_PASSES);
}

static void test_interfaces_are_compared_where_they_are_known(void **state)
{
	struct firewall_packet of = packet("192.0.2.2", "192.0.2.1");

	(void)state;
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", META("iif"), "\"lo\"") "," ACCEPT)), FIREWALL_DROPS);
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", META("iifname"), "\"eth*\"") "," ACCEPT)),
			 FIREWALL_PASSES);
	of.interface[0] = '\0';
	assert_int_equal(ask_about(INPUT("drop", RULE("input", 5, MATCH("==", META("iif"), "\"lo\"") "," ACCEPT)), of),
			 FIREWALL_PERHAPS);
}

#define JUMP(target) "{\"jump\": {\"target\": \"" target "\"}}"
#define CHAIN(name)                                                                                                    \
	", {\"chain\": {\"family\": \"inet\", \"table\": \"filter\", \"name\": \"" name "\", \"handle\": 9}}"
#define PORT MATCH("==", PAYLOAD("udp", "dport"), "7411")

static void test_chains_are_followed_and_come_back(void **state)
{
	(void)state;
	assert_int_equal(asks("drop", CHAIN("common") RULE("common", 6, PORT "," ACCEPT) RULE("input", 7, JUMP("common"))),
			 FIREWALL_PASSES);
	assert_int_equal(asks("drop", CHAIN("common") RULE("common", 6, "{\"return\": null}")
				      RULE("common", 7, ACCEPT) RULE("input", 8, JUMP("common"))),
			 FIREWALL_DROPS);
	assert_int_equal(asks("accept", CHAIN("common") RULE("common", 6, PORT "," DROP) RULE("input", 7, JUMP("common"))),
			 FIREWALL_DROPS);
	assert_string_equal(culprit.words, "table inet filter, chain common, rule with handle 6 (nft -a list ruleset)");
	assert_string_equal(culprit.chain, "inet filter input");
	assert_int_equal(asks("accept", CHAIN("common") RULE("common", 6, JUMP("common")) RULE("input", 7, JUMP("common"))),
			 FIREWALL_PASSES); /* the kernel takes none that never ends */
	assert_int_equal(asks("accept", CHAIN("common") RULE("input", 6, "{\"goto\": {\"target\": \"common\"}}")
					RULE("input", 7, DROP)),
			 FIREWALL_PASSES);
}

static void test_what_cannot_be_told_accuses_nobody(void **state)
{
	(void)state;
	assert_int_equal(asks("drop", RULE("input", 5, "{\"xt\": null}," ACCEPT)), FIREWALL_PERHAPS);
	assert_int_equal(asks("accept", RULE("input", 5, "{\"limit\": {\"rate\": 5}}," DROP)), FIREWALL_PERHAPS);
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", META("mark"), "7") "," ACCEPT)), FIREWALL_PERHAPS);
	assert_int_equal(asks("drop", RULE("input", 5, MATCH("==", META("mark"), "7") "," PORT "," DROP)), FIREWALL_DROPS);
	assert_int_equal(asks("drop", CHAIN("common") RULE("common", 6, ACCEPT)
				      RULE("input", 5, MATCH("==", META("mark"), "7") "," JUMP("common"))),
			 FIREWALL_PERHAPS);
}

static void test_only_chains_on_the_way_are_asked(void **state)
{
	struct firewall_packet leaves = packet("192.0.2.1", "192.0.2.2");

	(void)state;
	leaves.arrives = false;
	assert_int_equal(ask_about(INPUT("drop", ""), leaves), FIREWALL_PASSES);
	assert_int_equal(ask_about(TABLE HOOK("output", "output", "drop"), leaves), FIREWALL_DROPS);
	assert_int_equal(ask_about(TABLE HOOK("output", "output", "drop"), packet("192.0.2.2", "192.0.2.1")),
			 FIREWALL_PASSES);
	assert_int_equal(ask_about(TABLE HOOK("early", "prerouting", "drop"), packet("192.0.2.2", "192.0.2.1")),
			 FIREWALL_DROPS);
	assert_int_equal(ask_about(TABLE HOOK("forward", "forward", "drop"), packet("192.0.2.2", "192.0.2.1")),
			 FIREWALL_PASSES);
}

static void test_what_is_no_ruleset_is_none(void **state)
{
	(void)state;
	assert_null(firewall_read("", 0));
	assert_null(firewall_read("{}", 2));
	assert_null(firewall_read("table inet filter {", 19));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_policy_of_drop_without_an_accept_drops),
		cmocka_unit_test(test_the_rule_that_drops_is_named),
		cmocka_unit_test(test_addresses_stand_as_they_are_as_prefixes_ranges_and_sets),
		cmocka_unit_test(test_named_sets_are_looked_up),
		cmocka_unit_test(test_ports_stand_in_ranges_and_sets_too),
		cmocka_unit_test(test_what_arrives_belongs_to_what_left),
		cmocka_unit_test(test_interfaces_are_compared_where_they_are_known),
		cmocka_unit_test(test_chains_are_followed_and_come_back),
		cmocka_unit_test(test_what_cannot_be_told_accuses_nobody),
		cmocka_unit_test(test_only_chains_on_the_way_are_asked),
		cmocka_unit_test(test_what_is_no_ruleset_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
