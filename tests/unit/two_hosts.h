/* Two hosts on one cable, for tests of what goes over the wire: two network namespaces without a name, which vanish
 * with the process, and a veth pair: "near" in the first, "far" in the second. Sockets stay in the
 * namespace in which they were opened, so one process plays both hosts. */
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NEAR_MAC {0x02, 0, 0, 0, 0, 0x0a}
#define FAR_MAC  {0x02, 0, 0, 0, 0, 0x0b}

static struct {
	int near_ns, far_ns; /* -1: no permission to make them */
} hosts = {-1, -1};

/* Runs a shell command in the namespace that was entered last; it must succeed. */
static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static void enter(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

static int new_namespace(void)
{
	return unshare(CLONE_NEWNET) == 0 ? open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
}

/* Waits until a shell condition holds in the namespace that was entered last. */
static inline void await(const char *condition)
{
	char command[512];

	snprintf(command, sizeof(command), "for i in $(seq 100); do %s && exit 0; sleep 0.05; done; exit 1", condition);
	run(command);
}

/* A cable that has just become whole still drops what is sent, without an error, until the kernel's link watch has
 * been round. */
static void hosts_cable(void)
{
	char command[256];

	enter(hosts.near_ns);
	snprintf(command, sizeof(command),
		 "ip link add near address 02:00:00:00:00:0a type veth "
		 "peer name far address 02:00:00:00:00:0b netns /proc/%d/fd/%d",
		 (int)getpid(), hosts.far_ns);
	run(command);
	run("ip link set near up");
	enter(hosts.far_ns);
	run("ip link set far up");
	await("ip link show far | grep -q 'state UP'");
	enter(hosts.near_ns);
	await("ip link show near | grep -q 'state UP'");
}

/* Unplugs and destroys the cable with everything on it. */
static void hosts_uncable(void)
{
	enter(hosts.near_ns);
	run("ip link delete near");
}

static int hosts_make(void **state)
{
	(void)state;
	hosts.near_ns = new_namespace();
	if (hosts.near_ns >= 0)
		hosts.far_ns = new_namespace();
	return 0;
}

/* For a test's setup. Without root there is no cable; the test then begins with skip_without_hosts(). */
static int hosts_plug(void **state)
{
	(void)state;
	if (hosts.far_ns >= 0)
		hosts_cable();
	return 0;
}

static int hosts_unplug(void **state)
{
	(void)state;
	if (hosts.far_ns < 0)
		return 0;
	enter(hosts.near_ns);
	if (if_nametoindex("near") != 0)
		hosts_uncable();
	return 0;
}

static void skip_without_hosts(void)
{
	if (hosts.far_ns < 0)
		skip();
}

/* Any bytes as an Ethernet frame from the far end. */
static inline void send_frame(const uint8_t *bytes, size_t length)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = 6};
	int fd;

	enter(hosts.far_ns);
	to.sll_ifindex = (int)if_nametoindex("far");
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, bytes, length, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)length);
	close(fd);
}

/* Waits for a descriptor to become readable; false after a time in which a healthy cable delivers anything. */
static bool readable(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, 5000) == 1;
}
