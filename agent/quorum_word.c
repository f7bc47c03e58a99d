#include "agent/quorum_word.h"

#include <endian.h>
#include <string.h>

/* Big-endian, for nodes may differ: magic, kind, connects, nothing, sent. */
struct packed {
	uint32_t magic, kind, connects, nothing;
	uint64_t sent;
};
_Static_assert(sizeof(struct packed) == QUORUM_WORD_BYTES, "no padding");

enum { MAGIC = 0x63617177 };

void quorum_word_pack(const struct quorum_word *word, uint8_t bytes[static QUORUM_WORD_BYTES])
{
	const struct packed packed = {
		.magic = htobe32(MAGIC),
		.kind = htobe32(word->kind),
		.connects = htobe32(word->connects),
		.sent = htobe64((uint64_t)word->sent_ns),
	};

	memcpy(bytes, &packed, sizeof(packed));
}

bool quorum_word_read(const void *bytes, size_t length, struct quorum_word *word)
{
	struct packed packed;

	if (length != sizeof(packed))
		return false;
	memcpy(&packed, bytes, sizeof(packed));
	if (be32toh(packed.magic) != MAGIC || be32toh(packed.kind) >= QUORUM_WORD_KIND_COUNT || packed.nothing ||
	    be64toh(packed.sent) > INT64_MAX)
		return false;
	*word = (struct quorum_word){
		.kind = (enum quorum_word_kind)be32toh(packed.kind),
		.connects = be32toh(packed.connects),
		.sent_ns = (int64_t)be64toh(packed.sent),
	};
	return true;
}
