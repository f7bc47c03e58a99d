/* Hooks: which are run for what, what they get, and how they end; real processes. And lines of an agent read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/event_read.h"
#include "agent/hook_environment.h"
#include "agent/hook_match.h"
#include "agent/hook_queue.h"
#include "agent/hook_run.h"

enum { PATIENCE_MS = 20000 };

static struct journal_record record_of(const char *line)
{
	struct journal_record record = {.origin = {.node = "cas1", .session = 1},
					.event = {.seq = 7, .at_ms = 1795453200123, .severity = LOG_NOTICE}};

	snprintf(record.event.line, sizeof(record.event.line), "%s", line);
	return record;
}

static bool wants(const struct conf_hook *hook, const char *line)
{
	struct event_fields fields;

	event_fields_read(&fields, line);
	return hook_wants(hook, &fields);
}

static void test_a_hook_is_run_for_its_events_and_its_vips_alone(void **state)
{
	struct conf_hook hook = {.on = {CONF_EVENT_ROLE, CONF_EVENT_CONFIG}, .ons = 2};

	(void)state;
	assert_true(wants(&hook, "event=role vip=mail"));
	assert_true(wants(&hook, "event=config state=reloaded"));
	assert_false(wants(&hook, "event=check vip=mail"));
	assert_false(wants(&hook, "vip=mail"));
	hook.vips = 1;
	strcpy(hook.vip[0], "mail");
	assert_true(wants(&hook, "event=role vip=mail"));
	assert_false(wants(&hook, "event=role vip=mai"));
	assert_false(wants(&hook, "event=config state=reloaded"));
}

static void test_a_full_queue_drops_the_oldest_and_keeps_the_order(void **state)
{
	static struct hook_queue queue;
	struct journal_record record = record_of("event=role");

	(void)state;
	assert_null(hook_queue_first(&queue));
	for (uint64_t seq = 1; seq <= HOOK_QUEUE_MAX + 3; seq++) {
		record.event.seq = seq;
		assert_int_equal(hook_queue_add(&queue, &record), seq <= HOOK_QUEUE_MAX);
	}
	for (uint64_t seq = 4; seq <= HOOK_QUEUE_MAX + 3; seq++) {
		assert_int_equal(hook_queue_first(&queue)->event.seq, seq);
		hook_queue_remove(&queue);
	}
	assert_null(hook_queue_first(&queue));
}

static const char *variable(const struct hook_environment *environment, const char *name)
{
	size_t length = strlen(name);
	const char *found = NULL;

	for (int i = 0; environment->variable[i]; i++) {
		const char *entry = environment->variable[i];

		if (strncmp(entry, name, length) != 0 || entry[length] != '=')
			continue;
		assert_null(found); /* twice would be one too many */
		found = entry + length + 1;
	}
	return found;
}

static void test_the_environment_says_what_happened_in_harmless_letters(void **state)
{
	struct journal_record record = record_of("event=role vip=mail silent_ms=300 node=evil hook=evil Path=/evil "
						 "words=\"a `b` $(c); 'd' -e\" option=-rf a-b=c");
	struct hook_environment environment;

	(void)state;
	hook_environment_make(&environment, "dns", &record);
	assert_string_equal(variable(&environment, "CASVIP_HOOK"), "dns");
	assert_string_equal(variable(&environment, "CASVIP_EVENT"), "role");
	assert_string_equal(variable(&environment, "CASVIP_VIP"), "mail");
	assert_string_equal(variable(&environment, "CASVIP_NODE"), "cas1");
	assert_string_equal(variable(&environment, "CASVIP_TIME"), "2026-11-23T17:00:00.123Z");
	assert_string_equal(variable(&environment, "CASVIP_SEQ"), "7");
	assert_string_equal(variable(&environment, "CASVIP_SEVERITY"), "notice");
	assert_string_equal(variable(&environment, "CASVIP_SILENT_MS"), "300");
	assert_string_equal(variable(&environment, "CASVIP_WORDS"), "a ?b? ??c?? ?d? -e");
	assert_string_equal(variable(&environment, "CASVIP_OPTION"), "?rf");
	assert_string_equal(variable(&environment, "PATH"), "/usr/sbin:/usr/bin:/sbin:/bin");
	assert_null(variable(&environment, "CASVIP_PATH"));
	assert_null(variable(&environment, "CASVIP_A-B"));
	assert_int_equal(environment.count, 12);
}

/* A shell that does this, from its beginning on. */
static void begin(struct hook_run *run, const char *script, int64_t timeout_ms)
{
	struct conf_hook hook = {.command = {"/bin/sh", "-c"}, .arguments = 3, .timeout = duration_ms(timeout_ms)};
	char *const environment[] = {"CASVIP_VIP=mail", NULL};

	snprintf(hook.command[2], sizeof(hook.command[2]), "%s", script);
	assert_int_equal(hook_run_begin(run, &hook, environment, "{\"seq\":7}\n", 10, clock_boottime()), 0);
}

static struct hook_end end_of(struct hook_run *run)
{
	struct instant limit = instant_add(clock_boottime(), duration_ms(PATIENCE_MS));
	struct hook_end end;

	while (!hook_run_advance(run, clock_boottime(), &end)) {
		struct pollfd fds[] = {{.fd = run->pidfd, .events = POLLIN}, {.fd = run->out_fd, .events = POLLIN}};

		assert_false(instant_reached(clock_boottime(), limit));
		poll(fds, 2, 10);
	}
	assert_int_equal(run->pid, 0);
	return end;
}

