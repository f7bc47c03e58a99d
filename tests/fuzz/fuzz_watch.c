/* A frame of casvipctl watch, whatever the size of the terminal and the bytes from the agent: nothing in it moves a
 * cursor, and no row or line is too much.
 *
 * fuzz-sources: agent/watch_frame.c agent/event_text.c agent/event_fields.c agent/events.c agent/page.c
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/watch_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_fits(const char *frame, int columns, int rows)
{
	int column = 0;

	for (; *frame; frame++) {
		column = *frame == '\n' ? 0 : column + 1;
		rows -= *frame == '\n';
		assert(*frame == '\n' || (*frame >= ' ' && *frame <= '~'));
		assert(column <= columns && rows > 0);
	}
}

/* Columns, rows, how often the text is an event, and the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct events events;
	static char frame[WATCH_FRAME_MAX];
	struct watch_view view = {.clock = "", .events = &events, .status_age_ms = 1};
	char *text;

	if (size < 3)
		return 0;
	text = malloc(size - 2);
	assert(text);
	memcpy(text, data + 3, size - 3);
	text[size - 3] = '\0';
	memset(&events, 0, sizeof(events));
	for (int i = 0; i < data[2]; i++)
		events_add(&events, i, i % 8, text);
	view.columns = data[0] + 1;
	view.rows = data[1] + 1;
	view.status = view.trouble = view.deaf = text;
	assert(watch_frame_write(&view, frame) == strlen(frame));
	assert_fits(frame, view.columns, view.rows);
	free(text);
	return 0;
}
