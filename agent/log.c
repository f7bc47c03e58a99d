/* Every line takes the same way: built in one buffer, copied to the ring's end, sent from the ring's start. So lines
 * never overtake each other, and the report of a loss stands where the lines are missing. */
#include "agent/log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/console.h"
#include "conf/conf.h"

enum {
	BUCKET_BURST = 20,
	BUCKET_SECONDS = 3,   /* for one more */
	RETRY_MS = 100,
	FLUSH_MAX = 64,       /* lines sent a turn: a full ring must not cost a beat */
	SUPPRESSED_ROOM = 40, /* kept free by the words for " suppressed=N" */
	PREFIX_MAX = 64,
};

struct line {
	size_t length;
	size_t text; /* where the part for people begins, after "<PRI>" */
	char bytes[LOG_LINE_MAX];
};

struct bucket {
	int spent;
	struct instant refill;   /* when one comes back, while any is spent */
	unsigned long suppressed; /* since the last line that said so */
};

static struct {
	struct sockaddr_un reader;
	char prefix[PREFIX_MAX]; /* "TAG[PID]: " */
	int socket;              /* -1: not connected now */
	struct console console;
	bool to_stderr, errors_to_stderr, debug;
	struct instant now, retry;
	struct bucket bucket[EVENT_COUNT];
	struct line ring[LOG_RING_MAX];
	int first, waiting;
	unsigned long lost, lost_unsaid, suppressed;
	struct events events;
	char error[LOG_LINE_MAX]; /* the newest one, without its prefix */
} sink = {.socket = -1, .console = {.fd = -1}};

static const char *const event_words[] = {
	[EVENT_STARTED] = "started",     [EVENT_STOPPING] = "stopping",
	[EVENT_ROLE] = "role",           [EVENT_CHECK] = "check",
	[EVENT_PEER] = "peer",           [EVENT_LINK] = "link",
	[EVENT_QUORUM] = "quorum",       [EVENT_SUSPECT] = "suspect",
	[EVENT_SPLIT] = "split",         [EVENT_DUPLICATE] = "duplicate",
	[EVENT_ADDRESS] = "address",     [EVENT_FENCE] = "fence",
	[EVENT_CONFIG] = "config",       [EVENT_KEY] = "key",
	[EVENT_SENSOR] = "sensor",       [EVENT_CLIENT] = "client",
	[EVENT_ORDER] = "order",         [EVENT_HOOK] = "hook",
	[EVENT_JOURNAL] = "journal",
};
static_assert(sizeof(event_words) / sizeof(event_words[0]) == EVENT_COUNT, "a word for every event");
static_assert((int)EVENT_HOOK == (int)CONF_EVENT_COUNT, "hooks know the events of casvipd");
static_assert((int)LOG_LINE_MAX <= (int)EVENT_LINE_MAX, "a line is kept whole");

/* Lines. */

__attribute__((format(printf, 3, 0))) static void line_add_list(struct line *line, size_t most, const char *format,
								 va_list list)
{
	size_t room = most - line->length;
	int length = vsnprintf(line->bytes + line->length, room, format, list);

	if (length > 0)
		line->length += (size_t)length < room ? (size_t)length : room - 1;
}

__attribute__((format(printf, 3, 4))) static void line_add(struct line *line, size_t most, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	line_add_list(line, most, format, list);
	va_end(list);
}

static void line_begin(struct line *line, int severity)
{
	line->length = 0;
	line_add(line, LOG_LINE_MAX, "<%d>", LOG_DAEMON | LOG_PRI(severity));
	line->text = line->length;
	line_add(line, LOG_LINE_MAX, "%s", sink.prefix);
}

/* A newline would forge a line of its own, an escape would speak to the reader's terminal. */
static void line_sanitise(struct line *line)
{
	for (size_t i = line->text; i < line->length; i++) {
		if (line->bytes[i] < ' ' || line->bytes[i] > '~')
			line->bytes[i] = '?';
	}
}

static void line_to_console(struct line *line)
{
	line->bytes[line->length] = '\n'; /* where the NUL was */
	console_write(&sink.console, line->bytes + line->text, line->length + 1 - line->text);
	line->bytes[line->length] = '\0';
}

/* The reader. */

static void disconnect(void)
{
	if (sink.socket >= 0)
		close(sink.socket);
	sink.socket = -1;
}

static bool connected(void)
{
	if (sink.socket >= 0)
		return true;
	sink.socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sink.socket < 0)
		return false;
	if (connect(sink.socket, (const struct sockaddr *)&sink.reader, sizeof(sink.reader)) == 0)
		return true;
	disconnect();
	return false;
}

/* Failure disconnects in any case, so that the next try speaks to whoever has the socket's name by then. A reader that
 * was restarted is found at once; one that does not read, only when log_wants() comes. */
