/* The ring of events, their lines taken apart, and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "agent/event_fields.h"
#include "agent/event_json.h"
#include "agent/events.h"

static struct events events;

static int set_up(void **state)
{
	(void)state;
	memset(&events, 0, sizeof(events));
	return 0;
}

static void add(int count)
{
	char line[32];

	for (int i = 0; i < count; i++) {
		snprintf(line, sizeof(line), "event=role n=%d", (int)events.newest + 1);
		events_add(&events, 1000 + i, LOG_NOTICE, line);
	}
}

static void assert_next(uint64_t after, uint64_t seq, uint64_t lost)
{
	uint64_t missing = 99;
	const struct event_record *record = events_after(&events, after, &missing);
	char line[32];

	assert_non_null(record);
	assert_int_equal(record->seq, seq);
	assert_int_equal(missing, lost);
	snprintf(line, sizeof(line), "event=role n=%d", (int)seq);
	assert_string_equal(record->line, line);
}

static void test_events_come_in_order_and_none_comes_before_it_happened(void **state)
{
	uint64_t lost;

	(void)state;
	assert_null(events_after(&events, 0, &lost));
	add(2);
	assert_next(0, 1, 0);
	assert_next(1, 2, 0);
	assert_null(events_after(&events, 2, &lost));
	assert_int_equal(lost, 0);
	assert_null(events_after(&events, UINT64_MAX, &lost));
}

static void test_who_comes_too_late_learns_how_many_are_gone(void **state)
{
	(void)state;
	add(EVENTS_MAX);
	assert_next(0, 1, 0);
	add(1);
	assert_next(0, 2, 1);
	assert_next(1, 2, 0);
	add(3 * EVENTS_MAX);
	assert_next(7, 3 * EVENTS_MAX + 2, 3 * EVENTS_MAX - 6);
	assert_next(4 * EVENTS_MAX, 4 * EVENTS_MAX + 1, 0);
}

static void test_a_line_is_taken_apart(void **state)
{
	struct event_fields fields;

	(void)state;
	event_fields_read(&fields, "event=role vip=mail  empty= none words=\"of many = no\" vip=other last=x=y");
	assert_int_equal(fields.count, 5);
	assert_string_equal(event_fields_key(&fields, 2), "empty");
	assert_string_equal(event_fields_get(&fields, "event"), "role");
	assert_string_equal(event_fields_get(&fields, "vip"), "mail");
	assert_string_equal(event_fields_get(&fields, "empty"), "");
	assert_string_equal(event_fields_get(&fields, "words"), "of many = no");
	assert_string_equal(event_fields_get(&fields, "last"), "x=y");
	assert_string_equal(event_fields_get(&fields, "none"), "");
}

static void test_whatever_the_line_is_something_comes_out(void **state)
{
	struct event_fields fields;
	char many[EVENT_LINE_MAX];

	(void)state;
	event_fields_read(&fields, "");
	assert_int_equal(fields.count, 0);
	event_fields_read(&fields, "words=\"cut in the mid");
	assert_string_equal(event_fields_get(&fields, "words"), "cut in the mid");
	event_fields_read(&fields, "=value a=\"");
	assert_int_equal(fields.count, 1);
	assert_string_equal(event_fields_get(&fields, "a"), "");
	for (int i = 0; i < EVENT_LINE_MAX / 4 - 1; i++)
		snprintf(many + 4L * i, 5, "%c%c= ", 'a' + i / 26, 'a' + i % 26);
	event_fields_read(&fields, many);
	assert_int_equal(fields.count, EVENT_FIELDS_MAX);
}

static void test_an_event_is_one_line_of_json(void **state)
{
	const struct event_origin origin = {.node = "cas1", .session = 0xabc};
	struct event_record record = {
		.seq = 7, .at_ms = 1795453200123, .severity = LOG_WARNING,
		.line = "event=role vip=mail from=BACKUP words=\"a \\ b\""};
	char text[EVENT_JSON_MAX];
	int length = event_json_write(&record, &origin, text);

	(void)state;
	assert_int_equal(length, strlen(text));
	assert_string_equal(text, "{\"seq\":7,\"session\":\"0000000000000abc\",\"node\":\"cas1\","
				  "\"time\":\"2026-11-23T17:00:00.123Z\",\"severity\":\"warning\",\"event\":\"role\","
				  "\"line\":\"event=role vip=mail from=BACKUP words=\\\"a \\\\ b\\\"\","
				  "\"fields\":{\"vip\":\"mail\",\"from\":\"BACKUP\",\"words\":\"a \\\\ b\"}}\n");
	assert_int_equal(event_json_write_lost(12, text), strlen("{\"lost\":12}\n"));
	assert_string_equal(text, "{\"lost\":12}\n");
}

static void test_the_longest_line_fits_as_json(void **state)
{
	struct event_origin origin = {.session = UINT64_MAX};
	struct event_record record = {.seq = INT64_MAX, .at_ms = INT64_MAX, .severity = -1};
	char text[EVENT_JSON_MAX];

	(void)state;
	memset(origin.node, 'n', sizeof(origin.node) - 1);
	memset(record.line, '\\', EVENT_LINE_MAX - 1);
	memcpy(record.line, "a=", 2);
	assert_true(event_json_write(&record, &origin, text) > 2 * EVENT_LINE_MAX);
	memset(record.line, '\\', EVENT_LINE_MAX - 1);
	record.line[EVENT_LINE_MAX - 2] = '='; /* a key of backslashes */
	assert_true(event_json_write(&record, &origin, text) > 2 * EVENT_LINE_MAX);
	for (int i = 0; i < (EVENT_LINE_MAX - 1) / 4; i++)
		memcpy(record.line + 4L * i, (char[]){(char)('#' + i), '\\', '=', ' '}, 4);
	assert_true(event_json_write(&record, &origin, text) > EVENT_LINE_MAX);
}

static void test_severities_have_words_that_read_back(void **state)
{
	(void)state;
	for (int s = LOG_EMERG; s <= LOG_DEBUG; s++)
		assert_int_equal(event_severity_read(event_severity_word(s)), s);
	assert_string_equal(event_severity_word(LOG_NOTICE), "notice");
	assert_string_equal(event_severity_word(8), "?");
	assert_int_equal(event_severity_read("?"), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_events_come_in_order_and_none_comes_before_it_happened),
		TEST(test_who_comes_too_late_learns_how_many_are_gone),
		TEST(test_a_line_is_taken_apart),
		TEST(test_whatever_the_line_is_something_comes_out),
		TEST(test_an_event_is_one_line_of_json),
		TEST(test_the_longest_line_fits_as_json),
		TEST(test_severities_have_words_that_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
