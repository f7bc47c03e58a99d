/* The journal: on files in a directory of the test's own, torn and altered in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/journal.h"

static char directory[] = "/tmp/casvip-journal-XXXXXX";
static struct journal journal;

/* What a reader got: the numbers, which must be of records that were written, each as it was. */
static struct {
	uint64_t seq[32768];
	int count;
} got;

static struct journal_record record_of(uint64_t seq)
{
	struct journal_record record = {
		.origin = {.node = "cas1", .session = 0x123456789abcdef},
		.event = {.seq = seq, .at_ms = 1795453200000 + (int64_t)seq, .severity = LOG_NOTICE},
	};

	snprintf(record.event.line, sizeof(record.event.line),
		 "event=role vip=mail from=BACKUP to=ACTIVE why=silence n=%" PRIu64, seq);
	return record;
}

static void take(void *context, const struct journal_record *record)
{
	struct journal_record expected = record_of(record->event.seq);

	(void)context;
	assert_memory_equal(record, &expected, sizeof(expected));
	assert_true(got.count < (int)(sizeof(got.seq) / sizeof(got.seq[0])));
	got.seq[got.count++] = record->event.seq;
}

static void append(uint64_t first, int count)
{
	for (int i = 0; i < count; i++) {
		struct journal_record record = record_of(first + (uint64_t)i);

		assert_int_equal(journal_append(&journal, &record), 0);
	}
}

/* Reads it all; the number of damaged lines. */
static unsigned long read_all(void)
{
	unsigned long damaged = 99;

	got.count = 0;
	assert_int_equal(journal_read(&journal, take, NULL, &damaged), 0);
	return damaged;
}

static void assert_got(uint64_t first, int count)
{
	assert_int_equal(got.count, count);
	for (int i = 0; i < count; i++)
		assert_int_equal(got.seq[i], first + (uint64_t)i);
}

static off_t size_of(const char *path)
{
	struct stat stat_of;

	return stat(path, &stat_of) == 0 ? stat_of.st_size : 0;
}

static int set_up(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/casvip-journal-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_true(journal_init(&journal, directory));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	journal_close(&journal);
	unlink(journal.path);
	unlink(journal.old);
	return rmdir(directory);
}

/* A start of the process anew, on what is there. */
static void start_again(void)
{
	journal_close(&journal);
	assert_true(journal_init(&journal, directory));
}

static void test_what_was_appended_is_read_in_order_across_starts(void **state)
{
	unsigned long damaged;

	(void)state;
	assert_int_equal(journal_read(&journal, take, NULL, &damaged), -ENOENT);
	append(1, 3);
	start_again();
	append(4, 2);
	assert_int_equal(journal_sync(&journal), 0);
	assert_int_equal(read_all(), 0);
	assert_got(1, 5);
}

static void test_two_files_take_turns_and_stay_within_their_bound(void **state)
{
	uint64_t seq = 0;

	(void)state;
	for (int rounds = 0; rounds < 3; rounds++) {
		struct stat before, after;

		append(++seq, 1);
		assert_int_equal(stat(journal.path, &before), 0);
		do {
			append(++seq, 1);
			assert_int_equal(stat(journal.path, &after), 0);
			assert_true(size_of(journal.path) + size_of(journal.old) <= JOURNAL_BYTES_MAX);
		} while (before.st_ino == after.st_ino);
		assert_true(size_of(journal.old) > JOURNAL_FILE_MAX - JOURNAL_LINE_MAX);
	}
	assert_int_equal(read_all(), 0);
	assert_got(seq - (uint64_t)got.count + 1, got.count);
	assert_int_equal(got.seq[got.count - 1], seq);
	assert_true(got.count > JOURNAL_FILE_MAX / JOURNAL_LINE_MAX);
}

static char *whole_text(size_t *ret_length)
{
	FILE *file = fopen(journal.path, "r");
	char *text = calloc(1, 65536);

	assert_non_null(file);
	assert_non_null(text);
	*ret_length = fread(text, 1, 65535, file);
	fclose(file);
	return text;
}

