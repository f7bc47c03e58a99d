/* An explanation as text, and as JSON. */
#include "agent/explain.h"

#include <inttypes.h>

#include "agent/json.h"
#include "agent/reason.h"

static const char *name_of(const struct explain_facts *facts, node_id node)
{
	return node == NODE_NONE ? "" : facts->conf->node[node].name;
}

static uint32_t term_of(const struct explain_facts *facts, node_id owner)
{
	return owner == facts->rules->self ? facts->is->term : facts->is->view[owner].said.term;
}

static enum why why_of(const struct explain_facts *facts, node_id owner)
{
	return owner == facts->rules->self ? facts->is->why : facts->is->view[owner].said.why;
}

static void write_past(struct page *page, const struct explain_facts *facts, node_id owner)
{
	const struct history *history = facts->history;

	page_print(page, "\nwhy it is there\n");
	if (history->moved && history->from_known)
		page_print(page, "  it moved from %s to %s while this agent ran\n", name_of(facts, history->from),
			   name_of(facts, history->owner));
	if (owner != NODE_NONE)
		page_print(page, "  %s says of its claim: why=%s\n", name_of(facts, owner),
			   why_word(why_of(facts, owner)));
	if (history->changed)
		page_print(page, "  this node became %s: %s\n    %s\n", role_word(facts->is->role),
			   reason_words(history->why), history->words);
}

static void write_others(struct page *page, const struct explain_facts *facts, const struct explanation *explanation)
{
	page_print(page, "\nwhy it is nowhere else\n");
	page_print(page, "  a vip stays where it is until there is a reason (failback = \"%s\")\n",
		   facts->rules->failback_auto ? "auto" : "never");
	for (int o = 0; o < explanation->others; o++)
		page_print(page, "  %s%s: %s\n", name_of(facts, explanation->other[o].node),
			   explanation->other[o].node == facts->rules->self ? " (this node)" : "",
			   explanation->other[o].words);
}

static void write_future(struct page *page, const struct explain_facts *facts, const struct explanation *explanation)
{
	const char *owner = name_of(facts, explanation->owner);

	if (explanation->owner == NODE_NONE)
		return;
	page_print(page, "\nif %s died now\n", owner);
	if (explanation->heir == NODE_NONE)
		page_print(page, "  %s\n", explanation->death);
	else
		page_print(page, "  %s would take it within %" PRId64 " to %" PRId64 " ms:\n    %s\n",
			   name_of(facts, explanation->heir), explanation->least_ms, explanation->most_ms,
			   explanation->death);
	page_print(page, "\nif a required check failed on %s\n", owner);
	if (explanation->stand_in == NODE_NONE || explanation->notice_ms < 0)
		page_print(page, "  %s\n", explanation->failure);
	else
		page_print(page, "  %s would get it within %" PRId64 " ms:\n    %s\n",
			   name_of(facts, explanation->stand_in), explanation->notice_ms, explanation->failure);
}

int explain_write_text(const struct explain_facts *facts, char *text, size_t size)
{
	struct page page = page_begin(text, size);
	struct explanation explanation;

	explain(facts, &explanation);
	if (explanation.owner == NODE_NONE)
		page_print(&page, "vip %s: ! NO OWNER KNOWN\n", facts->vip->name);
	else
		page_print(&page, "vip %s: owned by %s%s, term %" PRIu32 "\n", facts->vip->name,
			   name_of(facts, explanation.owner),
			   explanation.owner == facts->rules->self ? " (this node)" : "",
			   term_of(facts, explanation.owner));
	write_past(&page, facts, explanation.owner);
	write_others(&page, facts, &explanation);
	write_future(&page, facts, &explanation);
	return page_end(&page);
}

static void write_name(struct json *json, const struct explain_facts *facts, const char *key, node_id node)
{
	if (node == NODE_NONE)
		json_null(json, key);
	else
		json_string(json, key, name_of(facts, node));
}

int explain_write_json(const struct explain_facts *facts, char *text, size_t size)
{
	struct json json = json_begin(text, size);
	struct explanation explanation;

	explain(facts, &explanation);
	json_object(&json, NULL);
	json_string(&json, "vip", facts->vip->name);
	write_name(&json, facts, "owner", explanation.owner);
	json_string(&json, "last_change", facts->history->words);
	json_array(&json, "others");
	for (int o = 0; o < explanation.others; o++) {
		json_object(&json, NULL);
		write_name(&json, facts, "name", explanation.other[o].node);
		json_bool(&json, "ready", explanation.other[o].ready);
		json_string(&json, "words", explanation.other[o].words);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object(&json, "on_death");
	write_name(&json, facts, "successor", explanation.heir);
	json_number(&json, "least_ms", explanation.least_ms);
	json_number(&json, "most_ms", explanation.most_ms);
	json_string(&json, "words", explanation.death);
	json_object_end(&json);
	json_object(&json, "on_failure");
	write_name(&json, facts, "successor", explanation.stand_in);
	json_number(&json, "notice_ms", explanation.notice_ms);
	json_string(&json, "words", explanation.failure);
	json_object_end(&json);
	json_object_end(&json);
	return json_end(&json);
}
