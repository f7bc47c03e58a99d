/* ARP: the packets as values, and what a real kernel at the other end of a cable makes of them. */
#include "tests/unit/two_hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/net_arp.h"

static const uint8_t near_mac[6] = NEAR_MAC, far_mac[6] = FAR_MAC;

static struct conf_address ip(const char *text)
{
	struct conf_address address = {.family = AF_INET, .prefix = 32};

	assert_int_equal(inet_pton(AF_INET, text, address.bytes), 1);
	return address;
}

/* The pure part. */

static const uint8_t who_has[46] = {
	0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0b, 192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 192, 0, 2, 50,
};

static void test_a_request_is_read_field_by_field(void **state)
{
	struct arp_packet packet;

	(void)state;
	assert_int_equal(arp_parse(who_has, sizeof(who_has), &packet), ARP_OK);
	assert_int_equal(packet.operation, ARP_REQUEST);
	assert_memory_equal(packet.sender_mac, far_mac, 6);
	assert_memory_equal(packet.sender_ip, ip("192.0.2.2").bytes, 4);
	assert_memory_equal(packet.target_mac, ((uint8_t[6]){0}), 6);
	assert_memory_equal(packet.target_ip, ip("192.0.2.50").bytes, 4);
}

static void test_what_is_written_reads_back(void **state)
{
	const struct arp_packet packet = {
		.operation = ARP_REPLY,
		.sender_mac = {1, 2, 3, 4, 5, 6},
		.target_mac = {7, 8, 9, 10, 11, 12},
		.sender_ip = {13, 14, 15, 16},
		.target_ip = {17, 18, 19, 20},
	};
	struct arp_packet back;
	uint8_t bytes[ARP_PACKET_BYTES];

	(void)state;
	arp_write(&packet, bytes);
	assert_int_equal(arp_parse(bytes, sizeof(bytes), &back), ARP_OK);
	assert_memory_equal(&packet, &back, sizeof(back));
}

static void test_each_flaw_has_its_refusal_and_leaves_the_result_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum arp_refusal refusal;
	} flaws[] = {
		{0, 1, ARP_NOT_ETHERNET},  {1, 6, ARP_NOT_ETHERNET},
		{2, 0x86, ARP_NOT_IPV4},   {3, 1, ARP_NOT_IPV4},
		{4, 8, ARP_BAD_LENGTHS},   {5, 16, ARP_BAD_LENGTHS},
		{6, 1, ARP_BAD_OPERATION}, {7, 0, ARP_BAD_OPERATION}, {7, 3, ARP_BAD_OPERATION},
	};
	const struct arp_packet before = {.operation = 77};
	struct arp_packet packet = before;

	(void)state;
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		uint8_t bytes[sizeof(who_has)];

		memcpy(bytes, who_has, sizeof(bytes));
		bytes[flaws[i].at] = flaws[i].value;
		assert_int_equal(arp_parse(bytes, sizeof(bytes), &packet), flaws[i].refusal);
	}
	for (size_t length = 0; length < ARP_PACKET_BYTES; length++)
		assert_int_equal(arp_parse(who_has, length, &packet), ARP_TOO_SHORT);
	assert_memory_equal(&packet, &before, sizeof(packet));
}

static void test_only_a_host_claims_an_address(void **state)
{
	const struct arp_packet host = {.sender_mac = {2, 0, 0, 0, 0, 1}, .sender_ip = {192, 0, 2, 1}};
	struct arp_packet packet = host;

	(void)state;
	assert_true(arp_claims(&host));
	memset(packet.sender_ip, 0, 4);
	assert_false(arp_claims(&packet)); /* a probe */
	packet = host;
	packet.sender_ip[0] = 224;
	assert_false(arp_claims(&packet));
	packet = host;
	packet.sender_mac[0] = 3;
	assert_false(arp_claims(&packet));
	packet = host;
	memset(packet.sender_mac, 0, 6);
	assert_false(arp_claims(&packet));
}

/* Over the cable. */

struct heard {
	struct {
		struct conf_address address;
		uint8_t mac[6];
		enum arp_heard kind;
	} claim[64];
	int claims;
};

static void note(void *context, const struct conf_address *address, const uint8_t mac[static 6],
		 enum arp_heard kind)
{
	struct heard *heard = context;

	assert_in_range(heard->claims, 0, 63);
	heard->claim[heard->claims].address = *address;
	memcpy(heard->claim[heard->claims].mac, mac, 6);
	heard->claim[heard->claims].kind = kind;
	heard->claims++;
}

