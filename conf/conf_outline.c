/* See conf_outline.h. Knows where a statement begins and ends, not what its value means. */
#include "conf/conf_outline.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_keys.h"
#include "conf/nearest.h"

/* What follows a key tells what was meant, whether the key is known or not. */
enum shape { SHAPE_VALUE, SHAPE_LIST, SHAPE_SECTION };

struct statement {
	struct conf_token key;
	enum shape shape;
	struct conf_token title; /* TOKEN_END: none */
};

/* A section while its statements are read. */
struct open_section {
	const struct conf_section *section;
	char place[CONF_PLACE_MAX];
	int line;                      /* where it was opened */
	int first_line[CONF_KEYS_MAX]; /* where the key stood first; 0: not yet */
	int count[CONF_KEYS_MAX];      /* titled sections under that key */
	struct title {
		int key;
		struct conf_token token;
	} title[NODES_MAX + VIPS_MAX]; /* of a file; a vip's checks are fewer */
	int titles;
};

_Static_assert(VIP_CHECKS_MAX <= NODES_MAX + VIPS_MAX, "the titles of a vip's checks have no room");

enum { WORD_MAX = 96 }; /* of a token in a finding */

static const char *token_words(const struct conf_token *token, char words[static WORD_MAX])
{
	if (token->kind == TOKEN_END)
		snprintf(words, WORD_MAX, "the end of the file");
	else
		snprintf(words, WORD_MAX, "\"%.*s\"", (int)(token->length < WORD_MAX ? token->length : WORD_MAX),
			 token->start);
	return words;
}

static void token_copy(const struct conf_token *token, char word[static WORD_MAX])
{
	size_t length = token->length < WORD_MAX ? token->length : WORD_MAX - 1;

	memcpy(word, token->start, length);
	word[length] = '\0';
}

/* A syntax error, unless the token is one for which there has been a finding. Returns false. */
static bool expected(struct findings *findings, const struct conf_token *token, const char *what)
{
	char words[WORD_MAX];

	if (token->kind != TOKEN_BAD)
		findings_add(findings, token->line, "%s expected, not %s", what, token_words(token, words));
	return false;
}

static bool is_text(const struct conf_token *token)
{
	return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING;
}

/* After its opening brace: texts with commas between them. An empty list and a comma at the end are fine. */
static bool read_list(struct conf_text *text, struct findings *findings)
{
	for (;;) {
		struct conf_token token = conf_text_next(text, findings);
		if (token.kind == TOKEN_CLOSE)
			return true;
		if (!is_text(&token))
			return expected(findings, &token, "a value or }");
		token = conf_text_next(text, findings);
		if (token.kind == TOKEN_CLOSE)
			return true;
		if (token.kind != TOKEN_COMMA)
			return expected(findings, &token, "a comma or }");
	}
}

/* The rest of a statement: a value to its end, a section to its opening brace. False: syntax error. */
static bool read_statement(struct conf_text *text, struct statement *statement, struct findings *findings)
{
	struct conf_token token = conf_text_next(text, findings);

	statement->title = (struct conf_token){.kind = TOKEN_END, .start = ""};
	if (token.kind == TOKEN_EQUAL) {
		token = conf_text_next(text, findings);
		statement->shape = token.kind == TOKEN_OPEN ? SHAPE_LIST : SHAPE_VALUE;
		if (statement->shape == SHAPE_LIST)
			return read_list(text, findings);
		return is_text(&token) || expected(findings, &token, "a value");
	}
	statement->shape = SHAPE_SECTION;
	if (is_text(&token)) {
		statement->title = token;
		token = conf_text_next(text, findings);
		if (token.kind != TOKEN_OPEN)
			return expected(findings, &statement->title, "= or {");
	}
	return token.kind == TOKEN_OPEN || expected(findings, &token, "= or {");
}

/* To the brace that closes the section. */
static bool skip_section(struct conf_text *text, int opened, struct findings *findings)
{
	for (int depth = 1; depth > 0;) {
		struct conf_token token = conf_text_next(text, findings);

		if (token.kind == TOKEN_BAD)
			return false;
		if (token.kind == TOKEN_END) {
			findings_add(findings, token.line, "the { of line %d is not closed", opened);
			return false;
		}
		depth += (token.kind == TOKEN_OPEN) - (token.kind == TOKEN_CLOSE);
	}
	return true;
}

static void report_unknown(const struct open_section *in, const struct statement *statement, struct findings *findings)
{
	struct nearest nearest = {0};
	char hint[NEAREST_HINT_MAX], word[WORD_MAX];

	token_copy(&statement->key, word);
	for (int i = 0; i < in->section->keys; i++)
		nearest_try(&nearest, word, in->section->key[i].word);
	findings_add(findings, statement->key.line, "unknown key \"%s\"%s%s", word, in->place,
		     nearest_hint(&nearest, hint));
}

/* Is it written as its key wants to be? */
static bool shape_fits(const struct open_section *in, const struct conf_key *key, const struct statement *statement,
		       struct findings *findings)
{
	int line = statement->key.line;
	bool has_title = statement->title.kind != TOKEN_END;

