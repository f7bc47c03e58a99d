#include "agent/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char **ret_text, size_t *ret_length)
{
	char *text = malloc(CONF_FILE_MAX + 1);
	size_t length = 0;
	ssize_t n = -1;

	if (!text)
		return -ENOMEM;
	while (length <= CONF_FILE_MAX && (n = read(fd, text + length, CONF_FILE_MAX + 1 - length)) > 0)
		length += (size_t)n;
	if (n < 0 || length > CONF_FILE_MAX) {
		free(text);
		return n < 0 ? -errno : -EFBIG;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}

static int slurp(const char *path, char **ret_text, size_t *ret_length)
{
	struct stat stat;
	/* Non-blocking: a FIFO in the place of the file must not stop an agent that reloads. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) < 0)
		r = -errno;
	else if (!S_ISREG(stat.st_mode))
		r = S_ISDIR(stat.st_mode) ? -EISDIR : -EINVAL;
	else
		r = read_all(fd, ret_text, ret_length);
	close(fd);
	return r;
}

static struct conf *load_text(const char *text, size_t length, const char *path, FILE *findings)
{
	FILE *stream = length > 0 ? fmemopen((void *)(uintptr_t)text, length, "r") : fopen("/dev/null", "re");
	struct conf *conf;

	if (!stream)
		return NULL;
	conf = conf_load(stream, path, findings);
	fclose(stream);
	return conf;
}

void conf_file_quote(const char *findings, char quoted[static CONF_FINDING_MAX])
{
	snprintf(quoted, CONF_FINDING_MAX, "%.*s", (int)strcspn(findings, "\n"), findings);
	for (char *c = quoted; *c; c++)
		*c = *c == '"' ? '\'' : *c;
}

int conf_file_load(const char *path, FILE *findings, struct conf_file *file)
{
	struct conf_file read = {0};
	char *all = NULL;
	size_t size = 0;
	FILE *gathered;
	int r = slurp(path, &read.text, &read.length);

	file->finding[0] = '\0';
	if (r < 0) {
		snprintf(file->finding, sizeof(file->finding), "%s: %s%s", path, strerror(-r),
			 r == -EACCES && geteuid() != 0 ? ": not root?" : "");
		fprintf(findings, "%s\n", file->finding);
		return r;
	}
	gathered = open_memstream(&all, &size);
	if (!gathered) {
		free(read.text);
		return -ENOMEM;
	}
	errno = 0;
	read.conf = load_text(read.text, read.length, path, gathered);
	r = read.conf ? 0 : errno == ENOMEM || errno == EIO ? -errno : -EINVAL;
	if (fclose(gathered) != 0 && r == -EINVAL)
		r = -ENOMEM;
	if (r == -EINVAL) {
		fputs(all, findings);
		conf_file_quote(all, file->finding);
	}
	free(all);
	if (r < 0)
		free(read.text);
	else
		*file = read;
	return r;
}

void conf_file_done(struct conf_file *file)
{
	conf_free(file->conf);
	free(file->text);
	memset(file, 0, sizeof(*file));
}
