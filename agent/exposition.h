/* Metrics as text, in either of two tongues: OpenMetrics 1.0, or Prometheus' text format 0.0.4. They differ in where a
 * counter has its "_total", in what an info is, and in the line at the end. */
#pragma once

#include <stdint.h>

#include "agent/page.h"

enum exposition_kind { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM, METRIC_INFO };

struct exposition {
	struct page page;
	bool openmetrics;
	enum exposition_kind kind; /* of the family that was begun last */
	const char *name;
	bool labelled;
};

struct exposition exposition_begin(char *text, size_t size, bool openmetrics);
/* The length, or -ENOSPC. */
int exposition_end(struct exposition *out);

/* A family of samples: `name` without "_total" or "_info", lent until the next one; `help` is one line. */
void exposition_family(struct exposition *out, enum exposition_kind kind, const char *name, const char *help);

/* A sample of it: begun, then its labels, then its value. `suffix` is "" but for a histogram's "_bucket", "_count" and
 * "_sum". */
void exposition_sample(struct exposition *out, const char *suffix);
void exposition_label(struct exposition *out, const char *name, const char *value);
void exposition_value(struct exposition *out, uint64_t number);
void exposition_seconds(struct exposition *out, uint64_t us);

/* One sample for each word, 1 for the one that holds: what a query can name, add up and draw. */
#define EXPOSITION_WORDS(out, open, key, count, type, word_of, is) \
	for (int w_ = 0; w_ < (int)(count); w_++) { \
		open; \
		exposition_label(out, key, word_of((type)w_)); \
		exposition_value(out, w_ == (int)(is)); \
	}
