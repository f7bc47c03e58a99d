/* What is left of root once everything is open, and what nobody may see of it. */
#pragma once

/* From now on this process leaves no core file, and only root may look into its memory: for whoever holds keys. A
 * program under sanitizers stays open, for its leak checker traces it. 0 or -errno. */
int privilege_hide(void);

/* Drops every capability but those that the running agent needs: CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF for its ports, and
 * CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_KILL to start its judge as another user and to end it. No capability comes
 * back by an exec. Without privilege to begin with there is nothing to drop. 0 or -errno. */
int privilege_drop(void);
