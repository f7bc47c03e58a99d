#include "checks/epm.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
	FLOOR_UUID = 0x0d,
	FLOOR_CONNECTION_ORIENTED = 0x0b,
	FLOOR_TCP = 0x07,
	FLOOR_IPV4 = 0x09,
	TOWER_BYTES = 75, /* five floors: interface, transfer syntax, protocol, port, host */
	INQUIRE_ALL = 0,
	VERSION_ALL = 1,
};

const struct dcerpc_syntax epm_syntax = {
	.uuid = {0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa},
	.major = 3,
};

static void put_uuid_floor(struct octets_out *out, const struct dcerpc_syntax *syntax)
{
	octets_put_u16(out, 1 + sizeof(syntax->uuid) + 2);
	octets_put_u8(out, FLOOR_UUID);
	octets_put(out, syntax->uuid, sizeof(syntax->uuid));
	octets_put_u16(out, syntax->major);
	octets_put_u16(out, 2);
	octets_put_u16(out, syntax->minor);
}

/* A floor whose right-hand side is still open: `zeros` octets of it. */
static void put_open_floor(struct octets_out *out, uint8_t protocol, uint16_t zeros)
{
	octets_put_u16(out, 1);
	octets_put_u8(out, protocol);
	octets_put_u16(out, zeros);
	octets_put_zeros(out, zeros);
}

static void put_tower(struct octets_out *out, const struct dcerpc_syntax *interface)
{
	octets_put_u16(out, 5);
	put_uuid_floor(out, interface);
	put_uuid_floor(out, &dcerpc_ndr);
	put_open_floor(out, FLOOR_CONNECTION_ORIENTED, 2);
	put_open_floor(out, FLOOR_TCP, 2);
	put_open_floor(out, FLOOR_IPV4, 4);
}

void epm_map_request(uint8_t stub[static EPM_MAP_REQUEST_BYTES], const struct dcerpc_syntax *interface)
{
	struct octets_out out = {.bytes = stub, .room = EPM_MAP_REQUEST_BYTES};

	octets_put_u32(&out, 1);           /* pointer to the object: */
	octets_put_zeros(&out, 16);        /* nil */
	octets_put_u32(&out, 2);           /* pointer to the tower: */
	octets_put_u32(&out, TOWER_BYTES); /* conformance, */
	octets_put_u32(&out, TOWER_BYTES); /* length, */
	put_tower(&out, interface);
	octets_put_zeros(&out, 1); /* and a pad to 4 */
	octets_put_zeros(&out, EPM_HANDLE_BYTES);
	octets_put_u32(&out, EPM_TOWERS_MAX);
	assert(out.at == EPM_MAP_REQUEST_BYTES);
}

/* What a tower says. */
struct tower {
	struct dcerpc_syntax interface;
	uint16_t tcp_port; /* 0: not a TCP endpoint */
};

struct side {
	const uint8_t *bytes;
	uint16_t length;
};

static struct side side_read(struct octets_in *in)
{
	struct side side = {.length = octets_get_u16(in)};

	side.bytes = octets_take(in, side.length);
	return side;
}

/* Floor 1. Its integers are little-endian whatever the stub's are. */
static bool interface_read(struct octets_in *in, struct dcerpc_syntax *interface)
{
	struct side left = side_read(in), right = side_read(in);

	if (in->overrun || left.length != 19 || left.bytes[0] != FLOOR_UUID || right.length != 2)
		return false;
	memcpy(interface->uuid, left.bytes + 1, sizeof(interface->uuid));
	interface->major = (uint16_t)(left.bytes[17] | left.bytes[18] << 8);
	interface->minor = (uint16_t)(right.bytes[0] | right.bytes[1] << 8);
	return true;
}

/* Any further floor. A port is big-endian, whatever the stub's integers are. */
static void floor_read(struct octets_in *in, struct tower *tower)
{
	struct side left = side_read(in), right = side_read(in);

	if (in->overrun || left.length != 1 || left.bytes[0] != FLOOR_TCP || right.length != 2)
		return;
	tower->tcp_port = (uint16_t)(right.bytes[0] << 8 | right.bytes[1]);
}

/* A tower with its two lengths, as it stands in a stub. False when malformed; floors of unknown kinds are skipped. */
static bool tower_read(struct octets_in *stub, struct tower *tower)
{
	struct octets_in in = {0};
	uint32_t conformance, length;
	uint16_t floors;

	octets_align(stub, 4);
	conformance = octets_get_u32(stub);
	length = octets_get_u32(stub);
	in.bytes = octets_take(stub, length);
	if (conformance != length || !in.bytes)
		return false;
	in.length = length;
	floors = octets_get_u16(&in);
	*tower = (struct tower){0};
	if (floors == 0 || !interface_read(&in, &tower->interface))
		return false;
	for (int floor = 1; floor < floors && !in.overrun; floor++)
		floor_read(&in, tower);
	return !in.overrun;
}

static bool leads_to(const struct tower *tower, const struct dcerpc_syntax *interface)
{
	return tower->interface.major == interface->major &&
	       memcmp(tower->interface.uuid, interface->uuid, sizeof(interface->uuid)) == 0;
}

