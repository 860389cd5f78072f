# kind-bpf.mk: a week whose code is loaded into the kernel by a program that
# runs as an ordinary process: all of kind-host.mk, and before it
#
#     NAME.bpf.c    ->  NAME.bpf.o      by clang, for the bpf target, with BTF
#     NAME.bpf.o    ->  NAME.skel.h     by bpftool, for the C files of this week
#
# and the same in the folder bench, where `grade bench` measures by it.
#
# In the skeleton's names each - of NAME is a _. Tests find NAME.bpf.o beside
# the program. The kernel's types come from linux-libc-dev, not from this
# machine's kernel: what a week loads has to run on any.

BPF_SOURCES := $(filter %.bpf.c,$(YOURS) $(GIVEN))
YOUR_BPF := $(patsubst %.c,$(B)/%.o,$(filter %.bpf.c,$(YOURS)))
GIVEN_BPF := $(patsubst %.c,$(B)/%.o,$(filter %.bpf.c,$(GIVEN)))

KIND_OBJECTS := $(YOUR_BPF) $(GIVEN_BPF)
KIND_WORDS := $(YOUR_BPF:.o=.words)
KIND_LIBS := bpf
KIND_HARNESS := libharness-bpf
KIND_TOOLS := bpf-tools
GENERATED := $(KIND_OBJECTS:.bpf.o=.skel.h)
KIND_BENCH := $(if $(BENCH),$(patsubst $(WEEK_DIR)/bench/%.c,$(B)/bench/%.o,\
	$(wildcard $(WEEK_DIR)/bench/*.bpf.c)))
BENCH_GENERATED := $(KIND_BENCH:.bpf.o=.skel.h)

include $(COURSE)/starter/kind-host.mk

CLANG ?= clang
# Ubuntu's bpftool is a script that wants the tools of the running kernel; those
# of another do as well.
BPFTOOL ?= $(shell for tool in bpftool /usr/sbin/bpftool \
	/usr/lib/linux-tools*/bpftool /usr/lib/linux-tools*/*/bpftool; do \
	"$$tool" version >/dev/null 2>&1 && echo "$$tool" && break; done)

# Without the last folder clang finds no <asm/types.h> for this target.
BPF_COMPILE := $(CLANG) -target bpf -mcpu=v3 -std=gnu17 -g -O2 -Wall -Wextra \
	$(DEFINES) $(filter -D%,$(SANITIZE_$(SAN))) $(MEMBER_INCLUDES) $(INCLUDES) \
	-idirafter /usr/include/$(shell $(CC) -print-multiarch) $(MAPPED) $(WERROR)

$(YOUR_BPF): $(B)/%.o: $(SRC)/%.c $(CONFIG)
	$(call compiled,$(SRC),$(BPF_COMPILE) $(COLOUR))

$(GIVEN_BPF): $(B)/%.o: $(WEEK_DIR)/%.c $(CONFIG)
	$(call compiled,$(WEEK_DIR),$(BPF_COMPILE))

$(KIND_BENCH): $(B)/bench/%.o: $(WEEK_DIR)/bench/%.c $(CONFIG)
	$(call compiled,$(WEEK_DIR)/bench,$(BPF_COMPILE))

$(GENERATED) $(BENCH_GENERATED): %.skel.h: %.bpf.o
	$(Q)$(or $(BPFTOOL),bpftool) gen skeleton $< name $(subst -,_,$(*F)) \
		>$@.$$$$ 2>$@.words && mv -f $@.$$$$ $@ || \
		{ cat $@.words >&2; rm -f $@.$$$$; exit 1; }

# Part of course-part: without one, nobody's code is at fault.
.PHONY: bpf-tools
bpf-tools:
	$(Q)$(if $(BPFTOOL),:,echo 'there is no bpftool that runs here;' \
		'$(COURSE)/grader/install bpf brings one' >&2; exit 1)
