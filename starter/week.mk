# week.mk: the build rules of a week, for `grade` and for a member's own make.
#
# In a week's folder of the workspace this file is the Makefile:
#
#     make                      the tests and the program, with AddressSanitizer
#     make SAN=thread           … with ThreadSanitizer; SAN=none: with neither
#     make test                 build and run every step, each as it is graded
#     make test STEP=hello      only that step; SEED=4711 draws its values again
#     make test SAN=thread      … under that one, whatever the manifest says
#     make debug STEP=hello     that step under gdb
#     make clean
#
# What is built lies in .grade/make/SAN/: the program by its name, and `test`.
# `grade` runs the same rules on copies of your files (SRC=… OUT=…).
#
# Which files, calls and used weeks there are stands in config.mk, which grade
# writes from week.yaml: COURSE WEEK KIND YOURS GIVEN PROGRAM CALLS LIBS
# DEFINES BENCH USES PROGRAMS STEPS, and by sanitizer STEPS_address STEPS_thread
# STEPS_none.

CONFIG ?= .grade/config.mk
ifeq ($(wildcard $(CONFIG)),)
$(error $(CONFIG) is missing: `grade start` of this week writes it)
endif
include $(CONFIG)

# Was it asked for by name, here or by the make above this one?
SAN_ASKED := $(if $(filter command environment,$(firstword $(origin SAN))),$(SAN))
SAN ?= address
SRC ?= .
OUT ?= .grade/make
# Objects of the tests and of what is given; the proof of many bugs shares them.
TEST_OUT ?= $(OUT)
WEEK_DIR := $(COURSE)/weeks/$(WEEK)
B := $(OUT)/$(SAN)
T := $(TEST_OUT)/$(SAN)
Q := @

.DEFAULT_GOAL := all
ifeq ($(filter $(MAKECMDGOALS),clean),)
MAKEFLAGS += --no-print-directory --no-builtin-rules
endif

include $(COURSE)/grader/harness/harness.mk
include $(COURSE)/starter/kind-$(KIND).mk

.PHONY: all test debug clean module program bench course-part
all: $(B)/test $(if $(PROGRAM),$(B)/$(PROGRAM)) warnings compile_commands
module: $(B)/module.a
# What is no member's: if this does not build, they are not at fault.
course-part: $(KIND_TOOLS) $(HARNESS_ARCHIVES) $(TEST_OBJECTS) \
	$(CLIENT_OBJECTS) $(COURSE_OBJECTS)
program: $(if $(PROGRAM),$(B)/$(PROGRAM))
# What measures the module for `grade bench`.
bench: $(if $(BENCH),$(B)/bench/$(BENCH))

ifeq ($(origin SANITIZE_$(SAN)),undefined)
$(error no sanitizer '$(SAN)'; there are: $(SANITIZERS))
endif

STEPS ?= $(STEPS_address) $(STEPS_thread) $(STEPS_none)
# Each step under the sanitizer that its manifest names, or that was asked for.
steps_of = $(if $(SAN_ASKED),$(if $(filter $(1),$(SAN_ASKED)),$(STEPS)),\
	$(STEPS_$(1)))
sanitizer_of = $(strip $(foreach s,$(SANITIZERS),$(if \
	$(filter $(1),$(call steps_of,$(s))),$(s))))
SEED_WORDS = $(if $(SEED),--seed $(SEED))

ifeq ($(STEP),)
# Each sanitizer's steps run, whatever those of another showed.
TESTED := $(foreach s,$(SANITIZERS),$(if \
	$(strip $(call steps_of,$(s))),$(s)))
.PHONY: run-steps
test:
	$(Q)for sanitizer in $(TESTED); do \
		$(MAKE) -s SAN=$$sanitizer SAN_ASKED=$(SAN_ASKED) run-steps || \
			failed=1; \
	done; exit $${failed:-0}
run-steps: all
	$(Q)for step in $(call steps_of,$(SAN)); do \
		$(B)/test --step $$step $(SEED_WORDS) || failed=1; \
	done; exit $${failed:-0}
else
ifeq ($(call sanitizer_of,$(STEP)),)
$(error no step '$(STEP)'; there are: $(STEPS))
endif
test:
	$(Q)$(MAKE) -s SAN=$(call sanitizer_of,$(STEP)) all
	$(Q)$(OUT)/$(call sanitizer_of,$(STEP))/test --step $(STEP) $(SEED_WORDS)
debug:
	$(Q)$(MAKE) -s SAN=$(call sanitizer_of,$(STEP)) all
	$(or $(KIND_DEBUG),gdb --args) $(OUT)/$(call sanitizer_of,$(STEP))/test \
		--debug --step $(STEP) $(SEED_WORDS)
endif

clean:
	rm -rf $(OUT)
