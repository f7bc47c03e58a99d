#include "checks/transfer.h"

#include <curl/curl.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "checks/certificate.h"
#include "checks/engine.h"
#include "checks/sock.h"
#include "conf/conf_address.h"
#include "conf/conf_url.h"

enum { CA_CACHE_S = 600 };

struct transfer {
	struct engine_entry entry;
	struct transfer_calls calls;
	struct curl_slist *connect_to;
	struct curl_slist *headers;
	bool https; /* or another protocol inside TLS from the start */
	bool greet;
	bool cut;   /* by `most_bytes` */
	int64_t most_bytes;
	bool own_ca_file;
	bool answered;    /* a header line came in */
	bool body;        /* a byte of the body did */
	int fd;           /* libcurl's; -1: none, or it was closed after so many bytes: */
	int64_t received;
	int socket_error; /* errno of socket(), 0 */
	char connecting[sizeof("connecting to port 65535")];
	char error[CURL_ERROR_SIZE];
};

static CURLcode code_of(const struct transfer *transfer)
{
	return (CURLcode)transfer->entry.code;
}

static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = data;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);

	(void)purpose;
	transfer->socket_error = fd < 0 ? errno : 0;
	transfer->fd = fd;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Before its end comes to be told of, a socket may be closed. */
static int on_close(void *data, curl_socket_t fd)
{
	struct transfer *transfer = data;

	if (fd == transfer->fd) {
		transfer->received = sock_received(fd);
		transfer->fd = -1;
	}
	return close(fd);
}

/* Returning less than it got makes libcurl end the transfer. */
static size_t on_header(char *line, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;

	transfer->answered = true;
	return transfer->calls.header(transfer->calls.context, line, size * count) ? size * count : 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;

	transfer->body = true;
	return transfer->calls.body(transfer->calls.context, bytes, size * count) ? size * count : 0;
}

static size_t on_more(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	size_t given = transfer->calls.more(transfer->calls.context, (uint8_t *)bytes, size * count);

	return given ? given : CURL_READFUNC_PAUSE;
}

static bool set_tls(struct transfer *transfer, CURL *easy, const struct transfer_request *request, const char *ca_file)
{
	transfer->own_ca_file = request->ca_file[0] != '\0';
	return !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request->verify ? 1L : 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request->verify ? 2L : 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_CACHE_S) &&
	       /* libcurl caches a file of authorities, not a folder. */
	       (ca_file[0] == '\0' ||
		(!curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) && !curl_easy_setopt(easy, CURLOPT_CAPATH, NULL)));
}

/* A connection made only to be looked at ends without libcurl's own farewell: libcurl would wait for the answer. */
static bool set_greeting(CURL *easy, const struct transfer_request *request)
{
	if (!request->greet)
		return true;
	return !curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L) && !curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L) && !curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(request->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
}

static bool set_strength(CURL *easy, enum transfer_tls tls)
{
	long versions = tls == TRANSFER_TLS_OLD ? (long)CURL_SSLVERSION_TLSv1_0 | (long)CURL_SSLVERSION_MAX_TLSv1_1
						: (long)CURL_SSLVERSION_TLSv1_2;

	return tls == TRANSFER_TLS_USUAL || (!curl_easy_setopt(easy, CURLOPT_SSLVERSION, versions) &&
					     !curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0"));
}

static bool append(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer)
		*list = longer;
	return longer != NULL;
}

/* A body in hand is copied: NTLM may have to send it again, and the caller need not keep it. */
static bool set_body(CURL *easy, const struct transfer_request *request)
{
	const void *body = request->body_bytes == 0 ? "" : request->body;

	return !curl_easy_setopt(easy, CURLOPT_POST, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes) &&
	       (!body || !curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body));
}

/* Left to itself, libcurl takes the strongest way to log on that a mail server offers: for GSSAPI it would ask name
 * servers and the realm's key server, and wait for them. */
