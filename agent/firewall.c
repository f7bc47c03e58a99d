#include "agent/firewall.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/doctor_judge.h"
#include "conf/conf_address.h"

enum { JUMPS_MAX = 16 /* the kernel's own limit: NFT_JUMP_STACK_SIZE */, SETS_DEEP = 4 };

struct firewall {
	json_t *document;
	const json_t *list; /* libnftables-json(5): the array "nftables" */
};

enum truth { NO, PERHAPS, YES };

/* Where a chain or a rule leaves a packet. */
enum end { END_NONE, END_RETURN, END_ACCEPT, END_DROP };

struct walk {
	const struct firewall *firewall;
	const struct firewall_packet *packet;
	const char *family, *table;
	bool may_accept, may_drop; /* a rule that perhaps matches would have */
	struct firewall_culprit *culprit;
};

struct firewall *firewall_read(const char *text, size_t length)
{
	struct firewall *firewall = calloc(1, sizeof(*firewall));

	if (!firewall)
		return NULL;
	firewall->document = json_loadb(text, length, 0, NULL);
	firewall->list = json_object_get(firewall->document, "nftables");
	if (json_is_array(firewall->list))
		return firewall;
	firewall_done(firewall);
	return NULL;
}

void firewall_done(struct firewall *firewall)
{
	if (!firewall)
		return;
	json_decref(firewall->document);
	free(firewall);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is(const json_t *object, const char *key, const char *text)
{
	return strcmp(text_of(object, key), text) == 0;
}

static enum truth truth(bool yes)
{
	return yes ? YES : NO;
}

/* ---- values: what a packet has, against what a rule names ---- */

/* One of: a number, an address, or a word. */
struct value {
	const struct conf_address *address;
	const char *word;
	int number;
};

static enum truth in_set(const struct walk *walk, const struct value *value, const json_t *set, int deep);

static enum truth is_address(const struct value *value, const char *text, int prefix)
{
	struct conf_address address = {0};
	const char *why;

	if (address_read(text, &address, &why) < 0)
		return PERHAPS;
	if (prefix < 0 || prefix > address.prefix)
		prefix = address.prefix;
	return truth(doctor_in_network(value->address, &address, prefix));
}

/* An interface may stand as "eth*". */
static enum truth is_word(const struct value *value, const char *text)
{
	size_t length = strlen(text);

	if (length > 0 && text[length - 1] == '*')
		return truth(strncmp(value->word, text, length - 1) == 0);
	return truth(strcmp(value->word, text) == 0);
}

static enum truth in_range(const struct value *value, const json_t *range)
{
	const json_t *low = json_array_get(range, 0), *high = json_array_get(range, 1);
	struct conf_address from = {0}, to = {0};
	const char *why;

	if (json_is_integer(low) && json_is_integer(high) && !value->address && !value->word)
		return truth(value->number >= json_integer_value(low) && value->number <= json_integer_value(high));
	if (!value->address || !json_is_string(low) || !json_is_string(high) ||
	    address_read(json_string_value(low), &from, &why) < 0 ||
	    address_read(json_string_value(high), &to, &why) < 0)
		return PERHAPS;
	if (from.family != value->address->family)
		return NO;
	return truth(memcmp(value->address->bytes, from.bytes, 16) >= 0 &&
		     memcmp(value->address->bytes, to.bytes, 16) <= 0);
}

/* A set that has a name, "@peers". */
static const json_t *named_set(const struct walk *walk, const char *name)
{
	const json_t *object;
	size_t i;

	json_array_foreach(walk->firewall->list, i, object)
	{
		const json_t *set = json_object_get(object, "set");

		if (set && is(set, "family", walk->family) && is(set, "table", walk->table) && is(set, "name", name))
			return set;
	}
	return NULL;
}

static enum truth is_text(const struct walk *walk, const struct value *value, const char *text, int deep)
{
	if (text[0] == '@') {
		const json_t *set = named_set(walk, text + 1);

		if (!set) /* a map, or none that was listed */
			return PERHAPS;
		return json_object_get(set, "elem") ? in_set(walk, value, json_object_get(set, "elem"), deep + 1) : NO;
	}
	if (value->address)
		return is_address(value, text, -1);
	return value->word ? is_word(value, text) : PERHAPS;
}

static enum truth is_value(const struct walk *walk, const struct value *value, const json_t *right, int deep)
{
	const json_t *prefix = json_object_get(right, "prefix"), *range = json_object_get(right, "range");
	const json_t *set = json_object_get(right, "set"), *element = json_object_get(right, "elem");

	if (deep > SETS_DEEP)
		return PERHAPS;
	if (json_is_integer(right))
		return value->address || value->word ? PERHAPS : truth(value->number == json_integer_value(right));
	if (json_is_string(right))
		return is_text(walk, value, json_string_value(right), deep);
	if (json_is_array(right))
		return in_set(walk, value, right, deep + 1);
	if (prefix && value->address)
		return is_address(value, text_of(prefix, "addr"),
				  (int)json_integer_value(json_object_get(prefix, "len")));
	if (range)
		return in_range(value, range);
	if (set)
		return in_set(walk, value, set, deep + 1);
	if (element)
		return is_value(walk, value, json_object_get(element, "val"), deep + 1);
	return PERHAPS;
}

static enum truth in_set(const struct walk *walk, const struct value *value, const json_t *set, int deep)
{
	enum truth best = NO;
	const json_t *element;
	size_t i;

	if (!json_is_array(set))
		return is_value(walk, value, set, deep);
	json_array_foreach(set, i, element)
	{
		enum truth one = is_value(walk, value, element, deep);

		best = one > best ? one : best;
	}
	return best;
}

/* ---- matches ---- */

/* Both sides send from the port to the port, so what arrives belongs to what left. */
static enum truth match_state(const struct walk *walk, const json_t *right)
{
	const struct value established = {.word = "established"}, new = {.word = "new"};

	if (in_set(walk, &established, right, 0) == YES)
		return YES;
	return in_set(walk, &new, right, 0) == NO ? NO : PERHAPS;
}

/* What the packet has for this left side. False: it cannot be told; *ret_never: no heartbeat has such a thing. */
static bool left_value(const struct walk *walk, const json_t *left, struct value *value, bool *ret_never)
{
	const json_t *payload = json_object_get(left, "payload"), *meta = json_object_get(left, "meta");
	const struct firewall_packet *packet = walk->packet;
	const char *protocol = text_of(payload, "protocol"), *field = text_of(payload, "field");
	const char *key = text_of(meta, "key");
	bool four = packet->from.family == AF_INET, is_ip = strcmp(protocol, "ip") == 0;

	*value = (struct value){0};
	*ret_never = false;
	if (strcmp(protocol, "udp") == 0 || strcmp(protocol, "th") == 0) {
		value->number = packet->port;
		return strcmp(field, "dport") == 0 || strcmp(field, "sport") == 0;
	}
	if (is_ip || strcmp(protocol, "ip6") == 0) {
		*ret_never = is_ip != four;
		value->address = strcmp(field, "saddr") == 0 ? &packet->from : &packet->to;
		if (strcmp(field, "protocol") == 0 || strcmp(field, "nexthdr") == 0)
			*value = (struct value){.word = "udp"};
		else if (strcmp(field, "saddr") != 0 && strcmp(field, "daddr") != 0)
			return false;
		return true;
	}
	if (*protocol) { /* of another protocol: tcp, icmp, ... */
		*ret_never = true;
		return true;
	}
	if (strcmp(key, "l4proto") == 0)
		value->word = "udp";
	else if (strcmp(key, "nfproto") == 0)
		value->word = four ? "ipv4" : "ipv6";
	else if (strcmp(key, packet->arrives ? "iif" : "oif") == 0 ||
		 strcmp(key, packet->arrives ? "iifname" : "oifname") == 0)
		value->word = *packet->interface ? packet->interface : NULL;
	return value->word != NULL;
}

static enum truth match(const struct walk *walk, const json_t *match)
{
	const json_t *left = json_object_get(match, "left"), *right = json_object_get(match, "right");
	bool is_not = is(match, "op", "!="), never;
	struct value value;
	enum truth yes;

	if (!is_not && !is(match, "op", "==") && !is(match, "op", "in"))
		return PERHAPS;
	if (is(json_object_get(left, "ct"), "key", "state"))
		yes = match_state(walk, right);
	else if (!left_value(walk, left, &value, &never))
		return PERHAPS;
	else if (never) /* a rule about tcp, or about the other family, is none about this packet, "!=" or not */
		return NO;
	else
		yes = in_set(walk, &value, right, 0);
	return is_not && yes != PERHAPS ? truth(yes == NO) : yes;
}

/* ---- rules and chains ---- */

static enum end walk_chain(struct walk *walk, const char *chain, int jumps);

static void blame(struct walk *walk, const char *chain, const json_t *rule)
{
	snprintf(walk->culprit->words, FIREWALL_WORDS_MAX,
		 "table %.8s %.64s, chain %.64s, rule with handle %" JSON_INTEGER_FORMAT " (nft -a list ruleset)",
		 walk->family, walk->table, chain, json_integer_value(json_object_get(rule, "handle")));
}

/* What a verdict does, END_NONE for what is none. */
static enum end verdict(struct walk *walk, const char *chain, const json_t *rule, const json_t *statement, int jumps)
{
	const json_t *jump = json_object_get(statement, "jump"), *go_to = json_object_get(statement, "goto");
	enum end end;

	if (json_object_get(statement, "accept"))
		return END_ACCEPT;
	if (json_object_get(statement, "drop") || json_object_get(statement, "reject")) {
		blame(walk, chain, rule);
		return END_DROP;
	}
	if (json_object_get(statement, "return"))
		return END_RETURN;
	if (!jump && !go_to)
		return END_NONE;
	end = walk_chain(walk, text_of(jump ? jump : go_to, "target"), jumps + 1);
	if (end == END_RETURN || end == END_NONE) /* goto: back to whoever called this chain, as by its end */
		return jump ? END_NONE : END_RETURN;
	return end;
}

/* A verdict map: by the state, or by nothing that can be told. */
static enum end verdict_map(struct walk *walk, const char *chain, const json_t *rule, const json_t *vmap, int jumps,
			    enum truth *ret_matches)
{
	const json_t *data = json_object_get(json_object_get(vmap, "data"), "set"), *pair;
	const struct value established = {.word = "established"};
	struct value value;
	bool never, state = is(json_object_get(json_object_get(vmap, "key"), "ct"), "key", "state");
	enum truth best = NO;
	enum end end = END_NONE;
	size_t i;

	if (!state && (!left_value(walk, json_object_get(vmap, "key"), &value, &never) || never || !data)) {
		*ret_matches = PERHAPS; /* and it may be anything */
		walk->may_accept = walk->may_drop = true;
		return END_NONE;
	}
	json_array_foreach(data, i, pair)
	{
		enum truth one = is_value(walk, state ? &established : &value, json_array_get(pair, 0), 0);

		if (one == YES && best != YES) {
			best = YES;
			end = verdict(walk, chain, rule, json_array_get(pair, 1), jumps);
		} else if (one == PERHAPS) {
			walk->may_accept = walk->may_drop = true;
		}
	}
	*ret_matches = best;
	return end;
}

/* Statements that neither choose nor end: libnftables-json(5). */
static bool is_harmless(const json_t *statement)
{
	static const char *const names[] = {"counter", "log", "mangle", "notrack", "set", "ct helper", "flow", "last"};

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		if (json_object_get(statement, names[n]))
			return true;
	return false;
}

static enum end walk_rule(struct walk *walk, const char *chain, const json_t *rule, int jumps)
{
	const json_t *statement;
	enum truth matches = YES;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, statement)
	{
		const json_t *test = json_object_get(statement, "match"), *vmap = json_object_get(statement, "vmap");
		enum truth one = test ? match(walk, test) : YES;
		bool ends = !test && !vmap && !is_harmless(statement);
		enum end end = vmap   ? verdict_map(walk, chain, rule, vmap, jumps, &one)
			       : ends ? verdict(walk, chain, rule, statement, jumps)
				      : END_NONE;

		if (ends && end == END_NONE && !json_object_get(statement, "jump") &&
		    !json_object_get(statement, "goto"))
			one = PERHAPS; /* a statement of which nothing is known here */
		if (one == NO && !vmap)
			return END_NONE;
		matches = one < matches && !vmap ? one : matches;
		if (end == END_NONE)
			continue;
		if (matches == YES)
			return end;
		walk->may_accept |= end == END_ACCEPT || end == END_RETURN;
		walk->may_drop |= end == END_DROP || end == END_RETURN;
		return END_NONE;
	}
	return END_NONE;
}

