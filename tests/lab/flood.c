/* In the place of casvip-checks, with its arguments: says that the first check is up, and garbage, faster than anybody
 * can read it. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "checks/fact.h"

static _Noreturn void flood(int fd)
{
	struct fact fact = {.magic = FACT_MAGIC, .state = CHECK_STATE_UP, .reason = "ok", .words = "flooded"};
	char garbage[2 * sizeof(fact)] = {0};
	struct timespec now;

	for (;;) {
		clock_gettime(CLOCK_BOOTTIME, &now);
		fact.at_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
		if (write(fd, &fact, sizeof(fact)) < 0 || write(fd, garbage, 1) < 0 ||
		    write(fd, garbage, sizeof(garbage)) < 0)
			_exit(0); /* the agent is gone */
	}
}

/* casvip-checks --conf-fd N --facts-fd M */
int main(int argc, char **argv)
{
	int fd = argc == 5 ? atoi(argv[4]) : -1;

	if (fd < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0)
		return 1;
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		flood(fd);
	}
	flood(fd);
}
