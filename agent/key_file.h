/* The file that holds the cluster's keys: read whole, and only when nobody but its owner could read or write it. */
#pragma once

#include "vrrp/seal.h"

enum { KEY_FILE_BYTES_MAX = 64 * 1024, KEY_FILE_WORDS_MAX = 256 };

/* Fills the ring. On failure the ring is untouched, `words` says what is wrong as "PATH: words" or "PATH:LINE: words"
 * (a long path is cut), and the return is -errno: -EPERM when others may use the file or it belongs to a stranger,
 * -EINVAL when it is no regular file or holds no good keys, -EFBIG, or what opening and reading it gave. A pipe does
 * not block. */
int key_file_read(const char *path, struct keyring *ring, char words[static KEY_FILE_WORDS_MAX]);