static bool send_line(const struct line *line)
{
	int error;

	for (int attempt = 0; attempt < 2 && connected(); attempt++) {
		if (send(sink.socket, line->bytes, line->length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return true;
		error = errno;
		disconnect();
		if (error == EAGAIN || error == ENOBUFS)
			return false;
	}
	return false;
}

/* The ring. */

static bool ring_push(const struct line *line)
{
	struct line *place = &sink.ring[(sink.first + sink.waiting) % LOG_RING_MAX];

	if (sink.waiting == LOG_RING_MAX) {
		sink.lost++;
		sink.lost_unsaid++;
		return false;
	}
	place->length = line->length;
	place->text = line->text;
	memcpy(place->bytes, line->bytes, line->length);
	sink.waiting++;
	return true;
}

static void ring_pop(void)
{
	sink.first = (sink.first + 1) % LOG_RING_MAX;
	sink.waiting--;
}

/* Puts the report of a loss into the ring, if one is due. Is there a line to send now? */
static bool push_lost(void)
{
	struct line line;

	if (sink.lost_unsaid == 0 || sink.waiting == LOG_RING_MAX)
		return sink.waiting > 0;
	line_begin(&line, LOG_WARNING);
	line_add(&line, LOG_LINE_MAX, "event=%s log_lost=%lu log_lost_total=%lu words=\"the log daemon did not read\"",
		 event_words[EVENT_SENSOR], sink.lost_unsaid, sink.lost);
	sink.lost_unsaid = 0;
	return ring_push(&line);
}

static void ring_send(void)
{
	for (int i = 0; i < FLUSH_MAX && (sink.waiting > 0 || push_lost()); i++) {
		if (!send_line(&sink.ring[sink.first])) {
			sink.retry = instant_add(sink.now, duration_ms(RETRY_MS));
			break;
		}
		ring_pop();
	}
	push_lost(); /* before any newer line can take the place that became free */
}

/* Buckets. */

static bool bucket_take(struct bucket *bucket)
{
	const struct duration each = duration_ms(BUCKET_SECONDS * 1000);

	while (bucket->spent > 0 && instant_reached(sink.now, bucket->refill)) {
		bucket->spent--;
		bucket->refill = instant_add(bucket->refill, each);
	}
	if (bucket->spent == BUCKET_BURST)
		return false;
	if (bucket->spent == 0)
		bucket->refill = instant_add(sink.now, each);
	bucket->spent++;
	return true;
}

/* For people: nothing is decided by it. */
static int64_t wall_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

/* What the header promises. Callers log, and then return the -errno they had: so errno stays as it was. */

void log_open(const char *program, const char *path, bool to_stderr, bool debug)
{
	log_close();
	memset(&sink, 0, sizeof(sink));
	sink.socket = -1;
	sink.reader.sun_family = AF_UNIX;
	snprintf(sink.reader.sun_path, sizeof(sink.reader.sun_path), "%s", path);
	snprintf(sink.prefix, sizeof(sink.prefix), "%.32s[%d]: ", program, (int)getpid());
	sink.to_stderr = to_stderr;
	sink.debug = debug;
	sink.console = to_stderr || debug ? console_open() : CONSOLE_NONE;
}

void log_errors_to_stderr(bool wanted)
{
	if (wanted && sink.console.fd < 0)
		sink.console = console_open();
	else if (!wanted && !sink.to_stderr && !sink.debug)
		console_close(&sink.console);
	sink.errors_to_stderr = wanted;
}

void log_close(void)
{
	ring_send();
	disconnect();
	console_close(&sink.console);
}

void log_event(int severity, enum log_event event, const char *words, ...)
{
	struct bucket *bucket = &sink.bucket[event];
	struct line line;
	const char *text;
	int error = errno;
	va_list list;

	if (event != EVENT_ROLE && !bucket_take(bucket)) {
		bucket->suppressed++;
		sink.suppressed++;
		return;
	}
	line_begin(&line, severity);
	line_add(&line, LOG_LINE_MAX, "event=%s ", event_words[event]);
	va_start(list, words);
	line_add_list(&line, LOG_LINE_MAX - (bucket->suppressed > 0 ? SUPPRESSED_ROOM : 0), words, list);
	va_end(list);
	if (bucket->suppressed > 0)
		line_add(&line, LOG_LINE_MAX, " suppressed=%lu", bucket->suppressed);
	line_sanitise(&line);
	text = line.bytes + line.text + strlen(sink.prefix);
	if (severity <= LOG_ERR)
		snprintf(sink.error, sizeof(sink.error), "%s", text);
	if (severity <= LOG_NOTICE)
		events_add(&sink.events, wall_ms(), severity, text);

	if (sink.to_stderr || (sink.errors_to_stderr && severity <= LOG_ERR))
		line_to_console(&line);
	if (ring_push(&line))
		bucket->suppressed = 0;
	if (instant_reached(sink.now, sink.retry))
		ring_send();
	errno = error;
}

const char *log_event_word(enum log_event event)
{
	return event_words[event];
}

void log_debug(const char *words, ...)
{
	struct line line;
	int error = errno;
	va_list list;

	if (!sink.debug)
		return;
	line_begin(&line, LOG_DEBUG);
	va_start(list, words);
	line_add_list(&line, LOG_LINE_MAX, words, list);
	va_end(list);
	line_sanitise(&line);
	line_to_console(&line);
	errno = error;
}

void log_turn(struct instant now)
{
	sink.now = now;
}

void log_flush(void)
{
	int error = errno;

	ring_send();
	errno = error;
}

struct instant log_wants(void)
{
	return sink.waiting > 0 ? sink.retry : INSTANT_NEVER;
}

const char *log_newest_error(void)
{
	return sink.error;
}

const struct events *log_events(void)
{
	return &sink.events;
}

unsigned long log_suppressed(void)
{
	return sink.suppressed;
}

unsigned long log_lost(void)
{
	return sink.lost;
}
