/* DNS messages for tests, put together octet by octet. */
#pragma once

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct message {
	uint8_t bytes[2048];
	size_t length;
};

static inline void put16(struct message *message, unsigned value)
{
	message->bytes[message->length++] = (uint8_t)(value >> 8);
	message->bytes[message->length++] = (uint8_t)value;
}

static inline void put_name(struct message *message, const char *name)
{
	for (size_t label; *name; name += label + (name[label] == '.')) {
		label = strcspn(name, ".");
		message->bytes[message->length++] = (uint8_t)label;
		memcpy(message->bytes + message->length, name, label);
		message->length += label;
	}
	message->bytes[message->length++] = 0;
}

/* The head of an answer, and its question. */
static inline struct message dns_message(unsigned id, unsigned flags, const char *name, unsigned type)
{
	struct message message = {.length = 0};

	put16(&message, id);
	put16(&message, flags);
	put16(&message, 1);
	put16(&message, 0);
	put16(&message, 0);
	put16(&message, 0);
	put_name(&message, name);
	put16(&message, type);
	put16(&message, ns_c_in);
	return message;
}

static inline void put_record(struct message *message, const char *name, unsigned type, const void *data, size_t length)
{
	message->bytes[7]++; /* ANCOUNT */
	put_name(message, name);
	put16(message, type);
	put16(message, ns_c_in);
	put16(message, 0);
	put16(message, 300);
	put16(message, (unsigned)length);
	memcpy(message->bytes + message->length, data, length);
	message->length += length;
}

static inline void put_address(struct message *message, const char *name, const char *address)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	uint8_t bytes[16];

	inet_pton(family, address, bytes);
	put_record(message, name, family == AF_INET ? ns_t_a : ns_t_aaaa, bytes, family == AF_INET ? 4 : 16);
}

static inline void put_alias(struct message *message, const char *name, const char *target)
{
	struct message data = {.length = 0};

	put_name(&data, target);
	put_record(message, name, ns_t_cname, data.bytes, data.length);
}
