/* What the end of a plugin means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checks/plugin_verdict.h"

static struct outcome verdict_of(int code, int status, bool warning_down, const char *output)
{
	const siginfo_t end = {.si_code = code, .si_status = status};
	struct outcome outcome;

	plugin_verdict(&end, warning_down, output, strlen(output), &outcome);
	return outcome;
}

static void test_each_status_has_its_verdict(void **state)
{
	static const struct {
		int code, status;
		bool warning_down;
		enum verdict verdict;
		const char *reason;
	} rows[] = {
		{CLD_EXITED, 0, false, VERDICT_UP, "ok"},
		{CLD_EXITED, 0, true, VERDICT_UP, "ok"},
		{CLD_EXITED, 1, false, VERDICT_UP, "warning"},
		{CLD_EXITED, 1, true, VERDICT_DOWN, "warning"},
		{CLD_EXITED, 2, false, VERDICT_DOWN, "critical"},
		{CLD_EXITED, 3, true, VERDICT_UNKNOWN, "unknown"},
		{CLD_EXITED, 4, false, VERDICT_UNKNOWN, "exit-4"},
		{CLD_EXITED, 127, false, VERDICT_UNKNOWN, "exit-127"},
		{CLD_KILLED, 1, true, VERDICT_UNKNOWN, "signal-1"}, /* not the exit status of that number */
		{CLD_KILLED, 2, false, VERDICT_UNKNOWN, "signal-2"},
		{CLD_DUMPED, 11, false, VERDICT_UNKNOWN, "signal-11"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome outcome = verdict_of(rows[i].code, rows[i].status, rows[i].warning_down, "x");

		assert_string_equal(outcome.reason, rows[i].reason);
		assert_int_equal(outcome.verdict, rows[i].verdict);
	}
}

static void test_the_words_are_the_first_line_up_to_the_numbers(void **state)
{
	static const char *const rows[][2] = {
		{"OK - load average: 0.1|load1=0.1;1;2", "OK - load average: 0.1"},
		{"OK\nmore\n", "OK"},
		{"  OK \t\r\nmore", "OK"},
		{"two words | x", "two words"},
		{"no end", "no end"},
		{"caf\xc3\xa9 \x1b[31m", "caf?? ?[31m"},
		{"|x", "exited 0 and said nothing"},
		{"\nsecond", "exited 0 and said nothing"},
		{"", "exited 0 and said nothing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(verdict_of(CLD_EXITED, 0, false, rows[i][0]).words, rows[i][1]);
	assert_string_equal(verdict_of(CLD_KILLED, 9, false, "").words, "ended by signal 9");
	assert_string_equal(verdict_of(CLD_KILLED, 9, false, "half").words, "ended by signal 9: half");
}

static void test_words_end_at_a_nul_and_where_the_output_ends(void **state)
{
	const siginfo_t end = {.si_code = CLD_EXITED};
	struct outcome outcome;

	(void)state;
	plugin_verdict(&end, false, "ab\0cd", 5, &outcome);
	assert_string_equal(outcome.words, "ab");
	plugin_verdict(&end, false, "abcd", 2, &outcome);
	assert_string_equal(outcome.words, "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_status_has_its_verdict),
		cmocka_unit_test(test_the_words_are_the_first_line_up_to_the_numbers),
		cmocka_unit_test(test_words_end_at_a_nul_and_where_the_output_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
