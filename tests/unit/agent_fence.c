/* The fence against a real kernel: who answers, and until when. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "tests/unit/fence_lan.h"

/* The exit status: 0 where a fence cannot be had for that reason, 77 where this kernel has no time namespaces. */
static _Noreturn void open_in_another_time(void)
{
	static const char offset[] = "boottime 1000 0\n";
	struct fence *fence;
	char why[128] = "";
	int fd, status = 1;

	if (unshare(CLONE_NEWTIME) < 0)
		_exit(77);
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, offset, sizeof(offset) - 1) < 0)
		_exit(2);
	if (fork() == 0) /* into the namespace go the children */
		_exit(fence_open(&fence, why) == -EOPNOTSUPP && strstr(why, "time namespace") ? 0 : 3);
	wait(&status);
	_exit(WEXITSTATUS(status));
}

static void test_where_the_clock_is_not_the_kernels_there_is_no_fence(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	need_root();
	pid = fork();
	if (pid == 0)
		open_in_another_time();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_vip_answers_everything_while_the_lease_runs(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	lease_for(fence, 60000);
	for (unsigned i = 0; i < EVERY_ASK; i++)
		assert_true(answers(every_ask[i], TAG_NONE) >= 1);
	assert_int_equal(fence_dropped(fence, SLOT), 0);
	fence_close(fence);
}

static void test_shut_vip_answers_nothing_and_other_addresses_everything(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	for (unsigned i = 0; i < EVERY_ASK; i++) {
		unsigned long before = fence_dropped(fence, SLOT);

		assert_int_equal(answers(every_ask[i], TAG_NONE), 0);
		assert_true(fence_dropped(fence, SLOT) > before);
	}
	fence_close(fence);
}

static void test_priority_tags_do_not_get_around_the_fence(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	assert_true(answers(ASK_PING, TAG_PRIORITY) >= 1);
	assert_true(answers(ASK_PING, TAG_PRIORITY_TWICE) >= 1); /* Linux takes both for its own */
	fence = new_fence();
	for (unsigned i = 0; i < EVERY_ASK; i++) {
		assert_int_equal(answers(every_ask[i], TAG_PRIORITY), 0);
		assert_int_equal(answers(every_ask[i], TAG_PRIORITY_TWICE), 0);
	}
	lease_for(fence, 60000);
	assert_true(answers(ASK_PING, TAG_PRIORITY_TWICE) >= 1);
	fence_close(fence);
}

static void test_datagram_to_a_shut_vip_reaches_no_service(void **state)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(7)};
	int service;
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	service = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(service, (struct sockaddr *)&any, sizeof(any)), 0);
	ask_lan(ASK_UDP, TAG_NONE, VIP4, VIP6);
	ask_lan(ASK_UDP, TAG_NONE, HOST4, HOST6);
	assert_int_equal(poll(&(struct pollfd){.fd = service, .events = POLLIN}, 1, 1000), 1);
	assert_int_equal(recv(service, NULL, 0, MSG_DONTWAIT), 0);  /* that to the host ... */
	assert_int_equal(recv(service, NULL, 0, MSG_DONTWAIT), -1); /* ... and no other */
	assert_int_equal(fence_dropped(fence, SLOT), 1);
	lease_for(fence, 60000);
	ask_lan(ASK_UDP, TAG_NONE, VIP4, VIP6);
	assert_int_equal(poll(&(struct pollfd){.fd = service, .events = POLLIN}, 1, 1000), 1);
	close(service);
	fence_close(fence);
}

