/* casvipd's state, shared by the files of its loop and by nobody else.
 *
 * One thread, one epoll. A turn reads the clock, lets lapsed leases go (rule 5), drains what is ready, does what
 * is due, and sleeps until the next deadline. All memory is taken at start and at a reload. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "agent/certificates.h"
#include "agent/child.h"
#include "agent/clients.h"
#include "agent/conf_file.h"
#include "agent/conf_reader.h"
#include "agent/ctl.h"
#include "agent/desk.h"
#include "agent/facts.h"
#include "agent/fence.h"
#include "agent/history.h"
#include "agent/neighbours.h"
#include "agent/net_addr.h"
#include "agent/net_arp.h"
#include "agent/net_beat.h"
#include "agent/net_link.h"
#include "agent/net_nd.h"
#include "agent/options.h"
#include "agent/quorum_gate.h"
#include "agent/service.h"
#include "agent/rolls.h"
#include "agent/status.h"
#include "agent/tickles.h"
#include "agent/tally.h"
#include "conf/conf.h"
#include "conf/conf_diff.h"
#include "vrrp/election.h"
#include "vrrp/seal.h"

enum { NICS_MAX = 2 * VIPS_MAX }; /* a reload adds before it removes */

/* An interface that carries vips. It keeps its place while it does. */
struct nic {
	char name[IF_NAMESIZE]; /* "": this place is free */
	struct net_link_state link;
	struct conf_address own; /* this host's own IPv4 address there; family 0: none known */
	struct net_arp *arp;	 /* NULL while the interface is missing */
	struct net_nd *nd;
	struct neighbours neighbours;
	bool cut_off; /* neither peers nor any neighbour can be heard ... */
	struct instant cut_at; /* ... since, or heard again since */
};

enum { POSTS_MAX = 256 };

/* An interface that carries the fence. */
struct post {
	unsigned ifindex;
	char name[IF_NAMESIZE];
	int error; /* of fence_attach() */
};

enum { SENTINEL_MACS_MAX = 4, REMOVALS_OFTEN = 4 };

/* Who answered for a vip of another node's in this round of asking, and who should. */
struct sentinel {
	struct instant ask_at;
	uint8_t mac[SENTINEL_MACS_MAX][6];
	int answers;
	node_id owner_node;
	uint32_t term;
	bool knows_owner;
	uint8_t owner[6];
	uint8_t reported[6]; /* the last duplicate in the log */
	struct instant reported_at;
};

/* One vip on this node: what the core believes, and what the kernel was told. */
struct vip_run {
	const struct conf_vip *conf;
	int place; /* in the configuration, and so among facts and certificates */
	int slot;  /* in the fence: whatever place a reload gives it */
	struct nic *nic;
	struct rules rules;
	struct election is;
	struct tally tally;
	struct history history;
	bool held[VIP_ADDRESSES_MAX]; /* on the interface, as far as we know */
	uint32_t passed_from[VIP_ADDRESSES_MAX]; /* the vip that had it before a reload; 0: none, or all know by now */
	bool withheld[VIP_ADDRESSES_MAX];	 /* ... and another node may have it with that one: not here */
	struct instant verify_at;     /* the kernel reported a change: look; INSTANT_NEVER: nothing to look for */
	struct instant refresh_at;    /* of the addresses' lifetime */
	struct instant put_at;	      /* not put back before */
	int announced;		      /* of the burst */
	struct instant announce_at;
	struct instant lost_at[REMOVALS_OFTEN]; /* when others removed an address of ours */
	int lost;
	struct sentinel sentinel;
	struct parting parting; /* its clients are told that it went elsewhere ... */
	struct tickling tickling; /* ... or that it came here from one who could not tell them */
	char check_reason[256];	      /* what makes this node unfit, for the log */
	char link_reason[64];
	bool moving;		      /* a casvipctl waits for the outcome of a move */
	uint64_t move_token;
	struct instant move_deadline;
};

