#include "agent/tls_names.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "conf/conf_address.h"

static void list_names(const X509 *certificate, char seen[static TLS_SEEN_MAX])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;

	for (int n = 0; n < sk_GENERAL_NAME_num(names); n++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, n);
		size_t length;

		if (name->type != GEN_DNS)
			continue;
		length = (size_t)ASN1_STRING_length(name->d.dNSName);
		if (used + length + 3 > TLS_SEEN_MAX)
			break;
		used += (size_t)snprintf(seen + used, TLS_SEEN_MAX - used, "%s%.*s", used ? ", " : "", (int)length,
					 (const char *)ASN1_STRING_get0_data(name->d.dNSName));
	}
	for (char *c = seen; *c; c++)
		*c = isprint((unsigned char)*c) ? *c : '?';
	GENERAL_NAMES_free(names);
}

enum tls_names tls_names_judge(const uint8_t *der, size_t length, const char *name, char seen[static TLS_SEEN_MAX])
{
	const unsigned char *at = der;
	X509 *certificate = d2i_X509(NULL, &at, (long)length);
	enum tls_names answer;

	memset(seen, 0, TLS_SEEN_MAX);
	if (!certificate)
		return TLS_NAMES_NONE;
	list_names(certificate, seen);
	answer = X509_check_host(certificate, name, 0, 0, NULL) == 1 ? TLS_NAMES_COVER : TLS_NAMES_OTHER;
	X509_free(certificate);
	return answer;
}

/* A connected descriptor, or -errno. */
static int reach(const struct conf_endpoint *where, int timeout_s)
{
	const struct timeval patience = {.tv_sec = timeout_s};
	struct sockaddr_storage to;
	socklen_t length = address_to_socket(&where->address, where->port, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(fd, (const struct sockaddr *)&to, length) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* What the server showed, whoever signed it: here only its names matter. */
static int take_certificate(const SSL *tls, uint8_t der[static TLS_CERTIFICATE_MAX])
{
	X509 *certificate = SSL_get1_peer_certificate(tls);
	unsigned char *at = der;
	int length = certificate ? i2d_X509(certificate, NULL) : -1;

	if (length > 0 && length <= TLS_CERTIFICATE_MAX)
		i2d_X509(certificate, &at);
	else
		length = -EPROTO;
	X509_free(certificate);
	return length;
}

int tls_names_fetch(const struct conf_endpoint *where, const char *name, int timeout_s,
		    uint8_t der[static TLS_CERTIFICATE_MAX])
{
	int fd = reach(where, timeout_s), length = -EPROTO;
	SSL_CTX *context = fd < 0 ? NULL : SSL_CTX_new(TLS_client_method());
	SSL *tls = context ? SSL_new(context) : NULL;

	if (tls && SSL_set_fd(tls, fd) == 1 && SSL_set_tlsext_host_name(tls, name) == 1 && SSL_connect(tls) == 1)
		length = take_certificate(tls, der);
	SSL_free(tls);
	SSL_CTX_free(context);
	if (fd < 0)
		return fd;
	close(fd);
	return length;
}
