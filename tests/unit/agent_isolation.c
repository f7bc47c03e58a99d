/* Isolation: for how long an owner whose beats are not echoed may go on, and how it asks its neighbours meanwhile. The
 * time is invented; the agent runs a turn when it wants one or when something comes in, as its loop does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.h"

enum { SELF, PEER, NODES };
enum { BEAT_MS = 100, NEIGHBOUR_TAKES_MS = 1, START_MS = 100000, DEAF_MS = START_MS + 1000 };

static struct scene {
	struct agent agent;
	struct conf conf;
	struct nic *nic;
	int64_t at_ms;
	int64_t answer_ms;             /* when the answer that is on its way arrives; 0: none */
	int64_t busy_from, busy_until; /* the neighbour answers nothing then, and what it was asked meanwhile at the end */
	int64_t peer_deaf_from;        /* it echoes no beat that was sent from then on */
	int64_t peer_mute_from;
	int questions, to_all;
	struct instant until, wants;   /* the lease's end, the next turn */
	int64_t lapsed_ms;             /* when the lease was over first; 0: never */
} scene;

static struct instant ms(int64_t at)
{
	return (struct instant){duration_ms(at).ns};
}

/* In the place of the socket. */
int net_arp_ask(struct net_arp *arp, const struct conf_address *own, const struct conf_address *neighbour,
		const uint8_t *neighbour_mac)
{
	(void)arp, (void)own, (void)neighbour;
	scene.questions += neighbour_mac != NULL;
	scene.to_all += !neighbour_mac;
	if (scene.answer_ms == 0)
		scene.answer_ms = scene.at_ms + NEIGHBOUR_TAKES_MS;
	return 0;
}

static void neighbour_speaks(void)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};
	const struct conf_address address = {.family = AF_INET, .prefix = 32, .bytes = {192, 0, 2, 9}};

	neighbours_heard(&scene.nic->neighbours, &address, mac, true, ms(scene.at_ms));
	scene.answer_ms = 0;
}

static void peer_speaks(void)
{
	struct peer *peer = &scene.agent.peers.peer[PEER];

	peer->heard_at = ms(scene.at_ms);
	if (scene.at_ms < scene.peer_deaf_from)
		peer->proven_at = ms(scene.at_ms - 1);
}

static struct instant lease_until(void)
{
	return instant_add(isolation_evidence(&scene.agent, scene.nic), scene.agent.terms.lease);
}

static int set_up(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	scene.conf.nodes = NODES;
	scene.agent.conf = &scene.conf;
	scene.agent.terms = lease_terms(duration_ms(BEAT_MS), 3);
	scene.agent.peers.peer[SELF].heard_at = scene.agent.peers.peer[SELF].proven_at = INSTANT_ZERO;
	scene.nic = &scene.agent.nic[0];
	scene.nic->arp = (struct net_arp *)&scene; /* there is one; our net_arp_ask() does not look at it */
	scene.nic->own = (struct conf_address){.family = AF_INET, .prefix = 24, .bytes = {192, 0, 2, 1}};
	scene.at_ms = START_MS;
	scene.peer_deaf_from = scene.peer_mute_from = INT64_MAX;
	neighbour_speaks();
	peer_speaks();
	scene.agent.now = ms(scene.at_ms);
	scene.until = lease_until();
	scene.wants = scene.agent.now;
	return 0;
}

/* One millisecond: true when something came in. */
static bool passes(void)
{
	bool is_busy = scene.at_ms >= scene.busy_from && scene.at_ms < scene.busy_until;
	bool news = false;

	if (scene.at_ms % BEAT_MS == 0 && scene.at_ms < scene.peer_mute_from) {
		peer_speaks();
		news = true;
	}
	if (scene.answer_ms != 0 && scene.at_ms >= scene.answer_ms && !is_busy) {
		neighbour_speaks();
		news = true;
	}
	return news;
}

static void run_until(int64_t end_ms)
{
	for (scene.at_ms++; scene.at_ms <= end_ms && scene.lapsed_ms == 0; scene.at_ms++) {
		scene.agent.now = ms(scene.at_ms);
		if (instant_reached(scene.agent.now, scene.until))
			scene.lapsed_ms = scene.at_ms;
		if (passes() || instant_reached(scene.agent.now, scene.wants))
			isolation_ask(&scene.agent, scene.nic);
		scene.until = instant_later(scene.until, lease_until()); /* election_renew() takes back nothing either */
		scene.wants = isolation_at(&scene.agent, scene.nic);
		assert_true(scene.wants.ns > scene.agent.now.ns); /* or the loop would spin */
	}
	scene.at_ms = end_ms;
}

static void count_anew(void)
{
	scene.questions = scene.to_all = 0;
}

static void test_with_echoes_a_neighbour_is_asked_each_ten_seconds(void **state)
{
	(void)state;
	run_until(START_MS + 25000);
	assert_int_equal(scene.lapsed_ms, 0);
	assert_int_equal(scene.questions, 3);
	assert_int_equal(scene.to_all, 0);
}

static void test_an_owner_that_is_heard_by_neighbours_alone_goes_on(void **state)
{
	(void)state;
	scene.peer_deaf_from = DEAF_MS;
	run_until(DEAF_MS + 1000);
	count_anew();
	run_until(DEAF_MS + 11000);
	assert_int_equal(scene.lapsed_ms, 0);
	assert_in_range(scene.questions, 190, 200);
	assert_int_equal(scene.to_all, 0);
}

