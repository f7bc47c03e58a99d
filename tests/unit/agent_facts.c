/* Facts: what is believed of a judge, for how long, and what follows for a vip. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/facts.h"

static struct conf conf;
static struct facts facts;
static bool owns;
static const struct instant start = {1000000000000};

static struct instant after(int64_t ms)
{
	return instant_add(start, duration_ms(ms));
}

/* One vip: "a" and "b" required, "c" and "d" only for the score. All stale after 3 x 2 s + 1 s of silence. */
static int set_up(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d"};

	(void)state;
	owns = false;
	memset(&conf, 0, sizeof(conf));
	conf.vips = 1;
	strcpy(conf.vip[0].name, "mail");
	conf.vip[0].checks = 4;
	for (int c = 0; c < 4; c++) {
		struct conf_check *check = &conf.vip[0].check[c];

		strcpy(check->name, names[c]);
		check->interval = duration_ms(2000);
		check->fast = duration_ms(100);
		check->timeout = duration_ms(1000);
		check->required = c < 2;
		check->damp = true;
		check->weight = c == 2 ? 100 : 950;
	}
	facts_start(&facts, start);
	return 0;
}

static struct fact fact_of(int check, enum check_state to, int64_t at_ms)
{
	struct fact fact = {
		.magic = FACT_MAGIC,
		.check = (uint16_t)check,
		.verdict = to == CHECK_STATE_UP ? VERDICT_UP : VERDICT_DOWN,
		.state = (uint16_t)to,
		.took_us = 1500,
		.at_ns = after(at_ms).ns,
		.reason = "status-503",
		.words = "503 Service Unavailable",
	};

	return fact;
}

static void ignore_change(void *context, const struct fact_change *change, const struct fact_entry *entry)
{
	(void)context;
	(void)change;
	(void)entry;
}

static void put(int check, enum check_state to, int64_t at_ms)
{
	struct fact fact = fact_of(check, to, at_ms);

	facts_put(&facts, &fact, &conf, after(at_ms));
}

static void all_up(int64_t at_ms)
{
	for (int c = 0; c < 4; c++)
		put(c, CHECK_STATE_UP, at_ms);
}

static void health_is(int64_t at_ms, enum fitness fitness, int score, int decider)
{
	struct health health = facts_health(&facts, &conf, 0, owns, after(at_ms));

	assert_int_equal(health.fitness, fitness);
	assert_int_equal(health.score, score);
	assert_int_equal(health.decider, decider);
}

static void test_a_vip_without_checks_is_fit(void **state)
{
	(void)state;
	conf.vip[0].checks = 0;
	health_is(0, FITNESS_FIT, 1000, -1);
	health_is(1000000, FITNESS_FIT, 1000, -1);
}

static void test_the_worst_required_check_decides(void **state)
{
	(void)state;
	health_is(0, FITNESS_UNKNOWN, 1000, 0);
	put(0, CHECK_STATE_UP, 10);
	health_is(10, FITNESS_UNKNOWN, 1000, 1);
	put(1, CHECK_STATE_UP, 20);
	health_is(20, FITNESS_FIT, 1000, -1);
	put(1, CHECK_STATE_DOWN, 30);
	health_is(30, FITNESS_UNHEALTHY, 1000, 1);
	put(0, CHECK_STATE_DOWN, 40);
	health_is(40, FITNESS_UNHEALTHY, 1000, 0);
	put(0, CHECK_STATE_UP, 50);
	put(1, CHECK_STATE_UP, 50);
	health_is(50, FITNESS_FIT, 1000, -1);
}

static void test_down_outweighs_unknown(void **state)
{
	(void)state;
	put(1, CHECK_STATE_DOWN, 10);
	health_is(10, FITNESS_UNHEALTHY, 1000, 1);
}

static void test_optional_checks_only_cost_score_and_never_below_zero(void **state)
{
	(void)state;
	all_up(0);
	put(2, CHECK_STATE_DOWN, 1);
	health_is(1, FITNESS_FIT, 900, 2);
	put(3, CHECK_STATE_DOWN, 2);
	health_is(2, FITNESS_FIT, 0, 3);
	put(3, CHECK_STATE_UP, 3);
	health_is(3, FITNESS_FIT, 900, 2);
	put(0, CHECK_STATE_DOWN, 4);
	health_is(4, FITNESS_UNHEALTHY, 900, 0);
}

