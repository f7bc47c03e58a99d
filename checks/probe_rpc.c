/* Probe type rpc: can a client reach these interfaces the way clients do? It asks the endpoint mapper for the port of
 * each, then binds each on its port, and calls EcDummyRpc where there is one. The worst finding is its verdict. Where
 * the file names a port, which was made static on the server, the mapper is not asked. Of an interface that is not
 * registered the verdict is known; what else the mapper has is then asked for, and only adds to the words.
 *
 * Ports are asked for each time: they change when a service restarts. Of a tower only the port is believed, the address
 * is the configured one. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/epm.h"
#include "checks/probe.h"
#include "checks/rpc_census.h"
#include "checks/rpc_interface.h"
#include "checks/rpc_link.h"
#include "checks/rpc_verdict.h"
#include "checks/worst.h"

enum step {
	STEP_BEGIN,
	STEP_MAPPER_BIND,
	STEP_MAPPER_ASK, /* about the current interface */
	STEP_CENSUS,     /* the current interface is not registered: what is? */
	STEP_BIND,       /* the current interface, on its port */
	STEP_DUMMY,
	STEP_END,
};

struct probe {
	struct conf_endpoint mapper;
	enum rpc_interface interfaces[CHECK_INTERFACES_MAX];
	int interface_count;
	uint16_t port[CHECK_INTERFACES_MAX]; /* 0: none, and why is in `worst` */
	enum step step;
	int current;
	struct worst worst;
	struct rpc_census census;
	struct rpc_link link;
};

static struct probe *rpc_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	assert(check->interface_count > 0 && check->interface_count <= CHECK_INTERFACES_MAX);
	probe->mapper = check->connect;
	probe->interface_count = check->interface_count;
	memcpy(probe->interfaces, check->interfaces, sizeof(probe->interfaces));
	for (int i = 0; i < probe->interface_count; i++)
		probe->port[i] = check->port;
	rpc_link_init(&probe->link);
	return probe;
}

static const struct dcerpc_syntax *current_syntax(const struct probe *probe)
{
	return rpc_interface_syntax(probe->interfaces[probe->current]);
}

static const char *current_word(const struct probe *probe)
{
	return conf_rpc_interface_word(probe->interfaces[probe->current]);
}

/* From `from` on, the next interface that has a port. */
static void bind_next(struct probe *probe, int from)
{
	char peer[RPC_LINK_PEER_MAX];

	for (probe->current = from; probe->current < probe->interface_count; probe->current++) {
		if (probe->port[probe->current] == 0)
			continue;
		snprintf(peer, sizeof(peer), "%s on port %u", current_word(probe), probe->port[probe->current]);
		rpc_link_open(&probe->link, &probe->mapper.address, probe->port[probe->current], peer,
			      current_syntax(probe));
		probe->step = STEP_BIND;
		return;
	}
	probe->step = STEP_END;
}

static void begin(struct probe *probe)
{
	if (probe->port[0] != 0) {
		bind_next(probe, 0);
		return;
	}
	rpc_link_open(&probe->link, &probe->mapper.address, probe->mapper.port, "the endpoint mapper", &epm_syntax);
	probe->step = STEP_MAPPER_BIND;
}

static void ask_mapper(struct probe *probe, int interface)
{
	uint8_t stub[EPM_MAP_REQUEST_BYTES];
	char name[32];

	if (interface == probe->interface_count) {
		bind_next(probe, 0);
		return;
	}
	probe->current = interface;
	probe->step = STEP_MAPPER_ASK;
	epm_map_request(stub, current_syntax(probe));
	snprintf(name, sizeof(name), "ept_map(%s)", current_word(probe));
	rpc_link_call(&probe->link, name, EPM_OPNUM_MAP, stub, sizeof(stub));
}

/* The current step ended with a finding: note it and go on to the next interface, unless it cannot get any worse or the
 * mapper can no longer be asked. */
static void conclude(struct probe *probe, const struct outcome *found)
{
	bool asking = probe->step == STEP_MAPPER_ASK;

	worst_note(&probe->worst, found);
	if (found->verdict == VERDICT_DOWN || probe->step == STEP_MAPPER_BIND ||
	    (asking && found->verdict == VERDICT_UNKNOWN))
		probe->step = STEP_END;
	else if (asking)
		ask_mapper(probe, probe->current + 1);
	else
		bind_next(probe, probe->current + 1);
}

static void ask_census(struct probe *probe)
{
	uint8_t stub[EPM_LOOKUP_REQUEST_BYTES];

	probe->step = STEP_CENSUS;
	epm_lookup_request(stub, probe->census.handle, RPC_CENSUS_PAGE);
	rpc_link_call(&probe->link, "ept_lookup", EPM_OPNUM_LOOKUP, stub, sizeof(stub));
}

