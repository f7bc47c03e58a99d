#include "agent/conf_reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct conf_reader {
	pthread_t thread;
	const char *path;
	int done; /* an eventfd */
	struct conf_reading reading;
};

static int load(struct conf_reader *reader)
{
	struct conf_reading *reading = &reader->reading;
	FILE *findings = fmemopen(reading->findings, sizeof(reading->findings) - 1, "w");
	int r;

	if (!findings)
		return -errno;
	setbuf(findings, NULL); /* what does not fit is cut, and the rest stands */
	r = conf_file_load(reader->path, findings, &reading->file);
	fclose(findings);
	return r;
}

static void *read_it(void *context)
{
	struct conf_reader *reader = context;
	const uint64_t one = 1;

	reader->reading.error = load(reader);
	if (reader->reading.error == 0)
		reader->reading.digest = conf_digest(reader->reading.file.conf);
	(void)!write(reader->done, &one, sizeof(one));
	return NULL;
}

static void forget(struct conf_reader *reader)
{
	if (reader->done >= 0)
		close(reader->done);
	free(reader);
}

int conf_reader_start(struct conf_reader **ret_reader, const char *path)
{
	struct conf_reader *reader = calloc(1, sizeof(*reader));
	int error;

	if (!reader)
		return -ENOMEM;
	reader->path = path;
	reader->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = reader->done < 0 ? errno : pthread_create(&reader->thread, NULL, read_it, reader);
	if (error) {
		forget(reader);
		return -error;
	}
	*ret_reader = reader;
	return 0;
}

int conf_reader_fd(const struct conf_reader *reader)
{
	return reader->done;
}

static bool is_done(const struct conf_reader *reader)
{
	uint64_t count;

	return read(reader->done, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

bool conf_reader_take(struct conf_reader **reader, struct conf_reading *reading)
{
	if (!is_done(*reader))
		return false;
	pthread_join((*reader)->thread, NULL); /* it has said its last word */
	*reading = (*reader)->reading;
	forget(*reader);
	*reader = NULL;
	return true;
}

void conf_reader_close(struct conf_reader *reader)
{
	struct conf_reading reading;

	if (reader && conf_reader_take(&reader, &reading))
		conf_file_done(&reading.file);
}