static void assert_claim(const struct heard *heard, int i, const char *address, const uint8_t mac[static 6],
			 enum arp_heard kind)
{
	assert_true(i < heard->claims);
	assert_int_equal(heard->claim[i].address.family, AF_INET);
	assert_int_equal(heard->claim[i].address.prefix, 32);
	assert_memory_equal(heard->claim[i].address.bytes, ip(address).bytes, 16);
	assert_memory_equal(heard->claim[i].mac, mac, 6);
	assert_int_equal(heard->claim[i].kind, kind);
}

static void await_claims(struct net_arp *arp, struct heard *heard, int claims)
{
	while (heard->claims < claims) {
		assert_true(readable(net_arp_fd(arp)));
		assert_int_equal(net_arp_drain(arp, 16, note, heard), 0);
	}
}

static struct net_arp *open_on(int ns, const char *name, const uint8_t mac[static 6])
{
	struct net_arp *arp = NULL;

	enter(ns);
	assert_int_equal(net_arp_open(&arp, if_nametoindex(name), mac), 0);
	return arp;
}

static int next_packet_type(struct net_arp *arp)
{
	uint8_t bytes[64];
	struct sockaddr_ll from;
	socklen_t length = sizeof(from);

	assert_true(readable(net_arp_fd(arp)));
	assert_true(recvfrom(net_arp_fd(arp), bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length) > 0);
	return from.sll_pkttype;
}

static void test_an_announcement_is_heard_as_request_and_as_reply(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	assert_int_equal(net_arp_announce(near, &vip), 0);
	await_claims(far, &heard, 2);
	assert_claim(&heard, 0, "192.0.2.50", near_mac, ARP_CLAIM);
	assert_claim(&heard, 1, "192.0.2.50", near_mac, ARP_CLAIM); /* a reply, but not to us */
	net_arp_close(near);
	net_arp_close(far);
}

static void test_announcements_are_as_rfc_5227_writes_them(void **state)
{
	static const uint8_t request[ARP_PACKET_BYTES] = {
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0a, 192, 0, 2, 50, 0, 0, 0, 0, 0, 0, 192, 0, 2, 50,
	};
	static const uint8_t reply[ARP_PACKET_BYTES] = {
		0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x0a, 192, 0, 2, 50,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 192, 0, 2, 50,
	};
	const uint8_t *const expected[] = {request, reply};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	assert_int_equal(net_arp_announce(near, &vip), 0);
	for (int i = 0; i < 2; i++) {
		uint8_t bytes[64];
		struct sockaddr_ll from;
		socklen_t length = sizeof(from);

		assert_true(readable(net_arp_fd(far)));
		assert_int_equal(recvfrom(net_arp_fd(far), bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length),
				 ARP_PACKET_BYTES);
		assert_memory_equal(bytes, expected[i], ARP_PACKET_BYTES);
		assert_int_equal(from.sll_pkttype, PACKET_BROADCAST);
	}
	net_arp_close(near);
	net_arp_close(far);
}

static void test_a_kernel_that_knew_the_old_owner_learns_the_new_one(void **state)
{
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	enter(hosts.far_ns);
	run("echo 0 >/proc/sys/net/ipv4/neigh/far/locktime");
	run("ip address add 192.0.2.2/24 dev far");
	run("ip neigh replace 192.0.2.50 lladdr 02:00:00:00:00:99 dev far nud stale");
	assert_int_equal(net_arp_announce(near, &vip), 0);
	await("ip neigh show 192.0.2.50 dev far | grep -q 02:00:00:00:00:0a");
	net_arp_close(near);
}

static void test_the_holder_answers_a_probe(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	enter(hosts.far_ns);
	run("ip address add 192.0.2.50/24 dev far");
	assert_int_equal(net_arp_probe(near, &vip), 0);
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "192.0.2.50", far_mac, ARP_ANSWER);
	net_arp_close(near);
}

static void test_a_probe_is_told_as_a_probe_and_claims_nothing(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50"), later = ip("192.0.2.51");
	struct net_arp *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	assert_int_equal(net_arp_probe(near, &vip), 0);
	assert_int_equal(net_arp_announce(near, &later), 0);
	await_claims(far, &heard, 2);
	assert_int_equal(heard.claim[0].kind, ARP_PROBE);
	assert_memory_equal(heard.claim[0].address.bytes, vip.bytes, 16);
	assert_claim(&heard, 1, "192.0.2.51", near_mac, ARP_CLAIM);
	net_arp_close(near);
	net_arp_close(far);
}

