# A page in a headless Chromium comes to the new owner by itself. CLIENTS=leave tells it nothing: it hangs, this fails.

browser-clients: deps
	@tests/install-deps chromium
	@$(MAKE) $(PARALLEL) all $(LAB_TOOLS)
	@$(LAB_ENV) tests/lab/long/browser $(if $(CLIENTS),-c $(CLIENTS))

.PHONY: browser-clients
