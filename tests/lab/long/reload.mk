# EDITS random edits of the configuration of a running pair, valid and invalid, under traffic. SEED=N draws the same again.

torture: lab-ready
	@$(LAB_ENV) tests/lab/long/reload -n $(or $(EDITS),500) $(if $(SEED),-s $(SEED))

.PHONY: torture
