/* The journal on disk: events.log, and events.old for what stood there before; together at most JOURNAL_BYTES_MAX.
 *
 * A record is one write, so that what the end of this process can tear is at most one, which the next start goes on
 * behind. journal_sync() brings them to the disk. What cannot be written is lost here, and nobody waits for it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/journal_text.h"

#define JOURNAL_DIRECTORY "/var/lib/casvip"

enum { JOURNAL_FILE_MAX = 1 << 20, JOURNAL_BYTES_MAX = 2 * JOURNAL_FILE_MAX, JOURNAL_PATH_MAX = 256 };

struct journal {
	char path[JOURNAL_PATH_MAX], old[JOURNAL_PATH_MAX];
	int fd; /* -1: not to be written now; each record tries again */
	size_t size;
	bool torn, dirty;
};

/* Nothing is opened yet. False: the directory's name is too long. */
bool journal_init(struct journal *journal, const char *directory);

/* 0, or -errno: the record is not in the journal. */
int journal_append(struct journal *journal, const struct journal_record *record);

/* Waits for the disk. 0 or -errno; nothing to do is fine. */
int journal_sync(struct journal *journal);
void journal_close(struct journal *journal);

/* Gives each record to `each`, the oldest first, whoever appends meanwhile; `ret_damaged` is the number of lines that
 * were none. 0, or -errno, -ENOENT when there is no journal. */
int journal_read(const struct journal *journal, journal_record_fn *each, void *context, unsigned long *ret_damaged);
