/* Random beats for tests: every field within its range, extremes often. The same seed gives the same beats. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "vrrp/beat.h"

static inline uint64_t random_next(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0..most, and each end one time in eight. */
static inline uint64_t random_upto(uint64_t *seed, uint64_t most)
{
	uint64_t dice = random_next(seed) % 8;

	if (dice < 2)
		return dice == 0 ? 0 : most;
	return most == UINT64_MAX ? random_next(seed) : random_next(seed) % (most + 1);
}

static inline node_id random_node(uint64_t *seed)
{
	return random_next(seed) % 2 ? NODE_NONE : (node_id)random_upto(seed, NODES_MAX - 1);
}

static inline void random_vip(uint64_t *seed, uint32_t id, struct beat_vip *vip)
{
	*vip = (struct beat_vip){
		.vip = id,
		.term = (uint32_t)random_upto(seed, UINT32_MAX),
		.role = (enum role)random_upto(seed, ROLE_COUNT - 1),
		.fitness = (enum fitness)random_upto(seed, FITNESS_COUNT - 1),
		.score = (uint16_t)random_upto(seed, SCORE_MAX),
		.offers_to = random_node(seed),
		.yields_to = random_node(seed),
		.enforces = (uint8_t)random_upto(seed, ENFORCES_FENCE | ENFORCES_LIFETIME),
		.why = (enum why)random_upto(seed, WHY_COUNT - 1),
		.bids = random_next(seed) % 2,
		.supports = random_node(seed),
		.supports_term = (uint32_t)random_upto(seed, UINT32_MAX),
	};
}

static inline void random_beat(uint64_t *seed, struct beat *beat)
{
	uint32_t id = (uint32_t)random_next(seed);

	memset(beat, 0, sizeof(*beat));
	beat->echo_session = random_upto(seed, UINT64_MAX);
	beat->echo_seq = random_upto(seed, UINT64_MAX);
	beat->echo_held_us = (uint32_t)random_upto(seed, BEAT_HELD_UNKNOWN);
	beat->sent_ns = (int64_t)random_upto(seed, (uint64_t)BEAT_SENT_MAX);
	beat->config_digest = random_upto(seed, UINT64_MAX);
	for (int n = 0; n < NODES_MAX; n++) {
		for (int l = 0; l < LINKS_MAX; l++)
			beat->heard_age_ms[n][l] = (uint16_t)random_upto(seed, BEAT_AGE_NEVER);
	}
	beat->vips = (uint8_t)random_upto(seed, VIPS_MAX);
	for (int i = 0; i < beat->vips; i++)
		random_vip(seed, id += 1 + (uint32_t)random_upto(seed, 1000), &beat->vip[i]);
	beat->certificate_vip = (uint8_t)random_upto(seed, beat->vips);
	if (beat->certificate_vip == 0)
		return;
	beat->certificate_check = (uint8_t)random_upto(seed, UINT8_MAX);
	beat->certificate = random_upto(seed, UINT64_MAX);
}

/* All vips and all ages: the longest there is. */
static inline void random_full_beat(uint64_t *seed, struct beat *beat)
{
	random_beat(seed, beat);
	memset(beat->heard_age_ms, 0, sizeof(beat->heard_age_ms));
	beat->vips = beat->certificate_vip = VIPS_MAX;
	for (int i = 0; i < VIPS_MAX; i++) {
		random_vip(seed, (uint32_t)i * 7, &beat->vip[i]);
		beat->vip[i].supports_term |= 1; /* votes, which are left out where there are none */
	}
}
