/* The log: what reaches a reader of its datagram socket, and that no reader, however stuck, makes the agent wait. A
 * call that blocks is ended by alarm(), which fails the whole program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/log.h"
#include "conf/conf.h"

static char folder[] = "/tmp/casvip-log-XXXXXX";
static struct sockaddr_un reader_address;
static char start_of_line[64]; /* of LOG_NOTICE */

static struct instant at_ms(int64_t ms)
{
	return (struct instant){duration_ms(ms).ns};
}

static int reader_open(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&reader_address, sizeof(reader_address)), 0);
	return fd;
}

static void reader_close(int fd)
{
	close(fd);
	unlink(reader_address.sun_path);
}

/* The next datagram, NUL-terminated; false when there is none. */
static bool read_line(int fd, char line[static 2048])
{
	ssize_t length = recv(fd, line, 2047, 0);

	if (length < 0) {
		assert_int_equal(errno, EAGAIN);
		return false;
	}
	line[length] = '\0';
	return true;
}

static void assert_line(int fd, const char *text)
{
	char line[2048];

	assert_true(read_line(fd, line));
	assert_memory_equal(line, start_of_line, strlen(start_of_line));
	assert_string_equal(line + strlen(start_of_line), text);
}

static void assert_no_line(int fd)
{
	char line[2048];

	assert_false(read_line(fd, line));
}

static int set_up(void **state)
{
	(void)state;
	alarm(60);
	log_open("casvipd", reader_address.sun_path, false, false);
	log_turn(at_ms(1000));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_close();
	unlink(reader_address.sun_path);
	return 0;
}

/* Syslog. */

static void test_a_line_is_as_syslog_reads_it(void **state)
{
	char expected[128], line[2048];
	int reader = reader_open();

	(void)state;
	log_event(LOG_ERR, EVENT_ROLE, "vip=%s from=%s", "mail", "BACKUP");
	snprintf(expected, sizeof(expected), "<27>casvipd[%d]: event=role vip=mail from=BACKUP", (int)getpid());
	assert_true(read_line(reader, line));
	assert_string_equal(line, expected);
	assert_true(log_wants().ns == INSTANT_NEVER.ns);
	reader_close(reader);
}

static void test_lines_wait_for_a_reader_and_come_in_order(void **state)
{
	int reader;

	(void)state;
	log_event(LOG_NOTICE, EVENT_STARTED, "n=1");
	log_event(LOG_NOTICE, EVENT_STARTED, "n=2");
	assert_true(log_wants().ns == at_ms(1100).ns);
	reader = reader_open();
	log_event(LOG_NOTICE, EVENT_STARTED, "n=3"); /* before the next try: it queues behind the others */
	assert_no_line(reader);
	log_turn(at_ms(1100));
	log_flush();
	assert_line(reader, "event=started n=1");
	assert_line(reader, "event=started n=2");
	assert_line(reader, "event=started n=3");
	assert_no_line(reader);
	assert_true(log_wants().ns == INSTANT_NEVER.ns);
	reader_close(reader);
}

static void test_a_restarted_reader_is_found_at_once(void **state)
{
	int reader = reader_open();

	(void)state;
	log_event(LOG_NOTICE, EVENT_PEER, "n=1");
	assert_line(reader, "event=peer n=1");
	reader_close(reader);
	reader = reader_open();
	log_event(LOG_NOTICE, EVENT_PEER, "n=2");
	assert_line(reader, "event=peer n=2");
	reader_close(reader);
}

static void test_while_the_reader_is_gone_it_is_tried_each_100_ms(void **state)
{
	int reader = reader_open();

	(void)state;
	log_event(LOG_NOTICE, EVENT_PEER, "n=1");
	assert_line(reader, "event=peer n=1");
	reader_close(reader);
	log_event(LOG_NOTICE, EVENT_PEER, "n=2");
	for (int64_t now = 1100; now < 2000; now += 100) {
		assert_true(log_wants().ns == at_ms(now).ns);
		log_turn(at_ms(now));
		log_flush();
	}
	reader = reader_open();
	log_turn(at_ms(2000));
	log_flush();
	assert_line(reader, "event=peer n=2");
	reader_close(reader);
}

