/* Where the fence stands: on every interface through which this host could answer, not only the vips', for Linux
 * answers ARP for an address on any of them; and whatever others do to it. Somebody's `tc qdisc del`, an interface that
 * leaves its bridge, one that had no place for our filters: looked at when the kernel tells, and one after the other as
 * well, some each second. */
#include "agent/agent.h"

#include <errno.h>
#include <string.h>

#include "agent/log.h"

enum { LOOKS_A_SECOND = 8 };

static struct post *post_of(struct agent *agent, unsigned ifindex)
{
	for (int i = 0; i < agent->posts; i++) {
		if (agent->post[i].ifindex == ifindex)
			return &agent->post[i];
	}
	return NULL;
}

/* NULL when there are too many interfaces to remember: such a one has its filters, and is looked at on news alone. */
static struct post *add_post(struct agent *agent, const char *name, unsigned ifindex)
{
	struct post *post;

	if (agent->posts == POSTS_MAX)
		return NULL;
	post = &agent->post[agent->posts++];
	*post = (struct post){.ifindex = ifindex};
	strcpy(post->name, name);
	return post;
}

static void leave(struct agent *agent, struct post *post)
{
	*post = agent->post[--agent->posts];
}

/* Does it keep a lease that is over from being answered for here? Without the egress half only the host's own words are
 * not held back, which answer nobody. */
static bool holds(int error)
{
	return error == 0 || error == -ENOSPC;
}

bool fence_holds(const struct agent *agent)
{
	if (!agent->fence || agent->unguarded)
		return false;
	for (int i = 0; i < agent->posts; i++) {
		if (!holds(agent->post[i].error))
			return false;
	}
	return true;
}

static const char *why_not(int error)
{
	switch (error) {
	case -EBUSY:
		return "another kind of filter has priority 1 and may let packets by; leases end by address lifetime "
		       "alone";
	case -ENOSPC:
		return "the old ingress qdisc leaves no place for the egress half: neighbours may hear of the vip from "
		       "here";
	default:
		return strerror(-error);
	}
}

static void report(const struct post *post, int error, bool was_whole)
{
	if (error == 0)
		log_event(LOG_WARNING, EVENT_FENCE, "interface=%s state=restored words=\"%s\"", post->name,
			  was_whole ? "somebody else removed its filters" : "it is whole again");
	else
		log_event(holds(error) ? LOG_WARNING : LOG_ERR, EVENT_FENCE, "interface=%s state=failed words=\"%s\"",
			  post->name, why_not(error));
}

/* (Re)attaches. What stood before and stands again, or does not, is worth a word. */
static void man(struct agent *agent, const char *name, unsigned ifindex)
{
	struct post *post = post_of(agent, ifindex);
	bool is_new = !post;
	int was = post ? post->error : 0;
	int error = fence_attach(agent->fence, ifindex);

	if (error == -ENODEV) {
		if (post)
			leave(agent, post);
		return;
	}
	if (!post)
		post = add_post(agent, name, ifindex);
	if (!post)
		return;
	strcpy(post->name, name);
	post->error = error;
	if (is_new ? error != 0 : error != was || error == 0)
		report(post, error, was == 0);
}

/* Looks, and does what there is to do. A filter behind somebody else's counts as standing: it is tried again, for the
 * place may be free by now. */
static void look(struct agent *agent, struct post *post)
{
	char name[IF_NAMESIZE];

	if (!fence_wants(post->ifindex)) {
		leave(agent, post); /* gone, or a port of some master now, which has a fence of its own */
		return;
	}
	if (post->error == 0 && fence_stands(agent->fence, post->ifindex))
		return;
	strcpy(name, post->name);
	man(agent, name, post->ifindex);
}

void post_link(struct agent *agent, const char *name, unsigned ifindex)
{
	struct post *post = agent->fence ? post_of(agent, ifindex) : NULL;

	if (!agent->fence)
		return;
	if (post) {
		strcpy(post->name, name);
		look(agent, post);
	} else if (fence_wants(ifindex)) {
		man(agent, name, ifindex);
	}
}

void post_filters_changed(void *context, unsigned ifindex)
{
	struct agent *agent = context;
	struct post *post = agent->fence ? post_of(agent, ifindex) : NULL;

	if (post)
		look(agent, post);
}

void post_look_around(struct agent *agent)
{
	for (int i = 0; agent->fence && i < LOOKS_A_SECOND && i < agent->posts; i++) {
		agent->post_next = (agent->post_next + 1) % agent->posts;
		look(agent, &agent->post[agent->post_next]);
		if (agent->posts == 0)
			return;
	}
}
