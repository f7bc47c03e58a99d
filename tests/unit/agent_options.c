/* casvipd's command line: what it may say, and the words for what it may not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/options.h"

static char words[4096];
static struct options options;

/* Splits the line at its spaces, "''" being an empty word, and parses it. */
static int parse(const char *line)
{
	static char copy[512];
	char *argv[32], *rest = copy, *word;
	FILE *out = fmemopen(words, sizeof(words), "w");
	int argc = 0, result;

	assert_non_null(out);
	strcpy(copy, line);
	while ((word = strsep(&rest, " ")))
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	argv[argc] = NULL;
	words[0] = 0;
	result = options_parse(argc, argv, &options, out);
	fclose(out);
	return result;
}

static void test_no_option_means_the_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("casvipd"), 0);
	assert_int_equal(options.deed, OPTIONS_RUN);
	assert_string_equal(options.conf_file, "/etc/casvip/casvip.conf");
	assert_string_equal(options.socket, "/run/casvip/casvip.sock");
	assert_null(options.node);
	assert_null(options.key_file);
	assert_false(options.debug);
	assert_false(options.to_stderr);
}

static void test_every_option_is_taken(void **state)
{
	(void)state;
	assert_int_equal(parse("casvipd -f a.conf -n cas1 -s /run/x.sock -k key -e"), 0);
	assert_string_equal(options.conf_file, "a.conf");
	assert_string_equal(options.node, "cas1");
	assert_string_equal(options.socket, "/run/x.sock");
	assert_string_equal(options.key_file, "key");
	assert_true(options.to_stderr);
	assert_false(options.debug);
	assert_int_equal(parse("casvipd -t -v"), 0);
	assert_true(options.deed == OPTIONS_TEST && options.print);
	assert_int_equal(parse("casvipd -v"), -EINVAL);
	assert_non_null(strstr(words, "only with -t"));
	assert_int_equal(parse("casvipd -dnfoo"), 0);
	assert_true(options.debug);
	assert_true(options.to_stderr);
	assert_string_equal(options.node, "foo");
}

static void test_each_deed_has_its_word(void **state)
{
	static const struct {
		const char *line;
		enum options_deed deed;
	} rows[] = {
		{"casvipd -t", OPTIONS_TEST},
		{"casvipd -f x -t", OPTIONS_TEST},
		{"casvipd --release", OPTIONS_RELEASE},
		{"casvipd --release --release", OPTIONS_RELEASE},
		{"casvipd -h", OPTIONS_HELP},
		{"casvipd --help", OPTIONS_HELP},
		{"casvipd --version", OPTIONS_VERSION},
		{"casvipd -t -h --nonsense", OPTIONS_HELP},
	};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		assert_int_equal(parse(rows[r].line), 0);
		assert_int_equal(options.deed, rows[r].deed);
	}
}

static void test_a_wrong_line_is_refused_with_words_and_changes_nothing(void **state)
{
	static const char *const rows[][2] = {
		{"casvipd -f", "casvipd: -f needs a word after it\n"},
		{"casvipd -f ''", "casvipd: -f needs a word that is not empty\n"},
		{"casvipd -n '' -t", "casvipd: -n needs a word that is not empty\n"},
		{"casvipd -z", "casvipd: there is no -z\n"},
		{"casvipd --nonsense", "casvipd: cannot make sense of --nonsense\n"},
		{"casvipd --release=now", "casvipd: cannot make sense of --release=now\n"},
		{"casvipd extra", "casvipd: extra is not wanted here\n"},
		{"casvipd -t extra", "casvipd: extra is not wanted here\n"},
		{"casvipd -t --release", "casvipd: -t and --release exclude each other\n"},
		{"casvipd --release -t", "casvipd: -t and --release exclude each other\n"},
	};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct options before;

		memset(&options, 0x5a, sizeof(options));
		before = options;
		assert_int_equal(parse(rows[r][0]), -EINVAL);
		assert_string_equal(words, rows[r][1]);
		assert_memory_equal(&options, &before, sizeof(options));
	}
}

static void test_the_usage_names_every_option(void **state)
{
	static const char *const all[] = {"-f FILE",    "-n NODE", "-s SOCKET", "-k KEYFILE", "-d ",  "-e ",
					  "--release ", "-t ",     "-h",        "--help",     "--version"};
	FILE *out = fmemopen(words, sizeof(words), "w");

	(void)state;
	assert_non_null(out);
	options_usage(out);
	fclose(out);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_non_null(strstr(words, all[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_option_means_the_defaults),
		cmocka_unit_test(test_every_option_is_taken),
		cmocka_unit_test(test_each_deed_has_its_word),
		cmocka_unit_test(test_a_wrong_line_is_refused_with_words_and_changes_nothing),
		cmocka_unit_test(test_the_usage_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
