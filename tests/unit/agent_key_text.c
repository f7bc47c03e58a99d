/* The steps of a key rotation on the text of the file: the first key seals, and no step leaves nothing in common. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agent/key_text.h"

static char one[KEY_TEXT_MAX], two[KEY_TEXT_MAX];

static int set_up(void **state)
{
	(void)state;
	key_generate(one);
	key_generate(two);
	return 0;
}

static struct key_text read_text(const char *text)
{
	struct key_text keys;

	assert_int_equal(key_text_read(text, strlen(text), &keys), KEYRING_OK);
	return keys;
}

static void test_a_rotation_goes_from_one_key_to_the_other_with_both_between(void **state)
{
	struct key_text keys = read_text(one);
	uint32_t first = keys.id[0];

	(void)state;
	assert_true(key_text_add(&keys, two));
	assert_int_equal(keys.keys, 2);
	assert_string_equal(keys.line[0], one);
	assert_string_equal(keys.line[1], two);
	assert_true(key_text_promote(&keys));
	assert_string_equal(keys.line[0], two);
	assert_string_equal(keys.line[1], one);
	assert_int_equal(keys.id[1], first);
	assert_true(key_text_drop(&keys));
	assert_int_equal(keys.keys, 1);
	assert_string_equal(keys.line[0], two);
}

static void test_no_step_takes_the_only_key_or_adds_a_third(void **state)
{
	struct key_text keys = read_text(one);

	(void)state;
	assert_false(key_text_promote(&keys));
	assert_false(key_text_drop(&keys));
	assert_string_equal(keys.line[0], one);
	assert_true(key_text_add(&keys, two));
	assert_false(key_text_add(&keys, two));
	assert_int_equal(keys.keys, 2);
}

static void test_comments_are_passed_over_and_a_last_line_needs_no_newline(void **state)
{
	char text[4 * KEY_TEXT_MAX];
	struct key_text keys;

	(void)state;
	snprintf(text, sizeof(text), "# of 2026\n\n%s%.44s", one, two);
	keys = read_text(text);
	assert_int_equal(keys.keys, 2);
	assert_string_equal(keys.line[0], one);
	assert_string_equal(keys.line[1], two);
	assert_int_not_equal(keys.id[0], keys.id[1]);
	assert_int_equal(key_text_read("no key\n", 7, &keys), KEYRING_NOT_BASE64);
	assert_int_equal(keys.keys, 2); /* untouched */
}

#define of_two(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		of_two(test_a_rotation_goes_from_one_key_to_the_other_with_both_between),
		of_two(test_no_step_takes_the_only_key_or_adds_a_third),
		of_two(test_comments_are_passed_over_and_a_last_line_needs_no_newline),
	};

	return seal_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
