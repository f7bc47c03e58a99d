/* Any bytes as the stream of an OUT channel: however they are split, the same PDUs come of them, within bounds, and
 * what is handed on as DCE/RPC is read as such. The first octet says into which portions the rest is split.
 *
 * fuzz-sources: checks/rts.c checks/dcerpc.c checks/octets.c
 */
#include <assert.h>
#include <string.h>

#include "checks/rts.h"

enum { NEWS_MAX = RTS_STREAM_MAX / DCERPC_HEADER_BYTES + 1 };

struct found {
	struct rts_reader reader;
	struct dcerpc_reader rpc;
	int count;
	enum rts_news news[NEWS_MAX];
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void take_rpc(struct found *found)
{
	const struct rts_reader *reader = &found->reader;
	size_t taken;

	if (found->rpc.news != DCERPC_MORE)
		dcerpc_expect(&found->rpc, reader->pdu[2] == DCERPC_BIND_ACK ? DCERPC_BIND : DCERPC_REQUEST,
			      reader->pdu[12]);
	taken = dcerpc_feed(&found->rpc, reader->pdu, reader->pdu_bytes);
	assert(taken == reader->pdu_bytes || found->rpc.news > DCERPC_REPLY);
}

static void feed(struct found *found, const uint8_t *bytes, size_t length, size_t portion)
{
	struct rts_reader *reader = &found->reader;

	dcerpc_expect(&found->rpc, DCERPC_BIND, 1);
	for (size_t at = 0; at < length && reader->news != RTS_BAD;) {
		size_t part = length - at < portion ? length - at : portion;
		size_t taken = rts_feed(reader, bytes + at, part);

		assert(taken > 0 && taken <= part);
		at += taken;
		assert(reader->stream_bytes <= RTS_STREAM_MAX && reader->pdu_bytes <= DCERPC_FRAGMENT_MAX);
		if (reader->news == RTS_MORE)
			continue;
		assert(found->count < NEWS_MAX);
		found->news[found->count++] = reader->news;
		if (reader->news == RTS_RPC) {
			assert(reader->pdu_bytes == reader->pdu_length && reader->pdu[2] != 20);
			take_rpc(found);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct found whole, split;

	if (length < 1)
		return 0;
	whole.count = split.count = 0;
	memset(&whole.reader, 0, offsetof(struct rts_reader, pdu));
	memset(&split.reader, 0, offsetof(struct rts_reader, pdu));
	feed(&whole, bytes + 1, length - 1, length);
	feed(&split, bytes + 1, length - 1, bytes[0] % 32u + 1);
	assert(whole.count == split.count);
	assert(memcmp(whole.news, split.news, (size_t)whole.count * sizeof(whole.news[0])) == 0);
	assert(whole.reader.flaw == split.reader.flaw && whole.reader.stream_bytes == split.reader.stream_bytes);
	assert(whole.rpc.news == split.rpc.news && whole.rpc.reply.stub_bytes == split.rpc.reply.stub_bytes);
	dcerpc_reader_done(&whole.rpc);
	dcerpc_reader_done(&split.rpc);
	return 0;
}
