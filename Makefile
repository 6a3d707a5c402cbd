# SPDX-License-Identifier: GPL-2.0-only
#
# make            library, tool and host module
# make check      unit tests, fuzzers and the QEMU matrix (scripts/setup first)
# make help       everything else

VERSION := 0.1.0
SOVERSION := 0

B := build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
UNITDIR := $(PREFIX)/lib/systemd/system
# Debian's zsh looks there for what packages bring, and for what comes from elsewhere.
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
# Where the library looks for what twins get: guest modules, the agent.
GUESTDIR := /usr/lib/twinos
CONFDIR := /etc/twinos
CLANG ?= clang
IASL ?= iasl
SPARSE ?= sparse
FUZZ_SECONDS ?= 10
JOBS ?= 2

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
# Every part of the tree sees the contracts under the same names.
INCLUDES := -Iinclude/uapi -Iinclude -Ilib -I$(B)/lib
COMPILE_FLAGS = -std=gnu11 $(WARNINGS) $(INCLUDES) -D_GNU_SOURCE \
	-DTWINOS_VERSION='"$(VERSION)"' -MMD -MP $(CPPFLAGS)
LIB_LIBS := -lz -llzma -lzstd -llz4 -luring
TOOL_LIBS := -ljansson -linih -lncursesw -ltinfo

# Half-written files must not pass for finished ones after an interruption.
.DELETE_ON_ERROR:
.SECONDARY:

all: lib tool completion modules guest-init agent

help:
	@echo 'all lib tool completion agent modules [KDIR=headers of one kernel]'
	@echo 'unit fuzz [FUZZ_SECONDS=$(FUZZ_SECONDS)] qemu [JOBS=$(JOBS)] check'
	@echo 'bench [SAMPLES=$(SAMPLES) MEASURE="start latency..."] bench-doc'
	@echo 'soak [SWITCHES=$(SWITCHES) ROUNDS=$(ROUNDS) SEED=N FUZZ_UAPI_SECONDS=$(FUZZ_UAPI_SECONDS)]'
	@echo 'check-debug: the module on a kernel with KASAN, lockdep and kmemleak'
	@echo 'deb: packages for this Debian; check-deb tries them in a new one,'
	@echo 'check-debian in one that boots, with systemd'
	@echo 'demo shell style sparse install [PREFIX=$(PREFIX) DESTDIR=] clean distclean'

# ---- the library ----------------------------------------------------------

