/* A profile: the checks that suit a kind of server, as text of the same grammar as the file. What the file says of a
 * check of the same name goes before what the profile says; what it says nothing of, the profile decides. */
#pragma once

#include "conf/conf.h"

enum { CONF_PROFILE_TEXT_MAX = 16384 };

/* The profile's checks for this vip, whose keys are read already, in a section that conf_load() can parse: a whole file
 * with one vip and nothing else. "" when there is no profile. 0 or -ENOMEM. */
int conf_profile_text(const struct conf_vip *vip, char text[static CONF_PROFILE_TEXT_MAX]);

/* The name of the profile's i-th check; NULL behind the last. */
const char *conf_profile_check(enum conf_profile profile, int i);
