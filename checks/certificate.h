/* What it means that a server's certificate was refused. */
#pragma once

#include <time.h>

#include "checks/probe.h"

/* `result` is OpenSSL's X509_V_ERR_*; 0 or 1: the chain is good, the name is not. `wall` is this host's idea of the
 * date, by which the certificate was judged. */
void certificate_refused(long result, time_t wall, struct outcome *outcome);
