#include "agent/status_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/page.h"
#include "agent/reason.h"
#include "agent/redundancy.h"
#include "vrrp/election.h"

enum { SPAN_MAX = 32 };

/* A length of time as people say it: "80 ms", "12 s", "3 h 12 min". */
static const char *span(int64_t ms, char text[static SPAN_MAX])
{
	int64_t s = ms / 1000, min = s / 60, h = min / 60;

	if (ms < 0)
		snprintf(text, SPAN_MAX, "never");
	else if (s < 1)
		snprintf(text, SPAN_MAX, "%" PRId64 " ms", ms);
	else if (s < 120)
		snprintf(text, SPAN_MAX, "%" PRId64 ".%" PRId64 " s", s, ms % 1000 / 100);
	else if (h < 1)
		snprintf(text, SPAN_MAX, "%" PRId64 " min %" PRId64 " s", min, s % 60);
	else if (h < 48)
		snprintf(text, SPAN_MAX, "%" PRId64 " h %" PRId64 " min", h, min % 60);
	else
		snprintf(text, SPAN_MAX, "%" PRId64 " d %" PRId64 " h", h / 24, h % 24);
	return text;
}

static const char *ago(int64_t age_ms, char text[static SPAN_MAX])
{
	span(age_ms, text);
	if (age_ms >= 0)
		strncat(text, " ago", SPAN_MAX - strlen(text) - 1);
	return text;
}

/* Stands before what deserves a look. */
static const char *mark(bool trouble)
{
	return trouble ? "! " : "";
}

/* Who could take over now, and what keeps the others from it: shows before it is needed that there is nobody. */
static void write_standby(struct page *page, const struct status *status, const struct status_vip *vip)
{
	struct redundancy redundancy;

	redundancy_judge(status, vip, &redundancy);
	page_print(page, "  standby    %s%s\n", mark(!redundancy.whole), redundancy.words);
}

/* How the vip came to where it is, as far as this agent saw it. */
static void write_move(struct page *page, const struct status_vip *vip)
{
	const struct status_move *move = &vip->last_move;
	char age[SPAN_MAX];

	if (move->to[0])
		page_print(page, "  last move  %s%s%s %s%s%s\n", move->from, move->from[0] ? " -> " : "to ", move->to,
			   ago(move->age_ms, age), move->words[0] ? ": " : "",
			   move->words[0] ? reason_words(move->why) : "");
	else if (vip->active_why[0])
		page_print(page, "  last move  none since this agent started; %s took it before that (why: %s)\n",
			   vip->active, vip->active_why);
	if (move->words[0])
		page_print(page, "             %s\n", move->words);
}

static void write_split(struct page *page, const struct status_vip *vip)
{
	char age[SPAN_MAX], apart[SPAN_MAX];

	if (vip->last_split.peer[0])
		page_print(page, "  split      ! healed %s: this node and %s both owned it, apart for %s\n",
			   ago(vip->last_split.age_ms, age), vip->last_split.peer,
			   span(vip->last_split.apart_ms, apart));
}

static void write_checks(struct page *page, const struct status_vip *vip)
{
	char took[SPAN_MAX], age[SPAN_MAX], held[SPAN_MAX];

	for (int c = 0; c < vip->checks; c++) {
		const struct status_check *check = &vip->check[c];
		bool up = check->state == CHECK_STATE_UP && check->held_ms < 0;

		page_print(page, "  %-10s %c %-16s %-8s %-11s %s", c == 0 ? "checks" : "", up ? ' ' : '!',
			   check->name, status_check_state_word(check->state), conf_check_type_word(check->type),
			   ago(check->age_ms, age));
		if (check->age_ms >= 0)
			page_print(page, ", took %s", span(check->took_ms, took));
		if (!check->required)
			page_print(page, " (not required)");
		page_print(page, "%s%s", check->words[0] ? ": " : "", check->words);
		if (check->held_ms >= 0)
			page_print(page, "; HELD DOWN for %s yet, it kept falling", span(check->held_ms, held));
		page_print(page, "\n");
	}
}

/* Of this node: its role, and whether it may own the vip. Only the scores of those that may are compared. */
static void write_self(struct page *page, const struct status_vip *vip)
{
	bool fit = vip->fitness == FITNESS_FIT;
	char held[SPAN_MAX];

	page_print(page, "  this node  %s%s for %s (why: %s), %s", mark(!fit || vip->fence < STATUS_FENCE_SHUT),
		   role_word(vip->role), span(vip->since_ms, held), vip->why[0] ? vip->why : "-",
		   fitness_word(vip->fitness));
	if (fit)
		page_print(page, ", score %d", vip->score);
	page_print(page, ", fence %s\n", status_fence_word(vip->fence));
}