static bool set_credentials(CURL *easy, const struct transfer_request *request)
{
	long auth = request->auth == AUTH_NTLM ? (long)CURLAUTH_NTLM : (long)CURLAUTH_BASIC;

	return !curl_easy_setopt(easy, CURLOPT_HTTPAUTH, auth) &&
	       (!request->greet || !curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")) &&
	       !curl_easy_setopt(easy, CURLOPT_USERNAME, request->user) &&
	       !curl_easy_setopt(easy, CURLOPT_PASSWORD, request->password);
}

static bool set_request(struct transfer *transfer, CURL *easy, const struct transfer_request *request)
{
	bool fine = append(&transfer->headers, "Expect:") && !curl_easy_setopt(easy, CURLOPT_URL, request->url);

	for (int i = 0; fine && request->headers && request->headers[i]; i++)
		fine = append(&transfer->headers, request->headers[i]);
	if (fine && request->body_bytes >= 0)
		fine = set_body(easy, request);
	if (fine && request->method && strcmp(request->method, "HEAD") == 0)
		fine = !curl_easy_setopt(easy, CURLOPT_NOBODY, 1L); /* else it would wait for one */
	else if (fine && request->method)
		fine = !curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	return fine && !curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) &&
	       (!request->user || set_credentials(easy, request));
}

static bool set_calls(struct transfer *transfer, CURL *easy)
{
	return !curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error) &&
	       !curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) &&
	       !curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) &&
	       !curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_more) &&
	       !curl_easy_setopt(easy, CURLOPT_READDATA, transfer) &&
	       !curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open) &&
	       !curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) &&
	       !curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close) &&
	       !curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer);
}

static bool set_target(struct transfer *transfer, CURL *easy, const struct conf_endpoint *endpoint)
{
	char text[ADDRESS_TEXT_MAX], connect_to[ADDRESS_TEXT_MAX + 2];

	snprintf(transfer->connecting, sizeof(transfer->connecting), "connecting to port %u", endpoint->port);
	snprintf(connect_to, sizeof(connect_to), "::%s", endpoint_text(endpoint, text));
	return append(&transfer->connect_to, connect_to) &&
	       !curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer->connect_to);
}

/* https, imaps, pop3s, smtps */
static bool begins_with_tls(const char *url)
{
	size_t length = strcspn(url, ":");

	return length > 0 && (url[length - 1] == 's' || url[length - 1] == 'S');
}

/* Where to connect to: 0, or -EINVAL with words in `outcome`. */
static int read_target(const struct transfer_request *request, bool *ret_https, struct conf_endpoint *ret_endpoint,
		       struct outcome *outcome)
{
	struct conf_url url;
	const char *why;

	*ret_https = begins_with_tls(request->url);
	*ret_endpoint = request->connect;
	if (request->greet && request->connect.address.family)
		return 0;
	if (conf_url_read(request->url, &url, &why)) {
		outcome_set(outcome, VERDICT_UNKNOWN, "config", "the url %s", why);
		return -EINVAL;
	}
	if (request->connect.address.family == 0 && url.address.family == 0) {
		outcome_set(outcome, VERDICT_UNKNOWN, "config", "no address to connect to: names are not looked up");
		return -EINVAL;
	}
	if (request->connect.address.family == 0)
		*ret_endpoint = (struct conf_endpoint){.address = url.address, .port = url.port};
	return 0;
}

static bool begin(struct transfer *transfer, const struct transfer_request *request,
		  const struct conf_endpoint *endpoint)
{
	struct engine *engine = engine_for(request->ca_file);
	CURL *easy = engine ? engine_handle() : NULL;

	transfer->entry.easy = easy;
	return easy && set_tls(transfer, easy, request, engine_ca_file(engine)) &&
	       set_greeting(easy, request) && set_strength(easy, request->tls) &&
	       set_target(transfer, easy, endpoint) && set_request(transfer, easy, request) &&
	       set_calls(transfer, easy) && engine_add(engine, &transfer->entry);
}

struct transfer *transfer_start(const struct transfer_request *request, const struct transfer_calls *calls,
				struct outcome *outcome)
{
	struct conf_endpoint endpoint;
	struct transfer *transfer;
	bool https;

	if (read_target(request, &https, &endpoint, outcome))
		return NULL;
	transfer = calloc(1, sizeof(*transfer));
	if (transfer) {
		transfer->calls = *calls;
		transfer->https = https;
		transfer->greet = request->greet;
		transfer->most_bytes = request->most_bytes;
		transfer->fd = -1;
		if (begin(transfer, request, &endpoint))
			return transfer;
	}
	transfer_free(transfer);
	outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "cannot prepare the request: no memory or descriptors");
	return NULL;
}

/* What libcurl keeps to itself: it drops the rest of a line without an end, and goes on reading. Its own bound may come
 * first, for it counts what lies in its buffer anew with every line; that it tells only in words. */
static bool is_too_much(const struct transfer *transfer)
{
	int64_t received = transfer->fd >= 0 ? sock_received(transfer->fd) : transfer->received;

	return transfer->most_bytes > 0 &&
	       (received > transfer->most_bytes || strstr(transfer->error, "Too large response headers"));
}

