/* For unit tests of the ports: network namespaces of their own, and time. Needs root; a test without it is skipped. */
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "vrrp/instant.h"

static inline struct instant now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (struct instant){time.tv_sec * INT64_C(1000000000) + time.tv_nsec};
}

/* Moves this process into a fresh namespace and returns a descriptor of it, or -1 where that is not allowed. */
static inline int netns_new(void)
{
	return unshare(CLONE_NEWNET) < 0 ? -1 : open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Runs a shell command in the current namespace; a failing one ends the test program. */
__attribute__((format(printf, 1, 2))) static inline void run(const char *format, ...)
{
	char command[512];
	va_list words;

	va_start(words, format);
	vsnprintf(command, sizeof(command), format, words);
	va_end(words);
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		abort();
	}
}

/* Does this shell command succeed? */
__attribute__((format(printf, 1, 2))) static inline int succeeds(const char *format, ...)
{
	char command[512];
	va_list words;

	va_start(words, format);
	vsnprintf(command, sizeof(command), format, words);
	va_end(words);
	return system(command) == 0;
}