static void test_a_new_reader_replaces_one_that_is_stuck(void **state)
{
	int stuck = reader_open(), reader;

	(void)state;
	while (log_wants().ns == INSTANT_NEVER.ns)
		log_event(LOG_NOTICE, EVENT_ROLE, "n=0");
	unlink(reader_address.sun_path);
	reader = reader_open(); /* the stuck one still has its socket, but no longer its name */
	log_turn(at_ms(1100));
	log_flush();
	assert_line(reader, "event=role n=0");
	reader_close(reader);
	close(stuck);
}

/* Reads everything, letting the log send on; returns the number of the next "n=" expected. */
static int read_on(int reader, int next, unsigned long *lost)
{
	char line[2048];

	for (int idle = 0; idle < 2;) {
		int n;

		if (!read_line(reader, line)) {
			log_flush();
			idle++;
			continue;
		}
		idle = 0;
		if (sscanf(line + strlen(start_of_line), "event=role n=%d", &n) == 1)
			assert_int_equal(n, next++);
		else
			assert_int_equal(sscanf(strstr(line, "event="), "event=sensor log_lost=%lu ", lost), 1);
	}
	return next;
}

static void test_a_stuck_reader_costs_lines_not_time(void **state)
{
	int reader = reader_open(), n = 0, kept;
	unsigned long lost = 0;

	(void)state;
	while (log_lost() < 50)
		log_event(LOG_NOTICE, EVENT_ROLE, "n=%d", n++);
	assert_true(log_wants().ns == at_ms(1100).ns);

	/* the oldest are kept, in order; then the loss is told, once */
	kept = read_on(reader, 0, &lost);
	assert_int_equal(kept, n - 50);
	assert_true(kept >= LOG_RING_MAX);
	assert_int_equal(lost, 50);

	/* and afterwards all is well again */
	lost = 0;
	log_turn(at_ms(1200));
	log_event(LOG_NOTICE, EVENT_ROLE, "n=%d", kept);
	assert_int_equal(read_on(reader, kept, &lost), kept + 1);
	assert_int_equal(lost, 0);
	assert_int_equal(log_lost(), 50);
	reader_close(reader);
}

static void test_a_loss_is_told_where_the_lines_are_missing(void **state)
{
	int reader = reader_open(), n = 0;
	char line[2048];

	(void)state;
	while (log_lost() < 3)
		log_event(LOG_NOTICE, EVENT_ROLE, "n=%d", n++);
	assert_true(read_line(reader, line));
	assert_true(read_line(reader, line));
	log_flush(); /* two places are free now: for the report, and for a newer line */
	log_event(LOG_NOTICE, EVENT_ROLE, "after the loss");
	for (int i = 2; i < n - 3; i++) {
		char expected[64];

		snprintf(expected, sizeof(expected), "event=role n=%d", i);
		if (!read_line(reader, line)) {
			log_flush();
			assert_true(read_line(reader, line));
		}
		assert_string_equal(line + strlen(start_of_line), expected);
	}
	log_flush();
	assert_true(read_line(reader, line));
	assert_non_null(strstr(line, "]: event=sensor log_lost=3 log_lost_total=3 "));
	assert_line(reader, "event=role after the loss");
	assert_no_line(reader);
	reader_close(reader);
}

/* What lines say. */

static void test_a_noisy_event_is_suppressed_and_says_so(void **state)
{
	int reader = reader_open();

	(void)state;
	for (int i = 0; i < 25; i++) {
		log_event(LOG_NOTICE, EVENT_CHECK, "n=%d", i);
		if (i < 20) {
			char expected[32];

			snprintf(expected, sizeof(expected), "event=check n=%d", i);
			assert_line(reader, expected);
		}
	}
	assert_no_line(reader);
	log_event(LOG_NOTICE, EVENT_PEER, "another event has a bucket of its own");
	assert_line(reader, "event=peer another event has a bucket of its own");
	log_turn(at_ms(3999));
	log_event(LOG_NOTICE, EVENT_CHECK, "n=25");
	assert_no_line(reader);
	log_turn(at_ms(4000));
	log_event(LOG_NOTICE, EVENT_CHECK, "n=26");
	assert_line(reader, "event=check n=26 suppressed=6");
	log_event(LOG_NOTICE, EVENT_CHECK, "n=27");
	assert_no_line(reader);
	log_turn(at_ms(1000000));
	for (int i = 0; i < 21; i++)
		log_event(LOG_NOTICE, EVENT_CHECK, "again");
	assert_line(reader, "event=check again suppressed=1");
	for (int i = 1; i < 20; i++) { /* a long peace fills the bucket, but does not make it larger */
		log_flush();
		assert_line(reader, "event=check again");
	}
	assert_no_line(reader);
	reader_close(reader);
}

