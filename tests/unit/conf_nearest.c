/* A typo gets the word it meant; another word gets no suggestion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "conf/nearest.h"

static const char *nearest_of(const char *misspelt)
{
	static const char *const known[] = {"interval", "interface", "interfaces", "fast", "fall", "rise", "url"};
	struct nearest nearest = {0};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		nearest_try(&nearest, misspelt, known[i]);
	return nearest.word;
}

static void test_one_letter_wrong_missing_added_or_swapped_is_found(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("intervall"), "interval");
	assert_string_equal(nearest_of("intrval"), "interval");
	assert_string_equal(nearest_of("inteface"), "interface");
	assert_string_equal(nearest_of("rsie"), "rise");
	assert_string_equal(nearest_of("ulr"), "url");
	assert_string_equal(nearest_of("RISE"), "rise");
}

static void test_the_nearest_wins_over_the_near(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("interfacess"), "interfaces");
	assert_string_equal(nearest_of("fallt"), "fall");
}

static void test_another_word_gets_no_suggestion(void **state)
{
	(void)state;
	assert_null(nearest_of("weight"));
	assert_null(nearest_of("x"));
	assert_null(nearest_of(""));
	assert_null(nearest_of("intervalintervalintervalintervalintervalintervalintervalintervalinterval"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_letter_wrong_missing_added_or_swapped_is_found),
		cmocka_unit_test(test_the_nearest_wins_over_the_near),
		cmocka_unit_test(test_another_word_gets_no_suggestion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
