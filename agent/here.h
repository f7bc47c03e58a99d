/* Is this host ready to run a configuration? What only the host can tell, beside what the file says. */
#pragma once

#include "agent/net_addr.h"
#include "agent/options.h"
#include "conf/conf.h"

enum { HERE_WORDS_MAX = 512 };

/* Which node this host is, or NODE_NONE with words. */
node_id here_node(const struct conf *conf, const struct options *options, struct net_addr *addresses,
		  char words[static HERE_WORDS_MAX]);

/* The key file to read: the command line's, else the configuration's. */
const char *here_key_file(const struct conf *conf, const struct options *options);

/* For -t, about a file that is good: says so in one line, with this host's node, then what this host lacks, if
 * anything. A host that is not ready makes no file bad. */
void here_tell(const struct conf *conf, const struct options *options, FILE *out);
