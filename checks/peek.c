#include "checks/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Not blocking: a FIFO in the place of a file must not hold even this process up. */
static int read_head(const char *path, struct peek_report *report)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t got = fd < 0 ? -1 : read(fd, report->head, sizeof(report->head));

	if (got < 0)
		return errno;
	report->head_bytes = (uint16_t)got;
	return 0;
}

static void look(const void *context)
{
	const struct peek *peek = context;
	struct peek_report report;
	struct stat status;

	memset(&report, 0, sizeof(report));
	if (stat(peek->path, &status) < 0) {
		report.error = errno;
	} else {
		report.mode = status.st_mode;
		report.written = status.st_mtim;
		clock_gettime(CLOCK_REALTIME, &report.now);
		if (peek->head && S_ISREG(status.st_mode))
			report.error = read_head(peek->path, &report);
	}
	_exit(write(STDOUT_FILENO, &report, sizeof(report)) == sizeof(report) ? 0 : 1);
}

void peek_init(struct peek *peek, const void *owner, const char *path, bool head)
{
	peek->path = path;
	peek->head = head;
	offspring_init(&peek->offspring, owner, look, peek);
}

bool peek_advance(struct peek *peek, struct probe_wait *wait, struct peek_report *report)
{
	siginfo_t end;
	int error = offspring_advance(&peek->offspring, wait, &end);

	if (error == -EINPROGRESS)
		return false;
	if (error == 0 && offspring_output(&peek->offspring, report, sizeof(*report)) == sizeof(*report))
		return true;
	*report = (struct peek_report){.error = error ? -error : ECHILD};
	return true;
}

const char *peek_stage(const struct peek *peek)
{
	return offspring_stage(&peek->offspring, "its file system does not answer");
}

void peek_done(struct peek *peek)
{
	offspring_done(&peek->offspring);
}
