/* The files of credentials that a configuration names: which ones, and opened by who may open them. What stands in them
 * is nobody's business here: casvipd opens them as root and hands the descriptors on, unread. */
#pragma once

#include <stddef.h>

#include "conf/conf.h"

enum {
	CREDENTIAL_FILES_MAX = 32, /* different ones in a configuration that are opened */
	CREDENTIAL_FILE_BYTES_MAX = 4096,
};

/* The different names, in the order of the checks: how many there are, of which `names` gets CREDENTIAL_FILES_MAX at
 * most. They point into `conf`. */
int credential_file_names(const struct conf *conf, const char *names[static CREDENTIAL_FILES_MAX]);

/* Opens one for reading. A name without a slash is a systemd credential, a file in `directory` ($CREDENTIALS_DIRECTORY;
 * NULL where there is none). The descriptor, or -errno:
 *   -EPERM     group or others have a right to it
 *   -EINVAL    it is no regular file
 *   -EFBIG     it is larger than CREDENTIAL_FILE_BYTES_MAX
 *   -ENOKEY    a systemd credential, but there is no directory of them
 *   whatever open(2) says. */
int credential_file_open(const char *name, const char *directory);

/* Opens all: `fds` gets for each name its descriptor or -errno. Returns how many. */
int credential_files_open(const struct conf *conf, const char *directory, int fds[static CREDENTIAL_FILES_MAX]);
void credential_files_close(int *fds, int count);