static void test_arp_reply_to_a_shut_vip_is_dropped_but_an_announcement_is_heard(void **state)
{
	struct frame frame = {.length = 0};
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	ask_lan(ASK_ARP_REPLY, TAG_NONE, VIP4, VIP6);
	for (int i = 0; i < 20000 && fence_dropped(fence, SLOT) < 2; i++) /* on both cards */
		usleep(100);
	assert_true(fence_dropped(fence, SLOT) >= 2);
	/* A host without the vip, which uses it as a client, learns where it went. */
	run("ip address del " VIP4 "/24 dev a0; ip neighbour replace " VIP4
	    " lladdr 02:00:00:00:00:01 dev a0 nud stale");
	push_ether(&frame, everyone, ETHERTYPE_ARP, TAG_NONE);
	push_arp(&frame, ARPOP_REQUEST, VIP4, VIP4);
	assert_int_equal(send(lan, frame.bytes, frame.length, 0), frame.length);
	assert_true(succeeds("for i in $(seq 100); do ip neighbour show " VIP4
			     " dev a0 | grep -q 02:00:00:00:00:09 && exit 0;"
			     "done; exit 1"));
	run("ip neighbour flush to " VIP4 "; ip address add " VIP4 "/24 dev a0");
	fence_close(fence);
}

static void test_packets_for_other_machines_pass(void **state)
{
	struct frame frame = {.length = 0};
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	push_ether(&frame, (const uint8_t[6]){2, 0, 0, 0, 0, 77}, ETHERTYPE_IP, TAG_NONE);
	push_ping(&frame, PROBE4, VIP4);
	assert_int_equal(send(lan, frame.bytes, frame.length, 0), frame.length);
	assert_int_equal(answers(ASK_PING, TAG_NONE), 0);
	assert_int_equal(fence_dropped(fence, SLOT), 1); /* only that of answers() */
	fence_close(fence);
}

/* A question sent after the end of the lease is never answered. Returns how long after the end the last answer was
 * read, in microseconds (0: before it). */
static int64_t watch_the_end(struct instant until)
{
	struct instant sent, last = INSTANT_ZERO;

	do {
		sent = now();
		if (answers(ASK_ARP, TAG_NONE) == 0)
			continue;
		last = now();
		assert_false(instant_reached(sent, until));
	} while (!instant_reached(sent, instant_add(until, duration_ms(10))));
	assert_true(last.ns != INSTANT_ZERO.ns); /* it did answer before */
	return instant_reached(last, until) ? instant_since(last, until).ns / 1000 : 0;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static void test_answers_stop_at_the_end_of_the_lease_without_any_doing(void **state)
{
	enum { ROUNDS = 21 };
	int64_t late_us[ROUNDS];
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	for (int i = 0; i < ROUNDS; i++) {
		struct instant until = instant_add(now(), duration_ms(20));

		fence_lease(fence, SLOT, until);
		late_us[i] = watch_the_end(until);
	}
	qsort(late_us, ROUNDS, sizeof(late_us[0]), by_size);
	print_message("last answer read %lld us (median), %lld us (worst) after the end of the lease\n",
		      (long long)late_us[ROUNDS / 2], (long long)late_us[ROUNDS - 1]);
	fence_close(fence);
}

static void test_renewing_keeps_the_answers_coming(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	for (struct instant end = instant_add(now(), duration_ms(150)); !instant_reached(now(), end);) {
		lease_for(fence, 50);
		assert_true(answers(ASK_ARP, TAG_NONE) >= 1);
	}
	fence_lease(fence, SLOT, INSTANT_ZERO);
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	fence_close(fence);
}

/* In a child: no assertion of cmocka's, which would run the parent's further tests here. */
static void own_until_killed(int news)
{
	const struct conf_address vip[] = {address_of(VIP4, 24), address_of(VIP6, 64)};
	struct instant until = instant_add(now(), duration_ms(100));
	struct fence *fence = NULL;
	char why[128];

	if (fence_open(&fence, why) == 0 && fence_guard(fence, SLOT, vip, 2) == 0 &&
	    fence_attach(fence, if_nametoindex("a0")) == 0 && fence_attach(fence, if_nametoindex("b0")) == 0) {
		fence_lease(fence, SLOT, until);
		if (write(news, &until, sizeof(until)) == sizeof(until))
			pause();
	}
	_exit(1);
}

static void test_killed_owner_falls_silent_when_its_lease_ends(void **state)
{
	struct instant until;
	int news[2];
	pid_t owner;

	(void)state;
	need_root();
	assert_int_equal(pipe(news), 0);
	owner = fork();
	if (owner == 0)
		own_until_killed(news[1]);
	close(news[1]);
	assert_int_equal(read(news[0], &until, sizeof(until)), sizeof(until));
	assert_int_equal(kill(owner, SIGKILL), 0);
	assert_int_equal(waitpid(owner, NULL, 0), owner);
	watch_the_end(until);
	assert_int_equal(answers(ASK_PING6, TAG_NONE), 0);
	close(news[0]);
}

static void test_second_card_on_the_lan_does_not_answer_either(void **state)
{
	struct fence *fence;

	(void)state;
	need_root();
	fence = open_fence();
	assert_int_equal(fence_attach(fence, if_nametoindex("a0")), 0);
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1); /* b0 answers: that is why it needs the fence too */
	assert_int_equal(fence_attach(fence, if_nametoindex("b0")), 0);
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	fence_close(fence);
}

