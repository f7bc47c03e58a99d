/* Probe type file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/probe_run.h"

static char dir[] = "/tmp/casvip-file-XXXXXX";
static char path[64];

static struct conf_check of_path(const char *where)
{
	struct conf_check check = {
		.type = CHECK_FILE,
		.expect_present = true,
		.timeout = duration_ms(20000),
	};

	snprintf(check.path, sizeof(check.path), "%s", where);
	return check;
}

static void write_at(int seconds_ago)
{
	struct timespec times[2];
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds_ago;
	times[1] = times[0];
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void test_presence_is_what_was_asked_for(void **state)
{
	struct conf_check check = of_path(path);
	struct outcome outcome;
	char words[FACT_WORDS_MAX];

	(void)state;
	outcome = probe_run(&check);
	snprintf(words, sizeof(words), "%s is not there", path);
	assert_outcome(&outcome, VERDICT_DOWN, "absent", words);
	check.expect_present = false;
	outcome = probe_run(&check);
	snprintf(words, sizeof(words), "%s is not there, as it should be", path);
	assert_outcome(&outcome, VERDICT_UP, "ok", words);
	write_at(1000000);
	outcome = probe_run(&check);
	snprintf(words, sizeof(words), "%s is there", path);
	assert_outcome(&outcome, VERDICT_DOWN, "present", words);
	check.expect_present = true;
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_UP, "ok", words);
	unlink(path);
}

static void test_a_file_not_written_lately_is_down(void **state)
{
	struct conf_check check = of_path(path);
	struct outcome outcome;

	(void)state;
	check.max_age = duration_ms(600 * 1000);
	write_at(0);
	outcome = probe_run(&check);
	assert_string_equal(outcome.reason, "ok");
	assert_int_equal(outcome.verdict, VERDICT_UP);
	write_at(1200);
	outcome = probe_run(&check);
	assert_string_equal(outcome.reason, "stale-file");
	assert_int_equal(outcome.verdict, VERDICT_DOWN);
	assert_non_null(strstr(outcome.words, " was last written 12"));
	write_at(-300); /* a clock that was set back a little */
	assert_int_equal(probe_run(&check).verdict, VERDICT_UP);
	write_at(-1200);
	outcome = probe_run(&check);
	assert_string_equal(outcome.reason, "stale-file");
	assert_non_null(strstr(outcome.words, " s ahead of the clock"));
	unlink(path);
}

static void test_links_are_followed_and_every_kind_counts(void **state)
{
	struct conf_check check = of_path(path), below;

	(void)state;
	assert_int_equal(symlink("nowhere", path), 0);
	assert_string_equal(probe_run(&check).reason, "absent");
	unlink(path);
	assert_int_equal(symlink(dir, path), 0);
	assert_string_equal(probe_run(&check).reason, "ok");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_string_equal(probe_run(&check).reason, "ok");
	below = of_path("/etc/passwd/switch"); /* no directory: so not there */
	assert_string_equal(probe_run(&below).reason, "absent");
	unlink(path);
	assert_int_equal(symlink(path + strlen(dir) + 1, path), 0);
	assert_string_equal(probe_run(&check).reason, "file-error"); /* it leads to itself */
	assert_int_equal(probe_run(&check).verdict, VERDICT_UNKNOWN);
	unlink(path);
}

static void test_what_may_not_be_looked_at_is_unknown(void **state)
{
	struct conf_check check = of_path(path);
	struct outcome outcome;

	(void)state;
	if (geteuid() != 0)
		skip();
	write_at(0);
	chmod(dir, 0700);
	assert_int_equal(seteuid(65534), 0);
	outcome = probe_run(&check);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(outcome.reason, "not-permitted");
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
	unlink(path);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/switch", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presence_is_what_was_asked_for),
		cmocka_unit_test(test_a_file_not_written_lately_is_down),
		cmocka_unit_test(test_links_are_followed_and_every_kind_counts),
		cmocka_unit_test(test_what_may_not_be_looked_at_is_unknown),
	};

	alarm(120); /* a test that waits for ever has failed */
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
