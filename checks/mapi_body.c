#include "checks/mapi_body.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A line without its CR LF. */
struct line {
	const char *at;
	size_t length;
};

/* Cuts the next line off; false when none is whole. */
static bool next_line(struct line *rest, struct line *line)
{
	const char *end = memmem(rest->at, rest->length, "\r\n", 2);

	if (!end)
		return false;
	*line = (struct line){rest->at, (size_t)(end - rest->at)};
	rest->at += line->length + 2;
	rest->length -= line->length + 2;
	return true;
}

static bool is(const struct line *line, const char *word)
{
	return line->length == strlen(word) && memcmp(line->at, word, line->length) == 0;
}

/* The value of this header as a number. 0; 1 when it is another header, -1 when it is no number. */
static int read_code(const struct line *line, int *ret_code)
{
	static const char name[] = "X-ResponseCode:";
	size_t at = strlen(name), digits = 0;
	int code = 0;

	if (line->length < at || strncasecmp(line->at, name, at) != 0)
		return 1;
	while (at < line->length && line->at[at] == ' ')
		at++;
	for (; at < line->length && isdigit((unsigned char)line->at[at]) && digits < 9; at++, digits++)
		code = 10 * code + (line->at[at] - '0');
	if (digits == 0 || at != line->length)
		return -1;
	*ret_code = code;
	return 0;
}

/* Up to DONE. The first tag is PROCESSING wherever the answer took its time; not everywhere else. */
static enum mapi_body_refusal skip_tags(struct line *rest)
{
	struct line line;

	while (next_line(rest, &line)) {
		if (is(&line, "DONE"))
			return MAPI_BODY_OK;
		if (!is(&line, "PROCESSING") && !is(&line, "PENDING"))
			return MAPI_BODY_STRANGE;
	}
	return MAPI_BODY_CUT;
}

enum mapi_body_refusal mapi_body_read(const void *bytes, size_t length, struct mapi_body *body)
{
	struct line rest = {bytes, length}, line;
	enum mapi_body_refusal refusal = skip_tags(&rest);
	int code = -1;

	if (refusal)
		return refusal;
	for (;;) {
		if (!next_line(&rest, &line))
			return MAPI_BODY_CUT;
		if (line.length == 0)
			break;
		if (read_code(&line, &code) < 0)
			return MAPI_BODY_STRANGE;
	}
	*body = (struct mapi_body){code, (const uint8_t *)rest.at, rest.length};
	return MAPI_BODY_OK;
}

static uint32_t u32_of(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

enum mapi_body_refusal mapi_connect_read(const struct mapi_body *body, struct mapi_connect *connect)
{
	if (body->length < 4 || (u32_of(body->bytes) == 0 && body->length < 8))
		return MAPI_BODY_CUT;
	connect->status = u32_of(body->bytes);
	connect->error = connect->status == 0 ? u32_of(body->bytes + 4) : 0;
	return MAPI_BODY_OK;
}
