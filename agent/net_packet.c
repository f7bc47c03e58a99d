#include "agent/net_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* About a hundred small packets: a flood fills this and no more, and a turn that drains it stays short. */
enum { RECEIVE_BUFFER_BYTES = 64 * 1024 };

const uint8_t mac_broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

struct sockaddr_ll net_packet_to(unsigned ifindex, uint16_t protocol, const uint8_t mac[static 6])
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)ifindex,
		.sll_halen = 6,
	};

	memcpy(to.sll_addr, mac, 6);
	return to;
}

/* The filter comes before the bind, so that no packet slips in between the two. */
static int set_up(int fd, unsigned ifindex, uint16_t protocol, const struct sock_fprog *filter)
{
	const struct sockaddr_ll here = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)ifindex,
	};
	const int bytes = RECEIVE_BUFFER_BYTES;

	if (ifindex == 0) /* to the kernel it means every interface */
		return -ENODEV;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter, sizeof(*filter)) != 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) != 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&here, sizeof(here)) != 0)
		return -errno;
	return 0;
}

int net_packet_open(unsigned ifindex, uint16_t protocol, const struct sock_fprog *filter)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); /* protocol 0: deaf until bound */
	int error;

	if (fd < 0)
		return -errno;
	error = set_up(fd, ifindex, protocol, filter);
	if (error < 0) {
		close(fd);
		return error;
	}
	return fd;
}

int net_packet_send(int fd, const struct sockaddr_ll *to, const uint8_t *bytes, size_t length)
{
	if (sendto(fd, bytes, length, MSG_DONTWAIT, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return -errno;
	return 0;
}

/* The kernel tells a reader ENETDOWN once at most, whatever happened; but a socket whose interface is gone is bound to
 * none. */
static bool is_gone(int fd)
{
	struct sockaddr_ll here;
	socklen_t length = sizeof(here);

	return getsockname(fd, (struct sockaddr *)&here, &length) == 0 && here.sll_ifindex <= 0;
}

ssize_t net_packet_receive(int fd, uint8_t bytes[static NET_PACKET_MOST], struct sockaddr_ll *from)
{
	socklen_t length = sizeof(*from);
	ssize_t got = recvfrom(fd, bytes, NET_PACKET_MOST, MSG_DONTWAIT, (struct sockaddr *)from, &length);
	int error = errno;

	if (got >= 0)
		return got;
	return is_gone(fd) ? -ENXIO : -error;
}
