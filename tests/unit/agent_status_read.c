/* Status read back from its JSON: nothing is lost, and what is no status is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "agent/status_read.h"

enum { ROOM = 1 << 20 };

static char written[ROOM], again[ROOM];
static struct status status, read_back;

static void fill_vip(struct status_vip *vip)
{
	*vip = (struct status_vip){
		.name = "mail", .role = ROLE_BACKUP, .active = "cas2", .suspect = true, .term = UINT32_MAX,
		.since_ms = 11520000, .why = "silence", .active_why = "order", .lease_ms = 225,
		.tally = {.changes = {[WHY_ORDER] = 3}, .dark = {[0] = 2, [4] = 1, [TALLY_BOUNDS] = 1}, .dark_us = 7000000},
		.address = {"192.0.2.50/24", "2001:db8:1::50/64"},
		.addresses = 2, .fence = STATUS_FENCE_BROKEN, .fitness = FITNESS_NO_LINK, .score = 800,
		.unlike = {"cas2"}, .unlikes = 1, .checks = 1,
		.check[0] = {"owa", CHECK_OWA, CHECK_STATE_STALE, VERDICT_AUTH_REJECTED, "status-401", "a \"word\" \n",
			     12, STATUS_UNKNOWN, 80, true},
	};
}

static int set_up(void **state)
{
	(void)state;
	status = (struct status){.node = "cas1", .cluster = "mail", .version = "0.1", .pid = 812, .vips = 2, .peers = 1};
	status.quorum = (struct status_quorum){
		.used = true, .why = "not-quorate", .words = "a \"word\"", .ring = "1.29", .member = {"cas1", "cas2"},
		.members = 2, .age_ms = 84, .settle_ms = 10500, .grace_ms = 3700, .failover_ms = STATUS_UNKNOWN,
		.restarts = 3, .witness_lost = true, .settings = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
	};
	fill_vip(&status.vip[0]);
	status.vip[1] = (struct status_vip){.name = "more", .since_ms = STATUS_UNKNOWN, .lease_ms = STATUS_UNKNOWN};
	status.majority = STATUS_MAJORITY_LOST;
	status.peer[0] = (struct status_peer){
		.name = "cas2", .alive = true, .key_matches = true, .links = 2,
		.link = {{"192.0.2.2", STATUS_LINK_ONE_WAY, 40, 180, ""},
			 {"198.51.100.2", STATUS_LINK_DOWN, STATUS_UNKNOWN, STATUS_UNKNOWN, "cannot have it"}},
		.hears = {{"cas1", 40, false}}, .hears_count = 1};
	status.counters = 2;
	strcpy(status.counter[0].name, "beats_sent");
	status.counter[0].value = 17;
	strcpy(status.counter[1].name, "beats_late");
	assert_true(status_write(&status, STATUS_JSON, written, sizeof(written)) > 0);
	memset(&read_back, 0x5a, sizeof(read_back));
	return 0;
}

static void test_what_was_written_is_read_back(void **state)
{
	(void)state;
	assert_int_equal(status_read(written, strlen(written), &read_back), 0);
	assert_true(status_write(&read_back, STATUS_JSON, again, sizeof(again)) > 0);
	assert_string_equal(again, written);
	assert_string_equal(read_back.vip[0].check[0].words, status.vip[0].check[0].words);
	assert_int_equal(read_back.peer[0].link[1].state, STATUS_LINK_DOWN);
	assert_int_equal(read_back.vip[1].active[0], '\0');
}

static void refused(const char *text)
{
	struct status before = read_back;

	assert_int_equal(status_read(text, strlen(text), &read_back), -EPROTO);
	assert_memory_equal(&before, &read_back, sizeof(before));
}

/* In the document, `what` becomes `that`. */
static const char *with(const char *what, const char *that)
{
	const char *at = strstr(written, what);

	assert_non_null(at);
	snprintf(again, sizeof(again), "%.*s%s%s", (int)(at - written), written, that, at + strlen(what));
	return again;
}

static void test_what_is_no_status_is_refused(void **state)
{
	(void)state;
	refused("");
	refused("{");
	refused("[]");
	refused("{}");
	refused(with("\"pid\":812", "\"pid\":\"812\""));
	refused(with("\"role\":\"BACKUP\"", "\"role\":\"MASTER\""));
	refused(with("\"score\":800", "\"score\":-1"));
	refused(with("\"order\":3", "\"ordre\":3"));
	refused(with("\"5000\":2", "\"5000\":1"));
	refused(with("\"count\":4", "\"count\":2"));
	refused(with("\"majority\":false", "\"majority\":0"));
	refused(with("\"cluster\"", "\"clutter\""));
	refused(with("\"beats_late\"", "\"a_counter_whose_name_is_longer_than_any_that_an_agent_has\""));
	refused(with("\"name\":\"cas2\"", "\"name\":\"cas2\\u0000\""));
	refused(with("\"links\":[", "\"links\":[{},{},{},{},{},{},{},{},{},"));
}

static void test_keys_that_are_not_known_are_passed_over(void **state)
{
	const char *text = with("{\"node\"", "{\"tomorrow\":[1,{}],\"node\"");

	(void)state;
	assert_int_equal(status_read(text, strlen(text), &read_back), 0);
	assert_string_equal(read_back.node, "cas1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_what_was_written_is_read_back, set_up),
		cmocka_unit_test_setup(test_what_is_no_status_is_refused, set_up),
		cmocka_unit_test_setup(test_keys_that_are_not_known_are_passed_over, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
