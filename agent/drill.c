#include "agent/drill.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/json.h"
#include "agent/page.h"

int drill_write_text(const struct drill_report *report, char *text, size_t size)
{
	struct page page = page_begin(text, size);
	bool told = false;

	for (int m = 0; m < report->moves; m++) {
		const struct drill_move *move = &report->move[m];

		page_print(&page, "%s: %s -> %s", report->vip, move->from, move->to);
		if (move->dark_us >= 0)
			page_print(&page, ", dark for at most %" PRId64 ".%" PRId64 " ms", move->dark_us / 1000,
				   move->dark_us % 1000 / 100);
		page_print(&page, "\n");
		told |= move->dark_us >= 0;
	}
	if (told)
		page_print(&page, "dark: for so long at most nobody answered clients; the evidence of the node "
			   "that took it, dark_max_ms in its log\n");
	if (report->words[0])
		page_print(&page, "%s\n", report->words);
	return page_end(&page);
}

int drill_write_json(const struct drill_report *report, char *text, size_t size)
{
	struct json json = json_begin(text, size);

	json_object(&json, NULL);
	json_string(&json, "vip", report->vip);
	json_bool(&json, "done", report->done);
	json_array(&json, "moves");
	for (int m = 0; m < report->moves; m++) {
		const struct drill_move *move = &report->move[m];

		json_object(&json, NULL);
		json_string(&json, "from", move->from);
		json_string(&json, "to", move->to);
		if (move->dark_us >= 0)
			json_number(&json, "dark_max_us", move->dark_us);
		else
			json_null(&json, "dark_max_us");
		json_object_end(&json);
	}
	json_array_end(&json);
	json_string(&json, "words", report->words);
	json_object_end(&json);
	return json_end(&json);
}

static bool refuse_there(const char *vip, const struct drill_sight *here, const struct drill_sight *there,
			 char words[static DRILL_WORDS_MAX])
{
	if (strcmp(there->cluster, here->cluster) != 0)
		snprintf(words, DRILL_WORDS_MAX, "--via leads to cluster %s, this is %s", there->cluster,
			 here->cluster);
	else if (strcmp(there->node, here->node) == 0)
		snprintf(words, DRILL_WORDS_MAX, "--via leads to %s, which is this node", there->node);
	else if (strcmp(there->active, here->node) != 0)
		snprintf(words, DRILL_WORDS_MAX, "%s does not see %s on %s", there->node, vip, here->node);
	return words[0];
}

bool drill_refuse(const char *vip, const struct drill_sight *here, const struct drill_sight *there,
		  char words[static DRILL_WORDS_MAX])
{
	words[0] = '\0';
	if (!here->active[0])
		snprintf(words, DRILL_WORDS_MAX, "nobody is known to own %s", vip);
	else if (strcmp(here->active, here->node) != 0)
		snprintf(words, DRILL_WORDS_MAX, "%s is on %s: give the order there", vip, here->active);
	else if (!here->redundant)
		snprintf(words, DRILL_WORDS_MAX, "%s has no standby that could take it: %.400s", vip, here->redundancy);
	else if (there)
		return refuse_there(vip, here, there, words);
	return words[0];
}
