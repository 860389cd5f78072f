# riscv.mk: what compiles kernels, and the two parts of ktest that run in a
# machine. Included by the top Makefile and by starter/kind-riscv.mk; both set
# COURSE. It takes any riscv64 gcc; CROSS= names another.

CROSS_PREFIXES := riscv64-unknown-elf- riscv64-elf- riscv64-linux-gnu-
ifndef CROSS
CROSS = $(eval CROSS := $$(or $$(firstword $$(foreach prefix,\
	$$(CROSS_PREFIXES),$$(if $$(shell command -v $$(prefix)gcc),\
	$$(prefix)))),riscv64-unknown-elf-))$(CROSS)
endif

# No floating point: a trap saves 31 registers and no more. What a compiler of
# Linux programs would add by itself is turned off.
RISCV_FLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany \
	-std=gnu17 -ffreestanding -fno-pic -fno-stack-protector -fno-common \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer -g \
	-Wall -Wextra
# Newer linkers warn of a segment that is code and data, as a kernel's may be.
RISCV_LINK = $(CROSS)gcc -nostdlib -static -no-pie -Wl,--build-id=none \
	$(addprefix -Wl$(comma_),$(shell $(CROSS)ld --help 2>/dev/null | \
	grep -o -e --no-warn-rwx-segments | head -n 1))
comma_ := ,

KTEST := $(COURSE)/grader/harness/kernel
KTEST_OUT = $(COURSE)/build/harness/$(CROSS:-=)
KTEST_HEADERS := $(wildcard $(KTEST)/*.h)
KTEST_PARTS := ktest.o ktest_alarm.o ktest_device.o ktest_format.o \
	ktest_expect.o ktest_entry.S.o
KTEST_MACHINE_PARTS := $(patsubst $(KTEST)/%.c,%.o,\
	$(wildcard $(KTEST)/ktest_machine*.c)) ktest_machine.S.o

# In the kernel's image, and below it. No call of memcpy() is made up.
KTEST_FLAGS := $(RISCV_FLAGS) -O2 -fno-builtin \
	-fno-tree-loop-distribute-patterns

$(KTEST_OUT)/%.o: $(KTEST)/%.c $(KTEST_HEADERS)
	@mkdir -p $(@D)
	@$(CROSS)gcc $(KTEST_FLAGS) $(if $(CI),-Werror) -c $< -o $@.$$$$ && mv -f $@.$$$$ $@

$(KTEST_OUT)/%.S.o: $(KTEST)/%.S $(KTEST_HEADERS)
	@mkdir -p $(@D)
	@$(CROSS)gcc $(KTEST_FLAGS) $(if $(CI),-Werror) -c $< -o $@.$$$$ && mv -f $@.$$$$ $@

$(KTEST_OUT)/ktest-in-kernel.o: $(KTEST_PARTS:%=$(KTEST_OUT)/%)
	@$(CROSS)ld -r -o $@.$$$$ $^ && mv -f $@.$$$$ $@

$(KTEST_OUT)/ktest_machine.elf: $(KTEST)/ktest_machine.ld \
		$(KTEST_MACHINE_PARTS:%=$(KTEST_OUT)/%)
	@$(RISCV_LINK) -T $< -o $@.$$$$ $(filter %.o,$^) && mv -f $@.$$$$ $@

# The machine-mode part is data of the host's test program.
define MACHINE_PART_RULE
$(COURSE)/build/harness/$(1)/qemu_machine_part.o: \
		$(HARNESS)/qemu_machine_part.S $(KTEST_OUT)/ktest_machine.elf
	@mkdir -p $$(@D)
	@$$(CC) -DKTEST_MACHINE='"$(KTEST_OUT)/ktest_machine.elf"' -c $$< \
		-o $$@.$$$$$$$$ && mv -f $$@.$$$$$$$$ $$@

$(COURSE)/build/harness/$(1)/libharness-riscv.a: \
		$(COURSE)/build/harness/$(1)/qemu_machine_part.o
endef
$(foreach sanitizer,$(SANITIZERS),$(eval $(call MACHINE_PART_RULE,$(sanitizer))))