/* What was last logged of a peer, so that only changes are. */
struct peer_run {
	bool alive;
	struct instant alive_at; /* since then */
	uint16_t hears_ms[NODES_MAX][LINKS_MAX]; /* as its newest beat says, ... */
	struct instant hears_at; /* ... which came then */
	bool deaf_to[NODES_MAX];
	bool differs; /* its configuration */
	bool key_alarm;
	uint32_t key_id; /* of its newest fresh beat: what it seals with; 0: none yet */
	unsigned long bad_seals; /* since its last good beat */
	enum link_state link[LINKS_MAX];
	int trouble[LINKS_MAX]; /* as net_beat_trouble() said */
	struct instant hint_at[LINKS_MAX]; /* one-way until then: say what that means; else INSTANT_NEVER */
};

/* A reload, and who waits for it. */
struct reload {
	enum { RELOAD_NONE, RELOAD_READING, RELOAD_LEAVING } stage;
	struct conf_reader *reader; /* RELOAD_READING */
	struct conf_file file;	    /* RELOAD_LEAVING: what will be, once the vips that go have let go, ... */
	struct keyring ring;
	uint64_t digest;
	struct instant until; /* ... or it is too late for that */
	uint64_t token;	      /* 0: nobody */
	bool wanted;	      /* another one, after this */
	uint64_t wanted_token;
};

/* Corosync's part, with provider "corosync": what was heard of it, and what of that stands in the log. */
enum { QUORUM_MEMBERS_MAX = 160 };
struct quorum_run {
	struct child helper; /* casvip-quorum */
	struct quorum_told told;
	struct gate gate; /* as handed to the vips */
	struct instant ask_at;
	unsigned long refused; /* facts */
	char pending[STATUS_QUORUM_WHY_MAX], reported[STATUS_QUORUM_WHY_MAX];
	uint32_t pending_members, reported_members;
	struct instant pending_since;
	struct quorum_terms terms;
	uint32_t connects;
	bool witness_lost;
};

struct counters {
	uint64_t sent, send_failed, received, fresh, one_way, unproven, stale, strangers, wrong_link;
	uint64_t late_turns; /* woken more than G after a deadline */
	uint64_t refused[WIRE_REFUSAL_COUNT];
	uint64_t worst_late_us;
};

struct agent {
	const struct options *options;
	struct conf_file file;
	struct conf *conf; /* of `file` */
	uint64_t digest;
	node_id self;
	struct keyring ring;
	uint64_t session, seq;
	uint64_t started_session; /* the first one of this run, which numbers its events */
	struct peers peers;
	struct peer_run peer[NODES_MAX];
	struct lease_terms terms;
	struct duration lifetime;

	struct vip_run vip[VIPS_MAX];
	int vips;
	struct nic nic[NICS_MAX];
	int nics;

	int epoll;
	int signals;
	struct net_beat *beats;
	struct net_link *links;
	struct net_addr *addresses;
	struct fence *fence; /* NULL: absent, leases end by address lifetime alone */
	bool unguarded;      /* it could not be told of an address */
	struct post post[POSTS_MAX]; /* where it stands, or should */
	int posts, post_next;
	int lock; /* of this host: there is no second casvipd */
	char fence_why[128];
	struct ctl *ctl;
	struct child judge; /* casvip-checks */
	bool judge_wanted, judge_restarting;
	struct quorum_run quorum;
	struct facts facts;
	struct certificates certificates;
	struct clients clients;
	struct rolls rolls;
	struct tickles tickles;
	struct status *status; /* a snapshot's memory */
	struct desk desk;
	struct service service;

	struct instant now;
	struct instant beat_at; /* the next regular beat */
	struct instant sent_at, sent_by; /* between these two the newest beats left */
	struct instant mend_at;
	struct instant strangers_at;
	bool beat_wanted; /* a step asked for one now */
	bool echo_wanted; /* a step asked to beat its event's sender now */
	bool standby;	  /* an admin's word */
	bool majority;	  /* of the nodes is heard, as last logged */
	bool owns_network; /* open_network() began: what it made is ours to undo */
	struct reload reload;
	bool stopping;
	struct instant stop_at; /* give up waiting for a successor */
	struct counters counters;
};

