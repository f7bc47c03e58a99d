#include "agent/net_link.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "conf/conf_address.h"

enum {
	LINKS_KNOWN_MAX = 1024, /* beyond these, news is passed on as it comes, repetitions too */
	ADDRESSES_KNOWN_MAX = 4096,
	NEWS_BYTES = 32768, /* the kernel fills no larger datagram in a dump */
	SOCKET_BYTES = 1 << 20,
	LOWER_UP = 1 << 16, /* IFF_LOWER_UP, which net/if.h lacks and linux/if.h cannot stand beside it */
};

struct known_link {
	char name[IF_NAMESIZE];
	struct net_link_state state;
	unsigned round; /* the full read in which it was last seen */
};

struct known_address {
	unsigned ifindex;
	struct conf_address address;
	bool dad_failed;
	unsigned round;
};

/* A full read asks for the links, then for the addresses. The answers come between the news, on the same socket. */
enum reading { READING_NEWS, READING_LINKS, READING_ADDRESSES };

struct net_link {
	struct nl_sock *socket;
	const struct net_link_calls *calls;
	void *context;
	enum reading reading;
	bool again; /* something was missed: read everything (again) when this read is over */
	unsigned round;
	int links, addresses;
	struct known_link known_link[LINKS_KNOWN_MAX];
	struct known_address known_address[ADDRESSES_KNOWN_MAX];
	alignas(struct nlmsghdr) uint8_t news[NEWS_BYTES];
};

/* ---- what a message says ---- */

static bool read_link(struct nlmsghdr *header, char name[static IF_NAMESIZE], struct net_link_state *state)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	const struct ifinfomsg *body;

	if (nlmsg_parse(header, sizeof(*body), attributes, IFLA_MAX, NULL) < 0 || !attributes[IFLA_IFNAME])
		return false;
	body = nlmsg_data(header);
	/* A port that leaves its bridge is a DELLINK of family AF_BRIDGE, and no news. */
	if (body->ifi_family != AF_UNSPEC)
		return false;
	nla_strlcpy(name, attributes[IFLA_IFNAME], IF_NAMESIZE);
	*state = (struct net_link_state){.ifindex = (unsigned)body->ifi_index};
	state->up = (body->ifi_flags & IFF_UP) && (body->ifi_flags & LOWER_UP);
	if (body->ifi_type == ARPHRD_ETHER && attributes[IFLA_ADDRESS] && nla_len(attributes[IFLA_ADDRESS]) == 6)
		memcpy(state->mac, nla_data(attributes[IFLA_ADDRESS]), 6);
	if (attributes[IFLA_MASTER])
		state->master = nla_get_u32(attributes[IFLA_MASTER]);
	return true;
}

static bool read_address(struct nlmsghdr *header, struct known_address *found)
{
	struct nlattr *attributes[IFA_MAX + 1];
	const struct ifaddrmsg *body;
	const struct nlattr *bytes;
	uint32_t flags;

	if (nlmsg_parse(header, sizeof(*body), attributes, IFA_MAX, NULL) < 0)
		return false;
	body = nlmsg_data(header);
	bytes = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	if (!bytes || (body->ifa_family != AF_INET && body->ifa_family != AF_INET6) ||
	    nla_len(bytes) != (body->ifa_family == AF_INET ? 4 : 16))
		return false;
	flags = attributes[IFA_FLAGS] ? nla_get_u32(attributes[IFA_FLAGS]) : body->ifa_flags;
	*found = (struct known_address){.ifindex = body->ifa_index, .dad_failed = flags & IFA_F_DADFAILED};
	found->address.family = body->ifa_family;
	found->address.prefix = body->ifa_prefixlen;
	memcpy(found->address.bytes, nla_data(bytes), (size_t)nla_len(bytes));
	return true;
}

/* ---- links ---- */

static void tell_link(const struct net_link *link, const char *name, const struct net_link_state *state)
{
	if (link->calls->link)
		link->calls->link(link->context, name, state);
}

/* Takes it out of the list first: the call may ask. */
static void link_gone(struct net_link *link, int i)
{
	struct known_link gone = link->known_link[i];

	link->known_link[i] = link->known_link[--link->links];
	tell_link(link, gone.name, &(struct net_link_state){.ifindex = 0});
}

static bool same_state(const struct net_link_state *a, const struct net_link_state *b)
{
	return a->ifindex == b->ifindex && a->up == b->up && a->master == b->master &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0;
}

