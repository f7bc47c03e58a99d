#include "agent/quorum_fact.h"

#include <assert.h>
#include <string.h>

const char *quorum_state_word(enum quorum_state state)
{
	static const char *const words[] = {
		[QUORUM_UNREACHED] = "no-corosync",
		[QUORUM_DENIED] = "denied",
		[QUORUM_NO_PROVIDER] = "no-provider",
		[QUORUM_MISMATCH] = "mismatch",
		[QUORUM_NO_VERDICT] = "no-verdict",
		[QUORUM_NOT_QUORATE] = "not-quorate",
		[QUORUM_QUORATE] = "quorate",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == QUORUM_STATE_COUNT, "a word for each");
	assert((size_t)state < sizeof(words) / sizeof(words[0]));
	return words[state];
}

static bool is_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\0')
			return true;
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return false;
}

static bool is_sane(const struct quorum_settings *settings)
{
	const uint32_t times[] = {settings->token_ms, settings->consensus_ms, settings->device_timeout_ms,
				  settings->device_sync_ms};
	const uint32_t votes[] = {settings->nodes,  settings->votes,    settings->heaviest, settings->device_votes,
				  settings->quorum, settings->expected, settings->present};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i] > QUORUM_MS_MOST)
			return false;
	for (size_t i = 0; i < sizeof(votes) / sizeof(votes[0]); i++)
		if (votes[i] > QUORUM_VOTES_MOST)
			return false;
	return settings->flags <= QUORUM_FLAGS_ALL;
}

static bool has_times(const struct quorum_fact *fact)
{
	bool fine = fact->members_since_ns >= 0 && fact->ring_since_ns >= 0 && fact->proven_ns >= 0;

	for (int n = 0; n < NODES_MAX; n++)
		fine = fine && fact->word_ns[n] >= 0 && fact->gone_ns[n] >= 0;
	return fine;
}

/* Quorate is said of somebody, and by one who knows the times that the arithmetic needs. */
static bool is_founded(const struct quorum_fact *fact)
{
	return fact->self != NODE_NONE && fact->members >> fact->self & 1 && fact->members_since_ns > 0 &&
	       fact->ring_since_ns >= fact->members_since_ns && fact->settings.token_ms > 0 &&
	       fact->settings.consensus_ms > 0;
}

enum quorum_refusal quorum_fact_read(const void *bytes, size_t length, struct quorum_fact *fact)
{
	struct quorum_fact read;

	if (length != sizeof(read))
		return QUORUM_FACT_WRONG_SIZE;
	memcpy(&read, bytes, sizeof(read));
	if (read.magic != QUORUM_FACT_MAGIC)
		return QUORUM_FACT_WRONG_MAGIC;
	if (read.state >= QUORUM_STATE_COUNT || read.members >> NODES_MAX ||
	    (read.self >= NODES_MAX && read.self != NODE_NONE) || !has_times(&read) || !is_sane(&read.settings))
		return QUORUM_FACT_OUT_OF_RANGE;
	if (read.state == QUORUM_QUORATE && !is_founded(&read))
		return QUORUM_FACT_OUT_OF_RANGE;
	if (!is_text(read.words, sizeof(read.words)))
		return QUORUM_FACT_BAD_TEXT;
	for (char *quote; (quote = strchr(read.words, '"'));)
		*quote = '\'';
	*fact = read;
	return QUORUM_FACT_OK;
}

bool quorum_fact_foretells(const struct quorum_fact *fact, struct instant at)
{
	bool foretells = fact->members_since_ns > at.ns || fact->ring_since_ns > at.ns || fact->proven_ns > at.ns;

	for (int n = 0; n < NODES_MAX; n++)
		foretells = foretells || fact->word_ns[n] > at.ns || fact->gone_ns[n] > at.ns;
	return foretells;
}