/* ---- replacing ---- */

static atomic_bool hammering;
static atomic_int hammered;

/* Questions for the vip without pause, from another thread. The egress half stops no answer to a ping. */
static void *hammer(void *unused)
{
	struct frame frame[] = {question(ASK_ARP, TAG_NONE, VIP4, VIP6), question(ASK_PING, TAG_NONE, VIP4, VIP6)};

	(void)unused;
	for (int i = 0; atomic_load(&hammering); i = !i) {
		if (send(lan, frame[i].bytes, frame[i].length, 0) == (ssize_t)frame[i].length)
			atomic_fetch_add(&hammered, 1);
		usleep(10);
	}
	return NULL;
}

static int count_vip_answers(void)
{
	uint8_t bytes[2048];
	char text[INET6_ADDRSTRLEN];
	ssize_t length;
	int vip = 0;

	while ((length = recv(lan, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		speaker(bytes, length, text);
		vip += strcmp(text, VIP4) == 0;
	}
	return vip;
}

static void test_replacing_an_earlier_runs_filter_never_lets_a_packet_through(void **state)
{
	pthread_t thread;
	int vip = 0;

	(void)state;
	need_root();
	fence_close(new_fence());
	atomic_store(&hammering, true);
	atomic_store(&hammered, 0);
	assert_int_equal(pthread_create(&thread, NULL, hammer, NULL), 0);
	for (int i = 0; i < 50; i++) {
		fence_close(new_fence());
		vip += count_vip_answers();
	}
	atomic_store(&hammering, false);
	pthread_join(thread, NULL);
	assert_int_equal(vip + count_vip_answers(), 0);
	assert_true(atomic_load(&hammered) > 500);
	print_message("%d questions during 50 replacements, no answer\n", atomic_load(&hammered));
	assert_int_equal(fence_remove_all(), 4); /* replaced, not piled up */
}

static void test_the_newest_run_rules(void **state)
{
	struct fence *earlier, *later;

	(void)state;
	need_root();
	earlier = new_fence();
	lease_for(earlier, 60000);
	later = new_fence();
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	lease_for(later, 60000);
	fence_lease(earlier, SLOT, INSTANT_ZERO);
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1);
	fence_close(earlier);
	fence_close(later);
}

static void test_new_address_of_a_slot_enters_shut(void **state)
{
	const struct conf_address both[] = {address_of(VIP4, 24), address_of(VIP6, 64)};
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence();
	assert_int_equal(fence_guard(fence, SLOT, both, 1), 0);
	lease_for(fence, 60000);
	assert_int_equal(fence_guard(fence, SLOT, both, 1), 0); /* nothing new: the lease goes on */
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1);
	assert_int_equal(fence_guard(fence, SLOT, both, 2), 0);
	assert_int_equal(answers(ASK_PING6, TAG_NONE), 0);
	assert_int_equal(fence_guard(fence, SLOT, NULL, 0), 0); /* nothing guarded any more */
	assert_true(answers(ASK_PING6, TAG_NONE) >= 1);
	fence_close(fence);
}

