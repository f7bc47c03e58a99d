/* The fence on a host that is not casvip's alone: what goes out, other people's filters, interfaces, capabilities. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/fence_lan.h"

/* Does this frame, sent by the host, come out on the LAN? The host's own announcement follows it as a marker. */
static bool leaves(struct frame *frame)
{
	int host = packet_socket(if_nametoindex("a0"));
	struct frame marker = {.length = 0};
	uint8_t bytes[2048];
	ssize_t length;
	bool seen = false;

	push_ether(&marker, everyone, ETHERTYPE_ARP, TAG_NONE);
	push_arp(&marker, ARPOP_REQUEST, HOST4, HOST4);
	memcpy(&marker.bytes[6], host_mac, 6);
	memcpy(&frame->bytes[6], host_mac, 6);
	send(host, frame->bytes, frame->length, 0); /* fails with -ENOBUFS when it is dropped */
	assert_int_equal(send(host, marker.bytes, marker.length, 0), marker.length);
	close(host);
	while (next_frame(bytes, &length)) {
		if (length >= (ssize_t)marker.length && memcmp(bytes, marker.bytes, marker.length) == 0)
			return seen;
		seen |= length >= (ssize_t)frame->length && memcmp(bytes, frame->bytes, frame->length) == 0;
	}
	fail_msg("the marker did not arrive");
	return false;
}

static struct frame nd_from(const char *sender, uint8_t type, const char *target)
{
	struct frame frame = {.length = 0};

	push_ether(&frame, (const uint8_t[6]){0x33, 0x33, 0, 0, 0, 1}, ETHERTYPE_IPV6, TAG_NONE);
	push_nd(&frame, type, sender, "ff02::1", false, target);
	return frame;
}

static void test_shut_vip_teaches_no_neighbour(void **state)
{
	struct frame request = {.length = 0}, ping = {.length = 0}, probe = {.length = 0};
	struct frame ns = nd_from(VIP6, ND_NEIGHBOR_SOLICIT, PROBE6), na = nd_from(HOST6, ND_NEIGHBOR_ADVERT, VIP6);
	struct frame probe6 = nd_from("::", ND_NEIGHBOR_SOLICIT, VIP6);
	struct fence *fence;

	(void)state;
	need_root();
	push_ether(&request, everyone, ETHERTYPE_ARP, TAG_NONE);
	push_arp(&request, ARPOP_REQUEST, VIP4, PROBE4);
	push_ether(&probe, everyone, ETHERTYPE_ARP, TAG_NONE);
	push_arp(&probe, ARPOP_REQUEST, "0.0.0.0", VIP4);
	push_ether(&ping, probe_mac, ETHERTYPE_IP, TAG_NONE);
	push_ping(&ping, VIP4, PROBE4);
	fence = new_fence();
	assert_false(leaves(&request));
	assert_false(leaves(&ns));
	assert_false(leaves(&na));
	assert_true(leaves(&probe));  /* the probe before taking */
	assert_true(leaves(&probe6)); /* and its twin */
	assert_true(leaves(&ping));   /* resets of the vip's connections go out with the fence shut */
	lease_for(fence, 60000);
	assert_true(leaves(&request));
	assert_true(leaves(&ns));
	assert_true(leaves(&na));
	fence_close(fence);
}

/* ---- together with others ---- */

static void test_removing_the_fence_opens_the_way_and_takes_its_qdisc(void **state)
{
	(void)state;
	need_root();
	fence_close(new_fence());
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	assert_int_equal(fence_remove_all(), 4);
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1);
	assert_false(succeeds("tc qdisc show dev a0 | grep -q clsact"));
	assert_int_equal(fence_remove_all(), 0);
}

static void test_other_peoples_filters_live_on(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	run("tc qdisc add dev a0 clsact; tc filter add dev a0 egress prio 9 protocol ip u32 match u32 0 0 flowid 1:1");
	fence = new_fence();
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	fence_close(fence);
	assert_int_equal(fence_remove_all(), 4);
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1);
	assert_true(succeeds("tc filter show dev a0 egress | grep -q u32"));
	run("tc qdisc del dev a0 clsact");
}

static void test_a_fence_that_somebody_removed_does_not_stand(void **state)
{
	struct fence *fence;
	unsigned card;

	(void)state;
	need_root();
	fence = new_fence();
	card = if_nametoindex("a0");
	assert_true(fence_stands(fence, card));
	run("tc filter del dev a0 egress");
	assert_false(fence_stands(fence, card));
	assert_int_equal(fence_attach(fence, card), 0);
	assert_true(fence_stands(fence, card));
	run("tc qdisc del dev a0 clsact");
	assert_false(fence_stands(fence, card));
	assert_int_equal(fence_attach(fence, card), 0);
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	assert_false(fence_stands(fence, 0x7fffffff));
	fence_close(fence);
	assert_int_equal(fence_remove_all(), 4);
}

