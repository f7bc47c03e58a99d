/* How many descriptors this process has open: for tests that none is left behind. */
#pragma once

#include <dirent.h>

static inline int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}