static void test_silence_is_stale_and_stale_is_not_up(void **state)
{
	(void)state;
	all_up(0);
	assert_int_equal(facts_wants(&facts, &conf, after(0)).ns, after(7000).ns);
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(6999)), CHECK_STATE_UP);
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(7000)), CHECK_STATE_STALE);
	put(1, CHECK_STATE_UP, 5000);
	put(3, CHECK_STATE_UP, 5000);
	health_is(7000, FITNESS_UNHEALTHY, 900, 0);
	assert_int_equal(facts_wants(&facts, &conf, after(7000)).ns, after(12000).ns);
	put(0, CHECK_STATE_UP, 7001);
	put(2, CHECK_STATE_UP, 7001);
	health_is(7001, FITNESS_FIT, 1000, -1);
}

static void test_a_check_that_never_spoke_is_unknown_then_stale(void **state)
{
	(void)state;
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(6999)), CHECK_STATE_UNKNOWN);
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(7000)), CHECK_STATE_STALE);
	health_is(7000, FITNESS_UNHEALTHY, 0, 0);
	assert_int_equal(facts_wants(&facts, &conf, after(7000)).ns, INSTANT_NEVER.ns);
}

static void test_a_longer_fast_interval_counts_for_staleness(void **state)
{
	(void)state;
	conf.vip[0].check[0].fast = duration_ms(3000);
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(9999)), CHECK_STATE_UNKNOWN);
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(10000)), CHECK_STATE_STALE);
}

static void test_an_old_fact_is_not_made_young_by_a_late_delivery(void **state)
{
	struct fact fact = fact_of(0, CHECK_STATE_UP, 0);

	(void)state;
	facts_put(&facts, &fact, &conf, after(60000)); /* we were frozen for a minute */
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(60000)), CHECK_STATE_STALE);
}

static void test_a_fact_from_the_future_does_not_live_longer(void **state)
{
	struct fact fact = fact_of(0, CHECK_STATE_UP, 1000000);

	(void)state;
	facts_put(&facts, &fact, &conf, after(10));
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(7010)), CHECK_STATE_STALE);
}

static int changes;
static struct fact_change last;

static void note(void *context, const struct fact_change *change, const struct fact_entry *entry)
{
	assert_ptr_equal(context, &changes);
	assert_non_null(entry);
	changes++;
	last = *change;
}

static int tell(int64_t at_ms)
{
	changes = 0;
	facts_tell(&facts, &conf, after(at_ms), note, &changes);
	return changes;
}

/* Three times in a row, and up again at 50 s. */
static void fall_thrice(int check)
{
	for (int64_t at_ms = 0; at_ms < 30000; at_ms += 10000) {
		all_up(at_ms);
		facts_tell(&facts, &conf, after(at_ms), ignore_change, NULL);
		put(check, CHECK_STATE_DOWN, at_ms + 100);
		facts_tell(&facts, &conf, after(at_ms + 100), ignore_change, NULL);
	}
	all_up(50000);
	facts_tell(&facts, &conf, after(50000), ignore_change, NULL);
}

static void test_a_candidate_whose_check_keeps_falling_is_held_down_and_an_owner_is_not(void **state)
{
	struct instant until;

	(void)state;
	fall_thrice(1);
	assert_int_equal(facts_state(&facts, &conf, 0, 1, after(50000)), CHECK_STATE_UP);
	health_is(50000, FITNESS_UNHEALTHY, 1000, 1);
	owns = true;
	health_is(50000, FITNESS_FIT, 1000, -1);
	owns = false;
	until = facts_held_until(&facts, &conf, 0, 1, after(50000));
	assert_true(until.ns > after(60000).ns && until.ns <= after(140100).ns);
	for (int64_t at_ms = 52000; at_ms <= 142000; at_ms += 2000)
		all_up(at_ms);
	health_is(142000, FITNESS_FIT, 1000, -1);
	assert_true(facts_held_until(&facts, &conf, 0, 1, after(142000)).ns == INSTANT_ZERO.ns);
}

static void test_it_is_looked_at_again_when_it_is_held_no_longer(void **state)
{
	struct instant until;

	(void)state;
	fall_thrice(1);
	until = facts_held_until(&facts, &conf, 0, 1, after(50000));
	conf.vip[0].check[0].timeout = conf.vip[0].check[1].timeout = duration_ms(600000);
	conf.vip[0].check[2].timeout = conf.vip[0].check[3].timeout = duration_ms(600000);
	assert_int_equal(facts_wants(&facts, &conf, after(50000)).ns, until.ns);
}

