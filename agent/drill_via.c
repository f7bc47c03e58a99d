#include "agent/drill_via.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/look.h"

struct errand {
	const char *words;
	const char *const *arguments;
};

/* In the new process: becomes the shell that becomes the command. */
static void go(const void *context, int out)
{
	const struct errand *errand = context;
	char script[4096];
	const char *argv[DRILL_ARGUMENTS_MAX + 6] = {"sh", "-c", script, "sh", "casvipctl"};
	int count = 5;

	for (int i = 0; errand->arguments[i]; i++) {
		assert(i < DRILL_ARGUMENTS_MAX);
		argv[count++] = errand->arguments[i];
	}
	if ((size_t)snprintf(script, sizeof(script), "%s \"$@\"", errand->words) < sizeof(script) &&
	    dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0)
		execv("/bin/sh", (char *const *)argv);
	_exit(EXIT_FAILURE);
}

ssize_t drill_via(const char *words, const char *const arguments[], char *text, size_t size)
{
	const struct errand errand = {words, arguments};
	struct look look = {0};
	int error = look_start(&look, LOOK_AS_IS, go, &errand);

	if (error < 0)
		return error;
	return look_finish(&look, instant_add(clock_boottime(), duration_ms(DRILL_VIA_MS)), text, size);
}
