#include "agent/fence_tc.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 32768 }; /* the kernel fills no larger datagram in a dump */

struct question {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct tcmsg tc;
	};
};

typedef void answer_fn(const struct nlmsghdr *message, void *result);

/* Until the end of the answer. It is there before the question's send returns, or follows as it is read. */
static int read_answer(int fd, answer_fn *each, void *result)
{
	alignas(struct nlmsghdr) uint8_t bytes[ANSWER_BYTES];

	for (;;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
		const struct nlmsghdr *message = (const void *)bytes;

		if (got < 0)
			return -errno;
		for (size_t left = (size_t)got; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_type == NLMSG_DONE)
				return 0;
			if (message->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
			each(message, result);
		}
	}
}

static int ask(const struct question *question, answer_fn *each, void *result)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int r;

	if (fd < 0)
		return -errno;
	if (send(fd, question, question->header.nlmsg_len, 0) < 0)
		r = -errno;
	else
		r = read_answer(fd, each, result);
	close(fd);
	return r;
}

static const struct rtattr *find(const struct rtattr *attribute, size_t left, unsigned short type)
{
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if ((attribute->rta_type & NLA_TYPE_MASK) == type)
			return attribute;
	return NULL;
}

static bool says(const struct rtattr *attribute, const char *word)
{
	return attribute && RTA_PAYLOAD(attribute) > strlen(word) && strcmp(RTA_DATA(attribute), word) == 0;
}

static bool is_vrf_port(const struct rtattr *info)
{
	return info && says(find(RTA_DATA(info), RTA_PAYLOAD(info), IFLA_INFO_SLAVE_KIND), "vrf");
}

static void judge_link(const struct nlmsghdr *message, void *result)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const struct rtattr *first = IFLA_RTA(link);
	size_t left = IFLA_PAYLOAD(message);
	bool port = find(first, left, IFLA_MASTER) && !is_vrf_port(find(first, left, IFLA_LINKINFO));

	*(int *)result = !(link->ifi_flags & IFF_LOOPBACK) && !port;
}

int fence_tc_receives(unsigned ifindex)
{
	struct question question = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex},
	};
	int receives = 0, r = ask(&question, judge_link, &receives);

	return r < 0 ? r : receives;
}

static struct question tc_question(unsigned short type, unsigned short flags, unsigned ifindex, uint32_t parent)
{
	return (struct question){
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
			   .nlmsg_type = type,
			   .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags)},
		.tc = {.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex, .tcm_parent = parent},
	};
}

struct search {
	unsigned ifindex;
	int clsact;
};

static void judge_qdisc(const struct nlmsghdr *message, void *result)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	struct search *search = result;

	if (tc->tcm_ifindex == (int)search->ifindex && tc->tcm_parent == TC_H_CLSACT)
		search->clsact = says(find(TCA_RTA(tc), TCA_PAYLOAD(message), TCA_KIND), "clsact");
}

/* A dump of all, because the kernel answers a request for one qdisc by multicast only. */
int fence_tc_clsact(unsigned ifindex)
{
	struct question question = tc_question(RTM_GETQDISC, NLM_F_DUMP, ifindex, 0);
	struct search search = {.ifindex = ifindex};
	int r = ask(&question, judge_qdisc, &search);

	return r < 0 ? r : search.clsact;
}

/* The dump also has an entry with handle 0 for each priority. */
static void count_filter(const struct nlmsghdr *message, void *result)
{
	const struct tcmsg *tc = NLMSG_DATA(message);

	if (tc->tcm_handle)
		++*(int *)result;
}

int fence_tc_filters(unsigned ifindex)
{
	static const uint32_t minor[] = {TC_H_MIN_INGRESS, TC_H_MIN_EGRESS};
	int filters = 0;

	for (unsigned i = 0; i < sizeof(minor) / sizeof(minor[0]); i++) {
		uint32_t parent = TC_H_MAKE(TC_H_CLSACT, minor[i]);
		struct question question = tc_question(RTM_GETTFILTER, NLM_F_DUMP, ifindex, parent);
		int r = ask(&question, count_filter, &filters);

		if (r < 0)
			return r;
	}
	return filters;
}
