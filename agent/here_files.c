/* Can the checks use the files that a configuration names? Found out by opening them as whoever will. */
#include "agent/here.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/credential_file.h"

enum { GROUPS_MAX = 256 };

static const char *credential_words(int error)
{
	switch (error) {
	case -EPERM:
		return "group or others may use it: chmod 0600";
	case -EINVAL:
		return "not a regular file";
	case -EFBIG:
		return "larger than 4096 bytes";
	case -ENOKEY:
		return "a systemd credential, and there is no $CREDENTIALS_DIRECTORY here";
	case -EACCES:
		return geteuid() != 0 ? "Permission denied: not root?" : strerror(EACCES);
	default:
		return strerror(-error);
	}
}

static int lacks_credentials(const struct conf *conf, const struct here_ear *ear)
{
	const char *names[CREDENTIAL_FILES_MAX];
	int fds[CREDENTIAL_FILES_MAX], lacking = 0;
	int count = credential_files_open(conf, getenv("CREDENTIALS_DIRECTORY"), fds);
	char words[HERE_WORDS_MAX];

	credential_file_names(conf, names);
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			continue;
		snprintf(words, sizeof(words), "credentials %s: %s", names[i], credential_words(fds[i]));
		ear->tell(ear->context, fds[i], words);
		lacking++;
	}
	credential_files_close(fds, count);
	return lacking;
}

/* 0 or -errno. Non-blocking: a FIFO in the place of the file must not stop an agent that reloads. */
static int try_to_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat is;
	int error;

	if (fd < 0)
		return -errno;
	error = fstat(fd, &is) < 0 ? -errno : S_ISDIR(is.st_mode) ? -EISDIR : S_ISREG(is.st_mode) ? 0 : -EINVAL;
	close(fd);
	return error;
}

/* The user's rights for the time of one open(2), the groups' included: root's group is not the checks'. To the kernel a
 * process whose file system user changed keeps secrets, and nobody may trace it; that was not so before. Where the user
 * cannot be put on (not allowed, too many groups), nothing is known and nothing is said. */
static int try_to_read_as(const struct child *judge, const char *path)
{
	int traceable = prctl(PR_GET_DUMPABLE), error;
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	if (count < 0 || setgroups(0, NULL) < 0)
		return 0;
	setfsgid(judge->gid);
	setfsuid(judge->uid);
	error = try_to_read(path);
	setfsuid(geteuid());
	setfsgid(getegid());
	(void)!setgroups((size_t)count, groups); /* what was allowed a moment ago */
	prctl(PR_SET_DUMPABLE, traceable);
	return error;
}

/* Does an earlier check name it as well? */
static bool was_told(const struct conf *conf, int vip, int check)
{
	const char *path = conf->vip[vip].check[check].ca_file;

	for (int v = 0; v <= vip; v++)
		for (int c = 0; c < (v < vip ? conf->vip[v].checks : check); c++)
			if (strcmp(conf->vip[v].check[c].ca_file, path) == 0)
				return true;
	return false;
}

static bool lacks_ca_file(const struct conf_check *check, const struct child *judge, const struct here_ear *ear)
{
	int error = judge->drops ? try_to_read_as(judge, check->ca_file) : try_to_read(check->ca_file);
	char words[HERE_WORDS_MAX];

	if (error == 0)
		return false;
	snprintf(words, sizeof(words), "ca_file %s: %s%s", check->ca_file,
		 error == -EACCES ? "the user of the checks (casvip-checks) cannot read it: " : "",
		 error == -EINVAL ? "not a regular file" : strerror(-error));
	ear->tell(ear->context, error, words);
	return true;
}

int here_lacks_files(const struct conf *conf, const struct child *judge, const struct here_ear *ear)
{
	int lacking = lacks_credentials(conf, ear);

	for (int v = 0; v < conf->vips; v++) {
		for (int c = 0; c < conf->vip[v].checks; c++) {
			const struct conf_check *check = &conf->vip[v].check[c];

			if (*check->ca_file && !was_told(conf, v, c))
				lacking += lacks_ca_file(check, judge, ear);
		}
	}
	return lacking;
}
