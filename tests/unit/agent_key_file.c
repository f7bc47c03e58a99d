/* The keys' file: read only when it is well-formed and nobody else's business. */
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
#include <sys/stat.h>
#include <unistd.h>

#include "agent/key_file.h"

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static char folder[64], path[128];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/casvip-key-XXXXXX");
	if (seal_init() < 0 || !mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/cluster.key", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_file(const char *text, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* Refused with this error and with words that begin with the path and go on like this; the ring is as it was. */
static void assert_refused(int error, const char *rest)
{
	struct keyring ring, before;
	char words[KEY_FILE_WORDS_MAX], expected[KEY_FILE_WORDS_MAX];

	memset(&ring, 0x5a, sizeof(ring));
	before = ring;
	assert_int_equal(key_file_read(path, &ring, words), error);
	snprintf(expected, sizeof(expected), "%s%s", path, rest);
	assert_string_equal(words, expected);
	assert_memory_equal(&ring, &before, sizeof(ring));
}

static void test_a_file_of_its_owners_alone_is_read(void **state)
{
	struct keyring ring;
	char words[KEY_FILE_WORDS_MAX];

	(void)state;
	write_file("# cluster mail\n" KEY "\n", 0600);
	assert_int_equal(key_file_read(path, &ring, words), 0);
	assert_int_equal(ring.keys, 1);
	write_file(KEY, 0400);
	assert_int_equal(key_file_read(path, &ring, words), 0);
	assert_int_equal(ring.keys, 1);
}

static void test_a_file_that_others_may_use_is_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file(KEY "\n", modes[i]);
		assert_refused(-EPERM, ": others than its owner may use it: chmod 0600");
	}
}

static void test_a_strangers_file_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_file(KEY "\n", 0600);
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_refused(-EPERM, ": belongs to another user: chown root");
}

static void test_who_is_not_root_is_asked_whether_he_is(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	write_file(KEY "\n", 0600);
	assert_int_equal(seteuid(65534), 0);
	assert_refused(-EACCES, ": Permission denied: not root?");
	assert_int_equal(seteuid(0), 0);
}

static void test_a_finding_has_its_line(void **state)
{
	(void)state;
	write_file("# new\n" KEY "\nnot a key\n", 0600);
	assert_refused(-EINVAL, ":3: not a base64 key");
	write_file("", 0600);
	assert_refused(-EINVAL, ":1: no key: casvipctl keygen makes one");
}

static void test_what_is_no_regular_file_is_refused_without_waiting_for_it(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(-EINVAL, ": not a regular file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(-EINVAL, ": not a regular file");
	assert_int_equal(rmdir(path), 0);
}

static void test_a_missing_file_is_named(void **state)
{
	(void)state;
	unlink(path);
	assert_refused(-ENOENT, ": no such file: copy it from another node, or see casvipctl keygen");
}

static void test_64_kib_are_read_and_not_one_byte_more(void **state)
{
	static char text[KEY_FILE_BYTES_MAX + 2];
	struct keyring ring;
	char words[KEY_FILE_WORDS_MAX];

	(void)state;
	memset(text, '\n', KEY_FILE_BYTES_MAX);
	memcpy(text, KEY, strlen(KEY));
	write_file(text, 0600);
	assert_int_equal(key_file_read(path, &ring, words), 0);
	text[KEY_FILE_BYTES_MAX] = '\n';
	write_file(text, 0600);
	assert_refused(-EFBIG, ": larger than 64 KiB");
}

static void test_a_long_path_does_not_hurt(void **state)
{
	struct keyring ring;
	char words[KEY_FILE_WORDS_MAX], longer[2000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(key_file_read(longer, &ring, words), -ENAMETOOLONG);
	assert_non_null(strstr(words, "xxx: File name too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_of_its_owners_alone_is_read),
		cmocka_unit_test(test_a_file_that_others_may_use_is_refused),
		cmocka_unit_test(test_a_strangers_file_is_refused),
		cmocka_unit_test(test_who_is_not_root_is_asked_whether_he_is),
		cmocka_unit_test(test_a_finding_has_its_line),
		cmocka_unit_test(test_what_is_no_regular_file_is_refused_without_waiting_for_it),
		cmocka_unit_test(test_a_missing_file_is_named),
		cmocka_unit_test(test_64_kib_are_read_and_not_one_byte_more),
		cmocka_unit_test(test_a_long_path_does_not_hurt),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
