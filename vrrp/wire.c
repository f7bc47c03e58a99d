#include "vrrp/wire.h"

#include <assert.h>
#include <string.h>

#include "vrrp/octets.h"

enum {
	BODY_FIXED_BYTES = 36, /* up to the ages */
	HEARD_BYTES = 8,
	AGE_BYTES = 2,
	CERTIFICATE_BYTES = 9, /* present where there is one to tell of */
	VIP_BYTES = 14,
	SUPPORT_BYTES = 5, /* present under "majority" only */
	LINKS_ALL = NODES_MAX * LINKS_MAX,
};

static_assert(LINKS_ALL == 64, "the ages' bitmap is 64 bits");
static_assert(VIPS_MAX < UINT8_MAX && NODES_MAX <= NODE_NONE, "they travel as a byte");
static_assert(ROLE_COUNT <= 16 && FITNESS_COUNT <= 16 && WHY_COUNT <= 16, "they share bytes");
static_assert(WIRE_BODY_LEAST == BODY_FIXED_BYTES + HEARD_BYTES + 2, "the body's parts");
static_assert(WIRE_BODY_MOST == WIRE_BODY_LEAST + LINKS_ALL * AGE_BYTES + CERTIFICATE_BYTES +
					VIPS_MAX * (VIP_BYTES + SUPPORT_BYTES),
	      "the body's parts");
static_assert(WIRE_LEAST <= WIRE_HEADER_BYTES + WIRE_BODY_LEAST + WIRE_SEAL_BYTES, "the smallest beat is long enough");
static_assert(WIRE_HEADER_BYTES + WIRE_BODY_MOST + WIRE_SEAL_BYTES <= WIRE_MAX, "the largest beat fits a datagram");

const char *wire_refusal_word(enum wire_refusal refusal)
{
	static const char *const words[] = {
		[WIRE_OK] = "ok",
		[WIRE_TOO_SHORT] = "too-short",
		[WIRE_TOO_LONG] = "too-long",
		[WIRE_VERSION_UNKNOWN] = "version-unknown",
		[WIRE_BAD_HEADER] = "bad-header",
		[WIRE_WRONG_CLUSTER] = "wrong-cluster",
		[WIRE_WRONG_RECEIVER] = "wrong-receiver",
		[WIRE_WRONG_SENDER] = "wrong-sender",
		[WIRE_WRONG_KEY] = "wrong-key",
		[WIRE_BAD_SEAL] = "bad-seal",
		[WIRE_BAD_BODY] = "bad-body",
	};
	static_assert(sizeof(words) / sizeof(words[0]) == WIRE_REFUSAL_COUNT, "a word for each refusal");

	assert((unsigned)refusal < WIRE_REFUSAL_COUNT);
	return words[refusal];
}

static bool header_sane(const struct beat_header *header)
{
	return header->link < LINKS_MAX && header->session != 0 && header->seq != 0 &&
	       (unsigned)header->kind < DATAGRAM_KIND_COUNT;
}

void wire_write_header(const struct beat_header *header, uint8_t bytes[static WIRE_HEADER_BYTES])
{
	uint8_t *to = bytes;

	assert(header_sane(header));
	to = put(to, WIRE_VERSION + (uint64_t)header->kind, 1);
	to = put(to, header->sender, 1);
	to = put(to, header->receiver, 1);
	to = put(to, header->link, 1);
	to = put(to, header->key_id, 4);
	to = put(to, header->cluster, 8);
	to = put(to, header->session, 8);
	to = put(to, header->seq, 8);
	assert(to == bytes + WIRE_HEADER_BYTES);
}

enum wire_refusal wire_read_header(const uint8_t *bytes, size_t length, struct beat_header *header)
{
	struct reader from = {.at = bytes, .left = WIRE_HEADER_BYTES};
	struct beat_header read;
	uint64_t format;

	if (length < WIRE_LEAST)
		return WIRE_TOO_SHORT;
	if (length > WIRE_MAX)
		return WIRE_TOO_LONG;
	format = take(&from, 1);
	if (format < WIRE_VERSION || format >= WIRE_VERSION + DATAGRAM_KIND_COUNT)
		return WIRE_VERSION_UNKNOWN;
	read.kind = (enum datagram_kind)(format - WIRE_VERSION);
	read.sender = (node_id)take(&from, 1);
	read.receiver = (node_id)take(&from, 1);
	read.link = (uint8_t)take(&from, 1);
	read.key_id = (uint32_t)take(&from, 4);
	read.cluster = take(&from, 8);
	read.session = take(&from, 8);
	read.seq = take(&from, 8);
	if (!header_sane(&read))
		return WIRE_BAD_HEADER;
	*header = read;
	return WIRE_OK;
}

static bool node_sane(node_id node)
{
	return node < NODES_MAX || node == NODE_NONE;
}

/* The writer asserts what the reader demands: so neither can drift from the other. */
static bool vip_sane(const struct beat_vip *vip)
{
	return (unsigned)vip->role < ROLE_COUNT && (unsigned)vip->fitness < FITNESS_COUNT && vip->score <= SCORE_MAX &&
	       node_sane(vip->offers_to) && node_sane(vip->yields_to) &&
	       vip->enforces <= (ENFORCES_FENCE | ENFORCES_LIFETIME) && (unsigned)vip->why < WHY_COUNT &&
	       node_sane(vip->supports);
}

static bool beat_sane(const struct beat *beat)
{
	if (beat->sent_ns < 0 || beat->sent_ns > BEAT_SENT_MAX || beat->vips > VIPS_MAX ||
	    beat->certificate_vip > beat->vips)
		return false;
	for (int i = 0; i < beat->vips; i++) {
		if (!vip_sane(&beat->vip[i]))
			return false;
		for (int earlier = 0; earlier < i; earlier++) {
			if (beat->vip[earlier].vip == beat->vip[i].vip)
				return false;
		}
	}
	return true;
}

