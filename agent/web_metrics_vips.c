#include "agent/web_metrics_vips.h"

#include <stdio.h>
#include <string.h>

#include "vrrp/election.h"

static void of_vip(struct exposition *out, const char *suffix, const struct status_vip *vip)
{
	exposition_sample(out, suffix);
	exposition_label(out, "vip", vip->name);
}

static void roles(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_GAUGE, "casvip_vip_role", "This node's role for the vip: 1 for the one it has.");
	for (int v = 0; v < status->vips; v++)
		EXPOSITION_WORDS(out, of_vip(out, "", &status->vip[v]), "role", ROLE_COUNT, enum role, role_word,
				 status->vip[v].role);
}

static void owner_is(struct exposition *out, const struct status_vip *vip, const char *node)
{
	of_vip(out, "", vip);
	exposition_label(out, "node", node);
	exposition_value(out, strcmp(vip->active, node) == 0);
}

static void owners(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_GAUGE, "casvip_vip_owner",
			  "Who owns the vip, as this node believes: 1 for that node; 0 for all when none is known.");
	for (int v = 0; v < status->vips; v++) {
		owner_is(out, &status->vip[v], status->node);
		for (int p = 0; p < status->peers; p++)
			owner_is(out, &status->vip[v], status->peer[p].name);
	}
}

static void fitnesses(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_GAUGE, "casvip_vip_fitness",
			  "Whether this node may own the vip: 1 for fit, or for what speaks against it.");
	for (int v = 0; v < status->vips; v++)
		EXPOSITION_WORDS(out, of_vip(out, "", &status->vip[v]), "fitness", FITNESS_COUNT, enum fitness,
				 fitness_word, status->vip[v].fitness);
}

static void fences(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_GAUGE, "casvip_vip_fence",
			  "The kernel's guard of the vip on this node: 1 for its state.");
	for (int v = 0; v < status->vips; v++)
		EXPOSITION_WORDS(out, of_vip(out, "", &status->vip[v]), "state", STATUS_FENCE_OPEN + 1,
				 enum status_fence, status_fence_word, status->vip[v].fence);
}

/* A gauge of whole numbers for each vip, or of milliseconds shown in seconds; what is unknown is left out. */
static void vip_gauge(struct exposition *out, const struct status *status, const char *name, const char *help,
		      int64_t (*of)(const struct status_vip *vip), bool is_ms)
{
	exposition_family(out, METRIC_GAUGE, name, help);
	for (int v = 0; v < status->vips; v++) {
		int64_t number = of(&status->vip[v]);

		if (number < 0)
			continue;
		of_vip(out, "", &status->vip[v]);
		if (is_ms)
			exposition_seconds(out, (uint64_t)number * 1000);
		else
			exposition_value(out, (uint64_t)number);
	}
}

static int64_t vip_since_ms(const struct status_vip *vip)
{
	return vip->since_ms;
}

static int64_t vip_lease_ms(const struct status_vip *vip)
{
	return vip->lease_ms;
}

static int64_t vip_term(const struct status_vip *vip)
{
	return vip->term;
}

static int64_t vip_suspect(const struct status_vip *vip)
{
	return vip->suspect;
}

static int64_t vip_score(const struct status_vip *vip)
{
	return vip->score;
}

static int64_t vip_unlikes(const struct status_vip *vip)
{
	return vip->unlikes;
}

static void vip_gauges(struct exposition *out, const struct status *status)
{
	vip_gauge(out, status, "casvip_vip_role_age_seconds", "For how long this node has had its role.", vip_since_ms,
		  true);
	vip_gauge(out, status, "casvip_vip_lease_seconds", "What is left of the owner's lease; not on the others.",
		  vip_lease_ms, true);
	vip_gauge(out, status, "casvip_vip_term", "The term of the vip's owner.", vip_term, false);
	vip_gauge(out, status, "casvip_vip_suspect", "1: no owner is heard, and yet somebody answers for the vip.",
		  vip_suspect, false);
	vip_gauge(out, status, "casvip_vip_score", "This node's score for the vip, of 1000.", vip_score, false);
	vip_gauge(out, status, "casvip_vip_certificate_differs", "Peers whose services show another certificate.",
		  vip_unlikes, false);
}

