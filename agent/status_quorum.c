#include "agent/status_quorum.h"

#include <inttypes.h>

#include "agent/json.h"

static void write_age(struct json *json, const char *key, int64_t age)
{
	if (age < 0)
		json_null(json, key);
	else
		json_number(json, key, age);
}

/* Its keys are corosync's own names; votequorum's flags stand as they are read back. */
static void write_settings(struct json *json, const struct quorum_settings *settings)
{
	json_object(json, "settings");
	json_number(json, "token_ms", settings->token_ms);
	json_number(json, "consensus_ms", settings->consensus_ms);
	json_number(json, "device_timeout_ms", settings->device_timeout_ms);
	json_number(json, "device_sync_timeout_ms", settings->device_sync_ms);
	json_number(json, "nodes", settings->nodes);
	json_number(json, "votes", settings->votes);
	json_number(json, "heaviest", settings->heaviest);
	json_number(json, "device_votes", settings->device_votes);
	json_number(json, "quorum", settings->quorum);
	json_number(json, "expected", settings->expected);
	json_number(json, "present", settings->present);
	json_number(json, "flags", settings->flags);
	json_object_end(json);
}

static void write_advice(struct json *json, const struct quorum_settings *settings)
{
	struct quorum_advice advice[QUORUM_ADVICE_MAX];
	int count = quorum_advice(settings, advice);

	json_array(json, "advice");
	for (int i = 0; i < count; i++) {
		json_object(json, NULL);
		json_string(json, "key", advice[i].key);
		write_age(json, "now_ms", advice[i].now_ms ? (int64_t)advice[i].now_ms : -1);
		json_string(json, "better", advice[i].better);
		json_object_end(json);
	}
	json_array_end(json);
}

void status_quorum_json(struct json *json, const struct status_quorum *quorum)
{
	if (!quorum->used) {
		json_null(json, "corosync");
		return;
	}
	json_object(json, "corosync");
	json_string(json, "gate", quorum->open ? "open" : "shut");
	json_string(json, "why", quorum->why);
	json_string(json, "words", quorum->words);
	json_string(json, "ring", quorum->ring);
	json_array(json, "members");
	for (int m = 0; m < quorum->members; m++)
		json_string(json, NULL, quorum->member[m]);
	json_array_end(json);
	write_age(json, "age_ms", quorum->age_ms);
	json_number(json, "settle_ms", quorum->settle_ms);
	json_number(json, "grace_ms", quorum->grace_ms);
	write_age(json, "failover_ms", quorum->failover_ms);
	json_number(json, "restarts", quorum->restarts);
	json_bool(json, "witness_lost", quorum->witness_lost);
	write_settings(json, &quorum->settings);
	write_advice(json, &quorum->settings);
	json_object_end(json);
}

static void print_failover(struct page *page, const struct status_quorum *quorum)
{
	if (quorum->failover_ms < 0)
		page_print(page, "  failover   ! none: nobody takes a vip by this quorum\n");
	else
		page_print(page, "  failover   by quorum within %" PRId64 " ms (settling %" PRId64 " ms, grace %" PRId64
			   " ms)\n", quorum->failover_ms, quorum->settle_ms, quorum->grace_ms);
}

void status_quorum_text(struct page *page, const struct status_quorum *quorum)
{
	const struct quorum_settings *settings = &quorum->settings;
	struct quorum_advice advice[QUORUM_ADVICE_MAX];
	int count = quorum_advice(settings, advice);

	if (!quorum->used)
		return;
	page_print(page, "\ncorosync: %s", quorum->open ? "gate open" : "! GATE SHUT");
	if (!quorum->open)
		page_print(page, " (%s)%s%s", quorum->why, quorum->words[0] ? ": " : "", quorum->words);
	if (quorum->age_ms >= 0)
		page_print(page, ", evidence %" PRId64 " ms old", quorum->age_ms);
	page_print(page, "\n  ring       %s:", quorum->ring);
	for (int m = 0; m < quorum->members; m++)
		page_print(page, " %s", quorum->member[m]);
	page_print(page, ", votes %" PRIu32 " of %" PRIu32 ", needs %" PRIu32 "\n", settings->present,
		   settings->expected, settings->quorum);
	print_failover(page, quorum);
	if (quorum->witness_lost)
		page_print(page, "  witness    ! LOST: the quorum device does not vote\n");
	for (int i = 0; i < count && settings->token_ms; i++)
		page_print(page, "  %-10s %s = %s\n", i == 0 ? "faster by" : "", advice[i].key, advice[i].better);
}

size_t status_quorum_room(int nodes)
{
	enum { KEYS = 1024, ADVICE = 192 };

	return KEYS + 2 * STATUS_QUORUM_WORDS_MAX + QUORUM_ADVICE_MAX * ADVICE +
	       (size_t)nodes * (2 * CONF_NODE_NAME_MAX + 8);
}
