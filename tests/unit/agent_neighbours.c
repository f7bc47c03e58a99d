/* Neighbours: when silence means "I am cut off", and above all when it does not. All times are invented. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "agent/neighbours.h"

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

static struct instant ms(int64_t at)
{
	return (struct instant){duration_ms(at).ns};
}

static struct conf_address host(int number)
{
	return (struct conf_address){
		.family = AF_INET,
		.prefix = 32,
		.bytes = {192, 0, 2, (uint8_t)number},
	};
}

static void hear(struct neighbours *neighbours, int number, int64_t at)
{
	struct conf_address address = host(number);

	neighbours_heard(neighbours, &address, mac, true, ms(at));
}

static void ask(struct neighbours *neighbours, int number, int64_t at)
{
	struct conf_address address = host(number);

	neighbours_asked(neighbours, &address, ms(at));
}

/* Asks at an instant and is answered a millisecond later. */
static void ask_and_hear(struct neighbours *neighbours, int number, int64_t at)
{
	ask(neighbours, number, at);
	hear(neighbours, number, at + 1);
}

static const uint8_t stranger[6] = {2, 0, 0, 0, 0, 0x66};

static bool is_at(const struct neighbours *neighbours, const uint8_t where[static 6])
{
	return memcmp(neighbours->known[0].mac, where, 6) == 0;
}

static bool is_known(const struct neighbours *neighbours, int number)
{
	struct conf_address address = host(number);

	for (int i = 0; i < neighbours->count; i++) {
		if (memcmp(neighbours->known[i].address.bytes, address.bytes, 16) == 0)
			return true;
	}
	return false;
}

static void test_a_claim_does_not_move_one_who_answers(void **state)
{
	const struct conf_address address = host(1);
	struct neighbours neighbours = {0};

	(void)state;
	hear(&neighbours, 1, 1000);
	neighbours_heard(&neighbours, &address, stranger, false, ms(1001)); /* it never answered yet: why not there */
	assert_true(is_at(&neighbours, stranger));
	hear(&neighbours, 1, 1002);
	ask_and_hear(&neighbours, 1, 2000);
	neighbours_heard(&neighbours, &address, stranger, false, ms(2002));
	neighbours_heard(&neighbours, &address, stranger, true, ms(2003)); /* an answer nobody asked for */
	neighbours_heard(&neighbours, &address, stranger, true, ms(32001));
	assert_true(is_at(&neighbours, mac));
	neighbours_heard(&neighbours, &address, stranger, false, ms(32002)); /* silent for 30 s: it has moved */
	assert_true(is_at(&neighbours, stranger));
}

static void test_an_answer_counts_from_whichever_mac_it_comes(void **state)
{
	const struct conf_address address = host(1);
	struct neighbours neighbours = {0};

	(void)state;
	hear(&neighbours, 1, 1000);
	ask_and_hear(&neighbours, 1, 2000);
	ask(&neighbours, 1, 3000);
	neighbours_heard(&neighbours, &address, stranger, true, ms(3001));
	assert_true(is_at(&neighbours, mac));
	assert_int_equal(neighbours_answered(&neighbours).ns, ms(3000).ns);
}

static void test_everybody_is_asked_when_it_is_urgent_or_the_last_question_was_in_vain(void **state)
{
	const struct duration peace = duration_ms(10000), urgent = duration_ms(25), afterwards = duration_ms(1000);
	struct neighbours neighbours = {0};

	(void)state;
	hear(&neighbours, 1, 1000);
	assert_false(neighbours_wants_all(&neighbours.known[0], peace));
	assert_true(neighbours_wants_all(&neighbours.known[0], urgent));
	assert_true(neighbours_wants_all(&neighbours.known[0], afterwards));
	ask(&neighbours, 1, 2000);
	assert_true(neighbours_wants_all(&neighbours.known[0], peace));
	hear(&neighbours, 1, 2001);
	assert_false(neighbours_wants_all(&neighbours.known[0], peace));
}

/* The peers are missed at 100 s in all that follows. */
#define MISSED 100000

/* A neighbour who answered in peace, and was asked twice in vain since. */
static struct neighbours cut_off(void)
{
	struct neighbours neighbours = {0};

	hear(&neighbours, 1, MISSED - 15000);
	ask_and_hear(&neighbours, 1, MISSED - 5000);
	ask(&neighbours, 1, MISSED + 25);
	ask(&neighbours, 1, MISSED + 50);
	return neighbours;
}

