#include "checks/rtnl.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

static size_t address_bytes(const struct conf_address *address)
{
	return address->family == AF_INET6 ? 16 : 4;
}

static void add(uint8_t *request, uint16_t type, const void *bytes, size_t length)
{
	struct nlmsghdr *header = (struct nlmsghdr *)request;
	struct rtattr *attribute = (struct rtattr *)(request + NLMSG_ALIGN(header->nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = (uint16_t)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), bytes, length);
	header->nlmsg_len = (uint32_t)(NLMSG_ALIGN(header->nlmsg_len) + RTA_SPACE(length));
}

static void begin(uint8_t *request, uint16_t type, const void *body, size_t length)
{
	const struct nlmsghdr header = {
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST,
	};

	memset(request, 0, RTNL_REQUEST_MAX);
	memcpy(request, &header, sizeof(header));
	memcpy(request + NLMSG_HDRLEN, body, length);
}

size_t rtnl_route_request(uint8_t request[static RTNL_REQUEST_MAX], const struct conf_address *to, int interface)
{
	const struct rtmsg body = {.rtm_family = (uint8_t)to->family, .rtm_dst_len = (uint8_t)(8 * address_bytes(to))};

	begin(request, RTM_GETROUTE, &body, sizeof(body));
	add(request, RTA_DST, to->bytes, address_bytes(to));
	if (interface)
		add(request, RTA_OIF, &interface, sizeof(interface));
	return ((struct nlmsghdr *)request)->nlmsg_len;
}

size_t rtnl_neighbour_request(uint8_t request[static RTNL_REQUEST_MAX], const struct conf_address *of, int interface)
{
	const struct ndmsg body = {.ndm_family = (uint8_t)of->family, .ndm_ifindex = interface};

	begin(request, RTM_GETNEIGH, &body, sizeof(body));
	add(request, NDA_DST, of->bytes, address_bytes(of));
	return ((struct nlmsghdr *)request)->nlmsg_len;
}

/* The body of the first message, which has `least` bytes or more, and its attributes. NULL: there is none; `error` is
 * what the kernel says instead of an answer. */
static const void *body_of(const void *reply, size_t length, uint16_t type, size_t least,
			   const struct rtattr **attribute, size_t *ret_left, int *error)
{
	const struct nlmsghdr *header = reply;
	const struct nlmsgerr *failure;

	*error = 0;
	if (length < sizeof(*header) || header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > length)
		return NULL;
	length = header->nlmsg_len - NLMSG_HDRLEN;
	failure = NLMSG_DATA(header);
	if (header->nlmsg_type == NLMSG_ERROR && length >= sizeof(failure->error))
		*error = failure->error < 0 && failure->error > -4096 ? -failure->error : EPROTO;
	if (header->nlmsg_type != type || length < NLMSG_ALIGN(least))
		return NULL;
	*attribute = (const struct rtattr *)((const uint8_t *)NLMSG_DATA(header) + NLMSG_ALIGN(least));
	*ret_left = length - NLMSG_ALIGN(least);
	return NLMSG_DATA(header);
}

/* The bytes of an attribute; NULL when there is none of that type. */
static const void *find(const struct rtattr *attribute, size_t left, uint16_t type, size_t *ret_bytes)
{
	while (left >= sizeof(*attribute) && attribute->rta_len >= sizeof(*attribute) && attribute->rta_len <= left) {
		size_t step = RTA_ALIGN(attribute->rta_len);

		if (attribute->rta_type == type) {
			*ret_bytes = attribute->rta_len - RTA_LENGTH(0);
			return RTA_DATA(attribute);
		}
		if (step >= left)
			break;
		left -= step;
		attribute = (const struct rtattr *)((const uint8_t *)attribute + step);
	}
	return NULL;
}

bool rtnl_route_read(const void *reply, size_t length, struct rtnl_route *route)
{
	const struct rtattr *attributes;
	size_t left, bytes;
	int error;
	const struct rtmsg *body =
		body_of(reply, length, RTM_NEWROUTE, sizeof(*body), &attributes, &left, &error);
	const void *interface;

	if (error)
		*route = (struct rtnl_route){.error = error};
	if (!body)
		return error != 0;
	interface = find(attributes, left, RTA_OIF, &bytes);
	if (!interface || bytes != sizeof(route->interface))
		return false;
	*route = (struct rtnl_route){.own = body->rtm_type == RTN_LOCAL};
	memcpy(&route->interface, interface, sizeof(route->interface));
	route->on_link = body->rtm_type == RTN_UNICAST && !find(attributes, left, RTA_GATEWAY, &bytes) &&
			 !find(attributes, left, RTA_VIA, &bytes);
	return true;
}

bool rtnl_neighbour_read(const void *reply, size_t length, struct rtnl_neighbour *neighbour)
{
	const struct rtattr *attributes;
	size_t left, bytes = 0;
	int error;
	const struct ndmsg *body =
		body_of(reply, length, RTM_NEWNEIGH, sizeof(*body), &attributes, &left, &error);
	const void *mac;

	if (error)
		*neighbour = (struct rtnl_neighbour){.error = error};
	if (!body)
		return error != 0;
	*neighbour = (struct rtnl_neighbour){.state = body->ndm_state};
	mac = find(attributes, left, NDA_LLADDR, &bytes);
	if (mac && bytes <= sizeof(neighbour->mac)) {
		neighbour->mac_bytes = bytes;
		memcpy(neighbour->mac, mac, bytes);
	}
	return true;
}