static void test_a_file_may_say_that_nothing_is_held_down(void **state)
{
	(void)state;
	conf.vip[0].check[1].damp = false;
	fall_thrice(1);
	health_is(50000, FITNESS_FIT, 1000, -1);
}

static void test_each_change_is_told_once(void **state)
{
	(void)state;
	assert_int_equal(tell(0), 0);
	all_up(1);
	assert_int_equal(tell(1), 4);
	assert_int_equal(tell(2), 0);
	put(1, CHECK_STATE_DOWN, 3);
	assert_int_equal(tell(3), 1);
	assert_int_equal(last.check, 1);
	assert_int_equal(last.from, CHECK_STATE_UP);
	assert_int_equal(last.to, CHECK_STATE_DOWN);
	put(1, CHECK_STATE_DOWN, 4);
	assert_int_equal(tell(4), 0);
	assert_int_equal(tell(7001), 3);
	assert_int_equal(tell(7004), 1);
	assert_int_equal(last.from, CHECK_STATE_DOWN);
	assert_int_equal(last.to, CHECK_STATE_STALE);
}

static enum fact_refusal reads(const struct fact *fact, size_t length)
{
	struct fact read, before;
	enum fact_refusal refusal;

	memset(&before, 0x5a, sizeof(before));
	read = before;
	refusal = fact_read(fact, length, &conf, &read);
	assert_memory_equal(&read, refusal == FACT_OK ? fact : &before, sizeof(read));
	return refusal;
}

static void test_no_field_of_a_fact_is_trusted(void **state)
{
	const struct fact good = fact_of(3, CHECK_STATE_UP, 0);
	struct fact bad[2] = {good, good};

	(void)state;
	assert_int_equal(reads(&good, sizeof(good)), FACT_OK);
	for (size_t length = 0; length < sizeof(good); length++)
		assert_int_equal(reads(&good, length), FACT_WRONG_SIZE);
	assert_int_equal(reads(bad, sizeof(good) + 1), FACT_WRONG_SIZE);
#define REFUSED(field, value, refusal)                                                                                 \
	do {                                                                                                           \
		bad[0] = good;                                                                                         \
		bad[0].field = value;                                                                                  \
		assert_int_equal(reads(bad, sizeof(good)), refusal);                                                   \
	} while (0)
	REFUSED(magic, FACT_MAGIC + 1, FACT_WRONG_MAGIC);
	REFUSED(verdict, VERDICT_COUNT, FACT_OUT_OF_RANGE);
	REFUSED(state, CHECK_STATE_STALE, FACT_OUT_OF_RANGE);
	REFUSED(state, 0xffff, FACT_OUT_OF_RANGE);
	REFUSED(at_ns, -1, FACT_OUT_OF_RANGE);
	REFUSED(at_ns, INT64_MIN, FACT_OUT_OF_RANGE);
	REFUSED(vip, 1, FACT_NO_SUCH_CHECK);
	REFUSED(vip, 0xffff, FACT_NO_SUCH_CHECK);
	REFUSED(check, 4, FACT_NO_SUCH_CHECK);
	REFUSED(words[0], '\n', FACT_BAD_TEXT);
	REFUSED(words[3], (char)0xff, FACT_BAD_TEXT);
	REFUSED(reason[0], 0x7f, FACT_BAD_TEXT);
	REFUSED(reason[1], ' ', FACT_BAD_TEXT);
	REFUSED(reason[1], '"', FACT_BAD_TEXT);
#undef REFUSED
	bad[0] = good;
	memset(bad[0].words, 'w', sizeof(bad[0].words));
	assert_int_equal(reads(bad, sizeof(good)), FACT_BAD_TEXT);
	bad[0] = good;
	memset(bad[0].reason, 'r', sizeof(bad[0].reason));
	assert_int_equal(reads(bad, sizeof(good)), FACT_BAD_TEXT);
}

