/* What the service manager hears, from a socket in its place. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/service.h"

static int manager = -1;
static struct service service;
static const struct instant start = {9000000000};

/* Binds the manager's socket, "@name" being an abstract one, and tells the environment. */
static void listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	strcpy(address.sun_path, name);
	if (name[0] == '@')
		address.sun_path[0] = 0;
	else
		length++;
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(manager, (const struct sockaddr *)&address, length), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static int set_up(void **state)
{
	char name[64];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	snprintf(name, sizeof(name), "@casvip-test-%d", (int)getpid());
	listen_at(name);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	service_close(&service);
	return close(manager);
}

/* The next message, "" when there is none. */
static const char *heard(void)
{
	static char text[512];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = 0;
	return text;
}

static void test_each_message_is_as_the_protocol_has_it(void **state)
{
	struct timespec before;
	long long at_us;

	(void)state;
	service_open(&service, start);
	service_ready(&service);
	assert_string_equal(heard(), "READY=1");
	service_words(&service, "%s owns %d vips", "cas1", 2);
	assert_string_equal(heard(), "STATUS=cas1 owns 2 vips");
	service_words(&service, "one\nREADY=0");
	assert_string_equal(heard(), "STATUS=one");
	service_stopping(&service);
	assert_string_equal(heard(), "STOPPING=1");
	clock_gettime(CLOCK_MONOTONIC, &before);
	service_reloading(&service);
	assert_int_equal(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%lld", &at_us), 1);
	assert_true(at_us >= before.tv_sec * 1000000LL + before.tv_nsec / 1000);
}

static void test_alive_is_said_at_half_of_what_is_waited_for(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "3000000", 1);
	service_open(&service, start);
	assert_int_equal(service_wants(&service).ns, start.ns);
	service_turn(&service, start);
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_int_equal(service_wants(&service).ns, instant_add(start, duration_ms(1500)).ns);
	service_turn(&service, instant_add(start, duration_ms(1499)));
	assert_string_equal(heard(), "");
	service_turn(&service, instant_add(start, duration_ms(1500)));
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void no_watchdog(const char *us, const char *pid)
{
	char name[64];

	snprintf(name, sizeof(name), "@casvip-test-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", us, 1);
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	service_open(&service, start);
	assert_int_equal(service_wants(&service).ns, INSTANT_NEVER.ns);
	service_close(&service);
}

static void test_a_watchdog_that_is_not_ours_or_no_number_is_none(void **state)
{
	(void)state;
	no_watchdog("3000000", "1");
	no_watchdog("3000000", "x");
	no_watchdog("0", NULL);
	no_watchdog("-5", NULL);
	no_watchdog("", NULL);
	no_watchdog("3s", NULL);
	no_watchdog("9223372036854775807", NULL);
	no_watchdog("99999999999999999999999", NULL);
}

static void test_children_learn_nothing_of_it(void **state)
{
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	service_open(&service, start);
	assert_int_equal(service_wants(&service).ns, start.ns);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
}

static void test_a_manager_that_does_not_read_holds_nobody_up(void **state)
{
	(void)state;
	service_open(&service, start);
	alarm(10); /* a blocking send would end here */
	for (int i = 0; i < 5000; i++)
		service_ready(&service);
	alarm(0);
	assert_string_equal(heard(), "READY=1");
}

static void test_without_a_manager_nothing_is_said(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000000", 1);
	service_open(&service, start);
	service_ready(&service);
	service_turn(&service, start);
	assert_int_equal(service_wants(&service).ns, INSTANT_NEVER.ns);
	assert_string_equal(heard(), "");
	setenv("NOTIFY_SOCKET", "vsock:2:1234", 1); /* a form of later systemds */
	service_open(&service, start);
	service_ready(&service);
	assert_string_equal(heard(), "");
}

static void test_a_manager_in_the_file_system_is_found_again_after_its_restart(void **state)
{
	char path[64];

	(void)state;
	close(manager);
	snprintf(path, sizeof(path), "/tmp/casvip-test-%d.sock", (int)getpid());
	listen_at(path);
	service_open(&service, start);
	service_ready(&service);
	assert_string_equal(heard(), "READY=1");
	close(manager);
	unlink(path);
	service_ready(&service); /* nobody there */
	listen_at(path);
	service_stopping(&service);
	assert_string_equal(heard(), "STOPPING=1");
	unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void test_stderr_is_the_journal_when_it_is_the_stream_that_is_named(void **state)
{
	char name[64], other[64];
	struct stat is;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &is), 0);
	snprintf(name, sizeof(name), "%llu:%llu", (unsigned long long)is.st_dev, (unsigned long long)is.st_ino);
	snprintf(other, sizeof(other), "%llu:%llu", (unsigned long long)is.st_dev, (unsigned long long)is.st_ino + 1);
	unsetenv("JOURNAL_STREAM");
	assert_false(service_stderr_is_journal());
	assert_int_equal(setenv("JOURNAL_STREAM", other, 1), 0);
	assert_false(service_stderr_is_journal());
	assert_int_equal(setenv("JOURNAL_STREAM", "8:", 1), 0);
	assert_false(service_stderr_is_journal());
	assert_int_equal(setenv("JOURNAL_STREAM", name, 1), 0);
	assert_true(service_stderr_is_journal());
	unsetenv("JOURNAL_STREAM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_message_is_as_the_protocol_has_it),
		TEST(test_alive_is_said_at_half_of_what_is_waited_for),
		TEST(test_a_watchdog_that_is_not_ours_or_no_number_is_none),
		TEST(test_children_learn_nothing_of_it),
		TEST(test_a_manager_that_does_not_read_holds_nobody_up),
		TEST(test_without_a_manager_nothing_is_said),
		TEST(test_a_manager_in_the_file_system_is_found_again_after_its_restart),
		cmocka_unit_test(test_stderr_is_the_journal_when_it_is_the_stream_that_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