static void test_a_neighbour_answers_an_ordinary_question(void **state)
{
	struct heard heard = {0};
	struct conf_address own = ip("192.0.2.1"), neighbour = ip("192.0.2.2");
	struct net_arp *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	run("ip address add 192.0.2.2/24 dev far");
	assert_int_equal(net_arp_ask(near, &own, &neighbour, NULL), 0);
	await_claims(near, &heard, 1);
	assert_int_equal(net_arp_ask(near, &own, &neighbour, far_mac), 0);
	await_claims(near, &heard, 2);
	assert_claim(&heard, 0, "192.0.2.2", far_mac, ARP_ANSWER);
	assert_claim(&heard, 1, "192.0.2.2", far_mac, ARP_ANSWER);
	assert_int_equal(next_packet_type(far), PACKET_BROADCAST);
	assert_int_equal(next_packet_type(far), PACKET_HOST); /* those who know the MAC disturb nobody else */
	net_arp_close(near);
	net_arp_close(far);
}

static void test_own_packets_are_not_reported_not_even_reflected(void **state)
{
	/* our sender in a frame of the far end's, the far end's sender in a frame of ours, then an honest one */
	static const uint8_t frames[3][42] = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0b, 8, 6,
		 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0a, 192, 0, 2, 50, 0, 0, 0, 0, 0, 0, 192, 0, 2, 50},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0a, 8, 6,
		 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0b, 192, 0, 2, 51, 0, 0, 0, 0, 0, 0, 192, 0, 2, 51},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0b, 8, 6,
		 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0b, 192, 0, 2, 52, 0, 0, 0, 0, 0, 0, 192, 0, 2, 52},
	};
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	assert_int_equal(net_arp_announce(near, &vip), 0);
	for (int i = 0; i < 3; i++)
		send_frame(frames[i], sizeof(frames[i]));
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "192.0.2.52", far_mac, ARP_CLAIM);
	net_arp_close(near);
}

static void test_other_vlans_and_other_hosts_frames_are_not_this_lan(void **state)
{
	static const uint8_t tagged[46] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0b, 0x81, 0, 0, 7, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0b, 192, 0, 2, 50, 0, 0, 0, 0, 0, 0, 192, 0, 2, 50,
	};
	static const uint8_t frames[2][42] = {
		{2, 0, 0, 0, 0, 0x77, 2, 0, 0, 0, 0, 0x0b, 8, 6,
		 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x0b, 192, 0, 2, 51, 2, 0, 0, 0, 0, 0x77, 192, 0, 2, 9},
		{2, 0, 0, 0, 0, 0x0a, 2, 0, 0, 0, 0, 0x0b, 8, 6,
		 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x0b, 192, 0, 2, 52, 2, 0, 0, 0, 0, 0x0a, 192, 0, 2, 1},
	};
	struct heard heard = {0};
	struct net_arp *near;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	run("ip link set near promisc on");
	send_frame(tagged, sizeof(tagged));
	send_frame(frames[0], sizeof(frames[0]));
	send_frame(frames[1], sizeof(frames[1]));
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "192.0.2.52", far_mac, ARP_ANSWER);
	net_arp_close(near);
}

static void test_a_question_to_this_host_is_no_reply(void **state)
{
	/* a kernel that checks an old entry asks this host alone, by its MAC */
	static const uint8_t frame[42] = {
		2, 0, 0, 0, 0, 0x0a, 2, 0, 0, 0, 0, 0x0b, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x0b, 192, 0, 2, 2, 2, 0, 0, 0, 0, 0x0a, 192, 0, 2, 1,
	};
	struct heard heard = {0};
	struct net_arp *near;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	send_frame(frame, sizeof(frame));
	await_claims(near, &heard, 1);
	assert_claim(&heard, 0, "192.0.2.2", far_mac, ARP_CLAIM);
	net_arp_close(near);
}

static void test_a_turn_reads_no_more_than_it_was_told(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near, *far;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	for (int i = 0; i < 5; i++)
		assert_int_equal(net_arp_announce(near, &vip), 0);
	assert_true(readable(net_arp_fd(far)));
	assert_int_equal(net_arp_drain(far, 3, note, &heard), 0);
	assert_in_range(heard.claims, 1, 3);
	await_claims(far, &heard, 10);
	net_arp_close(near);
	net_arp_close(far);
}

