#include "agent/status_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vrrp/election.h"

/* A document, read member by member; what is missing, of another type or too long spoils it, so one question at the end
 * will do. */
struct reader {
	bool spoilt;
};

static const json_t *member(struct reader *reader, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	reader->spoilt |= !value;
	return value;
}

static void read_text(struct reader *reader, const json_t *value, char *to, size_t size)
{
	const char *text = json_string_value(value);

	if (text && strlen(text) < size && strlen(text) == json_string_length(value))
		strcpy(to, text);
	else
		reader->spoilt = true;
}

#define read_string(reader, object, key, to) read_text(reader, member(reader, object, key), to, sizeof(to))

static bool read_bool(struct reader *reader, const json_t *object, const char *key)
{
	const json_t *value = member(reader, object, key);

	reader->spoilt |= !json_is_boolean(value);
	return json_is_true(value);
}

static int64_t read_number(struct reader *reader, const json_t *object, const char *key, int64_t most)
{
	const json_t *value = member(reader, object, key);
	int64_t number = json_integer_value(value);

	if (json_is_integer(value) && number >= 0 && number <= most)
		return number;
	reader->spoilt = true;
	return 0;
}

/* An age, or null. */
static int64_t read_age(struct reader *reader, const json_t *object, const char *key)
{
	if (json_is_null(json_object_get(object, key)))
		return STATUS_UNKNOWN;
	return read_number(reader, object, key, INT64_MAX);
}

/* The elements of an array of at most so many; NULL is one without any. */
static int count_of(struct reader *reader, const json_t *array, int most)
{
	size_t count = json_array_size(array);

	if ((array && !json_is_array(array)) || count > (size_t)most) {
		reader->spoilt = true;
		return 0;
	}
	return (int)count;
}

/* Which of `count` words it is. */
#define READ_WORD(reader, object, key, type, count, word_of)                              \
	({                                                                                \
		const char *said_ = json_string_value(member(reader, object, key));       \
		int w_ = 0;                                                               \
		while (w_ < (count) && (!said_ || strcmp(said_, word_of((type)w_)) != 0)) \
			w_++;                                                             \
		(reader)->spoilt |= w_ == (count);                                        \
		w_ < (count) ? (type)w_ : (type)0;                                        \
	})

static void read_check(struct reader *reader, const json_t *from, struct status_check *check)
{
	read_string(reader, from, "name", check->name);
	check->type = READ_WORD(reader, from, "type", enum check_type, CHECK_TYPE_COUNT, conf_check_type_word);
	check->state = READ_WORD(reader, from, "state", enum check_state, CHECK_STATE_COUNT, status_check_state_word);
	check->outcome = READ_WORD(reader, from, "outcome", enum verdict, VERDICT_COUNT, status_verdict_word);
	read_string(reader, from, "reason", check->reason);
	read_string(reader, from, "words", check->words);
	check->took_ms = read_age(reader, from, "took_ms");
	check->age_ms = read_age(reader, from, "age_ms");
	check->held_ms = read_age(reader, from, "held_ms");
	check->required = read_bool(reader, from, "required");
}

static void read_lists(struct reader *reader, const json_t *from, struct status_vip *vip)
{
	const json_t *addresses = member(reader, from, "addresses"), *checks = member(reader, from, "checks");
	const json_t *unlike = member(reader, from, "certificate_differs");

	vip->addresses = count_of(reader, addresses, VIP_ADDRESSES_MAX);
	for (int a = 0; a < vip->addresses; a++)
		read_text(reader, json_array_get(addresses, (size_t)a), vip->address[a], sizeof(vip->address[a]));
	vip->unlikes = json_is_null(unlike) ? 0 : count_of(reader, unlike, NODES_MAX);
	for (int u = 0; u < vip->unlikes; u++)
		read_text(reader, json_array_get(unlike, (size_t)u), vip->unlike[u], sizeof(vip->unlike[u]));
	vip->checks = count_of(reader, checks, VIP_CHECKS_MAX);
	for (int c = 0; c < vip->checks; c++)
		read_check(reader, json_array_get(checks, (size_t)c), &vip->check[c]);
}

/* One class of a histogram: it is told as the sum of itself and those below it, which is never less than theirs. */
static uint64_t read_class(struct reader *reader, const json_t *from, const char *key, uint64_t *below)
{
	uint64_t sum = (uint64_t)read_number(reader, from, key, INT64_MAX), was = *below;

	if (sum < was) {
		reader->spoilt = true;
		return 0;
	}
	*below = sum;
	return sum - was;
}

static void read_tally(struct reader *reader, const json_t *from, struct tally *tally)
{
	const json_t *changes = member(reader, from, "changes"), *dark = member(reader, from, "dark");
	const json_t *le_us = member(reader, dark, "le_us");
	uint64_t below = 0;
	char bound[16];

	for (int w = 0; w < WHY_COUNT; w++)
		tally->changes[w] = (uint64_t)read_number(reader, changes, why_word((enum why)w), INT64_MAX);
	for (int b = 0; b < TALLY_BOUNDS; b++) {
		snprintf(bound, sizeof(bound), "%u", tally_bound_us[b]);
		tally->dark[b] = read_class(reader, le_us, bound, &below);
	}
	tally->dark[TALLY_BOUNDS] = read_class(reader, dark, "count", &below);
	tally->dark_us = (uint64_t)read_number(reader, dark, "sum_us", INT64_MAX);
}

