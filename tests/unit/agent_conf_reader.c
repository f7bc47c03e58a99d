/* A configuration that is read beside the loop: handed over when it is whole, or with what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/conf_reader.h"

#define GOOD "cluster = \"lab\"\nnode \"cas1\" { address = {\"192.0.2.1\"} }\n"

static char path[] = "/tmp/casvip-reader-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void read_file(struct conf_reading *reading)
{
	struct conf_reader *reader = NULL;
	struct pollfd done = {.events = POLLIN};

	assert_int_equal(conf_reader_start(&reader, path), 0);
	done.fd = conf_reader_fd(reader);
	assert_int_equal(poll(&done, 1, 60000), 1);
	assert_true(conf_reader_take(&reader, reading));
	assert_null(reader);
}

static void test_a_good_file_comes_with_its_digest(void **state)
{
	struct conf_reading reading;

	(void)state;
	write_file(GOOD "vip \"mail\" { interface = \"eth0\" address = {\"192.0.2.50/24\"} }\n");
	read_file(&reading);
	assert_int_equal(reading.error, 0);
	assert_string_equal(reading.findings, "");
	assert_string_equal(reading.file.conf->vip[0].name, "mail");
	assert_true(reading.digest == conf_digest(reading.file.conf));
	conf_file_done(&reading.file);
}

static void test_what_is_wrong_comes_as_findings_and_nothing_else(void **state)
{
	struct conf_reading reading;

	(void)state;
	write_file(GOOD "vipp \"mail\" { }\n");
	read_file(&reading);
	assert_int_equal(reading.error, -EINVAL);
	assert_non_null(strstr(reading.findings, ":3: "));
	assert_null(reading.file.conf);
}

static void test_more_findings_than_there_is_room_for_are_cut(void **state)
{
	struct conf_reading reading;
	FILE *out = fopen(path, "w");

	(void)state;
	assert_non_null(out);
	fputs(GOOD, out);
	for (int i = 0; i < 60; i++)
		fprintf(out, "vip \"v%d\" { interface = \"eth0\" address = {\"192.0.2.500/24\"} }\n", i);
	fclose(out);
	read_file(&reading);
	assert_int_equal(reading.error, -EINVAL);
	assert_int_equal(strlen(reading.findings), sizeof(reading.findings) - 2);
	assert_non_null(strstr(reading.findings, ":3: "));
}

static void test_nothing_is_handed_over_before_it_is_read(void **state)
{
	struct conf_reading reading = {.error = 1};
	struct conf_reader *reader;
	char fifo[64];

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s.d", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(conf_reader_start(&reader, fifo), 0); /* refused, for it is no file; but only once read */
	while (!conf_reader_take(&reader, &reading))
		assert_int_equal(reading.error, 1);
	assert_int_equal(reading.error, -EINVAL);
	assert_int_equal(unlink(fifo), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_file_comes_with_its_digest),
		cmocka_unit_test(test_what_is_wrong_comes_as_findings_and_nothing_else),
		cmocka_unit_test(test_more_findings_than_there_is_room_for_are_cut),
		cmocka_unit_test(test_nothing_is_handed_over_before_it_is_read),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
