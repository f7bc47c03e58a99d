/* The text of a credentials file, and the files themselves: what is taken, what is refused, and that nothing of a
 * secret stays or shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/credential_store.h"

static struct credentials credentials;
static int line;

static enum credentials_refusal read_text(const char *text)
{
	return credentials_read(text, strlen(text), &credentials, &line);
}

#define assert_read(text, wanted_user, wanted_password)                     \
	do {                                                                \
		assert_int_equal(read_text(text), CREDENTIALS_OK);          \
		assert_string_equal(credentials.user, wanted_user);         \
		assert_string_equal(credentials.password, wanted_password); \
	} while (0)

#define assert_refused(text, wanted_refusal, wanted_line)          \
	do {                                                       \
		assert_int_equal(read_text(text), wanted_refusal); \
		assert_int_equal(line, wanted_line);               \
	} while (0)

static void test_a_value_goes_verbatim_to_the_end_of_its_line(void **state)
{
	(void)state;
	assert_read("user = probe@example.net\npassword = secret\n", "probe@example.net", "secret");
	assert_read("password=secret\nuser=EXAMPLE\\probe", "EXAMPLE\\probe", "secret");
	assert_read("user = a\npassword =  two blanks, # and \"quotes\" and a blank \n", "a",
		    " two blanks, # and \"quotes\" and a blank ");
	assert_read("# a comment\n\n  # another\n\tuser = a\n\n password = gr\xc3\xbc\xc3\x9f:e\n#", "a",
		    "gr\xc3\xbc\xc3\x9f:e");
	assert_read("user = =\npassword = =x\n", "=", "=x");
}

static void test_what_is_wrong_is_told_with_its_line(void **state)
{
	char text[400];

	(void)state;
	assert_refused("", CREDENTIALS_NO_USER, 1);
	assert_refused("password = x\n", CREDENTIALS_NO_USER, 1);
	assert_refused("user = x\n#\n", CREDENTIALS_NO_PASSWORD, 2);
	assert_refused("secret\n", CREDENTIALS_NO_VALUE, 1);
	assert_refused("user = x\npass = y\n", CREDENTIALS_NO_VALUE, 2);
	assert_refused("user x\n", CREDENTIALS_NO_VALUE, 1);
	assert_refused("username = x\n", CREDENTIALS_NO_VALUE, 1);
	assert_refused("User = x\n", CREDENTIALS_NO_VALUE, 1);
	assert_refused("user = x\nuser = y\n", CREDENTIALS_TWICE, 2);
	assert_refused("user = x\npassword =\n", CREDENTIALS_EMPTY, 2);
	assert_refused("user = x\npassword = \n", CREDENTIALS_EMPTY, 2);
	assert_refused("user = x\r\npassword = y\r\n", CREDENTIALS_CONTROL, 1);
	assert_refused("user = x\npassword = a\tb\n", CREDENTIALS_CONTROL, 2);
	assert_refused("user = x:y\npassword = z\n", CREDENTIALS_COLON, 1);
	assert_int_equal(credentials_read("user = x\0y\npassword = z", 23, &credentials, &line), CREDENTIALS_CONTROL);
	snprintf(text, sizeof(text), "user = x\npassword = %0255d\n", 0);
	assert_int_equal(read_text(text), CREDENTIALS_OK);
	snprintf(text, sizeof(text), "user = x\npassword = %0256d\n", 0);
	assert_refused(text, CREDENTIALS_TOO_LONG, 2);
}

static void test_a_refusal_leaves_what_was_there(void **state)
{
	(void)state;
	assert_read("user = a\npassword = b\n", "a", "b");
	assert_refused("user = c\npassword = d\ne\n", CREDENTIALS_NO_VALUE, 3);
	assert_string_equal(credentials.user, "a");
	assert_string_equal(credentials.password, "b");
}

/* Files, each named by a check of its own. */

