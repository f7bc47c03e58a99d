#include "agent/net_addr.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "conf/conf_address.h"

enum { FOUND_MAX = 1024, DUMP_TRIES = 5 };

/* An address as the kernel has it. */
struct found {
	unsigned ifindex;
	struct conf_address address; /* with the kernel's prefix */
	uint32_t flags;
	bool ours; /* by IFA_PROTO, or where the kernel is too old to keep that, by the metric of its route */
};

/* Which addresses a dump keeps. */
struct wanted {
	unsigned ifindex;                   /* 0: on any interface */
	const struct conf_address *address; /* NULL: any; the prefix does not matter */
	bool ours;                          /* else anybody's */
};

struct net_addr {
	struct nl_sock *socket;
	struct nl_cb *callbacks;
	bool done; /* the answer to the last request is complete ... */
	int error; /* ... and this is what it came to */
	struct wanted wanted;
	struct found found[FOUND_MAX];
	int founds;
};

static int address_bytes(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* ---- requests ---- */

static int on_end(struct nl_msg *message, void *context)
{
	struct net_addr *port = context;

	(void)message;
	port->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *context)
{
	struct net_addr *port = context;

	(void)from;
	port->done = true;
	port->error = error->error;
	return NL_STOP;
}

static bool read_found(struct nlmsghdr *header, struct found *found)
{
	struct nlattr *attributes[IFA_MAX + 1];
	const struct ifaddrmsg *body;
	const struct nlattr *bytes;

	if (header->nlmsg_type != RTM_NEWADDR || nlmsg_parse(header, sizeof(*body), attributes, IFA_MAX, NULL) < 0)
		return false;
	body = nlmsg_data(header);
	bytes = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if ((body->ifa_family != AF_INET && body->ifa_family != AF_INET6) || !bytes ||
	    nla_len(bytes) != address_bytes(body->ifa_family))
		return false;
	*found = (struct found){.ifindex = body->ifa_index, .flags = body->ifa_flags};
	found->address.family = body->ifa_family;
	found->address.prefix = body->ifa_prefixlen;
	memcpy(found->address.bytes, nla_data(bytes), (size_t)nla_len(bytes));
	if (attributes[IFA_FLAGS])
		found->flags = nla_get_u32(attributes[IFA_FLAGS]);
	found->ours = (attributes[IFA_PROTO] && nla_get_u8(attributes[IFA_PROTO]) == NET_ADDR_PROTO) ||
		      (attributes[IFA_RT_PRIORITY] && nla_get_u32(attributes[IFA_RT_PRIORITY]) == NET_ADDR_METRIC);
	return true;
}

static int on_address(struct nl_msg *message, void *context)
{
	struct net_addr *port = context;
	const struct wanted *wanted = &port->wanted;
	struct found found;

	if (port->founds == FOUND_MAX || !read_found(nlmsg_hdr(message), &found))
		return NL_OK;
	if (wanted->ifindex && wanted->ifindex != found.ifindex)
		return NL_OK;
	if (wanted->address && !address_same(wanted->address, &found.address))
		return NL_OK;
	if (wanted->ours && !found.ours)
		return NL_OK;
	port->found[port->founds++] = found;
	return NL_OK;
}

void net_addr_close(struct net_addr *port)
{
	if (!port)
		return;
	nl_cb_put(port->callbacks);
	nl_socket_free(port->socket);
	free(port);
}

int net_addr_open(struct net_addr **ret_port)
{
	struct net_addr *port = calloc(1, sizeof(*port));
	int on = 1;

	if (!port)
		return -ENOMEM;
	port->socket = nl_socket_alloc();
	port->callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	if (!port->socket || !port->callbacks || nl_connect(port->socket, NETLINK_ROUTE) < 0 ||
	    nl_socket_set_nonblocking(port->socket) < 0) {
		net_addr_close(port);
		return -ENOMEM;
	}
	/* Lets the kernel dump one interface only; where it cannot, on_address() chooses. */
	(void)setsockopt(nl_socket_get_fd(port->socket), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	nl_cb_set(port->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_address, port);
	nl_cb_set(port->callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_end, port);
	nl_cb_set(port->callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_end, port);
	nl_cb_err(port->callbacks, NL_CB_CUSTOM, on_error, port);
	*ret_port = port;
	return 0;
}

/* Sends a request and reads its answer, which waits in the socket by then. Frees the message; NULL is -ENOMEM. */
static int ask(struct net_addr *port, struct nl_msg *message)
{
	int r;

	if (!message)
		return -ENOMEM;
	port->done = false;
	port->error = 0;
	r = nl_send_auto(port->socket, message);
	nlmsg_free(message);
	while (r >= 0 && !port->done)
		r = nl_recvmsgs(port->socket, port->callbacks);
	if (r == -NLE_DUMP_INTR)
		return -EAGAIN;
	return port->done ? port->error : -EIO;
}

/* Fills port->found. -EAGAIN from the kernel means that the list changed while it was read. */
static int look(struct net_addr *port, int family, struct wanted wanted)
{
	struct ifaddrmsg body = {.ifa_family = (unsigned char)family, .ifa_index = wanted.ifindex};
	int r = -EAGAIN;

	port->wanted = wanted;
	for (int i = 0; i < DUMP_TRIES && r == -EAGAIN; i++) {
		struct nl_msg *message = nlmsg_alloc_simple(RTM_GETADDR, NLM_F_DUMP);

		if (message && nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO) < 0) {
			nlmsg_free(message);
			message = NULL;
		}
		port->founds = 0;
		r = ask(port, message);
	}
	return r;
}

static struct nl_msg *address_message(int type, int flags, unsigned ifindex, const struct conf_address *address)
{
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);
	struct ifaddrmsg body = {
		.ifa_family = (unsigned char)address->family,
		.ifa_prefixlen = address->prefix,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = ifindex,
	};
	int bytes = address_bytes(address->family);

	if (message && nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
	    nla_put(message, IFA_LOCAL, bytes, address->bytes) == 0 &&
	    nla_put(message, IFA_ADDRESS, bytes, address->bytes) == 0)
		return message;
	nlmsg_free(message);
	return NULL;
}

