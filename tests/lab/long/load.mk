# What 200 checks cost, for MINUTES.

load: lab-ready
	@$(LAB_ENV) tests/lab/long/load -m $(or $(MINUTES),10)

.PHONY: load
