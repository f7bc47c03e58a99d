/* A heartbeat from anybody: before the seal as a datagram, and after it as a body that somebody with the key wrote.
 * fuzz-sources: vrrp/wire.c vrrp/seal.c
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

/* A header that is read writes back to its bytes. What opens is what we could have sealed, byte for byte. */
static void as_datagram(const uint8_t *bytes, size_t length)
{
	struct beat_header header;
	struct beat beat;
	uint8_t again[WIRE_MAX];

	if (wire_read_header(bytes, length, &header) == WIRE_OK) {
		wire_write_header(&header, again);
		assert(memcmp(again, bytes, WIRE_HEADER_BYTES) == 0);
	}
	if (unseal_beat(&ring, &expect, bytes, length, &header, &beat) == WIRE_OK) {
		assert(seal_beat(&ring, &header, &beat, again) == length);
		assert(memcmp(again, bytes, length) == 0);
	}
}

/* A body that is read has one encoding, and passes the seal. */
static void as_body(const uint8_t *bytes, size_t length)
{
	struct beat_header header = {.cluster = 77, .sender = 1, .receiver = 2, .session = 3, .seq = 4};
	struct beat beat;
	uint8_t again[WIRE_MAX];
	size_t sealed;

	if (wire_read_body(bytes, length, &beat) != WIRE_OK)
		return;
	assert(wire_write_body(&beat, again) == length && memcmp(again, bytes, length) == 0);
	sealed = seal_beat(&ring, &header, &beat, again);
	assert(unseal_beat(&ring, &expect, again, sealed, &header, &beat) == WIRE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	as_datagram(bytes, length);
	as_body(bytes, length);
	return 0;
}