static void take_mapped(struct probe *probe, const struct dcerpc_reply *reply)
{
	const char *word = current_word(probe);
	struct epm_mapped mapped;
	struct outcome found;
	char call[RPC_LINK_PEER_MAX + 32];

	if (reply->type != DCERPC_RESPONSE) {
		snprintf(call, sizeof(call), "ept_map(%s) of %s", word, probe->link.peer);
		rpc_verdict_fault(reply->status, RPC_CALL_NEEDED, call, &found);
		conclude(probe, &found);
		return;
	}
	mapped = epm_map_reply(reply, current_syntax(probe));
	switch (mapped.answer) {
	case EPM_PORT:
		probe->port[probe->current] = mapped.port;
		ask_mapper(probe, probe->current + 1);
		return;
	case EPM_NOT_REGISTERED:
		outcome_set(&found, VERDICT_DOWN, "not-registered", "%s is not registered at the endpoint mapper",
			    word);
		conclude(probe, &found);
		ask_census(probe);
		return;
	case EPM_NO_PORT:
		outcome_set(&found, VERDICT_DOWN, "no-port", "the endpoint mapper has no TCP port for %s", word);
		break;
	case EPM_STATUS:
		outcome_set(&found, VERDICT_DOWN, "map-failed", "the endpoint mapper about %s: status 0x%08" PRIx32,
			    word, mapped.status);
		break;
	case EPM_MALFORMED:
		outcome_set(&found, VERDICT_DOWN, "bad-pdu", "the endpoint mapper about %s: malformed answer", word);
		break;
	}
	conclude(probe, &found);
}

static void take_bound(struct probe *probe)
{
	struct rpc_link *link = &probe->link;
	struct outcome found;

	if (rpc_interface_has_dummy(probe->interfaces[probe->current])) {
		probe->step = STEP_DUMMY;
		rpc_link_call(link, "EcDummyRpc", ECDUMMYRPC_OPNUM, NULL, 0);
		return;
	}
	outcome_set(&found, VERDICT_UP, "ok", "%s accepts a bind", link->peer);
	conclude(probe, &found);
}

static void take_reply(struct probe *probe)
{
	const struct dcerpc_reply *reply = &probe->link.reader.reply;
	const char *peer = probe->link.peer;
	struct outcome found;

	switch (probe->step) {
	case STEP_MAPPER_BIND:
		if (rpc_verdict_bind(reply, peer, &found))
			ask_mapper(probe, 0);
		else
			conclude(probe, &found);
		return;
	case STEP_MAPPER_ASK:
		take_mapped(probe, reply);
		return;
	case STEP_CENSUS:
		if (rpc_census_take(&probe->census, reply))
			ask_census(probe);
		else
			probe->step = STEP_END;
		return;
	case STEP_BIND:
		if (rpc_verdict_bind(reply, peer, &found))
			take_bound(probe);
		else
			conclude(probe, &found);
		return;
	case STEP_DUMMY:
		rpc_verdict_dummy(reply, peer, &found);
		conclude(probe, &found);
		return;
	case STEP_BEGIN:
	case STEP_END:
		return;
	}
}

static void tell(const struct probe *probe, struct outcome *outcome)
{
	const struct outcome *found = &probe->worst.found;
	char more[FACT_WORDS_MAX];

	*outcome = *found;
	if (probe->census.pages == 0)
		return;
	rpc_census_words(&probe->census, probe->interfaces[probe->current], more);
	outcome_set(outcome, found->verdict, found->reason, "%s%s", found->words, more);
}

static bool rpc_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	struct outcome found;

	(void)revents; /* the socket itself knows how far it is */
	if (probe->step == STEP_BEGIN)
		begin(probe);
	while (probe->step != STEP_END) {
		switch (rpc_link_advance(&probe->link, wait, &found)) {
		case RPC_LINK_WAITS:
			return false;
		case RPC_LINK_REPLY:
			take_reply(probe);
			break;
		case RPC_LINK_FAILED:
			if (probe->step == STEP_CENSUS)
				probe->step = STEP_END;
			else
				conclude(probe, &found);
			break;
		}
	}
	rpc_link_close(&probe->link);
	tell(probe, outcome);
	return true;
}

/* A mapper that does not finish its list takes back nothing of what it said before. */
static bool rpc_overdue(const struct probe *probe, struct outcome *outcome)
{
	if (probe->step != STEP_CENSUS)
		return false;
	tell(probe, outcome);
	return true;
}

static const char *rpc_stage(const struct probe *probe)
{
	return probe->step == STEP_BEGIN ? "starting" : probe->link.stage;
}

static void rpc_free(struct probe *probe)
{
	if (!probe)
		return;
	rpc_link_done(&probe->link);
	free(probe);
}

const struct probe_type probe_rpc = {
	.start = rpc_start,
	.advance = rpc_advance,
	.stage = rpc_stage,
	.overdue = rpc_overdue,
	.free = rpc_free,
};
