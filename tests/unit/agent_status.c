/* Status: what people and programs get to see of a snapshot. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/json.h"
#include "agent/status.h"

static char text[3 << 20];

/* An owner with one check, one standby and a witness: the everyday picture. */
static struct status *everyday(void)
{
	static struct status status;

	status = (struct status){
		.node = "cas1",
		.cluster = "mail",
		.version = "0.1",
		.pid = 812,
		.keys = 1,
		.key_id = {0x1badcafe},
		.vips = 1,
		.vip[0] = {
			.name = "mail",
			.role = ROLE_ACTIVE,
			.active = "cas1",
			.term = 7,
			.since_ms = 11520000,
			.why = "silence",
			.active_why = "silence",
			.lease_ms = 225,
			.tally = {.changes = {[WHY_STARTED] = 1, [WHY_SILENCE] = 2}, .dark = {[1] = 1, [8] = 1},
				  .dark_us = 300900},
			.address = {"192.0.2.50/24", "2001:db8:1::50/64"},
			.addresses = 2,
			.fence = STATUS_FENCE_OPEN,
			.fitness = FITNESS_FIT,
			.score = 1000,
			.checks = 1,
			.check[0] = {
				.name = "owa",
				.type = CHECK_OWA,
				.state = CHECK_STATE_UP,
				.outcome = VERDICT_UP,
				.reason = "status-200",
				.words = "200 \"OK\"",
				.took_ms = 12,
				.age_ms = 80,
				.held_ms = STATUS_UNKNOWN,
				.required = true,
			},
			.standing = {STATUS_READY},
			.last_move = {"cas2", "cas1", 11520000, WHY_SILENCE, "why=silence peer=cas2"},
			.last_split = {.age_ms = STATUS_UNKNOWN},
		},
		.peers = 2,
		.peer[0] = {
			.name = "cas2",
			.alive = true,
			.fit = true,
			.config_matches = true,
			.key_matches = true,
			.key_id = 0x1badcafe,
			.links = 1,
			.link[0] = {"192.0.2.2", STATUS_LINK_UP, 40, 180, ""},
			.hears = {{"cas1", 40, false}, {"w", STATUS_UNKNOWN, true}},
			.hears_count = 2,
		},
		.peer[1] = {.name = "w", .alive = true, .witness = true, .config_matches = true, .key_matches = true},
		.counters = 2,
		.counter = {{"beats_sent", 0}, {"refused_bad_seal", 17}},
	};
	return &status;
}

static const char everyday_json[] =
	"{\"node\":\"cas1\",\"cluster\":\"mail\",\"version\":\"0.1\",\"pid\":812,\"majority\":null,\"quorum\":null,\"corosync\":null,"
	"\"keys\":[\"1badcafe\"],\"vips\":[{\"name\":\"mail\","
	"\"role\":\"ACTIVE\",\"active\":\"cas1\",\"active_why\":\"silence\",\"suspect\":false,\"term\":7,\"since_ms\":11520000,\"why\":\"silence\","
	"\"addresses\":[\"192.0.2.50/24\",\"2001:db8:1::50/64\"],\"fence\":\"open\",\"lease_ms\":225,\"fit\":true,\"fitness\":\"fit\","
	"\"score\":1000,\"certificate_differs\":null,\"checks\":[{\"name\":\"owa\",\"type\":\"owa\",\"state\":\"up\",\"outcome\":\"up\","
	"\"reason\":\"status-200\",\"words\":\"200 \\\"OK\\\"\",\"took_ms\":12,\"age_ms\":80,\"held_ms\":null,"
	"\"required\":true}],"
	"\"changes\":{\"started\":1,\"silence\":2,\"yielded\":0,\"vacant\":0,\"stalled\":0,\"outranked\":0,\"check\":0,"
	"\"link\":0,\"standby\":0,\"failback\":0,\"order\":0,\"stopping\":0,\"no-quorum\":0},"
	"\"dark\":{\"le_us\":{\"500\":0,\"1000\":1,\"2000\":1,\"5000\":1,\"10000\":1,\"50000\":1,\"100000\":1,\"200000\":1,"
	"\"300000\":2,\"400000\":2,\"500000\":2,\"1000000\":2,\"3000000\":2},\"count\":2,\"sum_us\":300900},"
	"\"redundant\":true,\"redundancy\":\"ready: cas2\","
	"\"last_move\":{\"from\":\"cas2\",\"to\":\"cas1\",\"age_ms\":11520000,\"why\":\"silence\","
	"\"words\":\"why=silence peer=cas2\"},\"last_split\":null}],"
	"\"peers\":[{\"name\":\"cas2\",\"alive\":true,\"fit\":true,\"witness\":false,\"config_matches\":true,"
	"\"key_matches\":true,\"key\":\"1badcafe\","
	"\"links\":[{\"address\":\"192.0.2.2\",\"state\":\"up\",\"age_ms\":40,\"rtt_us\":180,\"reason\":\"\"}],"
	"\"hears\":[{\"name\":\"cas1\",\"age_ms\":40},{\"name\":\"w\",\"age_ms\":null}]},"
	"{\"name\":\"w\",\"alive\":true,\"fit\":false,\"witness\":true,\"config_matches\":true,"
	"\"key_matches\":true,\"key\":null,\"links\":[],\"hears\":[]}],"
	"\"counters\":{\"beats_sent\":0,\"refused_bad_seal\":17}}\n";

