/* What /proc and pid files say about processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "checks/proc_text.h"

#define REST " 1 812 812 0 -1 4194624 6000 0 3 0 12 7 0 0 20 0 1 0 987654 12345678 900 18446744073709551615 1 1 0\n"

static struct proc_stat stat_of(const char *text)
{
	struct proc_stat stat;

	assert_true(proc_stat_read(text, strlen(text), &stat));
	return stat;
}

static bool reads(const char *text)
{
	struct proc_stat stat;

	return proc_stat_read(text, strlen(text), &stat);
}

static void test_the_fields_are_read(void **state)
{
	struct proc_stat stat = stat_of("812 (nginx) S" REST);

	(void)state;
	assert_int_equal(stat.pid, 812);
	assert_string_equal(stat.name, "nginx");
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.start, 987654);
}

static void test_a_name_may_have_anything_in_it(void **state)
{
	static const char *const names[] = {"a) R 1 (b", "", ")", "(", " ", "x y z", ")))", "(sd-pam)"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "812 (%s) T" REST, names[i]);
		assert_string_equal(stat_of(text).name, names[i]);
		assert_int_equal(stat_of(text).state, 'T');
		assert_int_equal(stat_of(text).start, 987654);
	}
	memset(text, 'n', 200);
	memcpy(text, "7 (", 3);
	strcpy(text + 200, ") S" REST);
	assert_int_equal(strlen(stat_of(text).name), PROC_NAME_MAX - 1);
}

static void test_what_is_no_such_text_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"812",
		"812 (nginx",
		"812 nginx) S" REST,
		"(nginx) S" REST,
		"812 (nginx)",
		"812 (nginx) ",
		"812 (nginx) S",
		"812 (nginx) S 1 2 3",
		"812  (nginx) S" REST,
		"812 (nginx)S" REST,
		"4194305 (x) S" REST,
		"99999999999999999999 (x) S" REST,
		"812 ) S" REST,
		"812 () S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x",
	};

	(void)state;
	assert_true(reads("4194304 (x) S" REST));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (reads(texts[i]))
			fail_msg("\"%s\" was read", texts[i]);
}

static void test_states_are_told_apart(void **state)
{
	struct proc_stat stat = {0};

	(void)state;
	for (const char *at = "RSDtIKWP"; *at; at++) {
		stat.state = *at;
		assert_false(proc_is_dead(&stat) || proc_is_stopped(&stat));
	}
	for (const char *at = "ZXx"; *at; at++) {
		stat.state = *at;
		assert_true(proc_is_dead(&stat) && !proc_is_stopped(&stat));
	}
	stat.state = 'T';
	assert_true(proc_is_stopped(&stat) && !proc_is_dead(&stat));
}

static void test_a_name_is_compared_as_far_as_the_kernel_keeps_it(void **state)
{
	struct proc_stat stat = {.name = "nginx"}, longer = {.name = "systemd-resolve"};

	(void)state;
	assert_true(proc_is_named(&stat, "nginx"));
	assert_false(proc_is_named(&stat, "ngin"));
	assert_false(proc_is_named(&stat, "nginx2"));
	assert_false(proc_is_named(&stat, ""));
	assert_true(proc_is_named(&longer, "systemd-resolve"));
	assert_true(proc_is_named(&longer, "systemd-resolved"));
	assert_false(proc_is_named(&longer, "systemd-resolx"));
}

static void test_a_call_is_compared_by_its_last_part(void **state)
{
	static const char resolved[] = "/lib/systemd/systemd-resolved\0--x\0";

	(void)state;
	assert_true(proc_is_called(resolved, sizeof(resolved), "systemd-resolved"));
	assert_true(proc_is_called("systemd-resolved", 16, "systemd-resolved"));
	assert_false(proc_is_called("my-systemd-resolved", 19, "systemd-resolved"));
	assert_false(proc_is_called(resolved, sizeof(resolved), "systemd-resolve"));
	assert_false(proc_is_called(resolved, sizeof(resolved), "--x"));
	assert_false(proc_is_called("", 0, "x"));
}

static pid_t pid_of(const char *text)
{
	return proc_pid_read(text, strlen(text));
}

static void test_a_pid_file_begins_with_a_number(void **state)
{
	static const char *const texts[] = {"", "\n", "x", "-7", "0",
					    "812x", "4194305", "99999999999999999999", "0x10"};

	(void)state;
	assert_int_equal(pid_of("812\n"), 812);
	assert_int_equal(pid_of("812"), 812);
	assert_int_equal(pid_of("  812 \n"), 812);
	assert_int_equal(pid_of("812\n/var/lib/postgresql\n5432\n"), 812);
	assert_int_equal(proc_pid_read("8123", 3), 812);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(pid_of(texts[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_fields_are_read),
		cmocka_unit_test(test_a_name_may_have_anything_in_it),
		cmocka_unit_test(test_what_is_no_such_text_is_refused),
		cmocka_unit_test(test_states_are_told_apart),
		cmocka_unit_test(test_a_name_is_compared_as_far_as_the_kernel_keeps_it),
		cmocka_unit_test(test_a_call_is_compared_by_its_last_part),
		cmocka_unit_test(test_a_pid_file_begins_with_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