static uint8_t *put_ages(uint8_t *to, const struct beat *beat)
{
	uint64_t heard = 0;
	uint8_t *age = to + HEARD_BYTES;

	for (int i = 0; i < LINKS_ALL; i++) {
		uint16_t age_ms = beat->heard_age_ms[i / LINKS_MAX][i % LINKS_MAX];

		if (age_ms == BEAT_AGE_NEVER)
			continue;
		heard |= UINT64_C(1) << i;
		age = put(age, age_ms, AGE_BYTES);
	}
	put(to, heard, HEARD_BYTES);
	return age;
}

/* False when an age says "never" although its bit says that it was heard. */
static bool take_ages(struct reader *from, struct beat *beat)
{
	uint64_t heard = take(from, HEARD_BYTES);

	for (int i = 0; i < LINKS_ALL; i++) {
		uint16_t *age_ms = &beat->heard_age_ms[i / LINKS_MAX][i % LINKS_MAX];

		*age_ms = BEAT_AGE_NEVER;
		if (!(heard >> i & 1))
			continue;
		*age_ms = (uint16_t)take(from, AGE_BYTES);
		if (*age_ms == BEAT_AGE_NEVER)
			return false;
	}
	return true;
}

static uint8_t *put_certificate(uint8_t *to, const struct beat *beat)
{
	to = put(to, beat->certificate_vip, 1);
	if (beat->certificate_vip == 0)
		return to;
	to = put(to, beat->certificate_check, 1);
	return put(to, beat->certificate, 8);
}

static void take_certificate(struct reader *from, struct beat *beat)
{
	beat->certificate_vip = (uint8_t)take(from, 1);
	if (beat->certificate_vip == 0)
		return;
	beat->certificate_check = (uint8_t)take(from, 1);
	beat->certificate = take(from, 8);
}

/* Whether its votes travel: they are there under "majority" only, and then from the first vote on. */
static bool votes(const struct beat_vip *vip)
{
	return vip->supports != NODE_NONE || vip->supports_term != 0;
}

static uint8_t *put_vip(uint8_t *to, const struct beat_vip *vip)
{
	to = put(to, vip->vip, 4);
	to = put(to, vip->term, 4);
	to = put(to, (uint64_t)vip->role << 4 | vip->fitness, 1);
	to = put(to, vip->score, 2);
	to = put(to, vip->offers_to, 1);
	to = put(to, vip->yields_to, 1);
	to = put(to, (uint64_t)votes(vip) << 7 | (uint64_t)vip->bids << 6 | (uint64_t)vip->enforces << 4 | vip->why, 1);
	if (!votes(vip))
		return to;
	to = put(to, vip->supports, 1);
	return put(to, vip->supports_term, 4);
}

/* False when it claims to carry votes and has none. */
static bool take_vip(struct reader *from, struct beat_vip *vip)
{
	uint8_t role_and_fitness, flags;

	vip->vip = (uint32_t)take(from, 4);
	vip->term = (uint32_t)take(from, 4);
	role_and_fitness = (uint8_t)take(from, 1);
	vip->role = (enum role)(role_and_fitness >> 4);
	vip->fitness = (enum fitness)(role_and_fitness & 0xf);
	vip->score = (uint16_t)take(from, 2);
	vip->offers_to = (node_id)take(from, 1);
	vip->yields_to = (node_id)take(from, 1);
	flags = (uint8_t)take(from, 1);
	vip->bids = flags >> 6 & 1;
	vip->enforces = flags >> 4 & 3;
	vip->why = (enum why)(flags & 0xf);
	vip->supports = NODE_NONE;
	vip->supports_term = 0;
	if (!(flags >> 7))
		return true;
	vip->supports = (node_id)take(from, 1);
	vip->supports_term = (uint32_t)take(from, 4);
	return votes(vip);
}

size_t wire_write_body(const struct beat *beat, uint8_t bytes[static WIRE_BODY_MOST])
{
	uint8_t *to = bytes;

	assert(beat_sane(beat));
	to = put(to, beat->echo_session, 8);
	to = put(to, beat->echo_seq, 8);
	to = put(to, beat->echo_held_us, 4);
	to = put(to, (uint64_t)beat->sent_ns, 8);
	to = put(to, beat->config_digest, 8);
	to = put_ages(to, beat);
	to = put_certificate(to, beat);
	to = put(to, beat->vips, 1);
	for (int i = 0; i < beat->vips; i++)
		to = put_vip(to, &beat->vip[i]);
	return (size_t)(to - bytes);
}

enum wire_refusal wire_read_body(const uint8_t *bytes, size_t length, struct beat *beat)
{
	struct reader from = {.at = bytes, .left = length};
	struct beat read = {.echo_session = take(&from, 8)};

	read.echo_seq = take(&from, 8);
	read.echo_held_us = (uint32_t)take(&from, 4);
	read.sent_ns = (int64_t)take(&from, 8);
	read.config_digest = take(&from, 8);
	if (!take_ages(&from, &read))
		return WIRE_BAD_BODY;
	take_certificate(&from, &read);
	read.vips = (uint8_t)take(&from, 1);
	if (from.spoiled || read.vips > VIPS_MAX)
		return WIRE_BAD_BODY;
	for (int i = 0; i < read.vips; i++) {
		if (!take_vip(&from, &read.vip[i]))
			return WIRE_BAD_BODY;
	}
	if (from.spoiled || from.left != 0 || !beat_sane(&read))
		return WIRE_BAD_BODY;
	*beat = read;
	return WIRE_OK;
}
