#include "agent/watch_frame.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/event_text.h"

enum {
	ROWS_WITH_EVENTS = 6, /* in fewer, the status has them all */
	EVENT_ROWS_LEAST = 3, /* that a long status leaves to the events, or a third */
	WORDS_MAX = 512,
};

struct frame {
	char *text;
	size_t used;
	int columns, rows; /* that are left */
};

/* One more row, if there is one left. A '>' at its end: there is more of it. */
static void add(struct frame *frame, const char *line, size_t length)
{
	size_t most = (size_t)frame->columns, shown = length < most ? length : most;

	if (frame->rows == 0)
		return;
	frame->rows--;
	if (frame->used > 0)
		frame->text[frame->used++] = '\n';
	for (size_t i = 0; i < shown; i++)
		frame->text[frame->used++] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	if (shown < length)
		frame->text[frame->used - 1] = '>';
}

static void add_head(struct frame *frame, const struct watch_view *view)
{
	char words[WORDS_MAX], age[64] = "no status yet";

	if (*view->status)
		snprintf(age, sizeof(age), "status %" PRId64 ".%" PRId64 " s old", view->status_age_ms / 1000,
			 view->status_age_ms % 1000 / 100);
	if (*view->trouble)
		snprintf(words, sizeof(words), "! agent not reachable for %" PRId64 " s, %s: %s", view->away_ms / 1000,
			 age, view->trouble);
	else
		snprintf(words, sizeof(words), "casvip watch at %s, %s; q ends", view->clock, age);
	add(frame, words, strlen(words));
}

/* The lines of a text, without empty ones at its end. */
static int count_lines(const char *text)
{
	int lines = 0, last = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");

		lines++;
		if (length > 0)
			last = lines;
		text += length + (text[length] == '\n');
	}
	return last;
}

/* The first so many rows; the last of them tells of what did not fit. */
static void add_status(struct frame *frame, const char *status, int lines, int rows)
{
	int whole = lines <= rows ? lines : rows - 1;
	char words[WORDS_MAX];

	for (int i = 0; i < whole; i++) {
		size_t length = strcspn(status, "\n");

		add(frame, status, length);
		status += length + (status[length] == '\n');
	}
	if (whole == lines || rows <= 0)
		return;
	snprintf(words, sizeof(words), "... %d more lines: casvipctl status", lines - whole);
	add(frame, words, strlen(words));
}

static void add_events(struct frame *frame, const struct watch_view *view, int rows)
{
	uint64_t newest = view->events->newest, seq = newest > (uint64_t)rows ? newest - (uint64_t)rows : 0, lost;
	const struct event_record *event;
	char words[EVENT_TEXT_MAX];

	snprintf(words, sizeof(words), *view->deaf ? "--- ! no events: %s" : "--- events, the newest last%s",
		 view->deaf);
	add(frame, words, strlen(words));
	while ((event = events_after(view->events, seq, &lost))) {
		event_text_write(event, EVENT_TEXT_HOUR, words);
		add(frame, words, strlen(words));
		seq = event->seq;
	}
}

static int at_most(int value, int most)
{
	return value < 1 ? 1 : value < most ? value : most;
}

static int event_rows(const struct events *events, int room)
{
	int least = room / 3 > EVENT_ROWS_LEAST ? room / 3 : EVENT_ROWS_LEAST;

	return events->newest < (uint64_t)least ? (int)events->newest : least;
}

size_t watch_frame_write(const struct watch_view *view, char text[static WATCH_FRAME_MAX])
{
	struct frame frame = {.text = text,
			      .columns = at_most(view->columns, WATCH_COLUMNS_MAX),
			      .rows = at_most(view->rows, WATCH_ROWS_MAX)};
	int lines = count_lines(view->status), room = frame.rows - 2, for_status;
	bool with_events = frame.rows >= ROWS_WITH_EVENTS;

	add_head(&frame, view);
	for_status = with_events ? room - event_rows(view->events, room) : frame.rows;
	if (for_status > lines)
		for_status = lines;
	add_status(&frame, view->status, lines, for_status);
	if (with_events)
		add_events(&frame, view, room - for_status);
	text[frame.used] = '\0';
	return frame.used;
}
