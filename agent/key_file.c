#include "agent/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_OF_OTHERS = S_IRWXG | S_IRWXO };

static int refuse(int error, const char *path, const char *why, char words[static KEY_FILE_WORDS_MAX])
{
	snprintf(words, KEY_FILE_WORDS_MAX, "%.180s: %s", path, why);
	return error;
}

static int refuse_open(int error, const char *path, char words[static KEY_FILE_WORDS_MAX])
{
	if (error == -ENOENT)
		return refuse(error, path, "no such file: copy it from another node, or see casvipctl keygen", words);
	if (error == -EACCES && geteuid() != 0)
		return refuse(error, path, "Permission denied: not root?", words);
	return refuse(error, path, strerror(-error), words);
}

static int judge(int fd, const char *path, char words[static KEY_FILE_WORDS_MAX])
{
	struct stat is;

	if (fstat(fd, &is) < 0)
		return refuse(-errno, path, strerror(errno), words);
	if (!S_ISREG(is.st_mode))
		return refuse(-EINVAL, path, "not a regular file", words);
	if (is.st_uid != 0 && is.st_uid != geteuid())
		return refuse(-EPERM, path, "belongs to another user: chown root", words);
	if (is.st_mode & MODE_OF_OTHERS)
		return refuse(-EPERM, path, "others than its owner may use it: chmod 0600", words);
	return 0;
}

/* The bytes read, or -errno; more than KEY_FILE_BYTES_MAX when there are more. */
static ssize_t read_all(int fd, char text[static KEY_FILE_BYTES_MAX + 1])
{
	size_t have = 0;

	while (have < KEY_FILE_BYTES_MAX + 1) {
		ssize_t n = read(fd, text + have, KEY_FILE_BYTES_MAX + 1 - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int read_ring(int fd, const char *path, char *text, struct keyring *ring, char words[static KEY_FILE_WORDS_MAX])
{
	ssize_t length = read_all(fd, text);
	enum keyring_refusal refusal;
	int line;

	if (length < 0)
		return refuse((int)length, path, strerror((int)-length), words);
	if (length > KEY_FILE_BYTES_MAX)
		return refuse(-EFBIG, path, "larger than 64 KiB", words);
	refusal = keyring_read(text, (size_t)length, ring, &line);
	if (refusal == KEYRING_OK)
		return 0;
	snprintf(words, KEY_FILE_WORDS_MAX, "%.180s:%d: %s", path, line, keyring_refusal_words(refusal));
	return -EINVAL;
}

int key_file_read(const char *path, struct keyring *ring, char words[static KEY_FILE_WORDS_MAX])
{
	char *text;
	int r, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return refuse_open(-errno, path, words);
	text = malloc(KEY_FILE_BYTES_MAX + 1);
	r = text ? judge(fd, path, words) : refuse(-ENOMEM, path, "no memory to read it", words);
	if (r == 0) {
		r = read_ring(fd, path, text, ring, words);
		explicit_bzero(text, KEY_FILE_BYTES_MAX + 1);
	}
	free(text);
	close(fd);
	return r;
}