static void test_a_role_change_is_never_suppressed(void **state)
{
	int reader = reader_open();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		log_event(LOG_NOTICE, EVENT_ROLE, "again");
		assert_line(reader, "event=role again");
	}
	reader_close(reader);
}

static void test_words_cannot_forge_lines_or_speak_to_terminals(void **state)
{
	int reader = reader_open();

	(void)state;
	log_event(LOG_NOTICE, EVENT_CHECK, "words=%s", "a\nevent=role\r\t\x1b[2J\x7f\xc2\x9b~ \x01z");
	assert_line(reader, "event=check words=a?event=role???[2J???~ ?z");
	reader_close(reader);
}

static void test_a_long_line_is_cut_but_not_its_count(void **state)
{
	char line[2048], long_words[2000];
	int reader = reader_open();

	(void)state;
	memset(long_words, 'x', sizeof(long_words));
	long_words[sizeof(long_words) - 1] = '\0';
	log_event(LOG_NOTICE, EVENT_KEY, "%s", long_words);
	assert_true(read_line(reader, line));
	assert_int_equal(strlen(line), LOG_LINE_MAX - 1);
	for (int i = 0; i < 20; i++)
		log_event(LOG_NOTICE, EVENT_KEY, "%s", long_words);
	while (read_line(reader, line))
		log_flush();
	log_turn(at_ms(4000));
	log_event(LOG_NOTICE, EVENT_KEY, "%s", long_words);
	assert_true(read_line(reader, line));
	assert_true(strlen(line) < LOG_LINE_MAX);
	assert_string_equal(strrchr(line, ' '), " suppressed=1");
	reader_close(reader);
}

static void test_errno_survives_logging(void **state)
{
	(void)state;
	errno = ERANGE;
	log_event(LOG_NOTICE, EVENT_STARTED, "nobody reads");
	assert_int_equal(errno, ERANGE);
	log_flush();
	assert_int_equal(errno, ERANGE);
	log_debug("nor this");
	assert_int_equal(errno, ERANGE);
}

/* Stderr. */

/* Opens the log while stderr is `fd`, and gives cmocka its own stderr back. */
static void open_log_on(int fd, bool to_stderr, bool errors, bool debug)
{
	int mine = dup(STDERR_FILENO);

	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	log_open("casvipd", reader_address.sun_path, to_stderr, debug);
	log_errors_to_stderr(errors);
	assert_int_equal(dup2(mine, STDERR_FILENO), STDERR_FILENO);
	close(mine);
}

static void test_lines_go_to_stderr_too_when_wanted(void **state)
{
	char text[256], expected[128];
	int ends[2];
	ssize_t length;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	open_log_on(ends[1], true, false, false);
	log_event(LOG_NOTICE, EVENT_STARTED, "n=1");
	log_debug("not without -d");
	length = read(ends[0], text, sizeof(text) - 1);
	assert_true(length > 0);
	text[length] = '\0';
	snprintf(expected, sizeof(expected), "casvipd[%d]: event=started n=1\n", (int)getpid());
	assert_string_equal(text, expected);
	close(ends[0]);
	close(ends[1]);
}

static void test_errors_go_to_stderr_while_they_are_wanted_there(void **state)
{
	char text[256], expected[128];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	open_log_on(ends[1], false, true, false);
	log_event(LOG_NOTICE, EVENT_STARTED, "n=1");
	log_event(LOG_ERR, EVENT_KEY, "n=2");
	log_errors_to_stderr(false);
	log_event(LOG_ERR, EVENT_KEY, "n=3");
	close(ends[1]);
	text[read(ends[0], text, sizeof(text) - 1)] = '\0';
	snprintf(expected, sizeof(expected), "casvipd[%d]: event=key n=2\n", (int)getpid());
	assert_string_equal(text, expected);
	assert_int_equal(read(ends[0], text, sizeof(text)), 0); /* and it holds stderr no longer */
	assert_string_equal(log_newest_error(), "event=key n=3");
	close(ends[0]);
}

