/* Followers of the events, over real sockets; time as the test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/followers.h"

static struct followers followers;
static struct events events;
static const struct event_origin origin = {.node = "cas1", .session = 1};
static struct instant now;
static int reader[FOLLOWERS_MAX];

static int set_up(void **state)
{
	(void)state;
	memset(&followers, 0, sizeof(followers));
	memset(&events, 0, sizeof(events));
	memset(reader, -1, sizeof(reader));
	now = (struct instant){5000000000};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	followers_done(&followers);
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		if (reader[i] >= 0)
			close(reader[i]);
	return 0;
}

static void happen(int count)
{
	for (int i = 0; i < count; i++)
		events_add(&events, 0, LOG_NOTICE, "event=role vip=mail words=\"as long as such a line usually is\"");
}

/* Its reader's end is reader[i]. */
static void follow(int i, uint64_t since)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	reader[i] = ends[0];
	assert_true(followers_add(&followers, ends[1], 0, (uint64_t)i + 1, since));
}

static void turn(void)
{
	now = instant_add(now, duration_ms(1));
	followers_send(&followers, &events, &origin, now);
}

/* The next line that has come, "" for none. */
static const char *line(int i)
{
	static char text[EVENT_JSON_MAX];
	size_t length = 0;

	while (length < sizeof(text) - 1 && recv(reader[i], text + length, 1, 0) == 1)
		if (text[length++] == '\n')
			break;
	text[length] = '\0';
	return text;
}

static void assert_seq(int i, int seq)
{
	char start[32];

	snprintf(start, sizeof(start), "{\"seq\":%d,", seq);
	assert_memory_equal(line(i), start, strlen(start));
}

static bool is_cut_off(int i)
{
	char byte;

	while (recv(reader[i], &byte, 1, 0) == 1)
		;
	return recv(reader[i], &byte, 1, 0) == 0;
}

static void test_each_is_told_from_where_it_asked(void **state)
{
	(void)state;
	happen(3);
	follow(0, 0);
	follow(1, 2);
	follow(2, 3);
	turn();
	for (int seq = 1; seq <= 3; seq++)
		assert_seq(0, seq);
	assert_seq(1, 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(line(i), "");
	happen(1);
	assert_int_equal(followers_at(&followers, &events).ns, instant_add(now, duration_ms(1)).ns);
	turn();
	for (int i = 0; i < 3; i++)
		assert_seq(i, 4);
	assert_int_equal(followers_at(&followers, &events).ns, INSTANT_NEVER.ns);
}

static void test_a_turn_writes_a_bounded_number_of_lines_and_each_gets_its_share(void **state)
{
	int lines = 0;

	(void)state;
	happen(100);
	follow(0, 0);
	follow(1, 0);
	turn();
	for (int i = 0; i < 2; i++)
		while (*line(i))
			lines++;
	assert_int_equal(lines, FOLLOWERS_LINES_A_TURN);
	followers_send(&followers, &events, &origin, now); /* and once a pause, however often it is called */
	assert_string_equal(line(0), "");
	turn();
	assert_seq(0, 1 + FOLLOWERS_LINES_A_TURN / 2);
	assert_seq(1, 1 + FOLLOWERS_LINES_A_TURN / 2);
}

static void test_a_loss_is_told_where_the_events_are_missing(void **state)
{
	(void)state;
	follow(0, 0);
	happen(EVENTS_MAX + 5);
	turn();
	assert_string_equal(line(0), "{\"lost\":5}\n");
	assert_seq(0, 6);
	assert_seq(0, 7);
}

static void test_one_that_does_not_read_keeps_nobody_waiting_and_loses_its_place(void **state)
{
	struct instant expiry;

	(void)state;
	follow(0, 0);
	follow(1, 0);
	happen(EVENTS_MAX);
	for (int i = 0; i < EVENTS_MAX; i++) {
		turn();
		while (*line(1))
			;
	}
	assert_true(followers.follower[0].told < events.newest); /* else it is not stuck, and this tests nothing */
	assert_int_equal(followers.follower[1].told, events.newest);
	assert_int_equal(followers_at(&followers, &events).ns, INSTANT_NEVER.ns); /* nor does it keep the loop awake */
	expiry = followers_expiry(&followers);
	assert_true(expiry.ns < instant_add(now, duration_ms(FOLLOWER_PATIENCE_MS)).ns); /* tries do not count as reading */
	followers_expire(&followers, (struct instant){expiry.ns - 1});
	assert_int_equal(followers.dropped, 0);
	followers_expire(&followers, expiry);
	assert_int_equal(followers.dropped, 1);
	assert_true(is_cut_off(0));
	assert_false(is_cut_off(1));
	assert_int_equal(followers_expiry(&followers).ns, INSTANT_NEVER.ns);
}

static void test_one_that_reads_again_in_time_gets_every_line_whole(void **state)
{
	(void)state;
	follow(0, 0);
	happen(EVENTS_MAX);
	for (int i = 0; i < EVENTS_MAX; i++)
		turn();
	assert_int_not_equal(followers_expiry(&followers).ns, INSTANT_NEVER.ns);
	for (int seq = 1; seq <= EVENTS_MAX; seq++) {
		if (followers.follower[0].told < events.newest || followers.follower[0].sent < followers.follower[0].end)
			turn();
		assert_seq(0, seq);
	}
	assert_int_equal(followers_expiry(&followers).ns, INSTANT_NEVER.ns);
}

static void test_places_are_bounded_and_become_free(void **state)
{
	int more[2];

	(void)state;
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		follow(i, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, more), 0);
	assert_false(followers_add(&followers, more[1], 0, 99, 0));
	followers_remove(&followers, 99);
	followers_remove(&followers, 3);
	assert_true(is_cut_off(2));
	assert_true(followers_add(&followers, more[1], 0, 99, 0));
	close(more[0]);
	happen(1);
	turn(); /* it is gone, which the next line finds out */
	assert_int_equal(followers.follower[2].token, 0);
}

static void test_a_user_leaves_places_to_others(void **state)
{
	const uid_t web = 990, other = 991;
	int more[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, more), 0);
	for (int i = 0; i < FOLLOWERS_OF_ONE_MAX; i++)
		assert_true(followers_add(&followers, fcntl(more[1], F_DUPFD_CLOEXEC, 0), web, (uint64_t)i + 1, 0));
	assert_false(followers_add(&followers, more[1], web, 98, 0));
	assert_true(followers_add(&followers, more[1], other, 99, 0));
	close(more[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_is_told_from_where_it_asked),
		TEST(test_a_turn_writes_a_bounded_number_of_lines_and_each_gets_its_share),
		TEST(test_a_loss_is_told_where_the_events_are_missing),
		TEST(test_one_that_does_not_read_keeps_nobody_waiting_and_loses_its_place),
		TEST(test_one_that_reads_again_in_time_gets_every_line_whole),
		TEST(test_places_are_bounded_and_become_free),
		TEST(test_a_user_leaves_places_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
