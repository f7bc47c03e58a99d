#include "agent/json.h"

#include <inttypes.h>
#include <string.h>

struct json json_begin(char *text, size_t size)
{
	return (struct json){.page = page_begin(text, size)};
}

/* The length of the UTF-8 sequence at `text` (RFC 3629: no surrogates, no overlong forms), 0 where there is none. */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char from, to, second_from, second_to;
		size_t length;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		if (text[0] < forms[f].from || text[0] > forms[f].to)
			continue;
		if (forms[f].length > 1 && (text[1] < forms[f].second_from || text[1] > forms[f].second_to))
			return 0;
		for (size_t i = 2; i < forms[f].length; i++)
			if ((text[i] & 0xc0) != 0x80)
				return 0;
		return forms[f].length;
	}
	return 0;
}

static void quoted(struct page *page, const char *text)
{
	page_bytes(page, "\"", 1);
	while (*text) {
		size_t length = utf8_length((const unsigned char *)text);

		if (length == 0)
			page_print(page, "\\ufffd");
		else if (*text == '"' || *text == '\\')
			page_print(page, "\\%c", *text);
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			page_print(page, "\\u%04x", (unsigned)*text);
		else if ((unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0) /* U+009B is ESC [ to some */
			page_print(page, "\\u%04x", (unsigned)(unsigned char)text[1]);
		else
			page_bytes(page, text, length);
		text += length ? length : 1;
	}
	page_bytes(page, "\"", 1);
}

static void place(struct json *json, const char *key)
{
	if (json->follows)
		page_bytes(&json->page, ",", 1);
	json->follows = true;
	if (!key)
		return;
	quoted(&json->page, key);
	page_bytes(&json->page, ":", 1);
}

static void open_bracket(struct json *json, const char *key, char bracket)
{
	place(json, key);
	page_bytes(&json->page, &bracket, 1);
	json->follows = false;
}

static void close_bracket(struct json *json, char bracket)
{
	page_bytes(&json->page, &bracket, 1);
	json->follows = true;
}

void json_object(struct json *json, const char *key)
{
	open_bracket(json, key, '{');
}

void json_object_end(struct json *json)
{
	close_bracket(json, '}');
}

void json_array(struct json *json, const char *key)
{
	open_bracket(json, key, '[');
}

void json_array_end(struct json *json)
{
	close_bracket(json, ']');
}

void json_string(struct json *json, const char *key, const char *value)
{
	place(json, key);
	quoted(&json->page, value);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	place(json, key);
	page_print(&json->page, "%" PRId64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	place(json, key);
	page_print(&json->page, "%s", value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	place(json, key);
	page_print(&json->page, "null");
}

int json_end(struct json *json)
{
	page_bytes(&json->page, "\n", 1);
	return page_end(&json->page);
}
