# Random faults of majority clusters, for MINUTES on each of CLUSTERS (2+1: two hosts and a witness). SEED=N draws the
# same faults again.

CLUSTERS ?= 3 5

lab-majority: lab-ready
	@$(LAB_ENV) tests/lab/long/majority -m $(or $(MINUTES),3) $(if $(SEED),-s $(SEED)) $(CLUSTERS)

.PHONY: lab-majority
