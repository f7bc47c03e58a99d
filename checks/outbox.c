#include "checks/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int outbox_init(struct outbox *outbox, int fd, int checks)
{
	size_t places = checks > 0 ? (size_t)checks : 1;

	*outbox = (struct outbox){.fd = fd, .checks = checks};
	outbox->waits = calloc(places, sizeof(*outbox->waits));
	outbox->fact = calloc(places, sizeof(*outbox->fact));
	if (outbox->waits && outbox->fact)
		return 0;
	outbox_done(outbox);
	return -ENOMEM;
}

void outbox_done(struct outbox *outbox)
{
	free(outbox->waits);
	free(outbox->fact);
	*outbox = (struct outbox){.fd = -1};
}

void outbox_put(struct outbox *outbox, int check, const struct fact *fact)
{
	outbox->pending += !outbox->waits[check];
	outbox->waits[check] = true;
	outbox->fact[check] = *fact;
}

int outbox_flush(struct outbox *outbox)
{
	while (outbox->pending > 0) {
		struct fact *fact = &outbox->fact[outbox->next];

		if (outbox->waits[outbox->next]) {
			/* The whole of it or nothing: it is shorter than PIPE_BUF (pipe(7)). */
			if (write(outbox->fd, fact, sizeof(*fact)) < 0)
				return errno == EAGAIN ? 0 : -errno;
			outbox->waits[outbox->next] = false;
			outbox->pending--;
		}
		outbox->next = (outbox->next + 1) % outbox->checks;
	}
	return 0;
}
