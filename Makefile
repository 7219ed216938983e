# make help tells what can be made. Needs GNU make; CC may be gcc or clang.

VARIANT ?= release
BUILD ?= build
B := $(BUILD)/$(VARIANT)
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
FUZZ_SECONDS ?= 60
KILLS ?= 100
JOBS ?= 1000
BATCHES ?= 100000

# What the compiler can do: $(call try,flags,program text)
try = $(shell printf '%s\n' '$(2)' | $(CC) $(1) -x c -fsyntax-only - >/dev/null 2>&1 && echo yes)
hash := \#

SAN_ADDRESS := -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer
# gcc aligns the frames that it keeps to find uses after return to 32 bytes, vectors of AVX-512 need 64.
CALM_KERNELS = $(if $(call try,-Werror $(CALM),),$(CALM))
CALM := --param=asan-use-after-return=0
ifeq ($(VARIANT),release)
  CFLAGS ?= -O2 -g
  KERNEL_OPT := -O3
else ifeq ($(VARIANT),asan)
  CFLAGS ?= -O1 -g
  SAN := $(SAN_ADDRESS)
  KERNEL_OPT := -DFG_CHECKED -O2 $(CALM_KERNELS)
else ifeq ($(VARIANT),tsan)
  # gcc's OpenMP runtime hides its barriers from the sanitizer, LLVM's tells it about them.
  ifeq ($(origin CC),default)
    CC := $(shell command -v clang >/dev/null 2>&1 && echo clang || echo cc)
  endif
  CFLAGS ?= -O1 -g
  SAN := -fsanitize=thread
  KERNEL_OPT := -DFG_CHECKED
else ifeq ($(VARIANT),coverage)
  CFLAGS ?= -O0 -g
  SAN := --coverage
else ifeq ($(VARIANT),fuzz)
  CC := clang
  CFLAGS ?= -O1 -g
  SAN := $(SAN_ADDRESS) -fsanitize=fuzzer-no-link
  KERNEL_OPT := -DFG_CHECKED
else
  CFLAGS ?= -O2 -g
endif

OPENMP ?= $(if $(call try,-fopenmp,$(hash)include <omp.h>),1,0)
ifeq ($(OPENMP),1)
  OMP := -fopenmp
else
  OMP := -Wno-unknown-pragmas
endif

# clang warns where it does not vectorise a loop that may be vectorised, which is no fault.
QUIET := $(if $(call try,-Werror -Wpass-failed,),-Wno-pass-failed)

# gcc unrolls a sum around a loop over 16 lanes before it vectorises, and then does not vectorise.
KERNEL_OPT += $(if $(call try,-Werror -fno-loop-unroll-and-jam,),-fno-loop-unroll-and-jam)

# AVX=0: as on processors without, kernels are compiled for portable C only.
AVX ?= 1
ISA := portable
FLAGS_portable :=
FLAGS_avx2 := -mavx2 -mfma
FLAGS_avx512 := -mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx2 -mfma -mprefer-vector-width=512
ifneq ($(if $(filter 1,$(AVX)),$(filter x86_64-%,$(shell $(CC) -dumpmachine))),)
  ifeq ($(call try,$(FLAGS_avx512),$(hash)include <immintrin.h>),yes)
    ISA += avx2 avx512
    HAVE_X86 := -DFG_HAVE_X86_KERNELS=1
  endif
endif

pkg_libs = $(shell pkg-config --libs $(1) 2>/dev/null || echo $(2))
pkg_cflags = $(shell pkg-config --cflags $(1) 2>/dev/null)
LIBRARIES := libpng zlib libcjson
FG_CPPFLAGS := -Ilib -D_GNU_SOURCE $(HAVE_X86) $(call pkg_cflags,$(LIBRARIES)) $(CPPFLAGS)
# A contracted multiply-add would make results depend on the compiler and the instruction set.
FG_CFLAGS := -std=gnu11 -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes \
  -ffp-contract=off -fno-math-errno -fno-trapping-math -pthread $(OMP) $(QUIET) $(SAN) $(CFLAGS)
FG_LIBS := $(call pkg_libs,$(LIBRARIES),-lpng -lz -lcjson) -lm $(LDLIBS)
CHECK_LIBS = $(call pkg_libs,check,-lcheck -lsubunit -lrt -lm)
LINK = $(CC) $(FG_CFLAGS) $(LDFLAGS)
# Not in the flags file: turning warnings into errors changes no object.
STRICT := $(if $(WERROR),-Werror)

