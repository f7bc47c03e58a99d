/* The terminal as a screen that is drawn anew, line by line, and given back as it was found.
 *
 * Its sequences are those of ECMA-48, and xterm's for the second screen (1049) and the cursor (25), which the terminals
 * of today, tmux and the Linux console understand. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct screen {
	struct termios was;
	bool colour;
	bool entered;
};

/* Takes standard input and output over: keys come at once and are not shown. 0, or -errno with nothing changed. */
int screen_enter(struct screen *screen, bool colour);

/* Gives the terminal back. Does nothing when it was not entered. */
void screen_leave(struct screen *screen);

/* Of the terminal at standard output; else what LINES and COLUMNS say, or 24 by 80. */
void screen_size(int *ret_columns, int *ret_rows);

/* Shows a frame of lines that are no longer than the screen is wide. 0 or -errno: nobody can see it. */
int screen_draw(const struct screen *screen, const char *frame, int columns);
