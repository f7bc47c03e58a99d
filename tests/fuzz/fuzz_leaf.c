/* Any text as what libcurl says of a certificate: a line each, ends with a NUL. What comes of it is judged.
 *
 * fuzz-sources: checks/leaf.c checks/certificate.c checks/outcome.c conf/name_hash.c
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "checks/certificate.h"

enum { NOW = 1795526604 };

static void assert_printable(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	assert(length < size);
	for (size_t i = 0; i < length; i++)
		assert(text[i] >= ' ' && text[i] <= '~');
}

/* What can never be good, whatever else the lines say. */
static void assert_sound(const struct leaf *leaf, const struct outcome *outcome, int64_t wall)
{
	assert(outcome->verdict == VERDICT_UP || outcome->verdict == VERDICT_DOWN);
	assert(leaf->hashed || outcome->certificate == 0);
	assert_printable(outcome->reason, sizeof(outcome->reason));
	assert_printable(outcome->words, sizeof(outcome->words));
	if (outcome->verdict != VERDICT_UP)
		return;
	assert(leaf->has_names && leaf->covers[0] && leaf->begins && leaf->ends);
	assert(wall >= leaf->not_before && wall <= leaf->not_after);
	assert(strcmp(outcome->reason, "ok") != 0 || (leaf->covers[1] && !leaf->weak_key && !leaf->weak_signature));
	assert(strstr(outcome->words, ", sha256 "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf_check check = {.type = CHECK_CERTIFICATE,
						.host = "mail.example.net",
						.names = {"a.example.org"},
						.name_count = 1,
						.warn_before = {INT64_C(1814400000000000)}};
	struct certificate_view view = {0};
	struct leaf leaf = {.check = &check};
	struct outcome outcome;

	for (const uint8_t *at = data, *end = data + size; at < end;) {
		size_t length = strnlen((const char *)at, (size_t)(end - at));
		char *line = strndup((const char *)at, length); /* exact, so that a byte too far is found out */

		assert(line);
		leaf_line(&leaf, line);
		free(line);
		at += length + 1;
	}
	certificate_verdict(&leaf, &view, NOW, &outcome);
	assert_sound(&leaf, &outcome, NOW);
	view = (struct certificate_view){.refused = true, .result = 20};
	certificate_verdict(&leaf, &view, NOW, &outcome);
	assert(outcome.verdict == VERDICT_DOWN);
	return 0;
}
