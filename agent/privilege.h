/* What is left of root once everything is open. */
#pragma once

/* Drops every capability but those that the running agent needs: CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF for its ports, and
 * CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_KILL to start its judge as another user and to end it. No capability comes
 * back by an exec. Without privilege to begin with there is nothing to drop. 0 or -errno. */
int privilege_drop(void);
