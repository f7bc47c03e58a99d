/* Is this host ready to run a configuration? What only the host can tell, beside what the file says. */
#pragma once

#include "agent/child.h"
#include "agent/net_addr.h"
#include "agent/options.h"
#include "conf/conf.h"

enum { HERE_WORDS_MAX = 512 };

/* Gets what this host lacks, one thing at a time: quotable words, and for a file -errno (-EINVAL else). */
struct here_ear {
	void (*tell)(void *context, int error, const char *words);
	void *context;
};

/* Which node this host is, or NODE_NONE with words. */
node_id here_node(const struct conf *conf, const struct options *options, struct net_addr *addresses,
		  char words[static HERE_WORDS_MAX]);

/* The key file to read: the command line's, else the configuration's. */
const char *here_key_file(const struct conf *conf, const struct options *options);

/* here_network.c: the node's addresses that this host does not have. How many. */
int here_lacks_addresses(const struct conf *conf, node_id self, struct net_addr *addresses,
			 const struct here_ear *ear);
/* A line each, "remark: words": addresses of vips that lie in no network of their interface, so that nobody on it will
 * ask for them. An interface that is not there is passed over. */
void here_remarks(const struct conf *conf, FILE *out);

/* here_files.c: files of credentials that cannot be handed to the checks (-ENOKEY: a systemd credential, which only
 * systemd's start of casvipd has), and ca_files that the user of the checks cannot read. How many. Opens them, reads
 * none. `judge` went through child_init(). For one thread: while it looks it is that user to the file system. */
int here_lacks_files(const struct conf *conf, const struct child *judge, const struct here_ear *ear);

/* For -t, about a file that is good: says so in one line, with this host's node, then what this host lacks, if
 * anything, then remarks. A host that is not ready makes no file bad. */
void here_tell(const struct conf *conf, const struct options *options, FILE *out);
