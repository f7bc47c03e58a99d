# Faults of clusters with real corosync daemons: three nodes, and two with a witness, at its defaults and tuned. ROUNDS
# is how often each fault of a cluster comes; QUORUMS names some of the clusters: 3 2-tuned 2-defaults.

lab-corosync: lab-ready
	@$(LAB_ENV) tests/lab/long/corosync $(if $(filter command line environment,$(origin ROUNDS)),-r $(ROUNDS)) $(QUORUMS)

.PHONY: lab-corosync
