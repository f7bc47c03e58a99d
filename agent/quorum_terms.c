#include "agent/quorum_terms.h"

#include <assert.h>
#include <stdbool.h>

enum {
	SLACK_MS = 500,	   /* of a device beyond its timeout, and of a busy machine: 4005 ms seen where 4000 were due */
	MAX_AGE_MS = 600,  /* six words of casvip-quorum's */
	WORDS_MS = 300,	   /* two of them prove something, and one was just missed */
	DEVICE_SPEAKS_MS = 1000, /* after a new ring, while it hears the witness: its heartbeat's minimum */
	TUNED_TOKEN_MS = 1000,
	TUNED_DEVICE_MS = 1250,
};

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool has_device(const struct quorum_settings *settings)
{
	return settings->flags & QUORUM_DEVICE;
}

/* Of three and more the majority decides. Of two, a device's verdict excludes the other one once that one's own device
 * must have timed out; without a device no verdict of one node alone does. */
static int64_t settle_ms(const struct quorum_settings *settings, int nodes)
{
	return nodes == 2 && has_device(settings) ? settings->device_timeout_ms + (int64_t)SLACK_MS : 0;
}

/* Until there is a ring: corosync.conf(5), token and consensus. */
static int64_t ring_ms(const struct quorum_settings *settings)
{
	return (int64_t)settings->token_ms + settings->consensus_ms + SLACK_MS;
}

static int64_t grace_ms(const struct quorum_settings *settings)
{
	return larger(ring_ms(settings) + (has_device(settings) ? DEVICE_SPEAKS_MS : 0), MAX_AGE_MS);
}

/* What gate_excludes() waits for, of a ring without the other node: its verdict comes when the device has noticed, and
 * what the other one proved before is then over by two ways. */
static int64_t failover_ms(const struct quorum_settings *settings, int nodes, const struct lease_terms *lease)
{
	/* The witness misses a node after 1.2 of its timeouts: 12 s seen at the default of 10. */
	int64_t settle = settle_ms(settings, nodes);
	int64_t verdict = (int64_t)settings->device_timeout_ms * 5 / 4 + SLACK_MS + DEVICE_SPEAKS_MS;
	int64_t beats = duration_to_ms(lease->dead) + 2 * duration_to_ms(lease->beat), excluded;

	if (nodes != 2)
		return beats;
	if (settle == 0)
		return 0;
	excluded = larger(settle + grace_ms(settings), verdict + settle + MAX_AGE_MS);
	return ring_ms(settings) + excluded + excluded / 500 /* drift, as there */ + WORDS_MS + beats;
}

struct quorum_terms quorum_terms(const struct quorum_settings *settings, int nodes, const struct lease_terms *lease)
{
	if (settings->token_ms == 0 || settings->consensus_ms == 0)
		return (struct quorum_terms){0};
	return (struct quorum_terms){
		.settle = duration_ms(settle_ms(settings, nodes)),
		.max_age = duration_ms(MAX_AGE_MS),
		.grace = duration_ms(grace_ms(settings)),
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
