/* A configuration's text into a struct conf: read, outlined, parsed, filled in, verified.
 *
 * The only file that knows libconfuse. To it every value is a text with its line; what a text means is known to
 * conf_keys.c and conf_value.c. It would print its errors to stderr and has nothing to tell the one who asks apart, so
 * errors go through `parse_findings`; its lexer is global anyway, and one text is parsed at a time. */
#include "conf/conf.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_complete.h"
#include "conf/conf_keys.h"
#include "conf/conf_lines.h"
#include "conf/conf_outline.h"
#include "conf/conf_profile.h"
#include "conf/conf_text.h"
#include "conf/conf_value.h"
#include "conf/conf_verify.h"
#include "conf/findings.h"
#include "conf/nearest.h"

struct load {
	struct conf *conf;
	struct conf_lines lines;
	struct findings findings;
};

static struct findings *parse_findings; /* of the text that libconfuse is parsing; NULL: it is not */

/* A value as the parser hands it over. */
struct said {
	int line;
	char text[];
};

static int said_parse(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	size_t length = strlen(value);
	struct said *said = malloc(sizeof(*said) + length + 1);

	(void)opt;
	if (!said)
		return -1;
	said->line = cfg->line;
	memcpy(said->text, value, length + 1);
	*(struct said **)result = said;
	return 0;
}

static void on_parse_error(cfg_t *cfg, const char *words, va_list arguments)
{
	char text[FINDING_WORDS_MAX];

	if (!parse_findings)
		return;
	vsnprintf(text, sizeof(text), words, arguments);
	findings_add(parse_findings, cfg->line, "parser: %s", text);
}

/* libconfuse moves a section's line along to its end. But a plain section inside is made together with it, at its
 * opening brace, and stays untouched: this one, whose name cannot stand in a file, remembers the beginning. */
#define OPENING " opening"

static cfg_opt_t opening_contents[] = {CFG_END()};

static void options_free(cfg_opt_t *options)
{
	for (cfg_opt_t *option = options; option && option->name; option++)
		if (option->subopts && option->subopts != opening_contents)
			options_free(option->subopts);
	free(options);
}

/* The grammar of a section in libconfuse's words; NULL when out of memory. */
static cfg_opt_t *options_of(const struct conf_section *section)
{
	cfg_opt_t *options = calloc((size_t)section->keys + 2, sizeof(*options)); /* calloc: CFG_END() is zeros */

	if (!options)
		return NULL;
	for (int i = 0; i < section->keys; i++) {
		const struct conf_key *key = &section->key[i];

		if (key->kind != KIND_SECTION) {
			options[i] = (cfg_opt_t)CFG_PTR_CB(key->word, NULL, key->list ? CFGF_LIST : CFGF_NONE,
							   said_parse, free);
			continue;
		}
		cfg_flag_t flags = key->contents->titled ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE;
		options[i] = (cfg_opt_t)CFG_SEC(key->word, options_of(key->contents), flags);
		if (!options[i].subopts) {
			options_free(options);
			return NULL;
		}
	}
	options[section->keys] = (cfg_opt_t)CFG_SEC(OPENING, opening_contents, CFGF_NONE);
	return options;
}

/* A key's option by its place in the grammar: cfg_getopt() would take memory to look up a name, and may fail. */
static cfg_opt_t *option_of(cfg_t *cfg, const struct conf_section *section, const struct conf_key *key)
{
	return cfg_getnopt(cfg, (unsigned)(key - section->key));
}

static cfg_t *opening_of(cfg_t *cfg, const struct conf_section *section)
{
	return cfg_opt_getnsec(cfg_getnopt(cfg, (unsigned)section->keys), 0);
}

/* Did memory last? libconfuse does not tell when there was none for a part of a section. */
static bool is_whole(cfg_t *cfg, const struct conf_section *section)
{
	if (!cfg || cfg_numopts(cfg->opts) != section->keys + 1 || !opening_of(cfg, section))
		return false;
	for (const struct conf_key *key = section->key; key < section->key + section->keys; key++) {
		cfg_opt_t *option = option_of(cfg, section, key);

		for (unsigned i = 0; key->kind == KIND_SECTION && i < cfg_opt_size(option); i++)
			if (!is_whole(cfg_opt_getnsec(option, i), key->contents))
				return false;
	}
	return true;
}

