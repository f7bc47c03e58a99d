#include "agent/web_page.h"

/* The assembler reads the file: no generator, no copy in another form. The Makefile names what this depends on. */
#define EMBED(name) \
	__asm__(".pushsection .rodata\n" \
		"web_" #name "_begin: .incbin \"agent/web/page." #name "\"\n" \
		"web_" #name "_end:\n" \
		".popsection\n"); \
	extern const char web_##name##_begin[] __attribute__((visibility("hidden"))); \
	extern const char web_##name##_end[] __attribute__((visibility("hidden"))); \
	struct web_file web_page_##name(void) \
	{ \
		return (struct web_file){web_##name##_begin, (size_t)(web_##name##_end - web_##name##_begin)}; \
	}

EMBED(html)
EMBED(css)
EMBED(js)
