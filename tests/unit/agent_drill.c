/* A drill: what it reads out of two agents' status, when it refuses, and what it reports. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "agent/drill.h"
#include "agent/drill_via.h"
#include "agent/status.h"
#include "tests/unit/snapshot.h"

enum { ROOM = 1 << 20 };

static char written[ROOM];
static struct drill_sight sight;

static int read_sight(struct status *status, const char *vip)
{
	int length = status_write(status, STATUS_JSON, written, sizeof(written));

	assert_true(length > 0);
	memset(&sight, 0, sizeof(sight));
	return drill_read(written, (size_t)length, vip, &sight);
}

static struct status *after_a_move(const char *words)
{
	struct status *status = snapshot_owner();

	status->vip[0].standing[0] = STATUS_READY;
	status->vip[0].last_move = (struct status_move){"cas2", "cas1", 120, WHY_YIELDED, ""};
	snprintf(status->vip[0].last_move.words, sizeof(status->vip[0].last_move.words), "%s", words);
	return status;
}

static void test_the_taker_s_evidence_is_that_of_its_term(void **state)
{
	(void)state;
	assert_int_equal(read_sight(after_a_move("why=yielded peer=cas2 term=7 peer_why=order dark_max_ms=0.3"), "mail"), 0);
	assert_string_equal(sight.node, "cas1");
	assert_string_equal(sight.cluster, "mail");
	assert_string_equal(sight.active, "cas1");
	assert_int_equal(sight.term, 7);
	assert_true(sight.redundant);
	assert_string_equal(sight.redundancy, "ready: cas2");
	assert_int_equal(sight.dark_us, 300);
	assert_int_equal(read_sight(after_a_move("why=silence term=7 dark_max_ms=300"), "mail"), 0);
	assert_int_equal(sight.dark_us, 300000);
	assert_int_equal(read_sight(after_a_move("why=yielded term=6 dark_max_ms=0.3"), "mail"), 0);
	assert_int_equal(sight.dark_us, -1);
	assert_int_equal(read_sight(after_a_move("why=vacant term=7"), "mail"), 0);
	assert_int_equal(sight.dark_us, -1);
	assert_int_equal(read_sight(after_a_move("why=yielded term=7 dark_max_ms=1x"), "mail"), 0);
	assert_int_equal(sight.dark_us, -1);
	assert_int_equal(read_sight(snapshot_owner(), "mail"), 0);
	assert_int_equal(sight.dark_us, -1);
}

static void test_what_is_no_status_of_the_vip_is_refused(void **state)
{
	static const char *const none[] = {"", "{", "[]", "{}", "{\"node\":\"a\",\"cluster\":\"c\"}",
					   "{\"node\":\"\",\"cluster\":\"c\",\"vips\":[{\"name\":\"mail\",\"term\":1,"
					   "\"redundant\":true,\"redundancy\":\"\",\"active\":null}]}",
					   "{\"node\":\"a\",\"cluster\":\"c\",\"vips\":[{\"name\":\"mail\",\"term\":-1,"
					   "\"redundant\":true,\"redundancy\":\"\",\"active\":null}]}"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(drill_read(none[i], strlen(none[i]), "mail", &sight), -EPROTO);
	assert_int_equal(read_sight(snapshot_owner(), "imap"), -ENOENT);
}

static void test_nobody_s_words_move_a_cursor(void **state)
{
	const char *text = "{\"node\":\"a\",\"cluster\":\"c\",\"vips\":[{\"name\":\"mail\",\"term\":1,\"redundant\":false,"
			   "\"redundancy\":\"\\u001b[2J\\u00e9\",\"active\":null}]}";

	(void)state;
	assert_int_equal(drill_read(text, strlen(text), "mail", &sight), 0);
	assert_string_equal(sight.redundancy, "?[2J??");
	assert_string_equal(sight.active, "");
}

static void assert_refused(const struct drill_sight *here, const struct drill_sight *there, const char *expected)
{
	char words[DRILL_WORDS_MAX];

	assert_int_equal(drill_refuse("mail", here, there, words), *expected != '\0');
	assert_string_equal(words, expected);
}

static void test_a_drill_begins_only_where_the_vip_is_and_can_come_back_to(void **state)
{
	const struct drill_sight here = {"cas1", "lab", "cas1", 1, true, "ready: cas2", -1};
	const struct drill_sight there = {"cas2", "lab", "cas1", 1, true, "ready: cas2", -1};
	struct drill_sight odd = here;

	(void)state;
	assert_refused(&here, &there, "");
	assert_refused(&here, NULL, "");
	odd.redundant = false;
	strcpy(odd.redundancy, "NONE READY: cas2 is on standby");
	assert_refused(&odd, &there, "mail has no standby that could take it: NONE READY: cas2 is on standby");
	strcpy(odd.active, "cas2");
	assert_refused(&odd, &there, "mail is on cas2: give the order there");
	odd.active[0] = '\0';
	assert_refused(&odd, &there, "nobody is known to own mail");
	assert_refused(&here, &here, "--via leads to cas1, which is this node");
	odd = there;
	strcpy(odd.cluster, "other");
	assert_refused(&here, &odd, "--via leads to cluster other, this is lab");
	odd = there;
	odd.active[0] = '\0';
	assert_refused(&here, &odd, "cas2 does not see mail on cas1");
}

static void test_each_direction_is_told_with_what_is_known_of_it(void **state)
{
	const struct drill_report report = {
		.vip = "mail", .move = {{"cas1", "cas2", 150}, {"cas2", "cas1", -1}}, .moves = 2, .words = "w"};
	char text[DRILL_REPORT_MAX];

	(void)state;
	assert_true(drill_write_text(&report, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "mail: cas1 -> cas2, dark for at most 0.1 ms\nmail: cas2 -> cas1\ndark: "));
	assert_true(drill_write_json(&report, text, sizeof(text)) > 0);
	assert_string_equal(text, "{\"vip\":\"mail\",\"done\":false,\"moves\":["
				  "{\"from\":\"cas1\",\"to\":\"cas2\",\"dark_max_us\":150},"
				  "{\"from\":\"cas2\",\"to\":\"cas1\",\"dark_max_us\":null}],\"words\":\"w\"}\n");
}

static void test_words_of_a_shell_lead_to_the_command_and_its_arguments_stay_whole(void **state)
{
	static const char *const arguments[] = {"move", "a b", "$(c)", NULL};
	char text[256];

	(void)state;
	assert_true(drill_via("printf '<%s>'", arguments, text, sizeof(text)) > 0);
	assert_string_equal(text, "<casvipctl><move><a b><$(c)>");
	assert_true(drill_via("A=1 sh -c 'cat; echo out; echo err >&2'", arguments, text, sizeof(text)) > 0);
	assert_string_equal(text, "out\nerr\n");
	assert_int_equal(drill_via("false", arguments, text, sizeof(text)), -ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_taker_s_evidence_is_that_of_its_term),
		cmocka_unit_test(test_what_is_no_status_of_the_vip_is_refused),
		cmocka_unit_test(test_nobody_s_words_move_a_cursor),
		cmocka_unit_test(test_a_drill_begins_only_where_the_vip_is_and_can_come_back_to),
		cmocka_unit_test(test_each_direction_is_told_with_what_is_known_of_it),
		cmocka_unit_test(test_words_of_a_shell_lead_to_the_command_and_its_arguments_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