static void read_vip(struct reader *reader, const json_t *from, struct status_vip *vip)
{
	read_string(reader, from, "name", vip->name);
	vip->role = READ_WORD(reader, from, "role", enum role, ROLE_COUNT, role_word);
	if (!json_is_null(json_object_get(from, "active")))
		read_string(reader, from, "active", vip->active);
	if (!json_is_null(json_object_get(from, "active_why")))
		read_string(reader, from, "active_why", vip->active_why);
	vip->suspect = read_bool(reader, from, "suspect");
	vip->term = (uint32_t)read_number(reader, from, "term", UINT32_MAX);
	vip->since_ms = read_age(reader, from, "since_ms");
	read_string(reader, from, "why", vip->why);
	vip->fence = READ_WORD(reader, from, "fence", enum status_fence, STATUS_FENCE_OPEN + 1, status_fence_word);
	vip->lease_ms = read_age(reader, from, "lease_ms");
	vip->fitness = READ_WORD(reader, from, "fitness", enum fitness, FITNESS_COUNT, fitness_word);
	vip->score = (int)read_number(reader, from, "score", SCORE_MAX);
	read_tally(reader, from, &vip->tally);
	read_lists(reader, from, vip);
}

static void read_link(struct reader *reader, const json_t *from, struct status_link *link)
{
	read_string(reader, from, "address", link->address);
	link->state = READ_WORD(reader, from, "state", enum status_link_state, STATUS_LINK_UP + 1, status_link_word);
	link->age_ms = read_age(reader, from, "age_ms");
	link->rtt_us = read_age(reader, from, "rtt_us");
	read_string(reader, from, "reason", link->reason);
}

/* A key's public name; 0 for none. */
static uint32_t key_of(const json_t *value)
{
	const char *text = json_string_value(value);

	return text ? (uint32_t)strtoul(text, NULL, 16) : 0;
}

static void read_peer(struct reader *reader, const json_t *from, struct status_peer *peer)
{
	const json_t *links = member(reader, from, "links"), *hears = member(reader, from, "hears");

	read_string(reader, from, "name", peer->name);
	peer->alive = read_bool(reader, from, "alive");
	peer->fit = read_bool(reader, from, "fit");
	peer->witness = read_bool(reader, from, "witness");
	peer->config_matches = read_bool(reader, from, "config_matches");
	peer->key_matches = read_bool(reader, from, "key_matches");
	peer->key_id = key_of(json_object_get(from, "key"));
	peer->links = count_of(reader, links, LINKS_MAX);
	for (int l = 0; l < peer->links; l++)
		read_link(reader, json_array_get(links, (size_t)l), &peer->link[l]);
	peer->hears_count = count_of(reader, hears, NODES_MAX);
	for (int h = 0; h < peer->hears_count; h++) {
		const json_t *one = json_array_get(hears, (size_t)h);

		read_string(reader, one, "name", peer->hears[h].name);
		peer->hears[h].age_ms = read_age(reader, one, "age_ms");
	}
}

static void read_counters(struct reader *reader, const json_t *from, struct status *status)
{
	const char *name;
	json_t *value;

	reader->spoilt |= !json_is_object(from);
	json_object_foreach((json_t *)(uintptr_t)from, name, value)
	{
		struct status_counter *counter = &status->counter[status->counters];

		if (status->counters == STATUS_COUNTERS_MAX || strlen(name) >= sizeof(counter->name) ||
		    !json_is_integer(value)) {
			reader->spoilt = true;
			return;
		}
		strcpy(counter->name, name);
		counter->value = (uint64_t)json_integer_value(value);
		status->counters++;
	}
}

static enum status_majority read_majority(struct reader *reader, const json_t *from)
{
	if (json_is_null(json_object_get(from, "majority")))
		return STATUS_MAJORITY_UNASKED;
	return read_bool(reader, from, "majority") ? STATUS_MAJORITY_HEARD : STATUS_MAJORITY_LOST;
}

static uint32_t read_count(struct reader *reader, const json_t *object, const char *key)
{
	return (uint32_t)read_number(reader, object, key, UINT32_MAX);
}

static void read_settings(struct reader *reader, const json_t *from, struct quorum_settings *settings)
{
	settings->token_ms = read_count(reader, from, "token_ms");
	settings->consensus_ms = read_count(reader, from, "consensus_ms");
	settings->device_timeout_ms = read_count(reader, from, "device_timeout_ms");
	settings->device_sync_ms = read_count(reader, from, "device_sync_timeout_ms");
	settings->nodes = read_count(reader, from, "nodes");
	settings->votes = read_count(reader, from, "votes");
	settings->heaviest = read_count(reader, from, "heaviest");
	settings->device_votes = read_count(reader, from, "device_votes");
	settings->quorum = read_count(reader, from, "quorum");
	settings->expected = read_count(reader, from, "expected");
	settings->present = read_count(reader, from, "present");
	settings->flags = read_count(reader, from, "flags");
}

