#include "checks/leaf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "conf/name_hash.h"

enum { RSA_BITS_MIN = 2048 };

static const char *value_of(const char *text, const char *label)
{
	size_t length = strlen(label);

	return strncmp(text, label, length) == 0 && text[length] == ':' ? text + length + 1 : NULL;
}

bool leaf_name_covers(const char *pattern, const char *name)
{
	const char *rest = strchr(name, '.');

	if (pattern[0] != '*' || pattern[1] != '.')
		return *pattern && strcasecmp(pattern, name) == 0;
	return rest && rest > name && strchr(pattern + 2, '.') && strcasecmp(pattern + 1, rest) == 0;
}

static const char *name_wanted(const struct leaf *leaf, int i)
{
	return i == 0 ? leaf->check->host : leaf->check->names[i - 1];
}

static void read_name(struct leaf *leaf, const char *text, size_t length)
{
	char pattern[CONF_TEXT_MAX];

	leaf->has_names = true;
	if (length >= sizeof(pattern))
		return;
	memcpy(pattern, text, length);
	pattern[length] = '\0';
	for (int i = 0; i <= leaf->check->name_count; i++)
		leaf->covers[i] |= leaf_name_covers(pattern, name_wanted(leaf, i));
}

/* "DNS:mail.example.net, DNS:*.example.net, IP Address:192.0.2.1" */
static void read_names(struct leaf *leaf, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, ",\n");

		if (length >= 4 && memcmp(text, "DNS:", 4) == 0)
			read_name(leaf, text + 4, length - 4);
		text += length;
		text += strspn(text, ", \n");
	}
}

/* "Dec  4 13:21:04 2026 GMT" */
static bool read_date(const char *text, int64_t *ret_seconds)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%b %d %H:%M:%S %Y GMT", &tm);
	time_t seconds = end && *end == '\0' ? timegm(&tm) : -1;

	if (seconds < 0)
		return false;
	*ret_seconds = seconds;
	return true;
}

/* RFC 5280 4.2.1.12, in OpenSSL's words. */
static bool is_for_servers(const char *uses)
{
	return strstr(uses, "TLS Web Server Authentication") || strstr(uses, "Any Extended Key Usage");
}

static bool is_weak_hash(const char *algorithm)
{
	return strcasestr(algorithm, "md5") || strcasestr(algorithm, "sha1") || strcasestr(algorithm, "md2") ||
	       strcasestr(algorithm, "md4");
}

static void read_pem(struct leaf *leaf, const char *text)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
	const char *from = strstr(text, begin);
	const char *to = from ? strstr(from + sizeof(begin) - 1, end) : NULL;

	if (!to)
		return;
	from += sizeof(begin) - 1;
	leaf->hashed = base64_sha256(from, (size_t)(to - from), leaf->sha256);
}

void leaf_line(struct leaf *leaf, const char *text)
{
	const char *value;

	if ((value = value_of(text, "X509v3 Subject Alternative Name")))
		read_names(leaf, value);
	else if ((value = value_of(text, "Start date")))
		leaf->begins = read_date(value, &leaf->not_before);
	else if ((value = value_of(text, "Expire date")))
		leaf->ends = read_date(value, &leaf->not_after);
	else if ((value = value_of(text, "X509v3 Extended Key Usage")))
		leaf->other_use = !is_for_servers(value);
	else if ((value = value_of(text, "Public Key Algorithm")))
		leaf->weak_key |= strcmp(value, "dsaEncryption") == 0;
	else if ((value = value_of(text, "RSA Public Key")))
		leaf->weak_key |= strtol(value, NULL, 10) < RSA_BITS_MIN;
	else if ((value = value_of(text, "Signature Algorithm")))
		leaf->weak_signature |= is_weak_hash(value);
	else if ((value = value_of(text, "Cert")))
		read_pem(leaf, value);
}
