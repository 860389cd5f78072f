# kind-riscv.mk: a week whose code is a kernel for RISC-V.
#
#     yours + given             ->  module.a     what later weeks link
#     … + used + tests/kernel + ktest  ->  kernel.elf   the image of all tests
#     … + used + machine.S + main.c    ->  PROGRAM      a kernel by itself
#     tests/*_test.c + harness  ->  test         on the host, starts QEMU
#     bench/*.c + harness       ->  bench/BENCH  on the host, starts
#     … + used + machine.S + bench/kernel/*  ->  bench/counts.elf
#     bench/NAME.S              ->  bench/NAME.elf   a kernel by itself
#
# The objects of kernels come from the cross compiler (harness/riscv.mk), those
# of the host's test program from the usual one, with its sanitizers. kernel.ld
# and machine.S are this week's or, else, those of the first used week that has
# them; machine.S is in programs only, a test's image is entered by ktest.
#
# Each image is linked twice: the second time with the table of its functions'
# names and addresses (starter/kernel-symbols), which stands behind all code.

include $(COURSE)/grader/harness/riscv.mk
include $(COURSE)/starter/used.mk

SOURCES := $(filter %.c %.S,$(YOURS) $(GIVEN))
MODULE_SOURCES := $(filter-out machine.S,$(SOURCES))
object = $(patsubst %.c,%.o,$(1:.S=.S.o))
YOUR_OBJECTS := $(addprefix $(B)/,$(call object,$(filter $(YOURS),\
	$(MODULE_SOURCES))))
YOUR_HEADERS := $(filter %.h,$(YOURS))
MEMBER_HEADERS := $(YOUR_HEADERS) \
	$(foreach use,$(USES),$(call used_headers,$(use)))
MEMBER_INCLUDES := $(if $(YOUR_HEADERS),-I $(abspath $(SRC))) \
	$(foreach use,$(USES),$(if $(call used_headers,$(use)),\
	-I $(call use_dir,$(use))/src))

# What is given is compiled once for many members and bugs, unless a header is
# a member's.
G := $(if $(strip $(MEMBER_HEADERS)),$(B),$(T)/given)
GIVEN_OBJECTS := $(addprefix $(G)/,$(call object,$(filter $(GIVEN),\
	$(MODULE_SOURCES))))
MAIN_OBJECT := $(if $(PROGRAM),$(G)/main.o)
OBJECTS := $(YOUR_OBJECTS) $(GIVEN_OBJECTS)
COURSE_OBJECTS := $(filter $(T)/%,$(GIVEN_OBJECTS) $(MAIN_OBJECT))
first_with = $(firstword $(wildcard $(addsuffix /$(1),\
	$(WEEK_DIR) $(USED_FOLDERS))))
LINKER_SCRIPT := $(call first_with,kernel.ld)
MACHINE_SOURCE := $(call first_with,machine.S)
MACHINE_OBJECT := $(if $(MACHINE_SOURCE),$(T)/given/machine.S.o)

