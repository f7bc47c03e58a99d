/* Descriptors that strangers pass over a UNIX socket are refused: nobody here has a use for one, and whoever receives
 * it unasked pays for its end. The last close of a TCP connection with SO_LINGER and a peer that does not read takes as
 * long as its sender likes: an agent that may not block would.
 *
 * Linux from 6.16 can refuse. */
#pragma once

/* `fd` is one's own end of a pair, or a listener: what it accepts refuses too. 0 or -errno, -ENOPROTOOPT from an older
 * kernel: whoever may write to it can then pass descriptors. */
int rights_refuse(int fd);