static void test_an_address_that_changes_its_slot_is_never_unguarded(void **state)
{
	const struct conf_address both[] = {address_of(VIP4, 24), address_of(VIP6, 64)};
	struct fence *fence;

	(void)state;
	need_root();
	fence = new_fence(); /* SLOT guards both */
	lease_for(fence, 60000);
	assert_int_equal(fence_guard_also(fence, SLOT + 1, both, 1), 0);
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	assert_true(answers(ASK_PING6, TAG_NONE) >= 1); /* the slot goes on guarding the rest */
	assert_int_equal(fence_guard(fence, SLOT, &both[1], 1), 0);
	assert_int_equal(answers(ASK_ARP, TAG_NONE), 0);
	fence_lease(fence, SLOT + 1, INSTANT_NEVER);
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1);
	fence_close(fence);
}

static void test_every_slot_can_guard_all_its_addresses(void **state)
{
	struct conf_address address[VIP_ADDRESSES_MAX] = {0};
	struct fence *fence;

	(void)state;
	need_root();
	fence = open_fence();
	for (int round = 0; round < 2; round++)
		for (int slot = 0; slot < VIPS_MAX; slot++) {
			for (int i = 0; i < VIP_ADDRESSES_MAX; i++)
				address[i] = (struct conf_address){
					AF_INET, 24, {198, (uint8_t)(51 + round), (uint8_t)slot, (uint8_t)i}};
			assert_int_equal(fence_guard(fence, slot, address, VIP_ADDRESSES_MAX), 0);
		}
	fence_close(fence);
}

/* ---- cost ---- */

/* In a child that the kernel kills at any system call but read, write and exit. */
static void renew_under_seccomp(struct fence *fence)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	for (int ms = 1; ms <= 1000; ms++)
		fence_lease(fence, SLOT, (struct instant){duration_ms(ms).ns});
	fence_lease(fence, SLOT, INSTANT_NEVER);
	syscall(SYS_exit, 0);
}

static void test_renewing_makes_no_system_call(void **state)
{
	struct fence *fence;
	int status;
	pid_t owner;

	(void)state;
	need_root();
	fence = new_fence();
	owner = fork();
	if (owner == 0)
		renew_under_seccomp(fence);
	assert_int_equal(waitpid(owner, &status, 0), owner);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(answers(ASK_ARP, TAG_NONE) >= 1); /* and it did renew */
	fence_close(fence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fenced(test_where_the_clock_is_not_the_kernels_there_is_no_fence),
		fenced(test_vip_answers_everything_while_the_lease_runs),
		fenced(test_shut_vip_answers_nothing_and_other_addresses_everything),
		fenced(test_priority_tags_do_not_get_around_the_fence),
		fenced(test_datagram_to_a_shut_vip_reaches_no_service),
		fenced(test_arp_reply_to_a_shut_vip_is_dropped_but_an_announcement_is_heard),
		fenced(test_packets_for_other_machines_pass),
		fenced(test_answers_stop_at_the_end_of_the_lease_without_any_doing),
		fenced(test_renewing_keeps_the_answers_coming),
		fenced(test_killed_owner_falls_silent_when_its_lease_ends),
		fenced(test_second_card_on_the_lan_does_not_answer_either),
		fenced(test_replacing_an_earlier_runs_filter_never_lets_a_packet_through),
		fenced(test_the_newest_run_rules),
		fenced(test_new_address_of_a_slot_enters_shut),
		fenced(test_an_address_that_changes_its_slot_is_never_unguarded),
		fenced(test_every_slot_can_guard_all_its_addresses),
		fenced(test_renewing_makes_no_system_call),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