static void test_debug_goes_to_stderr_only_and_only_with_d(void **state)
{
	char text[256], expected[128];
	int reader = reader_open();
	int ends[2];
	ssize_t length;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	open_log_on(ends[1], false, false, true);
	log_event(LOG_NOTICE, EVENT_STARTED, "to syslog");
	log_debug("%s", "to\nstderr");
	length = read(ends[0], text, sizeof(text) - 1);
	assert_true(length > 0);
	text[length] = '\0';
	snprintf(expected, sizeof(expected), "casvipd[%d]: to?stderr\n", (int)getpid());
	assert_string_equal(text, expected);
	assert_line(reader, "event=started to syslog");
	assert_no_line(reader);
	close(ends[0]);
	close(ends[1]);
	reader_close(reader);
}

static void test_without_a_stderr_syslog_still_works(void **state)
{
	int mine = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10), reader = reader_open();

	(void)state;
	close(STDERR_FILENO);
	log_open("casvipd", reader_address.sun_path, true, true);
	dup2(mine, STDERR_FILENO);
	close(mine);
	log_event(LOG_NOTICE, EVENT_STARTED, "n=1");
	assert_line(reader, "event=started n=1");
	reader_close(reader);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	reader_address.sun_family = AF_UNIX;
	snprintf(reader_address.sun_path, sizeof(reader_address.sun_path), "%s/log", folder);
	snprintf(start_of_line, sizeof(start_of_line), "<29>casvipd[%d]: ", (int)getpid());
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

#define WITH_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void test_hooks_call_the_events_by_the_same_words(void **state)
{
	(void)state;
	for (int e = 0; e < CONF_EVENT_COUNT; e++)
		assert_string_equal(log_event_word((enum log_event)e), conf_event_word((enum conf_event)e));
}

static void test_events_of_notice_and_worse_are_kept_and_what_is_suppressed_is_counted(void **state)
{
	const struct event_record *record;
	uint64_t lost;

	(void)state;
	log_event(LOG_INFO, EVENT_PEER, "n=0");
	log_event(LOG_NOTICE, EVENT_PEER, "n=1");
	record = events_after(log_events(), 0, &lost);
	assert_non_null(record);
	assert_string_equal(record->line, "event=peer n=1");
	assert_int_equal(record->severity, LOG_NOTICE);
	assert_true(record->at_ms > 1000000000000);
	assert_null(events_after(log_events(), record->seq, &lost));
	for (int i = 0; i < 40; i++)
		log_event(LOG_WARNING, EVENT_CHECK, "n=%d", i);
	assert_int_equal(log_events()->newest, 21);
	assert_int_equal(log_suppressed(), 20);
	log_turn(at_ms(1000 + 3000));
	log_event(LOG_WARNING, EVENT_CHECK, "n=40");
	assert_string_equal(events_after(log_events(), 21, &lost)->line, "event=check n=40 suppressed=20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_LOG(test_a_line_is_as_syslog_reads_it),
		WITH_A_LOG(test_lines_wait_for_a_reader_and_come_in_order),
		WITH_A_LOG(test_a_restarted_reader_is_found_at_once),
		WITH_A_LOG(test_while_the_reader_is_gone_it_is_tried_each_100_ms),
		WITH_A_LOG(test_a_new_reader_replaces_one_that_is_stuck),
		WITH_A_LOG(test_a_stuck_reader_costs_lines_not_time),
		WITH_A_LOG(test_a_loss_is_told_where_the_lines_are_missing),
		WITH_A_LOG(test_a_noisy_event_is_suppressed_and_says_so),
		WITH_A_LOG(test_a_role_change_is_never_suppressed),
		WITH_A_LOG(test_words_cannot_forge_lines_or_speak_to_terminals),
		WITH_A_LOG(test_a_long_line_is_cut_but_not_its_count),
		WITH_A_LOG(test_errno_survives_logging),
		WITH_A_LOG(test_lines_go_to_stderr_too_when_wanted),
		WITH_A_LOG(test_errors_go_to_stderr_while_they_are_wanted_there),
		WITH_A_LOG(test_debug_goes_to_stderr_only_and_only_with_d),
		WITH_A_LOG(test_without_a_stderr_syslog_still_works),
		WITH_A_LOG(test_hooks_call_the_events_by_the_same_words),
		WITH_A_LOG(test_events_of_notice_and_worse_are_kept_and_what_is_suppressed_is_counted),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
