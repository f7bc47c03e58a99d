/* A configuration file as it was read: its bytes, what they mean, or what is wrong with them. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "conf/conf.h"

enum { CONF_FINDING_MAX = 320 };

struct conf_file {
	char *text; /* the judge gets these very bytes, whatever becomes of the file */
	size_t length;
	struct conf *conf;
	char finding[CONF_FINDING_MAX]; /* the first one, quotable, when there were any */
};

/* Reads the file once and loads it. Findings go to `findings`, a line each. 0, -EINVAL with findings, or -errno (words
 * in `finding` as well). `file` is filled only on success; conf_file_done() is fine either way. */
int conf_file_load(const char *path, FILE *findings, struct conf_file *file);
void conf_file_done(struct conf_file *file);

/* The first line of some findings as it may stand in words="..." on the log: a double quote in it becomes '. */
void conf_file_quote(const char *findings, char quoted[static CONF_FINDING_MAX]);