static void test_fence_goes_behind_another_kind_of_filter_and_says_so(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	run("tc qdisc add dev a0 clsact; tc filter add dev a0 ingress prio 1 protocol ip u32 match ip dst 198.51.100.1 "
	    "flowid 1:1");
	fence = open_fence();
	assert_int_equal(fence_attach(fence, if_nametoindex("a0")), -EBUSY);
	assert_int_equal(fence_attach(fence, if_nametoindex("b0")), 0);
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	assert_int_equal(answers(ASK_PING, TAG_NONE), 0);
	fence_close(fence);
	/* The place is free again: the next run moves up and leaves no filter of the last run behind. */
	run("tc filter del dev a0 ingress prio 1 protocol ip u32");
	fence = new_fence();
	lease_for(fence, 60000);
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1);
	fence_close(fence);
	assert_int_equal(fence_remove_all(), 4);
}

static void test_old_ingress_qdisc_carries_the_ingress_half(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	run("tc qdisc add dev a0 ingress");
	fence = open_fence();
	assert_int_equal(fence_attach(fence, if_nametoindex("a0")), -ENOSPC);
	assert_int_equal(fence_attach(fence, if_nametoindex("b0")), 0);
	for (unsigned i = 0; i < EVERY_ASK; i++)
		assert_int_equal(answers(every_ask[i], TAG_NONE), 0); /* without help from the egress half */
	fence_close(fence);
	assert_int_equal(fence_remove_all(), 3);
	assert_true(succeeds("tc qdisc show dev a0 | grep -q ingress"));
	run("tc qdisc del dev a0 ingress");
}

static void test_fence_wants_what_hands_packets_to_the_stack(void **state)
{
	(void)state;
	need_root();
	assert_true(fence_wants(if_nametoindex("a0")));
	assert_false(fence_wants(if_nametoindex("lo")));
	assert_false(fence_wants(0x7fffffff));
	run("ip link add br9 type bridge; ip link add m9 link b0 type macvlan; ip link set b0 master br9 2>/dev/null; "
	    "true");
	run("ip link add v9 type veth peer name w9; ip link set v9 master br9");
	assert_true(fence_wants(if_nametoindex("br9")));
	assert_false(fence_wants(if_nametoindex("v9")));
	assert_true(fence_wants(if_nametoindex("m9")));
	run("ip link del v9; ip link del m9; ip link del br9");
}

/* ---- capabilities ---- */

static int open_with(uint64_t capabilities, char why[static 128])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)capabilities, .permitted = (uint32_t)capabilities},
		{.effective = (uint32_t)(capabilities >> 32), .permitted = (uint32_t)(capabilities >> 32)},
	};
	struct fence *fence = NULL;
	int r;

	if (syscall(SYS_capset, &header, data) < 0)
		return -errno;
	r = fence_open(&fence, why);
	if (r == 0)
		r = fence_attach(fence, if_nametoindex("a0"));
	fence_close(fence);
	return r;
}

/* In a child, because capabilities do not come back. 0 when fence_open() returned `expected` with these words. */
static int try_with(uint64_t capabilities, int expected, const char *words)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		char why[128] = "";
		int r = open_with(capabilities, why);

		if (r != expected || !strstr(why, words))
			fprintf(stderr, "%d, %s\n", r, why);
		_exit(r != expected || !strstr(why, words));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void test_missing_capability_is_named(void **state)
{
	const uint64_t bpf = UINT64_C(1) << CAP_BPF, net_admin = UINT64_C(1) << CAP_NET_ADMIN;

	(void)state;
	need_root();
	assert_int_equal(try_with(0, -EPERM, "missing capability CAP_BPF"), 0);
	assert_int_equal(try_with(net_admin, -EPERM, "missing capability CAP_BPF"), 0);
	assert_int_equal(try_with(bpf, -EPERM, "missing capability CAP_NET_ADMIN"), 0);
	assert_int_equal(try_with(bpf | net_admin, 0, ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fenced(test_shut_vip_teaches_no_neighbour),
		fenced(test_removing_the_fence_opens_the_way_and_takes_its_qdisc),
		fenced(test_other_peoples_filters_live_on),
		fenced(test_a_fence_that_somebody_removed_does_not_stand),
		fenced(test_fence_goes_behind_another_kind_of_filter_and_says_so),
		fenced(test_old_ingress_qdisc_carries_the_ingress_half),
		fenced(test_fence_wants_what_hands_packets_to_the_stack),
		fenced(test_missing_capability_is_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
