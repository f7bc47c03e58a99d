# The simulator: the real core under virtual time, its stories judged at every instant. casvip-sim.c says how to replay.
#   SEEDS=FROM..TO

SIM      := $(B)/tests/sim/casvip-sim
SIM_OBJS := $(patsubst %.c,$(B)/%.o,$(wildcard tests/sim/*.c)) $(B)/agent/neighbours.o $(B)/conf/conf_address.o
SEEDS    ?= 1..2000

$(SIM): $(SIM_OBJS) $(B)/libvrrp.a
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(SIM_OBJS) $(B)/libvrrp.a $(shell pkg-config --libs libsodium)

sim sim-long: $(SIM)
	@$(SIM) --seeds $(SEEDS) --jobs $(shell nproc)

# Each story is compared line by line with what it was when it was written.
sim-stories: $(SIM)
	@for s in tests/sim/stories/*.txt; do $(SIM) --story $$s | diff -u $$s - || { echo "$$s differs"; exit 1; }; done
	@echo "$(words $(wildcard tests/sim/stories/*.txt)) passed, 0 failed"

.PHONY: sim sim-long sim-stories