/* The array of towers: how many pointers it has that are not NULL. -1: malformed. */
static int towers_announced(struct octets_in *in)
{
	uint32_t towers = octets_get_u32(in), most = octets_get_u32(in);
	uint32_t first = octets_get_u32(in), actual = octets_get_u32(in);
	int announced = 0;

	if (actual > EPM_TOWERS_MAX || actual > most || actual != towers || first != 0)
		return -1;
	for (uint32_t i = 0; i < actual; i++)
		announced += octets_get_u32(in) != 0;
	return in->overrun ? -1 : announced;
}

static enum epm_answer classify(const struct epm_mapped *mapped, int towers)
{
	if (mapped->status == EPM_NOT_REGISTERED_STATUS)
		return EPM_NOT_REGISTERED;
	if (mapped->status != 0)
		return EPM_STATUS;
	if (mapped->port != 0)
		return EPM_PORT;
	return towers > 0 ? EPM_NO_PORT : EPM_NOT_REGISTERED;
}

struct epm_mapped epm_map_reply(const struct dcerpc_reply *reply, const struct dcerpc_syntax *interface)
{
	struct octets_in in = {.bytes = reply->stub, .length = reply->stub_bytes, .big_endian = reply->big_endian};
	struct epm_mapped mapped = {.answer = EPM_MALFORMED};
	struct tower tower;
	int towers;

	octets_take(&in, EPM_HANDLE_BYTES);
	towers = towers_announced(&in);
	if (towers < 0)
		return mapped;
	for (int i = 0; i < towers; i++) {
		if (!tower_read(&in, &tower))
			return mapped;
		if (mapped.port == 0 && leads_to(&tower, interface))
			mapped.port = tower.tcp_port;
	}
	octets_align(&in, 4);
	mapped.status = octets_get_u32(&in);
	if (!in.overrun)
		mapped.answer = classify(&mapped, towers);
	return mapped;
}

void epm_lookup_request(uint8_t stub[static EPM_LOOKUP_REQUEST_BYTES], const uint8_t handle[static EPM_HANDLE_BYTES],
			uint32_t most)
{
	struct octets_out out = {.bytes = stub, .room = EPM_LOOKUP_REQUEST_BYTES};

	octets_put_u32(&out, INQUIRE_ALL);
	octets_put_u32(&out, 0); /* no object */
	octets_put_u32(&out, 0); /* no interface */
	octets_put_u32(&out, VERSION_ALL);
	octets_put(&out, handle, EPM_HANDLE_BYTES);
	octets_put_u32(&out, most);
	assert(out.at == EPM_LOOKUP_REQUEST_BYTES);
}

/* An entry without its tower, which stands behind all entries. True when it has one. */
static bool head_read(struct octets_in *in, struct epm_entry *entry)
{
	uint32_t tower, first, length;
	const uint8_t *text;

	octets_align(in, 4);
	octets_take(in, 16); /* the object */
	tower = octets_get_u32(in);
	first = octets_get_u32(in);
	length = octets_get_u32(in);
	text = octets_take(in, length);
	in->overrun = in->overrun || first != 0 || length > EPM_ANNOTATION_MAX;
	memset(entry->annotation, 0, sizeof(entry->annotation));
	if (in->overrun)
		return false;
	memcpy(entry->annotation, text, length < EPM_ANNOTATION_MAX ? length : EPM_ANNOTATION_MAX - 1);
	return tower != 0;
}

bool epm_page_next(struct epm_page *page, struct epm_entry *entry)
{
	struct tower tower;

	while (page->at < page->entries) {
		page->at++;
		if (!head_read(&page->heads, entry))
			continue;
		if (!tower_read(&page->towers, &tower)) {
			page->towers.overrun = true;
			return false;
		}
		entry->interface = tower.interface;
		entry->tcp_port = tower.tcp_port;
		return true;
	}
	return false;
}

/* Reads it all once: the towers begin where the entries end, and the status stands behind both. */
static bool is_whole(struct epm_page *page)
{
	struct epm_page copy;
	struct epm_entry entry;
	struct octets_in *towers = &page->towers;

	*towers = page->heads;
	for (uint32_t i = 0; i < page->entries && !towers->overrun; i++)
		head_read(towers, &entry);
	copy = *page;
	while (epm_page_next(&copy, &entry))
		;
	octets_align(&copy.towers, 4);
	page->status = octets_get_u32(&copy.towers);
	return !copy.heads.overrun && !copy.towers.overrun;
}

bool epm_lookup_reply(const struct dcerpc_reply *reply, uint32_t most, struct epm_page *page)
{
	struct octets_in in = {.bytes = reply->stub, .length = reply->stub_bytes, .big_endian = reply->big_endian};
	const uint8_t *handle = octets_take(&in, EPM_HANDLE_BYTES);
	uint32_t entries = octets_get_u32(&in), room = octets_get_u32(&in);
	uint32_t first = octets_get_u32(&in), actual = octets_get_u32(&in);

	if (in.overrun || entries > most || actual != entries || actual > room || first != 0)
		return false;
	*page = (struct epm_page){.entries = entries, .heads = in};
	memcpy(page->handle, handle, EPM_HANDLE_BYTES);
	return is_whole(page);
}

bool epm_page_goes_on(const struct epm_page *page)
{
	static const uint8_t none[EPM_HANDLE_BYTES];

	return page->status == 0 && page->entries > 0 && memcmp(page->handle, none, sizeof(none)) != 0;
}
