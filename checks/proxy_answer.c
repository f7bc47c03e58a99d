#include "checks/proxy_answer.h"

#include <string.h>
#include <strings.h>

#include "checks/http_verdict.h"

enum { LINE_MAX_BYTES = 128 };

/* "Content-Type: application/rpc", with parameters or without. */
static void take_field(struct proxy_answer *answer, const char *line)
{
	static const char name[] = "Content-Type:", type[] = "application/rpc";

	if (strncasecmp(line, name, sizeof(name) - 1) != 0)
		return;
	line += sizeof(name) - 1;
	line += strspn(line, " \t");
	answer->is_rpc = strncasecmp(line, type, sizeof(type) - 1) == 0 &&
			 strchr("; \t\r\n", line[sizeof(type) - 1]) != NULL;
}

bool proxy_answer_header(struct proxy_answer *answer, const char *line, size_t length)
{
	char text[LINE_MAX_BYTES];
	size_t taken = length < sizeof(text) ? length : sizeof(text) - 1;

	if (!http_reply_header(&answer->reply, line, length))
		return false;
	memcpy(text, line, taken); /* the beginning is enough */
	text[taken] = '\0';
	if (strncasecmp(text, "HTTP/", 5) == 0)
		answer->whole = answer->is_rpc = false;
	else if (strspn(text, "\r\n") == length)
		answer->whole = answer->reply.status >= 200; /* after 1xx another status line follows */
	else
		take_field(answer, text);
	return true;
}

bool proxy_answer_is_stream(const struct proxy_answer *answer)
{
	return answer->whole && answer->reply.status == 200 && answer->is_rpc;
}

void proxy_answer_verdict(const struct proxy_answer *answer, const struct conf_check *check, const char *channel,
			  struct outcome *outcome)
{
	if (answer->reply.status == 200) {
		outcome_set(outcome, VERDICT_DOWN, "protocol", "%s: answered 200, but not as an RPC proxy does",
			    channel);
	} else {
		http_verdict(check, &answer->reply, outcome);
		outcome_set(outcome, outcome->verdict, outcome->reason, "%s: %s", channel, outcome->words);
	}
}
