/* Facts on their way through a pipe that is read slowly, or not any more. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "checks/outbox.h"

enum { CHECKS = 40 };

static struct outbox outbox;
static int ends[2], pages;

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(ends, O_DIRECT | O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	pages = fcntl(ends[0], F_SETPIPE_SZ, 4 * getpagesize()) / getpagesize();
	return outbox_init(&outbox, ends[1], CHECKS);
}

static int tear_down(void **state)
{
	(void)state;
	outbox_done(&outbox);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void put_all(uint32_t took_us)
{
	for (int c = 0; c < CHECKS; c++)
		outbox_put(&outbox, c, &(struct fact){.magic = FACT_MAGIC, .check = (uint16_t)c, .took_us = took_us});
}

static struct fact next(void)
{
	struct fact fact;

	assert_int_equal(read(ends[0], &fact, sizeof(fact)), sizeof(fact));
	return fact;
}

static void test_what_waits_for_a_slow_reader_is_the_newest_of_each_check(void **state)
{
	(void)state;
	put_all(1);
	assert_int_equal(outbox_flush(&outbox), 0);
	assert_int_equal(outbox.pending, CHECKS - pages);
	put_all(2);
	for (int heard = 0; heard < CHECKS + pages; heard++) {
		struct fact fact = next();

		assert_int_equal(fact.check, heard % CHECKS);
		assert_int_equal(fact.took_us, heard < pages ? 1 : 2);
		assert_int_equal(outbox_flush(&outbox), 0);
	}
	assert_int_equal(outbox.pending, 0);
	assert_int_equal(read(ends[0], &(char){0}, 1), -1);
}

static void test_an_agent_that_is_gone_is_told_from_one_that_is_slow(void **state)
{
	(void)state;
	put_all(1);
	assert_int_equal(outbox_flush(&outbox), 0);
	close(ends[0]);
	assert_int_equal(outbox_flush(&outbox), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_what_waits_for_a_slow_reader_is_the_newest_of_each_check, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_an_agent_that_is_gone_is_told_from_one_that_is_slow, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
