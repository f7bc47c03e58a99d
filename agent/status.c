#include "agent/status.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "agent/json.h"
#include "agent/redundancy.h"
#include "agent/status_text.h"
#include "vrrp/election.h"

#define WORD(words, index) (assert((size_t)(index) < sizeof(words) / sizeof((words)[0])), (words)[index])

const char *status_check_state_word(enum check_state state)
{
	static const char *const words[] = {
		[CHECK_STATE_UNKNOWN] = "unknown",
		[CHECK_STATE_UP] = "up",
		[CHECK_STATE_DOWN] = "down",
		[CHECK_STATE_STALE] = "stale",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == CHECK_STATE_COUNT, "a word for each");
	return WORD(words, state);
}

const char *status_verdict_word(enum verdict verdict)
{
	static const char *const words[] = {
		[VERDICT_UP] = "up",     [VERDICT_UP_AUTH] = "up-auth", [VERDICT_AUTH_REJECTED] = "auth-rejected",
		[VERDICT_DOWN] = "down", [VERDICT_UNKNOWN] = "unknown",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == VERDICT_COUNT, "a word for each");
	return WORD(words, verdict);
}

const char *status_link_word(enum status_link_state state)
{
	static const char *const words[] = {
		[STATUS_LINK_DOWN] = "down", [STATUS_LINK_ONE_WAY] = "one-way", [STATUS_LINK_UP] = "up"};

	return WORD(words, state);
}

const char *status_fence_word(enum status_fence fence)
{
	static const char *const words[] = {
		[STATUS_FENCE_ABSENT] = "absent",
		[STATUS_FENCE_BROKEN] = "broken",
		[STATUS_FENCE_SHUT] = "shut",
		[STATUS_FENCE_OPEN] = "open",
	};

	return WORD(words, fence);
}

static void write_age(struct json *json, const char *key, int64_t age)
{
	if (age < 0)
		json_null(json, key);
	else
		json_number(json, key, age);
}

static void write_named(struct json *json, const char *key, const char *name)
{
	if (name[0])
		json_string(json, key, name);
	else
		json_null(json, key);
}

static void write_majority(struct json *json, enum status_majority majority)
{
	if (majority == STATUS_MAJORITY_UNASKED)
		json_null(json, "majority");
	else
		json_bool(json, "majority", majority == STATUS_MAJORITY_HEARD);
}

static void write_quorum(struct json *json, const struct status *status)
{
	write_majority(json, status->majority);
	if (status->majority == STATUS_MAJORITY_UNASKED) {
		json_null(json, "quorum");
		return;
	}
	json_object(json, "quorum");
	json_number(json, "nodes", status->quorum_nodes);
	json_number(json, "heard", status->quorum_heard);
	json_number(json, "needed", status->quorum_nodes / 2 + 1);
	json_object_end(json);
}

/* A key's public name. */
static void write_key(struct json *json, const char *key, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%08x", id);
	json_string(json, key, text);
}

static void write_move(struct json *json, const struct status_move *move)
{
	if (!move->to[0]) {
		json_null(json, "last_move");
		return;
	}
	json_object(json, "last_move");
	write_named(json, "from", move->from);
	json_string(json, "to", move->to);
	write_age(json, "age_ms", move->age_ms);
	write_named(json, "why", move->words[0] ? why_word(move->why) : "");
	write_named(json, "words", move->words);
	json_object_end(json);
}

static void write_split(struct json *json, const struct status_split *split)
{
	if (!split->peer[0]) {
		json_null(json, "last_split");
		return;
	}
	json_object(json, "last_split");
	json_string(json, "peer", split->peer);
	write_age(json, "apart_ms", split->apart_ms);
	write_age(json, "age_ms", split->age_ms);
	json_object_end(json);
}

static void write_redundancy(struct json *json, const struct status *status, const struct status_vip *vip)
{
	struct redundancy redundancy;

	redundancy_judge(status, vip, &redundancy);
	json_bool(json, "redundant", redundancy.ready);
	json_string(json, "redundancy", redundancy.words);
}

/* Of each class and those below it together, as a histogram is read. */
static void write_tally(struct json *json, const struct tally *tally)
{
	char bound[16];
	uint64_t sum = 0;

	json_object(json, "changes");
	for (int w = 0; w < WHY_COUNT; w++)
		json_number(json, why_word((enum why)w), (int64_t)tally->changes[w]);
	json_object_end(json);
	json_object(json, "dark");
	json_object(json, "le_us");
	for (int b = 0; b < TALLY_BOUNDS; b++) {
		sum += tally->dark[b];
		snprintf(bound, sizeof(bound), "%u", tally_bound_us[b]);
		json_number(json, bound, (int64_t)sum);
	}
	json_object_end(json);
	json_number(json, "count", (int64_t)tally_claims(tally));
	json_number(json, "sum_us", (int64_t)tally->dark_us);
	json_object_end(json);
}

static void write_check(struct json *json, const struct status_check *check)
{
	json_object(json, NULL);
	json_string(json, "name", check->name);
	json_string(json, "type", conf_check_type_word(check->type));
	json_string(json, "state", status_check_state_word(check->state));
	json_string(json, "outcome", status_verdict_word(check->outcome));
	json_string(json, "reason", check->reason);
	json_string(json, "words", check->words);
	write_age(json, "took_ms", check->took_ms);
	write_age(json, "age_ms", check->age_ms);
	write_age(json, "held_ms", check->held_ms);
	json_bool(json, "required", check->required);
	json_object_end(json);
}

