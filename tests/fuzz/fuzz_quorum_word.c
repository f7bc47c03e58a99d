/* What arrives through corosync from any process of a cluster: bytes in, and a word is what its sender could have
 * packed.
 *
 * fuzz-sources: agent/quorum_word.c
 * */
#include <assert.h>
#include <string.h>

#include "agent/quorum_word.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[QUORUM_WORD_BYTES];
	struct quorum_word word;

	if (!quorum_word_read(data, size, &word))
		return 0;
	assert(word.sent_ns >= 0);
	quorum_word_pack(&word, bytes);
	assert(size == sizeof(bytes) && memcmp(bytes, data, size) == 0);
	return 0;
}
