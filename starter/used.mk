# used.mk: the weeks that a week uses, for every kind.
#
# USES and PROGRAMS are words NAME=BUILD_FOLDER; each folder has its config.mk.

use_name = $(firstword $(subst =, ,$(1)))
use_dir = $(lastword $(subst =, ,$(1)))
used_headers = $(wildcard $(call use_dir,$(1))/src/*.h)
USED_ARCHIVES := $(foreach use,$(USES),$(call use_dir,$(use))/$(SAN)/module.a)
USED_FOLDERS := $(foreach use,$(USES),$(COURSE)/weeks/$(call use_name,$(use)))
abs = $(abspath $(1))

# Each archive is built by its own week's rules, with that week's config.mk.
define USED_RULE
$(call use_dir,$(1))/$$(SAN)/module.a: used_always
	$$(Q)$$(MAKE) -f $$(COURSE)/starter/week.mk CONFIG=$$(call use_dir,$(1))/config.mk \
		SRC=$$(call use_dir,$(1))/src OUT=$$(call use_dir,$(1)) \
		TEST_OUT=$$(call use_dir,$(1)) FROM= STEP= SEED= SAN=$$(SAN) module
endef
.PHONY: used_always
$(foreach use,$(USES),$(eval $(call USED_RULE,$(use))))
