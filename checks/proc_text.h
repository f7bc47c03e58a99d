/* What /proc and pid files say about processes. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	PROC_COMM_CHARS = 15, /* the kernel keeps so much of a program's name (TASK_COMM_LEN) */
	PROC_NAME_MAX = 64,
};

/* The beginning of /proc/PID/stat, proc(5). */
struct proc_stat {
	pid_t pid;
	char name[PROC_NAME_MAX]; /* whatever the process calls itself */
	char state;               /* 'R', 'S', 'T' stopped, 'Z' zombie ... */
	uint64_t start;           /* ticks since boot: with the pid, the same for no other process */
};

/* False when it is not such a text; `stat` is untouched then. */
bool proc_stat_read(const char *text, size_t length, struct proc_stat *stat);

/* Ended, and not yet, or hardly, reaped? Stopped by a signal? Not: by a debugger, which stops what it traces all the
 * time. */
bool proc_is_dead(const struct proc_stat *stat);
bool proc_is_stopped(const struct proc_stat *stat);

/* Is this the process's name, as far as the kernel keeps it? */
bool proc_is_named(const struct proc_stat *stat, const char *name);

/* Is this the last part of the path a process was called by? `arguments` is /proc/PID/cmdline. */
bool proc_is_called(const char *arguments, size_t length, const char *name);

/* The number at the beginning of a pid file; 0: there is none. More lines may follow. */
pid_t proc_pid_read(const char *text, size_t length);
