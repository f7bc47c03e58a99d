/* The two channels are judged together, and what says most is said: a front end's limit on the IN channel, a complete
 * reply, the OUT channel, the IN channel. For a server that refuses one request may hang up on the other one's endless
 * body at the same time, and that tells less than the refusal. */
#include "checks/tunnel.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/credential_store.h"

enum {
	IN_CONTENT_BYTES = 1 << 30, /* [MS-RPCH] 2.1.2.1.1: 128 KiB to 2 GiB; never sent to its end */
	STATUS_TOO_LARGE = 413,
	STATUS_UNAUTHORIZED = 401,
};

/* As Microsoft's client has them. libcurl would call the body a form's. */
static const char *const headers[] = {
	"Accept: application/rpc", "User-Agent: MSRPC", "Content-Type:", "Connection: Keep-Alive",
	"Cache-Control: no-cache", "Pragma: No-cache",  NULL,
};

static void take_rpc(struct tunnel *tunnel)
{
	if (tunnel->call_id == 0 || tunnel->reader.news != DCERPC_MORE)
		tunnel->flaw = "a reply that nobody asked for";
	else
		dcerpc_feed(&tunnel->reader, tunnel->rts.pdu, tunnel->rts.pdu_bytes);
}

static void take_news(struct tunnel *tunnel)
{
	switch (tunnel->rts.news) {
	case RTS_MORE:
		break;
	case RTS_CONN_A3:
		if (tunnel->has_a3)
			tunnel->flaw = "a second CONN/A3";
		tunnel->has_a3 = true;
		break;
	case RTS_CONN_C2:
		if (!tunnel->has_a3 || tunnel->has_c2)
			tunnel->flaw = "a CONN/C2 out of turn";
		tunnel->has_c2 = true;
		break;
	case RTS_RPC:
		take_rpc(tunnel);
		break;
	case RTS_BAD:
		tunnel->flaw = dcerpc_news_words(tunnel->rts.flaw);
		break;
	}
}

static bool on_header(void *context, const char *line, size_t length)
{
	struct tunnel_channel *channel = context;

	return proxy_answer_header(&channel->answer, line, length);
}

static bool on_body(void *context, const void *bytes, size_t length)
{
	struct tunnel_channel *channel = context;
	struct tunnel *tunnel = channel->tunnel;

	if (!tunnel || !proxy_answer_is_stream(&channel->answer))
		return false; /* a page about an error: its status is enough */
	for (size_t at = 0; at < length && !tunnel->flaw; take_news(tunnel))
		at += rts_feed(&tunnel->rts, (const uint8_t *)bytes + at, length - at);
	return !tunnel->flaw;
}

static size_t on_more(void *context, uint8_t *bytes, size_t room)
{
	struct tunnel_channel *channel = context;
	size_t left = channel->bytes - channel->sent, part = left < room ? left : room;

	memcpy(bytes, channel->body + channel->sent, part);
	channel->sent += part;
	return part;
}

static bool open_channel(struct tunnel_channel *channel, const struct conf_check *check, const char *method,
			 int64_t content_bytes, struct outcome *outcome)
{
	const struct credentials *credentials = NULL;
	struct transfer_request request = {
		.url = check->url,
		.connect = check->connect,
		.ca_file = check->ca_file,
		.verify = check->verify,
		.method = method,
		.headers = headers,
		.body_bytes = content_bytes,
	};
	struct transfer_calls calls = {.header = on_header, .body = on_body, .more = on_more, .context = channel};

	if (check->credentials[0]) {
		credentials = credential_store_find(check, outcome);
		if (!credentials)
			return false;
		request.user = credentials->user;
		request.password = credentials->password;
		request.auth = check->auth;
	}
	channel->transfer = transfer_start(&request, &calls, outcome);
	return channel->transfer != NULL;
}

