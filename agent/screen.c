#include "agent/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/cli_paint.h"

#define SECOND_SCREEN "\033[?1049h\033[?25l" /* and no cursor */
#define FIRST_SCREEN  "\033[?25h\033[?1049l"
#define HOME	      "\033[H"
#define ERASE_LINE    "\033[K" /* from the cursor on */
#define ERASE_BELOW   "\033[J"

enum { ROWS = 24, COLUMNS = 80, SIDE_MOST = 10000, DRAWING_MAX = 256 << 10 };

static int say(const char *sequence)
{
	return fputs(sequence, stdout) < 0 || fflush(stdout) != 0 ? -errno : 0;
}

int screen_enter(struct screen *screen, bool colour)
{
	static char drawing[DRAWING_MAX]; /* a frame goes out in one piece */
	struct termios raw;

	*screen = (struct screen){.colour = colour};
	if (tcgetattr(STDIN_FILENO, &screen->was) < 0)
		return -errno;
	raw = screen->was;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)(IXON); /* a Ctrl-S would hold us back in the middle of a frame */
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* the shell would get a terminal that is not as it was */
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0)
		return -errno;
	setvbuf(stdout, drawing, _IOFBF, sizeof(drawing));
	screen->entered = true;
	return say(SECOND_SCREEN);
}

void screen_leave(struct screen *screen)
{
	if (!screen->entered)
		return;
	say(FIRST_SCREEN);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen->was);
	screen->entered = false;
}

static int side(const char *variable, int otherwise)
{
	const char *text = getenv(variable);
	long value = text ? strtol(text, NULL, 10) : 0;

	return value > 0 && value < SIDE_MOST ? (int)value : otherwise;
}

void screen_size(int *ret_columns, int *ret_rows)
{
	struct winsize size;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;

	*ret_columns = known ? size.ws_col : side("COLUMNS", COLUMNS);
	*ret_rows = known ? size.ws_row : side("LINES", ROWS);
}

/* Behind a line as wide as the screen the cursor still stands on its last letter: erasing from there would take it. */
int screen_draw(const struct screen *screen, const char *frame, int columns)
{
	fputs(HOME, stdout);
	while (*frame) {
		size_t length = strcspn(frame, "\n");

		if (screen->colour)
			cli_paint_line(frame, length, stdout);
		else
			fwrite(frame, 1, length, stdout);
		if (length < (size_t)columns)
			fputs(ERASE_LINE, stdout);
		frame += length;
		if (*frame == '\n') {
			fputs("\r\n", stdout);
			frame++;
		} else if (length < (size_t)columns) {
			fputs(ERASE_BELOW, stdout);
		}
	}
	return fflush(stdout) == 0 ? 0 : -errno;
}
