/* Colours: what deserves a look stands out, and nothing else is changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "agent/cli_paint.h"

static void assert_painted(const char *text, const char *expected)
{
	char *painted = NULL;
	size_t length;
	FILE *out = open_memstream(&painted, &length);

	assert_non_null(out);
	cli_paint(text, out);
	fclose(out);
	assert_string_equal(painted, expected);
	free(painted);
}

static void test_what_deserves_a_look_is_red_and_a_ready_standby_is_green(void **state)
{
	(void)state;
	assert_painted("vip mail: owned by cas1\n  standby    ready: cas2\n",
		       "vip mail: owned by cas1\n\033[32m  standby    ready: cas2\033[0m\n");
	assert_painted("  standby    ! NONE READY: cas2 is not heard\n\n",
		       "\033[1;31m  standby    ! NONE READY: cas2 is not heard\033[0m\n\n");
	assert_painted("! beats_late 2", "\033[1;31m! beats_late 2\033[0m");
}

static void test_an_exclamation_in_a_service_s_words_is_no_mark(void **state)
{
	(void)state;
	assert_painted("  checks  owa up: It works!\n", "  checks  owa up: It works!\n");
	assert_painted("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_deserves_a_look_is_red_and_a_ready_standby_is_green),
		cmocka_unit_test(test_an_exclamation_in_a_service_s_words_is_no_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
