/* One TCP connection to an RPC server: connect and bind, then calls one after the other. It moves bytes and keeps the
 * words of where it stands; what a reply means for the check is for others to say. */
#pragma once

#include "checks/dcerpc.h"
#include "checks/epm.h"
#include "checks/probe.h"
#include "conf/conf.h"

enum {
	RPC_LINK_OUT_MAX = DCERPC_REQUEST_BYTES + EPM_MAP_REQUEST_BYTES, /* our longest PDU */
	RPC_LINK_PEER_MAX = 32,
};

enum rpc_link_news {
	RPC_LINK_WAITS,  /* for the events it names */
	RPC_LINK_REPLY,  /* reader.reply is complete: the answer to the bind, then to each call */
	RPC_LINK_FAILED, /* the outcome says why */
};

struct rpc_link {
	int fd;    /* -1: closed */
	int error; /* -errno of an attempt that failed at once */
	bool connected;
	char peer[RPC_LINK_PEER_MAX]; /* "emsmdb on port 6001" */
	char stage[80];               /* "waiting for bind_ack of emsmdb on port 6001" */
	uint32_t call_id;
	size_t out_bytes, out_sent;
	uint8_t out[RPC_LINK_OUT_MAX];
	struct dcerpc_reader reader;
};

/* Makes a zeroed link usable. */
void rpc_link_init(struct rpc_link *link);

/* Begins to connect and to bind `interface`; rpc_link_advance() tells of a failure. Ends an earlier connection. */
void rpc_link_open(struct rpc_link *link, const struct conf_address *address, uint16_t port, const char *peer,
		   const struct dcerpc_syntax *interface);

/* Begins a call on a bound link; `name` is the reply's in the words. */
void rpc_link_call(struct rpc_link *link, const char *name, uint16_t opnum, const uint8_t *stub, size_t stub_bytes);

/* Goes on as far as possible without waiting. Fills `wait` when it waits and `outcome` when it failed. */
enum rpc_link_news rpc_link_advance(struct rpc_link *link, struct probe_wait *wait, struct outcome *outcome);

void rpc_link_close(struct rpc_link *link);

/* Closes, and frees what the reader took. */
void rpc_link_done(struct rpc_link *link);
