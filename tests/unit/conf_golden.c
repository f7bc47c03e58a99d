/* Golden pairs: X.conf loads and prints as X.out, bad/X.conf is refused with the findings of X.err. Run it in the root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	if (!file)
		fail_msg("%s is missing", path);
	if (getdelim(&text, &room, '\0', file) < 0) { /* an empty file is no failure */
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

/* What casvip makes of the file: its canonical form, or its findings. */
static char *made_of(const char *path, bool *ret_loads)
{
	FILE *file = fopen(path, "r");
	char *text = NULL, *name = strdup(path);
	size_t length = 0;

	assert_non_null(file);
	FILE *out = open_memstream(&text, &length);
	struct conf *conf = conf_load(file, basename(name), out);
	if (conf)
		conf_print(conf, out);
	fclose(out);
	fclose(file);
	*ret_loads = conf != NULL;
	conf_free(conf);
	free(name);
	return text;
}

static bool is_as_expected(const char *path, const char *extension, bool should_load)
{
	char expected_path[256];
	bool loads;

	snprintf(expected_path, sizeof(expected_path), "%.*s.%s", (int)(strlen(path) - strlen(".conf")), path,
		 extension);
	char *expected = slurp(expected_path), *made = made_of(path, &loads);
	bool equal = loads == should_load && strcmp(made, expected) == 0;
	if (!equal)
		print_error("%s %s:\n%s--- expected:\n%s", path, loads ? "prints" : "is refused", made, expected);
	free(expected);
	free(made);
	return equal;
}

static void walk(const char *pattern, const char *extension, bool should_load)
{
	glob_t found;
	int wrong = 0;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		wrong += !is_as_expected(found.gl_pathv[i], extension, should_load);
	globfree(&found);
	assert_int_equal(wrong, 0);
}

static void test_good_files_print_their_canonical_form(void **state)
{
	(void)state;
	walk("tests/golden/*.conf", "out", true);
}

static void test_canonical_forms_are_their_own(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("tests/golden/*.out", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		bool loads;
		char *text = slurp(found.gl_pathv[i]), *made = made_of(found.gl_pathv[i], &loads);

		assert_string_equal(made, text);
		free(text);
		free(made);
	}
	globfree(&found);
}

static void test_bad_files_have_all_their_findings(void **state)
{
	(void)state;
	walk("tests/golden/bad/*.conf", "err", false);
}

static void test_samples_load(void **state)
{
	glob_t found;
	bool loads;

	(void)state;
	assert_int_equal(glob("conf/samples/*.conf", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *made = made_of(found.gl_pathv[i], &loads);

		if (!loads)
			fail_msg("%s", made);
		free(made);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_files_print_their_canonical_form),
		cmocka_unit_test(test_canonical_forms_are_their_own),
		cmocka_unit_test(test_bad_files_have_all_their_findings),
		cmocka_unit_test(test_samples_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
