/* The text of a key file.
 * fuzz-sources: vrrp/wire.c vrrp/roll.c vrrp/seal.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vrrp/seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (seal_init() < 0)
		abort();
	return 0;
}

/* Either a ring of distinct keys, or a finding with its line and nothing touched. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct keyring ring, before;
	int line = 0;
	enum keyring_refusal refusal;

	memset(&ring, 0x5a, sizeof(ring));
	before = ring;
	refusal = keyring_read((const char *)bytes, length, &ring, &line);
	if (refusal != KEYRING_OK) {
		assert(line >= 1 && (size_t)line <= length + 1 && *keyring_refusal_words(refusal));
		assert(memcmp(&ring, &before, sizeof(ring)) == 0);
		return 0;
	}
	assert(line == 0 && ring.keys >= 1 && ring.keys <= KEYRING_MAX);
	for (int a = 0; a < ring.keys; a++) {
		for (int b = 0; b < a; b++)
			assert(ring.key[a].id != ring.key[b].id);
	}
	keyring_wipe(&ring);
	return 0;
}