LIB_SRC := $(wildcard lib/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
DSDT := $(if $(wildcard lib/dsdt.asl),$(B)/lib/dsdt.h)
LIB_A := $(B)/lib/libtwinos.a
LIB_SO := $(B)/lib/libtwinos.so.$(VERSION)

lib: $(LIB_A) $(LIB_SO)

$(B)/lib/dsdt.aml: lib/dsdt.asl
	@mkdir -p $(@D)
	$(IASL) -we -p $(@:.aml=) $< >$(@:.aml=.log) || { cat $(@:.aml=.log); exit 1; }

$(B)/lib/dsdt.h: $(B)/lib/dsdt.aml
	{ echo 'static const unsigned char dsdt_aml[] = {'; \
	  od -An -v -tx1 $< | sed 's/ \(..\)/ 0x\1,/g'; echo '};'; } >$@

# The scripts of the ready-made root.
ROOT_FILES := $(B)/lib/root_files.h
GENERATED := $(DSDT) $(ROOT_FILES)

$(ROOT_FILES): guest/root/init guest/root/network guest/root/system
	@mkdir -p $(@D)
	for file in $^; do \
		echo "static const unsigned char root_$${file##*/}[] = {"; \
		od -An -v -tx1 $$file | sed 's/ \(..\)/ 0x\1,/g'; echo '};'; done >$@

$(B)/lib/%.o: lib/%.c Makefile | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fPIC $(COMPILE_FLAGS) -c -o $@ $<

$(LIB_A): $(LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $(LIB_OBJ)

$(LIB_SO): $(LIB_OBJ) lib/libtwinos.sym
	$(CC) $(LDFLAGS) -shared -Wl,-soname,libtwinos.so.$(SOVERSION) \
		-Wl,--version-script=lib/libtwinos.sym -Wl,-z,defs \
		-o $@ $(LIB_OBJ) $(LIB_LIBS)
	ln -sf $(@F) $(B)/lib/libtwinos.so.$(SOVERSION)
	ln -sf $(@F) $(B)/lib/libtwinos.so

# ---- the tool -------------------------------------------------------------

TOOL_SRC := $(wildcard tool/*.c)
TOOL_OBJ := $(TOOL_SRC:%.c=$(B)/%.o)
# All but main(), so that unit tests and fuzzers can link the option parsers.
TOOL_A := $(B)/tool/tool.a
# The static one runs in the initramfs of the QEMU tests.
STATIC_LIBS := $(foreach l,z lzma zstd lz4 uring jansson inih ncursesw tinfo,\
	$(filter /%,$(shell $(CC) -print-file-name=lib$(l).a)))
STATIC_TOOL := $(if $(filter 9,$(words $(STATIC_LIBS))),$(B)/twinctl-static)

tool: $(B)/twinctl $(STATIC_TOOL)

$(B)/tool/%.o: tool/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(COMPILE_FLAGS) -c -o $@ $<

# They hold the text of tool/completion.SHELL.
$(foreach s,bash zsh fish,$(eval $(B)/tool/$s.o $(B)/fuzz/tool/$s.o: tool/completion.$s))

$(TOOL_A): $(filter-out %/main.o,$(TOOL_OBJ))
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/twinctl: $(TOOL_OBJ) $(LIB_A)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS) $(LIB_LIBS)

$(B)/twinctl-static: $(TOOL_OBJ) $(LIB_A)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ $(TOOL_LIBS) $(LIB_LIBS)

# What makes shells complete its command line.
COMPLETIONS := $(foreach s,bash zsh fish,$(B)/completion/$s)

completion: $(COMPLETIONS)

$(B)/completion/%: $(B)/twinctl
	@mkdir -p $(@D)
	$< completion $* >$@

# ---- the modules ----------------------------------------------------------

# Kbuild puts its objects beside the sources; each kernel gets a directory of
# links of its own, so that objects of two kernels never mix. KDIR is the build
# directory of one kernel; without it, all that scripts/setup unpacked.
ifdef KDIR
KDIRS := $(KDIR)
else
KDIRS := $(wildcard $(B)/kernels/*/build)
ifeq ($(KDIRS),)
KDIRS := $(wildcard /lib/modules/$(shell uname -r)/build)
endif
endif
kernel_release = $(shell cut -d\" -f2 $(1)/include/generated/utsrelease.h)
MODULES := $(foreach k,$(KDIRS),$(foreach m,host/%/twinos.ko guest/%/twinos_guest.ko,\
	$(B)/$(subst %,$(call kernel_release,$k),$m)))
# Both modules hold the world switch.
WORLD_SRC = $(wildcard world/*.[chS])
HOST_SRC = $(wildcard host/*.[chS] host/Kbuild) $(WORLD_SRC)
GUEST_SRC = $(filter-out guest/init.c,$(wildcard guest/*.[chS])) guest/Kbuild $(WORLD_SRC)
CONTRACTS := $(wildcard include/*/*.h include/*/*/*.h)

modules: $(MODULES)
	$(if $(MODULES),,@echo 'no kernel headers: run scripts/setup or give KDIR=' >&2; exit 1)

# module_rule KDIR DIRECTORY FILE SOURCES
define module_rule
$(B)/$(2)/$(call kernel_release,$(1))/$(3): FORCE
	@mkdir -p $$(@D)
	@find $$(@D) -xtype l -delete
	@ln -sf $$(addprefix $(CURDIR)/,$$($(4))) $$(@D)/
	@ln -sfn $(CURDIR)/include $$(@D)/include
	+@$$(MAKE) --no-print-directory -C $$(realpath $(1)) M=$(CURDIR)/$$(@D) \
		TWINOS_VERSION=$(VERSION) CONFIG_DEBUG_INFO_BTF_MODULES= $(KBUILD_ARGS) modules
endef
$(foreach k,$(KDIRS),$(eval $(call module_rule,$k,host,twinos.ko,HOST_SRC)))
$(foreach k,$(KDIRS),$(eval $(call module_rule,$k,guest,twinos_guest.ko,GUEST_SRC)))

# ---- the shim that loads the guest module ---------------------------------

guest-init: $(B)/guest/init

# It is all there is in its initramfs: no libc, and no stack protector to set up.
$(B)/guest/init: guest/init.c Makefile
	@mkdir -p $(@D)
	$(CC) -O2 $(WARNINGS) -static -nostdlib -ffreestanding -fno-stack-protector \
		-Iinclude -o $@ $<

# ---- the agent, which runs in twins ---------------------------------------

AGENT_SRC := $(wildcard agent/*.c) lib/frame.c lib/queue.c
AGENT_OBJ := $(AGENT_SRC:%.c=$(B)/agent/%.o)

agent: $(B)/agent/twinos-agent

# A twin may have any libc, or none.
$(B)/agent/twinos-agent: $(AGENT_OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^

$(B)/agent/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(COMPILE_FLAGS) -c -o $@ $<

# ---- tests ----------------------------------------------------------------

UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
GUESTS := $(patsubst tests/qemu/%.c,$(B)/tests/qemu/%,$(wildcard tests/qemu/*.c))
BENCHES := $(patsubst bench/%.c,$(B)/tests/bench/%,$(wildcard bench/*.c))
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer

# Helpers that several unit tests share are the other tests/unit/*.c.
UNIT_SHARED := $(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c))

$(B)/tests/unit/%: tests/unit/%.c $(UNIT_SHARED) $(TOOL_A) $(LIB_A) Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(COMPILE_FLAGS) -Itool -Itests/unit -MT $@ -MF $@.d -o $@ \
		$< $(UNIT_SHARED) $(TOOL_A) $(LIB_A) -lcmocka $(TOOL_LIBS) $(LIB_LIBS)

# One that is the owner of its twin.
$(B)/tests/qemu/doorbell: TEST_LIBS = $(LIB_A) $(LIB_LIBS)
$(B)/tests/qemu/doorbell: $(LIB_A)

# Programs that run inside the virtual machine, where no library is.
$(B)/tests/qemu/%: tests/qemu/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(COMPILE_FLAGS) -MT $@ -MF $@.d -static -o $@ $< \
		$(TEST_LIBS) -lpthread

$(B)/tests/bench/%: bench/%.c $(LIB_A) Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(COMPILE_FLAGS) -MT $@ -MF $@.d -static -o $@ $< \
		$(LIB_A) $(LIB_LIBS)

$(B)/fuzz/%.o: %.c Makefile | $(GENERATED)
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_FLAGS) $(COMPILE_FLAGS) -c -o $@ $<

FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/%.o,$(LIB_SRC) $(filter-out tool/main.c,$(TOOL_SRC)))

$(B)/fuzz/all.a: $(FUZZ_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(B)/fuzz/all.a Makefile
	$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $(COMPILE_FLAGS) -Itool -MT $@ -MF $@.d \
		-o $@ $< $(B)/fuzz/all.a $(TOOL_LIBS) $(LIB_LIBS)

# Programs that write TAP themselves.
UNIT_SCRIPTS := $(wildcard tests/unit/*.sh)

unit: $(UNIT) tool agent $(B)/tests/qemu/pty
	tests/unit/run $(UNIT) $(UNIT_SCRIPTS)

fuzz: $(FUZZERS)
	FUZZ_SECONDS=$(FUZZ_SECONDS) JOBS=$(JOBS) tests/fuzz/run $(FUZZERS)

# Modules that tests/broken/NAME.patch makes worse, both for one kernel: a test
# that should notice is run on them, with tests/qemu/run --module and
# --guest-module.
BROKEN_KDIR ?= $(wildcard $(B)/names/6.1-cloud/build)
# Those called tool-NAME.patch change the tool or its library instead.
BROKEN_TOOL := $(wildcard tests/broken/tool-*.patch)
BROKEN := $(if $(BROKEN_KDIR),$(patsubst tests/broken/%.patch,\
	$(B)/broken/%/twinos.ko,$(filter-out $(BROKEN_TOOL),$(wildcard tests/broken/*.patch))))
BROKEN += $(BROKEN_TOOL:tests/broken/%.patch=$(B)/broken/%/twinctl)

broken: $(BROKEN)

$(B)/broken/%/twinctl: tests/broken/%.patch $(LIB_SRC) $(TOOL_SRC) $(CONTRACTS) | $(GENERATED)
	rm -rf $(@D)
	mkdir -p $(@D)
	cp -r include lib tool $(@D)/
	patch -s -p1 -d $(@D) <$<
	cd $(@D) && $(CC) -O1 -static -std=gnu11 -D_GNU_SOURCE \
		-DTWINOS_VERSION='"$(VERSION)"' -Iinclude/uapi -Iinclude -Ilib \
		-I$(CURDIR)/$(B)/lib -o twinctl lib/*.c tool/*.c $(TOOL_LIBS) $(LIB_LIBS)

# Kbuild wants all sources of a module in one directory.
$(B)/broken/%/twinos.ko: tests/broken/%.patch $(HOST_SRC) $(GUEST_SRC) $(CONTRACTS)
	rm -rf $(@D)
	mkdir -p $(@D)
	cp -r include host guest world $(@D)/
	patch -s -p1 -d $(@D) <$<
	+@for part in host guest; do \
		cp -r $(@D)/include $(@D)/world/* $(@D)/$$part/ && \
		$(MAKE) --no-print-directory -C $(realpath $(BROKEN_KDIR)) \
			M=$(CURDIR)/$(@D)/$$part TWINOS_VERSION=$(VERSION) \
			CONFIG_DEBUG_INFO_BTF_MODULES= modules || exit 1; done
	ln -sf guest/twinos_guest.ko $(@D)/
	ln -sf host/twinos.ko $(@D)/

# Modules that the tests load, in hosts or twins: for each kernel as twinos.ko is. One
# calls functions of twinos_guest.ko.
TEST_MODULES := $(foreach k,$(KDIRS),$(foreach m,havoc fault echo hostile,\
	$(B)/tests/$m/$(call kernel_release,$k)/$m.ko))

# test_module_rule KDIR NAME
define test_module_rule
$(B)/tests/$(2)/$(call kernel_release,$(1))/$(2).ko: $$(wildcard tests/qemu/$(2)/*) guest/doorbell.h \
		| $(B)/guest/$(call kernel_release,$(1))/twinos_guest.ko
	@mkdir -p $$(@D)
	@ln -sf $$(addprefix $(CURDIR)/,$$(wildcard tests/qemu/$(2)/*)) $$(@D)/
	+@$$(MAKE) --no-print-directory -C $$(realpath $(1)) M=$(CURDIR)/$$(@D) \
		GUEST=$(CURDIR)/$(B)/guest/$(call kernel_release,$(1)) \
		KBUILD_EXTRA_SYMBOLS=$(CURDIR)/$(B)/guest/$(call kernel_release,$(1))/Module.symvers \
		CONFIG_DEBUG_INFO_BTF_MODULES= $(KBUILD_ARGS) modules
endef
$(foreach k,$(KDIRS),$(foreach m,havoc fault echo hostile,$(eval $(call test_module_rule,$k,$m))))

# The module of doc/guide.md, with its mistake and without.
GREET := $(if $(BROKEN_KDIR),$(foreach w,faulty mended,$(B)/tests/greet/$w/greet.ko))

$(B)/tests/greet/%/greet.ko: $(wildcard examples/module/*)
	rm -rf $(@D)
	mkdir -p $(@D)
	cp $^ $(@D)/
	[ $* = faulty ] || patch -s -p1 -d $(@D) <examples/module/fix.patch
	+@$(MAKE) --no-print-directory -C $(@D) KDIR=$(realpath $(BROKEN_KDIR))

test-modules: $(TEST_MODULES) $(GREET)

# What the virtual machine gets.
guest: modules guest-init agent broken tool $(GUESTS) $(BENCHES) test-modules

qemu: guest
	JOBS=$(JOBS) tests/qemu/matrix $(CASES)

# Stages go on after a failure: the last line counts them all.
check: stages
	@scripts/tally $(B)/logs/unit.tap $(B)/logs/fuzz.tap $(B)/logs/qemu.tap

stages: all guest $(UNIT) $(FUZZERS)
	@rm -rf $(B)/logs
	-@$(MAKE) --no-print-directory unit
	-@$(MAKE) --no-print-directory fuzz
	-@$(MAKE) --no-print-directory deb >$(B)/logs/deb.log 2>&1
	-@$(MAKE) --no-print-directory qemu

demo: guest
	tests/qemu/demo

shell: guest
	tests/qemu/run --shell $(foreach k,$(notdir $(wildcard $(B)/names/*)),--twin $k)

# MEASURE: some of the measurements only; bench/run --help lists them.
SAMPLES ?= 5

bench: guest
	SAMPLES=$(SAMPLES) bench/run $(MEASURE)

# What has been measured last goes to doc/.
bench-doc:
	bench/document

# A host that looks for mistakes in the module, built and cached under build/.
DEBUG_OBJ := $(B)/debug/obj

check-debug: guest
	scripts/debug-kernel
	$(MAKE) --no-print-directory modules test-modules KDIR=$(DEBUG_OBJ)
	-@JOBS=1 LIST=debug tests/qemu/matrix $(CASES)
	@scripts/tally $(B)/logs/debug.tap

# Longer than make check can wait.
SWITCHES ?= 50000
LIVES ?= 100
ROUNDS ?= 5000
FUZZ_UAPI_SECONDS ?= 600
SOAK = tests/qemu/run --smp 1 --cpu max,vendor=GenuineIntel --disk 64M --timeout 3600

soak: guest deb
	JOBS=$(JOBS) LIST=soak tests/qemu/matrix
	$(SOAK) --net --loop --twin 6.12-cloud --out $(B)/logs/soak-switches \
		--host-append 'rig.switches=$(SWITCHES) rig.limit=3000' tests/qemu/shared.sh
	$(SOAK) --watchdog --twin 6.1-cloud --out $(B)/logs/soak-rounds \
		--host-append 'rig.rounds=$(LIVES)' tests/qemu/shared-ends.sh
	tests/qemu/run --smp 4 --cpu max,vendor=GenuineIntel --memory 3G --disk 64M --net \
		--twin 6.1-cloud --twin 6.12-cloud --out $(B)/logs/soak-chaos \
		--timeout $$(($(ROUNDS) * 30 + 600)) \
		--host-append 'rig.rounds=$(ROUNDS) $(SEED:%=rig.seed=%)' tests/qemu/chaos.sh
	tests/qemu/run --smp 4 --twin 6.1-cloud --out $(B)/logs/soak-uapi \
		--timeout $$(($(FUZZ_UAPI_SECONDS) + 300)) \
		--host-append 'memmap=16M$$0x40000000 rig.seconds=$(FUZZ_UAPI_SECONDS)' \
		tests/qemu/fuzz-uapi.sh

# ---- packages -------------------------------------------------------------

deb:
	scripts/deb

check-deb: deb
	tests/deb/run

# The same in a machine of their own, with systemd.
check-debian: deb $(B)/tests/qemu/pty
	tests/qemu/matrix packages

# ---- manners --------------------------------------------------------------

C_FILES = $(wildcard include/*/*.h include/*/*/*.h host/*.[ch] guest/*.[ch] world/*.[ch] agent/*.[ch] lib/*.[ch] \
	tool/*.[ch] tests/*/*.[ch] tests/qemu/*/*.c bench/*.[ch] examples/module/*.c)
SHELL_FILES = $(shell git grep -lE -e '^\#!/bin/(ba)?sh' -- . ':!*.md') $(wildcard tool/*.bash tests/*/*.bash)

style:
	clang-format --dry-run -Werror $(C_FILES)
	shellcheck -x --severity=warning $(SHELL_FILES)
	@# Strings such as "\nNUMBER(" are no words.
	git ls-files -z ':!LICENSES' ':!.clang-format' | xargs -0 codespell -L nnumber

sparse: $(GENERATED)
	for f in $(LIB_SRC) $(TOOL_SRC) $(wildcard agent/*.c); do \
		$(SPARSE) -std=gnu11 $(INCLUDES) -D_GNU_SOURCE \
			-DTWINOS_VERSION='"$(VERSION)"' $$f || exit 1; done
	$(MAKE) modules KBUILD_ARGS='C=2 CHECK=$(SPARSE)'

install: lib tool agent guest-init completion
	install -D -m 755 $(B)/twinctl $(DESTDIR)$(PREFIX)/sbin/twinctl
	install -D -m 755 $(LIB_SO) $(DESTDIR)$(LIBDIR)/$(notdir $(LIB_SO))
	ln -sf $(notdir $(LIB_SO)) $(DESTDIR)$(LIBDIR)/libtwinos.so.$(SOVERSION)
	ln -sf $(notdir $(LIB_SO)) $(DESTDIR)$(LIBDIR)/libtwinos.so
	install -m 644 $(LIB_A) $(DESTDIR)$(LIBDIR)/libtwinos.a
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIB_LIBS)|' \
		packaging/libtwinos.pc >$(DESTDIR)$(LIBDIR)/pkgconfig/libtwinos.pc
	install -D -m 644 lib/libtwinos.h $(DESTDIR)$(PREFIX)/include/libtwinos.h
	install -D -m 644 include/uapi/linux/twinos.h \
		$(DESTDIR)$(PREFIX)/include/linux/twinos.h
	for header in handover.h agent.h; do \
		install -D -m 644 include/twinos/$$header \
			$(DESTDIR)$(PREFIX)/include/twinos/$$header || exit 1; done
	install -D -m 755 $(B)/agent/twinos-agent $(DESTDIR)$(GUESTDIR)/twinos-agent
	install -D -m 755 $(B)/guest/init $(DESTDIR)$(GUESTDIR)/init
	install -d $(DESTDIR)$(CONFDIR)
	for page in $(wildcard man/*.[1-9]); do \
		install -D -m 644 $$page \
			$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done
	install -D -m 644 $(B)/completion/bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/twinctl
	install -D -m 644 $(B)/completion/zsh $(DESTDIR)$(ZSHDIR)/_twinctl
	install -D -m 644 $(B)/completion/fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/twinctl.fish

	install -d $(DESTDIR)$(PREFIX)/share/doc/twinos/examples/module
	install -m 755 $(filter-out %/module,$(wildcard examples/*)) \
		$(DESTDIR)$(PREFIX)/share/doc/twinos/examples/
	install -m 644 $(wildcard examples/module/*) \
		$(DESTDIR)$(PREFIX)/share/doc/twinos/examples/module/

	install -d $(DESTDIR)$(UNITDIR)/multi-user.target.wants
	sed 's|/usr/sbin|$(PREFIX)/sbin|' packaging/twin@.service >$(DESTDIR)$(UNITDIR)/twin@.service
	install -m 644 packaging/twins.target $(DESTDIR)$(UNITDIR)/twins.target
	ln -sf ../twins.target $(DESTDIR)$(UNITDIR)/multi-user.target.wants/twins.target
	install -D -m 644 packaging/twinos.conf $(DESTDIR)$(PREFIX)/lib/modules-load.d/twinos.conf
	install -D -m 644 packaging/60-twinos.rules \
		$(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-twinos.rules

# For the kernel that KDIR names, by default the running one.
install-modules: modules
	for ko in $(filter %/twinos.ko,$(MODULES)); do \
		release=$$(basename $$(dirname $$ko)); \
		install -D -m 644 $$ko $(DESTDIR)/lib/modules/$$release/updates/twinos.ko || exit 1; \
		[ -n '$(DESTDIR)' ] || depmod $$release || exit 1; done
	for ko in $(filter %/twinos_guest.ko,$(MODULES)); do \
		release=$$(basename $$(dirname $$ko)); \
		install -D -m 644 $$ko $(DESTDIR)$(GUESTDIR)/$$release/twinos_guest.ko || exit 1; done

# The sources of both modules, which DKMS builds by this Makefile.
DKMSDIR := /usr/src/twinos-$(VERSION)
DKMS_FILES = Makefile $(wildcard host/* guest/*.[chS] guest/Kbuild world/* include/*/*.h include/*/*/*.h)

install-dkms:
	for file in $(DKMS_FILES); do \
		install -D -m 644 $$file $(DESTDIR)$(DKMSDIR)/$$file || exit 1; done
	install -m 755 packaging/dkms-hook $(DESTDIR)$(DKMSDIR)/dkms-hook
	sed 's|@VERSION@|$(VERSION)|' packaging/dkms.conf >$(DESTDIR)$(DKMSDIR)/dkms.conf

# Into a twin: DESTDIR is where its root is mounted, or unpacked.
install-agent: agent
	install -D -m 755 $(B)/agent/twinos-agent $(DESTDIR)$(PREFIX)/sbin/twinos-agent
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/sbin|$(PREFIX)/sbin|' agent/twinos-agent.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/twinos-agent.service

# Kernels and QEMU stay: they are fetched, not made. distclean drops them too.
clean:
	rm -rf $(addprefix $(B)/,lib tool completion host guest agent broken tests bench fuzz twinctl twinctl-static initrd logs deb)

distclean:
	rm -rf $(B)

FORCE:

.PHONY: all help lib tool completion modules test-modules guest-init agent broken guest unit fuzz qemu check stages check-debug demo shell bench bench-doc soak deb check-deb check-debian style \
	sparse install install-modules install-dkms install-agent clean distclean FORCE

-include $(shell [ -d $(B) ] && find $(B)/lib $(B)/tool $(B)/agent $(B)/tests $(B)/fuzz \
	-name '*.d' 2>/dev/null)