bool transfer_advance(struct transfer *transfer, struct probe_wait *wait)
{
	if (!transfer->entry.ended)
		engine_serve(transfer->entry.engine);
	transfer->cut = !(transfer->entry.ended && code_of(transfer) == CURLE_OK) && is_too_much(transfer);
	if (transfer->cut)
		return true;
	if (!transfer->entry.ended)
		*wait = (struct probe_wait){.fd = engine_fd(transfer->entry.engine), .events = POLLIN};
	engine_told(&transfer->entry);
	return transfer->entry.ended;
}

void transfer_resume(struct transfer *transfer)
{
	curl_easy_pause(transfer->entry.easy, CURLPAUSE_CONT);
}

void transfer_say(struct transfer *transfer, const char *words)
{
	size_t sent;

	curl_easy_send(transfer->entry.easy, words, strlen(words), &sent);
}

/* libcurl knows what a plain socket said; inside TLS, what fails is mostly that the other side is gone. */
ssize_t transfer_hear(struct transfer *transfer, void *bytes, size_t room, struct probe_wait *wait)
{
	size_t got = 0;
	CURLcode code = curl_easy_recv(transfer->entry.easy, bytes, room, &got);
	long error = 0;

	*wait = (struct probe_wait){.fd = transfer->fd, .events = POLLIN};
	if (code == CURLE_AGAIN)
		return -EAGAIN;
	if (code != CURLE_OK)
		curl_easy_getinfo(transfer->entry.easy, CURLINFO_OS_ERRNO, &error);
	if (error)
		return -error;
	return got ? (ssize_t)got : -ENODATA;
}

bool transfer_certificate(const struct transfer *transfer, transfer_line_fn *line, void *context)
{
	struct curl_certinfo *chain = NULL;

	if (curl_easy_getinfo(transfer->entry.easy, CURLINFO_CERTINFO, &chain) || !chain || chain->num_of_certs < 1)
		return false;
	for (const struct curl_slist *item = chain->certinfo[0]; item; item = item->next)
		line(context, item->data);
	return true;
}

bool transfer_hung_up(const struct transfer *transfer)
{
	curl_off_t connected = 0;
	int state, unread;

	curl_easy_getinfo(transfer->entry.easy, CURLINFO_CONNECT_TIME_T, &connected);
	if (transfer->entry.ended || transfer->fd < 0 || connected == 0)
		return false;
	state = sock_state(transfer->fd); /* CLOSE: what we sent after its end was answered by a reset */
	return (state == TCP_CLOSE_WAIT || state == TCP_CLOSE) && ioctl(transfer->fd, FIONREAD, &unread) == 0 &&
	       unread == 0;
}

enum transfer_end transfer_end(const struct transfer *transfer)
{
	if (transfer->cut)
		return TRANSFER_CUT;
	switch ((int)code_of(transfer)) {
	case CURLE_OK:
		return TRANSFER_WHOLE;
	case CURLE_WRITE_ERROR: /* of on_header or on_body */
		return TRANSFER_CUT;
	default:
		return TRANSFER_FAILED;
	}
}

/* libcurl counts the handshake as part of connecting. */
const char *transfer_stage(const struct transfer *transfer)
{
	curl_off_t secured = 0;
	bool connected;

	if (transfer->entry.ended)
		connected = code_of(transfer) != CURLE_COULDNT_CONNECT;
	else
		connected = transfer->fd >= 0 && sock_state(transfer->fd) != TCP_SYN_SENT;
	curl_easy_getinfo(transfer->entry.easy, CURLINFO_APPCONNECT_TIME_T, &secured);
	if (transfer->entry.ended && code_of(transfer) == CURLE_SSL_CONNECT_ERROR)
		return "TLS handshake"; /* after STARTTLS, perhaps */
	if (transfer->body)
		return "reading the body";
	if (transfer->answered)
		return "reading the answer";
	if (!connected)
		return transfer->connecting;
	if (transfer->https && secured == 0)
		return "TLS handshake";
	return transfer->greet ? "waiting for the greeting" : "waiting for the answer";
}

long transfer_verify_result(const struct transfer *transfer)
{
	long result = -1;

	if (transfer->entry.ended && code_of(transfer) == CURLE_PEER_FAILED_VERIFICATION)
		curl_easy_getinfo(transfer->entry.easy, CURLINFO_SSL_VERIFYRESULT, &result);
	return result;
}