static struct conf *conf;
static char directory[] = "/tmp/casvip-credentials-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	conf = calloc(1, sizeof(*conf));
	conf->vips = 1;
	return conf && mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	credential_store_wipe();
	free(conf);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static const struct conf_check *add_check(const char *name)
{
	struct conf_check *check = &conf->vip[0].check[conf->vip[0].checks++];

	snprintf(check->credentials, sizeof(check->credentials), "%s", name);
	return check;
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void make_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void load(const char *systemd)
{
	int fds[CREDENTIAL_FILES_MAX];
	int count = credential_files_open(conf, systemd, fds);

	credential_store_load(conf, fds, count);
}

static void assert_unknown(const struct conf_check *check, const char *words)
{
	struct outcome outcome;

	assert_null(credential_store_find(check, &outcome));
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
	assert_string_equal(outcome.reason, "credentials");
	if (!strstr(outcome.words, words))
		fail_msg("\"%s\" does not say \"%s\"", outcome.words, words);
}

static void test_each_file_is_opened_once_and_found_by_its_name(void **state)
{
	const struct conf_check *one = add_check(path_of("one")), *again = add_check(path_of("one"));
	const struct conf_check *none = add_check(""), *two = add_check("two");
	const char *names[CREDENTIAL_FILES_MAX];
	struct outcome outcome;
	int free_fd = dup(0);

	(void)state;
	(void)none;
	close(free_fd);
	make_file("one", "user = a\npassword = b\n", 0600);
	make_file("two", "user = c\npassword = d\n", 0400);
	assert_int_equal(credential_file_names(conf, names), 2);
	load(directory);
	assert_int_equal(dup(0), free_fd); /* and nothing stays open */
	close(free_fd);
	assert_string_equal(credential_store_find(one, &outcome)->password, "b");
	assert_ptr_equal(credential_store_find(one, &outcome), credential_store_find(again, &outcome));
	assert_string_equal(credential_store_find(two, &outcome)->user, "c");
	credential_store_wipe();
	assert_unknown(one, "too many");
}

static void test_a_file_that_cannot_be_used_says_what_to_do(void **state)
{
	const struct conf_check *group = add_check(path_of("group")), *others = add_check(path_of("others"));
	const struct conf_check *missing = add_check(path_of("missing")), *folder = add_check(directory);
	const struct conf_check *fifo = add_check(path_of("fifo")), *large = add_check(path_of("large"));
	const struct conf_check *bad = add_check(path_of("bad")), *systemd = add_check("systemd"), *good;
	struct outcome outcome;
	char text[CREDENTIAL_FILE_BYTES_MAX + 2];
	int free_fd = dup(0);

	(void)state;
	close(free_fd);
	good = add_check(path_of("good"));
	make_file("good", "user = a\npassword = b\n", 0600);
	make_file("group", "user = a\npassword = b\n", 0640);
	make_file("others", "user = a\npassword = b\n", 0601);
	make_file("bad", "user = a\nhush-hush\n", 0600);
	memset(text, '#', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	make_file("large", text, 0600);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	load(NULL);
	assert_int_equal(dup(0), free_fd); /* and nothing stays open */
	close(free_fd);
	assert_unknown(group, "chmod 0600");
	assert_unknown(others, "chmod 0600");
	assert_unknown(missing, "no such file");
	assert_unknown(folder, "not a regular file");
	assert_unknown(fifo, "not a regular file");
	assert_unknown(large, "larger than 4 KiB");
	assert_unknown(systemd, "LoadCredential");
	assert_unknown(bad, "bad:2: neither");
	assert_null(credential_store_find(bad, &outcome));
	assert_null(strstr(outcome.words, "hush"));
	assert_non_null(credential_store_find(good, &outcome)); /* the others do not disturb it */
}

static void test_more_files_than_are_opened_are_told(void **state)
{
	const struct conf_check *last = NULL;
	char name[32];

	(void)state;
	conf->vips = 2;
	for (int i = 0; i <= CREDENTIAL_FILES_MAX; i++) {
		struct conf_vip *vip = &conf->vip[i / VIP_CHECKS_MAX];

		snprintf(name, sizeof(name), "file-%d", i);
		last = &vip->check[vip->checks++];
		strcpy(vip->check[vip->checks - 1].credentials, name);
	}
	load(directory);
	assert_unknown(last, "32 at most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_value_goes_verbatim_to_the_end_of_its_line),
		cmocka_unit_test(test_what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(test_a_refusal_leaves_what_was_there),
		cmocka_unit_test_setup_teardown(test_each_file_is_opened_once_and_found_by_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_used_says_what_to_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_files_than_are_opened_are_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