/* NULL when out of memory. The outline has left nothing that the parser finds wrong; should the two ever disagree,
 * there is a finding. What is half made is leaked: cfg_free() would follow the NULLs in it. */
static cfg_t *parse(const struct conf_text *text, struct findings *findings)
{
	cfg_opt_t *options = options_of(&conf_grammar);
	cfg_t *cfg = options ? cfg_init(options, CFGF_NONE) : NULL; /* copies the options */

	options_free(options);
	if (!cfg)
		return NULL;
	parse_findings = findings;
	cfg_set_error_function(cfg, on_parse_error);
	int error = cfg_parse_buf(cfg, text->bytes);
	parse_findings = NULL;
	return error == CFG_SUCCESS && is_whole(cfg, &conf_grammar) ? cfg : NULL;
}

/* One section while it is filled in. */
struct target {
	const struct conf_section *section;
	cfg_t *cfg;
	void *base; /* what the section's keys are offsets into */
	cfg_t *behind; /* the profile's check of the same name, which has a say where the file has none; or NULL */
	int line;      /* where it begins; of a profile's check, where the profile is named */
	char place[CONF_PLACE_MAX];
	unsigned type; /* of a check: 1 << type; 0: not known, or no check */
};

static int *count_in(const struct target *target, const struct conf_key *key)
{
	return (int *)((char *)target->base + key->count_offset);
}

static void *part(const struct target *target, const struct conf_key *key, int i)
{
	return (char *)target->base + key->offset + (size_t)i * key->size;
}

static node_id node_named(const struct conf *conf, const char *name)
{
	for (int i = 0; i < conf->nodes; i++)
		if (strcmp(conf->node[i].name, name) == 0)
			return (node_id)i;
	return NODE_NONE;
}

/* One name of prefer. The list so far is conf_vip's first candidates. */
static int read_node(const struct conf *conf, const struct conf_vip *vip, int before, const char *name, node_id *field,
		     char why[static CONF_WHY_MAX])
{
	struct nearest nearest = {0};
	char hint[NEAREST_HINT_MAX];
	node_id node = node_named(conf, name);

	if (node == NODE_NONE) {
		for (int i = 0; i < conf->nodes; i++)
			nearest_try(&nearest, name, conf->node[i].name);
		snprintf(why, CONF_WHY_MAX, "there is no node \"%.60s\"%s", name, nearest_hint(&nearest, hint));
		return -EINVAL;
	}
	for (int i = 0; i < before; i++)
		if (vip->prefer[i] == node) {
			snprintf(why, CONF_WHY_MAX, "\"%.60s\" is named twice", name);
			return -EINVAL;
		}
	*field = node;
	return 0;
}

/* What was said for a key, by the file or else by the profile behind it. */
struct saying {
	cfg_opt_t *option;
	int count;
	bool by_profile;
};

static struct saying saying_of(const struct target *target, const struct conf_key *key)
{
	struct saying saying = {.option = option_of(target->cfg, target->section, key)};

	saying.count = (int)cfg_opt_size(saying.option);
	if (saying.count || !target->behind)
		return saying;
	saying.option = option_of(target->behind, target->section, key);
	saying.count = (int)cfg_opt_size(saying.option);
	saying.by_profile = true;
	return saying;
}

static int line_of(const struct target *target, const struct saying *saying, int i)
{
	return saying->by_profile ? target->line : ((struct said *)cfg_opt_getnptr(saying->option, (unsigned)i))->line;
}

/* The i-th of what was said for this key. False after a finding. */
static bool fill_one(struct load *load, const struct target *target, const struct conf_key *key, int i,
		     const struct saying *saying)
{
	const struct said *said = cfg_opt_getnptr(saying->option, (unsigned)i);
	int line = line_of(target, saying, i);
	void *field = part(target, key, i);
	char why[CONF_WHY_MAX];
	int error;

	if (key->kind == KIND_NODE) {
		*(node_id *)field = NODE_NONE;
		error = read_node(load->conf, target->base, i, said->text, field, why);
	} else {
		error = conf_value_read(key, said->text, field, why);
	}
	conf_lines_add(&load->lines, field, line, error != 0);
	if (error)
		findings_add(&load->findings, line, "\"%s\"%s: %s", key->word, target->place, why);
	return !error;
}

