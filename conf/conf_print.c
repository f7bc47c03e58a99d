/* The canonical form of a configuration, and its digest. Walks the grammar, so no key can be forgotten. */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_keys.h"
#include "conf/conf_value.h"
#include "conf/name_hash.h"

struct print {
	const struct conf *conf;
	FILE *out;
};

static void indent(const struct print *print, int depth)
{
	for (int i = 0; i < depth; i++)
		putc('\t', print->out);
}

static const char *part(const void *base, const struct conf_key *key, int i)
{
	return (const char *)base + key->offset + (size_t)i * key->size;
}

static int count_of(const void *base, const struct conf_key *key)
{
	int count;

	memcpy(&count, (const char *)base + key->count_offset, sizeof(count));
	return count;
}

static void print_one(const struct print *print, const struct conf_key *key, const void *field)
{
	if (key->kind == KIND_NODE)
		conf_text_print(print->conf->node[*(const node_id *)field].name, print->out);
	else
		conf_value_print(key, field, print->out);
}

static void print_value(const struct print *print, const struct conf_key *key, const void *base, int depth)
{
	indent(print, depth);
	fprintf(print->out, "%s = ", key->word);
	if (key->list) {
		putc('{', print->out);
		for (int i = 0; i < count_of(base, key); i++) {
			fputs(i ? ", " : "", print->out);
			print_one(print, key, part(base, key, i));
		}
		putc('}', print->out);
	} else {
		print_one(print, key, part(base, key, 0));
	}
	putc('\n', print->out);
}

static void print_contents(const struct print *print, const struct conf_section *section, const void *base, int depth);

static void print_section(const struct print *print, const struct conf_section *section, const void *base, int depth)
{
	indent(print, depth);
	fputs(section->word, print->out);
	if (section->titled) {
		putc(' ', print->out);
		conf_text_print(base, print->out);
	}
	fputs(" {\n", print->out);
	print_contents(print, section, base, depth + 1);
	indent(print, depth);
	fputs("}\n", print->out);
}

/* Of a check only what its type takes: the rest would not load back. */
static bool is_taken(const struct conf_key *key, const void *base)
{
	return !key->types || key->types & 1U << ((const struct conf_check *)base)->type;
}

static void print_contents(const struct print *print, const struct conf_section *section, const void *base, int depth)
{
	for (const struct conf_key *key = section->key; key < section->key + section->keys; key++) {
		if (!is_taken(key, base))
			continue;
		if (key->kind != KIND_SECTION)
			print_value(print, key, base, depth);
		else if (!key->contents->titled)
			print_section(print, key->contents, base, depth);
		else
			for (int i = 0; i < count_of(base, key); i++)
				print_section(print, key->contents, part(base, key, i), depth);
	}
}

void conf_print(const struct conf *conf, FILE *out)
{
	struct print print = {conf, out};

	print_contents(&print, &conf_grammar, conf, 0);
}

uint64_t conf_digest(const struct conf *conf)
{
	char *text = NULL;
	size_t length = 0;
	uint64_t digest = 0;

	FILE *out = open_memstream(&text, &length);
	if (!out)
		return 0;
	conf_print(conf, out);
	if (fclose(out) == 0)
		digest = name_hash(text, length);
	free(text);
	return digest;
}
