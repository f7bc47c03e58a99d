#include "agent/quorum_terms.h"

#include <assert.h>
#include <stdbool.h>

enum {
	SLACK_MS = 500, /* of a device beyond its timeout, and of a busy machine: 4005 ms seen where 4000 were due */
	MARGIN_MS = 100, /* between an end of the one node and a beginning of the other */
	TUNED_TOKEN_MS = 1000,
	TUNED_DEVICE_MS = 1250,
};

static bool is_pair(int nodes)
{
	return nodes == 2;
}

static int64_t ring_ms(const struct quorum_settings *settings)
{
	return (int64_t)settings->token_ms + settings->consensus_ms; /* corosync.conf(5): token, then consensus */
}

static int64_t settle_ms(const struct quorum_settings *settings, int nodes)
{
	return is_pair(nodes) ? settings->device_timeout_ms + (int64_t)SLACK_MS : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A node whose corosync is stopped is told nothing, and goes by its evidence. The other node had the token no longer
 * before the newest of it than the token is held on an idle ring, a fifth of its timeout; it waits for `token` before it
 * misses it, and settles after it is quorate. Until that is over the evidence must be. */
static int64_t max_age_ms(const struct quorum_settings *settings, int nodes)
{
	int64_t needed = ring_ms(settings) + SLACK_MS;
	int64_t allowed = settings->token_ms - settings->token_ms / 5 + settle_ms(settings, nodes) - MARGIN_MS;

	return is_pair(nodes) && allowed < needed ? allowed : needed;
}

/* Of three and more the majority decides and corosync only agrees: as fast as casvip alone, or as corosync's new ring
 * where that shuts the gate in between. Of two the survivor is quorate when there is a ring and the device has decided,
 * and settles then. */
static int64_t failover_ms(const struct quorum_settings *settings, int nodes, const struct lease_terms *lease)
{
	int64_t ring = ring_ms(settings) + SLACK_MS + settings->device_timeout_ms;

	if (is_pair(nodes))
		return ring + settle_ms(settings, nodes);
	return larger(duration_to_ms(lease->dead) + 2 * duration_to_ms(lease->beat), ring);
}

struct quorum_terms quorum_terms(const struct quorum_settings *settings, int nodes, const struct lease_terms *lease)
{
	if (settings->token_ms == 0 || settings->consensus_ms == 0)
		return (struct quorum_terms){0};
	return (struct quorum_terms){
		.settle = duration_ms(settle_ms(settings, nodes)),
		.max_age = duration_ms(max_age_ms(settings, nodes)),
		.failover = duration_ms(failover_ms(settings, nodes, lease)),
	};
}

enum quorum_danger quorum_danger(const struct quorum_settings *settings)
{
	if (settings->flags & QUORUM_TWO_NODE)
		return QUORUM_DANGER_TWO_NODE;
	if (settings->flags & QUORUM_TIE_BREAKER)
		return QUORUM_DANGER_TIE_BREAKER;
	if (2 * settings->quorum <= settings->votes + settings->device_votes)
		return QUORUM_DANGER_HALVES;
	if (settings->nodes > 1 && settings->heaviest >= settings->quorum)
		return QUORUM_DANGER_ALONE;
	return QUORUM_NO_DANGER;
}

const char *quorum_danger_word(enum quorum_danger danger)
{
	static const char *const words[] = {
		[QUORUM_NO_DANGER] = "none",
		[QUORUM_DANGER_TWO_NODE] = "two-node",
		[QUORUM_DANGER_TIE_BREAKER] = "tie-breaker",
		[QUORUM_DANGER_HALVES] = "halves",
		[QUORUM_DANGER_ALONE] = "alone",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == QUORUM_DANGER_COUNT, "a word for each");
	assert((size_t)danger < sizeof(words) / sizeof(words[0]));
	return words[danger];
}

const char *quorum_danger_words(enum quorum_danger danger)
{
	switch (danger) {
	case QUORUM_NO_DANGER:
		break;
	case QUORUM_DANGER_TWO_NODE:
		return "corosync.conf has two_node: 1, with which both halves stay quorate: this quorum cannot prevent "
		       "a split, so it is not relied on, and no vip is taken over by it; take two_node out and add a "
		       "quorum device, or a casvip witness with provider majority";
	case QUORUM_DANGER_TIE_BREAKER:
		return "corosync.conf has auto_tie_breaker, by which a half is quorate by its number alone and no "
		       "arithmetic bounds how long the other is too: this quorum is not relied on; add a quorum device "
		       "instead";
	case QUORUM_DANGER_HALVES:
		return "expected_votes and the votes of the nodelist let two halves be quorate: this quorum cannot "
		       "prevent a split, so it is not relied on; let corosync count its nodelist";
	case QUORUM_DANGER_ALONE:
		return "a node has as many votes as the quorum takes and is quorate by itself: this quorum is not "
		       "relied on; give all nodes the same quorum_votes, or add a quorum device";
	}
	return "";
}

int quorum_advice(const struct quorum_settings *settings, struct quorum_advice advice[static QUORUM_ADVICE_MAX])
{
	int count = 0;

	if (settings->token_ms > TUNED_TOKEN_MS) {
		advice[count++] = (struct quorum_advice){"totem.token", "1000, with token_coefficient: 0",
							 settings->token_ms};
		advice[count++] = (struct quorum_advice){"totem.consensus", "1200", settings->consensus_ms};
		advice[count++] = (struct quorum_advice){
			"totem.interface.knet_ping_interval", "200, with knet_ping_timeout: 1000: else links flap", 0};
	}
	if (settings->flags & QUORUM_DEVICE && settings->device_timeout_ms > TUNED_DEVICE_MS) {
		advice[count++] = (struct quorum_advice){"quorum.device.timeout", "1250", settings->device_timeout_ms};
		advice[count++] = (struct quorum_advice){"quorum.device.sync_timeout", "8000",
							 settings->device_sync_ms};
		advice[count++] = (struct quorum_advice){"corosync-qnetd -S dpd_interval_coefficient", "2.5", 0};
	}
	return count;
}