static void test_json_has_the_promised_keys(void **state)
{
	(void)state;
	assert_int_equal(status_write(everyday(), STATUS_JSON, text, sizeof(text)), strlen(everyday_json));
	assert_string_equal(text, everyday_json);
}

static void test_one_screen_tells_who_owns_since_when_and_why(void **state)
{
	(void)state;
	assert_true(status_write(everyday(), STATUS_TEXT, text, sizeof(text)) > 0);
	assert_string_equal(text,
			    "node cas1, cluster mail, casvipd 0.1, pid 812\n"
			    "\n"
			    "vip mail: owned by cas1 (this node), term 7\n"
			    "  standby    ready: cas2\n"
			    "  last move  cas2 -> cas1 3 h 12 min ago: the owner's heartbeats stopped, and nobody answered "
			    "for the vip any more\n"
			    "             why=silence peer=cas2\n"
			    "  this node  ACTIVE for 3 h 12 min (why: silence), fit, score 1000, fence open\n"
			    "  addresses  192.0.2.50/24 2001:db8:1::50/64\n"
			    "  checks       owa              up       owa         80 ms ago, took 12 ms: 200 \"OK\"\n"
			    "\n"
			    "peer cas2: alive, fit\n"
			    "  link       192.0.2.2        up       beat 40 ms ago, round trip 180 us\n"
			    "  link     ! DOES NOT HEAR w, which this node hears (never)\n"
			    "peer w: alive, witness\n"
			    "\n"
			    "counted since the start\n"
			    "  refused_bad_seal                 17\n");
}

static struct status_quorum slow_pair(void)
{
	return (struct status_quorum){
		.used = true, .open = true, .why = "open", .ring = "1.9", .member = {"cas1", "cas2"}, .members = 2,
		.age_ms = 84, .settle_ms = 10500, .grace_ms = 3700, .failover_ms = 24800,
		.settings = {.token_ms = 1000, .consensus_ms = 1200, .device_timeout_ms = 10000,
			     .device_sync_ms = 30000, .quorum = 2, .expected = 3, .present = 3, .flags = QUORUM_DEVICE},
	};
}

static void test_corosyncs_part_tells_the_gate_its_evidence_and_what_would_be_faster(void **state)
{
	static char said[1 << 12];
	struct status_quorum quorum = slow_pair();
	struct page page = page_begin(said, sizeof(said));

	(void)state;
	status_quorum_text(&page, &quorum);
	assert_true(page_end(&page) > 0);
	assert_string_equal(said,
			    "\ncorosync: gate open, evidence 84 ms old\n"
			    "  ring       1.9: cas1 cas2, votes 3 of 3, needs 2\n"
			    "  failover   by quorum within 24800 ms (settling 10500 ms, grace 3700 ms)\n"
			    "  faster by  quorum.device.timeout = 1250\n"
			    "             quorum.device.sync_timeout = 8000\n"
			    "             corosync-qnetd -S dpd_interval_coefficient = 2.5\n");
}