static void test_who_falls_silent_with_the_peers_says_cut_off(void **state)
{
	const struct neighbours neighbours = cut_off();

	(void)state;
	assert_true(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_a_host_without_neighbours_serves_on(void **state)
{
	const struct neighbours none = {0};

	(void)state;
	assert_false(neighbours_lost(&none, ms(MISSED)));
	assert_false(neighbours_lost(&none, INSTANT_ZERO));
	assert_false(neighbours_lost(&none, INSTANT_NEVER));
}

static void test_as_long_as_the_peers_are_there_nothing_is_lost(void **state)
{
	const struct neighbours neighbours = cut_off();

	(void)state;
	assert_false(neighbours_lost(&neighbours, INSTANT_NEVER));
	assert_false(neighbours_lost(&neighbours, INSTANT_ZERO));
}

static void test_one_unanswered_question_is_not_enough(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	ask_and_hear(&neighbours, 1, MISSED - 5000);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
	ask(&neighbours, 1, MISSED - 1); /* before, or at the instant itself: it does not count */
	ask(&neighbours, 1, MISSED);
	ask(&neighbours, 1, MISSED + 25);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
	ask(&neighbours, 1, MISSED + 50);
	assert_true(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_an_answer_ends_the_suspicion(void **state)
{
	struct neighbours neighbours = cut_off();

	(void)state;
	hear(&neighbours, 1, MISSED + 60);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
	ask(&neighbours, 1, MISSED + 100);
	ask(&neighbours, 1, MISSED + 200);
	assert_false(neighbours_lost(&neighbours, ms(MISSED))); /* it left later: another story */
}

static void test_a_word_of_a_stranger_ends_the_suspicion(void **state)
{
	struct neighbours neighbours = cut_off();

	(void)state;
	hear(&neighbours, 99, MISSED + 60);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_a_word_of_a_stranger_counts_even_when_all_places_are_taken(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	for (int i = 1; i <= NEIGHBOURS_MAX; i++) {
		ask_and_hear(&neighbours, i, MISSED - 5000);
		hear(&neighbours, i, MISSED - 4999);
		ask(&neighbours, i, MISSED + 25);
		ask(&neighbours, i, MISSED + 50);
	}
	assert_true(neighbours_lost(&neighbours, ms(MISSED)));
	hear(&neighbours, 99, MISSED + 60);
	assert_false(is_known(&neighbours, 99));
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_one_who_left_says_nothing_while_another_answers(void **state)
{
	struct neighbours neighbours = cut_off();

	(void)state;
	hear(&neighbours, 2, MISSED - 3000);
	assert_false(neighbours_lost(&neighbours, ms(MISSED))); /* the other has not been asked yet */
	ask(&neighbours, 2, MISSED + 25);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
	ask(&neighbours, 2, MISSED + 50);
	hear(&neighbours, 2, MISSED + 51);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_one_who_left_before_the_peers_did_is_no_witness(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	hear(&neighbours, 1, MISSED - 14000);
	ask(&neighbours, 1, MISSED - 9000); /* no answer */
	ask(&neighbours, 1, MISSED + 25);
	ask(&neighbours, 1, MISSED + 50);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_a_question_that_met_the_cut_itself_spoils_no_witness(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	hear(&neighbours, 1, MISSED - 14000);
	ask(&neighbours, 1, MISSED - 2000);
	ask(&neighbours, 1, MISSED + 25);
	ask(&neighbours, 1, MISSED + 50);
	assert_true(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_old_words_are_no_evidence(void **state)
{
	static const struct {
		int64_t heard;
		bool lost;
	} ages[] = {{MISSED - 30000, true}, {MISSED - 30001, false}, {MISSED, true}, {MISSED + 1, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		struct neighbours neighbours = {0};

		hear(&neighbours, 1, ages[i].heard);
		ask(&neighbours, 1, MISSED + 25);
		ask(&neighbours, 1, MISSED + 50);
		assert_int_equal(neighbours_lost(&neighbours, ms(MISSED)), ages[i].lost);
	}
}

static void test_one_who_left_long_ago_holds_up_no_verdict(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	hear(&neighbours, 2, MISSED - 60000); /* never asked, never heard again */
	hear(&neighbours, 1, MISSED - 5000);
	ask(&neighbours, 1, MISSED + 25);
	ask(&neighbours, 1, MISSED + 50);
	assert_true(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_known_neighbours_keep_their_places_against_newcomers(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	for (int i = 1; i <= NEIGHBOURS_MAX; i++)
		hear(&neighbours, i, i * 1000);
	for (int i = 100; i < 200; i++)
		hear(&neighbours, i, 31000); /* the first is silent for exactly 30 s: still trusted */
	for (int i = 1; i <= NEIGHBOURS_MAX; i++)
		assert_true(is_known(&neighbours, i));
	hear(&neighbours, 100, 31001);
	assert_true(is_known(&neighbours, 100));
	assert_false(is_known(&neighbours, 1));
	assert_true(is_known(&neighbours, 2));
	assert_int_equal(neighbours.count, NEIGHBOURS_MAX);
}

static void test_who_speaks_takes_the_place_of_one_that_owes_two_answers(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	for (int i = 1; i <= NEIGHBOURS_MAX; i++)
		hear(&neighbours, i, MISSED - 1000);
	ask(&neighbours, 3, MISSED);
	hear(&neighbours, 100, MISSED + 200); /* one unanswered question may be a lost one */
	assert_false(is_known(&neighbours, 100));
	ask(&neighbours, 3, MISSED + 210);
	ask_and_hear(&neighbours, 4, MISSED + 210);
	hear(&neighbours, 100, MISSED + 220);
	assert_true(is_known(&neighbours, 100));
	assert_false(is_known(&neighbours, 3));
	ask_and_hear(&neighbours, 100, MISSED + 250);
	assert_int_equal(neighbours_answered(&neighbours).ns, ms(MISSED + 250).ns);
}

static void test_slow_answers_cost_no_place(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	for (int i = 1; i <= NEIGHBOURS_MAX; i++) {
		hear(&neighbours, i, MISSED - 1000);
		ask(&neighbours, i, MISSED);
		ask(&neighbours, i, MISSED + 2);
	}
	hear(&neighbours, 100, MISSED + 100);
	assert_false(is_known(&neighbours, 100));
	hear(&neighbours, 100, MISSED + 101);
	assert_true(is_known(&neighbours, 100));
}

static void test_invented_neighbours_cannot_make_a_host_release(void **state)
{
	struct neighbours neighbours = {0};
	int64_t now = 0;

	(void)state;
	hear(&neighbours, 1, now);
	for (; now < MISSED; now += 10) { /* somebody invents a neighbour each 10 ms, the real one answers each 10 s */
		hear(&neighbours, 50 + (int)(now / 10 % 200), now);
		if (now % 10000 == 0)
			ask_and_hear(&neighbours, 1, now);
	}
	assert_true(is_known(&neighbours, 1));
	for (now = MISSED + 25; now < MISSED + 150; now += 25) { /* the peer dies, the inventor falls silent */
		for (int i = 1; i < 255; i++)
			ask(&neighbours, i, now);
	}
	hear(&neighbours, 1, now);
	assert_false(neighbours_lost(&neighbours, ms(MISSED)));
}

static void test_families_are_not_mixed_up(void **state)
{
	struct neighbours neighbours = {0};
	struct conf_address six = host(1);

	(void)state;
	six.family = AF_INET6;
	hear(&neighbours, 1, 1000);
	neighbours_heard(&neighbours, &six, mac, true, ms(1000));
	assert_int_equal(neighbours.count, 2);
}

static void test_a_changed_mac_is_learned(void **state)
{
	static const uint8_t other[6] = {2, 0, 0, 0, 0, 2};
	struct neighbours neighbours = {0};
	struct conf_address address = host(1);

	(void)state;
	hear(&neighbours, 1, 1000);
	neighbours_heard(&neighbours, &address, other, false, ms(2000));
	assert_int_equal(neighbours.count, 1);
	assert_memory_equal(neighbours.known[0].mac, other, 6);
}

/* When to ask. */

static const struct duration beat = {100 * 1000000LL};

static int64_t pace_ms(const struct neighbours *neighbours, struct instant since, int64_t now)
{
	return duration_to_ms(neighbours_pace(neighbours, since, beat, ms(now)));
}

static void test_the_pace_is_calm_then_urgent_then_patient(void **state)
{
	struct neighbours neighbours = {0};

	(void)state;
	hear(&neighbours, 1, MISSED - 1000);
	assert_int_equal(pace_ms(&neighbours, INSTANT_NEVER, MISSED), 10000);
	assert_int_equal(pace_ms(&neighbours, ms(MISSED), MISSED - 1), 10000);
	assert_int_equal(pace_ms(&neighbours, ms(MISSED), MISSED), 25);
	assert_int_equal(pace_ms(&neighbours, ms(MISSED), MISSED + 800), 25);
	assert_int_equal(pace_ms(&neighbours, ms(MISSED), MISSED + 801), 1000);
	hear(&neighbours, 1, MISSED + 900);
	assert_int_equal(pace_ms(&neighbours, ms(MISSED), MISSED + 901), 10000);
}

static void test_each_is_asked_once_a_pace(void **state)
{
	struct neighbours neighbours = {0};
	struct neighbour due[NEIGHBOURS_MAX];

	(void)state;
	hear(&neighbours, 1, 1000);
	hear(&neighbours, 2, 1000);
	assert_true(neighbours_wants(&neighbours, duration_ms(10000)).ns <= ms(1000).ns); /* never asked: at once */
	assert_int_equal(neighbours_due(&neighbours, duration_ms(10000), ms(1000), due), 2);
	assert_memory_equal(due[0].mac, mac, 6);
	ask(&neighbours, 1, 1000);
	assert_int_equal(neighbours_due(&neighbours, duration_ms(10000), ms(1001), due), 1);
	assert_memory_equal(due[0].address.bytes, host(2).bytes, 16);
	ask(&neighbours, 2, 3000);
	assert_int_equal(neighbours_due(&neighbours, duration_ms(10000), ms(10999), due), 0);
	assert_true(neighbours_wants(&neighbours, duration_ms(10000)).ns == ms(11000).ns);
	assert_int_equal(neighbours_due(&neighbours, duration_ms(10000), ms(11000), due), 1);
	assert_int_equal(neighbours_due(&neighbours, duration_ms(25), ms(3025), due), 2);
}

static void test_nobody_to_ask_wants_nothing(void **state)
{
	const struct neighbours none = {0};
	struct neighbour due[NEIGHBOURS_MAX];

	(void)state;
	assert_true(neighbours_wants(&none, duration_ms(25)).ns == INSTANT_NEVER.ns);
	assert_int_equal(neighbours_due(&none, duration_ms(25), ms(1000), due), 0);
}

/* The whole story, as the agent plays it: who answers, and is the host lost when D is over? */
static bool story(bool cable_holds, bool neighbour_holds, int64_t last_word_before_cut)
{
	struct neighbours neighbours = {0};
	struct neighbour due[NEIGHBOURS_MAX];
	bool up = true;
	int64_t now;

	hear(&neighbours, 1, 50000);
	for (now = 50000; now < MISSED + 150; now++) { /* the last beat is at MISSED - 150, D is 300 ms */
		struct instant since = now < MISSED ? INSTANT_NEVER : ms(MISSED);
		struct duration pace = neighbours_pace(&neighbours, since, beat, ms(now));

		if (now == last_word_before_cut)
			hear(&neighbours, 1, now);
		if (now > last_word_before_cut)
			up = cable_holds && neighbour_holds;
		if (neighbours_due(&neighbours, pace, ms(now), due) == 0)
			continue;
		ask(&neighbours, 1, now);
		if (up)
			hear(&neighbours, 1, now);
	}
	return neighbours_lost(&neighbours, ms(MISSED));
}

static void test_the_whole_story_ends_well(void **state)
{
	(void)state;
	assert_false(story(true, true, MISSED - 100)); /* the peer died */
	assert_true(story(false, true, MISSED - 100)); /* the cable was cut, and a word had come after the last beat */
	assert_true(story(false, true, MISSED - 1));
	assert_false(story(true, false, MISSED - 40000)); /* the neighbour left long before the peer died */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_falls_silent_with_the_peers_says_cut_off),
		cmocka_unit_test(test_a_host_without_neighbours_serves_on),
		cmocka_unit_test(test_as_long_as_the_peers_are_there_nothing_is_lost),
		cmocka_unit_test(test_one_unanswered_question_is_not_enough),
		cmocka_unit_test(test_an_answer_ends_the_suspicion),
		cmocka_unit_test(test_a_word_of_a_stranger_ends_the_suspicion),
		cmocka_unit_test(test_a_word_of_a_stranger_counts_even_when_all_places_are_taken),
		cmocka_unit_test(test_one_who_left_says_nothing_while_another_answers),
		cmocka_unit_test(test_one_who_left_before_the_peers_did_is_no_witness),
		cmocka_unit_test(test_a_question_that_met_the_cut_itself_spoils_no_witness),
		cmocka_unit_test(test_old_words_are_no_evidence),
		cmocka_unit_test(test_one_who_left_long_ago_holds_up_no_verdict),
		cmocka_unit_test(test_known_neighbours_keep_their_places_against_newcomers),
		cmocka_unit_test(test_who_speaks_takes_the_place_of_one_that_owes_two_answers),
		cmocka_unit_test(test_slow_answers_cost_no_place),
		cmocka_unit_test(test_invented_neighbours_cannot_make_a_host_release),
		cmocka_unit_test(test_families_are_not_mixed_up),
		cmocka_unit_test(test_a_changed_mac_is_learned),
		cmocka_unit_test(test_a_claim_does_not_move_one_who_answers),
		cmocka_unit_test(test_an_answer_counts_from_whichever_mac_it_comes),
		cmocka_unit_test(test_everybody_is_asked_when_it_is_urgent_or_the_last_question_was_in_vain),
		cmocka_unit_test(test_the_pace_is_calm_then_urgent_then_patient),
		cmocka_unit_test(test_each_is_asked_once_a_pace),
		cmocka_unit_test(test_nobody_to_ask_wants_nothing),
		cmocka_unit_test(test_the_whole_story_ends_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
