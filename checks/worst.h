/* The worst of several findings of one check, which is its verdict. */
#pragma once

#include <stdbool.h>

#include "checks/probe.h"

/* All zero: nothing found yet. */
struct worst {
	bool anything; /* `found` is filled */
	struct outcome found;
};

/* Equals are told together, so that the words of a healthy check name all that it has found. */
void worst_note(struct worst *worst, const struct outcome *found);
