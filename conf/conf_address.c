/* See conf_address.h. No name is ever resolved here. */
#include "conf/conf_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int bits_of(const struct conf_address *address)
{
	return address->family == AF_INET ? 32 : 128;
}

int address_read(const char *text, struct conf_address *address, const char **ret_why)
{
	uint8_t bytes[16] = {0};
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, text, bytes) != 1) {
		*ret_why = strchr(text, '/') ? "has a prefix where none belongs" : "is not an IPv4 or IPv6 address";
		return -EINVAL;
	}
	address->family = family;
	address->prefix = (uint8_t)bits_of(address);
	memcpy(address->bytes, bytes, sizeof(bytes));
	return 0;
}

/* 1..most, in digits without a leading zero; 0 if it is anything else. */
static int read_small_number(const char *digits, int most)
{
	int number = 0;

	if (*digits == '0')
		return 0;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9' || (number = 10 * number + (*digits - '0')) > most)
			return 0;
	}
	return number;
}

int address_read_prefix(const char *text, struct conf_address *address, const char **ret_why)
{
	const char *slash = strchr(text, '/');
	struct conf_address parsed = {0};
	char host[INET6_ADDRSTRLEN];

	if (!slash) {
		int error = address_read(text, &parsed, ret_why);
		if (!error)
			*ret_why = parsed.family == AF_INET ? "has no prefix: write it like \"192.0.2.50/24\""
							    : "has no prefix: write it like \"2001:db8::50/64\"";
		return -EINVAL;
	}
	snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
	if (slash - text >= (int)sizeof(host) || address_read(host, &parsed, ret_why) != 0) {
		*ret_why = "is not an IPv4 or IPv6 address with a prefix";
		return -EINVAL;
	}
	int prefix = read_small_number(slash + 1, bits_of(&parsed));
	if (!prefix) {
		*ret_why = parsed.family == AF_INET ? "has a prefix outside 1..32" : "has a prefix outside 1..128";
		return -EINVAL;
	}
	address->family = parsed.family;
	address->prefix = (uint8_t)prefix;
	memcpy(address->bytes, parsed.bytes, sizeof(parsed.bytes));
	return 0;
}

/* "ADDRESS:PORT" or "[ADDRESS]:PORT" into its halves; false when it is neither. */
static bool split_endpoint(const char *text, char host[static INET6_ADDRSTRLEN], const char **ret_port)
{
	bool bracketed = *text == '[';
	const char *start = text + bracketed;
	const char *end = strchr(start, bracketed ? ']' : ':');

	if (!end || end - start >= INET6_ADDRSTRLEN || end[bracketed] != ':')
		return false;
	snprintf(host, INET6_ADDRSTRLEN, "%.*s", (int)(end - start), start);
	*ret_port = end + bracketed + 1;
	return bracketed == (strchr(host, ':') != NULL);
}

int endpoint_read(const char *text, struct conf_endpoint *endpoint, const char **ret_why)
{
	char host[INET6_ADDRSTRLEN];
	struct conf_address address = {0};
	const char *port_text, *why;

	if (!split_endpoint(text, host, &port_text) || address_read(host, &address, &why) != 0) {
		*ret_why = "is not ADDRESS:PORT or [ADDRESS]:PORT (names are not resolved)";
		return -EINVAL;
	}
	int port = read_small_number(port_text, UINT16_MAX);
	if (!port) {
		*ret_why = "has a port outside 1..65535";
		return -EINVAL;
	}
	why = address_unfit_for_node(&address);
	if (why) {
		*ret_why = why;
		return -EINVAL;
	}
	endpoint->address.family = address.family;
	endpoint->address.prefix = address.prefix;
	memcpy(endpoint->address.bytes, address.bytes, sizeof(address.bytes));
	endpoint->port = (uint16_t)port;
	return 0;
}

