#include "checks/dns_answer.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { ALIASES_MAX = 16 };

/* Names as texts, whether they end with a dot or not. DNS names know no case (RFC 4343). */
static bool is_same(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);

	a_length -= a_length > 0 && a[a_length - 1] == '.';
	b_length -= b_length > 0 && b[b_length - 1] == '.';
	return a_length == b_length && strncasecmp(a, b, a_length) == 0;
}

static bool is_ours(ns_msg *message, const struct dns_question *question)
{
	ns_rr asked;

	return ns_msg_id(*message) == question->id && ns_msg_getflag(*message, ns_f_qr) &&
	       ns_msg_getflag(*message, ns_f_opcode) == ns_o_query && ns_msg_count(*message, ns_s_qd) == 1 &&
	       ns_parserr(message, ns_s_qd, 0, &asked) == 0 && ns_rr_type(asked) == question->type &&
	       ns_rr_class(asked) == ns_c_in && is_same(ns_rr_name(asked), question->name);
}

/* Goes from `name` to what it is an alias of. 1: there is an alias; 0: there is none; -1: malformed. */
static int follow_alias(ns_msg *message, char name[static NS_MAXDNAME])
{
	char target[NS_MAXDNAME];
	ns_rr record;

	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		if (ns_parserr(message, ns_s_an, i, &record) < 0)
			return -1;
		if (ns_rr_type(record) != ns_t_cname || ns_rr_class(record) != ns_c_in ||
		    !is_same(ns_rr_name(record), name))
			continue;
		if (ns_name_uncompress(ns_msg_base(*message), ns_msg_end(*message), ns_rr_rdata(record), target,
				       sizeof(target)) < 0)
			return -1;
		snprintf(name, NS_MAXDNAME, "%s", target);
		return 1;
	}
	return 0;
}

/* The addresses of exactly this name. False: malformed. */
static bool gather(ns_msg *message, const char *name, uint16_t type, struct dns_answer *answer)
{
	size_t bytes = type == ns_t_a ? NS_INADDRSZ : NS_IN6ADDRSZ;
	ns_rr record;

	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		struct conf_address *address = &answer->address[answer->addresses];

		if (ns_parserr(message, ns_s_an, i, &record) < 0)
			return false;
		if (ns_rr_type(record) != type || ns_rr_class(record) != ns_c_in ||
		    !is_same(ns_rr_name(record), name))
			continue;
		if (ns_rr_rdlen(record) != bytes)
			return false;
		if (answer->addresses++ >= DNS_ADDRESSES_MAX)
			continue;
		address->family = type == ns_t_a ? AF_INET : AF_INET6;
		address->prefix = (uint8_t)(8 * bytes);
		memcpy(address->bytes, ns_rr_rdata(record), bytes);
	}
	return true;
}

enum dns_kind dns_answer_read(const uint8_t *message, size_t length, const struct dns_question *question,
			      struct dns_answer *answer)
{
	struct dns_answer made = {0};
	char name[NS_MAXDNAME];
	ns_msg parsed;
	int alias = 1;

	if (length > NS_MAXMSG || ns_initparse(message, (int)length, &parsed) < 0)
		return length >= 2 && (message[0] << 8 | message[1]) == question->id ? DNS_BAD : DNS_NOT_OURS;
	if (!is_ours(&parsed, question))
		return DNS_NOT_OURS;
	if (ns_msg_getflag(parsed, ns_f_tc))
		return DNS_TRUNCATED;
	made.rcode = ns_msg_getflag(parsed, ns_f_rcode);
	*answer = made;
	if (made.rcode != ns_r_noerror)
		return DNS_FAILED;
	snprintf(name, sizeof(name), "%s", question->name);
	for (int aliases = 0; alias > 0 && aliases < ALIASES_MAX; aliases++)
		alias = follow_alias(&parsed, name);
	if (alias != 0 || !gather(&parsed, name, question->type, &made))
		return DNS_BAD;
	*answer = made;
	return DNS_ADDRESSES;
}
