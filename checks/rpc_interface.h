/* The RPC interfaces of a Client Access server, as they are asked for on the wire. */
#pragma once

#include "checks/dcerpc.h"
#include "conf/conf.h"

enum { ECDUMMYRPC_OPNUM = 6 }; /* MS-OXCRPC 3.1.4.6: no session, no arguments, returns 0 */

const struct dcerpc_syntax *rpc_interface_syntax(enum rpc_interface interface);

/* Has it EcDummyRpc? The others have no call that needs no session: an accepted bind must do. */
bool rpc_interface_has_dummy(enum rpc_interface interface);
