/* A small text file, whole: settings of the kernel, files of network managers. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* What fits of it, NUL-terminated; the length, or -errno: -EINVAL for what is no file. A pipe in the place
 * of the file does not block. */
ssize_t slurp_text(const char *path, char *text, size_t size);