static void test_a_certificate_is_kept_and_comes_only_from_checks_of_its_type(void **state)
{
	struct fact fact = fact_of(2, CHECK_STATE_UP, 5);

	(void)state;
	fact.certificate = UINT64_MAX;
	assert_int_equal(reads(&fact, sizeof(fact)), FACT_OUT_OF_RANGE);
	conf.vip[0].check[2].type = CHECK_CERTIFICATE;
	assert_int_equal(reads(&fact, sizeof(fact)), FACT_OK);
	facts_put(&facts, &fact, &conf, after(5));
	assert_true(facts.of[0][2].certificate == UINT64_MAX);
	fact.certificate = 0;
	assert_int_equal(reads(&fact, sizeof(fact)), FACT_OK);
	facts_put(&facts, &fact, &conf, after(6));
	assert_true(facts.of[0][2].certificate == 0);
	conf.vip[0].check[2].type = CHECK_HTTP;
}

static void test_words_cannot_end_their_quotes_in_the_log(void **state)
{
	struct fact fact = fact_of(0, CHECK_STATE_DOWN, 5);

	(void)state;
	strcpy(fact.words, "302 to x\" event=role vip=\"mail");
	facts_put(&facts, &fact, &conf, after(5));
	assert_string_equal(facts.of[0][0].words, "302 to x' event=role vip='mail");
}

static void test_the_pipe_is_drained_in_bounds_and_garbage_is_counted(void **state)
{
	struct fact fact = fact_of(0, CHECK_STATE_UP, 5);
	char large[sizeof(fact) + 200] = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(facts_drain(&facts, ends[0], &conf, after(5), 10), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(write(ends[1], &fact, sizeof(fact)), sizeof(fact));
	assert_int_equal(facts_drain(&facts, ends[0], &conf, after(5), 3), 3);
	assert_int_equal(facts_drain(&facts, ends[0], &conf, after(5), 3), 2);
	memcpy(large, &fact, sizeof(fact)); /* a good beginning does not excuse what follows */
	assert_int_equal(write(ends[1], large, sizeof(large)), sizeof(large));
	assert_int_equal(write(ends[1], "x", 1), 1);
	fact.check = 9;
	assert_int_equal(write(ends[1], &fact, sizeof(fact)), sizeof(fact));
	assert_int_equal(facts_drain(&facts, ends[0], &conf, after(5), 10), 0);
	assert_int_equal(facts.refused[FACT_WRONG_SIZE], 2);
	assert_int_equal(facts.refused[FACT_NO_SUCH_CHECK], 1);
	close(ends[1]);
	assert_int_equal(facts_drain(&facts, ends[0], &conf, after(5), 10), -EPIPE);
	close(ends[0]);
}

static void test_a_restarted_judge_that_does_not_know_yet_changes_nothing(void **state)
{
	(void)state;
	all_up(0);
	put(0, CHECK_STATE_UNKNOWN, 5000);
	health_is(5000, FITNESS_FIT, 1000, -1);
	health_is(7000, FITNESS_UNHEALTHY, 0, 0); /* nor does it make the old news younger */
	put(0, CHECK_STATE_DOWN, 7001);
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(7001)), CHECK_STATE_DOWN);
}

static void test_a_reload_keeps_what_is_known_of_unchanged_checks(void **state)
{
	static struct conf next;

	(void)state;
	all_up(0);
	next = conf;
	next.vip[0].check[0] = conf.vip[0].check[1]; /* "a" is gone, "b" moves up */
	next.vip[0].check[1] = conf.vip[0].check[0];
	strcpy(next.vip[0].check[1].url, "https://changed.example/");
	facts_carry(&facts, &conf, &next, after(100));
	conf = next;
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(100)), CHECK_STATE_UP);
	assert_int_equal(facts_state(&facts, &conf, 0, 1, after(100)), CHECK_STATE_UNKNOWN);
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(7000)), CHECK_STATE_STALE); /* no younger either */
}

static void test_a_check_added_by_a_reload_is_on_trial_until_it_is_sure(void **state)
{
	static struct conf next;

	(void)state;
	next = conf;
	conf.vip[0].checks = 1; /* the others come with the reload */
	put(0, CHECK_STATE_UP, 0);
	facts_carry(&facts, &conf, &next, after(100));
	conf = next;
	health_is(100, FITNESS_FIT, 1000, -1);
	put(1, CHECK_STATE_UNKNOWN, 200); /* one bad verdict, say: not made up its mind */
	health_is(200, FITNESS_FIT, 1000, -1);
	put(1, CHECK_STATE_DOWN, 300);
	health_is(300, FITNESS_UNHEALTHY, 1000, 1);
}

