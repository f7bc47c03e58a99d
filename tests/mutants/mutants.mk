# Mutation evidence: the tests must see every fault of tests/mutants/faults when it is planted in the core.
#   FAULTS="rule 5" plants those only; SEEN=all says every level that sees a fault, not only the first.
FAULTS ?=
SEEN   ?= first

mutants:
	@tests/mutants/run $(if $(filter all,$(SEEN)),-a) $(if $(FAULTS),"$(FAULTS)")

# The core's tests link the core and nothing else.
$(B)/tests/unit/vrrp_%: $(B)/tests/unit/vrrp_%.o $(B)/libvrrp.a
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(B)/libvrrp.a $(shell pkg-config --libs libsodium cmocka)

.PHONY: mutants
