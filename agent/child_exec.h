/* Between fork and exec: gives up everything a helper has no use for. Only calls that are safe after a fork. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child_exec {
	const char *program;
	int conf_fd, facts_fd, error_fd;
	int asks_fd; /* -1: standard input is /dev/null */
	const int *credentials; /* descriptors, or negative */
	int credential_count;
	char *credential_numbers; /* for the command line */
	bool drops;
	bool limits_processes; /* the user has no others */
	uid_t uid;
	gid_t gid;
	pid_t parent;
};

/* The step that failed, as it is told through error_fd. */
enum child_step {
	STEP_FDS,
	STEP_SIGNALS,
	STEP_SCHED,
	STEP_LIMITS,
	STEP_BOUNDING,
	STEP_USER,
	STEP_CAPS,
	STEP_NO_NEW_PRIVS,
	STEP_PARENT,
	STEP_EXEC
};
enum { CHILD_STEP_COUNT = STEP_EXEC + 1 };
struct child_failure {
	uint32_t step;
	int32_t error;
};
const char *child_step_word(enum child_step step);

/* What a helper, and each process of its own, may have: far more than 64 checks and their plugins use, and too little
 * to starve the host. */
enum { CHILD_PROCESSES_MAX = 1024, CHILD_MEMORY_GIB_MAX = 4 };

/* Becomes the program, or tells error_fd why not and exits with 127. */
_Noreturn void child_exec(const struct child_exec *plan);
