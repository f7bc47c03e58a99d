#include "agent/web_metrics.h"

#include <string.h>

#include "agent/web_metrics_vips.h"

static void of_peer(struct exposition *out, const struct status_peer *peer)
{
	exposition_sample(out, "");
	exposition_label(out, "peer", peer->name);
}

static void peer_gauge(struct exposition *out, const struct status *status, const char *name, const char *help,
		       bool (*of)(const struct status_peer *peer))
{
	exposition_family(out, METRIC_GAUGE, name, help);
	for (int p = 0; p < status->peers; p++) {
		of_peer(out, &status->peer[p]);
		exposition_value(out, of(&status->peer[p]));
	}
}

static bool peer_alive(const struct status_peer *peer)
{
	return peer->alive;
}

static bool peer_fit(const struct status_peer *peer)
{
	return peer->fit;
}

static bool peer_witness(const struct status_peer *peer)
{
	return peer->witness;
}

static bool peer_config(const struct status_peer *peer)
{
	return peer->config_matches;
}

static bool peer_key(const struct status_peer *peer)
{
	return peer->key_matches;
}

static void of_link(struct exposition *out, const struct status_peer *peer, const struct status_link *link)
{
	of_peer(out, peer);
	exposition_label(out, "address", link->address);
}

static void link_states(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_GAUGE, "casvip_link_state",
			  "The heartbeat link to this address of the peer: 1 for its state.");
	for (int p = 0; p < status->peers; p++) {
		for (int l = 0; l < status->peer[p].links; l++)
			EXPOSITION_WORDS(out, of_link(out, &status->peer[p], &status->peer[p].link[l]), "state",
					 STATUS_LINK_UP + 1, enum status_link_state, status_link_word,
					 status->peer[p].link[l].state);
	}
}

static void link_gauge(struct exposition *out, const struct status *status, const char *name, const char *help,
		       int64_t (*us_of)(const struct status_link *link))
{
	exposition_family(out, METRIC_GAUGE, name, help);
	for (int p = 0; p < status->peers; p++) {
		for (int l = 0; l < status->peer[p].links; l++) {
			int64_t us = us_of(&status->peer[p].link[l]);

			if (us < 0)
				continue;
			of_link(out, &status->peer[p], &status->peer[p].link[l]);
			exposition_seconds(out, (uint64_t)us);
		}
	}
}

static int64_t link_age_us(const struct status_link *link)
{
	return link->age_ms < 0 ? link->age_ms : link->age_ms * 1000;
}

static int64_t link_rtt_us(const struct status_link *link)
{
	return link->rtt_us;
}

static void peers(struct exposition *out, const struct status *status)
{
	peer_gauge(out, status, "casvip_peer_alive", "1: its heartbeats are heard.", peer_alive);
	peer_gauge(out, status, "casvip_peer_fit", "1: it could take every vip that it may own.", peer_fit);
	peer_gauge(out, status, "casvip_peer_witness", "1: it votes and never owns.", peer_witness);
	peer_gauge(out, status, "casvip_peer_config_matches", "0: it runs another configuration.", peer_config);
	peer_gauge(out, status, "casvip_peer_key_matches", "0: its heartbeats are of another key.", peer_key);
	link_states(out, status);
	link_gauge(out, status, "casvip_link_age_seconds", "How long ago the link's last fresh heartbeat came.",
		   link_age_us);
	link_gauge(out, status, "casvip_link_round_trip_seconds", "The link's round trip.", link_rtt_us);
}

/* Counters: by the names that the agent gives them, put into families. */

static const struct counter_family {
	const char *prefix; /* of the agent's name; "": the whole rest */
	const char *name, *help, *label;
} counter_families[] = {
	{"beats_", "casvip_beats", "Heartbeats by what became of them: sent, received, fresh, late ...", "kind"},
	{"refused_", "casvip_refused_packets", "Datagrams that were no heartbeat of a peer, by reason.", "reason"},
	{"ctl_", "casvip_control_requests_refused", "Requests on the control socket that were refused, by reason.",
	 "reason"},
	{"", "casvip_other", "What else the agent counts, by its name.", "name"},
};
enum { COUNTER_FAMILIES = sizeof(counter_families) / sizeof(counter_families[0]) };

static const char worst_late[] = "worst_late_us"; /* no counter: it has a gauge of its own */

static int family_of(const char *name)
{
	int f = 0;

	while (strncmp(name, counter_families[f].prefix, strlen(counter_families[f].prefix)) != 0)
		f++;
	return f; /* the last one's prefix is that of all */
}

static void counters_of(struct exposition *out, const struct status *status, int f)
{
	const struct counter_family *of = &counter_families[f];

	exposition_family(out, METRIC_COUNTER, of->name, of->help);
	for (int c = 0; c < status->counters; c++) {
		const struct status_counter *counter = &status->counter[c];

		if (family_of(counter->name) != f || strcmp(counter->name, worst_late) == 0)
			continue;
		exposition_sample(out, "");
		exposition_label(out, of->label, counter->name + strlen(of->prefix));
		exposition_value(out, counter->value);
	}
}

static void counters(struct exposition *out, const struct status *status)
{
	for (int f = 0; f < COUNTER_FAMILIES; f++)
		counters_of(out, status, f);
	exposition_family(out, METRIC_GAUGE, "casvip_beat_worst_late_seconds",
			  "The worst delay of a heartbeat since the agent started.");
	for (int c = 0; c < status->counters; c++) {
		if (strcmp(status->counter[c].name, worst_late) != 0)
			continue;
		exposition_sample(out, "");
		exposition_seconds(out, status->counter[c].value);
	}
}

/* The node. */

static void node(struct exposition *out, const struct status *status)
{
	exposition_family(out, METRIC_INFO, "casvip_node", "The node, its cluster, and its agent's version.");
	exposition_sample(out, "");
	exposition_label(out, "node", status->node);
	exposition_label(out, "cluster", status->cluster);
	exposition_label(out, "version", status->version);
	exposition_value(out, 1);
	if (status->majority == STATUS_MAJORITY_UNASKED)
		return;
	exposition_family(out, METRIC_GAUGE, "casvip_majority", "1: more than half of the nodes are heard.");
	exposition_sample(out, "");
	exposition_value(out, status->majority == STATUS_MAJORITY_HEARD);
}

static void up(struct exposition *out, const struct web_news *news, struct instant now)
{
	exposition_family(out, METRIC_GAUGE, "casvip_up", "1: the agent answers.");
	exposition_sample(out, "");
	exposition_value(out, web_news_fresh(news, now));
	exposition_family(out, METRIC_INFO, "casvip_build", "The version of casvip-web.");
	exposition_sample(out, "");
	exposition_label(out, "version", CASVIP_VERSION);
	exposition_value(out, 1);
	if (!news->ever)
		return;
	exposition_family(out, METRIC_GAUGE, "casvip_status_age_seconds", "How old the agent's last answer is.");
	exposition_sample(out, "");
	exposition_seconds(out, (uint64_t)(instant_since(now, news->at).ns / 1000));
}

int web_metrics(const struct web_news *news, struct instant now, bool openmetrics, char *text, size_t size)
{
	struct exposition out = exposition_begin(text, size, openmetrics);

	up(&out, news, now);
	if (web_news_fresh(news, now)) {
		node(&out, news->status);
		web_metrics_vips(&out, news->status);
		peers(&out, news->status);
		counters(&out, news->status);
	}
	return exposition_end(&out);
}
