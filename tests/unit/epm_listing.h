/* Replies to ept_lookup with entries as wanted, made of the example's tower. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "checks/epm.h"
#include "checks/octets.h"
#include "tests/unit/dcerpc_examples.h"

enum { LISTING_HEADER = 24, LISTING_MAX = 128 * 1024, LISTING_TCP = 0x07, LISTING_HTTP = 0x1f, LISTING_TOWER = 75 };

struct listed {
	const struct dcerpc_syntax *interface; /* NULL: an entry without a tower */
	uint8_t protocol;
	const char *annotation;
};

struct listing {
	size_t length;
	bool big_endian;
	uint8_t bytes[LISTING_MAX]; /* a response PDU with LISTING_HEADER octets of header */
};

static const uint8_t listing_handle[EPM_HANDLE_BYTES] = {0, 0, 0, 0, 0x49, 0x8c, 0xe9, 0xd9};
static const uint8_t listing_no_handle[EPM_HANDLE_BYTES] = {0};

static void listing_begin(struct listing *listing, struct octets_out *out,
			  const uint8_t handle[static EPM_HANDLE_BYTES], uint32_t count)
{
	*out = (struct octets_out){.bytes = listing->bytes, .room = LISTING_MAX};
	octets_put(out, example_ept_lookup_emsmdb, LISTING_HEADER);
	octets_put(out, handle, EPM_HANDLE_BYTES);
	octets_put_u32(out, count);
	octets_put_u32(out, count);
	octets_put_u32(out, 0);
	octets_put_u32(out, count);
}

static void listing_head(struct octets_out *out, const struct listed *listed)
{
	uint32_t length = (uint32_t)strlen(listed->annotation) + 1;

	octets_put_zeros(out, 16);
	octets_put_u32(out, listed->interface != NULL);
	octets_put_u32(out, 0);
	octets_put_u32(out, length);
	octets_put(out, listed->annotation, length);
	octets_put_zeros(out, -length & 3);
}

static void listing_tower(struct octets_out *out, const struct listed *listed)
{
	enum { AT_TOWER = 0x88, AT_UUID = 5, AT_MAJOR = 21, AT_PROTOCOL = 61 };
	uint8_t tower[LISTING_TOWER];

	memcpy(tower, example_ept_lookup_emsmdb + AT_TOWER, sizeof(tower));
	memcpy(tower + AT_UUID, listed->interface->uuid, 16);
	tower[AT_MAJOR] = (uint8_t)listed->interface->major;
	tower[AT_PROTOCOL] = listed->protocol;
	octets_put_u32(out, LISTING_TOWER);
	octets_put_u32(out, LISTING_TOWER);
	octets_put(out, tower, sizeof(tower));
	octets_put_zeros(out, 1);
}

/* A page of `count` entries, `status` and `handle` as the mapper would send it, in one PDU (its length field holds only
 * while it is shorter than 64 KiB). */
static void listing_make(struct listing *listing, const uint8_t handle[static EPM_HANDLE_BYTES],
			 const struct listed *listed, uint32_t count, uint32_t status)
{
	struct octets_out out;

	listing_begin(listing, &out, handle, count);
	for (uint32_t i = 0; i < count; i++)
		listing_head(&out, &listed[i]);
	for (uint32_t i = 0; i < count; i++)
		if (listed[i].interface)
			listing_tower(&out, &listed[i]);
	octets_put_u32(&out, status);
	listing->length = out.at;
	listing->big_endian = false;
	listing->bytes[8] = (uint8_t)out.at;
	listing->bytes[9] = (uint8_t)(out.at >> 8);
}

/* The reply as the PDU reader gives it. */
static inline struct dcerpc_reply listing_reply(struct listing *listing)
{
	return (struct dcerpc_reply){
		.type = DCERPC_RESPONSE,
		.stub = listing->bytes + LISTING_HEADER,
		.stub_bytes = listing->length - LISTING_HEADER,
		.big_endian = listing->big_endian,
	};
}
