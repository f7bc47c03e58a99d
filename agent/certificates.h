/* Have the services of all nodes the same certificate? Each beat tells what one check of type certificate saw on its
 * sender, one check after the other. What the peers tell is kept here, and compared with what the same check sees on
 * this node.
 *
 * A check is its place in the configuration, so who calls sees to it that only nodes with this one's are heard. A
 * renewed certificate reaches one node after the other, and each sees its own when its check is due: only a difference
 * that outlasts an interval, a timeout and three rounds of telling, and five seconds in any case, is one. */
#pragma once

#include "agent/facts.h"
#include "conf/conf.h"
#include "vrrp/beat.h"

struct certificates {
	struct {
		int vip, check;
	} turn; /* which check our beats tell of */
	int checks; /* of that type there are */
	bool news;  /* something was seen or heard that certificates_judge() has yet to compare */
	struct instant settles_at; /* the next difference has lasted long enough */
	node_id owner[VIPS_MAX];   /* the last that was known */
	struct certificate_there {
		uint64_t hash; /* as in a beat; 0: not known */
		bool differs;  /* since then: */
		struct instant since;
		bool told; /* it has lasted; until both are known to be the same */
	} at[NODES_MAX][VIPS_MAX][VIP_CHECKS_MAX];
};

/* Nothing is known yet. Also after a reload: places mean other checks then. */
void certificates_start(struct certificates *certificates, const struct conf *conf);

/* The next beat tells of the next check. */
void certificates_turn(struct certificates *certificates, const struct conf *conf);

/* What our beats tell. The beat has all vips, in the order of the configuration. */
void certificates_say(const struct certificates *certificates, const struct facts *facts, struct beat *beat);

/* What a peer's beat tells; only of one that is heard both ways and has the same configuration. */
void certificates_hear(struct certificates *certificates, const struct conf *conf, node_id peer,
		       const struct beat *beat);
/* It is heard no longer, or its configuration differs: what it said says nothing any more. */
void certificates_forget(struct certificates *certificates, node_id peer);

/* A check of this node saw something. */
void certificates_news(struct certificates *certificates);

/* Compares, if there is anything to compare. A difference that has lasted comes out once, and once that it is over. */
struct certificate_change {
	int vip, check;
	node_id peer;
	bool differs;
};
typedef void certificate_change_fn(void *context, const struct certificate_change *change);
void certificates_judge(struct certificates *certificates, const struct facts *facts, const struct conf *conf,
			struct instant now, certificate_change_fn *changed, void *context);

/* When certificates_judge() has something to do although nothing was seen or heard. */
struct instant certificates_wants(const struct certificates *certificates);

/* Does any check of the vip differ from the peer's? */
bool certificates_differ(const struct certificates *certificates, const struct conf *conf, int vip, node_id peer);

/* Marks in `facts` the vip's checks of which the file says that another certificate than the owner's counts as down.
 * `owner` is who is known to own the vip now, or NODE_NONE. When nobody does, the last owner stands for it: who is as
 * it was goes first, and nodes do not all become fit in the same instant. But not where nobody but a fit node may take
 * the vip: there it would stay dark. */
void certificates_mark(struct certificates *certificates, struct facts *facts, const struct conf *conf, int vip,
		       node_id owner);
