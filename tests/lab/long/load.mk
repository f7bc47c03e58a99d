# For MINUTES: what 200 checks cost; and garbage as the answer to every check type (SEED=N draws the same again).

load: lab-ready
	@$(LAB_ENV) tests/lab/long/load -m $(or $(MINUTES),10)

hostile: lab-ready
	@$(LAB_ENV) tests/lab/long/hostile -m $(or $(MINUTES),1) $(if $(SEED),-s $(SEED))

.PHONY: load hostile
