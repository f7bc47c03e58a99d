/* A request line of the control socket, and a reply's head: whatever is accepted reads back as it was.
 *
 * fuzz-sources: agent/ctl_wire.c
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "agent/ctl_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_request(const char *line, size_t length)
{
	struct ctl_request request, back;
	char text[CTL_REQUEST_MAX + 1];
	int printed;

	if (ctl_request_parse(line, length, &request) != CTL_OK)
		return;
	printed = ctl_request_print(&request, text);
	assert(printed > 0 && printed <= CTL_REQUEST_MAX && text[printed - 1] == '\n');
	assert(ctl_request_parse(text, (size_t)printed - 1, &back) == CTL_OK);
	assert(back.verb == request.verb && strcmp(back.vip, request.vip) == 0 && strcmp(back.node, request.node) == 0);
	assert(back.since == request.since && back.session == request.session);
}

static void read_head(const char *text, size_t length)
{
	enum ctl_exit exit_code, code_back;
	size_t following, following_back;
	char head[CTL_HEAD_MAX];
	int used = ctl_head_parse(text, length, &exit_code, &following);

	assert(used == -EPROTO || (used >= 0 && (size_t)used <= length));
	if (used <= 0)
		return;
	used = ctl_head_print(exit_code, following, head);
	assert(ctl_head_parse(head, (size_t)used, &code_back, &following_back) == used);
	assert(code_back == exit_code && following_back == following);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_request((const char *)data, size);
	read_head((const char *)data, size);
	return 0;
}
