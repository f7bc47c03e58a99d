#include "checks/rpc_census.h"

#include <stdio.h>
#include <string.h>

#include "checks/rpc_interface.h"

static void add_entry(struct rpc_census *census, const struct epm_entry *entry)
{
	for (int i = 0; i < RPC_INTERFACE_COUNT; i++) {
		const struct dcerpc_syntax *syntax = rpc_interface_syntax((enum rpc_interface)i);

		if (memcmp(syntax->uuid, entry->interface.uuid, sizeof(syntax->uuid)) != 0)
			continue;
		if (syntax->major != entry->interface.major)
			census->of[i].other_version = true;
		else if (entry->tcp_port != 0)
			census->of[i].by_tcp = true;
		else
			census->of[i].otherwise = true;
		if (!census->of[i].annotation[0])
			memcpy(census->of[i].annotation, entry->annotation, EPM_ANNOTATION_MAX);
		return;
	}
	census->others++;
}

bool rpc_census_take(struct rpc_census *census, const struct dcerpc_reply *reply)
{
	struct epm_entry entry;
	struct epm_page page;

	if (reply->type != DCERPC_RESPONSE || !epm_lookup_reply(reply, RPC_CENSUS_PAGE, &page)) {
		census->more = true;
		return false;
	}
	census->pages++;
	while (epm_page_next(&page, &entry))
		add_entry(census, &entry);
	census->more = epm_page_goes_on(&page);
	memcpy(census->handle, page.handle, EPM_HANDLE_BYTES);
	return census->more && census->pages < RPC_CENSUS_PAGES_MAX;
}

/* "nspi, rfri": those of Outlook's that a client finds. Returns how many. */
static int list_known(const struct rpc_census *census, char list[static FACT_WORDS_MAX])
{
	int known = 0, at = 0;

	list[0] = '\0';
	for (int i = 0; i < RPC_INTERFACE_COUNT; i++) {
		if (!census->of[i].by_tcp)
			continue;
		at += snprintf(list + at, FACT_WORDS_MAX - (size_t)at, "%s%s", known ? ", " : "",
			       conf_rpc_interface_word((enum rpc_interface)i));
		known++;
	}
	return known;
}

static void others_words(const struct rpc_census *census, char words[static FACT_WORDS_MAX])
{
	const char *at_least = census->more ? "at least " : "";
	char known[FACT_WORDS_MAX];

	if (list_known(census, known) > 0)
		snprintf(words, FACT_WORDS_MAX, ", which has %s and %s%d other endpoint%s", known, at_least,
			 census->others, census->others == 1 ? "" : "s");
	else if (census->others > 0)
		snprintf(words, FACT_WORDS_MAX, ", which has %s%d endpoint%s, none of Outlook's", at_least,
			 census->others, census->others == 1 ? "" : "s");
	else
		snprintf(words, FACT_WORDS_MAX, ", which has no endpoints%s",
			 census->more ? " of Outlook's" : " at all");
}

void rpc_census_words(const struct rpc_census *census, enum rpc_interface missing, char words[static FACT_WORDS_MAX])
{
	const char *annotation = census->of[missing].annotation, *colon = annotation[0] ? ": " : "";

	words[0] = '\0';
	if (census->pages == 0)
		return;
	if (census->of[missing].by_tcp)
		snprintf(words, FACT_WORDS_MAX, ", which lists it all the same%s%s", colon, annotation);
	else if (census->of[missing].otherwise)
		snprintf(words, FACT_WORDS_MAX, ", which has it, but not over TCP%s%s", colon, annotation);
	else if (census->of[missing].other_version)
		snprintf(words, FACT_WORDS_MAX, ", which has another version of it%s%s", colon, annotation);
	else
		others_words(census, words);
}