bool tunnel_open(struct tunnel *tunnel, const struct conf_check *check, const char *peer,
		 const struct dcerpc_syntax *interface, struct outcome *outcome)
{
	struct rts_cookies cookies;

	tunnel_done(tunnel);
	memset(tunnel, 0, sizeof(*tunnel));
	tunnel->check = check;
	tunnel->interface = interface;
	snprintf(tunnel->peer, sizeof(tunnel->peer), "%s", peer);
	tunnel->out.name = "OUT channel";
	tunnel->out.tunnel = tunnel;
	tunnel->in.name = "IN channel";
	arc4random_buf(&cookies, sizeof(cookies));
	rts_conn_a1(tunnel->out.body, &cookies);
	rts_conn_b1(tunnel->in.body, &cookies);
	tunnel->out.bytes = RTS_CONN_A1_BYTES;
	tunnel->in.bytes = RTS_CONN_B1_BYTES;
	return open_channel(&tunnel->out, check, "RPC_OUT_DATA", RTS_CONN_A1_BYTES, outcome) &&
	       open_channel(&tunnel->in, check, "RPC_IN_DATA", IN_CONTENT_BYTES, outcome);
}

/* `bytes` more stand at the end of the IN channel's body. */
static void send_more(struct tunnel *tunnel, enum dcerpc_type sent, size_t bytes, const char *name)
{
	dcerpc_expect(&tunnel->reader, sent, tunnel->call_id);
	tunnel->in.bytes += bytes;
	if (tunnel->in.transfer)
		transfer_resume(tunnel->in.transfer);
	snprintf(tunnel->awaited, sizeof(tunnel->awaited), "%s of %s", name, tunnel->peer);
}

static void send_bind(struct tunnel *tunnel)
{
	assert(tunnel->in.bytes + DCERPC_BIND_BYTES <= sizeof(tunnel->in.body));
	tunnel->call_id = 1;
	dcerpc_bind(tunnel->in.body + tunnel->in.bytes, tunnel->call_id, tunnel->interface);
	send_more(tunnel, DCERPC_BIND, DCERPC_BIND_BYTES, "bind_ack");
}

void tunnel_call(struct tunnel *tunnel, const char *name, uint16_t opnum)
{
	size_t bytes;

	tunnel->call_id++;
	bytes = dcerpc_request(tunnel->in.body + tunnel->in.bytes, sizeof(tunnel->in.body) - tunnel->in.bytes,
			       tunnel->call_id, opnum, NULL, 0);
	send_more(tunnel, DCERPC_REQUEST, bytes, name);
}

static void close_channel(struct tunnel_channel *channel)
{
	transfer_free(channel->transfer);
	channel->transfer = NULL;
}

/* An ended transfer is let go of at once: it would keep its engine awake. */
static void pump(struct tunnel_channel *channel, struct probe_wait *wait)
{
	struct outcome *failure = &channel->failure;
	bool ended = channel->transfer && transfer_advance(channel->transfer, wait);

	if (!channel->transfer || (!ended && !transfer_hung_up(channel->transfer)))
		return;
	if (!ended)
		outcome_set(failure, VERDICT_DOWN, "eof", "the other side closed");
	else if (transfer_end(channel->transfer) == TRANSFER_FAILED)
		transfer_failure(channel->transfer, failure);
	else if (!channel->answer.whole)
		outcome_set(failure, VERDICT_DOWN, "protocol", "more than %d bytes of headers", HTTP_HEADERS_MAX);
	else
		outcome_set(failure, VERDICT_DOWN, "eof", "the other side ended it");
	outcome_set(failure, failure->verdict, failure->reason, "%s: %s", channel->name, failure->words);
	channel->ended = true;
	close_channel(channel);
}

static bool judge_reply(const struct tunnel *tunnel, struct outcome *outcome)
{
	enum dcerpc_news news = tunnel->reader.news;
	bool ours = news == DCERPC_NO_MEMORY;

	if (!tunnel->flaw && news == DCERPC_MORE)
		return false;
	outcome_set(outcome, ours ? VERDICT_UNKNOWN : VERDICT_DOWN, ours ? "no-memory" : "bad-pdu", "%s: %s",
		    tunnel->stage, tunnel->flaw ? tunnel->flaw : dcerpc_news_words(news));
	return true;
}