static void test_the_first_answer_may_take_a_beat(void **state)
{
	(void)state;
	scene.peer_deaf_from = DEAF_MS;
	scene.busy_from = DEAF_MS - 100;
	scene.busy_until = DEAF_MS + 170; /* the newest echo is of DEAF_MS - 101, asked from 150 ms after it on */
	run_until(DEAF_MS + 11000);
	assert_int_equal(scene.lapsed_ms, 0);
}

/* Whenever it begins to be busy. */
static void test_a_neighbour_that_is_busy_for_two_beats_costs_nothing(void **state)
{
	for (int from = 0; from < 200; from++) {
		set_up(state);
		scene.peer_deaf_from = DEAF_MS;
		scene.busy_from = DEAF_MS + 1000 + from;
		scene.busy_until = scene.busy_from + 2 * BEAT_MS;
		run_until(scene.busy_until + 1000);
		assert_int_equal(scene.lapsed_ms, 0);
	}
}

/* Nobody takes before D from the newest beat that was heard, which was sent up to T before the cut. Until the peer is
 * missed, what is heard of it holds its own hand. */
static void test_an_owner_that_is_cut_off_lets_go_in_time(void **state)
{
	for (int from = 0; from < 200; from++) {
		set_up(state);
		scene.peer_deaf_from = DEAF_MS;
		scene.busy_from = scene.peer_mute_from = DEAF_MS + 1000 + from;
		scene.busy_until = INT64_MAX;
		run_until(scene.busy_from + 10000);
		assert_in_range(scene.lapsed_ms, scene.busy_from + 1,
				scene.busy_from + duration_to_ms(scene.agent.terms.lease));
	}
}

static void test_an_owner_cut_off_from_a_peer_that_echoed_lets_go_before_d(void **state)
{
	for (int from = 0; from < 200; from++) {
		int64_t heard;

		set_up(state);
		scene.busy_from = scene.peer_deaf_from = scene.peer_mute_from = DEAF_MS + from;
		scene.busy_until = INT64_MAX;
		heard = (scene.peer_mute_from - 1) / BEAT_MS * BEAT_MS; /* the newest sign of life, either way */
		run_until(scene.busy_from + 10000);
		assert_in_range(scene.lapsed_ms, heard, heard + duration_to_ms(scene.agent.terms.lease));
	}
}

static void test_everybody_is_asked_when_an_answer_is_late(void **state)
{
	(void)state;
	scene.peer_deaf_from = DEAF_MS;
	run_until(DEAF_MS + 1000);
	count_anew();
	scene.busy_from = DEAF_MS + 1000;
	scene.busy_until = scene.busy_from + 120;
	run_until(DEAF_MS + 1110);
	assert_in_range(scene.to_all, 1, 2);
	count_anew();
	run_until(DEAF_MS + 2000);
	assert_in_range(scene.to_all, 0, 2);
}

static void test_an_echo_ends_the_questions(void **state)
{
	(void)state;
	scene.peer_deaf_from = DEAF_MS;
	run_until(DEAF_MS + 1000);
	scene.peer_deaf_from = INT64_MAX;
	run_until(DEAF_MS + 1100);
	count_anew();
	run_until(DEAF_MS + 11000);
	assert_in_range(scene.questions, 0, 1);
	assert_int_equal(scene.lapsed_ms, 0);
}

/* From the beat that is missed on until D is over, each T/2 at least: the lease lives by these answers. */
static void test_while_a_peer_is_missed_the_questions_go_on(void **state)
{
	(void)state;
	scene.peer_deaf_from = scene.peer_mute_from = DEAF_MS;
	run_until(DEAF_MS - BEAT_MS + 3 * BEAT_MS / 2);
	count_anew();
	run_until(DEAF_MS - BEAT_MS + 3 * BEAT_MS - 1);
	assert_in_range(scene.questions, 3, 7);
	run_until(DEAF_MS + 11000);
	assert_int_equal(scene.lapsed_ms, 0);
}

static void test_a_dead_peer_ends_them_too(void **state)
{
	(void)state;
	scene.peer_deaf_from = DEAF_MS;
	scene.peer_mute_from = DEAF_MS + 1000;
	run_until(DEAF_MS + 1500);
	count_anew();
	run_until(DEAF_MS + 11000);
	assert_in_range(scene.questions, 0, 1);
	assert_int_equal(scene.lapsed_ms, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(test_with_echoes_a_neighbour_is_asked_each_ten_seconds),
		TEST(test_an_owner_that_is_heard_by_neighbours_alone_goes_on),
		TEST(test_the_first_answer_may_take_a_beat),
		TEST(test_a_neighbour_that_is_busy_for_two_beats_costs_nothing),
		TEST(test_an_owner_that_is_cut_off_lets_go_in_time),
		TEST(test_an_owner_cut_off_from_a_peer_that_echoed_lets_go_before_d),
		TEST(test_everybody_is_asked_when_an_answer_is_late),
		TEST(test_an_echo_ends_the_questions),
		TEST(test_while_a_peer_is_missed_the_questions_go_on),
		TEST(test_a_dead_peer_ends_them_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