KERNEL_TESTS := $(wildcard $(WEEK_DIR)/tests/kernel/*.c \
	$(WEEK_DIR)/tests/kernel/*.S)
KERNEL_TEST_OBJECTS := $(patsubst $(WEEK_DIR)/tests/kernel/%,$(T)/kernel/%,\
	$(call object,$(KERNEL_TESTS)))
TEST_OBJECTS := $(patsubst $(WEEK_DIR)/tests/%.c,$(T)/tests/%.o,\
	$(wildcard $(WEEK_DIR)/tests/*.c))
CLIENT_OBJECTS :=

INCLUDES := -iquote $(WEEK_DIR) $(addprefix -iquote ,$(USED_FOLDERS))
MAPPED := $(if $(FROM),-fdebug-prefix-map=$(abspath $(SRC))=$(FROM))
OPTIMIZE_speed := -O2
OPTIMIZE_plain := -O2 -DPLAIN
OPTIMIZE := $(or $(OPTIMIZE_$(SAN)),-O1)
KERNEL_CFLAGS = $(RISCV_FLAGS) $(OPTIMIZE) $(DEFINES) $(MEMBER_INCLUDES) \
	$(INCLUDES) $(MAPPED) $(WERROR)
KERNEL_COMPILE = $(CROSS)gcc $(KERNEL_CFLAGS)

HARNESS_ARCHIVES := $(patsubst %,$(COURSE)/build/harness/$(SAN)/%.a,\
	libharness-riscv libharness)
KTEST_OBJECT := $(KTEST_OUT)/ktest-in-kernel.o
CHECK_LIBS := -lcheck -lsubunit -lm -lrt -pthread
KIND_TOOLS := riscv-tools
KIND_DEBUG := env # the test itself starts gdb on the machine that fails
VPATH := $(SRC) $(WEEK_DIR) $(dir $(MACHINE_SOURCE))

# compiled FOLDER,COMMAND: an object from FOLDER/NAME, compiled in that folder,
# so that gcc says uart.c:12 and no long path. What it warns of is kept, and
# told each time until it is mended. Written beside its place and renamed, as
# jobs of a proof build a used week at the same time.
COLOUR := $(if $(MAKE_TERMERR),-fdiagnostics-color)
short_paths := sed 's,$(abspath $(SRC))/,,'
define compiled
@mkdir -p $(@D)
$(Q)cd $(1) && $(2) -MMD -MP -MF $(call abs,$(@:.o=.d)) -MT $@ \
	-c $(patsubst $(abspath $(1))/%,%,$(abspath $<)) \
	-o $(call abs,$@).$$$$ 2>$(call abs,$(@:.o=.words)) && \
	mv -f $(call abs,$@).$$$$ $(call abs,$@) || \
	{ $(short_paths) $(call abs,$(@:.o=.words)) >&2; exit 1; }
endef

# Each rule for C files has a twin for assembly.
$(filter-out %.S.o,$(YOUR_OBJECTS)): $(B)/%.o: $(SRC)/%.c $(CONFIG)
	$(call compiled,$(SRC),$(KERNEL_COMPILE) $(COLOUR))
$(filter %.S.o,$(YOUR_OBJECTS)): $(B)/%.S.o: $(SRC)/%.S $(CONFIG)
	$(call compiled,$(SRC),$(KERNEL_COMPILE) $(COLOUR))

GIVEN_AND_MAIN := $(GIVEN_OBJECTS) $(MAIN_OBJECT)
$(filter-out %.S.o,$(GIVEN_AND_MAIN)): $(G)/%.o: $(WEEK_DIR)/%.c
	$(call compiled,$(WEEK_DIR),$(KERNEL_COMPILE))
$(filter %.S.o,$(GIVEN_AND_MAIN)): $(G)/%.S.o: $(WEEK_DIR)/%.S
	$(call compiled,$(WEEK_DIR),$(KERNEL_COMPILE))
$(MACHINE_OBJECT): $(MACHINE_SOURCE)
	$(call compiled,$(dir $(MACHINE_SOURCE)),$(KERNEL_COMPILE))

KERNEL_TEST_COMPILE = $(CROSS)gcc $(RISCV_FLAGS) -O1 $(INCLUDES) -I $(KTEST) \
	-Werror
$(filter-out %.S.o,$(KERNEL_TEST_OBJECTS)): $(T)/kernel/%.o: \
		$(WEEK_DIR)/tests/kernel/%.c $(KTEST_HEADERS)
	$(call compiled,$(WEEK_DIR),$(KERNEL_TEST_COMPILE))
$(filter %.S.o,$(KERNEL_TEST_OBJECTS)): $(T)/kernel/%.S.o: \
		$(WEEK_DIR)/tests/kernel/%.S $(KTEST_HEADERS)
	$(call compiled,$(WEEK_DIR),$(KERNEL_TEST_COMPILE))

$(TEST_OBJECTS): $(T)/tests/%.o: $(WEEK_DIR)/tests/%.c
	@mkdir -p $(@D)
	$(Q)cd $(WEEK_DIR) && $(CC) $(LAB_CFLAGS) $(SANITIZE_$(SAN)) $(INCLUDES) \
		-I $(HARNESS) -Werror -MMD -MP -MF $(call abs,$(@:.o=.d)) -MT $@ \
		-c tests/$*.c -o $(call abs,$@)

.PHONY: warnings
warnings: $(YOUR_OBJECTS)
	@$(short_paths) $(YOUR_OBJECTS:.o=.words) >&2 2>/dev/null || :

$(B)/module.a: $(OBJECTS)
	$(Q)rm -f $@.$$$$ && $(CROSS)ar rcs $@.$$$$ $^ && mv -f $@.$$$$ $@

# linked FLAGS: an image of all objects before the archives, twice.
define linked
@mkdir -p $(@D)
$(Q)image="$(RISCV_LINK) -T $(LINKER_SCRIPT) $(1) $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) -Wl,--end-group"; \
	$$image -o $@.first 2>$@.words && \
	$(COURSE)/starter/kernel-symbols $(CROSS) $@.first >$@.symbols.S && \
	$(CROSS)gcc $(RISCV_FLAGS) -c $@.symbols.S -o $@.symbols && \
	$$image $@.symbols -o $@.$$$$ 2>$@.words && mv -f $@.$$$$ $@ || \
	{ $(short_paths) $@.words >&2; exit 1; }
@rm -f $@.first $@.symbols $@.symbols.S
endef

$(B)/kernel.elf: $(OBJECTS) $(KERNEL_TEST_OBJECTS) $(KTEST_OBJECT) \
		$(USED_ARCHIVES) $(LINKER_SCRIPT) | warnings
	$(call linked,-Wl$(comma_)-e$(comma_)ktest_start)

ifneq ($(PROGRAM),)
$(B)/$(PROGRAM): $(MACHINE_OBJECT) $(MAIN_OBJECT) $(OBJECTS) $(USED_ARCHIVES) \
		$(LINKER_SCRIPT) | warnings
	$(call linked,-Wl$(comma_)--defsym=machine_next=start)
endif

# By name: harness.mk lets make do without files that only others are made of.
all: $(B)/kernel.elf

# The host's part knows nothing of the member's: one for many bugs.
$(T)/host-test: $(TEST_OBJECTS) $(HARNESS_ARCHIVES)
	$(Q)$(CC) $(SANITIZE_$(SAN)) -pthread -o $@.$$$$ $^ $(CHECK_LIBS) && \
		mv -f $@.$$$$ $@

$(B)/test: $(T)/host-test | $(B)/kernel.elf
	$(Q)ln -f $< $@ 2>/dev/null || cp -f $< $@

# What measures the module for `grade bench`, and the kernels that it starts.
ifneq ($(BENCH),)
BENCH_DIR := $(WEEK_DIR)/bench
BENCH_OBJECTS := $(patsubst $(BENCH_DIR)/%.c,$(B)/bench/%.o,\
	$(wildcard $(BENCH_DIR)/*.c))
BENCH_KERNEL_OBJECTS := $(patsubst $(BENCH_DIR)/kernel/%,$(B)/bench/kernel/%,\
	$(call object,$(wildcard $(BENCH_DIR)/kernel/*.c $(BENCH_DIR)/kernel/*.S)))
BENCH_ALONE := $(patsubst $(BENCH_DIR)/%.S,$(B)/bench/%.elf,\
	$(wildcard $(BENCH_DIR)/*.S))

$(BENCH_OBJECTS): $(B)/bench/%.o: $(BENCH_DIR)/%.c $(CONFIG)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) -O2 -Werror -I $(HARNESS) -MMD -MP -MF $(@:.o=.d) \
		-MT $@ -c $< -o $@
$(filter-out %.S.o,$(BENCH_KERNEL_OBJECTS)): $(B)/bench/kernel/%.o: \
		$(BENCH_DIR)/kernel/%.c $(CONFIG)
	$(call compiled,$(WEEK_DIR),$(KERNEL_COMPILE) -Werror)
$(filter %.S.o,$(BENCH_KERNEL_OBJECTS)): $(B)/bench/kernel/%.S.o: \
		$(BENCH_DIR)/kernel/%.S $(CONFIG)
	$(call compiled,$(WEEK_DIR),$(KERNEL_COMPILE))
$(B)/bench/counts.elf: $(MACHINE_OBJECT) $(BENCH_KERNEL_OBJECTS) $(OBJECTS) \
		$(USED_ARCHIVES) $(LINKER_SCRIPT)
	$(call linked,-Wl$(comma_)--defsym=machine_next=start)
$(BENCH_ALONE): $(B)/bench/%.elf: $(BENCH_DIR)/%.S $(CONFIG)
	@mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(RISCV_FLAGS) -nostdlib -Wl,-Ttext=0x80000000 $< -o $@
$(B)/bench/$(BENCH): $(BENCH_OBJECTS) \
		$(COURSE)/build/harness/none/libharness.a | $(BENCH_ALONE) \
		$(if $(BENCH_KERNEL_OBJECTS),$(B)/bench/counts.elf) program
	$(Q)$(CC) -pthread -o $@ $^ $(CHECK_LIBS)
endif

# For clangd, where it looks first: beside the sources of a member's own make.
.PHONY: compile_commands
compile_commands: $(if $(FROM),,compile_commands.json)
compile_commands.json: $(CONFIG)
	@{ echo '['; comma=; for file in $(MODULE_SOURCES); do \
		printf '%s{"directory":"%s","file":"%s","command":"%s"}\n' \
			"$$comma" "$(CURDIR)" "$$file" \
			"$(strip $(KERNEL_COMPILE)) -c $$file"; comma=,; \
	done; echo ']'; } > $@

# Part of course-part: without one, nobody's code is at fault.
.PHONY: riscv-tools
riscv-tools:
	$(Q)command -v $(CROSS)gcc >/dev/null || { echo \
		'there is no riscv64 gcc here; $(COURSE)/grader/install riscv' \
		'brings one' >&2; exit 1; }

-include $(OBJECTS:.o=.d) $(MAIN_OBJECT:.o=.d) $(MACHINE_OBJECT:.o=.d) \
	$(KERNEL_TEST_OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) \
	$(BENCH_OBJECTS:.o=.d) $(BENCH_KERNEL_OBJECTS:.o=.d)