static void write_vip(struct json *json, const struct status *status, const struct status_vip *vip)
{
	json_object(json, NULL);
	json_string(json, "name", vip->name);
	json_string(json, "role", role_word(vip->role));
	write_named(json, "active", vip->active);
	write_named(json, "active_why", vip->active_why);
	json_bool(json, "suspect", vip->suspect);
	json_number(json, "term", vip->term);
	write_age(json, "since_ms", vip->since_ms);
	json_string(json, "why", vip->why);
	json_array(json, "addresses");
	for (int a = 0; a < vip->addresses; a++)
		json_string(json, NULL, vip->address[a]);
	json_array_end(json);
	json_string(json, "fence", status_fence_word(vip->fence));
	write_age(json, "lease_ms", vip->lease_ms);
	json_bool(json, "fit", vip->fitness == FITNESS_FIT);
	json_string(json, "fitness", fitness_word(vip->fitness));
	json_number(json, "score", vip->score);
	if (vip->unlikes)
		json_array(json, "certificate_differs");
	else
		json_null(json, "certificate_differs");
	for (int u = 0; u < vip->unlikes; u++)
		json_string(json, NULL, vip->unlike[u]);
	if (vip->unlikes)
		json_array_end(json);
	json_array(json, "checks");
	for (int c = 0; c < vip->checks; c++)
		write_check(json, &vip->check[c]);
	json_array_end(json);
	write_tally(json, &vip->tally);
	write_redundancy(json, status, vip);
	write_move(json, &vip->last_move);
	write_split(json, &vip->last_split);
	json_object_end(json);
}

static void write_peer(struct json *json, const struct status_peer *peer)
{
	json_object(json, NULL);
	json_string(json, "name", peer->name);
	json_bool(json, "alive", peer->alive);
	json_bool(json, "fit", peer->fit);
	json_bool(json, "witness", peer->witness);
	json_bool(json, "config_matches", peer->config_matches);
	json_bool(json, "key_matches", peer->key_matches);
	if (peer->key_id)
		write_key(json, "key", peer->key_id);
	else
		json_null(json, "key");
	json_array(json, "links");
	for (int l = 0; l < peer->links; l++) {
		const struct status_link *link = &peer->link[l];

		json_object(json, NULL);
		json_string(json, "address", link->address);
		json_string(json, "state", status_link_word(link->state));
		write_age(json, "age_ms", link->age_ms);
		write_age(json, "rtt_us", link->rtt_us);
		json_string(json, "reason", link->reason);
		json_object_end(json);
	}
	json_array_end(json);
	json_array(json, "hears");
	for (int h = 0; h < peer->hears_count; h++) {
		json_object(json, NULL);
		json_string(json, "name", peer->hears[h].name);
		write_age(json, "age_ms", peer->hears[h].age_ms);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static int write_json(const struct status *status, char *text, size_t size)
{
	struct json json = json_begin(text, size);

	json_object(&json, NULL);
	json_string(&json, "node", status->node);
	json_string(&json, "cluster", status->cluster);
	json_string(&json, "version", status->version);
	json_number(&json, "pid", status->pid);
	write_quorum(&json, status);
	status_quorum_json(&json, &status->quorum);
	json_array(&json, "keys");
	for (int k = 0; k < status->keys; k++)
		write_key(&json, NULL, status->key_id[k]);
	json_array_end(&json);
	json_array(&json, "vips");
	for (int v = 0; v < status->vips; v++)
		write_vip(&json, status, &status->vip[v]);
	json_array_end(&json);
	json_array(&json, "peers");
	for (int p = 0; p < status->peers; p++)
		write_peer(&json, &status->peer[p]);
	json_array_end(&json);
	json_object(&json, "counters");
	for (int c = 0; c < status->counters; c++)
		json_number(&json, status->counter[c].name, (int64_t)status->counter[c].value);
	json_object_end(&json);
	json_object_end(&json);
	return json_end(&json);
}

int status_write(const struct status *status, enum status_form form, char *text, size_t size)
{
	switch (form) {
	case STATUS_TEXT:
		return status_write_text(status, text, size);
	case STATUS_JSON:
		return write_json(status, text, size);
	}
	return -EINVAL;
}

/* Generous, and checked: a unit test fills a snapshot to the brim and writes it into this much. */
size_t status_room(const struct conf *conf)
{
	enum { FRAME = 1024, KEYS = 384, COUNTER = STATUS_COUNTER_NAME_MAX + 32,
	       HISTORY = 192 + 6 * CONF_NODE_NAME_MAX + 2 * HISTORY_WORDS_MAX, VERDICT = 2 * 128,
	       TALLY = 64 + (WHY_COUNT + TALLY_BOUNDS + 2) * 36 };
	size_t name = 2 * CONF_NAME_MAX, node = 2 * CONF_NODE_NAME_MAX; /* each byte may need a backslash */
	size_t address = STATUS_ADDRESS_MAX + 8, link = KEYS / 2 + address + 2 * STATUS_LINK_REASON_MAX;
	size_t room = FRAME + STATUS_COUNTERS_MAX * COUNTER + status_quorum_room(conf->nodes);

	for (int v = 0; v < conf->vips; v++)
		room += KEYS + TALLY + HISTORY + VERDICT + name +
			(size_t)(conf->nodes + 1) * (2 * node + 64 + VERDICT) + VIP_ADDRESSES_MAX * address +
			(size_t)conf->vip[v].checks * (KEYS + name + 2 * (FACT_REASON_MAX + FACT_WORDS_MAX));
	return room + (size_t)conf->nodes * (KEYS + node + LINKS_MAX * link + (size_t)conf->nodes * (node + 64));
}