static void test_a_shut_gate_a_lost_witness_and_no_failover_stand_out(void **state)
{
	static char said[1 << 12];
	struct status_quorum quorum = slow_pair();
	struct page page = page_begin(said, sizeof(said));
	struct json json = json_begin(text, sizeof(text));

	(void)state;
	quorum.open = false;
	strcpy(quorum.why, "two-node");
	strcpy(quorum.words, "both halves stay quorate");
	quorum.witness_lost = true;
	quorum.failover_ms = STATUS_UNKNOWN;
	status_quorum_text(&page, &quorum);
	assert_true(page_end(&page) > 0);
	assert_non_null(strstr(said, "corosync: ! GATE SHUT (two-node): both halves stay quorate, evidence"));
	assert_non_null(strstr(said, "  witness    ! LOST"));
	assert_non_null(strstr(said, "  failover   ! none"));
	json_object(&json, NULL);
	status_quorum_json(&json, &quorum);
	json_object_end(&json);
	assert_true(json_end(&json) > 0);
	assert_non_null(strstr(text, "\"corosync\":{\"gate\":\"shut\",\"why\":\"two-node\","));
	assert_non_null(strstr(text, "\"failover_ms\":null,"));
	assert_non_null(strstr(text, "{\"key\":\"quorum.device.timeout\",\"now_ms\":10000,\"better\":\"1250\"}"));
}

static void shows(const struct status *status, const char *words)
{
	assert_true(status_write(status, STATUS_TEXT, text, sizeof(text)) > 0);
	if (!strstr(text, words))
		fail_msg("no \"%s\" in:\n%s", words, text);
}

static void test_a_standby_that_is_not_ready_is_shown_before_it_is_needed(void **state)
{
	struct status *status = everyday();

	(void)state;
	status->vip[0].standing[0] = STATUS_UNFIT;
	status->vip[0].fitness_there[0] = FITNESS_UNHEALTHY;
	shows(status, "standby    ! NONE READY: cas2 is unhealthy: a required check is down\n");
	status->vip[0].standing[0] = STATUS_UNAWARE;
	shows(status, "standby    ! NONE READY: cas2 does not know it: its configuration is another one\n");
	status->vip[0].standing[0] = STATUS_READY;
	status->peer[0].fit = false; /* for another vip */
	shows(status, "standby    ready: cas2\n");
	shows(status, "peer cas2: ! alive, NOT FIT\n");
	status->peer[0].alive = false;
	shows(status, "standby    ! NONE READY: cas2 is not heard\n");
	status->vip[0].role = ROLE_BACKUP;
	strcpy(status->vip[0].active, "cas2");
	shows(status, "vip mail: owned by cas2, term 7\n");
	shows(status, "standby    ready: cas1 (this node)\n");
	status->vip[0].fitness = FITNESS_NO_LINK;
	shows(status, "standby    ! NONE READY: cas1 (this node) has no link\n");
	shows(status, "this node  ! BACKUP for 3 h 12 min (why: silence), no-link, fence open\n");
	status->vip[0].active[0] = 0;
	shows(status, "vip mail: ! NO OWNER KNOWN, term 7\n");
	status->vip[0].suspect = true;
	shows(status, "vip mail: ! NO OWNER KNOWN, term 7\n"
		      "  ! SOMEBODY ANSWERS FOR IT, whose heartbeats do not arrive: look for a firewall or a wrong key\n");
}

