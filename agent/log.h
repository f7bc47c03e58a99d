/* Event lines to syslog, and to stderr when wanted, without ever blocking.
 *
 * syslog(3) blocks when the log daemon does not read; a stuck log daemon must not cost a beat. So lines go to /dev/log
 * by non-blocking datagrams; what does not go out waits in a bounded ring (oldest kept, newest counted as lost, and the
 * loss is logged once the reader is back), and is sent when log_flush() finds the socket writable or re-connected. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

#include "agent/events.h"
#include "vrrp/instant.h"

enum {
	LOG_LINE_MAX = 512, /* bytes of a line; longer ones are cut */
	LOG_RING_MAX = 256, /* lines that wait */
};

enum log_event {
	EVENT_STARTED, EVENT_STOPPING, EVENT_ROLE, EVENT_CHECK, EVENT_PEER, EVENT_LINK, EVENT_QUORUM, EVENT_SUSPECT,
	EVENT_SPLIT, EVENT_DUPLICATE, EVENT_ADDRESS, EVENT_FENCE, EVENT_CONFIG, EVENT_KEY, EVENT_SENSOR, EVENT_CLIENT,
	EVENT_ORDER,
	EVENT_HOOK, EVENT_JOURNAL, /* of casvip-events; casvipd's stand before, in the order of enum conf_event */
};
enum { EVENT_COUNT = EVENT_JOURNAL + 1 };

/* Opens the log under this program name. `path` is the datagram socket ("/dev/log"; tests pass their own). A missing
 * socket is no failure: lines wait until it is there. With `to_stderr` every line also goes to stderr, which is
 * written without blocking too (console.h). `debug` lets log_debug() through. No memory is taken later. */
void log_open(const char *program, const char *path, bool to_stderr, bool debug);
void log_close(void);

/* From here on errors go to stderr even where not every line does, or no longer. */
void log_errors_to_stderr(bool wanted);

/* One line "event=NAME " + the words. Severity is syslog's (LOG_NOTICE, LOG_WARNING, LOG_ERR ...).
 * EVENT_ROLE is never suppressed; every other event has a token bucket (burst 20, one more each 3 s) and says
 * "suppressed=N" on its next line after it ran dry. What is not printable ASCII in the words becomes '?'. errno
 * stays as it was. */
void log_event(int severity, enum log_event event, const char *words, ...) __attribute__((format(printf, 3, 4)));

/* As it stands in the line. */
const char *log_event_word(enum log_event event);

/* To stderr only, and only with -d. errno stays as it was. */
void log_debug(const char *words, ...) __attribute__((format(printf, 1, 2)));

/* Tells the log what time it is: once a turn. Buckets refill by it. */
void log_turn(struct instant now);

/* Sends what waits, as far as it goes without blocking, and not more than a turn can bear. */
void log_flush(void);

/* When to call log_flush() again although nothing was logged; INSTANT_NEVER when nothing waits. */
struct instant log_wants(void);

/* The newest event of LOG_ERR or worse since log_open(), "event=... words"; "" when there was none. */
const char *log_newest_error(void);

/* The newest events of LOG_NOTICE or worse since log_open(), whatever became of their lines. What a bucket held back is
 * none: the next one says how many. */
const struct events *log_events(void);

/* How many lines token buckets held back so far. */
unsigned long log_suppressed(void);

/* How many lines were lost so far because the ring was full. */
unsigned long log_lost(void);
