/* Any bytes as the reply to a bind or a request: however they are split, the same comes of them, within bounds.
 * The first octet says what was sent (bind, or a request), the second into which portions the rest is split.
 *
 * fuzz-sources: checks/dcerpc.c checks/octets.c checks/rpc_verdict.c checks/outcome.c
 */
#include <assert.h>
#include <string.h>

#include "checks/dcerpc.h"
#include "checks/rpc_verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void feed(struct dcerpc_reader *reader, enum dcerpc_type sent, const uint8_t *bytes, size_t length,
		 size_t portion)
{
	dcerpc_expect(reader, sent, sent == DCERPC_BIND ? 1 : 2);
	for (size_t at = 0; at < length && reader->news == DCERPC_MORE;) {
		size_t part = length - at < portion ? length - at : portion;
		size_t wants = dcerpc_wants(reader), taken = dcerpc_feed(reader, bytes + at, part);

		assert(wants > 0 && taken > 0 && taken <= part);
		at += taken;
	}
	assert((dcerpc_wants(reader) > 0) == (reader->news == DCERPC_MORE));
}

static void assert_same(const struct dcerpc_reader *a, const struct dcerpc_reader *b)
{
	assert(a->news == b->news && a->reply_bytes == b->reply_bytes && a->reply_bytes <= DCERPC_REPLY_MAX);
	assert(a->reply.type == b->reply.type && a->reply.result == b->reply.result);
	assert(a->reply.reason == b->reply.reason && a->reply.status == b->reply.status);
	assert(a->reply.stub_bytes == b->reply.stub_bytes && a->reply.stub_bytes <= a->reply_bytes);
	if (a->reply.stub_bytes > 0)
		assert(memcmp(a->reply.stub, b->reply.stub, a->reply.stub_bytes) == 0);
}

static void judge(enum dcerpc_type sent, const struct dcerpc_reply *reply)
{
	struct outcome outcome;

	if (sent == DCERPC_BIND && rpc_verdict_bind(reply, "x", &outcome))
		assert(reply->type == DCERPC_BIND_ACK && reply->result == 0);
	if (sent != DCERPC_REQUEST)
		return;
	rpc_verdict_dummy(reply, "x", &outcome);
	if (outcome.verdict == VERDICT_UP && reply->type == DCERPC_RESPONSE)
		assert(reply->stub_bytes == 4 && memcmp(reply->stub, "\0\0\0\0", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct dcerpc_reader whole, split;
	enum dcerpc_type sent;

	if (length < 2)
		return 0;
	sent = bytes[0] & 1 ? DCERPC_BIND : DCERPC_REQUEST;
	feed(&whole, sent, bytes + 2, length - 2, length);
	feed(&split, sent, bytes + 2, length - 2, bytes[1] % 32u + 1);
	assert_same(&whole, &split);
	if (whole.news == DCERPC_REPLY)
		judge(sent, &whole.reply);
	dcerpc_reader_done(&whole);
	dcerpc_reader_done(&split);
	return 0;
}
