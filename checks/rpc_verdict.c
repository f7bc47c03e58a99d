#include "checks/rpc_verdict.h"

#include <inttypes.h>
#include <stdio.h>

#include "checks/octets.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { RESULT_ACCEPTED = 0, RESULT_PROVIDER_REJECTED = 2 }; /* C706 12.6.3.1 */

struct meaning {
	uint32_t code;
	enum verdict verdict;
	const char *reason; /* NULL: the code makes it */
	const char *words;
};

static const struct meaning naks[] = {
	{0, VERDICT_DOWN, "bind-nak", "no reason given"},
	{1, VERDICT_DOWN, "overloaded", "temporary congestion"},
	{2, VERDICT_DOWN, "overloaded", "local limit exceeded"},
	{4, VERDICT_DOWN, "bind-nak", "protocol version not supported"},
	{8, VERDICT_UP_AUTH, "bind-nak", "authentication type not recognised"},
	{9, VERDICT_DOWN, "bind-nak", "invalid checksum"},
};

static const struct meaning faults[] = {
	{0x00000005, VERDICT_UP_AUTH, "access-denied", "access denied"},
	{0x00000721, VERDICT_UP_AUTH, NULL, "security package error"},
	{0x1c010002, VERDICT_UP, NULL, "no such operation"},
	{0x000006e4, VERDICT_UP, NULL, "cannot support"},
	{0x000006f7, VERDICT_UP, "bad-stub", "bad stub data"},
	{0x1c010003, VERDICT_DOWN, NULL, "unknown interface"},
	{0x1c010014, VERDICT_DOWN, "overloaded", "server too busy"},
	{0x000006bb, VERDICT_DOWN, "overloaded", "server too busy"},
};

static struct meaning meaning_of(uint32_t code, const struct meaning *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return table[i];
	return (struct meaning){.code = code, .verdict = VERDICT_DOWN, .words = "unknown code"};
}

static const char *rejection_words(const struct dcerpc_reply *reply)
{
	static const char *const reasons[] = {
		"no reason given",
		"abstract syntax not supported",
		"transfer syntaxes not supported",
		"local limit exceeded",
	};

	if (reply->result != RESULT_PROVIDER_REJECTED)
		return "not accepted";
	return reply->reason < COUNT(reasons) ? reasons[reply->reason] : "unknown reason";
}

static void nak_outcome(uint16_t code, const char *peer, struct outcome *outcome)
{
	struct meaning nak = meaning_of(code, naks, COUNT(naks));

	outcome_set(outcome, nak.verdict, nak.reason ? nak.reason : "bind-nak", "%s: bind_nak %u: %s", peer, code,
		    nak.words);
}

bool rpc_verdict_bind(const struct dcerpc_reply *reply, const char *peer, struct outcome *outcome)
{
	if (reply->type == DCERPC_BIND_ACK && reply->result == RESULT_ACCEPTED)
		return true;
	if (reply->type == DCERPC_BIND_ACK)
		outcome_set(outcome, VERDICT_DOWN, "rejected", "%s: bind rejected: %s", peer, rejection_words(reply));
	else if (reply->type == DCERPC_BIND_NAK)
		nak_outcome(reply->reason, peer, outcome);
	else
		rpc_verdict_fault(reply->status, RPC_CALL_NEEDED, peer, outcome);
	return false;
}

void rpc_verdict_fault(uint32_t status, enum rpc_call call, const char *peer, struct outcome *outcome)
{
	struct meaning fault = meaning_of(status, faults, COUNT(faults));
	char reason[FACT_REASON_MAX];

	if (fault.verdict == VERDICT_UP && call == RPC_CALL_NEEDED)
		fault.verdict = VERDICT_DOWN;
	snprintf(reason, sizeof(reason), "fault-%08" PRIx32, status);
	outcome_set(outcome, fault.verdict, fault.reason ? fault.reason : reason, "%s: fault 0x%08" PRIx32 ": %s", peer,
		    status, fault.words);
}

void rpc_verdict_dummy(const struct dcerpc_reply *reply, const char *peer, struct outcome *outcome)
{
	struct octets_in in = {.bytes = reply->stub, .length = reply->stub_bytes, .big_endian = reply->big_endian};
	uint32_t result = octets_get_u32(&in);

	if (reply->type != DCERPC_RESPONSE)
		rpc_verdict_fault(reply->status, RPC_CALL_LIVENESS, peer, outcome);
	else if (in.overrun || in.at != in.length)
		outcome_set(outcome, VERDICT_DOWN, "bad-pdu", "%s: EcDummyRpc's reply has %zu octets instead of 4",
			    peer, in.length);
	else if (result != 0)
		outcome_set(outcome, VERDICT_DOWN, "dummy-failed", "%s: EcDummyRpc returned 0x%08" PRIx32, peer,
			    result);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "%s answers EcDummyRpc", peer);
}