static enum end walk_chain(struct walk *walk, const char *chain, int jumps)
{
	const json_t *object;
	size_t i;

	if (jumps > JUMPS_MAX)
		return END_NONE;
	json_array_foreach(walk->firewall->list, i, object)
	{
		const json_t *rule = json_object_get(object, "rule");
		enum end end;

		if (!rule || !is(rule, "family", walk->family) || !is(rule, "table", walk->table) ||
		    !is(rule, "chain", chain))
			continue;
		end = walk_rule(walk, chain, rule, jumps);
		if (end != END_NONE)
			return end;
	}
	return END_NONE;
}

/* Does this chain see the packet? */
static bool is_on_the_way(const json_t *chain, const struct firewall_packet *packet)
{
	bool family = is(chain, "family", "inet") || is(chain, "family", packet->from.family == AF_INET ? "ip" : "ip6");
	bool hook = packet->arrives ? is(chain, "hook", "prerouting") || is(chain, "hook", "input")
				    : is(chain, "hook", "output") || is(chain, "hook", "postrouting");

	return family && hook && is(chain, "type", "filter");
}

static enum firewall_answer ask_chain(const struct firewall *firewall, const json_t *chain,
				      const struct firewall_packet *packet, struct firewall_culprit *culprit)
{
	struct walk walk = {.firewall = firewall,
			    .packet = packet,
			    .family = text_of(chain, "family"),
			    .table = text_of(chain, "table"),
			    .culprit = culprit};
	enum end end = walk_chain(&walk, text_of(chain, "name"), 0);

	snprintf(culprit->chain, FIREWALL_CHAIN_MAX, "%.8s %.64s %.64s", walk.family, walk.table,
		 text_of(chain, "name"));
	if ((end == END_NONE || end == END_RETURN) && is(chain, "policy", "drop")) {
		snprintf(culprit->words, FIREWALL_WORDS_MAX,
			 "table %.8s %.64s, chain %.64s: its policy is drop, and no rule "
			 "accepts",
			 walk.family, walk.table, text_of(chain, "name"));
		end = END_DROP;
	}
	if (end == END_DROP)
		return walk.may_accept ? FIREWALL_PERHAPS : FIREWALL_DROPS;
	return walk.may_drop ? FIREWALL_PERHAPS : FIREWALL_PASSES;
}

enum firewall_answer firewall_ask(const struct firewall *firewall, const struct firewall_packet *packet,
				  struct firewall_culprit *culprit)
{
	enum firewall_answer worst = FIREWALL_PASSES;
	const json_t *object;
	size_t i;

	json_array_foreach(firewall->list, i, object)
	{
		const json_t *chain = json_object_get(object, "chain");
		enum firewall_answer one;

		if (!chain || !is_on_the_way(chain, packet))
			continue;
		one = ask_chain(firewall, chain, packet, culprit);
		if (one == FIREWALL_DROPS)
			return one;
		worst = one > worst ? one : worst;
	}
	return worst;
}