/* start.c: everything open, leftovers of an earlier run swept, fence shut; or words on the log and -errno. */
int agent_start(struct agent *agent, const struct options *options);
/* Releases what is held (fence first), closes everything. A half-started agent is fine. */
void agent_done(struct agent *agent);

/* loop.c: until stopped. */
void agent_run(struct agent *agent);
/* Adds a descriptor to the loop. 0 or -errno; a descriptor that is already there is fine. */
int agent_watch(struct agent *agent, int fd, uint32_t source, uint32_t index);

/* perform.c: a step of one vip, and its deeds. */
void vip_step(struct agent *agent, struct vip_run *vip, const struct event *event);
void vip_tick(struct agent *agent, struct vip_run *vip);

/* reconcile.c: the addresses on the interface are those that the role wants. */
void vip_reconcile(struct agent *agent, struct vip_run *vip);
struct instant vip_reconcile_at(const struct vip_run *vip);
void vip_address_news(void *context, unsigned ifindex, const struct conf_address *address, bool present,
		      bool dad_failed);

/* passing.c: an address that a reload gives to another vip is not to be answered twice while nodes run different files.
 * Between the files, and then again and again: which addresses are withheld. */
void passing_note(struct agent *agent, const struct conf *was);
void passing_judge(struct agent *agent, struct vip_run *vip);

/* addresses.c: from those of each vip's `conf` to those that the new agent->conf gives it. */
void addresses_change(struct agent *agent);
/* One that goes: nothing of it stays on the interface, nor in the fence. */
void addresses_leave(struct agent *agent, struct vip_run *vip);

/* announce.c */
void vip_announce(struct agent *agent, struct vip_run *vip);
void vip_announce_due(struct agent *agent, struct vip_run *vip);
void vip_probe(const struct vip_run *vip);

/* isolation.c: does anybody hear this host? */
void isolation_judge(struct agent *agent, struct nic *nic);
void isolation_ask(struct agent *agent, struct nic *nic);
struct instant isolation_at(const struct agent *agent, const struct nic *nic);
/* The newest instant at which somebody is known to have heard us; now, where that cannot be told. */
struct instant isolation_evidence(const struct agent *agent, const struct nic *nic);

/* post.c: where the fence stands */
void post_link(struct agent *agent, const char *name, unsigned ifindex);
void post_filters_changed(void *context, unsigned ifindex);
void post_look_around(struct agent *agent); /* once a second */
/* Is every lease of this host ended by the fence? Else by the lifetime of the address alone. */
bool fence_holds(const struct agent *agent);

/* sentinel.c: a duplicate of a vip is an alarm. */
void sentinel_heard(struct vip_run *vip, const uint8_t mac[static 6]);
void sentinel_due(struct agent *agent, struct vip_run *vip);
void vip_report_duplicate(struct agent *agent, struct vip_run *vip, const uint8_t mac[static 6], const char *words);

/* beats.c */
void beats_send(struct agent *agent);
void beats_renew(struct agent *agent); /* leases, as far as there is proof that the newest beats were heard */
void beats_drain(struct agent *agent, node_id peer, uint8_t link);
void beats_watch(struct agent *agent); /* (re)registers the sockets after net_beat_mend() */
struct instant beats_judge_at(const struct agent *agent);
void beats_judge(struct agent *agent); /* logs peers and links that changed by silence */

/* trouble.c: links without a socket. Words are "" for one that has it. */
void trouble_judge(struct agent *agent);
void trouble_words(const struct agent *agent, node_id peer, uint8_t link, char words[static STATUS_LINK_REASON_MAX]);

/* matrix.c: who hears whom */
void matrix_hear(struct agent *agent, node_id peer, const struct beat *beat);
void matrix_judge(struct agent *agent);
int64_t matrix_age_ms(const struct agent *agent, node_id peer, node_id node);

