/* Probe types link and route, in network namespaces: a host, and a gateway on the other end of its cable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf_address.h"
#include "tests/unit/netns.h"
#include "tests/unit/probe_run.h"

enum { PATIENCE_MS = 20000 };

static int gateway_ns = -1;

#define ON_GATEWAY "nsenter --net=/proc/self/fd/%d "

static int two_hosts(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return 0;
	gateway_ns = netns_new();
	if (gateway_ns < 0 || netns_new() < 0)
		return 0;
	fcntl(gateway_ns, F_SETFD, 0); /* for nsenter */
	run("ip link add eth1 type veth peer name gw && ip link set gw netns /proc/self/fd/%d", gateway_ns);
	run("ip link set lo up && ip link set eth1 up && ip addr add 192.0.2.1/24 dev eth1");
	run("ip addr add 2001:db8::1/64 dev eth1 nodad");
	run(ON_GATEWAY "ip link set gw up", gateway_ns);
	run(ON_GATEWAY "ip addr add 192.0.2.254/24 dev gw", gateway_ns);
	run(ON_GATEWAY "ip addr add 2001:db8::fe/64 dev gw nodad", gateway_ns);
	run(ON_GATEWAY "ip addr add fe80::fe/64 dev gw nodad", gateway_ns);
	return 0;
}

static void need_network(void)
{
	if (gateway_ns < 0)
		skip();
}

static struct conf_check of_link(const char *interface)
{
	struct conf_check check = {.type = CHECK_LINK, .timeout = duration_ms(PATIENCE_MS)};

	snprintf(check.interface, sizeof(check.interface), "%s", interface);
	return check;
}

static struct conf_check of_gateway(const char *address, const char *interface)
{
	struct conf_check check = {.type = CHECK_ROUTE, .timeout = duration_ms(PATIENCE_MS)};
	const char *why;

	assert_int_equal(address_read(address, &check.gateway, &why), 0);
	snprintf(check.interface, sizeof(check.interface), "%s", interface);
	return check;
}

static void assert_found(const struct conf_check *check, enum verdict verdict, const char *reason, const char *words)
{
	struct outcome outcome = probe_run(check);

	assert_outcome(&outcome, verdict, reason, words);
}

static void test_a_link_is_up_while_it_has_a_carrier(void **state)
{
	struct conf_check check = of_link("eth1"), none = of_link("eth7");

	(void)state;
	need_network();
	assert_found(&check, VERDICT_UP, "ok", "eth1 is up and has a carrier");
	assert_found(&none, VERDICT_DOWN, "no-interface", "there is no interface eth7");
	run(ON_GATEWAY "ip link set gw down", gateway_ns);
	assert_found(&check, VERDICT_DOWN, "no-carrier", "eth1 has no carrier");
	run("ip link set eth1 down");
	assert_found(&check, VERDICT_DOWN, "off", "eth1 is switched off on this host");
	run("ip link set eth1 up && ip addr add 2001:db8::1/64 dev eth1 nodad");
	run(ON_GATEWAY "ip link set gw up", gateway_ns);
	run(ON_GATEWAY "ip addr replace 2001:db8::fe/64 dev gw nodad", gateway_ns);
	run(ON_GATEWAY "ip addr replace fe80::fe/64 dev gw nodad", gateway_ns);
	assert_found(&check, VERDICT_UP, "ok", "eth1 is up and has a carrier");
}

static void test_a_gateway_that_answers_is_up(void **state)
{
	static const char *const gateways[][2] = {
		{"192.0.2.254", ""}, {"192.0.2.254", "eth1"}, {"2001:db8::fe", ""}, {"fe80::fe", "eth1"}};

	(void)state;
	need_network();
	for (int i = 0; i < 4; i++) {
		struct conf_check check = of_gateway(gateways[i][0], gateways[i][1]);
		struct outcome outcome = probe_run(&check);
		char words[128];

		snprintf(words, sizeof(words), "%s answered lately on eth1 as ", gateways[i][0]);
		assert_memory_equal(outcome.words, words, strlen(words));
		assert_int_equal(strlen(outcome.words), strlen(words) + 17);
		assert_string_equal(outcome.reason, "ok");
		assert_int_equal(outcome.verdict, VERDICT_UP);
	}
}