static void test_trouble_stands_out(void **state)
{
	struct status *status = everyday();

	(void)state;
	status->peer[0].config_matches = false;
	shows(status, "peer cas2: ! alive, fit, CONFIGURATION DIFFERS\n");
	status->peer[0].key_matches = status->peer[0].alive = false;
	shows(status, "peer cas2: ! DEAD, or alive with ANOTHER KEY: compare the key files\n");
	status->peer[0].alive = true;
	status->peer[0].link[0] =
		(struct status_link){"192.0.2.2", STATUS_LINK_ONE_WAY, STATUS_UNKNOWN, STATUS_UNKNOWN, ""};
	shows(status, "link     ! 192.0.2.2        one-way  beat never\n");
	strcpy(status->peer[0].link[0].reason, "UDP port 7411 of 192.0.2.1 is taken by another process");
	shows(status, "beat never: UDP port 7411 of 192.0.2.1 is taken by another process\n");
	status->vip[0].check[0].held_ms = 61000;
	shows(status, "checks     ! owa              up       owa         80 ms ago, took 12 ms: 200 \"OK\"; "
		      "HELD DOWN for 61.0 s yet, it kept falling\n");
	status->vip[0].check[0].held_ms = STATUS_UNKNOWN;
	status->vip[0].check[0].state = CHECK_STATE_STALE;
	shows(status, "checks     ! owa              stale ");
	strcpy(status->vip[0].unlike[0], "cas2");
	strcpy(status->vip[0].unlike[1], "cas3");
	status->vip[0].unlikes = 2;
	shows(status, "\n  certs      ! ANOTHER CERTIFICATE on cas2, cas3\n\npeer cas2");
	assert_true(status_write(status, STATUS_JSON, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"certificate_differs\":[\"cas2\",\"cas3\"],\"checks\""));
	status->vip[0].check[0].required = false;
	shows(status, "owa         80 ms ago, took 12 ms (not required): 200 ");
	status->vip[0].check[0].age_ms = status->vip[0].check[0].took_ms = STATUS_UNKNOWN;
	status->vip[0].check[0].words[0] = '\0';
	shows(status, "owa         never (not required)\n");
	status->vip[0].fence = STATUS_FENCE_ABSENT;
	shows(status, "this node  ! ACTIVE for 3 h 12 min (why: silence), fit, score 1000, fence absent\n");
	strcpy(status->counter[0].name, "beats_late");
	shows(status, "since the start\n  refused_bad_seal ");
	status->counter[0].value = 2;
	shows(status, "since the start\n! beats_late                       2\n  refused_bad_seal ");
	status->counter[0].value = 0;
	status->counter[1].value = 0;
	shows(status, "node cas1");
	assert_null(strstr(text, "counted"));
}

static void test_a_majority_is_told_only_where_one_is_asked(void **state)
{
	struct status *status = everyday();

	(void)state;
	status->majority = STATUS_MAJORITY_LOST;
	assert_true(status_write(status, STATUS_JSON, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"majority\":false,"));
	status->majority = STATUS_MAJORITY_HEARD;
	assert_true(status_write(status, STATUS_JSON, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"majority\":true,"));
}

static void test_what_is_unknown_is_null(void **state)
{
	struct status *status = everyday();
	struct status_vip *vip = &status->vip[0];

	(void)state;
	vip->active[0] = vip->active_why[0] = 0;
	vip->lease_ms = STATUS_UNKNOWN;
	vip->check[0].age_ms = vip->check[0].took_ms = STATUS_UNKNOWN;
	status->peer[0].link[0].age_ms = status->peer[0].link[0].rtt_us = STATUS_UNKNOWN;
	assert_true(status_write(status, STATUS_JSON, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"active\":null,\"active_why\":null,"));
	assert_non_null(strstr(text, "\"lease_ms\":null,"));
	assert_non_null(strstr(text, "\"took_ms\":null,\"age_ms\":null,\"held_ms\":null,"));
	assert_non_null(strstr(text, "\"age_ms\":null,\"rtt_us\":null,"));
}

/* Somebody else's parser, in a process of its own. */
static void another_parser_reads(const char *json)
{
	FILE *parser =
		popen("python3 -c 'import json, sys; json.loads(sys.stdin.buffer.read().decode(\"utf-8\"))'", "w");

	assert_non_null(parser);
	assert_true(fputs(json, parser) >= 0);
	assert_int_equal(pclose(parser), 0);
}

static void test_json_stays_valid_whatever_a_service_answered(void **state)
{
	struct status *status = everyday();
	char *words = status->vip[0].check[0].words;

	(void)state;
	another_parser_reads(everyday_json);
	for (int from = 1; from < 256; from += 100) {
		for (int i = 0; i < 100; i++)
			words[i] = (char)(from + i < 256 ? from + i : 0);
		words[100] = 0;
		assert_true(status_write(status, STATUS_JSON, text, sizeof(text)) > 0);
		another_parser_reads(text);
	}
}

