/* Files that only root may read reach the judge as descriptors, and nothing else of them does. This program starts
 * itself in the judge's place. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/child.h"
#include "checks/fact.h"
#include "conf/credential_file.h"

enum { PATIENCE_MS = 10000 };

/* The stub. */

static void tell(const char *words)
{
	struct fact fact = {.magic = FACT_MAGIC, .verdict = VERDICT_UP, .state = CHECK_STATE_UP, .reason = "stub"};

	snprintf(fact.words, sizeof(fact.words), "%s", words);
	if (write(CHILD_FACTS_FD, &fact, sizeof(fact)) != sizeof(fact))
		_exit(98);
}

static void tell_contents(int fd)
{
	char text[FACT_WORDS_MAX] = "";
	ssize_t got = read(fd, text, sizeof(text) - 1);

	tell(got < 0 ? strerrorname_np(errno) : text);
}

static _Noreturn void stub(int argc, char **argv)
{
	char path[128] = "";

	if (read(CHILD_CONF_FD, path, sizeof(path) - 1) < 0)
		_exit(97);
	tell(argc == 7 && strcmp(argv[5], "--credential-fds") == 0 ? argv[6] : "none");
	for (int fd = CHILD_CREDENTIALS_FD; fd < CHILD_CREDENTIALS_FD + 4; fd++)
		tell_contents(fd);
	tell(open(path, O_RDONLY | O_CLOEXEC) < 0 ? strerrorname_np(errno) : "IT CAN OPEN THE FILE");
	for (;;)
		pause();
}

/* The tests. */

static struct child child;
static char self[PATH_MAX], how[CHILD_WHY_MAX];
static const struct instant start = {7000000000};

static int set_up(void **state)
{
	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	return child_init(&child, self, "casvip-checks");
}

static int tear_down(void **state)
{
	(void)state;
	child_done(&child);
	return 0;
}

static void told(const char *words)
{
	struct pollfd wait = {.fd = child.facts_fd, .events = POLLIN};
	struct fact fact;

	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	assert_int_equal(read(child.facts_fd, &fact, sizeof(fact)), sizeof(fact));
	assert_string_equal(fact.words, words);
}

/* A file with this text; its name if wanted. */
static int file_of(const char *text, char *path)
{
	char name[] = "/tmp/casvip-secret-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
	if (path)
		strcpy(path, name);
	else
		unlink(name);
	return fd;
}

static void test_the_judge_gets_what_it_may_not_open(void **state)
{
	char path[64];
	int fds[] = {file_of("first", path), -ENOENT, file_of("third", NULL)};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_in_range(fds[2], 3, CHILD_CREDENTIALS_FD);
	assert_int_equal(dup2(0, CHILD_CREDENTIALS_FD + 1), CHILD_CREDENTIALS_FD + 1); /* somebody forgot CLOEXEC */
	assert_int_equal(child_start(&child, &(struct child_gifts){path, strlen(path), fds, 3, false}, start, how), 0);
	told("7,-2,9");
	told("first");
	told("EBADF");
	told("third");
	told("EBADF");
	told("EACCES");
	close(CHILD_CREDENTIALS_FD + 1);
	unlink(path);
	close(fds[0]);
	close(fds[2]);
}

/* The lender's descriptors may stand where the judge's are to be. */
static void test_descriptors_in_the_way_are_moved_out_of_it(void **state)
{
	int low[8], fds[4], lows = 0;

	(void)state;
	while (lows < 8 && (low[lows] = dup(0)) < CHILD_CREDENTIALS_FD + 4)
		lows++;
	for (int i = 0; i < lows; i++)
		close(low[i]);
	for (int i = 0; i < 4; i++)
		fds[i] = file_of((const char *[]){"a", "b", "c", "d"}[i], NULL);
	assert_in_range(fds[0], 3, CHILD_CREDENTIALS_FD);
	assert_int_equal(child_start(&child, &(struct child_gifts){"/", 1, (int[]){fds[3], fds[2], fds[1], fds[0]}, 4, false},
				     start, how),
			 0);
	told("7,8,9,10");
	told("d");
	told("c");
	told("b");
	told("a");
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

static void test_without_credentials_nothing_is_said_of_them(void **state)
{
	(void)state;
	assert_int_equal(child_start(&child, &(struct child_gifts){"/", 1, NULL, 0, false}, start, how), 0);
	told("none");
	told("EBADF");
}

static void test_as_many_as_there_may_be(void **state)
{
	int fds[CREDENTIAL_FILES_MAX];
	char numbers[FACT_WORDS_MAX] = "7";

	(void)state;
	for (int i = 0; i < CREDENTIAL_FILES_MAX; i++)
		fds[i] = file_of("x", NULL);
	for (int i = 1; i < CREDENTIAL_FILES_MAX; i++)
		snprintf(numbers + strlen(numbers), sizeof(numbers) - strlen(numbers), ",%d", CHILD_CREDENTIALS_FD + i);
	assert_int_equal(child_start(&child, &(struct child_gifts){"/", 1, fds, CREDENTIAL_FILES_MAX, false}, start, how), 0);
	told(numbers);
	told("x");
	for (int i = 0; i < CREDENTIAL_FILES_MAX; i++)
		close(fds[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_judge_gets_what_it_may_not_open),
		TEST(test_descriptors_in_the_way_are_moved_out_of_it),
		TEST(test_without_credentials_nothing_is_said_of_them),
		TEST(test_as_many_as_there_may_be),
	};

	if (argc >= 5 && strcmp(argv[1], "--conf-fd") == 0)
		stub(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
