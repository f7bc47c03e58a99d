# Tests. tests/unit/*.c are cmocka programs, tests/fuzz/fuzz_*.c are libFuzzer targets with a corpus beside them.

UNIT     := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
FUZZ     := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
TEST_LIBS = $(shell pkg-config --libs $(PKGS) cmocka) -lresolv

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(LIBS)
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBS) $(TEST_LIBS)

unit: $(if $(SAN),,purity style findings) $(UNIT)
	@tests/unit/run $(UNIT)

# The core decides; what it links against shows that it does nothing else. (Sanitizers link more.)
purity: $(B)/libvrrp.a
	@tests/purity $(call objs,$(call lib_src,vrrp))

style:
	@tests/catalogue
	@tests/style $(foreach d,agent vrrp checks conf,$(wildcard $(d)/*.[ch]))

findings:
	@tests/findings agent/cli_doctor.c $(wildcard agent/doctor_*.c)

# A fuzz target compiles the sources it includes its coverage from anew, with clang. It names them in a line
# "fuzz-sources: conf/conf_load.c vrrp/..." in its first comment, and is made anew when one of them or any header changes.
FUZZ_CC   ?= clang
FUZZ_TIME ?= 60
FUZZ_RUNS ?= -1
fuzz_src   = $(wildcard $(shell sed -n 's/.*fuzz-sources: *//p' $(1)))
HEADERS   := $(foreach d,agent vrrp checks conf tests/fuzz,$(wildcard $(d)/*.h))
.SECONDEXPANSION:
$(B)/tests/fuzz/%: tests/fuzz/%.c $$(call fuzz_src,tests/fuzz/$$*.c) $(HEADERS)
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	$(Q)$(FUZZ_CC) -std=gnu17 -D_GNU_SOURCE -DCASVIP_VERSION='"$(VERSION)"' -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=undefined -I. -I$(B) $(SYSINC) -o $@ $< \
		$(call fuzz_src,$<) $(shell pkg-config --libs $(PKGS)) -lresolv

# Each target for FUZZ_TIME seconds on top of its corpus (FUZZ_RUNS=0: over its corpus, once); new findings stay in build/.
fuzz: $(FUZZ)
	@for t in $(FUZZ); do n=$$(basename $$t); mkdir -p $(B)/corpus/$$n; echo "== $$n"; \
		$$t -max_total_time=$(FUZZ_TIME) -runs=$(FUZZ_RUNS) -print_final_stats=1 -artifact_prefix=$(B)/corpus/ \
		$(B)/corpus/$$n tests/fuzz/corpus/$$n || exit 1; done

# The lab's instruments: small programs that must be precise.
LAB_TOOLS := $(patsubst tests/lab/%.c,$(B)/tests/lab/%,$(wildcard tests/lab/*.c))
.SECONDARY: $(LAB_TOOLS:=.o) $(UNIT:=.o)
$(B)/tests/lab/holder: LAB_LIBS = -lssl -lcrypto
$(B)/tests/lab/%: $(B)/tests/lab/%.o
	@echo "  LD    $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(LAB_LIBS)

# What follows makes network namespaces and needs root. Everything is built by a make of its own, after deps: on a bare
# machine there is no compiler and no pkg-config to ask when this one starts.
#   CASES="forged replayed" runs those lab cases only, LAB_JOBS=N sets how many at once, ROUNDS=N is the bench's.
CASES  ?=
ROUNDS ?= 5
LAB_ENV  = B=$(abspath $(B)) UBSAN_OPTIONS=print_stacktrace=1
PARALLEL = $(if $(V),,-s) --no-print-directory $(if $(findstring j,$(MAKEFLAGS)),,-j$(shell nproc))

deps:
	@tests/install-deps

lab-ready: deps
	@$(MAKE) $(PARALLEL) all $(LAB_TOOLS)

check: deps
	@$(MAKE) $(PARALLEL) unit
	@$(MAKE) $(PARALLEL) sim-stories
	@$(MAKE) --no-print-directory lab

lab: lab-ready
	@$(LAB_ENV) tests/lab/run $(CASES)

demo: lab-ready
	@$(LAB_ENV) tests/demo/demo.py

bench: lab-ready
	@$(LAB_ENV) tests/bench/bench.py -n $(ROUNDS)

bench-clients: lab-ready
	@$(LAB_ENV) tests/bench/clients.py

.PHONY: deps lab-ready check lab demo bench bench-clients
.PHONY: unit purity style findings fuzz

-include tests/sim/sim.mk
include tests/model/model.mk
include tests/lab/long/majority.mk
include tests/lab/long/corosync.mk
include tests/lab/long/load.mk
include tests/lab/long/screens.mk
include tests/lab/long/browser.mk
include tests/lab/long/reload.mk
include tests/mutants/mutants.mk
