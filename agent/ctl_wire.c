#include "agent/ctl_wire.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	int least, most; /* arguments */
	bool order;
} verbs[] = {
	[CTL_STATUS] = {"status", 0, 0, false},  [CTL_STATUS_JSON] = {"status-json", 0, 0, false},
	[CTL_MOVE] = {"move", 1, 2, true},       [CTL_STANDBY] = {"standby", 0, 0, true},
	[CTL_ONLINE] = {"online", 0, 0, true},   [CTL_RELOAD] = {"reload", 0, 0, true},
	[CTL_FOLLOW] = {"follow", 1, 2, false},  [CTL_EXPLAIN] = {"explain", 1, 1, false},
	[CTL_EXPLAIN_JSON] = {"explain-json", 1, 1, false}, [CTL_MAY_MOVE] = {"may-move", 1, 2, false},
};
static_assert(sizeof(verbs) / sizeof(verbs[0]) == CTL_VERB_COUNT, "a row for each verb");

const char *ctl_refusal_words(enum ctl_refusal refusal)
{
	static const char *const words[] = {
		[CTL_OK] = "fine",
		[CTL_EMPTY] = "an empty request",
		[CTL_TOO_LONG] = "the request is too long",
		[CTL_NOT_PRINTABLE] = "the request is not one line of printable text",
		[CTL_UNKNOWN_VERB] = "unknown request",
		[CTL_BAD_ARGUMENTS] = "wrong number or length of arguments",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == CTL_REFUSAL_COUNT, "words for each refusal");
	return words[refusal];
}

bool ctl_is_order(enum ctl_verb verb)
{
	return verbs[verb].order;
}

static bool is_printable(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (line[i] < ' ' || line[i] > '~')
			return false;
	return true;
}

/* Cuts the line at its spaces. The number of words, or one more than `most` when there are too many. */
static int split(char *line, char *words[], int most)
{
	char *rest = line, *word;
	int count = 0;

	while ((word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		if (count == most)
			return most + 1;
		words[count++] = word;
	}
	return count;
}

static bool keep(char *to, size_t size, const char *from)
{
	return (size_t)snprintf(to, size, "%s", from) < size;
}

/* Digits of this base and nothing else, so many at most that they fit. */
static bool read_number(const char *word, const char *digits, size_t most, int base, uint64_t *number)
{
	size_t length = strspn(word, digits);

	if (word[length] || length == 0 || length > most)
		return false;
	*number = strtoull(word, NULL, base);
	return true;
}

static bool understand_follow(char *const words[], int count, struct ctl_request *request)
{
	return read_number(words[1], "0123456789", 19, 10, &request->since) &&
	       (count < 3 || read_number(words[2], "0123456789abcdef", 16, 16, &request->session));
}

static enum ctl_refusal understand(char *const words[], int count, struct ctl_request *request)
{
	struct ctl_request found = {0};
	int v = 0;

	while (v < CTL_VERB_COUNT && strcmp(words[0], verbs[v].word) != 0)
		v++;
	if (v == CTL_VERB_COUNT)
		return CTL_UNKNOWN_VERB;
	if (count - 1 < verbs[v].least || count - 1 > verbs[v].most)
		return CTL_BAD_ARGUMENTS;
	found.verb = (enum ctl_verb)v;
	if (found.verb == CTL_FOLLOW) {
		if (!understand_follow(words, count, &found))
			return CTL_BAD_ARGUMENTS;
		*request = found;
		return CTL_OK;
	}
	if (count > 1 && !keep(found.vip, sizeof(found.vip), words[1]))
		return CTL_BAD_ARGUMENTS;
	if (count > 2 && !keep(found.node, sizeof(found.node), words[2]))
		return CTL_BAD_ARGUMENTS;
	*request = found;
	return CTL_OK;
}

enum ctl_refusal ctl_request_parse(const char *line, size_t length, struct ctl_request *request)
{
	enum { WORDS_MAX = 3 };
	char copy[CTL_REQUEST_MAX], *words[WORDS_MAX];
	int count;

	if (length >= sizeof(copy))
		return CTL_TOO_LONG;
	if (!is_printable(line, length))
		return CTL_NOT_PRINTABLE;
	memcpy(copy, line, length);
	copy[length] = 0;
	count = split(copy, words, WORDS_MAX);
	if (count == 0)
		return CTL_EMPTY;
	return count > WORDS_MAX ? CTL_BAD_ARGUMENTS : understand(words, count, request);
}

static int print_follow(const struct ctl_request *request, char line[static CTL_REQUEST_MAX + 1])
{
	if (request->session)
		return snprintf(line, CTL_REQUEST_MAX + 1, "%s %" PRIu64 " %016" PRIx64 "\n", verbs[CTL_FOLLOW].word,
				request->since, request->session);
	return snprintf(line, CTL_REQUEST_MAX + 1, "%s %" PRIu64 "\n", verbs[CTL_FOLLOW].word, request->since);
}

static int print(const struct ctl_request *request, char line[static CTL_REQUEST_MAX + 1])
{
	if (request->verb == CTL_FOLLOW)
		return print_follow(request, line);
	return snprintf(line, CTL_REQUEST_MAX + 1, "%s%s%s%s%s\n", verbs[request->verb].word,
			request->vip[0] ? " " : "", request->vip, request->node[0] ? " " : "", request->node);
}

int ctl_request_print(const struct ctl_request *request, char line[static CTL_REQUEST_MAX + 1])
{
	struct ctl_request back;
	int length = print(request, line);

	/* A name with a space in it would read back as another request. */
	if (ctl_request_parse(line, (size_t)length - 1, &back) != CTL_OK || back.verb != request->verb ||
	    strcmp(back.vip, request->vip) != 0 || strcmp(back.node, request->node) != 0 ||
	    back.since != request->since || back.session != request->session)
		return -EINVAL;
	return length;
}

int ctl_head_print(enum ctl_exit exit_code, size_t length, char head[static CTL_HEAD_MAX])
{
	return snprintf(head, CTL_HEAD_MAX, "%d %zu\n", (int)exit_code, length);
}

/* Only what ctl_head_print() makes is a head: sscanf() would take signs, spaces and zeros in front too. */
static bool is_head(const char *line, enum ctl_exit exit_code, size_t length)
{
	char canonical[CTL_HEAD_MAX];

	canonical[ctl_head_print(exit_code, length, canonical) - 1] = 0;
	return strcmp(line, canonical) == 0;
}

int ctl_head_parse(const char *text, size_t length, enum ctl_exit *exit_code, size_t *text_length)
{
	const char *end = memchr(text, '\n', length < CTL_HEAD_MAX ? length : CTL_HEAD_MAX);
	char line[CTL_HEAD_MAX];
	unsigned code;
	size_t following;

	if (!end)
		return length < CTL_HEAD_MAX ? 0 : -EPROTO;
	memcpy(line, text, (size_t)(end - text));
	line[end - text] = 0;
	if (sscanf(line, "%1u %9zu", &code, &following) != 2 || code >= CTL_EXIT_COUNT ||
	    !is_head(line, (enum ctl_exit)code, following))
		return -EPROTO;
	*exit_code = (enum ctl_exit)code;
	*text_length = following;
	return (int)(end - text) + 1;
}

int ctl_address(const char *path, struct sockaddr_un *address)
{
	size_t length = strlen(path);

	if (length == 0)
		return -EINVAL;
	if (length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, length + 1);
	return 0;
}