/* sensors.c: what makes this node fit, from links, neighbours, checks and the admin's word. */
int sensors_open(struct agent *agent);
void sensors_close(struct agent *agent);
void sensors_update(struct agent *agent);
void sensors_facts(struct agent *agent);
void sensors_judge_ended(struct agent *agent);
void sensors_restart_judge(struct agent *agent);
struct instant sensors_at(const struct agent *agent);

/* quorum.c: provider "corosync". Nothing of it does anything with another one. */
int quorum_open(struct agent *agent);
void quorum_close(struct agent *agent);
void quorum_update(struct agent *agent);
void quorum_facts(struct agent *agent);
void quorum_ended(struct agent *agent);
struct instant quorum_at(const struct agent *agent);
void quorum_status(const struct agent *agent, struct status_quorum *status);
/* Its bound, as far as is known; 0: none is. */
struct duration quorum_failover(const struct agent *agent);

/* helper.c: casvip-checks and casvip-quorum as the loop's. */
struct helper_watch {
	const char *name;    /* in the log: sensor=NAME */
	uint32_t facts, end; /* of enum source: its pipe, and its pidfd */
};
/* As child_init() says; the user is that of the program's name. */
int helper_open(struct child *helper, const char *name);
bool helper_is_due(const struct agent *agent, const struct child *helper);
/* Starts it and watches it, or says in the log why not; it is then due again later. */
void helper_start(struct agent *agent, struct child *helper, const struct child_gifts *gifts,
		  const struct helper_watch *watch);

/* ears.c: the vips' interfaces, and who is heard on them. */
void ears_arp(struct agent *agent, struct nic *nic);
void ears_nd(struct agent *agent, struct nic *nic);
void ears_link_news(void *context, const char *name, const struct net_link_state *state);
/* The interface of this name, listened to from now on. There are as many places as vips. */
struct nic *ears_on(struct agent *agent, const char *name);
void ears_report_missing(const struct nic *nic);
/* After a reload: what the kernel has told of it, for an interface that was not listened to before ... */
void ears_catch_up(struct agent *agent, struct nic *nic);
/* ... and no ear for those that carry no vip any more. */
void ears_off(struct agent *agent);
void ears_close(struct agent *agent);

/* orders.c */
void orders_drain(struct agent *agent);
void orders_progress(struct agent *agent); /* who asks for the status or follows, moves that are done or too late */
struct instant orders_at(const struct agent *agent);

/* reload.c: from the file that runs to the file that is there (design, part 12). */
bool reload_want(struct agent *agent, uint64_t token); /* 0: nobody waits. False: another one waits already. */
void reload_turn(struct agent *agent);
struct instant reload_at(const struct agent *agent);
void reload_close(struct agent *agent);

/* turnover.c: the difference, applied. What the reload holds is the agent's from then on. */
void turnover(struct agent *agent);

/* membership.c: nodes and their links, from those of `was` to those of agent->conf. */
void membership_change(struct agent *agent, const struct conf *was);
/* Is a peer known to run another configuration? */
bool membership_disputed(const struct agent *agent);
/* Why now is no time for it, each reason in words; how many. */
int membership_refuses(const struct agent *agent, const struct conf *is, uint64_t digest, conf_reason_fn *tell,
		       void *context);

/* report.c, report_status.c */
void report_step(const struct agent *agent, const struct vip_run *vip, const struct todo *todo);
/* What event=role says behind from= and to=: "why=silence peer=cas1 silent_ms=301 ...". */
void report_change_words(const struct agent *agent, const struct vip_run *vip, const struct todo *todo,
			 char words[static HISTORY_WORDS_MAX]);
/* For how long at most nobody answered before a claim; negative where that is not known. */
struct duration report_dark(const struct agent *agent, const struct vip_run *vip, const struct todo *todo);
void report_status(struct agent *agent, struct status *status);
const char *agent_node_name(const struct agent *agent, node_id node);

/* start.c */
void vip_make(struct agent *agent, struct vip_run *vip, int place); /* of agent->conf; its slot is the caller's */
void vip_begin(struct agent *agent, struct vip_run *vip);	    /* it listens from now on */
void vip_rules(const struct agent *agent, const struct conf_vip *conf, struct rules *rules);
