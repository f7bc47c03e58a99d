#include "agent/exposition.h"

#include <inttypes.h>

struct exposition exposition_begin(char *text, size_t size, bool openmetrics)
{
	return (struct exposition){.page = page_begin(text, size), .openmetrics = openmetrics};
}

int exposition_end(struct exposition *out)
{
	if (out->openmetrics)
		page_print(&out->page, "# EOF\n");
	return page_end(&out->page);
}

static const char *kind_word(const struct exposition *out)
{
	switch (out->kind) {
	case METRIC_GAUGE:
		return "gauge";
	case METRIC_COUNTER:
		return "counter";
	case METRIC_HISTOGRAM:
		return "histogram";
	case METRIC_INFO:
		return out->openmetrics ? "info" : "gauge"; /* 0.0.4 has no such type */
	}
	return "unknown";
}

/* What a sample's name has behind the family's. */
static const char *ending(const struct exposition *out)
{
	return out->kind == METRIC_COUNTER ? "_total" : out->kind == METRIC_INFO ? "_info" : "";
}

void exposition_family(struct exposition *out, enum exposition_kind kind, const char *name, const char *help)
{
	const char *end;

	out->kind = kind;
	out->name = name;
	end = out->openmetrics ? "" : ending(out);
	page_print(&out->page, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, end, help, name, end, kind_word(out));
}

void exposition_sample(struct exposition *out, const char *suffix)
{
	page_print(&out->page, "%s%s%s", out->name, ending(out), suffix);
	out->labelled = false;
}

/* Both formats escape these three and no others. */
void exposition_label(struct exposition *out, const char *name, const char *text)
{
	page_print(&out->page, "%s%s=\"", out->labelled ? "," : "{", name);
	out->labelled = true;
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			page_print(&out->page, "\\%c", *text);
		else if (*text == '\n')
			page_print(&out->page, "\\n");
		else
			page_bytes(&out->page, text, 1);
	}
	page_print(&out->page, "\"");
}

void exposition_value(struct exposition *out, uint64_t number)
{
	page_print(&out->page, "%s %" PRIu64 "\n", out->labelled ? "}" : "", number);
}

void exposition_seconds(struct exposition *out, uint64_t us)
{
	page_print(&out->page, "%s %" PRIu64 ".%06u\n", out->labelled ? "}" : "", us / 1000000,
		   (unsigned)(us % 1000000));
}