/* A name and an index belong together: whatever else had one of them was renamed or is gone. */
static void link_here(struct net_link *link, const char *name, const struct net_link_state *state)
{
	struct known_link here = {.state = *state, .round = link->round};

	for (int i = link->links - 1; i >= 0; i--) {
		struct known_link *known = &link->known_link[i];
		bool same_name = strcmp(known->name, name) == 0;

		if (same_name && same_state(&known->state, state)) {
			known->round = link->round;
			return;
		}
		if (same_name && known->state.ifindex == state->ifindex)
			*known = link->known_link[--link->links]; /* it changed */
		else if (same_name || known->state.ifindex == state->ifindex)
			link_gone(link, i);
	}
	memcpy(here.name, name, sizeof(here.name));
	if (link->links < LINKS_KNOWN_MAX)
		link->known_link[link->links++] = here;
	tell_link(link, name, state);
}

static void link_lost(struct net_link *link, const char *name, unsigned ifindex)
{
	for (int i = 0; i < link->links; i++) {
		if (link->known_link[i].state.ifindex == ifindex) {
			link_gone(link, i);
			return;
		}
	}
	if (link->links == LINKS_KNOWN_MAX)
		tell_link(link, name, &(struct net_link_state){.ifindex = 0});
}

/* ---- addresses ---- */

static void tell_address(const struct net_link *link, const struct known_address *found, bool present)
{
	if (link->calls->address)
		link->calls->address(link->context, found->ifindex, &found->address, present, found->dad_failed);
}

static bool same_place(const struct known_address *a, const struct known_address *b)
{
	return a->ifindex == b->ifindex && address_same(&a->address, &b->address);
}

static void address_here(struct net_link *link, struct known_address here)
{
	here.round = link->round;
	for (int i = 0; i < link->addresses; i++) {
		struct known_address *known = &link->known_address[i];
		bool changed = known->dad_failed != here.dad_failed;

		if (!same_place(known, &here) || known->address.prefix != here.address.prefix)
			continue;
		*known = here;
		if (changed)
			tell_address(link, &here, true);
		return;
	}
	if (link->addresses < ADDRESSES_KNOWN_MAX)
		link->known_address[link->addresses++] = here;
	tell_address(link, &here, true);
}

static void address_gone(struct net_link *link, int i)
{
	struct known_address gone = link->known_address[i];

	link->known_address[i] = link->known_address[--link->addresses];
	for (int other = 0; other < link->addresses; other++)
		if (same_place(&link->known_address[other], &gone))
			return;
	tell_address(link, &gone, false);
}

static void address_lost(struct net_link *link, const struct known_address *lost)
{
	for (int i = 0; i < link->addresses; i++) {
		const struct known_address *known = &link->known_address[i];

		if (same_place(known, lost) && known->address.prefix == lost->address.prefix) {
			address_gone(link, i);
			return;
		}
	}
	if (link->addresses == ADDRESSES_KNOWN_MAX)
		tell_address(link, lost, false);
}

void net_link_tell_addresses(const struct net_link *link, unsigned ifindex)
{
	for (int i = 0; i < link->addresses; i++)
		if (link->known_address[i].ifindex == ifindex)
			tell_address(link, &link->known_address[i], true);
}

void net_link_tell_link(const struct net_link *link, const char *name)
{
	for (int i = 0; i < link->links; i++) {
		struct net_link_state state = link->known_link[i].state;

		if (strcmp(link->known_link[i].name, name) != 0)
			continue;
		tell_link(link, name, &state);
		return;
	}
}

/* ---- full reads ---- */

static int request(struct net_link *link, enum reading what)
{
	struct rtgenmsg body = {.rtgen_family = AF_UNSPEC};
	int r = nl_send_simple(link->socket, what == READING_LINKS ? RTM_GETLINK : RTM_GETADDR, NLM_F_DUMP, &body,
			       sizeof(body));

	if (r < 0)
		return -EIO;
	link->reading = what;
	return 0;
}

static int read_everything(struct net_link *link)
{
	int r = request(link, READING_LINKS);

	link->again = r < 0;
	link->round++;
	return r;
}

/* What the full read did not show is gone. Only after a read in which nothing was missed. */
static void sweep(struct net_link *link)
{
	for (int i = link->addresses - 1; i >= 0; i--)
		if (link->known_address[i].round != link->round)
			address_gone(link, i);
	for (int i = link->links - 1; i >= 0; i--)
		if (link->known_link[i].round != link->round)
			link_gone(link, i);
}

static int part_done(struct net_link *link)
{
	enum reading was = link->reading;
	int r;

	link->reading = READING_NEWS;
	if (link->again)
		return read_everything(link);
	if (was == READING_ADDRESSES) {
		sweep(link);
		return 0;
	}
	r = request(link, READING_ADDRESSES);
	link->again = r < 0;
	return r;
}