static void fill_default(struct load *load, const struct target *target, const struct conf_key *key)
{
	char why[CONF_WHY_MAX];

	if (!key->fallback || key->required_by & target->type)
		findings_add(&load->findings, target->line, "\"%s\" is missing%s", key->word, target->place);
	else if (!key->list)
		conf_value_read(key, key->fallback, part(target, key, 0), why);
	else if (*key->fallback && target->type && conf_value_read(key, key->fallback, part(target, key, 0), why) == 0)
		*count_in(target, key) = 1;
}

static void fill_value(struct load *load, struct target *target, const struct conf_key *key)
{
	struct saying saying = saying_of(target, key);

	if (key->types && target->type && !(key->types & target->type)) {
		if (saying.count && !saying.by_profile)
			findings_add(&load->findings, line_of(target, &saying, 0),
				     "\"%s\"%s: does not belong in a check of type \"%s\"", key->word, target->place,
				     conf_check_type_word(((struct conf_check *)target->base)->type));
		return;
	}
	if (!saying.count && (!key->types || target->type || key->fallback))
		fill_default(load, target, key);
	if (key->list && saying.count > key->most) {
		findings_add(&load->findings, line_of(target, &saying, key->most), "\"%s\"%s: at most %d", key->word,
			     target->place, key->most);
		saying.count = key->most;
	}
	for (int i = 0; i < saying.count; i++)
		if (fill_one(load, target, key, i, &saying) && key->decides_type)
			target->type = 1U << *(enum check_type *)part(target, key, i);
	if (key->list && saying.count)
		*count_in(target, key) = saying.count;
}

static void fill(struct load *load, struct target *target);

/* The title, the contents, and what follows from both. */
static void fill_titled(struct load *load, struct target *target)
{
	static const struct conf_key title = {.kind = KIND_NAME, .size = CONF_NAME_MAX};
	char why[CONF_WHY_MAX];

	int error = conf_value_read(&title, cfg_title(target->cfg), target->base, why);
	conf_lines_add(&load->lines, target->base, target->line, error != 0);
	if (error)
		findings_add(&load->findings, target->line, "the name of %s %s", target->section->word, why);
	fill(load, target);
}

/* The profile's checks as a parsed section; NULL: no profile, or no memory. Its text is ours: it has no findings. */
static cfg_t *parse_profile(struct load *load, const struct conf_vip *vip)
{
	char *bytes = malloc(CONF_PROFILE_TEXT_MAX);
	bool fine = bytes && conf_profile_text(vip, bytes) == 0;
	cfg_t *cfg = fine && *bytes ? parse(&(struct conf_text){.bytes = bytes}, &load->findings) : NULL;

	load->lines.failed |= !fine || (*bytes && !cfg);
	free(bytes);
	return cfg;
}

static cfg_opt_t *profile_checks(cfg_t *profile)
{
	const struct conf_key *vips = &conf_grammar.key[conf_key_find(&conf_grammar, "vip")];
	cfg_t *vip = cfg_opt_getnsec(option_of(profile, &conf_grammar, vips), 0);

	return option_of(vip, vips->contents, &vips->contents->key[conf_key_find(vips->contents, "check")]);
}

static bool is_without(const struct conf_vip *vip, const char *name)
{
	for (int i = 0; i < vip->withouts; i++)
		if (strcmp(vip->without[i], name) == 0)
			return true;
	return false;
}

/* What the profile says of this check of the file; NULL: nothing, or nothing that is wanted. */
static cfg_t *profile_check(cfg_t *profile, const struct conf_vip *vip, const char *name)
{
	return profile && name && !is_without(vip, name) ? cfg_opt_gettsec(profile_checks(profile), name) : NULL;
}

