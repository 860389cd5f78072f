# The few commands that a person types; `make help` lists them.
#
# What is missing on the machine is installed first (grader/install), and only
# the kinds of packages that the command needs.

.DEFAULT_GOAL := all
silent := $(findstring s,$(firstword -$(MAKEFLAGS)))
MAKEFLAGS += --no-builtin-rules -j$(shell nproc)

COURSE := .
include grader/harness/harness.mk
include grader/harness/riscv.mk

CFLAGS := -std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wshadow \
	-Wstrict-prototypes -pthread
TEST_CFLAGS := $(CFLAGS) -O1 -Werror -fno-omit-frame-pointer \
	$(SANITIZE_address)
HARNESS_TEST_CFLAGS = $(LAB_CFLAGS) $(SANITIZE_address) -Werror -MMD -MP \
	-MF $@.d -I grader/harness
LIBS := -lcyaml -ljansson -lm
CHECK_LIBS := -lcheck -lsubunit -lm -lrt

# Everything but the three programs' own files is in libgrade.a.
SOURCES := $(filter-out %/main.c %/waiter.c %/load.c,$(wildcard grader/src/*.c))
OBJECTS := $(SOURCES:grader/src/%.c=build/obj/%.o)
TEST_OBJECTS := $(SOURCES:grader/src/%.c=build/test/obj/%.o)
UNIT_TESTS := $(patsubst grader/tests/unit/%.c,build/test/unit/%,\
	$(wildcard grader/tests/unit/*_test.c))
HARNESS_TESTS := $(patsubst grader/harness/tests/%.c,build/test/harness/%,\
	$(wildcard grader/harness/tests/*_test.c))

# The folder of the week that WEEK=1, 01, 01.3, 01-tcp-echo or a path names,
# and the kind of packages it wants.
week_name := $(basename $(notdir $(patsubst %/,%,$(WEEK))))
week := $(if $(week_name),$(firstword $(wildcard weeks/$(week_name) \
	weeks/$(week_name)-* weeks/0$(week_name)-* weeks/*-$(week_name))))
week_kind := $(if $(week),$(shell \
	sed -n 's/^kind: *\([a-z]*\).*/\1/p' $(week)/week.yaml))
all_kinds = $(filter-out peers,\
	$(shell sed -n 's/^\([a-z][a-z]*\) .*/\1/p' grader/packages | uniq))

# A program started from here runs make itself, without this make's flags.
plain := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL
# One line for the whole build, by whichever file is compiled first.
say_building = $(if $(silent),:,mkdir $(@D)/.said 2>/dev/null && \
	echo 'building the grader …' || :)
KINDS := grade

.PHONY: all help packages grade bench test bugs lint bench-grader fetch clean
.DELETE_ON_ERROR:

all: build/grade build/grade-waiter build/grade-load

help:
	@echo 'make grade WEEK=01   take the starter of week 01 if need be; grade it'
	@echo 'make bench WEEK=02   the speed of week 02, beside the reference and others'
	@echo 'make                 build the grader: build/grade'
	@echo 'make fetch           install all packages, for a time without network'
	@echo 'make clean           remove what was built'
	@echo
	@echo 'For maintainers:'
	@echo 'make test            prove the grader and every week'
	@echo 'make bugs WEEK=01    bring bug patches after a changed solution'
	@echo 'make lint            the judges of style, over the whole tree'
	@echo 'make bench-grader    how fast the grader is: three ratios'

packages:
	@grader/install $(KINDS)

# ---- The grader ----

# Linked beside its place and renamed: who runs it meanwhile, runs the old one.
build/grade: build/obj/main.o build/libgrade.a
	@$(CC) -pthread -o $@.new $^ $(LIBS) && mv -f $@.new $@
	@rm -rf build/obj/.said

build/grade-waiter: build/obj/waiter.o build/obj/descendants.o
	@$(CC) -o $@.new $^ && mv -f $@.new $@
	@rm -rf build/obj/.said

build/grade-load: build/obj/load.o build/libgrade.a
	@$(CC) -o $@.new $^ $(LIBS) && mv -f $@.new $@
	@rm -rf build/obj/.said

build/libgrade.a: $(OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

build/obj/%.o: grader/src/%.c | packages
	@mkdir -p $(@D)
	@$(say_building)
	@$(CC) $(CFLAGS) $(if $(CI),-Werror) -MMD -MP -c $< -o $@

# ---- What a member types ----

# A week of kind bpf is for the greater part an ordinary program.
grade: KINDS += $(week_kind) $(if $(filter bpf,$(week_kind)),host)
# Without a week there is nothing to install for, let alone to grade.
ifeq ($(strip $(WEEK)),)
grade:
	@echo 'which week? For week 01 type: make grade WEEK=01' >&2
	@if [ -x build/grade ]; then $(plain) build/grade list >&2; fi
	@exit 2
else
grade: all packages
	@if [ -n "$(week)" ] && [ ! -e "work/$(notdir $(week))" ]; then \
		$(plain) build/grade start $(WEEK); \
	fi && $(plain) build/grade $(WEEK)
endif

# For a week without a bench nothing is installed; the grader refuses it.
bench: KINDS += $(if $(shell grep -s '^bench:' $(addsuffix /week.yaml,$(week)) \
	/dev/null),$(week_kind) bench)
bench: all packages
	@$(plain) build/grade bench $(WEEK)

fetch: KINDS = $(all_kinds)
fetch: packages

clean:
	rm -rf build

# ---- For maintainers ----

test: KINDS += host bpf riscv test
test: all packages $(UNIT_TESTS) $(HARNESS_TESTS)
	@$(plain) grader/tests/all $(UNIT_TESTS) $(HARNESS_TESTS)

bugs:
	@grader/bugs $(notdir $(week))

lint: KINDS += bpf lint
lint: packages
	@grader/lint

bench-grader: KINDS += host speed
bench-grader: all packages
	@$(plain) grader/bench/run

build/test/obj/%.o: grader/src/%.c | packages
	@mkdir -p $(@D)
	@$(CC) $(TEST_CFLAGS) -MMD -MP -c $< -o $@

build/test/libgrade.a: $(TEST_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

build/test/unit/%: grader/tests/unit/%.c build/test/libgrade.a
	@mkdir -p $(@D)
	@$(CC) $(TEST_CFLAGS) -MMD -MP -MF $@.d -I grader/src -pthread \
		-o $@ $^ $(LIBS) $(CHECK_LIBS)

# A harness test whose code under test is to be wrapped, as a member's is, has
# it in NAME_wrapped.c beside NAME_test.c.
WRAPPED := $(patsubst grader/harness/tests/%.c,build/test/harness/%.o,\
	$(wildcard grader/harness/tests/*_wrapped.c))
WRAPS := $(addprefix --wrap=,$(shell cat grader/harness/wrap.list))

$(WRAPPED): build/test/harness/%.o: grader/harness/tests/%.c \
		grader/harness/wrap.list
	@mkdir -p $(@D)
	@$(CC) $(HARNESS_TEST_CFLAGS) -c $< -o $@.unwrapped
	@$(LD) -r $(WRAPS) -o $@ $@.unwrapped

$(WRAPPED:_wrapped.o=_test): %_test: %_wrapped.o

# Tests of what wants libbpf find objects for the kernel beside them.
BPF_TESTS := $(filter build/test/harness/bpf% build/test/harness/netns%,\
	$(HARNESS_TESTS))
BPF_TEST_OBJECTS := $(patsubst grader/harness/tests/%.c,build/test/harness/%.o,\
	$(wildcard grader/harness/tests/*.bpf.c))

$(BPF_TESTS): build/harness/address/libharness-bpf.a | $(BPF_TEST_OBJECTS)

build/test/harness/%.bpf.o: grader/harness/tests/%.bpf.c | packages
	@mkdir -p $(@D)
	@cd $(<D) && clang -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -idirafter \
		/usr/include/$$($(CC) -print-multiarch) -c $(<F) -o $(abspath $@)

# Tests of machines find a kernel beside them.
QEMU_TESTS := $(filter build/test/harness/qemu%,$(HARNESS_TESTS))
SUBJECT := grader/harness/tests/kernel

$(QEMU_TESTS): build/harness/address/libharness-riscv.a \
	| build/test/harness/kernel.elf

build/test/harness/kernel.elf: $(wildcard $(SUBJECT)/*) \
		$(KTEST_OUT)/ktest-in-kernel.o | packages
	@mkdir -p $(@D)
	@$(RISCV_LINK) $(RISCV_FLAGS) -O1 -Werror -I grader/harness/kernel \
		-T $(SUBJECT)/subject.ld -o $@ $(filter %.c %.S %.o,$^)

build/test/harness/%_test: grader/harness/tests/%_test.c \
		build/harness/address/libharness.a
	@mkdir -p $(@D)
	@$(CC) $(HARNESS_TEST_CFLAGS) -o $@ $(filter %.c %.o,$^) \
		$(filter %-bpf.a %-riscv.a,$^) $(filter %/libharness.a,$^) \
		$(CHECK_LIBS) \
		$(if $(filter %-bpf.a,$^),-lbpf)

-include $(wildcard build/obj/*.d build/test/obj/*.d build/test/*/*.d)
