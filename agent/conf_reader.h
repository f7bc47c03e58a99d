/* Reads a configuration file beside the loop: the largest takes longer than a short heartbeat, and a file system may
 * hang.
 *
 * A thread of its own, without real time, that touches nothing but what it will hand over; the loop does not wait for
 * it. One at a time: libconfuse is not for two. */
#pragma once

#include "agent/conf_file.h"

enum { CONF_READER_WORDS_MAX = 4096 };

/* What it read. The taker owns the file. */
struct conf_reading {
	int error; /* of conf_file_load(): 0, -EINVAL with findings, or -errno */
	struct conf_file file;
	uint64_t digest;
	char findings[CONF_READER_WORDS_MAX]; /* a line each, as many as there is room for */
};

struct conf_reader;

/* Begins. 0, or -errno when there is no thread or no memory to be had. `path` is lent for as long as it takes. */
int conf_reader_start(struct conf_reader **ret_reader, const char *path);

/* Readable when conf_reader_take() has something. */
int conf_reader_fd(const struct conf_reader *reader);

/* What was read; it ends the reader, and NULL takes its place. False, and nothing done, while it reads. */
bool conf_reader_take(struct conf_reader **reader, struct conf_reading *reading);

/* At the end of the process: one that still reads is left to it. NULL is fine. */
void conf_reader_close(struct conf_reader *reader);