static void test_a_flood_is_bounded_and_leaves_the_socket_usable(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near, *far;
	int kept = 0, buffer = 0;
	socklen_t length = sizeof(buffer);

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	far = open_on(hosts.far_ns, "far", far_mac);
	assert_int_equal(getsockopt(net_arp_fd(far), SOL_SOCKET, SO_RCVBUF, &buffer, &length), 0);
	assert_in_range(buffer, 1, 128 * 1024);
	for (int i = 0; i < 2000; i++)
		net_arp_announce(near, &vip);
	for (; readable(net_arp_fd(far)); kept += heard.claims) {
		heard.claims = 0;
		assert_int_equal(net_arp_drain(far, 64, note, &heard), 0);
		if (heard.claims < 64)
			break;
	}
	assert_in_range(kept, 1, 1000);
	heard.claims = 0;
	assert_int_equal(net_arp_announce(near, &vip), 0);
	await_claims(far, &heard, 2);
	net_arp_close(near);
	net_arp_close(far);
}

static void test_down_is_told_once_and_up_again_works(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near, *far;

	(void)state;
	skip_without_hosts();
	far = open_on(hosts.far_ns, "far", far_mac);
	near = open_on(hosts.near_ns, "near", near_mac);
	run("ip link set near down");
	assert_int_equal(net_arp_drain(near, 4, note, &heard), -ENETDOWN);
	assert_int_equal(net_arp_drain(near, 4, note, &heard), 0);
	assert_int_equal(net_arp_announce(near, &vip), -ENETDOWN);
	run("ip link set near up");
	await("ip link show near | grep -q 'state UP'");
	assert_int_equal(net_arp_announce(far, &vip), 0);
	await_claims(near, &heard, 2);
	net_arp_close(near);
	net_arp_close(far);
}

static void test_a_gone_interface_is_enxio(void **state)
{
	struct heard heard = {0};
	struct conf_address vip = ip("192.0.2.50");
	struct net_arp *near, *none = NULL;
	unsigned ifindex;

	(void)state;
	skip_without_hosts();
	near = open_on(hosts.near_ns, "near", near_mac);
	ifindex = if_nametoindex("near");
	hosts_uncable();
	assert_int_equal(net_arp_drain(near, 4, note, &heard), -ENXIO);
	assert_int_equal(net_arp_drain(near, 4, note, &heard), -ENXIO);
	assert_int_equal(net_arp_announce(near, &vip), -ENXIO);
	assert_int_equal(net_arp_open(&none, ifindex, near_mac), -ENODEV);
	assert_int_equal(net_arp_open(&none, 0, near_mac), -ENODEV);
	assert_null(none);
	net_arp_close(near);
	net_arp_close(NULL);
}

#define ON_THE_CABLE(test) cmocka_unit_test_setup_teardown(test, hosts_plug, hosts_unplug)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_is_read_field_by_field),
		cmocka_unit_test(test_what_is_written_reads_back),
		cmocka_unit_test(test_each_flaw_has_its_refusal_and_leaves_the_result_alone),
		cmocka_unit_test(test_only_a_host_claims_an_address),
		ON_THE_CABLE(test_an_announcement_is_heard_as_request_and_as_reply),
		ON_THE_CABLE(test_announcements_are_as_rfc_5227_writes_them),
		ON_THE_CABLE(test_a_kernel_that_knew_the_old_owner_learns_the_new_one),
		ON_THE_CABLE(test_the_holder_answers_a_probe),
		ON_THE_CABLE(test_a_probe_is_told_as_a_probe_and_claims_nothing),
		ON_THE_CABLE(test_a_neighbour_answers_an_ordinary_question),
		ON_THE_CABLE(test_own_packets_are_not_reported_not_even_reflected),
		ON_THE_CABLE(test_other_vlans_and_other_hosts_frames_are_not_this_lan),
		ON_THE_CABLE(test_a_question_to_this_host_is_no_reply),
		ON_THE_CABLE(test_a_turn_reads_no_more_than_it_was_told),
		ON_THE_CABLE(test_a_flood_is_bounded_and_leaves_the_socket_usable),
		ON_THE_CABLE(test_down_is_told_once_and_up_again_works),
		ON_THE_CABLE(test_a_gone_interface_is_enxio),
	};

	return cmocka_run_group_tests(tests, hosts_make, NULL);
}
