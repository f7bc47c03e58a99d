/* The credentials that the checks of this process may use: read once from descriptors that somebody with the right to
 * them has opened, kept until credential_store_wipe(). One for the process, as its probes are. */
#pragma once

#include "checks/credentials.h"
#include "checks/probe.h"
#include "conf/conf.h"
#include "conf/credential_file.h"

/* `fds` are as credential_files_open() of the same configuration fills them: a descriptor or -errno for each name. They
 * are read and closed. What cannot be had makes the checks that name it unknown, and nothing else. */
void credential_store_load(const struct conf *conf, int *fds, int count);
void credential_store_wipe(void);

/* The check's credentials; they stay until the store is wiped. NULL with `outcome` saying what to do about it: there
 * are none to be had. Only for a check that has any. */
const struct credentials *credential_store_find(const struct conf_check *check, struct outcome *outcome);