static const struct {
	CURLcode code;
	enum verdict verdict;
	const char *reason;
} code_meanings[] = {
	{CURLE_COULDNT_CONNECT, VERDICT_DOWN, "connect"},
	{CURLE_GOT_NOTHING, VERDICT_DOWN, "eof"},
	{CURLE_PARTIAL_FILE, VERDICT_DOWN, "eof"},
	{CURLE_SSL_CONNECT_ERROR, VERDICT_DOWN, "tls"},
	{CURLE_SSL_CIPHER, VERDICT_DOWN, "tls"},
	{CURLE_UNSUPPORTED_PROTOCOL, VERDICT_DOWN, "protocol"}, /* HTTP/0.9: anything that is not HTTP */
	{CURLE_WEIRD_SERVER_REPLY, VERDICT_DOWN, "protocol"},
	{CURLE_USE_SSL_FAILED, VERDICT_DOWN, "no-starttls"},
	{CURLE_OPERATION_TIMEDOUT, VERDICT_DOWN, "timeout"},
	{CURLE_OUT_OF_MEMORY, VERDICT_UNKNOWN, "no-memory"},
	{CURLE_FAILED_INIT, VERDICT_UNKNOWN, "no-memory"},
	{CURLE_URL_MALFORMAT, VERDICT_UNKNOWN, "config"},
};

/* During the handshake, and of mail, libcurl tells what happened to the connection only in words. */
static int error_in_words(const struct transfer *transfer)
{
	if (transfer->greet && code_of(transfer) == CURLE_RECV_ERROR)
		return strstr(transfer->error, "response reading failed") ? ENODATA : 0;
	if (code_of(transfer) != CURLE_SSL_CONNECT_ERROR)
		return 0;
	if (strstr(transfer->error, strerrordesc_np(ECONNRESET)))
		return ECONNRESET;
	return strstr(transfer->error, "SSL_ERROR_SYSCALL") || strstr(transfer->error, "unexpected eof") ? ENODATA : 0;
}

static int socket_error_of(const struct transfer *transfer)
{
	long error = 0;
	CURLcode code = code_of(transfer);

	if (transfer->socket_error)
		return transfer->socket_error;
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
		curl_easy_getinfo(transfer->entry.easy, CURLINFO_OS_ERRNO, &error);
	return error ? (int)error : error_in_words(transfer);
}

/* The file it is about, not the handshake that it spoiled. */
static void judge_bundle(const struct transfer *transfer, struct outcome *outcome)
{
	const char *bundle = engine_ca_file(transfer->entry.engine);
	int error = access(bundle, R_OK) < 0 ? errno : 0;

	if (transfer->own_ca_file)
		outcome_set(outcome, VERDICT_UNKNOWN, "ca-file", "ca_file %.48s: %s%s", bundle,
			    error ? strerror(error) : "no certificates in it",
			    error == EACCES ? " for the user casvip-checks" : "");
	else
		outcome_set(outcome, VERDICT_UNKNOWN, "ca-file",
			    "no certificates in %.48s: install ca-certificates, or name a ca_file", bundle);
}

static void judge_connection(const struct transfer *transfer, struct outcome *outcome)
{
	const char *words = transfer->error[0] ? transfer->error : curl_easy_strerror(code_of(transfer));
	const char *stage = transfer_stage(transfer);
	int error = socket_error_of(transfer);

	if (error) {
		sock_outcome(outcome, -error, stage);
		return;
	}
	for (size_t i = 0; i < sizeof(code_meanings) / sizeof(code_meanings[0]); i++) {
		if (code_meanings[i].code == code_of(transfer)) {
			outcome_set(outcome, code_meanings[i].verdict, code_meanings[i].reason, "%s: %s", stage, words);
			return;
		}
	}
	outcome_set(outcome, VERDICT_DOWN, "transport", "%s: %s", stage, words);
}

void transfer_failure(const struct transfer *transfer, struct outcome *outcome)
{
	if (code_of(transfer) == CURLE_SSL_CACERT_BADFILE)
		judge_bundle(transfer, outcome);
	else if (code_of(transfer) == CURLE_PEER_FAILED_VERIFICATION)
		certificate_refused(transfer_verify_result(transfer), time(NULL), outcome);
	else
		judge_connection(transfer, outcome);
}

void transfer_free(struct transfer *transfer)
{
	if (!transfer)
		return;
	engine_remove(&transfer->entry);
	if (transfer->entry.easy)
		curl_easy_cleanup(transfer->entry.easy);
	curl_slist_free_all(transfer->connect_to);
	curl_slist_free_all(transfer->headers);
	free(transfer);
}
