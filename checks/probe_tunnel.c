/* Probe type outlook-anywhere, with a tunnel: can a client reach these interfaces through the RPC proxy, all the way?
 * For each it opens a virtual connection, binds it there, and calls EcDummyRpc where there is one. The worst finding is
 * its verdict. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "checks/probe.h"
#include "checks/rpc_interface.h"
#include "checks/rpc_verdict.h"
#include "checks/tunnel.h"
#include "checks/worst.h"

enum step { STEP_BIND, STEP_DUMMY, STEP_END };

struct probe {
	const struct conf_check *check;
	enum step step;
	int current; /* interface */
	struct worst worst;
	struct tunnel tunnel;
};

static bool open_current(struct probe *probe, struct outcome *outcome)
{
	enum rpc_interface interface = probe->check->interfaces[probe->current];
	char peer[TUNNEL_PEER_MAX];

	snprintf(peer, sizeof(peer), "%s through the tunnel", conf_rpc_interface_word(interface));
	probe->step = STEP_BIND;
	return tunnel_open(&probe->tunnel, probe->check, peer, rpc_interface_syntax(interface), outcome);
}

static void tunnel_probe_free(struct probe *probe)
{
	if (!probe)
		return;
	tunnel_done(&probe->tunnel);
	free(probe);
}

static struct probe *tunnel_probe_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	assert(check->interface_count > 0 && check->interface_count <= CHECK_INTERFACES_MAX);
	probe->check = check;
	if (open_current(probe, outcome))
		return probe;
	tunnel_probe_free(probe);
	return NULL;
}

static void give_up(struct probe *probe, const struct outcome *found)
{
	worst_note(&probe->worst, found);
	tunnel_close(&probe->tunnel);
	probe->step = STEP_END;
}

/* The current interface ended with a finding: go on to the next, unless it cannot get any worse. */
static void conclude(struct probe *probe, const struct outcome *found)
{
	struct outcome failure;

	give_up(probe, found);
	if (found->verdict != VERDICT_DOWN && ++probe->current < probe->check->interface_count &&
	    !open_current(probe, &failure))
		give_up(probe, &failure);
}

static void take_reply(struct probe *probe)
{
	const struct dcerpc_reply *reply = &probe->tunnel.reader.reply;
	const char *peer = probe->tunnel.peer;
	struct outcome found;

	if (probe->step == STEP_DUMMY) {
		rpc_verdict_dummy(reply, peer, &found);
	} else if (rpc_verdict_bind(reply, peer, &found)) {
		if (rpc_interface_has_dummy(probe->check->interfaces[probe->current])) {
			probe->step = STEP_DUMMY;
			tunnel_call(&probe->tunnel, "EcDummyRpc", ECDUMMYRPC_OPNUM);
			return;
		}
		outcome_set(&found, VERDICT_UP, "ok", "%s accepts a bind", peer);
	}
	conclude(probe, &found);
}

static bool tunnel_probe_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	struct outcome found;

	(void)revents;
	while (probe->step != STEP_END) {
		switch (tunnel_advance(&probe->tunnel, wait, &found)) {
		case TUNNEL_WAITS:
			return false;
		case TUNNEL_REPLY:
			take_reply(probe);
			break;
		case TUNNEL_FAILED: /* so would the next */
			give_up(probe, &found);
			break;
		}
	}
	*outcome = probe->worst.found;
	return true;
}

static const char *tunnel_probe_stage(const struct probe *probe)
{
	return tunnel_stage(&probe->tunnel);
}

/* CONN/C2 comes once the server has both channels ([MS-RPCH] 2.2.4.9). */
static bool tunnel_probe_overdue(const struct probe *probe, struct outcome *outcome)
{
	if (!tunnel_lacks_in(&probe->tunnel))
		return false;
	outcome_set(outcome, VERDICT_DOWN, "in-channel",
		    "timeout after %lld ms: CONN/A3 came, CONN/C2 did not: something keeps back the IN channel",
		    (long long)duration_to_ms(probe->check->timeout));
	return true;
}

const struct probe_type probe_tunnel = {
	.start = tunnel_probe_start,
	.advance = tunnel_probe_advance,
	.stage = tunnel_probe_stage,
	.overdue = tunnel_probe_overdue,
	.free = tunnel_probe_free,
};