static void test_a_hook_reads_its_event_and_is_heard(void **state)
{
	struct hook_run run;
	struct hook_end end;

	(void)state;
	begin(&run, "read line; echo \"$line \\\"$CASVIP_VIP\\\"\"; echo more >&2; exit 3", PATIENCE_MS);
	end = end_of(&run);
	assert_int_equal(end.status, 3);
	assert_false(end.late || end.error || end.signal);
	assert_string_equal(run.output, "{'seq':7} 'mail'");
	begin(&run, "kill -9 $$", PATIENCE_MS);
	assert_int_equal(end_of(&run).signal, SIGKILL);
	begin(&run, "true", PATIENCE_MS);
	assert_int_equal(end_of(&run).status, 0);
}

static void test_a_hook_that_says_more_than_a_pipe_holds_is_not_held_up(void **state)
{
	struct hook_run run;
	struct hook_end end;

	(void)state;
	begin(&run, "head -c 300000 /dev/zero | tr '\\0' x; exit 4", PATIENCE_MS);
	end = end_of(&run);
	assert_int_equal(end.status, 4);
	assert_int_equal(strlen(run.output), HOOK_OUTPUT_MAX - 1);
}

/* The pipe ends when nobody of the group is left that has it open. */
static void assert_nobody_holds(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char byte;

	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
}

static void test_a_late_hook_is_killed_with_everything_it_began(void **state)
{
	struct hook_run run;
	struct hook_end end;
	int witness;

	(void)state;
	begin(&run, "sleep 1000 & sleep 1000", 50);
	witness = dup(run.out_fd);
	end = end_of(&run);
	assert_true(end.late);
	assert_nobody_holds(witness);
	close(witness);
	begin(&run, "sleep 1000 & exit 0", PATIENCE_MS); /* and what one leaves behind */
	witness = dup(run.out_fd);
	end = end_of(&run);
	assert_false(end.late);
	assert_nobody_holds(witness);
	close(witness);
}

static void test_a_hook_that_cannot_be_run_says_why(void **state)
{
	struct conf_hook hook = {.command = {"/nowhere/at/all"}, .arguments = 1, .timeout = duration_ms(PATIENCE_MS)};
	char *const environment[] = {NULL};
	struct hook_run run;

	(void)state;
	assert_int_equal(hook_run_begin(&run, &hook, environment, "", 0, clock_boottime()), 0);
	assert_int_equal(end_of(&run).error, ENOENT);
	begin(&run, "exit 127", PATIENCE_MS);
	assert_int_equal(end_of(&run).error, 0);
}

static void test_what_an_agent_tells_reads_back(void **state)
{
	struct journal_record record = record_of("event=role vip=mail words=\"a \\ b\"");
	char text[EVENT_JSON_MAX];
	struct event_said said;
	int length = event_json_write(&record.event, &record.origin, text);

	(void)state;
	event_read(text, (size_t)length, &said);
	assert_int_equal(said.kind, EVENT_TOLD);
	assert_memory_equal(&said.event, &record.event, sizeof(record.event));
	assert_memory_equal(&said.origin, &record.origin, sizeof(record.origin));
	length = event_json_write_lost(12, text);
	event_read(text, (size_t)length, &said);
	assert_int_equal(said.kind, EVENT_LOST);
	assert_int_equal(said.lost, 12);
}

static void test_what_no_agent_tells_is_nothing(void **state)
{
	static const char *const lines[] = {
		"", "1 4", "[]", "{}", "{\"lost\":0}", "{\"lost\":\"1\"}",
		"{\"seq\":0,\"session\":\"0000000000000001\",\"node\":\"a\",\"time\":\"2026-11-23T17:00:00.123Z\","
		"\"severity\":\"notice\",\"line\":\"event=role\"}",
		"{\"seq\":1,\"session\":\"1\",\"node\":\"a\",\"time\":\"2026-11-23T17:00:00.123Z\","
		"\"severity\":\"notice\",\"line\":\"event=role\"}",
		"{\"seq\":1,\"session\":\"0000000000000001\",\"node\":\"a b\",\"time\":\"2026-11-23T17:00:00.123Z\","
		"\"severity\":\"notice\",\"line\":\"event=role\"}",
		"{\"seq\":1,\"session\":\"0000000000000001\",\"node\":\"a\",\"time\":\"2026-13-23T17:00:00.123Z\","
		"\"severity\":\"notice\",\"line\":\"event=role\"}",
		"{\"seq\":1,\"session\":\"0000000000000001\",\"node\":\"a\",\"time\":\"2026-11-23T17:00:00.123Z\","
		"\"severity\":\"loud\",\"line\":\"event=role\"}",
		"{\"seq\":1,\"session\":\"0000000000000001\",\"node\":\"a\",\"time\":\"2026-11-23T17:00:00.123Z\","
		"\"severity\":\"notice\",\"line\":\"event=role\\nevent=forged\"}",
	};
	struct event_said said;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		event_read(lines[i], strlen(lines[i]), &said);
		assert_int_equal(said.kind, EVENT_UNKNOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_hook_is_run_for_its_events_and_its_vips_alone),
		cmocka_unit_test(test_a_full_queue_drops_the_oldest_and_keeps_the_order),
		cmocka_unit_test(test_the_environment_says_what_happened_in_harmless_letters),
		cmocka_unit_test(test_a_hook_reads_its_event_and_is_heard),
		cmocka_unit_test(test_a_hook_that_says_more_than_a_pipe_holds_is_not_held_up),
		cmocka_unit_test(test_a_late_hook_is_killed_with_everything_it_began),
		cmocka_unit_test(test_a_hook_that_cannot_be_run_says_why),
		cmocka_unit_test(test_what_an_agent_tells_reads_back),
		cmocka_unit_test(test_what_no_agent_tells_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