static void test_a_check_on_trial_that_stays_silent_goes_stale(void **state)
{
	static struct conf next;

	(void)state;
	next = conf;
	conf.vip[0].checks = 1;
	put(0, CHECK_STATE_UP, 0);
	facts_carry(&facts, &conf, &next, after(100));
	conf = next;
	put(0, CHECK_STATE_UP, 7000);
	health_is(7099, FITNESS_FIT, 1000, -1);
	health_is(7100, FITNESS_UNHEALTHY, 0, 1);
}

static void test_a_vip_added_by_a_reload_starts_unknown(void **state)
{
	static struct conf next;

	(void)state;
	all_up(0);
	next = conf;
	strcpy(next.vip[0].name, "other");
	facts_carry(&facts, &conf, &next, after(100));
	conf = next;
	health_is(100, FITNESS_UNKNOWN, 1000, 0);
}

static void put_rejected(int check, enum check_state to, int64_t at_ms)
{
	struct fact fact = fact_of(check, to, at_ms);

	fact.verdict = VERDICT_AUTH_REJECTED;
	facts_put(&facts, &fact, &conf, after(at_ms));
}

static enum fitness owner_is(int64_t at_ms)
{
	return facts_health(&facts, &conf, 0, true, after(at_ms)).fitness;
}

/* An interval, a timeout and a second. */
static void test_refused_credentials_spare_an_owner_until_the_others_know(void **state)
{
	struct duration known = {conf.vip[0].check[0].interval.ns + conf.vip[0].check[0].timeout.ns};
	int64_t until = 1000 + duration_to_ms(known) + 1000;

	(void)state;
	all_up(0);
	put_rejected(0, CHECK_STATE_DOWN, 1000);
	health_is(1000, FITNESS_UNHEALTHY, 1000, 0);
	assert_int_equal(owner_is(1000), FITNESS_FIT);
	for (int64_t at = 1000; at < until; at += 100)
		put_rejected(0, CHECK_STATE_DOWN, at); /* it is repeated, and not spared anew */
	for (int c = 1; c < 4; c++)
		put(c, CHECK_STATE_UP, until - 1);
	assert_int_equal(owner_is(until - 1), FITNESS_FIT);
	assert_int_equal(facts_wants(&facts, &conf, after(until - 1)).ns, after(until).ns);
	assert_int_equal(owner_is(until), FITNESS_UNHEALTHY);
}

static void test_only_an_up_check_is_spared_and_only_for_its_credentials(void **state)
{
	(void)state;
	all_up(0);
	put(0, CHECK_STATE_DOWN, 10);
	assert_int_equal(owner_is(10), FITNESS_UNHEALTHY);
	put_rejected(0, CHECK_STATE_DOWN, 20);
	assert_int_equal(owner_is(20), FITNESS_UNHEALTHY);
	put(0, CHECK_STATE_UP, 30);
	put_rejected(0, CHECK_STATE_DOWN, 40);
	assert_int_equal(owner_is(40), FITNESS_FIT);
	put(1, CHECK_STATE_DOWN, 50);
	assert_int_equal(owner_is(50), FITNESS_UNHEALTHY);
	put(1, CHECK_STATE_UP, 60);
	put(0, CHECK_STATE_DOWN, 70); /* they are taken again, and it is down all the same */
	assert_int_equal(owner_is(70), FITNESS_UNHEALTHY);
}

static void test_an_undecided_refusal_keeps_what_was_known_fresh(void **state)
{
	(void)state;
	all_up(0);
	for (int64_t at = 0; at <= 600000; at += 1000) {
		put_rejected(0, CHECK_STATE_UNKNOWN, at);
		put(1, CHECK_STATE_UNKNOWN, at);
	}
	assert_int_equal(facts_state(&facts, &conf, 0, 0, after(600000)), CHECK_STATE_UP);
	assert_int_equal(facts_state(&facts, &conf, 0, 1, after(600000)), CHECK_STATE_STALE);
}

