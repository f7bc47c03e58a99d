/* Any bytes as /proc/PID/stat, as /proc/PID/cmdline and as a pid file: what is read of them lies in its bounds. A
 * process chooses its name and its arguments as it likes.
 *
 * fuzz-sources: checks/proc_text.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checks/proc_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_all(const char *text, size_t length)
{
	struct proc_stat stat;
	pid_t pid = proc_pid_read(text, length);

	assert(pid >= 0 && pid <= 1 << 22);
	if (proc_stat_read(text, length, &stat)) {
		assert(stat.pid >= 0 && stat.pid <= 1 << 22);
		assert(strnlen(stat.name, sizeof(stat.name)) < sizeof(stat.name));
		assert(memchr(text, stat.state, length));
		assert(strlen(stat.name) > PROC_COMM_CHARS || proc_is_named(&stat, stat.name));
	}
	if (proc_is_called(text, length, "nginx"))
		assert(memmem(text, length, "nginx", 5));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *text = malloc(length); /* of its own, so that a byte too far is seen */

	if (length)
		memcpy(text, bytes, length);
	read_all(text, length);
	free(text);
	return 0;
}
