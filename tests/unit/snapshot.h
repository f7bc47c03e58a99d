/* Snapshots of a node as tests show them to what reads a status: an owner, a standby in trouble, a majority. */
#pragma once

#include <string.h>

#include "agent/status.h"

static inline struct status *snapshot_owner(void)
{
	static struct status status;

	status = (struct status){
		.node = "cas1",
		.cluster = "mail",
		.version = "0.1",
		.pid = 812,
		.vips = 1,
		.vip[0] = {
			.name = "mail",
			.role = ROLE_ACTIVE,
			.active = "cas1",
			.active_why = "silence",
			.term = 7,
			.since_ms = 11520250,
			.why = "silence",
			.address = {"192.0.2.50/24", "2001:db8:1::50/64"},
			.addresses = 2,
			.fence = STATUS_FENCE_OPEN,
			.lease_ms = 225,
			.fitness = FITNESS_FIT,
			.score = 1000,
			.checks = 1,
			.check[0] = {
				.name = "owa",
				.type = CHECK_OWA,
				.state = CHECK_STATE_UP,
				.outcome = VERDICT_UP,
				.reason = "status-200",
				.words = "200 \"OK\" a\\b",
				.took_ms = 12,
				.age_ms = 80,
				.held_ms = STATUS_UNKNOWN,
				.required = true,
			},
			.tally = {.changes = {[WHY_STARTED] = 1, [WHY_SILENCE] = 2}, .dark = {[1] = 1, [8] = 1},
				  .dark_us = 300900},
		},
		.peers = 1,
		.peer[0] = {
			.name = "cas2",
			.alive = true,
			.fit = true,
			.config_matches = true,
			.key_matches = true,
			.links = 1,
			.link[0] = {"192.0.2.2", STATUS_LINK_UP, 40, 180, ""},
			.hears = {{"cas1", 40, false}},
			.hears_count = 1,
		},
		.counters = 5,
		.counter = {{"beats_sent", 64}, {"refused_bad-seal", 17}, {"refused_stranger", 0}, {"beats_late", 2},
			    {"worst_late_us", 1500}},
	};
	return &status;
}

/* It knows no owner, two of its checks are out, its link is one-way, and another key and certificate are about. */
static inline struct status *snapshot_trouble(void)
{
	struct status *status = snapshot_owner();
	struct status_vip *vip = &status->vip[0];

	strcpy(status->node, "cas2");
	strcpy(status->peer[0].name, "cas1");
	vip->role = ROLE_BACKUP;
	vip->active[0] = vip->active_why[0] = '\0';
	vip->suspect = true;
	vip->fence = STATUS_FENCE_BROKEN;
	vip->lease_ms = STATUS_UNKNOWN;
	vip->fitness = FITNESS_UNHEALTHY;
	vip->score = 0;
	vip->unlikes = 1;
	strcpy(vip->unlike[0], "cas1");
	vip->check[0].state = CHECK_STATE_DOWN;
	vip->check[0].outcome = VERDICT_DOWN;
	vip->check[0].held_ms = 61000;
	vip->checks = 2;
	vip->check[1] = (struct status_check){
		.name = "rpc",
		.type = CHECK_RPC,
		.state = CHECK_STATE_STALE,
		.outcome = VERDICT_UNKNOWN,
		.took_ms = STATUS_UNKNOWN,
		.age_ms = STATUS_UNKNOWN,
		.held_ms = STATUS_UNKNOWN,
	};
	status->peer[0].alive = status->peer[0].fit = status->peer[0].key_matches = false;
	status->peer[0].config_matches = false;
	status->peer[0].link[0].state = STATUS_LINK_ONE_WAY;
	status->peer[0].link[0].age_ms = status->peer[0].link[0].rtt_us = STATUS_UNKNOWN;
	strcpy(status->peer[0].link[0].reason, "UDP port 7411 of 192.0.2.2 is taken by another process");
	return status;
}

/* One of three, without a majority, with a witness. */
static inline struct status *snapshot_majority(void)
{
	struct status *status = snapshot_owner();

	status->majority = STATUS_MAJORITY_LOST;
	status->vip[0].fitness = FITNESS_NO_QUORUM;
	status->vip[0].fence = STATUS_FENCE_ABSENT;
	status->peers = 2;
	status->peer[1] = status->peer[0];
	strcpy(status->peer[1].name, "w");
	status->peer[1].witness = true;
	status->vips = 2;
	status->vip[1] = status->vip[0];
	strcpy(status->vip[1].name, "imap");
	status->vip[1].role = ROLE_INIT;
	return status;
}
