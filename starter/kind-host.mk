# kind-host.mk: a week whose code runs as an ordinary process.
#
#     yours + given  ->  module.a          what later weeks link
#     module + used  ->  under_test.o      ld -r, system calls wrapped (fault.h)
#     under_test.o + tests + harness  ->  test
#     main.c + module + used  ->  PROGRAM
#     bench/*.c + module + used + harness  ->  bench/BENCH
#
# kind-bpf.mk includes it and adds to it, by
#     GENERATED     headers in $(B) that are made before C files are compiled
#     BENCH_GENERATED   and before those of the folder bench
#     KIND_OBJECTS  what else the member's files become
#     KIND_WORDS    and what their compiler said of them
#     KIND_TOOLS    a target that says so where a tool of the kind is missing
#     KIND_LIBS     libraries
#     KIND_HARNESS  the name of a further archive of the harness
#
# A member may write headers too. Included in quotes by code that is handed
# out, one would be found beside that code, where the starter's lies; so given
# code includes it as <parse.h>, and tests, whose objects many members and bugs
# share, do not include it at all. A wrong include ends the build.

MODULE_SOURCES := $(filter-out %.bpf.c,$(filter %.c,$(YOURS) $(GIVEN)))
YOUR_OBJECTS := $(patsubst %.c,$(B)/%.o,$(filter $(YOURS),$(MODULE_SOURCES)))
YOUR_HEADERS := $(filter %.h,$(YOURS))
TEST_OBJECTS := $(patsubst $(WEEK_DIR)/tests/%.c,$(T)/tests/%.o,\
	$(wildcard $(WEEK_DIR)/tests/*.c))

include $(COURSE)/starter/used.mk
USED_PROGRAMS := $(foreach use,$(PROGRAMS),$(call use_dir,$(use)))

# tests/*_client.c of a used week serve the tests of this one too: a later
# server is asked what the earlier one was.
CLIENT_OBJECTS := $(foreach use,$(USES),$(patsubst $(COURSE)/weeks/%.c,\
	$(T)/clients/%.o,$(wildcard \
	$(COURSE)/weeks/$(call use_name,$(use))/tests/*_client.c)))
CLIENT_INCLUDES := $(foreach use,$(USES),\
	-iquote $(COURSE)/weeks/$(call use_name,$(use))/tests)

# Headers of members: this week's, and of those that it uses.
MEMBER_INCLUDES := $(if $(YOUR_HEADERS),-I $(abspath $(SRC))) \
	$(foreach use,$(USES),$(if $(call used_headers,$(use)),\
	-iquote $(call use_dir,$(use))/src -I $(call use_dir,$(use))/src)) \
	$(if $(GENERATED),-iquote $(abspath $(B)))
# What is given is built once for many members and bugs, as the tests are, and
# without a look at their files; but not what includes a header of theirs, or
# one that is made of them.
MEMBER_HEADERS := $(notdir $(YOUR_HEADERS) $(GENERATED) \
	$(foreach use,$(USES),$(call used_headers,$(use))))
GIVEN_SOURCES := $(filter $(GIVEN),$(MODULE_SOURCES)) $(if $(PROGRAM),main.c)
including = $(shell cd $(WEEK_DIR) && grep -lF \
	$(foreach header,$(MEMBER_HEADERS),-e '"$(header)"' -e '<$(header)>') \
	$(1) /dev/null)
MIXED_SOURCES := $(if $(MEMBER_HEADERS),$(if \
	$(call including,$(filter %.h,$(GIVEN))),$(GIVEN_SOURCES),\
	$(call including,$(GIVEN_SOURCES))))
given_object = $(if $(filter $(1),$(MIXED_SOURCES)),$(B),$(T)/given)/$(1:.c=.o)
GIVEN_OBJECTS := $(foreach source,$(filter-out main.c,$(GIVEN_SOURCES)),\
	$(call given_object,$(source)))
MAIN_OBJECT := $(if $(PROGRAM),$(call given_object,main.c))
OBJECTS := $(YOUR_OBJECTS) $(GIVEN_OBJECTS)
# What is built without a look at the member's files.
COURSE_OBJECTS := $(filter $(T)/given/%,$(GIVEN_OBJECTS) $(MAIN_OBJECT))
MIXED_OBJECTS := $(filter-out $(COURSE_OBJECTS),$(GIVEN_OBJECTS) $(MAIN_OBJECT))
# Their starters, which nothing may include in their place.
STARTER_HEADERS := $(addprefix $(WEEK_DIR)/,$(YOUR_HEADERS)) \
	$(foreach use,$(USES),$(addprefix \
	$(COURSE)/weeks/$(call use_name,$(use))/,\
	$(notdir $(call used_headers,$(use)))))

INCLUDES := -iquote $(WEEK_DIR) \
	$(foreach use,$(USES) $(PROGRAMS),\
	-iquote $(COURSE)/weeks/$(call use_name,$(use)))
# A week's own tests may stand in for further functions (tests/wrap.list).
WRAP_LISTS := $(HARNESS)/wrap.list $(wildcard $(WEEK_DIR)/tests/wrap.list)
WRAPS := $(addprefix --wrap=,$(shell cat $(WRAP_LISTS)))
# gdb and sanitizers name the file that was staged, not its copy.
MAPPED := $(if $(FROM),-fdebug-prefix-map=$(abspath $(SRC))=$(FROM))
COURSE_CFLAGS := $(LAB_CFLAGS) $(SANITIZE_$(SAN)) $(DEFINES) $(INCLUDES) \
	$(MAPPED) $(WERROR)
WEEK_CFLAGS := $(MEMBER_INCLUDES) $(COURSE_CFLAGS)
# Libraries of this week and of those that it uses.
LINKED := $(addprefix -l,$(sort $(LIBS) $(KIND_LIBS) $(if $(USES),$(shell \
	sed -n 's/^LIBS :=//p' \
	$(foreach use,$(USES),$(call use_dir,$(use))/config.mk)))))
CHECK_LIBS := -lcheck -lsubunit -lm -lrt -pthread
HARNESS_ARCHIVES := $(patsubst %,$(COURSE)/build/harness/$(SAN)/%.a,\
	$(KIND_HARNESS) libharness)
# Dependency files name sources as gcc was told them, from their own folder.
VPATH := $(SRC) $(WEEK_DIR) $(if $(BENCH),$(WEEK_DIR)/bench)

# compiled FOLDER,COMMAND: an object from FOLDER/%.c, compiled in that folder,
# so that gcc says echo.c:12 and no long path. What it warns of is kept, and
# told each time until it is mended.
#
# Jobs of a proof build a used week at the same time, in one folder: what they
# make of it is written beside its place and renamed.
COLOUR := $(if $(MAKE_TERMERR),-fdiagnostics-color)
short_paths := sed 's,$(abspath $(SRC))/,,'
define compiled
@mkdir -p $(@D)
$(Q)cd $(1) && $(2) -MMD -MP -MF $(call abs,$(@:.o=.d)) -MT $@ \
	-c $*.c -o $(call abs,$@).$$$$ 2>$(call abs,$(@:.o=.words)) && \
	mv -f $(call abs,$@).$$$$ $(call abs,$@) || \
	{ $(short_paths) $(call abs,$(@:.o=.words)) >&2; exit 1; }
$(call refuse_starters,$(1))
endef
# refuse_starters FOLDER: what was compiled there includes no starter's header
# in place of the member's.
refuse_starters = $(if $(STARTER_HEADERS),$(Q)$(COURSE)/starter/check-headers \
	$< $(@:.o=.d) $(STARTER_HEADERS) \
	$(if $(filter $(WEEK_DIR),$(1)),$(YOUR_HEADERS)) || \
	{ rm -f $@; exit 1; })

$(YOUR_OBJECTS): $(B)/%.o: $(SRC)/%.c $(CONFIG) $(GENERATED)
	$(call compiled,$(SRC),$(CC) $(WEEK_CFLAGS) $(COLOUR))

.PHONY: warnings
warnings: $(YOUR_OBJECTS) $(KIND_OBJECTS)
	@$(short_paths) $(YOUR_OBJECTS:.o=.words) $(KIND_WORDS) >&2 \
		2>/dev/null || :

$(MIXED_OBJECTS): $(B)/%.o: $(WEEK_DIR)/%.c $(CONFIG) $(GENERATED)
	$(call compiled,$(WEEK_DIR),$(CC) $(WEEK_CFLAGS))

$(COURSE_OBJECTS): $(T)/given/%.o: $(WEEK_DIR)/%.c
	$(call compiled,$(WEEK_DIR),$(CC) $(COURSE_CFLAGS))

$(TEST_OBJECTS): $(T)/tests/%.o: $(WEEK_DIR)/tests/%.c
	@mkdir -p $(@D)
	$(Q)cd $(WEEK_DIR) && $(CC) $(LAB_CFLAGS) $(SANITIZE_$(SAN)) $(INCLUDES) \
		-I $(HARNESS) $(CLIENT_INCLUDES) -Werror \
		-Wno-error=deprecated-declarations -MMD -MP \
		-MF $(call abs,$(@:.o=.d)) -MT $@ -c tests/$*.c -o $(call abs,$@)
	$(call refuse_starters,$(COURSE))

$(CLIENT_OBJECTS): $(T)/clients/%.o: $(COURSE)/weeks/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(LAB_CFLAGS) $(SANITIZE_$(SAN)) $(INCLUDES) -I $(HARNESS) \
		-Werror -MMD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@

$(B)/module.a: $(OBJECTS)
	$(Q)rm -f $@.$$$$ && $(AR) rcs $@.$$$$ $^ && mv -f $@.$$$$ $@

# The program of a used week may link some of these archives, so one program is
# built at a time, after them.
define USED_PROGRAM_RULE
$(B)/program-$(call use_name,$(1)): used_always | $(USED_ARCHIVES) \
		$(programs_before)
	$$(Q)$$(MAKE) -f $$(COURSE)/starter/week.mk CONFIG=$$(call use_dir,$(1))/config.mk \
		SRC=$$(call use_dir,$(1))/src OUT=$$(call use_dir,$(1)) \
		TEST_OUT=$$(call use_dir,$(1)) FROM= STEP= SEED= SAN=$$(SAN) program
	@mkdir -p $$(B)
	$$(Q)name=$$$$(sed -n 's/^PROGRAM := //p' \
		$(call use_dir,$(1))/config.mk); \
		cmp -s $(call use_dir,$(1))/$$(SAN)/$$$$name $$(B)/$$$$name || \
		cp $(call use_dir,$(1))/$$(SAN)/$$$$name $$(B)/$$$$name
endef
programs_before :=
$(foreach use,$(PROGRAMS),$(eval $(call USED_PROGRAM_RULE,$(use)))\
	$(eval programs_before += $(B)/program-$(call use_name,$(use))))

# A call that the contract does not allow ends the build, before anything is
# linked: what the linker says may follow from it, or from what gcc warned of.
# Where the program alone is wanted, another build of it is checked.
CHECKED := $(if $(filter module program,$(MAKECMDGOALS)),,$(B)/checked)
check_calls := $(COURSE)/starter/check-calls
$(B)/checked: $(OBJECTS) $(USED_ARCHIVES) $(check_calls) \
		$(COURSE)/starter/pure-calls | warnings
	$(Q)$(if $(CALLS),CC="$(CC)" WIDTH="$(WIDTH)" $(check_calls) $(WEEK) \
		"$(CALLS)" "$(YOUR_OBJECTS)" "$(GIVEN_OBJECTS) $(USED_ARCHIVES)" \
		$(LINKED))
	$(Q): > $@

# The member's code and the modules it uses as one object whose system calls
# can be made to fail.
$(B)/under_test.o: $(OBJECTS) $(USED_ARCHIVES) $(WRAP_LISTS) $(CHECKED)
	$(Q)$(LD) -r $(WRAPS) -o $@ $(OBJECTS) \
		--whole-archive $(USED_ARCHIVES) --no-whole-archive

$(B)/test: $(B)/under_test.o $(TEST_OBJECTS) $(CLIENT_OBJECTS) \
		$(HARNESS_ARCHIVES) | $(programs_before) $(KIND_OBJECTS)
	$(Q)$(CC) $(SANITIZE_$(SAN)) -pthread -o $@ $(TEST_OBJECTS) \
		$(CLIENT_OBJECTS) $< $(HARNESS_ARCHIVES) $(LINKED) $(CHECK_LIBS)

ifneq ($(PROGRAM),)
$(B)/$(PROGRAM): $(MAIN_OBJECT) $(B)/module.a $(USED_ARCHIVES) | $(CHECKED)
	$(Q)$(CC) $(SANITIZE_$(SAN)) -pthread -o $@ $(MAIN_OBJECT) $(B)/module.a \
		$(USED_ARCHIVES) $(LINKED)
endif

# The program that measures the module (grade bench, load: own). Its harness has
# no sanitizer.
BENCH_OBJECTS := $(if $(BENCH),$(patsubst $(WEEK_DIR)/bench/%.c,$(B)/bench/%.o,\
	$(filter-out %.bpf.c,$(wildcard $(WEEK_DIR)/bench/*.c))))
BENCH_ARCHIVES := $(patsubst %,$(COURSE)/build/harness/none/%.a,\
	$(KIND_HARNESS) libharness)

$(BENCH_OBJECTS): $(B)/bench/%.o: $(WEEK_DIR)/bench/%.c $(CONFIG) $(GENERATED) \
		$(BENCH_GENERATED)
	$(call compiled,$(WEEK_DIR)/bench,$(CC) $(WEEK_CFLAGS) -Werror \
		-iquote $(abspath $(B))/bench -I $(HARNESS))

ifneq ($(BENCH),)
$(B)/bench/$(BENCH): $(BENCH_OBJECTS) $(B)/module.a \
		$(USED_ARCHIVES) $(BENCH_ARCHIVES)
	$(Q)$(CC) $(SANITIZE_$(SAN)) -pthread -o $@ $(BENCH_OBJECTS) \
		$(B)/module.a $(USED_ARCHIVES) $(BENCH_ARCHIVES) $(LINKED)
endif

# For clangd, where it looks first: beside the sources of a member's own make.
.PHONY: compile_commands
compile_commands: $(if $(FROM),,compile_commands.json)
compile_commands.json: $(CONFIG)
	@{ echo '['; comma=; for file in $(MODULE_SOURCES) $(BPF_SOURCES); do \
		case $$file in \
		*.bpf.c) command="$(strip $(BPF_COMPILE))" ;; \
		*) command="$(CC) $(strip $(WEEK_CFLAGS))" ;; \
		esac; \
		printf '%s{"directory":"%s","file":"%s","command":"%s"}\n' \
			"$$comma" "$(CURDIR)" "$$file" \
			"$$command -c $$file"; comma=,; \
	done; echo ']'; } > $@

-include $(OBJECTS:.o=.d) $(KIND_OBJECTS:.o=.d) $(MAIN_OBJECT:.o=.d) $(TEST_OBJECTS:.o=.d) \
	$(CLIENT_OBJECTS:.o=.d) $(BENCH_OBJECTS:.o=.d) $(KIND_BENCH:.o=.d)