static void string_becomes(const char *bytes, const char *json)
{
	struct json out = json_begin(text, sizeof(text));

	json_string(&out, NULL, bytes);
	assert_true(json_end(&out) > 0);
	assert_string_equal(text, json);
}

static void test_strings_are_escaped_by_the_letter(void **state)
{
	(void)state;
	string_becomes("", "\"\"\n");
	string_becomes("a\"b\\c/d", "\"a\\\"b\\\\c/d\"\n");
	string_becomes("\x01\n\x1f\x7f", "\"\\u0001\\u000a\\u001f\\u007f\"\n");
	string_becomes("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac",
		       "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac\"\n");
	string_becomes("\xc2\x9b\xc2\xa0", "\"\\u009b\xc2\xa0\"\n");
	string_becomes("\xc3", "\"\\ufffd\"\n");                             /* cut short */
	string_becomes("\xc0\xaf", "\"\\ufffd\\ufffd\"\n");                  /* overlong */
	string_becomes("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n");       /* a surrogate */
	string_becomes("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"\n"); /* behind the last code point */
}

static void test_a_page_that_is_too_small_is_an_error_not_a_cut_document(void **state)
{
	static const enum status_form forms[] = {STATUS_TEXT, STATUS_JSON};

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		size_t length = (size_t)status_write(everyday(), forms[f], text, sizeof(text));

		for (size_t size = 1; size <= length; size++) {
			char *exact = malloc(size); /* so that a byte too many is seen by the sanitizer */

			assert_int_equal(status_write(everyday(), forms[f], exact, size), -ENOSPC);
			free(exact);
		}
		assert_int_equal(status_write(everyday(), forms[f], text, length + 1), (int)length);
	}
}

static void fill(char *to, size_t size)
{
	memset(to, '"', size - 1);
	to[size - 1] = 0;
}

static void fill_vip(struct status_vip *vip, int peers)
{
	fill(vip->name, sizeof(vip->name));
	fill(vip->active, sizeof(vip->active));
	memset(vip->why, 'w', sizeof(vip->why) - 1);
	memset(vip->active_why, 'w', sizeof(vip->active_why) - 1);
	vip->lease_ms = INT64_MAX;
	vip->last_move = (struct status_move){.age_ms = INT64_MAX, .why = WHY_SILENCE};
	fill(vip->last_move.from, sizeof(vip->last_move.from));
	fill(vip->last_move.to, sizeof(vip->last_move.to));
	fill(vip->last_move.words, sizeof(vip->last_move.words));
	vip->last_split = (struct status_split){.age_ms = INT64_MAX, .apart_ms = INT64_MAX};
	fill(vip->last_split.peer, sizeof(vip->last_split.peer));
	for (int p = 0; p < peers; p++) {
		vip->standing[p] = STATUS_UNFIT;
		vip->fitness_there[p] = FITNESS_STANDBY;
	}
	memset(&vip->tally, 0x7f, sizeof(vip->tally));
	vip->term = UINT32_MAX;
	vip->since_ms = vip->score = INT32_MAX;
	vip->fitness = FITNESS_NO_QUORUM;
	vip->addresses = VIP_ADDRESSES_MAX;
	for (int a = 0; a < VIP_ADDRESSES_MAX; a++)
		memset(vip->address[a], 'f', STATUS_ADDRESS_MAX - 1);
	vip->unlikes = peers;
	for (int p = 0; p < peers; p++)
		fill(vip->unlike[p], sizeof(vip->unlike[p]));
	vip->checks = VIP_CHECKS_MAX;
	for (int c = 0; c < VIP_CHECKS_MAX; c++) {
		vip->check[c] = (struct status_check){.type = CHECK_HEALTHCHECK, .outcome = VERDICT_AUTH_REJECTED};
		vip->check[c].took_ms = vip->check[c].age_ms = INT64_MAX;
		fill(vip->check[c].name, CONF_NAME_MAX);
		fill(vip->check[c].reason, FACT_REASON_MAX);
		fill(vip->check[c].words, FACT_WORDS_MAX);
	}
}