/* The advice follows from the settings. */
static void read_quorum(struct reader *reader, const json_t *from, struct status_quorum *quorum)
{
	const json_t *members;
	char gate[8] = "";

	quorum->used = from && !json_is_null(from);
	if (!quorum->used)
		return;
	read_string(reader, from, "gate", gate);
	quorum->open = strcmp(gate, "open") == 0;
	read_string(reader, from, "why", quorum->why);
	read_string(reader, from, "words", quorum->words);
	read_string(reader, from, "ring", quorum->ring);
	members = member(reader, from, "members");
	quorum->members = count_of(reader, members, NODES_MAX);
	for (int m = 0; m < quorum->members; m++)
		read_text(reader, json_array_get(members, (size_t)m), quorum->member[m], sizeof(quorum->member[m]));
	quorum->age_ms = read_age(reader, from, "age_ms");
	quorum->settle_ms = read_number(reader, from, "settle_ms", INT64_MAX);
	quorum->grace_ms = read_number(reader, from, "grace_ms", INT64_MAX);
	quorum->failover_ms = read_age(reader, from, "failover_ms");
	quorum->restarts = read_count(reader, from, "restarts");
	quorum->witness_lost = read_bool(reader, from, "witness_lost");
	read_settings(reader, member(reader, from, "settings"), &quorum->settings);
}

static uint32_t read_setting(struct reader *reader, const json_t *from, const char *key)
{
	return (uint32_t)read_number(reader, from, key, UINT32_MAX);
}

/* What is judged of it; ring and members are for people. */
static void read_corosync(struct reader *reader, const json_t *from, struct status_quorum *quorum)
{
	const json_t *settings = member(reader, from, "settings");
	char gate[8] = "";

	quorum->used = true;
	read_string(reader, from, "gate", gate);
	quorum->open = strcmp(gate, "open") == 0;
	read_string(reader, from, "why", quorum->why);
	read_string(reader, from, "words", quorum->words);
	quorum->age_ms = read_age(reader, from, "age_ms");
	quorum->failover_ms = read_age(reader, from, "failover_ms");
	quorum->witness_lost = read_bool(reader, from, "witness_lost");
	quorum->settings = (struct quorum_settings){
		.token_ms = read_setting(reader, settings, "token_ms"),
		.consensus_ms = read_setting(reader, settings, "consensus_ms"),
		.device_timeout_ms = read_setting(reader, settings, "device_timeout_ms"),
		.device_sync_ms = read_setting(reader, settings, "device_sync_timeout_ms"),
		.nodes = read_setting(reader, settings, "nodes"),
		.votes = read_setting(reader, settings, "votes"),
		.heaviest = read_setting(reader, settings, "heaviest"),
		.device_votes = read_setting(reader, settings, "device_votes"),
		.quorum = read_setting(reader, settings, "quorum"),
		.expected = read_setting(reader, settings, "expected"),
		.present = read_setting(reader, settings, "present"),
		.flags = read_setting(reader, settings, "flags"),
	};
}

static void read_all(struct reader *reader, const json_t *from, struct status *status)
{
	const json_t *vips = member(reader, from, "vips"), *peers = member(reader, from, "peers");
	const json_t *keys = json_object_get(from, "keys");

	read_string(reader, from, "node", status->node);
	read_string(reader, from, "cluster", status->cluster);
	read_string(reader, from, "version", status->version);
	status->pid = (int)read_number(reader, from, "pid", INT32_MAX);
	status->majority = read_majority(reader, from);
	read_quorum(reader, json_object_get(from, "corosync"), &status->quorum);
	while (status->keys < KEYRING_MAX && (size_t)status->keys < json_array_size(keys)) {
		status->key_id[status->keys] = key_of(json_array_get(keys, (size_t)status->keys));
		status->keys++;
	}
	status->vips = count_of(reader, vips, VIPS_MAX);
	for (int v = 0; v < status->vips; v++)
		read_vip(reader, json_array_get(vips, (size_t)v), &status->vip[v]);
	status->peers = count_of(reader, peers, NODES_MAX);
	for (int p = 0; p < status->peers; p++)
		read_peer(reader, json_array_get(peers, (size_t)p), &status->peer[p]);
	if (json_is_object(json_object_get(from, "corosync")))
		read_corosync(reader, json_object_get(from, "corosync"), &status->quorum);
	read_counters(reader, member(reader, from, "counters"), status);
}

int status_read(const char *text, size_t length, struct status *status)
{
	struct status *read = calloc(1, sizeof(*read));
	json_t *document = json_loadb(text, length, 0, NULL);
	struct reader reader = {.spoilt = !json_is_object(document)};
	int error = read ? 0 : -ENOMEM;

	if (read && !reader.spoilt)
		read_all(&reader, document, read);
	if (read && reader.spoilt)
		error = -EPROTO;
	if (error == 0)
		*status = *read;
	json_decref(document);
	free(read);
	return error;
}
