/* casvip-checks: judges the services of this host for casvipd, without any privilege. See casvip-checks(8). */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "checks/credential_store.h"
#include "checks/judge.h"
#include "checks/once.h"
#include "conf/conf.h"

#define CONF_DEFAULT "/etc/casvip/casvip.conf"

enum { EXIT_FINE, EXIT_FAILED, EXIT_CONFIG };

struct options {
	bool once;
	struct once_names names; /* once */
	const char *file;
	int conf_fd; /* -1: not given */
	int facts_fd;
	int credential_count;
	int credential_fd[CREDENTIAL_FILES_MAX]; /* or -errno: why it could not be opened */
};

static void usage(FILE *out)
{
	fputs("usage: casvip-checks --once [-f FILE] [NAME...]\n"
	      "       casvip-checks --conf-fd N --facts-fd M [--credential-fds LIST]\n"
	      "       casvip-checks -h | --help | --version\n"
	      "\n"
	      "  --once      run every check once, now, as casvipd would, and print a table; or those of these names,\n"
	      "              CHECK or VIP/CHECK\n"
	      "  -f FILE     configuration (" CONF_DEFAULT ")\n"
	      "  --conf-fd, --facts-fd, --credential-fds  are for casvipd, which starts the checks by itself\n",
	      out);
}

static bool read_fd(const char *text, int *ret_fd)
{
	char *end;
	long fd = strtol(text, &end, 10);

	if (end == text || *end != '\0' || fd < 0 || fd > 1000000)
		return false;
	*ret_fd = (int)fd;
	return true;
}

/* "7,-2,8": a descriptor each, or why there is none. */
static bool read_fds(const char *text, struct options *options)
{
	char *end;

	for (int i = 0; i < CREDENTIAL_FILES_MAX; i++, text = end + 1) {
		long fd = strtol(text, &end, 10);

		if (end == text || fd < -4095 || fd > 1000000)
			return false;
		options->credential_fd[i] = (int)fd;
		options->credential_count = i + 1;
		if (*end != ',')
			return *end == '\0';
	}
	return false;
}

static _Noreturn void answer(int letter)
{
	if (letter == 'h')
		usage(stdout);
	else
		puts("casvip-checks " CASVIP_VERSION);
	exit(EXIT_FINE);
}

static bool read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"conf-fd", required_argument, NULL, 'c'},
		{"facts-fd", required_argument, NULL, 'm'},
		{"credential-fds", required_argument, NULL, 'p'},
		{"once", no_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	bool fine = true;
	int letter;

	*options = (struct options){.conf_fd = -1, .facts_fd = -1};
	while ((letter = getopt_long(argc, argv, "f:h", known, NULL)) != -1) {
		if (letter == 'c')
			fine = fine && read_fd(optarg, &options->conf_fd);
		else if (letter == 'm')
			fine = fine && read_fd(optarg, &options->facts_fd);
		else if (letter == 'p')
			fine = fine && read_fds(optarg, options);
		else if (letter == 'o')
			options->once = true;
		else if (letter == 'f')
			options->file = optarg;
		else if (letter == 'h' || letter == 'V')
			answer(letter);
		else
			fine = false;
	}
	options->names = (struct once_names){argc - optind, argv + optind};
	if (!fine || (options->names.count && !options->once))
		return false;
	if (options->once && !options->file)
		options->file = CONF_DEFAULT;
	if (options->once)
		return options->conf_fd < 0 && options->facts_fd < 0 && options->credential_count == 0;
	return !options->file && options->conf_fd >= 0 && options->facts_fd >= 0;
}

static int failed(const char *what, int error)
{
	fprintf(stderr, "casvip-checks: %s: %s\n", what, strerror(error));
	return EXIT_FAILED;
}

/* What parses strangers' bytes gains nothing by being taken over: no new privileges, no core, nobody's debugger. */
static int confine(void)
{
	struct rlimit files, none = {0};

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
#ifndef CASVIP_SANITIZED /* the leak checker traces its own process */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
#endif
	/* A canary for each endpoint and a few descriptors for each probe: the usual 1024 can be too few. */
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) < 0 ? -errno : 0;
}

/* What root may read, a file of certificates for one, the checks of casvipd may not: only its user gets its answers. */
static int become_checks(void)
{
	const struct passwd *user;

	if (geteuid() != 0)
		return 0;
	user = getpwnam("casvip-checks");
	if (!user)
		user = getpwnam("nobody");
	if (!user || user->pw_uid == 0)
		return -ENOENT;
	if (setgroups(0, NULL) < 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return -errno;
	return 0;
}

/* Dies with its parent. False when that has already gone. */
static bool follow_parent(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

/* NULL with the exit status in `ret_status`. */
static struct conf *load(FILE *text, const char *name, int *ret_status)
{
	struct conf *conf;

	*ret_status = EXIT_CONFIG;
	if (!text) {
		failed(name, errno);
		return NULL;
	}
	errno = 0;
	conf = conf_load(text, name, stderr);
	if (!conf && (errno == ENOMEM || errno == EIO))
		*ret_status = failed(name, errno);
	fclose(text);
	return conf;
}

static int judge_for_ever(const struct conf *conf, struct options *options)
{
	struct judge *judge = judge_new(conf, options->facts_fd);
	int error = judge ? 0 : -errno;

	credential_store_load(conf, options->credential_fd, options->credential_count);
	while (!error)
		error = judge_turn(judge, duration_ms(60 * 1000));
	judge_free(judge);
	return error == -EPIPE ? EXIT_FINE : failed("cannot go on", -error);
}

/* The credentials come from files that only root may read, as with casvipd. */
static int check_once(const struct conf *conf, const struct once_names *names)
{
	const char *unknown = once_unknown(conf, names);
	int fds[CREDENTIAL_FILES_MAX];
	int count, result;

	if (unknown) {
		fprintf(stderr, "casvip-checks: there is no check \"%s\"\n", unknown);
		return EXIT_CONFIG;
	}
	count = credential_files_open(conf, getenv("CREDENTIALS_DIRECTORY"), fds);
	result = become_checks();
	credential_store_load(conf, fds, count);
	if (result < 0)
		return failed("cannot become the user casvip-checks", -result);
	result = once(conf, names, stdout);
	if (result < 0)
		return failed("cannot check", -result);
	return result ? EXIT_FAILED : EXIT_FINE;
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct options options;
	struct conf *conf;
	int status, error;

	if (!read_options(argc, argv, &options)) {
		usage(stderr);
		return EXIT_CONFIG;
	}
	if (!options.once && !follow_parent(parent))
		return failed("the parent is gone", ESRCH);
	error = confine();
	if (error)
		return failed("cannot give up privileges", -error);
	if (options.once)
		conf = load(fopen(options.file, "re"), options.file, &status);
	else
		conf = load(fdopen(options.conf_fd, "r"), "configuration", &status);
	if (!conf)
		return status;
	status = options.once ? check_once(conf, &options.names) : judge_for_ever(conf, &options);
	credential_store_wipe();
	conf_free(conf);
	return status;
}
