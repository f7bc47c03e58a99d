/* A screen of casvipd's in colours: what deserves a look in red, a standby that is ready in green. */
#pragma once

#include <stdio.h>

/* Writes the text, with the sequences of ECMA-48 8.3.117 around such lines: they change colours and nothing else. */
void cli_paint(const char *text, FILE *out);

/* The same for one line of `length` bytes, without its newline. */
void cli_paint_line(const char *line, size_t length, FILE *out);