static void test_where_there_is_no_way_to_a_gateway_it_is_down(void **state)
{
	struct conf_check nowhere = of_gateway("198.51.100.1", ""), behind = of_gateway("203.0.113.1", "");
	struct conf_check own = of_gateway("192.0.2.1", ""), none = of_gateway("192.0.2.254", "eth7");

	(void)state;
	need_network();
	run("ip route add 203.0.113.0/24 via 192.0.2.254");
	assert_found(&nowhere, VERDICT_DOWN, "no-route", "no route to 198.51.100.1");
	assert_found(&behind, VERDICT_DOWN, "not-on-link", "203.0.113.1 is not on a network of this host");
	assert_found(&own, VERDICT_DOWN, "own-address", "192.0.2.1 is an address of this host");
	assert_found(&none, VERDICT_DOWN, "no-interface", "there is no interface eth7");
}

static void test_a_gateway_that_never_answered_is_down_at_the_deadline(void **state)
{
	struct conf_check check = of_gateway("192.0.2.77", ""), check6 = of_gateway("2001:db8::77", "");

	(void)state;
	need_network();
	check.timeout = check6.timeout = duration_ms(200);
	assert_found(&check, VERDICT_DOWN, "timeout", "timeout after 200 ms: waiting for 192.0.2.77 to answer ARP");
	assert_found(&check6, VERDICT_DOWN, "timeout",
		     "timeout after 200 ms: waiting for 2001:db8::77 to answer neighbour discovery");
}

/* Three questions, a second in between by default, then the kernel gives up: sooner than we do here. */
static void test_when_the_kernel_gives_up_so_does_the_probe(void **state)
{
	struct conf_check check = of_gateway("192.0.2.78", "");

	(void)state;
	need_network();
	run("sysctl -qw net.ipv4.neigh.eth1.retrans_time_ms=50");
	assert_found(&check, VERDICT_DOWN, "no-answer", "192.0.2.78 does not answer on eth1");
}

/* A neighbour that was heard long ago is believed until the kernel has asked again. */
static void test_a_dead_gateway_is_down_once_the_kernel_has_asked_again(void **state)
{
	struct conf_check check = of_gateway("192.0.2.254", "");
	struct outcome outcome;

	(void)state;
	need_network();
	run("sysctl -qw net.ipv4.neigh.eth1.retrans_time_ms=50 net.ipv4.neigh.eth1.delay_first_probe_time=1");
	assert_int_equal(probe_run(&check).verdict, VERDICT_UP);
	run(ON_GATEWAY "ip link set gw arp off", gateway_ns);
	run("ip neigh change 192.0.2.254 dev eth1 nud stale");
	outcome = probe_run(&check);
	assert_non_null(strstr(outcome.words, "192.0.2.254 answered, not just now, on eth1 as "));
	assert_int_equal(outcome.verdict, VERDICT_UP);
	do
		outcome = probe_run(&check);
	while (outcome.verdict == VERDICT_UP);
	assert_outcome(&outcome, VERDICT_DOWN, "no-answer", "192.0.2.254 does not answer on eth1");
	run(ON_GATEWAY "ip link set gw arp on", gateway_ns);
	assert_int_equal(probe_run(&check).verdict, VERDICT_UP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_link_is_up_while_it_has_a_carrier),
		cmocka_unit_test(test_a_gateway_that_answers_is_up),
		cmocka_unit_test(test_where_there_is_no_way_to_a_gateway_it_is_down),
		cmocka_unit_test(test_a_gateway_that_never_answered_is_down_at_the_deadline),
		cmocka_unit_test(test_when_the_kernel_gives_up_so_does_the_probe),
		cmocka_unit_test(test_a_dead_gateway_is_down_once_the_kernel_has_asked_again),
	};

	alarm(120); /* a test that waits for ever has failed */
	return cmocka_run_group_tests(tests, two_hosts, NULL);
}