static bool has_check(const struct conf_vip *vip, const char *name)
{
	for (int i = 0; i < vip->checks; i++)
		if (strcmp(vip->check[i].name, name) == 0)
			return true;
	return false;
}

/* Those that the file neither has itself nor wants to be without. */
static void fill_from_profile(struct load *load, const struct target *outer, const struct conf_key *key, cfg_t *profile)
{
	struct conf_vip *vip = outer->base;
	cfg_opt_t *option = profile_checks(profile);
	int line = conf_line_of(&load->lines, &vip->profile);

	for (unsigned i = 0; i < cfg_opt_size(option); i++) {
		cfg_t *cfg = cfg_opt_getnsec(option, i);
		struct target inner = {.section = key->contents, .cfg = cfg, .line = line};

		if (is_without(vip, cfg_title(cfg)) || has_check(vip, cfg_title(cfg)))
			continue;
		if (vip->checks == key->most) {
			findings_add(&load->findings, line, "\"profile\"%s: with its checks there are more than %d",
				     outer->place, key->most);
			break;
		}
		conf_place(inner.place, inner.section, cfg_title(cfg));
		inner.base = part(outer, key, vip->checks);
		fill_titled(load, &inner);
		vip->checks++;
	}
	cfg_free(profile);
}

static void fill_sections(struct load *load, const struct target *outer, const struct conf_key *key)
{
	cfg_opt_t *option = option_of(outer->cfg, outer->section, key);
	int count = (int)cfg_opt_size(option);
	cfg_t *profile = key->profiled ? parse_profile(load, outer->base) : NULL;

	for (int i = 0; i < count; i++) {
		cfg_t *cfg = cfg_opt_getnsec(option, (unsigned)i);
		struct target inner = {.section = key->contents,
				       .cfg = cfg,
				       .base = outer->base,
				       .behind = profile_check(profile, outer->base, cfg_title(cfg)),
				       .line = opening_of(cfg, key->contents)->line};

		conf_place(inner.place, inner.section, cfg_title(cfg));
		if (!key->contents->titled) {
			fill(load, &inner);
			continue;
		}
		inner.base = part(outer, key, i); /* i < most: conf_outline() saw to it */
		fill_titled(load, &inner);
		*count_in(outer, key) = i + 1;
	}
	if (profile)
		fill_from_profile(load, outer, key, profile);
}

static void fill(struct load *load, struct target *target)
{
	for (int i = 0; i < target->section->keys; i++) {
		const struct conf_key *key = &target->section->key[i];

		if (key->kind == KIND_SECTION)
			fill_sections(load, target, key);
		else
			fill_value(load, target, key);
	}
}

/* 0, or -errno without a finding: the machine failed. */
static int load_text(struct load *load, struct conf_text *text)
{
	if (!conf_outline(text, &load->findings))
		return 0;
	int before = load->findings.count;
	cfg_t *cfg = parse(text, &load->findings);
	if (!cfg)
		return load->findings.count > before ? 0 : -ENOMEM;

	struct target file = {.section = &conf_grammar, .cfg = cfg, .base = load->conf, .line = 1};
	fill(load, &file);
	cfg_free(cfg);
	conf_complete(load->conf, &load->lines);
	conf_verify(load->conf, &load->lines, &load->findings);
	return load->lines.failed ? -ENOMEM : 0;
}

struct conf *conf_load(FILE *from, const char *name, FILE *findings)
{
	struct load *load = calloc(1, sizeof(*load));
	struct conf *conf = load ? calloc(1, sizeof(*conf)) : NULL; /* zeros: equal configurations are equal bytes */
	struct conf_text text = {0};
	int error = -ENOMEM;

	if (conf) {
		load->conf = conf;
		error = conf_text_read(&text, from, &load->findings);
		if (!error)
			error = load_text(load, &text);
		if (!error && load->findings.count)
			error = -EINVAL;
		if (error == -EINVAL)
			findings_print(&load->findings, name, findings);
		conf_lines_free(&load->lines);
	}
	conf_text_free(&text);
	free(load);
	if (!error)
		return conf;
	free(conf);
	errno = -error;
	return NULL;
}

void conf_free(struct conf *conf)
{
	free(conf);
}
