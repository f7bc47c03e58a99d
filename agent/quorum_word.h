/* The words that each node's casvip-quorum sends through corosync, to all of them and itself: that its agent lives, or
 * that it is dead. Whoever runs on a cluster's node as root can send any: what is none is dropped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUORUM_WORD_BYTES = 24 };

enum quorum_word_kind { QUORUM_WORD_LIVES, QUORUM_WORD_GONE };
enum { QUORUM_WORD_KIND_COUNT = QUORUM_WORD_GONE + 1 };

struct quorum_word {
	enum quorum_word_kind kind;
	uint32_t connects; /* of its sender to its corosync: which of several it was */
	int64_t sent_ns;   /* by its sender's CLOCK_BOOTTIME, and for its sender alone */
};

void quorum_word_pack(const struct quorum_word *word, uint8_t bytes[static QUORUM_WORD_BYTES]);
/* False: it is no such word. */
bool quorum_word_read(const void *bytes, size_t length, struct quorum_word *word);