static bool judge_out(const struct tunnel *tunnel, struct outcome *outcome)
{
	const struct tunnel_channel *out = &tunnel->out;

	if (out->answer.whole && !proxy_answer_is_stream(&out->answer))
		proxy_answer_verdict(&out->answer, tunnel->check, out->name, outcome);
	else if (out->ended)
		*outcome = out->failure;
	else
		return false;
	return true;
}

/* While it works, the IN channel has no answer at all. Whether we are let in is the OUT channel's to say, and so it is
 * what it means that the IN channel was hung up on. */
static bool judge_in(const struct tunnel *tunnel, struct outcome *outcome)
{
	const struct tunnel_channel *in = &tunnel->in;
	bool refused = in->answer.whole && in->answer.reply.status == STATUS_UNAUTHORIZED;

	if ((refused || !in->answer.whole) && !tunnel->out.answer.whole)
		return false;
	if (refused)
		outcome_set(outcome, VERDICT_DOWN, "in-channel", "%s: answered 401, and the OUT channel is let in",
			    in->name);
	else if (in->answer.whole)
		proxy_answer_verdict(&in->answer, tunnel->check, in->name, outcome);
	else if (in->ended)
		outcome_set(outcome, in->failure.verdict,
			    in->failure.verdict == VERDICT_DOWN ? "in-channel" : in->failure.reason, "%s",
			    in->failure.words);
	else
		return false;
	return true;
}

static void note_stage(struct tunnel *tunnel)
{
	char *stage = tunnel->stage;
	size_t room = sizeof(tunnel->stage);

	if (tunnel->call_id > 0)
		snprintf(stage, room, "waiting for %s", tunnel->awaited);
	else if (tunnel->has_a3)
		snprintf(stage, room, "waiting for CONN/C2");
	else if (tunnel->out.answer.whole)
		snprintf(stage, room, "waiting for CONN/A3");
	else if (tunnel->out.transfer)
		snprintf(stage, room, "OUT channel: %s", transfer_stage(tunnel->out.transfer));
	if (tunnel->in.ended && !tunnel->in.answer.whole)
		snprintf(stage + strlen(stage), room - strlen(stage), "; %s", tunnel->in.failure.words);
}

enum tunnel_news tunnel_advance(struct tunnel *tunnel, struct probe_wait *wait, struct outcome *outcome)
{
	pump(&tunnel->out, wait);
	pump(&tunnel->in, wait);
	note_stage(tunnel);
	if (tunnel->in.answer.whole && tunnel->in.answer.reply.status == STATUS_TOO_LARGE) {
		proxy_answer_verdict(&tunnel->in.answer, tunnel->check, tunnel->in.name, outcome);
		return TUNNEL_FAILED;
	}
	if (!tunnel->flaw && tunnel->reader.news == DCERPC_REPLY)
		return TUNNEL_REPLY;
	if (judge_reply(tunnel, outcome) || judge_out(tunnel, outcome) || judge_in(tunnel, outcome))
		return TUNNEL_FAILED;
	if (tunnel->has_c2 && tunnel->call_id == 0) {
		send_bind(tunnel);
		note_stage(tunnel);
	}
	return TUNNEL_WAITS;
}

const char *tunnel_stage(const struct tunnel *tunnel)
{
	return tunnel->stage;
}

bool tunnel_lacks_in(const struct tunnel *tunnel)
{
	return tunnel->has_a3 && !tunnel->has_c2;
}

void tunnel_close(struct tunnel *tunnel)
{
	close_channel(&tunnel->out);
	close_channel(&tunnel->in);
}

void tunnel_done(struct tunnel *tunnel)
{
	tunnel_close(tunnel);
	dcerpc_reader_done(&tunnel->reader);
}
