/* Any bytes as what a mail server says. The first byte chooses the protocol and when somebody logs on, the rest are
 * lines as they stand on the wire.
 *
 * fuzz-sources: checks/mail_talk.c checks/outcome.c
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/mail_talk.h"

static const enum check_type types[] = {CHECK_IMAP, CHECK_POP3, CHECK_SMTP};

static void assert_printable(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	assert(length < size);
	for (size_t i = 0; i < length; i++)
		assert(text[i] >= ' ' && text[i] <= '~');
}

/* What can never be, whatever the lines. */
static void assert_sound(const struct mail_talk *talk, bool went_on)
{
	assert(went_on == !talk->failed);
	assert(talk->replies <= talk->lines && (talk->greeted || talk->replies == 0));
	if (!talk->failed) {
		assert(talk->lines <= MAIL_LINES_MAX);
		return;
	}
	assert(talk->outcome.verdict == VERDICT_DOWN ||
	       (talk->outcome.verdict == VERDICT_AUTH_REJECTED && talk->log_on_after > 0));
	assert_printable(talk->outcome.reason, sizeof(talk->outcome.reason));
	assert_printable(talk->outcome.words, sizeof(talk->outcome.words));
}

/* As the probe says it. */
static void assert_next_command(const struct mail_talk *talk)
{
	const struct credentials credentials = {"user", "pass\"word"};
	enum mail_step step = mail_talk_step(talk);
	char command[MAIL_COMMAND_MAX];

	if (talk->failed || step == MAIL_BEFORE || step == MAIL_DONE || talk->type == CHECK_SMTP)
		return;
	mail_talk_command(talk, &credentials, command);
	assert(strcspn(command, "\r\n") == strlen(command) - 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail_talk talk = {0};
	const uint8_t *at = data + 1, *end = data + size;

	if (size == 0)
		return 0;
	talk.type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	talk.log_on_after = data[0] / 3 % 3 == 0 ? 0 : data[0] / 3 % 3 * 2 - 1;
	while (at < end && !talk.failed) {
		const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
		char *line = malloc(length); /* exact, so that a byte too far is found out */

		assert(line);
		memcpy(line, at, length);
		assert_sound(&talk, mail_talk_line(&talk, line, length));
		assert_next_command(&talk);
		free(line);
		at += length;
	}
	return 0;
}
