/* The fact: what casvip-checks tells casvipd about one check, one packet each on a pipe in packet mode (pipe(7)): the
 * reader gets it whole or not at all, and no descriptor with it.
 *
 * This file is all that the judge and the agent share. The agent trusts no field: it checks size, magic and ranges
 * before it looks, and a fact that does not fit is counted and dropped. Same machine, same build: host byte order. */
#pragma once

#include <stdint.h>

enum verdict { VERDICT_UP, VERDICT_UP_AUTH, VERDICT_AUTH_REJECTED, VERDICT_DOWN, VERDICT_UNKNOWN };
enum { VERDICT_COUNT = VERDICT_UNKNOWN + 1 };

/* After rise and fall. Stale is the agent's word, not the judge's: it is what silence means. */
enum check_state { CHECK_STATE_UNKNOWN, CHECK_STATE_UP, CHECK_STATE_DOWN, CHECK_STATE_STALE };
enum { CHECK_STATE_COUNT = CHECK_STATE_STALE + 1 };

enum { FACT_WORDS_MAX = 112, FACT_REASON_MAX = 32, FACT_MAGIC = 0x63617631 };

struct fact {
	uint32_t magic;
	uint16_t vip;   /* place in the configuration */
	uint16_t check; /* place in the vip */
	uint16_t verdict;
	uint16_t state;
	uint32_t took_us;
	int64_t at_ns; /* CLOCK_BOOTTIME when the verdict was reached */
	uint64_t certificate; /* the first 64 bits of its SHA-256; 0: another type of check, or none was seen */
	char reason[FACT_REASON_MAX]; /* machine-readable, "refused", "status-503"; NUL-terminated */
	char words[FACT_WORDS_MAX];   /* for people; printable ASCII, NUL-terminated */
};
