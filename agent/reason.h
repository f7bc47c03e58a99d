/* Why this node's role changed, as a sentence for people who have never seen a why= word. */
#pragma once

#include "vrrp/beat.h"

/* "the owner's heartbeats stopped ..."; of this node. */
const char *reason_words(enum why why);
