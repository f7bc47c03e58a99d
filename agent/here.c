#include "agent/here.h"

#include <errno.h>
#include <net/if.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "agent/key_file.h"
#include "conf/conf_remarks.h"

enum { LOCAL_ADDRESSES_MAX = 64 };

node_id here_node(const struct conf *conf, const struct options *options, struct net_addr *addresses,
		  char words[static HERE_WORDS_MAX])
{
	struct conf_address local[LOCAL_ADDRESSES_MAX];
	char host[256] = "";
	int locals = net_addr_local(addresses, local, LOCAL_ADDRESSES_MAX);
	node_id node;

	gethostname(host, sizeof(host) - 1);
	node = conf_node_of(conf, options->node, host, local, locals > 0 ? locals : 0);
	if (node == NODE_NONE && options->node)
		snprintf(words, HERE_WORDS_MAX, "-n %.64s: %.256s has no node of that name", options->node,
			 options->conf_file);
	else if (node == NODE_NONE)
		snprintf(words, HERE_WORDS_MAX, "no node of %.256s is this host: none has its name, %.64s, or its "
			 "address; say which one with -n", options->conf_file, host);
	return node;
}

const char *here_key_file(const struct conf *conf, const struct options *options)
{
	return options->key_file ? options->key_file : conf->key_file;
}

/* A systemd credential is there only when systemd starts casvipd: a shell's -t cannot tell. */
static void tell_lacking(void *context, int error, const char *words)
{
	fprintf(context, "%s: %s\n", error == -ENOKEY ? "not tested here" : "not ready here", words);
}

/* What a quorum by corosync needs beside a configuration of its own, which is its own to test. */
static void tell_quorum(const struct conf *conf, node_id node, FILE *out)
{
	static const char conf_file[] = "/etc/corosync/corosync.conf", let_in[] = "/etc/corosync/uidgid.d/casvip";

	if (conf->quorum != CONF_QUORUM_COROSYNC || conf->node[node].witness)
		return;
	if (!getpwnam("casvip-quorum"))
		fputs("not ready here: there is no user casvip-quorum: run systemd-sysusers\n", out);
	if (access(conf_file, F_OK) < 0)
		fprintf(out, "not ready here: corosync's %s: %s\n", conf_file, strerror(errno));
	if (access(let_in, F_OK) < 0)
		fprintf(out, "not ready here: %s: %s: corosync will not let casvip-quorum in\n", let_in,
			strerror(errno));
}

static void tell_node(const struct conf *conf, const struct options *options, FILE *out)
{
	const struct here_ear ear = {tell_lacking, out};
	struct net_addr *addresses;
	char words[HERE_WORDS_MAX];
	node_id node;

	if (net_addr_open(&addresses) < 0)
		return;
	node = here_node(conf, options, addresses, words);
	if (node == NODE_NONE) {
		fprintf(out, "not ready here: %s\n", words);
	} else {
		fprintf(out, "this host is its node %s\n", conf->node[node].name);
		here_lacks_addresses(conf, node, addresses, &ear);
		tell_quorum(conf, node, out);
	}
	net_addr_close(addresses);
}

static void tell_key(const struct conf *conf, const struct options *options, FILE *out)
{
	char words[KEY_FILE_WORDS_MAX];
	struct keyring ring = {0};

	if (key_file_read(here_key_file(conf, options), &ring, words) < 0)
		fprintf(out, "not ready here: %s\n", words);
	keyring_wipe(&ring);
}

static void tell_files(const struct conf *conf, FILE *out)
{
	const struct here_ear ear = {tell_lacking, out};
	struct child judge;

	if (child_init(&judge, "casvip-checks", "casvip-checks") < 0)
		fprintf(out, "not ready here: there is no user casvip-checks or nobody to run the checks as\n");
	else
		here_lacks_files(conf, &judge, &ear);
}

void here_tell(const struct conf *conf, const struct options *options, FILE *out)
{
	fprintf(out, "%s is good: cluster %s, nodes: %d, vips: %d\n", options->conf_file, conf->cluster, conf->nodes,
		conf->vips);
	tell_node(conf, options, out);
	tell_key(conf, options, out);
	tell_files(conf, out);
	for (int v = 0; v < conf->vips; v++) {
		if (if_nametoindex(conf->vip[v].interface) == 0)
			fprintf(out, "not ready here: vip %s: there is no interface %s\n", conf->vip[v].name,
				conf->vip[v].interface);
	}
	here_remarks(conf, out);
	conf_remarks(conf, out);
}
