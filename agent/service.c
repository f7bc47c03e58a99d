#include "agent/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A path, or "@name" in the abstract namespace. The length of the address, 0 when it is none. */
static socklen_t read_address(const char *name, struct sockaddr_un *address)
{
	size_t length = name ? strlen(name) : 0;

	if (length < 2 || length >= sizeof(address->sun_path) || (name[0] != '/' && name[0] != '@'))
		return 0;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, name, length);
	if (name[0] == '/')
		return sizeof(*address);
	address->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static int64_t read_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long long value;

	errno = 0;
	value = text ? strtoll(text, &end, 10) : 0;
	return text && !errno && end != text && !*end ? value : 0;
}

static struct duration read_watchdog(void)
{
	const int64_t century_us = INT64_C(100) * 365 * 86400 * 1000000;
	int64_t us = read_number("WATCHDOG_USEC");

	if (us <= 0 || us > century_us || (getenv("WATCHDOG_PID") && read_number("WATCHDOG_PID") != getpid()))
		return (struct duration){0};
	return duration_us(us / 2);
}

bool service_stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat is;
	char more;

	return stream && sscanf(stream, "%llu:%llu%c", &device, &inode, &more) == 2 &&
	       fstat(STDERR_FILENO, &is) == 0 && is.st_dev == device && is.st_ino == inode;
}

void service_open(struct service *service, struct instant now)
{
	*service = (struct service){.fd = -1, .watchdog_at = INSTANT_NEVER};
	service->manager_length = read_address(getenv("NOTIFY_SOCKET"), &service->manager);
	if (service->manager_length > 0)
		service->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (service->fd >= 0)
		service->watchdog = read_watchdog();
	if (service->watchdog.ns > 0)
		service->watchdog_at = now;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void service_close(struct service *service)
{
	if (service->fd >= 0)
		close(service->fd);
	service->fd = -1;
	service->watchdog_at = INSTANT_NEVER;
}

/* Addressed each time, so that a manager that was restarted is found again. What cannot be said is left unsaid. */
static void say(const struct service *service, const char *text)
{
	if (service->fd >= 0)
		(void)!sendto(service->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
			      (const struct sockaddr *)&service->manager, service->manager_length);
}

void service_ready(const struct service *service)
{
	say(service, "READY=1");
}

void service_stopping(const struct service *service)
{
	say(service, "STOPPING=1");
}

/* The manager compares it with its own CLOCK_MONOTONIC, so this one message asks that clock. */
void service_reloading(const struct service *service)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		 (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	say(service, text);
}

void service_words(const struct service *service, const char *words, ...)
{
	char text[256] = "STATUS=";
	size_t head = strlen(text);
	va_list list;

	va_start(list, words);
	vsnprintf(text + head, sizeof(text) - head, words, list);
	va_end(list);
	text[strcspn(text, "\n")] = 0; /* a second line would be a second assignment */
	say(service, text);
}

void service_turn(struct service *service, struct instant now)
{
	if (!instant_reached(now, service->watchdog_at))
		return;
	say(service, "WATCHDOG=1");
	service->watchdog_at = instant_add(now, service->watchdog);
}

struct instant service_wants(const struct service *service)
{
	return service->watchdog_at;
}
