/* One virtual connection to an RPC server through an RPC proxy ([MS-RPCH], version 2): two HTTP requests that stay
 * open, OUT for what the server says and IN for what we say. It is opened for one interface; the bind and then a call
 * go through it as through an rpc_link. What a reply means for the check is for others to say. */
#pragma once

#include "checks/dcerpc.h"
#include "checks/probe.h"
#include "checks/proxy_answer.h"
#include "checks/rts.h"
#include "checks/transfer.h"

enum {
	TUNNEL_PEER_MAX = 32,
	/* All that ever goes into the IN channel: the connection, the bind, one call without arguments. */
	TUNNEL_IN_MAX = RTS_CONN_B1_BYTES + DCERPC_BIND_BYTES + DCERPC_REQUEST_BYTES,
};

enum tunnel_news {
	TUNNEL_WAITS,  /* for the events it names */
	TUNNEL_REPLY,  /* reader.reply is complete: the answer to the bind, then to the call */
	TUNNEL_FAILED, /* the outcome says why; that the proxy wants credentials is a failure too */
};

/* One of the two requests. */
struct tunnel_channel {
	const char *name;          /* "OUT channel" */
	struct tunnel *tunnel;     /* whose replies it carries; NULL: it carries none */
	struct transfer *transfer; /* NULL: not open */
	bool ended;                /* `failure` says how */
	struct outcome failure;
	struct proxy_answer answer;
	size_t bytes, sent; /* of the request's body */
	uint8_t body[TUNNEL_IN_MAX];
};

struct tunnel {
	const struct conf_check *check;
	const struct dcerpc_syntax *interface;
	struct tunnel_channel out, in;
	bool has_a3, has_c2;        /* CONN/A3 and CONN/C2 have come */
	const char *flaw;           /* what is wrong with the OUT channel's stream; NULL: nothing */
	char peer[TUNNEL_PEER_MAX]; /* "emsmdb through the tunnel" */
	char awaited[64];           /* "EcDummyRpc of emsmdb through the tunnel" */
	char stage[FACT_WORDS_MAX];
	uint32_t call_id; /* 0: not bound yet, nothing was asked */
	struct rts_reader rts;
	struct dcerpc_reader reader;
};

/* Begins to connect both channels as `check` says, and to bind the interface. Ends an earlier connection. False with
 * `outcome` filled when it cannot even begin. */
bool tunnel_open(struct tunnel *tunnel, const struct conf_check *check, const char *peer,
		 const struct dcerpc_syntax *interface, struct outcome *outcome);

/* Makes the call, without arguments, on the bound interface; `name` is the reply's in the words. Once. */
void tunnel_call(struct tunnel *tunnel, const char *name, uint16_t opnum);

/* Goes on as far as possible without waiting. Fills `wait` when it waits and `outcome` when it failed. */
enum tunnel_news tunnel_advance(struct tunnel *tunnel, struct probe_wait *wait, struct outcome *outcome);

/* Where it stood when it last waited, for people. */
const char *tunnel_stage(const struct tunnel *tunnel);

/* Does it wait for CONN/C2? Then the OUT channel has been taken, and the IN channel led nowhere. */
bool tunnel_lacks_in(const struct tunnel *tunnel);

/* Closes both channels: each that stays is a session on the server. */
void tunnel_close(struct tunnel *tunnel);

/* Closes, and frees what the reader took. */
void tunnel_done(struct tunnel *tunnel);