	if (key->kind == KIND_SECTION && statement->shape != SHAPE_SECTION)
		findings_add(findings, line, "\"%s\"%s is a section: %s%s { ... }", key->word, in->place, key->word,
			     key->contents->titled ? " \"NAME\"" : "");
	else if (key->kind != KIND_SECTION && statement->shape == SHAPE_SECTION)
		findings_add(findings, line, "\"%s\"%s is no section: %s = ...", key->word, in->place, key->word);
	else if (statement->shape == SHAPE_LIST && !key->list)
		findings_add(findings, line, "\"%s\"%s takes one value, not a list", key->word, in->place);
	else if (key->kind == KIND_SECTION && key->contents->titled && !has_title)
		findings_add(findings, line, "%s%s needs a name: %s \"NAME\" { ... }", key->word, in->place, key->word);
	else if (key->kind == KIND_SECTION && !key->contents->titled && has_title)
		findings_add(findings, line, "\"%s\"%s takes no name", key->word, in->place);
	else
		return true;
	return false;
}

static const struct title *find_title(const struct open_section *in, int key, const struct conf_token *title)
{
	for (int i = 0; i < in->titles; i++)
		if (in->title[i].key == key && in->title[i].token.length == title->length &&
		    memcmp(in->title[i].token.start, title->start, title->length) == 0)
			return &in->title[i];
	return NULL;
}

/* Is this the first of its name, and not one too many? */
static bool title_fits(struct open_section *in, int at, const struct statement *statement, struct findings *findings)
{
	const struct conf_key *key = &in->section->key[at];
	const struct title *same = find_title(in, at, &statement->title);
	char title[WORD_MAX];

	token_copy(&statement->title, title);
	if (same) {
		findings_add(findings, statement->key.line, "%s \"%s\"%s again; there is one in line %d", key->word,
			     title, in->place, same->token.line);
		return false;
	}
	if (in->count[at]++ >= key->most) {
		if (in->count[at] == key->most + 1) /* once, however many follow */
			findings_add(findings, statement->key.line, "%s \"%s\"%s is one too many: at most %d",
				     key->word, title, in->place, key->most);
		return false;
	}
	in->title[in->titles++] = (struct title){.key = at, .token = statement->title};
	return true;
}

/* The key's place in the grammar when the statement may stand here; else -1, after a finding. */
static int statement_fits(struct open_section *in, const struct statement *statement, struct findings *findings)
{
	char word[WORD_MAX];

	token_copy(&statement->key, word);
	int at = conf_key_find(in->section, word);
	if (at < 0) {
		report_unknown(in, statement, findings);
		return -1;
	}
	if (!shape_fits(in, &in->section->key[at], statement, findings))
		return -1;
	if (statement->title.kind != TOKEN_END)
		return title_fits(in, at, statement, findings) ? at : -1;
	if (in->first_line[at]) {
		findings_add(findings, statement->key.line, "\"%s\"%s again; it stands in line %d", word, in->place,
			     in->first_line[at]);
		return -1;
	}
	in->first_line[at] = statement->key.line;
	return at;
}

static bool read_section(struct conf_text *text, struct open_section *in, struct findings *findings);

/* One statement of the section `in`; blanked when it may not stand there. False: syntax error. */
static bool statement(struct conf_text *text, struct conf_token key, struct open_section *in, struct findings *findings)
{
	struct statement statement = {.key = key};

	if (!read_statement(text, &statement, findings))
		return false;
	int at = statement_fits(in, &statement, findings);
	if (at >= 0 && statement.shape == SHAPE_SECTION) {
		struct open_section inner = {.section = in->section->key[at].contents, .line = key.line};
		char title[WORD_MAX];

		token_copy(&statement.title, title);
		conf_place(inner.place, inner.section, title);
		return read_section(text, &inner, findings);
	}
	if (at >= 0)
		return true;
	if (statement.shape == SHAPE_SECTION && !skip_section(text, key.line, findings))
		return false;
	conf_text_blank(text, key.start);
	return true;
}

/* The statements of a section, to its closing brace; of the file, to its end. */
static bool read_section(struct conf_text *text, struct open_section *in, struct findings *findings)
{
	bool is_file = in->section == &conf_grammar;

	for (;;) {
		struct conf_token token = conf_text_next(text, findings);

		if (token.kind == (is_file ? TOKEN_END : TOKEN_CLOSE))
			return true;
		if (token.kind == TOKEN_END) {
			findings_add(findings, token.line, "the { of line %d%s is not closed", in->line, in->place);
			return false;
		}
		if (token.kind != TOKEN_WORD)
			return expected(findings, &token, "a key");
		if (!statement(text, token, in, findings))
			return false;
	}
}

bool conf_outline(struct conf_text *text, struct findings *findings)
{
	struct open_section file = {.section = &conf_grammar};

	text->at = 0;
	text->line = 1;
	return read_section(text, &file, findings);
}