static void test_an_undecided_refusal_from_the_start_counts_neither_way(void **state)
{
	(void)state;
	for (int c = 1; c < 4; c++)
		put(c, CHECK_STATE_UP, 0);
	health_is(0, FITNESS_UNKNOWN, 1000, 0);
	put_rejected(0, CHECK_STATE_UNKNOWN, 10);
	health_is(10, FITNESS_FIT, 1000, -1);
	put(1, CHECK_STATE_DOWN, 20);
	health_is(20, FITNESS_UNHEALTHY, 1000, 1);
	put(1, CHECK_STATE_UP, 30);
	health_is(30 + 7000, FITNESS_UNHEALTHY, 0, 0); /* silence is still stale */
}

static int told;

static void count_told(void *context, const struct fact_change *change, const struct fact_entry *entry)
{
	(void)context;
	(void)entry;
	told += change->check == 0;
}

static void test_refused_credentials_are_told_once_though_they_change_no_state(void **state)
{
	(void)state;
	all_up(0);
	facts_tell(&facts, &conf, after(0), count_told, NULL);
	told = 0;
	for (int i = 0; i < 3; i++) {
		put_rejected(0, CHECK_STATE_UP, i);
		facts_tell(&facts, &conf, after(i), count_told, NULL);
	}
	assert_int_equal(told, 1);
	put(0, CHECK_STATE_UP, 10);
	facts_tell(&facts, &conf, after(10), count_told, NULL);
	put_rejected(0, CHECK_STATE_DOWN, 20);
	facts_tell(&facts, &conf, after(20), count_told, NULL);
	facts_tell(&facts, &conf, after(21), count_told, NULL);
	assert_int_equal(told, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_vip_without_checks_is_fit, set_up),
		cmocka_unit_test_setup(test_the_worst_required_check_decides, set_up),
		cmocka_unit_test_setup(test_down_outweighs_unknown, set_up),
		cmocka_unit_test_setup(test_optional_checks_only_cost_score_and_never_below_zero, set_up),
		cmocka_unit_test_setup(test_silence_is_stale_and_stale_is_not_up, set_up),
		cmocka_unit_test_setup(test_a_check_that_never_spoke_is_unknown_then_stale, set_up),
		cmocka_unit_test_setup(test_a_longer_fast_interval_counts_for_staleness, set_up),
		cmocka_unit_test_setup(test_an_old_fact_is_not_made_young_by_a_late_delivery, set_up),
		cmocka_unit_test_setup(test_a_fact_from_the_future_does_not_live_longer, set_up),
		cmocka_unit_test_setup(test_a_candidate_whose_check_keeps_falling_is_held_down_and_an_owner_is_not, set_up),
		cmocka_unit_test_setup(test_it_is_looked_at_again_when_it_is_held_no_longer, set_up),
		cmocka_unit_test_setup(test_a_file_may_say_that_nothing_is_held_down, set_up),
		cmocka_unit_test_setup(test_each_change_is_told_once, set_up),
		cmocka_unit_test_setup(test_no_field_of_a_fact_is_trusted, set_up),
		cmocka_unit_test_setup(test_a_certificate_is_kept_and_comes_only_from_checks_of_its_type,
					     set_up),
		cmocka_unit_test_setup(test_words_cannot_end_their_quotes_in_the_log, set_up),
		cmocka_unit_test_setup(test_the_pipe_is_drained_in_bounds_and_garbage_is_counted, set_up),
		cmocka_unit_test_setup(test_a_restarted_judge_that_does_not_know_yet_changes_nothing, set_up),
		cmocka_unit_test_setup(test_a_reload_keeps_what_is_known_of_unchanged_checks, set_up),
		cmocka_unit_test_setup(test_a_check_added_by_a_reload_is_on_trial_until_it_is_sure, set_up),
		cmocka_unit_test_setup(test_a_check_on_trial_that_stays_silent_goes_stale, set_up),
		cmocka_unit_test_setup(test_a_vip_added_by_a_reload_starts_unknown, set_up),
		cmocka_unit_test_setup(test_refused_credentials_spare_an_owner_until_the_others_know, set_up),
		cmocka_unit_test_setup(test_only_an_up_check_is_spared_and_only_for_its_credentials, set_up),
		cmocka_unit_test_setup(test_an_undecided_refusal_keeps_what_was_known_fresh, set_up),
		cmocka_unit_test_setup(test_an_undecided_refusal_from_the_start_counts_neither_way, set_up),
		cmocka_unit_test_setup(test_refused_credentials_are_told_once_though_they_change_no_state, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
