#include "checks/credential_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct entry {
	char name[CONF_PATH_MAX];
	int error; /* 0, or -errno: it could not be read */
	enum credentials_refusal refusal;
	int line; /* of the refusal */
	struct credentials credentials;
};

static struct entry entry[CREDENTIAL_FILES_MAX];
static int entries;

/* The bytes read, one more than allowed when there are more; or -errno. */
static ssize_t read_all(int fd, char text[static CREDENTIAL_FILE_BYTES_MAX + 1])
{
	size_t have = 0;

	while (have < CREDENTIAL_FILE_BYTES_MAX + 1) {
		ssize_t got = pread(fd, text + have, CREDENTIAL_FILE_BYTES_MAX + 1 - have, (off_t)have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static void entry_load(struct entry *into, const char *name, int fd)
{
	char text[CREDENTIAL_FILE_BYTES_MAX + 1];
	ssize_t length = fd < 0 ? fd : read_all(fd, text);

	snprintf(into->name, sizeof(into->name), "%s", name);
	if (length < 0)
		into->error = (int)length;
	else if (length > CREDENTIAL_FILE_BYTES_MAX)
		into->error = -EFBIG;
	else
		into->refusal = credentials_read(text, (size_t)length, &into->credentials, &into->line);
	explicit_bzero(text, sizeof(text));
}

void credential_store_load(const struct conf *conf, int *fds, int count)
{
	const char *names[CREDENTIAL_FILES_MAX];

	credential_store_wipe();
	entries = credential_file_names(conf, names);
	for (int i = 0; i < entries; i++)
		entry_load(&entry[i], names[i], i < count ? fds[i] : -EBADF);
	credential_files_close(fds, count);
}

void credential_store_wipe(void)
{
	explicit_bzero(entry, sizeof(entry));
	entries = 0;
}

/* What to do about it. */
static const char *remedy_of(int error)
{
	switch (-error) {
	case ENOENT:
		return "no such file";
	case EACCES:
		return "casvipd may not read it: chown root, chmod 0600";
	case EPERM:
		return "others may use it: chmod 0600";
	case EINVAL:
		return "not a regular file";
	case EFBIG:
		return "larger than 4 KiB";
	case ENOKEY:
		return "systemd gave no credentials: LoadCredential= in the unit";
	}
	return strerror(-error);
}

/* Of a long name its end says more. */
static const char *short_name(const char *name)
{
	size_t length = strlen(name);

	return length > 40 ? name + length - 40 : name;
}

const struct credentials *credential_store_find(const struct conf_check *check, struct outcome *outcome)
{
	const char *name = short_name(check->credentials);

	for (int i = 0; i < entries; i++) {
		if (strcmp(entry[i].name, check->credentials) != 0)
			continue;
		if (entry[i].error)
			outcome_set(outcome, VERDICT_UNKNOWN, "credentials", "%s: %s", name, remedy_of(entry[i].error));
		else if (entry[i].refusal)
			outcome_set(outcome, VERDICT_UNKNOWN, "credentials", "%s:%d: %s", name, entry[i].line,
				    credentials_refusal_words(entry[i].refusal));
		else
			return &entry[i].credentials;
		return NULL;
	}
	outcome_set(outcome, VERDICT_UNKNOWN, "credentials", "%s: one file of credentials too many: %d at most", name,
		    CREDENTIAL_FILES_MAX);
	return NULL;
}
