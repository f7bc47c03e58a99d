/* A heartbeat from anybody: before the seal as a datagram, and after it as the body of a beat or a roll that somebody with the key wrote.
 * fuzz-sources: vrrp/wire.c vrrp/roll.c vrrp/seal.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vrrp/seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char key[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
static const struct seal_expect expect = {.cluster = 77, .self = 2, .sender = 1, .nodes = 3};
static struct keyring ring;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int line;

	(void)argc;
	(void)argv;
	if (seal_init() < 0 || keyring_read(key, sizeof(key) - 1, &ring, &line) != KEYRING_OK)
		abort();
	return 0;
}

static size_t seal_again(struct unsealed *unsealed, uint8_t again[static WIRE_MAX])
{
	if (unsealed->header.kind == DATAGRAM_ROLL)
		return seal_roll(&ring, &unsealed->header, &unsealed->roll, again);
	return seal_beat(&ring, &unsealed->header, &unsealed->beat, again);
}

/* A header that is read writes back to its bytes. What opens is what we could have sealed, byte for byte. */
static void as_datagram(const uint8_t *bytes, size_t length)
{
	struct beat_header header;
	struct unsealed unsealed;
	uint8_t again[WIRE_MAX];

	if (wire_read_header(bytes, length, &header) == WIRE_OK) {
		wire_write_header(&header, again);
		assert(memcmp(again, bytes, WIRE_HEADER_BYTES) == 0);
	}
	if (unseal(&ring, &expect, bytes, length, &unsealed) == WIRE_OK) {
		assert(seal_again(&unsealed, again) == length);
		assert(memcmp(again, bytes, length) == 0);
	}
}

/* A body that is read has one encoding, and passes the seal. */
static void as_beat(const uint8_t *bytes, size_t length)
{
	struct beat_header header = {.cluster = 77, .sender = 1, .receiver = 2, .session = 3, .seq = 4};
	struct unsealed unsealed;
	struct beat beat;
	uint8_t again[WIRE_MAX];
	size_t sealed;

	if (wire_read_body(bytes, length, &beat) != WIRE_OK)
		return;
	assert(wire_write_body(&beat, again) == length && memcmp(again, bytes, length) == 0);
	sealed = seal_beat(&ring, &header, &beat, again);
	assert(unseal(&ring, &expect, again, sealed, &unsealed) == WIRE_OK);
}

static void as_roll(const uint8_t *bytes, size_t length)
{
	struct beat_header header = {.cluster = 77, .sender = 1, .receiver = 2, .session = 3, .seq = 4};
	struct unsealed unsealed;
	struct roll roll;
	uint8_t again[WIRE_MAX];
	size_t sealed;

	if (roll_read(bytes, length, &roll) != WIRE_OK)
		return;
	assert(roll_write(&roll, again) == length && memcmp(again, bytes, length) == 0);
	sealed = seal_roll(&ring, &header, &roll, again);
	assert(unseal(&ring, &expect, again, sealed, &unsealed) == WIRE_OK && unsealed.header.kind == DATAGRAM_ROLL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	as_datagram(bytes, length);
	as_beat(bytes, length);
	as_roll(bytes, length);
	return 0;
}
