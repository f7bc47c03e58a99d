/* Probe type link: is a network interface there, up, and does it have a carrier?
 *
 * Asked for by an ioctl(), which takes no lock: a request by rtnetlink waits for whoever is changing the network, and a
 * driver that hangs in such a change would hang all checks. IFF_RUNNING is the kernel's operational state (RFC 2863:
 * up, or unknown where the driver does not tell), so a port that still waits to be let in by 802.1X counts as down. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "checks/probe.h"
#include "checks/sock.h"

struct probe {
	const struct conf_check *check;
};

static struct probe *link_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	return probe;
}

/* IFF_ of the interface, or -errno. */
static int flags_of(const char *interface)
{
	struct ifreq request = {0};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	result = ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : (unsigned short)request.ifr_flags;
	sock_close(&fd);
	return result;
}

static bool link_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	const char *interface = probe->check->interface;
	int flags = flags_of(interface);

	(void)revents;
	(void)wait;
	if (flags == -ENODEV)
		outcome_set(outcome, VERDICT_DOWN, "no-interface", "there is no interface %s", interface);
	else if (flags < 0)
		sock_outcome(outcome, flags, "asking for the interface");
	else if (!(flags & IFF_UP))
		outcome_set(outcome, VERDICT_DOWN, "off", "%s is switched off on this host", interface);
	else if (!(flags & IFF_RUNNING))
		outcome_set(outcome, VERDICT_DOWN, "no-carrier", "%s has no carrier", interface);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "%s is up and has a carrier", interface);
	return true;
}

static const char *link_stage(const struct probe *probe)
{
	(void)probe;
	return "asking for the interface";
}

static void link_free(struct probe *probe)
{
	free(probe);
}

const struct probe_type probe_link = {
	.start = link_start,
	.advance = link_advance,
	.stage = link_stage,
	.free = link_free,
};
