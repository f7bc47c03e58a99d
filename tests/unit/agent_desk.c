/* Who asks for the status waits for a beat's sake, not the other way round. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/clock.h"
#include "agent/desk.h"

static struct desk desk;
static int written;

static int set_up(void **state)
{
	(void)state;
	written = 0;
	return desk_reserve(&desk, 64);
}

static int tear_down(void **state)
{
	(void)state;
	desk_done(&desk);
	return 0;
}

static struct instant ms(int64_t at)
{
	return (struct instant){duration_ms(at).ns};
}

/* Takes 2 ms of the clock, however busy the machine is. */
static int write_slowly(void *context, enum status_form form, char *text, size_t size)
{
	struct instant until = instant_add(clock_boottime(), duration_ms(2));

	(void)context;
	while (!instant_reached(clock_boottime(), until))
		;
	return snprintf(text, size, "%d of form %d", ++written, form);
}

static int write_too_much(void *context, enum status_form form, char *text, size_t size)
{
	(void)context;
	(void)form;
	(void)text;
	(void)size;
	written++;
	return -ENOSPC;
}

static void test_nobody_is_served_shortly_before_a_beat(void **state)
{
	const struct duration T = duration_ms(100), fast = duration_ms(8);

	(void)state;
	assert_int_equal(desk_opens(ms(1000), ms(1100), T).ns, ms(1000).ns);
	assert_int_equal(desk_opens(ms(1090), ms(1100), T).ns, ms(1090).ns);
	assert_int_equal(desk_opens(ms(1091), ms(1100), T).ns, ms(1100).ns);
	assert_int_equal(desk_opens(ms(1101), ms(1100), T).ns, ms(1100).ns); /* a beat is overdue */
	assert_int_equal(desk_opens(ms(1004), ms(1008), fast).ns, ms(1004).ns);
	assert_int_equal(desk_opens(ms(1005), ms(1008), fast).ns, ms(1008).ns);
}

static void test_a_dear_text_is_given_to_those_who_ask_next(void **state)
{
	(void)state;
	assert_string_equal(desk_text(&desk, STATUS_TEXT, ms(1000), write_slowly, NULL), "1 of form 0");
	assert_string_equal(desk_text(&desk, STATUS_TEXT, ms(1039), write_slowly, NULL), "1 of form 0");
	assert_string_equal(desk_text(&desk, STATUS_JSON, ms(1039), write_slowly, NULL), "2 of form 1");
	assert_string_equal(desk_text(&desk, STATUS_TEXT, ms(1100), write_slowly, NULL), "3 of form 0"); /* at most */
}

static void test_a_text_without_room_is_none(void **state)
{
	(void)state;
	assert_null(desk_text(&desk, STATUS_TEXT, ms(1000), write_too_much, NULL));
	assert_int_equal(desk_reserve(&desk, 128), 0); /* nor is it kept then */
	assert_string_equal(desk_text(&desk, STATUS_TEXT, ms(1000), write_slowly, NULL), "2 of form 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_is_served_shortly_before_a_beat),
		TEST(test_a_dear_text_is_given_to_those_who_ask_next),
		TEST(test_a_text_without_room_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
