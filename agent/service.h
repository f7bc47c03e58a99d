/* What systemd is told (sd_notify(3)): ready, in words, alive, reloading, stopping. Never blocks.
 *
 * The protocol is a stable one of datagrams and environment variables; it is spoken here directly, because the
 * library's sd_notify() sends on a blocking socket: a frozen PID 1 whose queue is full would cost the VIP. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "vrrp/instant.h"

struct service {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un manager;
	socklen_t manager_length;
	struct duration watchdog; /* say "alive" this often; 0: not wanted */
	struct instant watchdog_at;
};

/* Is stderr the journal (JOURNAL_STREAM, systemd.exec(5))? What syslog is told goes there too, by /dev/log. */
bool service_stderr_is_journal(void);

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from the environment of our children. */
void service_open(struct service *service, struct instant now);
void service_close(struct service *service);

void service_ready(const struct service *service);
void service_reloading(const struct service *service); /* service_ready() ends it */
void service_stopping(const struct service *service);
void service_words(const struct service *service, const char *words, ...) __attribute__((format(printf, 2, 3)));

/* Says "alive" when it is due, at half of what the manager waits for. */
void service_turn(struct service *service, struct instant now);
struct instant service_wants(const struct service *service);
