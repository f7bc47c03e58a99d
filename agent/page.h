/* Text into a bounded buffer, never cut silently: what does not fit turns the whole page into an error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct page {
	char *text; /* lent, of `size` bytes */
	size_t size;
	size_t used; /* without the NUL */
	bool overflow;
};

struct page page_begin(char *text, size_t size);

void page_print(struct page *page, const char *words, ...) __attribute__((format(printf, 2, 3)));
void page_bytes(struct page *page, const char *bytes, size_t length);

/* The length of the NUL-terminated text, or -ENOSPC when it did not fit: the buffer then holds nothing of use. */
int page_end(const struct page *page);