/* ---- removing ---- */

/* An address that is the primary of its subnet takes the subnet's other addresses with it, unless told otherwise. */
static int promote_secondaries(struct net_addr *port, unsigned ifindex)
{
	struct nl_msg *message = nlmsg_alloc_simple(RTM_SETLINK, 0);
	struct ifinfomsg body = {.ifi_index = (int)ifindex};
	struct nlattr *families, *inet, *settings;

	if (message && nlmsg_append(message, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
	    (families = nla_nest_start(message, IFLA_AF_SPEC)) && (inet = nla_nest_start(message, AF_INET)) &&
	    (settings = nla_nest_start(message, IFLA_INET_CONF)) &&
	    nla_put_u32(message, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1) == 0) {
		nla_nest_end(message, settings);
		nla_nest_end(message, inet);
		nla_nest_end(message, families);
		return ask(port, message);
	}
	nlmsg_free(message);
	return -ENOMEM;
}

/* 1, 0 when it was gone by then, or -errno. */
static int remove_found(struct net_addr *port, const struct found *found)
{
	bool has_subnet = found->address.family == AF_INET && found->address.prefix < 32;
	int r = 0;

	if (has_subnet && !(found->flags & IFA_F_SECONDARY))
		r = promote_secondaries(port, found->ifindex);
	if (r == 0)
		r = ask(port, address_message(RTM_DELADDR, 0, found->ifindex, &found->address));
	return r == -EADDRNOTAVAIL || r == -ENODEV ? 0 : r < 0 ? r : 1;
}

int net_addr_drop(struct net_addr *port, unsigned ifindex, const struct conf_address *address)
{
	int r = look(port, address->family, (struct wanted){.ifindex = ifindex, .address = address});

	for (int i = 0; r >= 0 && i < port->founds; i++)
		r = remove_found(port, &port->found[i]);
	return r < 0 && r != -ENODEV ? r : 0;
}

int net_addr_sweep(struct net_addr *port, const struct conf_address *keep, int keeps)
{
	int removed = 0;
	int r = look(port, AF_UNSPEC, (struct wanted){.ours = true});

	for (int i = 0; r >= 0 && i < port->founds; i++) {
		bool kept = false;

		for (int k = 0; k < keeps && !kept; k++)
			kept = address_same(&keep[k], &port->found[i].address);
		if (kept)
			continue;
		r = remove_found(port, &port->found[i]);
		removed += r > 0;
	}
	return r < 0 ? r : removed;
}

/* ---- putting ---- */

/* Adds or refreshes. The kernel shows what came of it (NLM_F_ECHO): port->found[0]. */
static int add(struct net_addr *port, const struct found *vip, int how, uint32_t seconds)
{
	const struct ifa_cacheinfo lifetime = {.ifa_valid = seconds};
	struct nl_msg *message = address_message(RTM_NEWADDR, how | NLM_F_ECHO, vip->ifindex, &vip->address);

	if (message && nla_put(message, IFA_CACHEINFO, sizeof(lifetime), &lifetime) == 0 &&
	    nla_put_u32(message, IFA_FLAGS, IFA_F_NODAD | vip->flags) == 0 &&
	    nla_put_u32(message, IFA_RT_PRIORITY, NET_ADDR_METRIC) == 0 &&
	    nla_put_u8(message, IFA_PROTO, NET_ADDR_PROTO) == 0) {
		port->wanted = (struct wanted){.ifindex = vip->ifindex, .address = &vip->address};
		port->founds = 0;
		return ask(port, message);
	}
	nlmsg_free(message);
	return -ENOMEM;
}

static bool in_subnet_of(const struct conf_address *address, const struct conf_address *other)
{
	for (int bit = 0; bit < other->prefix; bit++)
		if ((address->bytes[bit / 8] ^ other->bytes[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

/* What stands beside an IPv4 vip on its interface. */
struct company {
	bool peer;    /* somebody else's address in the same subnet: it must be the primary */
	bool overlap; /* ... in a subnet with another prefix: its route must not meet a narrower one of ours */
};

/* Also removes the vip's twins: put there by somebody else with another prefix, they would stay for good. */
static int meet(struct net_addr *port, const struct found *vip, struct company *company)
{
	int r = look(port, AF_INET, (struct wanted){.ifindex = vip->ifindex});

	for (int i = 0; r >= 0 && i < port->founds; i++) {
		const struct found *other = &port->found[i];
		bool same_prefix = other->address.prefix == vip->address.prefix;

		if (address_same(&other->address, &vip->address)) {
			if (!same_prefix)
				r = remove_found(port, other);
		} else if (!other->ours && in_subnet_of(&vip->address, &other->address)) {
			company->peer |= same_prefix;
			company->overlap |= !same_prefix;
		}
	}
	return r < 0 ? r : 0;
}

/* A new or a primary vip finds its place among the other addresses. `vip` is what the kernel shows of it. */
static int settle(struct net_addr *port, struct found vip, uint32_t seconds)
{
	bool is_primary = !(vip.flags & IFA_F_SECONDARY), has_route = !(vip.flags & IFA_F_NOPREFIXROUTE);
	struct company company = {.peer = false};
	int r = promote_secondaries(port, vip.ifindex);

	if (r == 0)
		r = meet(port, &vip, &company);
	if (r < 0 || !is_primary || !(company.peer || (company.overlap && has_route)))
		return r;
	r = remove_found(port, &vip);
	if (r < 0)
		return r;
	vip.flags = company.peer ? 0 : IFA_F_NOPREFIXROUTE;
	return add(port, &vip, NLM_F_CREATE | NLM_F_REPLACE, seconds);
}

static int put_ipv4(struct net_addr *port, const struct found *vip, uint32_t seconds)
{
	int r = add(port, vip, NLM_F_CREATE | NLM_F_EXCL, seconds);
	bool is_new = r == 0;

	if (r == -EEXIST)
		r = add(port, vip, NLM_F_REPLACE, seconds);
	if (r < 0 || port->founds == 0)
		return r;
	if (is_new || !(port->found[0].flags & IFA_F_SECONDARY))
		return settle(port, port->found[0], seconds);
	return 0;
}

int net_addr_put(struct net_addr *port, unsigned ifindex, const struct conf_address *address, struct duration lifetime)
{
	const struct found vip = {.ifindex = ifindex, .address = *address};
	int64_t seconds = (lifetime.ns + 999999999) / 1000000000;

	assert(seconds > 0 && seconds < UINT32_MAX / 2);
	if (address->family == AF_INET)
		return put_ipv4(port, &vip, (uint32_t)seconds);
	return add(port, &vip, NLM_F_CREATE | NLM_F_REPLACE, (uint32_t)seconds);
}

/* ---- looking ---- */

int net_addr_has(struct net_addr *port, unsigned ifindex, const struct conf_address *address)
{
	int r = look(port, address->family, (struct wanted){.ifindex = ifindex, .address = address});

	return r < 0 && r != -ENODEV ? r : r == 0 && port->founds > 0;
}

int net_addr_local(struct net_addr *port, struct conf_address *address, int most)
{
	int locals = 0;
	int r = look(port, AF_UNSPEC, (struct wanted){.ifindex = 0});

	if (r < 0)
		return r;
	for (int i = 0; i < port->founds && locals < most; i++) {
		const struct conf_address *found = &port->found[i].address;

		if (address_is_loopback(found) || address_is_link_local(found))
			continue;
		address[locals] = *found;
		address[locals++].prefix = (uint8_t)(8 * address_bytes(found->family));
	}
	return locals;
}
