#include "checks/proc_text.h"

#include <ctype.h>
#include <string.h>

enum { PID_MOST = 1 << 22 /* PID_MAX_LIMIT */, STATE_FIELD = 3, START_FIELD = 22 };

/* A number that ends before `end`, and the place after it; NULL: there is none, or it is larger than `most`. */
static const char *read_number(const char *at, const char *end, uint64_t most, uint64_t *ret_number)
{
	const char *start = at;
	uint64_t number = 0;

	for (; at < end && isdigit((unsigned char)*at); at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (number > (most - digit) / 10)
			return NULL;
		number = 10 * number + digit;
	}
	*ret_number = number;
	return at > start ? at : NULL;
}

/* The field of that number in what follows the name, which begins with the state's. */
static const char *field(const char *at, const char *end, int number)
{
	for (int skip = number - STATE_FIELD; skip > 0; skip--) {
		at = memchr(at, ' ', (size_t)(end - at));
		if (!at)
			return NULL;
		at++;
	}
	return at;
}

/* A name may itself have brackets and blanks in it: the last bracket ends it. */
bool proc_stat_read(const char *text, size_t length, struct proc_stat *stat)
{
	const char *end = text + length, *close = memrchr(text, ')', length), *open, *at;
	struct proc_stat read = {0};
	uint64_t pid;

	open = read_number(text, end, PID_MOST, &pid);
	if (!open || !close || close - open < 2 || end - close < 3 || open[0] != ' ' || open[1] != '(' ||
	    close[1] != ' ')
		return false;
	read.pid = (pid_t)pid;
	read.state = close[2];
	open += 2;
	memcpy(read.name, open, (size_t)(close - open) < sizeof(read.name) ? (size_t)(close - open)
									   : sizeof(read.name) - 1);
	at = field(close + 2, end, START_FIELD);
	if (!at || !read_number(at, end, UINT64_MAX, &read.start))
		return false;
	*stat = read;
	return true;
}

bool proc_is_dead(const struct proc_stat *stat)
{
	return strchr("ZXx", stat->state) != NULL;
}

bool proc_is_stopped(const struct proc_stat *stat)
{
	return stat->state == 'T';
}

bool proc_is_named(const struct proc_stat *stat, const char *name)
{
	size_t length = strnlen(name, PROC_COMM_CHARS);

	return strlen(stat->name) == length && memcmp(stat->name, name, length) == 0;
}

bool proc_is_called(const char *arguments, size_t length, const char *name)
{
	size_t first = strnlen(arguments, length), wanted = strlen(name);

	return first >= wanted && memcmp(arguments + first - wanted, name, wanted) == 0 &&
	       (first == wanted || arguments[first - wanted - 1] == '/');
}

pid_t proc_pid_read(const char *text, size_t length)
{
	const char *end = text + length, *after;
	uint64_t pid;

	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	after = read_number(text, end, PID_MOST, &pid);
	if (!after || (after < end && !isspace((unsigned char)*after)))
		return 0;
	return (pid_t)pid;
}