static void fill_peer(struct status_peer *peer)
{
	fill(peer->name, sizeof(peer->name));
	peer->hears_count = NODES_MAX - 1;
	for (int h = 0; h < peer->hears_count; h++) {
		fill(peer->hears[h].name, sizeof(peer->hears[h].name));
		peer->hears[h].age_ms = UINT16_MAX;
		peer->hears[h].deaf = true;
	}
	peer->links = LINKS_MAX;
	for (int l = 0; l < LINKS_MAX; l++) {
		peer->link[l] =
			(struct status_link){.state = STATUS_LINK_ONE_WAY, .age_ms = INT64_MAX, .rtt_us = INT64_MAX};
		memset(peer->link[l].address, 'f', STATUS_ADDRESS_MAX - 1);
		memset(peer->link[l].reason, '"', STATUS_LINK_REASON_MAX - 1);
	}
}

static void test_the_room_fits_the_largest_snapshot_of_a_configuration(void **state)
{
	static const enum status_form forms[] = {STATUS_TEXT, STATUS_JSON};
	static const int sizes[][2] = {{1, 2}, {3, 5}, {VIPS_MAX, NODES_MAX}};
	static struct status status;
	static struct conf conf;

	(void)state;
	for (size_t s = 0; s < 3; s++) {
		memset(&status, 0, sizeof(status));
		conf = (struct conf){.vips = sizes[s][0], .nodes = sizes[s][1]};
		status.vips = conf.vips;
		status.peers = conf.nodes - 1;
		status.counters = STATUS_COUNTERS_MAX;
		status.keys = KEYRING_MAX;
		status.majority = STATUS_MAJORITY_HEARD;
		status.quorum_nodes = conf.nodes;
		fill(status.node, sizeof(status.node));
		fill(status.cluster, sizeof(status.cluster));
		status.quorum = (struct status_quorum){
			.used = true, .members = conf.nodes, .settle_ms = INT64_MAX, .grace_ms = INT64_MAX,
			.failover_ms = INT64_MAX, .age_ms = INT64_MAX, .witness_lost = true};
		memset(&status.quorum.settings, 0xff, sizeof(status.quorum.settings));
		fill(status.quorum.words, sizeof(status.quorum.words));
		fill(status.quorum.why, sizeof(status.quorum.why));
		fill(status.quorum.ring, sizeof(status.quorum.ring));
		for (int m = 0; m < conf.nodes; m++)
			fill(status.quorum.member[m], sizeof(status.quorum.member[m]));
		for (int v = 0; v < status.vips; v++) {
			conf.vip[v].checks = VIP_CHECKS_MAX;
			fill_vip(&status.vip[v], status.peers);
		}
		for (int p = 0; p < status.peers; p++)
			fill_peer(&status.peer[p]);
		for (int c = 0; c < STATUS_COUNTERS_MAX; c++) {
			memset(status.counter[c].name, 'c', STATUS_COUNTER_NAME_MAX - 1);
			status.counter[c].value = INT64_MAX;
		}
		assert_in_range(status_room(&conf), 1, sizeof(text));
		for (size_t f = 0; f < 2; f++)
			assert_true(status_write(&status, forms[f], text, status_room(&conf)) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_has_the_promised_keys),
		cmocka_unit_test(test_one_screen_tells_who_owns_since_when_and_why),
		cmocka_unit_test(test_a_standby_that_is_not_ready_is_shown_before_it_is_needed),
		cmocka_unit_test(test_trouble_stands_out),
		cmocka_unit_test(test_corosyncs_part_tells_the_gate_its_evidence_and_what_would_be_faster),
		cmocka_unit_test(test_a_shut_gate_a_lost_witness_and_no_failover_stand_out),
		cmocka_unit_test(test_a_majority_is_told_only_where_one_is_asked),
		cmocka_unit_test(test_what_is_unknown_is_null),
		cmocka_unit_test(test_json_stays_valid_whatever_a_service_answered),
		cmocka_unit_test(test_strings_are_escaped_by_the_letter),
		cmocka_unit_test(test_a_page_that_is_too_small_is_an_error_not_a_cut_document),
		cmocka_unit_test(test_the_room_fits_the_largest_snapshot_of_a_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