ALL_C := $(wildcard lib/*/*.c lib/*/*/*.c)
KERNEL_SRC := $(filter %_kernel.c,$(ALL_C))
TEST_SRC := $(filter %_test.c,$(ALL_C))
BENCH_SRC := $(filter %_bench.c,$(ALL_C))
FUZZ_SRC := $(filter %_fuzz.c,$(ALL_C))
LIB_SRC := $(filter-out $(KERNEL_SRC) $(TEST_SRC) $(BENCH_SRC) $(FUZZ_SRC),$(ALL_C))
CMD_C := $(wildcard cmd/*.c)
MAIN_SRC := $(filter cmd/fg_%.c,$(filter-out %_test.c %_fuzz.c,$(CMD_C)))
CMD_TEST_SRC := $(filter %_test.c,$(CMD_C))
CMD_FUZZ_SRC := $(filter %_fuzz.c,$(CMD_C))
CMD_SRC := $(filter-out $(MAIN_SRC) $(CMD_TEST_SRC) $(CMD_FUZZ_SRC),$(CMD_C))

LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o) $(foreach i,$(ISA),$(KERNEL_SRC:%.c=$(B)/%.$(i).o))
CMD_OBJ := $(CMD_SRC:%.c=$(B)/%.o)
COMMANDS := $(foreach m,$(MAIN_SRC),$(B)/$(subst _,-,$(basename $(notdir $(m)))))
TESTS := $(TEST_SRC:lib/%.c=$(B)/test/%) $(CMD_TEST_SRC:%.c=$(B)/test/%)
BENCHES := $(BENCH_SRC:lib/%.c=$(B)/bench/%)
FAULTY := $(COMMANDS:$(B)/%=$(B)/faulty/%)
FUZZERS := $(FUZZ_SRC:lib/%.c=$(B)/fuzz/%) $(CMD_FUZZ_SRC:%.c=$(B)/fuzz/%)
REPLAYS := $(FUZZERS:$(B)/fuzz/%=$(B)/replay/%)
LIB := $(B)/libfg.a
# The public header and what it includes.
HEADERS = $(sort $(filter lib/%,$(shell $(CC) -Ilib -MM lib/fg.h)))
FORMATTED = $(wildcard lib/*.h lib/*/*.[ch] lib/*/*/*.[ch] cmd/*.[ch] testdata/*/*.[ch])
VERSION = $(shell sed -n 's/^.define FG_VERSION "\(.*\)"/\1/p' lib/fg.h lib/*/*.h cmd/*.h 2>/dev/null | head -n 1)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all lib tests check lint format bench fuzz soak ports coverage install uninstall dist clean \
  help FORCE

all: $(LIB) $(COMMANDS)
lib: $(LIB)
tests: $(TESTS) $(REPLAYS) $(FAULTY) $(BENCHES)

help:
	@echo 'make                  libfg.a and the commands, in $(B)'
	@echo 'make check            builds and runs all tests of this variant'
	@echo 'make lint             layers, sizes, format, forbidden calls'
	@echo 'make format           clang-format over all sources'
	@echo 'make bench            builds and runs the benchmarks; KERNEL=dense: only kernels whose names begin so'
	@echo 'make fuzz             fuzzes readers and inference, or TARGETS, for FUZZ_SECONDS=$(FUZZ_SECONDS) (needs clang), going on from'
	@echo '                      what is in CORPUS=$(BUILD)/fuzz/corpus'
	@echo 'make soak             all that was tried to break it, with kills as often as KILLS=$(KILLS), JOBS=$(JOBS)'
	@echo '                      drawn at random, streams of BATCHES=$(BATCHES)'
	@echo 'make ports            builds and tests with clang, musl, for 64-bit Arm, without OpenMP, without AVX, as far as'
	@echo '                      there are tools for it; PORTS="musl aarch64" only these'
	@echo 'make coverage         line coverage of the tests, file by file'
	@echo 'make reproduce        all of the paper as one page, SCALE=quick (ten minutes) or full (days), going on where it'
	@echo '                      was stopped; its parts:'
	@echo 'make reproduce-fig2   XOR and regression'
	@echo 'make reproduce-fig3   all ways of denoising over a clip, as a table and pictures (hours; goes on where it'
	@echo '                      was stopped); METHODS, SEEDS, LIMIT, CORRUPT, CLIP, CROP, OUT: see the script'
	@echo 'make reproduce-fig4   accuracy against the number of training examples, beside other ways of learning'
	@echo 'make reproduce-tables accuracy after one pass over each set, beside the paper'
	@echo 'make reproduce-async  other schedules; reproduce-iterations: fewer iterations; reproduce-tasks: one task'
	@echo '                      after the other; all in one folder, going on where they were stopped: see the README'
	@echo 'make install          commands, library, pages and completions, under DESTDIR and PREFIX=$(PREFIX);'
	@echo '                      make uninstall takes them away'
	@echo 'make dist             a source archive of the last commit, in $(BUILD)'
	@echo 'make clean            removes $(BUILD)'
	@echo
	@echo 'VARIANT=release|asan|tsan|coverage|fuzz (each in $(BUILD)/VARIANT), CC, CFLAGS, CPPFLAGS,'
	@echo 'LDFLAGS and LDLIBS as usual, OPENMP=0 builds without OpenMP, AVX=0 without AVX, WERROR=1, BUILD=DIR builds elsewhere.'

# Objects depend on this file, which changes only when a flag does.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(FG_CPPFLAGS) $(FG_CFLAGS) $(KERNEL_OPT) $(FG_LIBS) $(LDFLAGS)' | cmp -s - $@ || \
	  echo '$(CC) $(FG_CPPFLAGS) $(FG_CFLAGS) $(KERNEL_OPT) $(FG_LIBS) $(LDFLAGS)' >$@
$(B)/objects: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB_OBJ)' | cmp -s - $@ || echo '$(LIB_OBJ)' >$@

# Written under another name first: an interrupted or a second make never finds half an object.
COMPILE = @mkdir -p $(@D) && echo "  CC  $@" && \
  $(CC) $(FG_CPPFLAGS) $(FG_CFLAGS) $(STRICT) -MMD -MP -MF $(@:.o=.d) -MT $@ $(1) -c $< -o $@.$$$$ && mv -f $@.$$$$ $@
BINARY = @mkdir -p $(@D) && echo "  LD  $@" && $(LINK) $(1) $(filter %.o %.a,$^) $(2) $(FG_LIBS) -o $@.$$$$ && mv -f $@.$$$$ $@

$(B)/%.o: %.c $(B)/flags
	$(call COMPILE)

define kernel_rule
$(B)/%_kernel.$(1).o: %_kernel.c $(B)/flags
	$$(call COMPILE,$(KERNEL_OPT) $(FLAGS_$(1)) -DFG_ISA=$(1))
endef
$(foreach i,$(ISA),$(eval $(call kernel_rule,$(i))))

$(LIB): $(LIB_OBJ) $(B)/objects
	@echo "  AR  $@" && rm -f $@.$$$$ && $(AR) rcs $@.$$$$ $(LIB_OBJ) && mv -f $@.$$$$ $@

# cmd/fg_NAME.c and what the commands share make fg-NAME.
define command_rule
$(B)/$(subst _,-,$(basename $(notdir $(1)))): $(B)/$(1:.c=.o) $(CMD_OBJ) $(LIB)
	$$(call BINARY)
endef
$(foreach m,$(MAIN_SRC),$(eval $(call command_rule,$(m))))

# The same with a means to make allocations fail.
define faulty_rule
$(B)/faulty/$(subst _,-,$(basename $(notdir $(1)))): $(B)/$(1:.c=.o) $(B)/testdata/faults/memory.o $(CMD_OBJ) $(LIB)
	$$(call BINARY)
endef
$(foreach m,$(MAIN_SRC),$(eval $(call faulty_rule,$(m))))

$(B)/test/cmd/%: $(B)/cmd/%.o $(CMD_OBJ) $(LIB)
	$(call BINARY,,$(CHECK_LIBS))
$(B)/test/%: $(B)/lib/%.o $(LIB)
	$(call BINARY,,$(CHECK_LIBS))
$(B)/bench/%: $(B)/lib/%.o $(LIB)
	$(call BINARY)
$(B)/fuzz/cmd/%: $(B)/cmd/%.o $(CMD_OBJ) $(LIB)
	$(call BINARY,-fsanitize=fuzzer)
$(B)/fuzz/%: $(B)/lib/%.o $(LIB)
	$(call BINARY,-fsanitize=fuzzer)
$(B)/replay/cmd/%: $(B)/cmd/%.o $(CMD_OBJ) $(B)/testdata/fuzz/replay.o $(LIB)
	$(call BINARY)
$(B)/replay/%: $(B)/lib/%.o $(B)/testdata/fuzz/replay.o $(LIB)
	$(call BINARY)

check: all tests
	@scripts/test.sh $(B)

lint:
	@CC='$(CC)' CPPFLAGS='$(FG_CPPFLAGS)' scripts/lint.sh

format:
	clang-format -i $(FORMATTED)

bench: all $(BENCHES)
	@for b in $(BENCHES); do echo "== $$b"; $$b $(KERNEL) || exit 1; done
	@echo '== whole commands, seconds'; sh scripts/bench.sh $(B)

fuzz:
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzzers
	@CORPUS='$(CORPUS)' scripts/fuzz.sh $(BUILD)/fuzz $(FUZZ_SECONDS) $(TARGETS)
.PHONY: fuzzers
fuzzers: $(FUZZERS)

# Short forms of these run in check.
soak: all $(FAULTY) $(B)/test/engine/stream_test $(B)/test/engine/hostile_test
	@$(B)/test/engine/hostile_test
	@FG_KILLS=$(KILLS) FG_JOBS=$(JOBS) FG_ALLOCATIONS=1 CMD_SECONDS=7200 sh testdata/cmd/run.sh -j 1 $(B) continual-kill faults-files faults-memory faults-memory-more \
	  streams-broken record-full signal-waits denoise-keep own-files file-limit process-limits two-writers hostile random-jobs numerics max-memory default-memory \
	  on-divergence golden
	@FG_BATCHES=$(BATCHES) $(B)/test/engine/stream_test

ports:
	@scripts/ports.sh $(PORTS)

coverage:
	@$(MAKE) --no-print-directory VARIANT=coverage check
	@scripts/coverage.sh $(BUILD)/coverage

# Their variables reach the scripts through the environment.
REPRODUCTIONS := $(patsubst scripts/%.sh,%,$(wildcard scripts/reproduce.sh scripts/reproduce-*.sh))
.PHONY: $(REPRODUCTIONS)
$(REPRODUCTIONS): all
	@scripts/$@.sh $(B)

MAN1 := $(wildcard cmd/*.1)
MAN5 := $(wildcard cmd/*.5)
NAMES = $(notdir $(COMMANDS))
REQUIRED = $(if $(shell pkg-config --exists $(LIBRARIES) && echo yes),$(LIBRARIES))
BASH_DIR = $(DESTDIR)$(DATADIR)/bash-completion/completions
ZSH_DIR = $(DESTDIR)$(DATADIR)/zsh/site-functions

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig $(BASH_DIR) $(ZSH_DIR) \
	  $(DESTDIR)$(DATADIR)/man/man1 $(DESTDIR)$(DATADIR)/man/man5
	install -m 755 $(COMMANDS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(LIB) $(DESTDIR)$(LIBDIR)
	for h in $(HEADERS:lib/%=%); do \
	  install -D -m 644 lib/$$h $(DESTDIR)$(INCLUDEDIR)/fg/$$h || exit 1; done
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR:$(PREFIX)/%=$${prefix}/%)' \
	  'includedir=$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)' '' \
	  'Name: fg' 'Description: learning and inference in deep Gaussian factor graphs' \
	  'Version: $(or $(VERSION),0)' 'Requires.private: $(REQUIRED)' 'Cflags: -I$${includedir}/fg' \
	  'Libs: -L$${libdir} -lfg' 'Libs.private: $(if $(REQUIRED),-lm,$(FG_LIBS)) -pthread$(if $(filter -fopenmp,$(OMP)), -fopenmp)' \
	  >$(DESTDIR)$(LIBDIR)/pkgconfig/fg.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/fg.pc
	install -m 644 $(MAN1) $(DESTDIR)$(DATADIR)/man/man1
	install -m 644 $(MAN5) $(DESTDIR)$(DATADIR)/man/man5
	for c in $(NAMES); do install -m 644 cmd/completion.bash $(BASH_DIR)/$$c || exit 1; done
	install -m 644 cmd/completion.zsh $(ZSH_DIR)/_fg-commands

uninstall:
	rm -f $(NAMES:%=$(DESTDIR)$(PREFIX)/bin/%) $(NAMES:%=$(BASH_DIR)/%) $(ZSH_DIR)/_fg-commands
	rm -f $(DESTDIR)$(LIBDIR)/libfg.a $(DESTDIR)$(LIBDIR)/pkgconfig/fg.pc
	rm -f $(MAN1:cmd/%=$(DESTDIR)$(DATADIR)/man/man1/%) $(MAN5:cmd/%=$(DESTDIR)$(DATADIR)/man/man5/%)
	rm -rf $(DESTDIR)$(INCLUDEDIR)/fg

dist:
	@mkdir -p $(BUILD)
	git archive --prefix=fg-$(or $(VERSION),0)/ -o $(BUILD)/fg-$(or $(VERSION),0).tar.gz HEAD

clean:
	rm -rf $(BUILD)

-include $(LIB_OBJ:.o=.d) $(B)/testdata/faults/memory.d $(CMD_C:%.c=$(B)/%.d) $(foreach s,$(TEST_SRC) $(BENCH_SRC) $(FUZZ_SRC),$(B)/$(s:.c=.d))