static void write_text(const char *text, size_t length)
{
	FILE *file = fopen(journal.path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

static void test_torn_at_any_byte_only_the_torn_record_is_gone(void **state)
{
	size_t length;
	char *text;

	(void)state;
	append(1, 4);
	text = whole_text(&length);
	for (size_t cut = 0; cut <= length; cut++) {
		int whole = 0;

		for (size_t i = 1; i <= cut; i++) /* a record is whole without its newline */
			whole += text[i] == '\n';
		write_text(text, cut);
		start_again();
		append((uint64_t)whole + 1, 1); /* what is torn does not swallow what comes after it */
		assert_int_equal(read_all(), cut > 0 && text[cut - 1] != '\n' && text[cut] != '\n');
		assert_got(1, whole + 1);
	}
	free(text);
}

static void test_whatever_byte_is_altered_no_record_is_invented(void **state)
{
	size_t length;
	char *text;

	(void)state;
	append(1, 4);
	text = whole_text(&length);
	for (size_t i = 0; i < length; i++) {
		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ 1 << bit);
			write_text(text, length);
			assert_true(read_all() > 0); /* take() has compared what was read with what was written */
			assert_in_range(got.count, 2, 3);
			text[i] = (char)(text[i] ^ 1 << bit);
		}
	}
	free(text);
}

static void test_garbage_of_any_length_is_passed_over(void **state)
{
	char garbage[5000];

	(void)state;
	append(1, 1);
	journal_close(&journal);
	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (char)(i % 255 == '\n' ? 0 : i % 255); /* one long line */
	FILE *file = fopen(journal.path, "a");
	assert_int_equal(fwrite(garbage, 1, sizeof(garbage), file), sizeof(garbage));
	fclose(file);
	append(2, 1);
	assert_int_equal(read_all(), 1);
	assert_got(1, 2);
}

static void test_a_disk_that_is_full_for_a_while_costs_what_did_not_fit(void **state)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	struct journal_record record = record_of(3);
	struct rlimit full;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	append(1, 2);
	full = (struct rlimit){(rlim_t)size_of(journal.path) + 20, RLIM_INFINITY};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	assert_true(journal_append(&journal, &record) < 0); /* torn after 20 bytes */
	assert_true(journal_append(&journal, &record) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	append(3, 2);
	assert_int_equal(read_all(), 1);
	assert_got(1, 4);
}

static void test_what_cannot_be_a_journal_is_left_alone(void **state)
{
	struct journal_record record = record_of(1);
	unsigned long damaged;

	(void)state;
	assert_int_equal(mkdir(journal.path, 0700), 0);
	assert_int_equal(journal_append(&journal, &record), -EISDIR);
	assert_int_equal(rmdir(journal.path), 0);
	assert_int_equal(mkfifo(journal.path, 0600), 0);
	assert_int_equal(journal_append(&journal, &record), -EINVAL);
	assert_int_equal(journal_read(&journal, take, NULL, &damaged), -EINVAL);
	assert_int_equal(unlink(journal.path), 0);
	assert_int_equal(symlink("/dev/zero", journal.path), 0);
	assert_int_equal(journal_append(&journal, &record), -ELOOP);
	assert_int_equal(journal_read(&journal, take, NULL, &damaged), -ELOOP);
	assert_int_equal(unlink(journal.path), 0);
	append(1, 1); /* and goes on once it can */
	assert_int_equal(read_all(), 0);
	assert_got(1, 1);
}

static void test_the_longest_record_fits(void **state)
{
	struct journal_record record = {.origin.session = UINT64_MAX,
					.event = {.seq = 9999999999999999999U, .at_ms = INT64_MIN, .severity = 7}};
	struct journal_record back;
	char line[JOURNAL_LINE_MAX];
	int length;

	(void)state;
	memset(record.origin.node, 'n', sizeof(record.origin.node) - 1);
	memset(record.event.line, 'e', sizeof(record.event.line) - 1);
	length = journal_print(&record, line);
	assert_true(length < JOURNAL_LINE_MAX);
	assert_int_equal(line[length - 1], '\n');
	assert_int_equal(journal_parse(line, (size_t)length - 1, &back), 0);
	assert_memory_equal(&back, &record, sizeof(back));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_appended_is_read_in_order_across_starts),
		TEST(test_two_files_take_turns_and_stay_within_their_bound),
		TEST(test_torn_at_any_byte_only_the_torn_record_is_gone),
		TEST(test_whatever_byte_is_altered_no_record_is_invented),
		TEST(test_garbage_of_any_length_is_passed_over),
		TEST(test_a_disk_that_is_full_for_a_while_costs_what_did_not_fit),
		TEST(test_what_cannot_be_a_journal_is_left_alone),
		TEST(test_the_longest_record_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
