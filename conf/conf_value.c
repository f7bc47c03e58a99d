/* See conf_value.h. For each kind, what reads it and what prints it stand together. */
#include "conf/conf_value.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_address.h"
#include "conf/conf_url.h"
#include "conf/nearest.h"

__attribute__((format(printf, 2, 3))) static int refuse(char why[static CONF_WHY_MAX], const char *words, ...)
{
	va_list arguments;

	va_start(arguments, words);
	vsnprintf(why, CONF_WHY_MAX, words, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* Lengths of time: a number, at most with a fraction, and a unit; whole microseconds. */

static const struct unit {
	const char *word;
	int64_t ns;
} units[] = {{"h", 3600000000000}, {"min", 60000000000}, {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}};
enum { UNITS = sizeof(units) / sizeof(units[0]), FRACTION_DIGITS_MAX = 6, DURATION_TEXT_MAX = 24 };

static const char *duration_text(int64_t ns, char text[static DURATION_TEXT_MAX])
{
	int i = 0;

	while (i < UNITS - 1 && ns % units[i].ns != 0)
		i++;
	snprintf(text, DURATION_TEXT_MAX, "%lld%s", (long long)(ns / units[i].ns), units[i].word);
	return text;
}

/* Digits as a number; the place after them. At most `most` digits, else NULL. */
static const char *read_digits(const char *text, int most, int64_t *ret_number, int *ret_digits)
{
	const char *at = text;

	*ret_number = 0;
	for (; isdigit((unsigned char)*at); at++) {
		if (at - text >= most)
			return NULL;
		*ret_number = 10 * *ret_number + (*at - '0');
	}
	*ret_digits = (int)(at - text);
	return at;
}

static const struct unit *unit_of(const char *word)
{
	for (int i = 0; i < UNITS; i++)
		if (strcmp(units[i].word, word) == 0)
			return &units[i];
	return NULL;
}

/* Nanoseconds, or -1 when the text is no length of time. */
static int64_t duration_ns(const char *text)
{
	int64_t whole, fraction = 0, whole_ns;
	int whole_digits, fraction_digits = 0;

	const char *at = read_digits(text, 9, &whole, &whole_digits);
	if (!at || !whole_digits)
		return -1;
	if (*at == '.') {
		at = read_digits(at + 1, FRACTION_DIGITS_MAX, &fraction, &fraction_digits);
		if (!at || !fraction_digits)
			return -1;
	}
	const struct unit *unit = unit_of(at);
	if (!unit)
		return -1;
	if (__builtin_mul_overflow(whole, unit->ns, &whole_ns))
		return INT64_MAX;                  /* out of every range */
	int64_t fraction_ns = fraction * unit->ns; /* < 10^6 hours: fits */
	for (; fraction_digits > 0; fraction_digits--) {
		if (fraction_ns % 10 != 0)
			return -1;
		fraction_ns /= 10;
	}
	if (fraction_ns % 1000 != 0)
		return -1;
	return __builtin_add_overflow(whole_ns, fraction_ns, &whole_ns) ? INT64_MAX : whole_ns;
}

static int read_duration(const struct conf_key *key, const char *text, struct duration *duration, char *why)
{
	char lowest[DURATION_TEXT_MAX], highest[DURATION_TEXT_MAX];
	int64_t ns = duration_ns(text);

	if (ns < 0)
		return refuse(why, "\"%.40s\" is not a length of time such as \"100ms\", \"1.5s\", \"5min\" or \"1h\"",
			      text);
	if (ns < key->lowest || ns > key->highest)
		return refuse(why, "\"%.40s\" is out of range: %s to %s", text, duration_text(key->lowest, lowest),
			      duration_text(key->highest, highest));
	duration->ns = ns;
	return 0;
}

/* Numbers: int, or uint16_t for a port. */

static int read_number(const struct conf_key *key, const char *text, void *field, char *why)
{
	int64_t number;
	int digits;
	const char *end = read_digits(text, 9, &number, &digits);

	if (!end || *end || !digits || number < key->lowest || number > key->highest)
		return refuse(why, "\"%.40s\" is not a number from %lld to %lld", text, (long long)key->lowest,
			      (long long)key->highest);
	if (key->size == sizeof(uint16_t))
		*(uint16_t *)field = (uint16_t)number;
	else
		*(int *)field = (int)number;
	return 0;
}

static int number_of(const struct conf_key *key, const void *field)
{
	return key->size == sizeof(uint16_t) ? *(const uint16_t *)field : *(const int *)field;
}

/* Choices: an enum, or a bool. */

static int read_choice(const struct conf_key *key, const char *text, void *field, char *why)
{
	struct nearest nearest = {0};
	char hint[NEAREST_HINT_MAX], all[CONF_WHY_MAX] = "";

	for (unsigned i = 0; key->choices[i]; i++) {
		if (strcmp(key->choices[i], text) == 0) {
			if (key->size == sizeof(bool))
				*(bool *)field = i != 0;
			else
				memcpy(field, &i, sizeof(i));
			return 0;
		}
		nearest_try(&nearest, text, key->choices[i]);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", key->choices[i]);
	}
	return refuse(why, "\"%.40s\" is none of %s%s", text, all, nearest_hint(&nearest, hint));
}

static const char *choice_of(const struct conf_key *key, const void *field)
{
	unsigned i;

	if (key->size == sizeof(bool))
		return key->choices[*(const bool *)field];
	memcpy(&i, field, sizeof(i));
	return key->choices[i];
}

static void print_choice(const char *word, FILE *out)
{
	bool is_truth = strcmp(word, "true") == 0 || strcmp(word, "false") == 0;

	fprintf(out, is_truth ? "%s" : "\"%s\"", word);
}

/* Texts. */

static bool are_in(const char *text, bool (*is_fine)(unsigned char))
{
	for (; *text; text++)
		if (!is_fine((unsigned char)*text))
			return false;
	return true;
}

static bool is_name(unsigned char c)
{
	return isascii(c) && (isalnum(c) || strchr("._-", c));
}

static bool is_token(unsigned char c)
{
	return c > ' ' && c <= '~';
}

static bool is_no_control(unsigned char c)
{
	return c >= ' ' && c != 0x7f;
}

static const char *text_unfit(const struct conf_key *key, const char *text)
{
	struct conf_url url;
	const char *why = NULL;

	switch (key->kind) {
	case KIND_NAME:
		return are_in(text, is_name) ? NULL : "has characters other than letters, digits and . _ -";
	case KIND_INTERFACE: /* and the kernel takes neither of these two */
		return are_in(text, is_name) && strcmp(text, ".") != 0 && strcmp(text, "..") != 0
			       ? NULL
			       : "is not the name of a network interface";
	case KIND_PATH:
		if (*text != '/')
			return "is not an absolute path";
		return are_in(text, is_no_control) ? NULL : "has a control character";
	case KIND_URL:
		conf_url_read(text, &url, &why);
		return why;
	case KIND_HOST:
		return conf_url_is_host_name(text) ? NULL : "is not the name of a host";
	case KIND_CREDENTIALS: /* systemd.exec(5): a credential's name is a file's, and is taken for one */
		if (*text == '/')
			return are_in(text, is_no_control) ? NULL : "has a control character";
		return are_in(text, is_name) && strcmp(text, ".") != 0 && strcmp(text, "..") != 0
			       ? NULL
			       : "is neither an absolute path nor the name of a systemd credential";
	case KIND_TOKEN:
		return are_in(text, is_token) ? NULL : "has a blank or a character outside ASCII";
	case KIND_TEXT:
		return are_in(text, is_no_control) ? NULL : "has a control character";
	case KIND_CHOICE:
	case KIND_NUMBER:
	case KIND_DURATION:
	case KIND_ENDPOINT:
	case KIND_ADDRESS:
	case KIND_NODE_ADDRESS:
	case KIND_VIP_ADDRESS:
	case KIND_NODE:
	case KIND_SECTION:
		break;
	}
	assert(false && "a kind of text");
	return NULL;
}

static int read_text(const struct conf_key *key, const char *text, char *field, char *why)
{
	bool may_be_empty = key->fallback && *key->fallback == '\0';

	if (*text == '\0')
		return may_be_empty ? 0 : refuse(why, "may not be empty");
	const char *unfit = text_unfit(key, text);
	if (unfit)
		return refuse(why, "\"%.60s\" %s", text, unfit);
	if (strlen(text) >= key->size)
		return refuse(why, "\"%.40s\" is too long: at most %zu characters", text, key->size - 1);
	memcpy(field, text, strlen(text));
	return 0;
}

void conf_text_print(const char *text, FILE *out)
{
	putc('"', out);
	for (; *text; text++) {
		if (strchr("\"\\$", *text)) /* what conf_text.c takes as escapes */
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}

/* Addresses. */

static int read_address(const struct conf_key *key, const char *text, void *field, char *why)
{
	struct conf_address parsed = {0}, *address = field;
	const char *unfit = NULL;

	if (key->kind == KIND_NODE_ADDRESS && address_read(text, &parsed, &unfit) == 0)
		unfit = address_unfit_for_node(&parsed);
	else if (key->kind == KIND_ADDRESS && address_read(text, &parsed, &unfit) == 0)
		unfit = address_is_link_local(&parsed) ? NULL : address_unfit_for_node(&parsed);
	else if (key->kind == KIND_VIP_ADDRESS && address_read_prefix(text, &parsed, &unfit) == 0)
		unfit = address_unfit_for_vip(&parsed);
	if (unfit)
		return refuse(why, "\"%.60s\" %s", text, unfit);
	address->family = parsed.family;
	address->prefix = parsed.prefix;
	memcpy(address->bytes, parsed.bytes, sizeof(parsed.bytes));
	return 0;
}

static int read_endpoint(const char *text, struct conf_endpoint *endpoint, char *why)
{
	const char *unfit;

	if (*text == '\0' || endpoint_read(text, endpoint, &unfit) == 0)
		return 0;
	return refuse(why, "\"%.60s\" %s", text, unfit);
}

int conf_value_read(const struct conf_key *key, const char *text, void *field, char why[static CONF_WHY_MAX])
{
	switch (key->kind) {
	case KIND_NAME:
	case KIND_INTERFACE:
	case KIND_PATH:
	case KIND_URL:
	case KIND_HOST:
	case KIND_CREDENTIALS:
	case KIND_TOKEN:
	case KIND_TEXT:
		return read_text(key, text, field, why);
	case KIND_CHOICE:
		return read_choice(key, text, field, why);
	case KIND_NUMBER:
		return read_number(key, text, field, why);
	case KIND_DURATION:
		return read_duration(key, text, field, why);
	case KIND_ENDPOINT:
		return read_endpoint(text, field, why);
	case KIND_ADDRESS:
	case KIND_NODE_ADDRESS:
	case KIND_VIP_ADDRESS:
		return read_address(key, text, field, why);
	case KIND_NODE:
	case KIND_SECTION:
		break;
	}
	assert(false && "a kind that a text is enough for");
	return -EINVAL;
}

void conf_value_print(const struct conf_key *key, const void *field, FILE *out)
{
	const struct conf_endpoint *endpoint = field;
	char text[ADDRESS_TEXT_MAX];

	switch (key->kind) {
	case KIND_NAME:
	case KIND_INTERFACE:
	case KIND_PATH:
	case KIND_URL:
	case KIND_HOST:
	case KIND_CREDENTIALS:
	case KIND_TOKEN:
	case KIND_TEXT:
		conf_text_print(field, out);
		return;
	case KIND_CHOICE:
		print_choice(choice_of(key, field), out);
		return;
	case KIND_NUMBER:
		fprintf(out, "%d", number_of(key, field));
		return;
	case KIND_DURATION:
		fprintf(out, "\"%s\"", duration_text(((const struct duration *)field)->ns, text));
		return;
	case KIND_ENDPOINT:
		fprintf(out, "\"%s\"", endpoint->address.family ? endpoint_text(endpoint, text) : "");
		return;
	case KIND_ADDRESS:
	case KIND_NODE_ADDRESS:
	case KIND_VIP_ADDRESS:
		fprintf(out, "\"%s\"", address_text(field, key->kind == KIND_VIP_ADDRESS, text));
		return;
	case KIND_NODE:
	case KIND_SECTION:
		break;
	}
	assert(false && "a kind that prints by itself");
}