/* The kernel refuses a part of a full read: there is no NLMSG_DONE to wait for. Not asked for again at once, or it
 * would be refused again and again without a pause. */
static int part_refused(struct net_link *link, int error)
{
	if (error == 0) /* an acknowledgement */
		return 0;
	link->reading = READING_NEWS;
	link->again = true;
	return error;
}

/* ---- the socket ---- */

static void filters_gone(const struct net_link *link, const struct nlmsghdr *header)
{
	const struct tcmsg *tc = nlmsg_data(header);

	if (nlmsg_valid_hdr(header, sizeof(*tc)) && link->calls->filters)
		link->calls->filters(link->context, (unsigned)tc->tcm_ifindex);
}

static int read_message(struct net_link *link, struct nlmsghdr *header)
{
	char name[IF_NAMESIZE] = "";
	struct net_link_state state;
	struct known_address address;

	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		link->again = true;
	switch (header->nlmsg_type) {
	case NLMSG_DONE:
		return part_done(link);
	case NLMSG_ERROR:
		return part_refused(link, ((struct nlmsgerr *)nlmsg_data(header))->error);
	case RTM_NEWLINK:
		if (read_link(header, name, &state))
			link_here(link, name, &state);
		return 0;
	case RTM_DELLINK:
		if (read_link(header, name, &state))
			link_lost(link, name, state.ifindex);
		return 0;
	case RTM_DELQDISC:
	case RTM_DELTFILTER:
		filters_gone(link, header);
		return 0;
	case RTM_NEWADDR:
		if (read_address(header, &address))
			address_here(link, address);
		return 0;
	case RTM_DELADDR:
		if (read_address(header, &address))
			address_lost(link, &address);
		return 0;
	default:
		return 0;
	}
}

/* The kernel dropped news. A read that is under way goes on to its end: a second one cannot begin before. */
static int overrun(struct net_link *link)
{
	link->again = true;
	return link->reading == READING_NEWS ? read_everything(link) : 0;
}

static int read_datagram(struct net_link *link)
{
	struct sockaddr_nl from = {.nl_family = AF_NETLINK};
	socklen_t size = sizeof(from);
	ssize_t got = recvfrom(nl_socket_get_fd(link->socket), link->news, sizeof(link->news), MSG_TRUNC,
			       (struct sockaddr *)&from, &size);
	int left = (int)got, r = 0;

	if (got < 0)
		return errno == ENOBUFS ? overrun(link) : -errno;
	if (from.nl_pid != 0) /* another process, not the kernel */
		return 0;
	if (got > (ssize_t)sizeof(link->news))
		return overrun(link);
	for (struct nlmsghdr *header = (void *)link->news; r == 0 && nlmsg_ok(header, left);)
		r = read_message(link, header), header = nlmsg_next(header, &left);
	return r;
}

int net_link_dispatch(struct net_link *link, int most)
{
	int r = 0;

	if (link->again && link->reading == READING_NEWS) /* the request failed last time */
		r = read_everything(link);
	for (int i = 0; i < most && r == 0; i++)
		r = read_datagram(link);
	return r == -EAGAIN || r == -EINTR ? 0 : r;
}

int net_link_fd(const struct net_link *link)
{
	return nl_socket_get_fd(link->socket);
}

void net_link_close(struct net_link *link)
{
	if (!link)
		return;
	nl_socket_free(link->socket);
	free(link);
}

static int subscribe(struct net_link *link)
{
	int bytes = SOCKET_BYTES, fd;

	link->socket = nl_socket_alloc();
	if (!link->socket || nl_connect(link->socket, NETLINK_ROUTE) < 0 ||
	    nl_socket_add_memberships(link->socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				      RTNLGRP_TC, 0) < 0 ||
	    nl_socket_set_nonblocking(link->socket) < 0)
		return -ENOMEM;
	fd = nl_socket_get_fd(link->socket);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)); /* less, without CAP_NET_ADMIN */
	return 0;
}

int net_link_open(struct net_link **ret_link, const struct net_link_calls *calls, void *context)
{
	struct net_link *link = calloc(1, sizeof(*link));
	int r;

	if (!link)
		return -ENOMEM;
	link->calls = calls;
	link->context = context;
	r = subscribe(link);
	if (r == 0)
		r = read_everything(link);
	if (r < 0) {
		net_link_close(link);
		return r;
	}
	*ret_link = link;
	return 0;
}