static void write_vip(struct page *page, const struct status *status, const struct status_vip *vip)
{
	bool is_self = strcmp(vip->active, status->node) == 0;

	if (vip->active[0])
		page_print(page, "vip %s: owned by %s%s", vip->name, vip->active, is_self ? " (this node)" : "");
	else
		page_print(page, "vip %s: %sNO OWNER KNOWN", vip->name, mark(true));
	page_print(page, ", term %" PRIu32 "\n", vip->term);
	if (vip->suspect)
		page_print(page, "  %sSOMEBODY ANSWERS FOR IT, whose heartbeats do not arrive: look for a firewall or "
			   "a wrong key\n", mark(true));
	write_standby(page, status, vip);
	write_move(page, vip);
	write_split(page, vip);
	write_self(page, vip);
	page_print(page, "  addresses ");
	for (int a = 0; a < vip->addresses; a++)
		page_print(page, " %s", vip->address[a]);
	page_print(page, "\n");
	write_checks(page, vip);
	for (int u = 0; u < vip->unlikes; u++)
		page_print(page, "%s%s", u == 0 ? "  certs      ! ANOTHER CERTIFICATE on " : ", ", vip->unlike[u]);
	page_print(page, vip->unlikes ? "\n\n" : "\n");
}

/* During a rotation: which of this node's keys the peer seals with shows when the next step is safe. */
static void write_peer_key(struct page *page, const struct status *status, const struct status_peer *peer)
{
	if (peer->key_id && (status->keys > 1 || peer->key_id != status->key_id[0]))
		page_print(page, "  key        seals with %08x\n", peer->key_id);
}

static void write_keys(struct page *page, const struct status *status)
{
	if (status->keys < 2)
		return;
	page_print(page, "\nkeys         this node seals with %08x, and opens", status->key_id[0]);
	for (int k = 1; k < status->keys; k++)
		page_print(page, " %08x", status->key_id[k]);
	page_print(page, " too; casvipctl key says what is next\n");
}

/* It speaks, and does not hear this node. */
static bool is_deaf(const struct status_peer *peer)
{
	for (int l = 0; l < peer->links; l++)
		if (peer->link[l].state == STATUS_LINK_ONE_WAY)
			return true;
	return false;
}

static void write_peer(struct page *page, const struct status *status, const struct status_peer *peer)
{
	char age[SPAN_MAX];

	if (peer->alive)
		page_print(page, "peer %s: %salive, %s%s\n", peer->name,
			   mark(!peer->config_matches || (!peer->witness && !peer->fit)),
			   peer->witness ? "witness" : peer->fit ? "fit" : "NOT FIT",
			   peer->config_matches ? "" : ", CONFIGURATION DIFFERS");
	else
		page_print(page, "peer %s: %s%s%s%s\n", peer->name, mark(true),
			   is_deaf(peer) ? "DOES NOT HEAR US" : "DEAD", peer->witness ? ", witness" : "",
			   peer->key_matches ? "" : ", or alive with ANOTHER KEY: compare the key files");
	for (int l = 0; l < peer->links; l++) {
		const struct status_link *link = &peer->link[l];

		page_print(page, "  link     %c %-16s %-8s beat %s", link->state == STATUS_LINK_UP ? ' ' : '!',
			   link->address, status_link_word(link->state), ago(link->age_ms, age));
		if (link->rtt_us >= 0)
			page_print(page, ", round trip %" PRId64 " us", link->rtt_us);
		page_print(page, "%s%s", link->reason[0] ? ": " : "", link->reason);
		page_print(page, "\n");
	}
	for (int h = 0; h < peer->hears_count; h++) {
		const struct status_hears *hears = &peer->hears[h];

		if (hears->deaf)
			page_print(page, "  link     ! DOES NOT HEAR %s, which this node hears (%s)\n", hears->name,
				   ago(hears->age_ms, age));
	}
	write_peer_key(page, status, peer);
}

static void write_quorum(struct page *page, const struct status *status)
{
	int needed = status->quorum_nodes / 2 + 1;

	if (status->majority == STATUS_MAJORITY_UNASKED)
		return;
	page_print(page, "quorum: %s%d of %d nodes heard, %d needed%s\n\n", mark(status->quorum_heard < needed),
		   status->quorum_heard, status->quorum_nodes, needed,
		   status->quorum_heard < needed ? ": NO MAJORITY, so this node may own nothing" : "");
}

/* Only what has happened: a screen of zeros hides the one that matters. */
static void write_counters(struct page *page, const struct status *status)
{
	bool any = false;

	for (int c = 0; c < status->counters; c++) {
		const struct status_counter *counter = &status->counter[c];

		if (counter->value == 0)
			continue;
		page_print(page, "%s%s%-32s %" PRIu64 "\n", any ? "" : "\ncounted since the start\n",
			   strcmp(counter->name, "beats_late") == 0 ? mark(true) : "  ", counter->name, counter->value);
		any = true;
	}
}

int status_write_text(const struct status *status, char *text, size_t size)
{
	struct page page = page_begin(text, size);

	page_print(&page, "node %s, cluster %s, casvipd %s, pid %d\n\n", status->node, status->cluster, status->version,
		   status->pid);
	write_quorum(&page, status);
	for (int v = 0; v < status->vips; v++)
		write_vip(&page, status, &status->vip[v]);
	for (int p = 0; p < status->peers; p++)
		write_peer(&page, status, &status->peer[p]);
	status_quorum_text(&page, &status->quorum);
	write_keys(&page, status);
	write_counters(&page, status);
	return page_end(&page);
}