static void changes(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_COUNTER, "casvip_vip_role_changes",
			  "This node's role changes since its agent started, by reason.");
	for (int v = 0; v < status->vips; v++) {
		for (int w = 0; w < WHY_COUNT; w++) {
			of_vip(out, "", &status->vip[v]);
			exposition_label(out, "why", why_word((enum why)w));
			exposition_value(out, status->vip[v].tally.changes[w]);
		}
	}
}

/* A bound as both tongues write the same float. */
static void bound_label(struct exposition *out, uint32_t us)
{
	char text[24];

	snprintf(text, sizeof(text), "%g%s", us / 1e6, us % 1000000 ? "" : ".0");
	exposition_label(out, "le", text);
}

static void darkness_of(struct exposition *out, const struct status_vip *vip)
{
	uint64_t sum = 0;

	for (int b = 0; b <= TALLY_BOUNDS; b++) {
		sum += vip->tally.dark[b];
		of_vip(out, "_bucket", vip);
		if (b < TALLY_BOUNDS)
			bound_label(out, tally_bound_us[b]);
		else
			exposition_label(out, "le", "+Inf");
		exposition_value(out, sum);
	}
	of_vip(out, "_count", vip);
	exposition_value(out, sum);
	of_vip(out, "_sum", vip);
	exposition_seconds(out, vip->tally.dark_us);
}

static void darkness(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_HISTOGRAM, "casvip_vip_dark_seconds",
			  "For how long at most nobody answered clients when this node took the vip.");
	for (int v = 0; v < status->vips; v++)
		darkness_of(out, &status->vip[v]);
}

/* Checks. */

static void of_check(struct exposition *out, const struct status_vip *vip, const struct status_check *check)
{
	of_vip(out, "", vip);
	exposition_label(out, "check", check->name);
}

static void check_states(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_GAUGE, "casvip_check_state",
			  "The check's state on this node: 1 for the one it has.");
	for (int v = 0; v < status->vips; v++) {
		for (int c = 0; c < status->vip[v].checks; c++)
			EXPOSITION_WORDS(out, of_check(out, &status->vip[v], &status->vip[v].check[c]), "state",
					 CHECK_STATE_COUNT, enum check_state, status_check_state_word,
					 status->vip[v].check[c].state);
	}
}

static void check_gauge(struct exposition *out, const struct status *status, const char *name, const char *help,
			int64_t (*of)(const struct status_check *check))
{
	exposition_family(out, METRIC_GAUGE, name, help);
	for (int v = 0; v < status->vips; v++) {
		for (int c = 0; c < status->vip[v].checks; c++) {
			int64_t ms = of(&status->vip[v].check[c]);

			if (ms < 0)
				continue;
			of_check(out, &status->vip[v], &status->vip[v].check[c]);
			exposition_seconds(out, (uint64_t)ms * 1000);
		}
	}
}

static int64_t check_took_ms(const struct status_check *check)
{
	return check->took_ms;
}

static int64_t check_age_ms(const struct status_check *check)
{
	return check->age_ms;
}

static void check_required(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_GAUGE, "casvip_check_required", "0: its being down only costs score.");
	for (int v = 0; v < status->vips; v++) {
		for (int c = 0; c < status->vip[v].checks; c++) {
			of_check(out, &status->vip[v], &status->vip[v].check[c]);
			exposition_value(out, status->vip[v].check[c].required);
		}
	}
}

static void checks(struct exposition *out, const struct status *status)
{
	check_states(out, status);
	check_required(out, status);
	check_gauge(out, status, "casvip_check_took_seconds", "How long the last probe took.", check_took_ms);
	check_gauge(out, status, "casvip_check_age_seconds", "How long ago the last probe ended.", check_age_ms);
}

void web_metrics_vips(struct exposition *out, const struct status *status)
{
	roles(out, status);
	owners(out, status);
	fitnesses(out, status);
	fences(out, status);
	vip_gauges(out, status);
	changes(out, status);
	darkness(out, status);
	checks(out, status);
}
