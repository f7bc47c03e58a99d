/* The only clock that decides: CLOCK_BOOTTIME, which nobody can set and which counts a suspend. Read once a turn. */
#pragma once

#include <time.h>

#include "vrrp/instant.h"

static inline struct instant clock_boottime(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (struct instant){time.tv_sec * INT64_C(1000000000) + time.tv_nsec};
}
