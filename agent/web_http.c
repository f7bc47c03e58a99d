#include "agent/web_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/clock.h"

/* A connection, so that it can be ended however slowly its client reads; libmicrohttpd only counts silence. */
struct visit {
	int fd; /* -1: a free place */
	struct instant until;
	bool ended;
};

struct web_http {
	struct MHD_Daemon *daemon;
	int epoll;
	web_answer_fn *answer;
	void *context;
	struct visit visit[WEB_CONNECTIONS_MAX];
};

/* The page may load its own style and script and ask its own host, and nothing else; nobody may frame it. What the
 * status holds is shown as text, and this is the second lock on that door. */
static const char *const headers[][2] = {
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
				    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
	{"Connection", "close"},
};

static enum MHD_Result send_answer(struct MHD_Connection *connection, const struct web_answer *answer)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(answer->length, (void *)answer->body, /* only read */
						answer->is_lent ? MHD_RESPMEM_MUST_COPY : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result queued;

	if (!response)
		return MHD_NO;
	for (size_t h = 0; h < sizeof(headers) / sizeof(headers[0]); h++)
		MHD_add_response_header(response, headers[h][0], headers[h][1]);
	MHD_add_response_header(response, "Content-Type", answer->type);
	if (answer->code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	queued = MHD_queue_response(connection, answer->code, response);
	MHD_destroy_response(response);
	return queued;
}

/* Answered before any body is read: there is none that matters, and the connection ends with the answer. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *upload, size_t *upload_size, void **request_context)
{
	struct web_http *http = context;
	const struct web_request request = {
		.method = method,
		.path = url,
		.host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
		.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept"),
	};
	struct web_answer answer = http->answer(http->context, &request);

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)request_context;
	return send_answer(connection, &answer);
}

static int descriptor_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static struct visit *visit_of(struct web_http *http, int fd)
{
	for (int v = 0; v < WEB_CONNECTIONS_MAX; v++) {
		if (http->visit[v].fd == fd)
			return &http->visit[v];
	}
	return NULL;
}

static void come_and_go(void *context, struct MHD_Connection *connection, void **socket_context,
			enum MHD_ConnectionNotificationCode code)
{
	struct web_http *http = context;
	int fd = descriptor_of(connection);
	struct visit *visit = visit_of(http, code == MHD_CONNECTION_NOTIFY_STARTED ? -1 : fd);

	(void)socket_context;
	if (!visit)
		return;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*visit = (struct visit){.fd = fd,
					.until = instant_add(clock_boottime(), duration_ms(WEB_CONNECTION_MS))};
	else
		*visit = (struct visit){.fd = -1};
}

/* Shut, not closed: the descriptor is libmicrohttpd's, which finds the end of the connection and lets go of it. */
static void end_long_visits(struct web_http *http, struct instant now)
{
	for (int v = 0; v < WEB_CONNECTIONS_MAX; v++) {
		struct visit *visit = &http->visit[v];

		if (visit->fd < 0 || visit->ended || !instant_reached(now, visit->until))
			continue;
		visit->ended = true;
		shutdown(visit->fd, SHUT_RDWR);
	}
}

void web_http_turn(struct web_http *http, struct instant now)
{
	end_long_visits(http, now);
	MHD_run(http->daemon);
}

struct instant web_http_wants(const struct web_http *http, struct instant now)
{
	struct instant next = INSTANT_NEVER;
	unsigned long long ms;

	if (MHD_get_timeout(http->daemon, &ms) == MHD_YES)
		next = instant_add(now, duration_ms(ms < WEB_CONNECTION_MS ? (int64_t)ms : WEB_CONNECTION_MS));
	for (int v = 0; v < WEB_CONNECTIONS_MAX; v++) {
		if (http->visit[v].fd >= 0 && !http->visit[v].ended)
			next = instant_earlier(next, http->visit[v].until);
	}
	return next;
}

int web_http_fd(const struct web_http *http)
{
	return http->epoll;
}

int web_http_open(struct web_http **ret_http, int listening, web_answer_fn *answer, void *context)
{
	struct web_http *http = calloc(1, sizeof(*http));

	if (!http) {
		close(listening);
		return -ENOMEM;
	}
	http->answer = answer;
	http->context = context;
	for (int v = 0; v < WEB_CONNECTIONS_MAX; v++)
		http->visit[v].fd = -1;
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET, listening,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)WEB_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)WEB_CONNECTIONS_OF_ONE_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)WEB_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_REQUEST_MAX, MHD_OPTION_NOTIFY_CONNECTION, come_and_go,
		http, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (!http->daemon) {
		free(http);
		close(listening);
		return -EIO;
	}
	http->epoll = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	*ret_http = http;
	return 0;
}

void web_http_close(struct web_http *http)
{
	if (!http)
		return;
	MHD_stop_daemon(http->daemon);
	free(http);
}
