/* What an RPC server's reply means for a check, by itself: rejected binds, faults, and the answer to EcDummyRpc. `peer`
 * names the server in the words ("emsmdb on port 6001"). */
#pragma once

#include <stdbool.h>

#include "checks/dcerpc.h"
#include "checks/probe.h"

/* Reply to a bind. Returns true when the interface was accepted; else false with `outcome` filled. A bind_ack alone is
 * no acceptance: unknown interfaces are rejected in one. */
bool rpc_verdict_bind(const struct dcerpc_reply *reply, const char *peer, struct outcome *outcome);

enum rpc_call {
	RPC_CALL_LIVENESS, /* made only to see who is there: "no such operation" is an answer as good as any */
	RPC_CALL_NEEDED,   /* we need what it returns: without it the check cannot go on */
};

void rpc_verdict_fault(uint32_t status, enum rpc_call call, const char *peer, struct outcome *outcome);

/* Reply to EcDummyRpc (MS-OXCRPC 3.1.4.6): a response with 0, or else. */
void rpc_verdict_dummy(const struct dcerpc_reply *reply, const char *peer, struct outcome *outcome);
