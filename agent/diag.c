#include "agent/diag.h"

#include <arpa/inet.h>
#include <assert.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

struct diag_request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

static_assert(sizeof(struct diag_request) == DIAG_END_BYTES, "no padding");

enum {
	JUMP_BYTES = sizeof(struct inet_diag_bc_op),
	CONDITION_MOST = sizeof(struct inet_diag_bc_op) + sizeof(struct inet_diag_hostcond) + 16,
};
static_assert(DIAG_END_BYTES + sizeof(struct nlattr) + DIAG_ADDRESSES_MAX * (CONDITION_MOST + JUMP_BYTES) <=
	      DIAG_LIST_MAX, "a list's request has room for every address");

static size_t address_bytes(const struct conf_address *address)
{
	return address->family == AF_INET ? 4 : 16;
}

static size_t condition_bytes(const struct conf_address *address)
{
	return sizeof(struct inet_diag_bc_op) + sizeof(struct inet_diag_hostcond) + address_bytes(address);
}

/* Is this the connection's local address? Then what follows is next, else what follows behind the jump. */
static size_t put_condition(uint8_t *to, const struct conf_address *address)
{
	size_t bytes = condition_bytes(address);
	const struct inet_diag_bc_op op = {INET_DIAG_BC_S_COND, (uint8_t)bytes, (uint16_t)(bytes + JUMP_BYTES)};
	const struct inet_diag_hostcond condition = {
		.family = (uint8_t)address->family,
		.prefix_len = (uint8_t)(8 * address_bytes(address)),
		.port = -1,
	};

	memcpy(to, &op, sizeof(op));
	memcpy(to + sizeof(op), &condition, sizeof(condition));
	memcpy(to + sizeof(op) + sizeof(condition), address->bytes, address_bytes(address));
	return bytes;
}

/* Any of the addresses will do: behind each condition but the last a jump leads to the end of the program, which is to
 * accept; past the end is to refuse. Linux net/ipv4/inet_diag.c: inet_diag_bc_run(), inet_diag_bc_audit(). */
static size_t put_filter(uint8_t *to, const struct conf_address *address, int addresses)
{
	size_t left = 0, at = 0;

	for (int i = 0; i < addresses; i++)
		left += condition_bytes(&address[i]) + JUMP_BYTES;
	left -= JUMP_BYTES;
	for (int i = 0; i < addresses; i++) {
		at += put_condition(to + at, &address[i]);
		if (i + 1 < addresses) {
			const struct inet_diag_bc_op jump = {INET_DIAG_BC_JMP, JUMP_BYTES, (uint16_t)(left - at)};

			memcpy(to + at, &jump, sizeof(jump));
			at += JUMP_BYTES;
		}
	}
	return at;
}

static uint32_t states(enum diag_scope scope)
{
	const uint32_t established = 1U << TCP_ESTABLISHED;

	if (scope == DIAG_ESTABLISHED)
		return established;
	return established | 1U << TCP_FIN_WAIT1 | 1U << TCP_FIN_WAIT2 | 1U << TCP_CLOSE_WAIT | 1U << TCP_LAST_ACK |
	       1U << TCP_CLOSING;
}

size_t diag_list(uint8_t request[static DIAG_LIST_MAX], int family, enum diag_scope scope, uint32_t seq,
		 const struct conf_address *address, int addresses)
{
	struct diag_request question = {
		.header = {.nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			   .nlmsg_seq = seq},
		.body = {.sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = states(scope)},
	};
	struct nlattr filter = {.nla_type = INET_DIAG_REQ_BYTECODE};
	size_t bytes;

	assert(addresses >= 1 && addresses <= DIAG_ADDRESSES_MAX);
	bytes = put_filter(request + sizeof(question) + sizeof(filter), address, addresses);
	filter.nla_len = (uint16_t)(sizeof(filter) + bytes);
	question.header.nlmsg_len = (uint32_t)(sizeof(question) + filter.nla_len);
	memcpy(request, &question, sizeof(question));
	memcpy(request + sizeof(question), &filter, sizeof(filter));
	return question.header.nlmsg_len;
}

static bool is_mapped(const uint8_t address[static 16])
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

