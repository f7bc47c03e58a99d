# The protocol in Promela, searched completely by spin; then with planted faults, each of which spin must find.
# TERMS=4 follows the owners through one term more.
model:
	@tests/install-deps spin
	@B=$(abspath $(B)) CC=$(CC) TERMS=$(TERMS) tests/model/run

.PHONY: model