const char *address_text(const struct conf_address *address, bool with_prefix, char text[static ADDRESS_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(address->family, address->bytes, host, sizeof(host));
	if (with_prefix)
		snprintf(text, ADDRESS_TEXT_MAX, "%s/%d", host, address->prefix);
	else
		snprintf(text, ADDRESS_TEXT_MAX, "%s", host);
	return text;
}

const char *endpoint_text(const struct conf_endpoint *endpoint, char text[static ADDRESS_TEXT_MAX])
{
	char host[ADDRESS_TEXT_MAX];

	address_text(&endpoint->address, false, host);
	if (endpoint->address.family == AF_INET)
		snprintf(text, ADDRESS_TEXT_MAX, "%.15s:%d", host, endpoint->port);
	else
		snprintf(text, ADDRESS_TEXT_MAX, "[%.45s]:%d", host, endpoint->port);
	return text;
}

bool address_same(const struct conf_address *a, const struct conf_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

socklen_t address_to_socket(const struct conf_address *address, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
	struct sockaddr_in *four = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = (sa_family_t)address->family;
	if (address->family == AF_INET6) {
		six->sin6_port = htons(port);
		memcpy(&six->sin6_addr, address->bytes, sizeof(six->sin6_addr));
		return sizeof(*six);
	}
	if (address->family != AF_INET)
		return 0;
	four->sin_port = htons(port);
	memcpy(&four->sin_addr, address->bytes, sizeof(four->sin_addr));
	return sizeof(*four);
}

static bool are_all(const uint8_t *bytes, size_t count, uint8_t value)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* The bits behind the prefix are all of this kind. */
static bool host_bits_are(const struct conf_address *address, bool set)
{
	for (int bit = address->prefix; bit < bits_of(address); bit++)
		if (!!(address->bytes[bit / 8] & 0x80 >> bit % 8) != set)
			return false;
	return true;
}

static const char *unfit_ipv4(const uint8_t *bytes)
{
	if (bytes[0] == 0) /* RFC 1122 3.2.1.3: "this network" */
		return "is an unspecified address";
	if (bytes[0] >= 224 && bytes[0] < 240)
		return "is a multicast address";
	if (are_all(bytes, 4, 0xff))
		return "is the broadcast address";
	if (bytes[0] >= 240) /* RFC 1112 4 */
		return "is a reserved address";
	return NULL;
}

static const char *unfit_ipv6(const uint8_t *bytes)
{
	if (are_all(bytes, 16, 0))
		return "is the unspecified address";
	if (bytes[0] == 0xff)
		return "is a multicast address";
	if (are_all(bytes, 10, 0) && are_all(bytes + 10, 2, 0xff)) /* RFC 4291 2.5.5.2 */
		return "is an IPv4 address in IPv6 clothes";
	return NULL;
}

bool address_is_link_local(const struct conf_address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

const char *address_unfit_for_node(const struct conf_address *address)
{
	if (address_is_link_local(address)) /* means nothing without an interface, which the grammar cannot name here */
		return "is a link-local address";
	return address->family == AF_INET ? unfit_ipv4(address->bytes) : unfit_ipv6(address->bytes);
}

bool address_is_loopback(const struct conf_address *address)
{
	if (address->family == AF_INET)
		return address->bytes[0] == 127;
	return are_all(address->bytes, 15, 0) && address->bytes[15] == 1;
}

const char *address_unfit_for_vip(const struct conf_address *address)
{
	const char *why = address->family == AF_INET ? unfit_ipv4(address->bytes) : unfit_ipv6(address->bytes);
	bool has_network_address = address->prefix < bits_of(address) - 1; /* RFC 3021, RFC 6164: not /31, /127 */

	if (why)
		return why;
	if (address_is_loopback(address))
		return "is a loopback address";
	if (has_network_address && host_bits_are(address, false))
		return address->family == AF_INET ? "is the address of its network"
						  : "is the anycast address of its subnet's routers";
	if (has_network_address && address->family == AF_INET && host_bits_are(address, true))
		return "is the broadcast address of its network";
	return NULL;
}