/* As the kernel writes an address: at the front, or behind the prefix of a mapped one. */
static void put_address(const struct diag_connection *connection, const struct conf_address *address,
			__be32 to[static 4])
{
	uint8_t bytes[16] = {0};

	if (connection->mapped) {
		bytes[10] = bytes[11] = 0xff;
		memcpy(bytes + 12, address->bytes, 4);
	} else {
		memcpy(bytes, address->bytes, address_bytes(address));
	}
	memcpy(to, bytes, sizeof(bytes));
}

static struct conf_address get_address(int family, bool mapped, const __be32 from[static 4])
{
	struct conf_address address = {.family = mapped ? AF_INET : family};
	const uint8_t *bytes = (const uint8_t *)from;

	address.prefix = (uint8_t)(8 * address_bytes(&address));
	memcpy(address.bytes, mapped ? bytes + 12 : bytes, address_bytes(&address));
	return address;
}

void diag_end(uint8_t request[static DIAG_END_BYTES], uint32_t seq, const struct diag_connection *connection)
{
	struct diag_request question = {
		.header = {.nlmsg_len = sizeof(question), .nlmsg_type = SOCK_DESTROY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = seq},
		.body = {.sdiag_family = (uint8_t)(connection->mapped ? AF_INET6 : connection->local.family),
			 .sdiag_protocol = IPPROTO_TCP},
	};
	struct inet_diag_sockid *id = &question.body.id;

	id->idiag_sport = htons(connection->local_port);
	id->idiag_dport = htons(connection->remote_port);
	put_address(connection, &connection->local, id->idiag_src);
	put_address(connection, &connection->remote, id->idiag_dst);
	id->idiag_if = connection->interface;
	memcpy(id->idiag_cookie, connection->cookie, sizeof(id->idiag_cookie));
	memcpy(request, &question, sizeof(question));
}

static bool read_connection(const struct nlmsghdr *message, struct diag_connection *connection)
{
	struct inet_diag_msg body;
	bool mapped;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(body)))
		return false;
	memcpy(&body, NLMSG_DATA(message), sizeof(body));
	if (body.idiag_family != AF_INET && body.idiag_family != AF_INET6)
		return false;
	mapped = body.idiag_family == AF_INET6 && is_mapped((const uint8_t *)body.id.idiag_src);
	if (mapped && !is_mapped((const uint8_t *)body.id.idiag_dst))
		return false;
	*connection = (struct diag_connection){
		.local = get_address(body.idiag_family, mapped, body.id.idiag_src),
		.remote = get_address(body.idiag_family, mapped, body.id.idiag_dst),
		.local_port = ntohs(body.id.idiag_sport),
		.remote_port = ntohs(body.id.idiag_dport),
		.mapped = mapped,
		.interface = body.id.idiag_if,
	};
	memcpy(connection->cookie, body.id.idiag_cookie, sizeof(connection->cookie));
	return true;
}

static enum diag_news read_message(const struct nlmsghdr *message, uint32_t seq, struct diag_connection *connection,
				   int *error)
{
	struct nlmsgerr refusal;

	if (message->nlmsg_seq != seq)
		return DIAG_OTHER;
	switch (message->nlmsg_type) {
	case SOCK_DIAG_BY_FAMILY:
		return read_connection(message, connection) ? DIAG_CONNECTION : DIAG_OTHER;
	case NLMSG_DONE:
		return DIAG_DONE;
	case NLMSG_ERROR:
		if (message->nlmsg_len < NLMSG_LENGTH(sizeof(refusal)))
			return DIAG_OTHER;
		memcpy(&refusal, NLMSG_DATA(message), sizeof(refusal));
		*error = refusal.error;
		return DIAG_ERROR;
	default:
		return DIAG_OTHER;
	}
}

enum diag_news diag_read(const void *answer, size_t length, uint32_t seq, size_t *at,
			 struct diag_connection *connection, int *error)
{
	const struct nlmsghdr *message = (const void *)((const uint8_t *)answer + *at);
	size_t left = length > *at ? length - *at : 0;

	if (!NLMSG_OK(message, left))
		return DIAG_NOTHING;
	*at += NLMSG_ALIGN(message->nlmsg_len);
	return read_message(message, seq, connection, error);
}
