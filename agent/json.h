/* JSON (RFC 8259) onto a page: one line, valid or an error, never a cut document.
 *
 * `key` names a member inside an object and is NULL inside an array and for the outermost value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/page.h"

struct json {
	struct page page;
	bool follows; /* a value stands before this place: a comma is due */
};

struct json json_begin(char *text, size_t size);

void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);

/* Bytes that are not UTF-8 become U+FFFD: the document stays valid whatever a service answered. */
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/* The length of the document, or -ENOSPC. */
int json_end(struct json *json);
