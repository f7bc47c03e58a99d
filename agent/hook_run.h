/* A hook's process: begun, read, ended. It has a session and a process group of its own, gets one text on its standard
 * input, and is killed with its whole group at its deadline; what it leaves behind in its group when it ends is killed
 * too. It dies with us. Nothing here waits. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "vrrp/instant.h"

enum { HOOK_OUTPUT_MAX = 160 };

struct hook_run {
	pid_t pid;  /* 0: none */
	int pidfd;  /* readable when it has ended */
	int out_fd; /* what it writes to its standard output and error; -1: it has closed them */
	bool late;  /* killed at its deadline, and not ended yet */
	struct instant began, deadline;
	char output[HOOK_OUTPUT_MAX]; /* its first line, printable, as it may stand in words="..." */
	size_t output_length;
	bool output_over; /* what else it says is read and forgotten */
};

#define HOOK_RUN_NONE ((struct hook_run){.pidfd = -1, .out_fd = -1})

/* How it ended. */
struct hook_end {
	bool late;    /* killed at its deadline */
	int error;    /* it could not even be executed: errno, else 0 */
	int status;   /* its exit status, or -1 */
	int signal;   /* that ended it, or 0 */
};

/* The text is at most PIPE_BUF bytes. 0 or -errno. */
int hook_run_begin(struct hook_run *run, const struct conf_hook *hook, char *const environment[], const char *text,
		   size_t length, struct instant now);

/* Reads what it says, and kills it when it is late. True once it has ended: `end` says how, and another may begin. */
bool hook_run_advance(struct hook_run *run, struct instant now, struct hook_end *end);

/* Kills it and forgets it. None is fine. */
void hook_run_kill(struct hook_run *run);
