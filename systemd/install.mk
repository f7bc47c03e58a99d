# `make install`: what building needs, the programs, and the users and the runtime directory. Below DESTDIR, for packagers
# and for hosts without a compiler, files alone.

PREFIX  ?= /usr
DESTDIR ?=
SYSTEMD := $(DESTDIR)$(PREFIX)/lib
EXAMPLES := $(DESTDIR)$(PREFIX)/share/doc/casvip/examples
COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions
INSTALL := install -D

# A container or a chroot may well be without systemd; what its two files say is then done by hand.
MAKE_USERS = if command -v systemd-sysusers >/dev/null; then \
	systemd-sysusers $(SYSTEMD)/sysusers.d/casvip.conf && systemd-tmpfiles --create $(SYSTEMD)/tmpfiles.d/casvip.conf; \
else \
	{ getent group casvip || groupadd --system casvip; } >/dev/null && \
	for user in casvip-checks casvip-events casvip-web casvip-quorum; do \
		getent passwd $$user || useradd --system --home-dir / --shell /usr/sbin/nologin $$user || exit; \
	done >/dev/null && \
	install -d -o root -g casvip -m 2755 /run/casvip && \
	install -d -o casvip-events -g casvip -m 0750 /var/lib/casvip; \
fi

# casvip-checks cannot be read: so its memory, with the credentials, is closed to others of its user from the first
# instant of exec, before it can do anything about that itself.
install:
	@tests/install-deps --build
	@$(MAKE) $(PARALLEL) all
	$(INSTALL) -m 0755 $(B)/casvipd $(DESTDIR)$(PREFIX)/sbin/casvipd
	$(INSTALL) -m 0755 $(B)/casvipctl $(DESTDIR)$(PREFIX)/bin/casvipctl
	$(INSTALL) -m 0644 agent/completions/casvipctl $(COMPLETIONS)/casvipctl
	$(INSTALL) -m 0644 agent/completions/_casvipctl $(ZSH_COMPLETIONS)/_casvipctl
	$(INSTALL) -m 0755 $(B)/casvip-events $(DESTDIR)$(PREFIX)/sbin/casvip-events
	$(INSTALL) -m 0711 $(B)/casvip-checks $(DESTDIR)$(PREFIX)/sbin/casvip-checks
	$(INSTALL) -m 0755 $(B)/casvip-web $(DESTDIR)$(PREFIX)/sbin/casvip-web
	$(INSTALL) -m 0755 $(B)/casvip-quorum $(DESTDIR)$(PREFIX)/sbin/casvip-quorum
	for page in agent/*.8 checks/*.8; do $(INSTALL) -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man8/$${page##*/} || exit; done
	$(INSTALL) -m 0644 conf/casvip.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/casvip.conf.5
	$(INSTALL) -m 0644 systemd/casvip.sysusers $(SYSTEMD)/sysusers.d/casvip.conf
	$(INSTALL) -m 0644 systemd/casvip.tmpfiles $(SYSTEMD)/tmpfiles.d/casvip.conf
	$(INSTALL) -m 0644 systemd/casvip.uidgid $(DESTDIR)/etc/corosync/uidgid.d/casvip
	for sample in conf/samples/*.*; do $(INSTALL) -m 0644 $$sample $(EXAMPLES)/$${sample##*/} || exit; done
	for hook in conf/samples/hooks/*; do $(INSTALL) -m 0644 $$hook $(EXAMPLES)/hooks/$${hook##*/} || exit; done
	for unit in casvipd casvip-events casvip-web; do \
		sed 's|=/usr/|=$(PREFIX)/|' systemd/$$unit.service >$(B)/$$unit.service && \
		$(INSTALL) -m 0644 $(B)/$$unit.service $(SYSTEMD)/systemd/system/$$unit.service || exit; done
	$(INSTALL) -m 0755 -d $(DESTDIR)/etc/casvip
	$(if $(DESTDIR),,$(MAKE_USERS))
	$(if $(DESTDIR),,test ! -d /run/systemd/system || systemctl daemon-reload)

# What install put there; the configuration, the keys, and the users who may own files stay. `systemctl disable --now
# casvipd casvip-events casvip-web` comes before.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/casvipd $(DESTDIR)$(PREFIX)/bin/casvipctl $(DESTDIR)$(PREFIX)/sbin/casvip-checks
	rm -f $(DESTDIR)$(PREFIX)/sbin/casvip-quorum $(DESTDIR)/etc/corosync/uidgid.d/casvip
	rm -f $(DESTDIR)$(PREFIX)/sbin/casvip-events $(SYSTEMD)/systemd/system/casvip-events.service
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/man/man8/,$(notdir $(wildcard agent/*.8 checks/*.8)))
	rm -f $(DESTDIR)$(PREFIX)/sbin/casvip-web $(SYSTEMD)/systemd/system/casvip-web.service
	rm -f $(DESTDIR)$(PREFIX)/share/man/man5/casvip.conf.5 $(COMPLETIONS)/casvipctl $(ZSH_COMPLETIONS)/_casvipctl
	rm -f $(SYSTEMD)/sysusers.d/casvip.conf $(SYSTEMD)/tmpfiles.d/casvip.conf $(SYSTEMD)/systemd/system/casvipd.service
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/casvip
	$(if $(DESTDIR),,test ! -d /run/systemd/system || systemctl daemon-reload)

.PHONY: install uninstall
