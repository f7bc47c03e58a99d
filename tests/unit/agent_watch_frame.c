/* What casvipctl watch shows: golden frames, and that nobody's bytes and no size of a terminal break one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "agent/event_text.h"
#include "agent/watch_frame.h"
#include "tests/unit/screen.h"

static const int64_t AT_MS = 1795539600123; /* 2026-11-24 17:00:00.123 UTC */

static struct events events;
static struct watch_view view;
static char frame[WATCH_FRAME_MAX + 1]; /* and a newline, as a golden file ends */

static const char SCREEN[] = "node cas1, cluster mail, casvipd 0.1, pid 812\n"
			     "\n"
			     "vip mail: owned by cas1 (this node), term 7\n"
			     "  standby    ready: cas2\n"
			     "  last move  to cas1 3 h 12 min ago: nobody owned it\n"
			     "  this node  ACTIVE for 3 h 12 min (why: vacant), fit, score 1000, fence open\n"
			     "  addresses  192.0.2.50/24\n"
			     "  checks       owa              up       owa         1.4 s ago, took 5 ms: 200 OK from "
			     "cas1.example.net\n"
			     "\n"
			     "peer cas2: alive, fit\n"
			     "  link       192.0.2.2        up       beat 31 ms ago, round trip 127 us\n"
			     "\n";

static int set_up(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	memset(&events, 0, sizeof(events));
	view = (struct watch_view){.columns = 100,
				   .rows = 24,
				   .clock = "17:00:09",
				   .status = SCREEN,
				   .status_age_ms = 250,
				   .trouble = "",
				   .events = &events,
				   .deaf = ""};
	return 0;
}

static void tell_of_a_move(void)
{
	events_add(&events, AT_MS, LOG_NOTICE, "event=check vip=mail check=owa from=up to=down reason=status-503");
	events_add(&events, AT_MS + 1, LOG_NOTICE, "event=role vip=mail from=ACTIVE to=BACKUP why=check peer=cas2 term=1");
	events_add(&events, AT_MS + 61007, LOG_WARNING, "event=suspect vip=mail peer=cas1 words=\"its heartbeats do not arrive\"");
}

static void assert_frame(const char *name)
{
	size_t length = watch_frame_write(&view, frame);

	assert_int_equal(length, strlen(frame));
	strcat(frame, "\n");
	assert_screen(name, frame);
}

/* Counts the rows, and looks at each byte. */
static int rows_of(const char *text, int columns)
{
	int rows = 1, column = 0;

	for (; *text; text++) {
		bool end = *text == '\n';

		assert_true(end || (*text >= ' ' && *text <= '~'));
		rows += end;
		column = end ? 0 : column + 1;
		assert_true(column <= columns);
	}
	return rows;
}

static void test_the_status_stands_above_the_newest_events(void **state)
{
	(void)state;
	tell_of_a_move();
	assert_frame("watch");
}

static void test_before_anything_was_told_it_says_so(void **state)
{
	(void)state;
	view.status = "";
	assert_frame("watch_first");
}

static void test_an_agent_that_is_away_is_told_with_the_age_of_what_is_shown(void **state)
{
	(void)state;
	tell_of_a_move();
	view.trouble = "casvipd does not run here";
	view.deaf = "casvipd has ended, or this is too slow";
	view.away_ms = 3900;
	view.status_age_ms = 4150;
	assert_frame("watch_away");
}

static void test_a_small_terminal_leaves_room_for_events_and_marks_what_is_cut(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		tell_of_a_move();
	view.columns = 60;
	view.rows = 14;
	assert_frame("watch_small");
}

static void test_no_size_of_a_terminal_is_exceeded(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		tell_of_a_move();
	for (view.rows = -1; view.rows < WATCH_ROWS_MAX + 2; view.rows++) {
		for (view.columns = -1; view.columns < 100; view.columns += 7) {
			int columns = view.columns < 1 ? 1 : view.columns, rows = view.rows < 1 ? 1 : view.rows;

			watch_frame_write(&view, frame);
			assert_int_equal(rows_of(frame, columns), rows < WATCH_ROWS_MAX ? rows : WATCH_ROWS_MAX);
		}
	}
}

static void test_the_widest_lines_on_the_largest_terminal_fit_the_frame(void **state)
{
	static char wide[WATCH_ROWS_MAX * (WATCH_COLUMNS_MAX + 101)];

	(void)state;
	memset(wide, 'x', sizeof(wide) - 1);
	for (size_t i = WATCH_COLUMNS_MAX + 100; i < sizeof(wide) - 1; i += WATCH_COLUMNS_MAX + 101)
		wide[i] = '\n';
	view.status = wide;
	view.columns = view.rows = 1 << 20;
	watch_frame_write(&view, frame);
	assert_int_equal(rows_of(frame, WATCH_COLUMNS_MAX), WATCH_ROWS_MAX);
	assert_true(strlen(frame) < WATCH_FRAME_MAX);
}

static void test_what_others_wrote_moves_no_cursor(void **state)
{
	(void)state;
	view.status = "owa up: \033[2J\r\x9b" "31m\xc3\xa9\t\x7f end\n";
	view.trouble = "\033]0;title\a";
	view.columns = 200;
	watch_frame_write(&view, frame);
	rows_of(frame, 200);
	assert_non_null(strstr(frame, "owa up: ?[2J??31m???? end"));
	assert_non_null(strstr(frame, "?]0;title?"));
}

static void test_an_event_of_the_longest_line_is_written_whole(void **state)
{
	struct event_record record = {.at_ms = AT_MS, .severity = LOG_ERR};
	char text[EVENT_TEXT_MAX];

	(void)state;
	memset(record.line, 'a', sizeof(record.line) - 1);
	memcpy(record.line, "event=x words=", 14);
	event_text_write(&record, EVENT_TEXT_DATE, text);
	assert_memory_equal(text, "2026-11-24 17:00:00.123 ! x        : aaa", 40);
	assert_int_equal(strlen(text), 37 + EVENT_LINE_MAX - 1 - 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_status_stands_above_the_newest_events, set_up),
		cmocka_unit_test_setup(test_before_anything_was_told_it_says_so, set_up),
		cmocka_unit_test_setup(test_an_agent_that_is_away_is_told_with_the_age_of_what_is_shown, set_up),
		cmocka_unit_test_setup(test_a_small_terminal_leaves_room_for_events_and_marks_what_is_cut, set_up),
		cmocka_unit_test_setup(test_no_size_of_a_terminal_is_exceeded, set_up),
		cmocka_unit_test_setup(test_the_widest_lines_on_the_largest_terminal_fit_the_frame, set_up),
		cmocka_unit_test_setup(test_what_others_wrote_moves_no_cursor, set_up),
		cmocka_unit_test_setup(test_an_event_of_the_longest_line_is_written_whole, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
