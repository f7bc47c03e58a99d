/* Any bytes as a configuration: refused with a finding, or loaded, and then what is printed loads as equal bytes. */
// fuzz-sources: conf/*.c
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What the outline lets through, the parser takes: its own words never reach a user. */
static bool parser_complains(const char *findings)
{
	for (const char *line = findings; line; line = strchr(line, '\n')) {
		line += strspn(line, "\nF:");
		line += strspn(line, "0123456789");
		if (strncmp(line, ": parser:", 9) == 0)
			return true;
	}
	return false;
}

/* Loads; what was found is left in `findings`. */
static struct conf *load(const void *bytes, size_t length, char **findings)
{
	size_t findings_length;
	FILE *to = open_memstream(findings, &findings_length);
	FILE *from = length ? fmemopen((void *)bytes, length, "r") : fopen("/dev/null", "r");

	assert(to && from);
	struct conf *conf = conf_load(from, "F", to);
	fclose(from);
	fclose(to);
	assert(conf || errno == EINVAL);
	assert(!parser_complains(*findings));
	return conf;
}

static char *print(const struct conf *conf)
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert(out);
	conf_print(conf, out);
	fclose(out);
	return text;
}

static void comes_back(const struct conf *conf)
{
	char *findings, *text = print(conf);
	struct conf *again = load(text, strlen(text), &findings);

	assert(again && *findings == '\0');
	assert(memcmp(conf, again, sizeof(*conf)) == 0);
	char *text_again = print(again);
	assert(strcmp(text, text_again) == 0);
	assert(conf_digest(conf) == conf_digest(again));
	conf_free(again);
	free(text_again);
	free(findings);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *findings;
	struct conf *conf = load(bytes, length, &findings);

	assert((conf == NULL) == (*findings != '\0'));
	if (conf)
		comes_back(conf);
	conf_free(conf);
	free(findings);
	return 0;
}
