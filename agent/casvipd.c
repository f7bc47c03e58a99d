/* casvipd: keeps a virtual IP on exactly one healthy host. See casvipd(8). */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/here.h"
#include "agent/log.h"
#include "agent/only.h"
#include "agent/privilege.h"

/* Bytes. Set, so that it stays: else the first configuration that is freed would raise it above its own size, and those
 * of later reloads would never go back to the kernel. */
enum { MAPPED_ALONE_FROM = 1 << 17 };

enum { EXIT_REFUSED = 2 }; /* of -t, and of a start with a configuration that is wrong */

static int test_conf(const struct options *options)
{
	struct conf_file file = {0};

	if (conf_file_load(options->conf_file, stderr, &file) < 0)
		return EXIT_REFUSED;
	if (options->print)
		conf_print(file.conf, stdout);
	else
		here_tell(file.conf, options, stdout);
	conf_file_done(&file);
	return EXIT_SUCCESS;
}

/* Addresses first, then the fence that guarded them. */
static int release(void)
{
	struct net_addr *addresses;
	char why[ONLY_WHY_MAX];
	int swept, removed;

	if (only_one(why) < 0) {
		fprintf(stderr, "casvipd: cannot release: %s\n", why);
		return EXIT_FAILURE;
	}
	if (net_addr_open(&addresses) < 0)
		return EXIT_FAILURE;
	swept = net_addr_sweep(addresses, NULL, 0);
	net_addr_close(addresses);
	removed = swept < 0 ? swept : fence_remove_all();
	if (removed < 0)
		fprintf(stderr, "casvipd: cannot release: %s\n", strerror(-removed));
	return removed < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The configuration is wrong, and stays so until somebody mends it; else the next start may be a better one. */
static bool is_refused(const struct agent *agent, int error)
{
	return !agent->conf && error != -ENOMEM && error != -EIO;
}

static int run(const struct options *options)
{
	static struct agent agent;
	bool to_stderr = options->to_stderr || options->debug || isatty(STDERR_FILENO);
	int r;

	if (privilege_hide() < 0) {
		fprintf(stderr, "casvipd: cannot keep keys out of core files: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	mallopt(M_MMAP_THRESHOLD, MAPPED_ALONE_FROM);
	log_open("casvipd", "/dev/log", to_stderr, options->debug);
	/* Why it does not start is for whoever started it, too; the journal would have each line twice. systemctl
	 * status shows the words, even where the journal cannot tell whose a line was that came as its sender ended. */
	log_errors_to_stderr(!service_stderr_is_journal());
	r = agent_start(&agent, options);
	log_errors_to_stderr(false);
	if (r == 0)
		agent_run(&agent);
	else
		service_words(&agent.service, "not started: %s", log_newest_error());
	agent_done(&agent);
	log_flush();
	log_close();
	return r == 0 ? EXIT_SUCCESS : is_refused(&agent, r) ? EXIT_REFUSED : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	struct options options;

	if (options_parse(argc, argv, &options, stderr) < 0)
		return EXIT_REFUSED;
	switch (options.deed) {
	case OPTIONS_TEST:
		return test_conf(&options);
	case OPTIONS_RELEASE:
		return release();
	case OPTIONS_HELP:
		options_usage(stdout);
		return EXIT_SUCCESS;
	case OPTIONS_VERSION:
		puts("casvipd " CASVIP_VERSION);
		return EXIT_SUCCESS;
	case OPTIONS_RUN:
		break;
	}
	return run(&options);
}
