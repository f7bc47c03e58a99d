# casvip. `make` builds into build/, `make check` tests, `make demo` shows it; README.md says more.
#   V=1 shows commands, CC=clang builds with clang, SAN=1 builds with ASan and UBSan (into build-san/).

CC       ?= gcc
BPF_CC   ?= clang
BPFTOOL  ?= $(firstword $(wildcard /usr/sbin/bpftool /sbin/bpftool) bpftool)
PKGS     := libsodium libnl-3.0 libbpf libconfuse libcurl libmicrohttpd jansson libssl libcrypto
B        := $(if $(SAN),build-san,build)
Q        := $(if $(V),,@)

WARN     := -Wall -Wextra -Wswitch-enum -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Werror
comma    := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
SYSINC    = $(subst -I,-isystem ,$(shell pkg-config --cflags-only-I $(PKGS)))
CFLAGS   ?= -O2 -g
VERSION  := 0.1
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DCASVIP_VERSION='"$(VERSION)"' $(WARN) $(CFLAGS) -fstack-protector-strong \
	    -fPIE $(if $(SAN),-DCASVIP_SANITIZED $(SANFLAGS),-D_FORTIFY_SOURCE=2) -I. -I$(B) $(SYSINC) -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)

# A folder is a library; a file that holds main() is a program.
COROSYNC := libcpg libquorum libvotequorum libcmap
MAINS    := agent/casvipd.c agent/casvipctl.c agent/casvip-events.c agent/casvip-web.c agent/casvip-quorum.c \
	    checks/casvip-checks.c
lib_src   = $(filter-out $(MAINS) %.bpf.c,$(wildcard $(1)/*.c))
objs      = $(patsubst %.c,$(B)/%.o,$(1))
LIBS     := $(B)/libagent.a $(B)/libchecks.a $(B)/libconf.a $(B)/libvrrp.a
PROGRAMS := $(patsubst %,$(B)/%,$(notdir $(basename $(wildcard $(MAINS)))))

all: $(PROGRAMS)

$(B)/libvrrp.a:   $(call objs,$(call lib_src,vrrp))
$(B)/libconf.a:   $(call objs,$(call lib_src,conf))
$(B)/libchecks.a: $(call objs,$(call lib_src,checks))
$(B)/libagent.a:  $(call objs,$(call lib_src,agent))

$(B)/lib%.a:
	@echo "  AR    $@"
	$(Q)rm -f $@ && ar rcsD $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The fence: compiled for the kernel, then embedded by a generated header.
$(B)/agent/fence.bpf.o: agent/fence.bpf.c agent/fence_map.h
	@mkdir -p $(@D)
	@echo "  BPF   $<"
	$(Q)$(BPF_CC) -O2 -g -target bpf -Wall -Werror -I. -I/usr/include/$(shell $(CC) -print-multiarch) -c -o $@ $<
$(B)/agent/fence.skel.h: $(B)/agent/fence.bpf.o
	@echo "  SKEL  $@"
	$(Q){ echo '#pragma GCC system_header'; $(BPFTOOL) gen skeleton $< name fence_bpf; } >$@.tmp && mv $@.tmp $@
$(B)/agent/fence.o: $(B)/agent/fence.skel.h

# The pages of casvip-web, embedded as they are.
$(B)/agent/web_page.o: $(wildcard agent/web/page.*)

link = @echo "  LD    $@"; $(if $(V),set -x;) $(CC) $(ALL_LDFLAGS) -o $@ $< $(filter %.a,$^) $(1)

# What each program may link is a promise: nothing that speaks to services is in the one with privileges.
$(B)/casvipd: $(B)/agent/casvipd.o $(B)/libagent.a $(B)/libconf.a $(B)/libvrrp.a
	$(call link,$(shell pkg-config --libs libsodium libnl-3.0 libbpf libconfuse))
$(B)/casvipctl: $(B)/agent/casvipctl.o $(B)/libagent.a $(B)/libconf.a $(B)/libvrrp.a
	$(call link,$(shell pkg-config --libs libsodium libconfuse jansson libssl libcrypto))
$(B)/casvip-web: $(B)/agent/casvip-web.o $(B)/libagent.a $(B)/libconf.a $(B)/libvrrp.a
	$(call link,$(shell pkg-config --libs libmicrohttpd jansson libsodium libconfuse))
$(B)/casvip-events: $(B)/agent/casvip-events.o $(B)/libagent.a $(B)/libconf.a $(B)/libvrrp.a
	$(call link,$(shell pkg-config --libs libsodium libconfuse jansson))
$(B)/casvip-checks: $(B)/checks/casvip-checks.o $(B)/libchecks.a $(B)/libconf.a $(B)/libvrrp.a
	$(call link,$(shell pkg-config --libs libcurl libconfuse libsodium) -lresolv)
# Corosync's libraries are here alone: their calls may block.
$(B)/casvip-quorum: $(B)/agent/casvip-quorum.o $(B)/libagent.a $(B)/libconf.a $(B)/libvrrp.a
	$(call link,$(shell pkg-config --libs $(COROSYNC) libconfuse libsodium) -lcorosync_common)

include tests/tests.mk
include systemd/install.mk

clean:
	rm -rf build build-san

.PHONY: all clean
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
