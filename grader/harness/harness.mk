# harness.mk: the harness as three archives for each sanitizer, in
# build/harness/SANITIZER: libharness.a; libharness-bpf.a, which wants libbpf;
# and libharness-riscv.a, to which riscv.mk adds. Included by the top Makefile and by starter/week.mk; both set COURSE.
# Every product is written beside its place and renamed, so that two makes at
# once do no harm.

SANITIZERS := address thread none

# Static, they are one library with half the memory, which LeakSanitizer looks
# through at each end of each process.
SANITIZE_address := -fsanitize=address,undefined -static-libasan \
	-static-libubsan -fno-sanitize-recover=undefined
SANITIZE_thread := -fsanitize=thread
SANITIZE_none :=
# Not to test with, but for `grade bench`: the program as it is meant to be
# used, and the same without what is in it for speed alone.
SANITIZE_speed := -O2
SANITIZE_plain := -O2 -DPLAIN

# Fortified calls (__read_chk) would escape --wrap; Ubuntu's gcc makes them
# by default.
LAB_CFLAGS := -std=gnu17 -D_GNU_SOURCE -U_FORTIFY_SOURCE -g -O1 \
	-fno-omit-frame-pointer -pthread -Wall -Wextra

HARNESS := $(COURSE)/grader/harness
HARNESS_BPF_SOURCES := $(wildcard $(HARNESS)/bpf*.c $(HARNESS)/netns*.c)
HARNESS_RISCV_SOURCES := $(wildcard $(HARNESS)/qemu*.c)
HARNESS_SOURCES := $(filter-out $(HARNESS_BPF_SOURCES) \
	$(HARNESS_RISCV_SOURCES),\
	$(wildcard $(HARNESS)/*.c))
HARNESS_HEADERS := $(wildcard $(HARNESS)/*.h) \
	$(HARNESS)/kernel/ktest_block.h

define HARNESS_RULES
$(COURSE)/build/harness/$(1)/%.o: $(HARNESS)/%.c $$(HARNESS_HEADERS)
	@mkdir -p $$(@D)
	@$$(CC) $$(LAB_CFLAGS) $$(SANITIZE_$(1)) -c $$< -o $$@.$$$$$$$$ && \
		mv -f $$@.$$$$$$$$ $$@

$(COURSE)/build/harness/$(1)/libharness.a: \
		$(HARNESS_SOURCES:$(HARNESS)/%.c=$(COURSE)/build/harness/$(1)/%.o)

$(COURSE)/build/harness/$(1)/libharness-bpf.a: \
		$(HARNESS_BPF_SOURCES:$(HARNESS)/%.c=$(COURSE)/build/harness/$(1)/%.o)

$(COURSE)/build/harness/$(1)/libharness-riscv.a: \
		$(HARNESS_RISCV_SOURCES:$(HARNESS)/%.c=$(COURSE)/build/harness/$(1)/%.o)

$(COURSE)/build/harness/$(1)/libharness.a \
$(COURSE)/build/harness/$(1)/libharness-bpf.a \
$(COURSE)/build/harness/$(1)/libharness-riscv.a:
	@rm -f $$@.$$$$$$$$ && $$(AR) rcs $$@.$$$$$$$$ $$^ && \
		mv -f $$@.$$$$$$$$ $$@
endef
$(foreach sanitizer,$(SANITIZERS),$(eval $(call HARNESS_RULES,$(sanitizer))))
.SECONDARY:
