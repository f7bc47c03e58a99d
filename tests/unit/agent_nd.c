/* Neighbour Discovery: the packets as values, and what a real kernel at the other end of a cable makes of them. */
#include "tests/unit/two_hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/net_nd.h"

static const uint8_t near_mac[6] = NEAR_MAC, far_mac[6] = FAR_MAC;

static struct conf_address ip(const char *text)
{
	struct conf_address address = {.family = AF_INET6, .prefix = 128};

	assert_int_equal(inet_pton(AF_INET6, text, address.bytes), 1);
	return address;
}

/* The pure part. */

/* Makes the checksum right again after a change, in the slowest and plainest way. */
static void mend_checksum(uint8_t *packet, size_t message_length)
{
	uint32_t sum = (uint32_t)message_length + 58;

	packet[42] = packet[43] = 0;
	for (size_t i = 8; i < 40 + message_length; i += 2)
		sum += (uint32_t)packet[i] * 256 + (i + 1 < 40 + message_length ? packet[i + 1] : 0);
	sum = sum % 0xffff;
	packet[42] = (uint8_t)((0xffff - sum) >> 8);
	packet[43] = (uint8_t)(0xffff - sum);
}

static void test_an_announcement_is_as_the_rfcs_write_it(void **state)
{
	static const uint8_t expected[72] = {
		0x60, 0, 0, 0, 0, 32, 58, 255,
		0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50,
		0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		136, 0, 0, 0, 0x20, 0, 0, 0, /* checksum: below */
		0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50,
		2, 1, 2, 0, 0, 0, 0, 0x0a,
	};
	uint8_t bytes[ND_PACKET_BYTES], mended[ND_PACKET_BYTES];
	struct nd_advertisement back;

	(void)state;
	assert_int_equal(nd_write_announcement(ip("2001:db8:1::50").bytes, near_mac, bytes), sizeof(expected));
	memcpy(mended, expected, sizeof(mended));
	mend_checksum(mended, 32);
	assert_memory_equal(bytes, mended, sizeof(bytes));
	assert_int_equal(nd_parse(bytes, sizeof(bytes), &back), ND_OK);
	assert_memory_equal(back.target, ip("2001:db8:1::50").bytes, 16);
	assert_memory_equal(back.mac, near_mac, 6);
	assert_true(back.override);
	assert_false(back.solicited);
}

static void test_a_probe_comes_from_nobody_and_carries_no_option(void **state)
{
	uint8_t bytes[ND_PACKET_BYTES], mended[ND_PACKET_BYTES];
	struct nd_advertisement none;

	(void)state;
	assert_int_equal(nd_write_probe(ip("2001:db8:1::12:3456").bytes, bytes), 64);
	assert_memory_equal(bytes + 8, ip("::").bytes, 16);
	assert_memory_equal(bytes + 24, ip("ff02::1:ff12:3456").bytes, 16);
	assert_int_equal(bytes[5], 24);
	assert_int_equal(bytes[7], 255);
	assert_int_equal(bytes[40], 135);
	assert_memory_equal(bytes + 48, ip("2001:db8:1::12:3456").bytes, 16);
	memcpy(mended, bytes, sizeof(mended));
	mend_checksum(mended, 24);
	assert_memory_equal(bytes, mended, 64);
	assert_int_equal(nd_parse(bytes, 64, &none), ND_NOT_ADVERTISEMENT);
}

static void test_each_flaw_has_its_refusal_and_leaves_the_result_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		bool mend; /* else the checksum shows the change */
		enum nd_refusal refusal;
	} flaws[] = {
		{0, 0x45, true, ND_NOT_ICMPV6},	       {6, 17, true, ND_NOT_ICMPV6},
		{7, 254, true, ND_BAD_HOP_LIMIT},      {7, 0, true, ND_BAD_HOP_LIMIT},
		{4, 1, true, ND_TOO_SHORT},	       {5, 33, true, ND_TOO_SHORT},
		{5, 0, true, ND_TOO_SHORT},	       {40, 135, true, ND_NOT_ADVERTISEMENT},
		{41, 1, true, ND_BAD_FIELD},	       {48, 0xff, true, ND_BAD_FIELD},
		{44, 0x60, true, ND_BAD_FIELD}, /* solicited, to a group */
		{65, 0, true, ND_BAD_OPTION},	       {65, 2, true, ND_BAD_OPTION},
		{66, 1, true, ND_BAD_OPTION}, /* a group's MAC */
		{67, 1, false, ND_BAD_CHECKSUM},       {42, 0, false, ND_BAD_CHECKSUM},
		{8, 0x21, false, ND_BAD_CHECKSUM},     {39, 2, false, ND_BAD_CHECKSUM},
		{63, 0x51, false, ND_BAD_CHECKSUM},    {71, 0x0b, false, ND_BAD_CHECKSUM},
	};
	const struct nd_advertisement before = {.mac = {7, 7}};
	struct nd_advertisement parsed = before;
	uint8_t good[ND_PACKET_BYTES];

	(void)state;
	nd_write_announcement(ip("2001:db8:1::50").bytes, near_mac, good);
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		uint8_t bytes[ND_PACKET_BYTES];

		memcpy(bytes, good, sizeof(bytes));
		bytes[flaws[i].at] = flaws[i].value;
		if (flaws[i].mend)
			mend_checksum(bytes, 32);
		if (nd_parse(bytes, sizeof(bytes), &parsed) != flaws[i].refusal)
			fail_msg("flaw at byte %zu", flaws[i].at);
	}
	for (size_t length = 0; length < sizeof(good); length++)
		assert_int_equal(nd_parse(good, length, &parsed), ND_TOO_SHORT);
	assert_memory_equal(&parsed, &before, sizeof(parsed));
}

static void test_other_options_and_padding_are_no_flaw(void **state)
{
	uint8_t bytes[100];
	struct nd_advertisement parsed;

	(void)state;
	memset(bytes, 0xee, sizeof(bytes));
	nd_write_announcement(ip("2001:db8:1::50").bytes, near_mac, bytes);
	memcpy(bytes + 72, bytes + 64, 8);
	bytes[64] = 14; /* a nonce, RFC 3971, before the MAC */
	bytes[5] = 40;
	mend_checksum(bytes, 40);
	assert_int_equal(nd_parse(bytes, sizeof(bytes), &parsed), ND_OK);
	assert_memory_equal(parsed.mac, near_mac, 6);
}

static void test_without_the_option_the_mac_is_zeros(void **state)
{
	uint8_t bytes[ND_PACKET_BYTES];
	struct nd_advertisement parsed;

	(void)state;
	nd_write_announcement(ip("2001:db8:1::50").bytes, near_mac, bytes);
	bytes[5] = 24;
	bytes[44] = 0;
	mend_checksum(bytes, 24);
	assert_int_equal(nd_parse(bytes, sizeof(bytes), &parsed), ND_OK);
	assert_memory_equal(parsed.mac, ((uint8_t[6]){0}), 6);
	assert_false(parsed.override);
}

/* Over the cable. */

struct heard {
	struct conf_address address[16];
	uint8_t mac[16][6];
	int claims;
};

/* The kernels at both ends speak of their link-local addresses too; the tests speak only of 2001:db8::/32. */
static void note(void *context, const struct conf_address *address, const uint8_t mac[static 6])
{
	struct heard *heard = context;

	assert_int_equal(address->family, AF_INET6);
	assert_int_equal(address->prefix, 128);
	if (address->bytes[0] != 0x20)
		return;
	assert_in_range(heard->claims, 0, 15);
	heard->address[heard->claims] = *address;
	memcpy(heard->mac[heard->claims], mac, 6);
	heard->claims++;
}

static void assert_claim(const struct heard *heard, int i, const char *address, const uint8_t mac[static 6])
{
	assert_true(i < heard->claims);
	assert_memory_equal(heard->address[i].bytes, ip(address).bytes, 16);
	assert_memory_equal(heard->mac[i], mac, 6);
}

static void await_claims(struct net_nd *nd, struct heard *heard, int claims)
{
	while (heard->claims < claims) {
		assert_true(readable(net_nd_fd(nd)));
		assert_int_equal(net_nd_drain(nd, 8, note, heard), 0);
	}
}

static struct net_nd *open_on(int ns, const char *name, const uint8_t mac[static 6])
{
	struct net_nd *nd = NULL;

	enter(ns);
	assert_int_equal(net_nd_open(&nd, if_nametoindex(name), mac), 0);
	return nd;
}

/* The far kernel hears questions for its new address only after it has joined the group, a little later. */
static void give_far(const char *address, const char *group)
{
	char command[128];

	enter(hosts.far_ns);
	snprintf(command, sizeof(command), "ip address add %s/64 dev far nodad", address);
	run(command);
	snprintf(command, sizeof(command), "ip maddress show dev far | grep -q %s", group);
	await(command);
}

static void test_an_announcement_is_heard_by_others_and_not_by_oneself(void **state)
{
	struct heard by_far = {0}, by_near = {0};
	struct conf_address vip = ip("2001:db8:1::50"), theirs = ip("2001:db8:1::51");
	struct net_nd *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	assert_int_equal(net_nd_announce(near, &vip), 0);
	await_claims(far, &by_far, 1);
	assert_claim(&by_far, 0, "2001:db8:1::50", near_mac);
	assert_int_equal(net_nd_announce(far, &theirs), 0);
	await_claims(near, &by_near, 1);
	assert_claim(&by_near, 0, "2001:db8:1::51", far_mac);
	net_nd_close(near);
	net_nd_close(far);
}

static void test_a_reflected_announcement_is_not_reported(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("2001:db8:1::50"), honest = ip("2001:db8:1::51");
	struct net_nd *near, *liar, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	liar = open_on(hosts.far_ns, "far", near_mac); /* our MAC in the option, as a mirror would send it */
	assert_int_equal(net_nd_announce(liar, &vip), 0);
	assert_int_equal(net_nd_announce(far, &honest), 0);
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "2001:db8:1::51", far_mac);
	net_nd_close(near);
	net_nd_close(liar);
	net_nd_close(far);
}

static void test_a_kernel_that_knew_the_old_owner_learns_the_new_one(void **state)
{
	struct conf_address vip = ip("2001:db8:1::50");
	struct net_nd *near;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	give_far("2001:db8:1::2", "ff02::1:ff00:2");
	run("ip neigh replace 2001:db8:1::50 lladdr 02:00:00:00:00:99 dev far nud stale");
	assert_int_equal(net_nd_announce(near, &vip), 0);
	await("ip neigh show 2001:db8:1::50 dev far | grep -q 02:00:00:00:00:0a");
	net_nd_close(near);
}

static void test_the_holder_answers_a_probe(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("2001:db8:1::50");
	struct net_nd *near;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	give_far("2001:db8:1::50", "ff02::1:ff00:50");
	assert_int_equal(net_nd_probe(near, &vip), 0);
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "2001:db8:1::50", far_mac);
	net_nd_close(near);
}

static void test_the_answer_is_heard_where_the_kernel_speaks_no_ipv6(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("2001:db8:1::50");
	struct net_nd *near;

	(void)state;
	skip_without_hosts();
	enter(hosts.near_ns);
	run("echo 1 >/proc/sys/net/ipv6/conf/near/disable_ipv6");
	near = open_on(hosts.near_ns, "near", near_mac);
	run("ip maddress show dev near | grep -q 33:33:00:00:00:01");
	give_far("2001:db8:1::50", "ff02::1:ff00:50");
	assert_int_equal(net_nd_probe(near, &vip), 0);
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "2001:db8:1::50", far_mac);
	net_nd_close(near);
}

static void test_a_probe_disturbs_only_the_group_of_its_address(void **state)
{
	static const uint8_t group_mac[6] = {0x33, 0x33, 0xff, 0x12, 0x34, 0x56};
	struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IPV6)};
	struct conf_address vip = ip("2001:db8:1::12:3456");
	struct net_nd *near;
	uint8_t frame[256] = {0};
	int raw;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	enter(hosts.far_ns);
	here.sll_ifindex = (int)if_nametoindex("far");
	raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(raw >= 0);
	assert_int_equal(bind(raw, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(net_nd_probe(near, &vip), 0);
	do { /* the kernels speak too */
		assert_true(readable(raw));
		assert_true(recv(raw, frame, sizeof(frame), 0) > 0);
	} while (frame[14 + 40] != 135 || memcmp(frame + 14 + 48, vip.bytes, 16) != 0);
	assert_memory_equal(frame, group_mac, 6);
	assert_memory_equal(frame + 6, near_mac, 6);
	close(raw);
	net_nd_close(near);
}

static void test_other_vlans_are_not_this_lan(void **state)
{
	uint8_t tagged[18 + ND_PACKET_BYTES] = {
		0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x0b, 0x81, 0, 0, 7, 0x86, 0xdd,
	};
	struct conf_address honest = ip("2001:db8:1::51");
	struct heard heard = {0};
	struct net_nd *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	nd_write_announcement(ip("2001:db8:1::50").bytes, far_mac, tagged + 18);
	send_frame(tagged, sizeof(tagged));
	assert_int_equal(net_nd_announce(far, &honest), 0);
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "2001:db8:1::51", far_mac);
	net_nd_close(near);
	net_nd_close(far);
}

static void test_a_turn_reads_no_more_than_it_was_told(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("2001:db8:1::50");
	struct net_nd *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	for (int i = 0; i < 8; i++)
		assert_int_equal(net_nd_announce(near, &vip), 0);
	assert_true(readable(net_nd_fd(far)));
	assert_int_equal(net_nd_drain(far, 3, note, &heard), 0);
	assert_in_range(heard.claims, 0, 3);
	await_claims(far, &heard, 8);
	net_nd_close(near);
	net_nd_close(far);
}

static void test_down_and_gone_are_told_apart(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("2001:db8:1::50");
	struct net_nd *near, *none = NULL;
	unsigned ifindex;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	ifindex = if_nametoindex("near");
	run("ip link set near down");
	assert_int_equal(net_nd_drain(near, 4, note, &heard), -ENETDOWN);
	assert_int_equal(net_nd_announce(near, &vip), -ENETDOWN);
	hosts_uncable();
	assert_int_equal(net_nd_drain(near, 4, note, &heard), -ENXIO);
	assert_int_equal(net_nd_probe(near, &vip), -ENXIO);
	assert_int_equal(net_nd_open(&none, ifindex, near_mac), -ENODEV);
	assert_null(none);
	net_nd_close(near);
	net_nd_close(NULL);
}

#define ON_THE_CABLE(test) cmocka_unit_test_setup_teardown(test, hosts_plug, hosts_unplug)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_announcement_is_as_the_rfcs_write_it),
		cmocka_unit_test(test_a_probe_comes_from_nobody_and_carries_no_option),
		cmocka_unit_test(test_each_flaw_has_its_refusal_and_leaves_the_result_alone),
		cmocka_unit_test(test_other_options_and_padding_are_no_flaw),
		cmocka_unit_test(test_without_the_option_the_mac_is_zeros),
		ON_THE_CABLE(test_an_announcement_is_heard_by_others_and_not_by_oneself),
		ON_THE_CABLE(test_a_reflected_announcement_is_not_reported),
		ON_THE_CABLE(test_a_kernel_that_knew_the_old_owner_learns_the_new_one),
		ON_THE_CABLE(test_the_holder_answers_a_probe),
		ON_THE_CABLE(test_the_answer_is_heard_where_the_kernel_speaks_no_ipv6),
		ON_THE_CABLE(test_a_probe_disturbs_only_the_group_of_its_address),
		ON_THE_CABLE(test_other_vlans_are_not_this_lan),
		ON_THE_CABLE(test_a_turn_reads_no_more_than_it_was_told),
		ON_THE_CABLE(test_down_and_gone_are_told_apart),
	};

	return cmocka_run_group_tests(tests, hosts_make, NULL);
}
