#include "agent/watch_tail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "agent/event_read.h"

enum { LINES_A_TURN = 64 };

void watch_tail_open(struct watch_tail *tail)
{
	*tail = (struct watch_tail){.follow = FOLLOW_NONE};
}

void watch_tail_close(struct watch_tail *tail)
{
	follow_close(&tail->follow);
}

static void end(struct watch_tail *tail, const char *words)
{
	follow_close(&tail->follow);
	snprintf(tail->deaf, sizeof(tail->deaf), "%s", words);
}

void watch_tail_connect(struct watch_tail *tail, const char *socket)
{
	char why[FOLLOW_WHY_MAX];

	if (tail->follow.fd >= 0)
		tail->deaf[0] = '\0'; /* a refusal would have come by now */
	else if (follow_open(&tail->follow, socket, tail->newest, tail->session, why) < 0)
		end(tail, why);
}

/* A loss has no time of its own: it lies before the event that came next. */
static void take_lost(struct watch_tail *tail, uint64_t lost)
{
	const struct event_record *last = &tail->events.ring[tail->events.newest % EVENTS_MAX];
	char line[EVENT_LINE_MAX];

	snprintf(line, sizeof(line), "event=lost words=\"%" PRIu64 " events are missing here\"", lost);
	events_add(&tail->events, last->at_ms, LOG_WARNING, line);
}

static void take(struct watch_tail *tail, const char *line, size_t length)
{
	struct event_said said;

	event_read(line, length, &said);
	if (said.kind != EVENT_UNKNOWN)
		tail->deaf[0] = '\0';
	switch (said.kind) {
	case EVENT_TOLD:
		events_add(&tail->events, said.event.at_ms, said.event.severity, said.event.line);
		tail->newest = said.event.seq;
		tail->session = said.origin.session;
		break;
	case EVENT_LOST:
		take_lost(tail, said.lost);
		break;
	case EVENT_UNKNOWN:
		end(tail, "casvipd refuses: too many follow the events already, or it is of another version");
		break;
	}
}

bool watch_tail_turn(struct watch_tail *tail)
{
	int i;
	bool any = false;

	for (i = 0; i < LINES_A_TURN && tail->follow.fd >= 0; i++) {
		const char *line;
		int length = follow_next(&tail->follow, &line);

		if (length == -EAGAIN)
			break;
		any = true;
		if (length < 0)
			end(tail, length == -EPIPE ? "casvipd has ended, or this is too slow" : strerror(-length));
		else
			take(tail, line, (size_t)length);
	}
	tail->more = i == LINES_A_TURN;
	return any;
}
