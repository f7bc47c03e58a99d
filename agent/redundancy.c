#include "agent/redundancy.h"

#include <stdio.h>
#include <string.h>

#include "agent/page.h"

enum { OBSTACLE_WORDS_MAX = 128 };

/* Of a node that may own the vip and does not. */
struct standby {
	const char *name;
	bool is_self, ready, odd;
	char words[OBSTACLE_WORDS_MAX]; /* why not, or what is odd about it; else "" */
};

static const char *unfit_words(enum fitness fitness)
{
	switch (fitness) {
	case FITNESS_UNHEALTHY:
		return "is unhealthy: a required check is down";
	case FITNESS_UNKNOWN:
		return "does not know its checks' state yet";
	case FITNESS_STANDBY:
		return "is on standby; casvipctl online there ends that";
	case FITNESS_NO_LINK:
		return "has no link";
	case FITNESS_NO_QUORUM:
		return "has no quorum";
	case FITNESS_FIT:
		break;
	}
	return "";
}

/* The check that an admin has to look at first. */
static const char *failing_check(const struct status_vip *vip)
{
	for (int c = 0; c < vip->checks; c++) {
		const struct status_check *check = &vip->check[c];

		if (check->required && (check->state != CHECK_STATE_UP || check->held_ms >= 0))
			return check->name;
	}
	return NULL;
}

static void judge_self(const struct status *status, const struct status_vip *vip, struct standby *standby)
{
	const char *check = vip->fitness == FITNESS_UNHEALTHY ? failing_check(vip) : NULL;

	*standby = (struct standby){.name = status->node, .is_self = true};
	if (vip->fitness != FITNESS_FIT && check)
		snprintf(standby->words, OBSTACLE_WORDS_MAX, "is unhealthy: check %s", check);
	else if (vip->fitness != FITNESS_FIT)
		snprintf(standby->words, OBSTACLE_WORDS_MAX, "%s", unfit_words(vip->fitness));
	else if (vip->role == ROLE_INIT)
		snprintf(standby->words, OBSTACLE_WORDS_MAX, "has just started and listens yet");
	else if (status->majority != STATUS_MAJORITY_UNASKED && vip->fence < STATUS_FENCE_SHUT)
		snprintf(standby->words, OBSTACLE_WORDS_MAX, "has no fence");
	else
		standby->ready = true;
}

static bool speaks(const struct status_peer *peer)
{
	for (int l = 0; l < peer->links; l++)
		if (peer->link[l].state == STATUS_LINK_ONE_WAY)
			return true;
	return false;
}

static const char *dead_words(const struct status_peer *peer)
{
	if (!peer->key_matches)
		return "has another key: its heartbeats are refused; compare the key files";
	if (speaks(peer))
		return "is heard, but does not hear this node (one-way link): look for a firewall";
	return "is not heard";
}

static void judge_peer(const struct status *status, const struct status_vip *vip, int p, struct standby *standby)
{
	const struct status_peer *peer = &status->peer[p];
	const char *words = "";

	*standby = (struct standby){.name = peer->name};
	if (!peer->alive)
		words = dead_words(peer);
	else if (vip->standing[p] == STATUS_UNAWARE)
		words = "does not know it: its configuration is another one";
	else if (vip->standing[p] == STATUS_UNFIT)
		words = unfit_words(vip->fitness_there[p]);
	else if (vip->standing[p] == STATUS_LISTENING)
		words = "has just started and listens yet";
	else if (vip->standing[p] == STATUS_UNFENCED)
		words = "has no fence";
	else
		standby->ready = true;
	if (standby->ready && !peer->config_matches) {
		standby->odd = true;
		words = "its configuration differs";
	}
	snprintf(standby->words, OBSTACLE_WORDS_MAX, "%s", words);
}

static int gather(const struct status *status, const struct status_vip *vip, struct standby standby[static NODES_MAX])
{
	int count = 0;

	if (vip->role != ROLE_ACTIVE && !status->witness)
		judge_self(status, vip, &standby[count++]);
	for (int p = 0; p < status->peers && count < NODES_MAX; p++)
		if (!status->peer[p].witness && strcmp(status->peer[p].name, vip->active) != 0)
			judge_peer(status, vip, p, &standby[count++]);
	return count;
}

/* Under "majority": how many nodes would be heard without the owner? */
static int voters_left(const struct status *status, const struct status_vip *vip)
{
	return status->quorum_heard - (vip->active[0] != '\0');
}

static bool lacks_votes(const struct status *status, const struct status_vip *vip)
{
	return status->majority != STATUS_MAJORITY_UNASKED && voters_left(status, vip) < status->quorum_nodes / 2 + 1;
}

static void print_votes(struct page *page, const struct status *status, const struct status_vip *vip)
{
	if (vip->active[0])
		page_print(page, "without %s only %d of %d nodes would be heard", vip->active, voters_left(status, vip),
			   status->quorum_nodes);
	else
		page_print(page, "%d of %d nodes heard", status->quorum_heard, status->quorum_nodes);
	page_print(page, ", too few for a majority");
}

static void print_names(struct page *page, const struct standby *standby, int count, bool ready)
{
	const char *gap = "";

	for (int s = 0; s < count; s++) {
		if (standby[s].ready != ready)
			continue;
		page_print(page, "%s%s%s", gap, standby[s].name, standby[s].is_self ? " (this node)" : "");
		if (standby[s].words[0])
			page_print(page, ready ? " (%s)" : " %s", standby[s].words);
		gap = ready ? ", " : "; ";
	}
}

void redundancy_judge(const struct status *status, const struct status_vip *vip, struct redundancy *redundancy)
{
	struct page page = page_begin(redundancy->words, sizeof(redundancy->words));
	struct standby standby[NODES_MAX];
	int count = gather(status, vip, standby), ready = 0;
	bool lacks = lacks_votes(status, vip), odd = false;

	for (int s = 0; s < count; s++) {
		ready += standby[s].ready;
		odd |= standby[s].odd;
	}
	redundancy->ready = ready > 0 && !lacks;
	redundancy->whole = redundancy->ready && ready == count && !odd;
	page_print(&page, redundancy->ready ? "ready: " : "NONE READY: ");
	if (count == 0)
		page_print(&page, "no other node may own it");
	else if (lacks)
		print_votes(&page, status, vip);
	print_names(&page, standby, lacks ? 0 : count, true);
	if (ready < count)
		page_print(&page, "%s", redundancy->ready ? "; not ready: " : lacks ? "; " : "");
	print_names(&page, standby, count, false);
}
