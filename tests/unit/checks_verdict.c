/* Rise and fall, told as rows of verdicts: u up, a up-auth, r auth-rejected, d down, ? unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "checks/verdict.h"

static enum verdict verdict_of(char letter)
{
	switch (letter) {
	case 'u':
		return VERDICT_UP;
	case 'a':
		return VERDICT_UP_AUTH;
	case 'r':
		return VERDICT_AUTH_REJECTED;
	case 'd':
		return VERDICT_DOWN;
	case '?':
		return VERDICT_UNKNOWN;
	}
	fail_msg("no verdict is called %c", letter);
	return VERDICT_UNKNOWN;
}

/* After each verdict the state stands in `states`: U up, D down, - unknown; small letters: in doubt. */
static void follow(int rise, int fall, const char *row, const char *states)
{
	struct verdicts verdicts = {0};

	for (int i = 0; row[i]; i++) {
		static const char letters[] = {
			[CHECK_STATE_UNKNOWN] = '-', [CHECK_STATE_UP] = 'U', [CHECK_STATE_DOWN] = 'D'};
		char letter;

		verdicts = verdicts_add(verdicts, verdict_of(row[i]), rise, fall);
		letter = letters[verdicts.state];
		if (letter != '-' && verdicts_in_doubt(verdicts))
			letter = (char)(letter + 'a' - 'A');
		if (letter != states[i])
			fail_msg("rise %d fall %d: %s should give %s, but place %d is %c", rise, fall, row, states, i,
				 letter);
	}
}

static void test_one_good_verdict_makes_a_fresh_check_up(void **state)
{
	(void)state;
	follow(2, 2, "u", "U");
	follow(5, 5, "a", "U");
	follow(5, 5, "dddda", "----U");
}

static void test_a_fresh_check_goes_down_only_after_fall_bad_verdicts(void **state)
{
	(void)state;
	follow(2, 2, "dd", "-D");
	follow(2, 3, "ddd", "--D");
	follow(1, 1, "d", "D");
}

static void test_a_single_failure_is_forgiven(void **state)
{
	(void)state;
	follow(2, 2, "uduududu", "UuUUuUuU");
	follow(2, 3, "uddudduddd", "UuuUuuUuuD");
}

static void test_coming_back_takes_rise_good_verdicts_in_a_row(void **state)
{
	(void)state;
	follow(2, 2, "udduduuu", "UuDdDdUU");
	follow(3, 1, "uduuduuu", "UDddDddU");
}

static void test_refused_credentials_are_bad_and_a_challenge_is_good(void **state)
{
	(void)state;
	follow(2, 2, "uaraa", "UUDdU");
	follow(2, 3, "dr", "-D");
	follow(2, 100, "ura", "UDd");
}

static void test_not_knowing_holds_the_state_at_first(void **state)
{
	(void)state;
	follow(2, 2, "u??u", "UuuU");
	follow(2, 2, "udd??dd", "UuDddDD");
	follow(2, 2, "??", "--");
}

static void test_not_knowing_interrupts_no_row(void **state)
{
	(void)state;
	follow(2, 2, "ud?d", "UuuD");
	follow(2, 2, "uddu?u", "UuDddU");
}

static void test_the_third_unknown_in_a_row_counts_as_down(void **state)
{
	(void)state;
	follow(2, 1, "u???", "UuuD");
	follow(2, 2, "u????", "UuuuD");
	follow(2, 2, "??????", "---DDD");
	follow(2, 2, "u??u??u", "UuuUuuU");
}

static void test_a_check_never_run_is_in_doubt(void **state)
{
	(void)state;
	assert_true(verdicts_in_doubt((struct verdicts){0}));
	assert_int_equal(((struct verdicts){0}).state, CHECK_STATE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_good_verdict_makes_a_fresh_check_up),
		cmocka_unit_test(test_a_fresh_check_goes_down_only_after_fall_bad_verdicts),
		cmocka_unit_test(test_a_single_failure_is_forgiven),
		cmocka_unit_test(test_coming_back_takes_rise_good_verdicts_in_a_row),
		cmocka_unit_test(test_refused_credentials_are_bad_and_a_challenge_is_good),
		cmocka_unit_test(test_not_knowing_holds_the_state_at_first),
		cmocka_unit_test(test_not_knowing_interrupts_no_row),
		cmocka_unit_test(test_the_third_unknown_in_a_row_counts_as_down),
		cmocka_unit_test(test_a_check_never_run_is_in_doubt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
