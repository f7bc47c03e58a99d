#include "agent/page.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct page page_begin(char *text, size_t size)
{
	assert(size > 0 && size <= INT_MAX);
	text[0] = 0;
	return (struct page){.text = text, .size = size};
}

void page_print(struct page *page, const char *words, ...)
{
	size_t room = page->size - page->used;
	va_list list;
	int length;

	if (page->overflow)
		return;
	va_start(list, words);
	length = vsnprintf(page->text + page->used, room, words, list);
	va_end(list);
	if (length < 0 || (size_t)length >= room)
		page->overflow = true;
	else
		page->used += (size_t)length;
}

void page_bytes(struct page *page, const char *bytes, size_t length)
{
	if (length >= page->size - page->used)
		page->overflow = true;
	if (page->overflow)
		return;
	memcpy(page->text + page->used, bytes, length);
	page->used += length;
	page->text[page->used] = 0;
}

int page_end(const struct page *page)
{
	return page->overflow ? -ENOSPC : (int)page->used;
}
