#include "agent/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_TRIES = 3 };

bool journal_init(struct journal *journal, const char *directory)
{
	*journal = (struct journal){.fd = -1};
	return snprintf(journal->path, JOURNAL_PATH_MAX, "%s/events.log", directory) < JOURNAL_PATH_MAX &&
	       snprintf(journal->old, JOURNAL_PATH_MAX, "%s/events.old", directory) < JOURNAL_PATH_MAX;
}

void journal_close(struct journal *journal)
{
	journal_sync(journal);
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}

/* A file that does not end with a newline ends with a torn record. */
static bool ends_torn(int fd, off_t size)
{
	char last;

	return size > 0 && (pread(fd, &last, 1, size - 1) != 1 || last != '\n');
}

static int open_file(struct journal *journal)
{
	struct stat stat;
	int fd, error;

	if (journal->fd >= 0)
		return 0;
	/* Non-blocking: a FIFO in its place must not stop us. */
	fd = open(journal->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		error = S_ISREG(stat.st_mode) ? -errno : -EINVAL;
		close(fd);
		return error;
	}
	journal->fd = fd;
	journal->size = (size_t)stat.st_size;
	journal->torn = ends_torn(fd, stat.st_size);
	return 0;
}

static int rotate(struct journal *journal)
{
	journal_close(journal);
	if (rename(journal->path, journal->old) < 0)
		return -errno;
	return open_file(journal);
}

static int write_bytes(struct journal *journal, const char *bytes, size_t length)
{
	ssize_t n = write(journal->fd, bytes, length);

	if (n < 0)
		return -errno;
	journal->size += (size_t)n;
	journal->dirty = true;
	journal->torn = (size_t)n < length;
	return journal->torn ? -ENOSPC : 0;
}

int journal_append(struct journal *journal, const struct journal_record *record)
{
	char line[JOURNAL_LINE_MAX + 1] = "\n"; /* ends a torn record, where there is one */
	size_t length = (size_t)journal_print(record, line + 1);
	int error = open_file(journal);

	if (error == 0 && journal->size + length + 1 > JOURNAL_FILE_MAX)
		error = rotate(journal);
	if (error == 0)
		error = write_bytes(journal, line + !journal->torn, length + journal->torn);
	if (error < 0 && journal->fd >= 0 && error != -ENOSPC) { /* whatever it is: the next one finds the file anew */
		close(journal->fd);
		journal->fd = -1;
	}
	return error;
}

int journal_sync(struct journal *journal)
{
	if (!journal->dirty || journal->fd < 0)
		return 0;
	journal->dirty = false;
	return fdatasync(journal->fd) < 0 ? -errno : 0;
}

/* Reading. */

struct reading {
	journal_record_fn *each;
	void *context;
	unsigned long damaged;
};

static int read_file(int fd, struct reading *reading)
{
	struct journal_scan scan = {0};
	char bytes[16384];
	size_t sum = 0;
	ssize_t n = 0;

	while (sum < JOURNAL_FILE_MAX && (n = read(fd, bytes, sizeof(bytes))) > 0) {
		journal_scan_bytes(&scan, bytes, (size_t)n, reading->each, reading->context);
		sum += (size_t)n;
	}
	journal_scan_end(&scan, reading->each, reading->context);
	reading->damaged += scan.damaged;
	return n < 0 ? -errno : 0;
}

/* Root may read what casvip-events has put there: its own files, and no link to others or to a device. */
static int open_to_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	struct stat is;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

static bool is_same_file(const char *path, int fd)
{
	struct stat there, here;

	return stat(path, &there) == 0 && fstat(fd, &here) == 0 && there.st_dev == here.st_dev &&
	       there.st_ino == here.st_ino;
}

/* Both files of one instant: between the two calls the newer may become the older, and a new one begin. */
static void open_both(const struct journal *journal, int *ret_old, int *ret_new)
{
	for (int i = 0; i < READ_TRIES; i++) {
		*ret_old = open_to_read(journal->old);
		*ret_new = open_to_read(journal->path);
		if (*ret_old < 0 ? access(journal->old, F_OK) < 0 : is_same_file(journal->old, *ret_old))
			return;
		if (*ret_old >= 0)
			close(*ret_old);
		if (*ret_new >= 0)
			close(*ret_new);
	}
	*ret_old = *ret_new = -EAGAIN;
}

int journal_read(const struct journal *journal, journal_record_fn *each, void *context, unsigned long *ret_damaged)
{
	struct reading reading = {each, context, 0};
	int file[2], error = 0;

	open_both(journal, &file[0], &file[1]);
	if (file[0] < 0 && file[1] < 0)
		return file[0] == -ENOENT ? file[1] : file[0];
	for (int i = 0; i < 2; i++) {
		int r = file[i] < 0 ? file[i] : read_file(file[i], &reading);

		if (r < 0 && r != -ENOENT)
			error = r;
		if (file[i] >= 0)
			close(file[i]);
	}
	*ret_damaged = reading.damaged;
	return error;
}
