/* A new cluster key. A key that is half on disk would lock a node out of its cluster at the next start: it is there
 * whole, or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli.h"
#include "agent/privilege.h"
#include "vrrp/seal.h"

static enum ctl_exit write_key(const char *file, const char *key)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t length = strlen(key);
	bool is_whole;

	if (fd < 0) {
		fprintf(stderr, "casvipctl: %s: %s%s\n", file,
			errno == EEXIST ? "exists already; a key is never overwritten" : strerror(errno),
			errno == EACCES && geteuid() != 0 ? ": not root?" : "");
		return CTL_FAILED;
	}
	is_whole = write(fd, key, length) == (ssize_t)length && fsync(fd) == 0;
	if (close(fd) == 0 && is_whole) {
		printf("%s is written: copy it to the other nodes\n", file);
		return CTL_DONE;
	}
	fprintf(stderr, "casvipctl: cannot write %s: %s\n", file, strerror(errno));
	unlink(file);
	return CTL_FAILED;
}

enum ctl_exit cli_keygen(const struct cli *cli, int argc, char *argv[])
{
	char key[KEY_TEXT_MAX];
	enum ctl_exit exit_code;

	(void)cli; /* needs no casvipd */
	if (privilege_hide() < 0 || seal_init() < 0) {
		fprintf(stderr, "casvipctl: cannot hide the key, or libsodium cannot start\n");
		return CTL_FAILED;
	}
	key_generate(key);
	if (argc > 1)
		exit_code = write_key(argv[1], key);
	else
		exit_code = fputs(key, stdout) >= 0 && fflush(stdout) == 0 ? CTL_DONE : CTL_FAILED;
	explicit_bzero(key, sizeof(key));
	return exit_code;
}
