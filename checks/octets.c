#include "checks/octets.h"

#include <assert.h>
#include <string.h>

const uint8_t *octets_take(struct octets_in *in, size_t count)
{
	const uint8_t *taken;

	if (in->overrun || count > in->length || in->at > in->length - count) {
		in->overrun = true;
		return NULL;
	}
	taken = in->bytes + in->at;
	in->at += count;
	return taken;
}

uint8_t octets_get_u8(struct octets_in *in)
{
	const uint8_t *b = octets_take(in, 1);

	return b ? b[0] : 0;
}

uint16_t octets_get_u16(struct octets_in *in)
{
	const uint8_t *b = octets_take(in, 2);

	if (!b)
		return 0;
	if (in->big_endian)
		return (uint16_t)(b[0] << 8 | b[1]);
	return (uint16_t)(b[1] << 8 | b[0]);
}

uint32_t octets_get_u32(struct octets_in *in)
{
	const uint8_t *b = octets_take(in, 4);

	if (!b)
		return 0;
	if (in->big_endian)
		return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

void octets_align(struct octets_in *in, size_t unit)
{
	octets_take(in, -in->at & (unit - 1));
}

void octets_put(struct octets_out *out, const void *bytes, size_t count)
{
	assert(count <= out->room - out->at);
	if (count > 0)
		memcpy(out->bytes + out->at, bytes, count);
	out->at += count;
}

void octets_put_zeros(struct octets_out *out, size_t count)
{
	assert(count <= out->room - out->at);
	memset(out->bytes + out->at, 0, count);
	out->at += count;
}

void octets_put_u8(struct octets_out *out, uint8_t value)
{
	octets_put(out, &value, 1);
}

void octets_put_u16(struct octets_out *out, uint16_t value)
{
	octets_put(out, (uint8_t[]){(uint8_t)value, (uint8_t)(value >> 8)}, 2);
}

void octets_put_u32(struct octets_out *out, uint32_t value)
{
	octets_put_u16(out, (uint16_t)value);
	octets_put_u16(out, (uint16_t)(value >> 16));
}
