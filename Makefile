# SPDX-License-Identifier: Apache-2.0
#
# One make for the whole tree: each folder's Kbuild lists its objects, and everything that is made
# goes below $(O). `make help` lists the targets.

ifneq ($(filter default undefined,$(origin CC)),)
CC := gcc
endif
ifneq ($(filter default undefined,$(origin AR)),)
AR := ar
endif
OBJCOPY ?= objcopy
MAKEFLAGS += -rR --no-print-directory
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

SAN       ?=
O         ?= $(if $(SAN),build/san,build)
JOBS      ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX    ?= /usr/local
LIBDIR    ?= $(PREFIX)/lib
CFLAGS    ?= $(if $(SAN),-O1,-O2) -g
FUZZ_TIME ?= 60
CLANG     ?= clang
E2E       ?= tests/e2e/*.bats
VM        ?= v2 networks
VERSION   ?= $(or $(patsubst v%,%,$(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null)),0.1.0)

ifneq ($(filter true 1,$(CI)),)
WERROR ?= 1
endif

# Folders in the order of their floors; all but the last are the library.
lib_dirs := lib net ns cgroup rootfs container
dirs     := $(lib_dirs) cmd

# ---------------------------------------------------------------------------------------------
# Debian packages

deps_build := gcc binutils libc6-dev make pkg-config libmnl-dev libcap-dev libseccomp-dev libjsmn-dev \
	libsystemd-dev libnftnl-dev
deps_check := g++ libcmocka-dev bats perl jq iproute2 iputils-ping ethtool tcpdump nftables passt busybox-static util-linux strace procps \
	mandoc groff-base
deps_vm    := qemu-system-x86 debootstrap busybox-static checkpolicy cpio e2fsprogs kmod util-linux
# What is measured side by side with ctrnet, each if it is there.
deps_bench := crun runc bubblewrap containernetworking-plugins netavark iptables
deps_dev   := clang clang-format libclang-rt-dev shellcheck kconfig-frontends-nox zsh fish python3-jsonschema

pkgs = libmnl libcap $(if $(CONFIG_SECCOMP),libseccomp) $(if $(CONFIG_NFT),libnftnl)

# ---------------------------------------------------------------------------------------------
# Configuration: .config is what was chosen (root of the tree, or $(O) when O= is given), config.mk
# the same with defaults filled in from Kconfig, config.h the same for C.

KCONFIG_CONFIG ?= $(if $(filter command environment,$(origin O)),$(O)/.config,.config)

# Print a .config. $(1): what symbols without an answer get: default, yes or no.
kconfig = awk -v answer=$(1) "$$kconfig_awk"
define kconfig_awk
FNR == 1                { file++; help = 0 }
file == 2 && /^CONFIG_/ { sub(/^CONFIG_/, ""); split($$0, kv, "="); chosen[kv[1]] = kv[2]; next }
file == 2 && /is not set$$/ { sub(/^CONFIG_/, "", $$2); chosen[$$2] = "n"; next }
file == 2               { next }
$$1 == "config"          { sym = $$2; order[++n] = sym; value[sym] = "n"; help = 0 }
$$1 == "help"            { help = 1 }
help                    { next }
$$1 == "bool"            { asked[sym] = NF > 1 }
$$1 == "option"          { probed[sym] = 1 }
$$1 == "default"         { value[sym] = $$2 }
$$1 == "depends"         { optional[sym] = ($$3 in probed) }
END {
	for (i = 1; i <= n; i++) {
		sym = order[i]
		if (!asked[sym])
			continue
		if (answer == "yes")
			value[sym] = optional[sym] ? "n" : "y"
		else if (answer == "no")
			value[sym] = "n"
		if (sym in chosen)
			value[sym] = chosen[sym]
		print value[sym] == "y" ? "CONFIG_" sym "=y" : "# CONFIG_" sym " is not set"
	}
}
endef
export kconfig_awk

# Goals that need neither a configuration nor a compiler.
bare_goals := clean help deps deps-bench deps-dev deps-vm defconfig allnoconfig allyesconfig menuconfig layers \
	format format-check rootfs
ifneq ($(filter-out $(bare_goals),$(or $(MAKECMDGOALS),all)),)
include $(O)/config.mk
endif

# Replace $@ by what is on stdin only if it differs, so that nothing is made again for nothing.
update = mkdir -p $(@D) && cat > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }

$(O)/config.mk: FORCE
	@$(call kconfig,default) Kconfig $(wildcard $(KCONFIG_CONFIG)) | { $(update); }

$(O)/include/config.h: $(O)/config.mk
	@sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=y$$/#define \1 1/p' $< | { $(update); }

# ---------------------------------------------------------------------------------------------
# Flags

# All objects can be in the library, which exports what ctrnet.h declares.
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wswitch-enum

cppflags = -D_GNU_SOURCE -I. -include $(O)/include/config.h
cflags   = -std=gnu11 $(warnings) $(if $(WERROR),-Werror) -ffunction-sections -fdata-sections \
	-fPIC -fvisibility=hidden $(harden) $(pkg_cflags)
ldflags  = -Wl,--as-needed -Wl,--gc-sections $(harden_ld)

# Asked once, and only when something is compiled: on a new machine pkg-config comes with `make deps`.
pkg_cflags = $(eval pkg_cflags := $(shell pkg-config --cflags $(pkgs)))$(pkg_cflags)
pkg_libs   = $(eval pkg_libs := $(call prefer_static,$(if $(CONFIG_STATIC),$(shell pkg-config --static --libs $(pkgs)),$(so_libs))))$(pkg_libs)
# libctrnet.so leaves its own libraries to the system.
so_libs    = $(eval so_libs := $(shell pkg-config --libs $(pkgs)))$(so_libs)

# The library that the linker finds for -l$(1), if it is a static one.
static_lib = $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a))

# Flags of the linker, with static libraries where they are installed: they cost a program no time when it starts, and
# `exec` starts twice (ns/self.h). libmnl's is not in Debian.
prefer_static = $(foreach f,$(1),$(or $(if $(filter -l%,$f),$(call static_lib,$(f:-l%=%))),$f))

comma := ,
sanitizers := address,undefined$(if $(filter fuzz,$(SAN)),$(comma)fuzzer-no-link)
ifneq ($(SAN),)
harden    = -fsanitize=$(sanitizers) -fno-sanitize-recover=all -fno-omit-frame-pointer
harden_ld = -fsanitize=$(sanitizers)
harden_so = -fsanitize=$(sanitizers)
else
harden    = -fstack-protector-strong $(if $(filter -O0,$(CFLAGS)),,-D_FORTIFY_SOURCE=2)
harden_ld = $(if $(CONFIG_STATIC),-static-pie,-pie) -Wl,-z,relro,-z,now
harden_so = -Wl,-z,relro,-z,now,-z,defs
endif

# "y" if each -l flag that is not the C library's own has a static library.
have_static_libs = $(if $(filter -l%,$(call prefer_static,$(shell pkg-config --libs $(pkgs)))),n,y)
ifeq ($(CONFIG_STATIC),y)
ifneq ($(have_static_libs),y)
$(error CONFIG_STATIC=y, but not all of $(pkgs) are installed as static libraries)
endif
endif

# Objects depend on the flags they are made with.
$(O)/flags: FORCE
	@echo '$(CC) $(cppflags) $(CPPFLAGS) $(cflags) $(CFLAGS) $(ldflags) $(LDFLAGS) $(pkg_libs) $(harden_so)' | { $(update); }

# V=1 shows commands instead of a word per file.
ifeq ($(V),1)
Q :=
else
Q := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)'
endif

# ---------------------------------------------------------------------------------------------
# Objects and the program

define read_kbuild
obj-y :=
-include $(1)/Kbuild
objs-$(1) := $$(addprefix $$(O)/$(1)/,$$(obj-y))
endef
$(foreach d,$(dirs),$(eval $(call read_kbuild,$(d))))

lib_objs := $(foreach d,$(lib_dirs),$(objs-$(d)))
cmd_objs := $(objs-cmd)
archive  := $(O)/ctrnet.a
program  := $(O)/ctrnet

.DEFAULT_GOAL := all
## all: the program, $(O)/ctrnet (the default)
all: $(program)

$(O)/%.o: %.c $(O)/flags $(O)/include/config.h
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(cppflags) $(CPPFLAGS) $(cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

# Assembled into the program: see the file.
$(O)/container/key_text_all.o: docs/man/keys.in

# Only this file is made again when the version changes.
$(O)/cmd/version.o: private CPPFLAGS += -DCTRNET_VERSION='"$(VERSION)"'
$(O)/cmd/version.o: $(O)/version
$(O)/version: FORCE
	@echo '$(VERSION)' | { $(update); }

$(archive): $(lib_objs) $(O)/config.mk $(addsuffix /Kbuild,$(lib_dirs))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(lib_objs)

link = $(CC) $(cflags) $(CFLAGS) $(ldflags) $(LDFLAGS)

$(program): $(cmd_objs) $(archive) $(O)/flags cmd/Kbuild
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $(cmd_objs) $(archive) $(pkg_libs)

# ---------------------------------------------------------------------------------------------
# The library. What another program links has no names but those of ctrnet.h, so that they cannot be its own, too:
# the static one is a single object, in which all others are local.

# 0.1.0-3-g1234567 is 0.1.0, and programs for it take any 0.
lib_version := $(firstword $(subst -, ,$(subst +, ,$(subst ~, ,$(VERSION)))))
soname      := libctrnet.so.$(firstword $(subst ., ,$(lib_version)))
shared_lib  := $(O)/libctrnet.so.$(lib_version)
installed_lib := $(O)/libctrnet.a
pc_file     := $(O)/ctrnet.pc

$(shared_lib): $(lib_objs) $(O)/flags $(O)/version $(addsuffix /Kbuild,$(lib_dirs))
	$(call say,LINK,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(soname) $(cflags) $(CFLAGS) -Wl,--as-needed -Wl,--gc-sections $(harden_so) \
		$(LDFLAGS) -o $@ $(lib_objs) $(so_libs)

$(O)/libctrnet.o: $(lib_objs) $(O)/flags $(addsuffix /Kbuild,$(lib_dirs))
	$(call say,LINK,$@)
	$(Q)$(CC) -r -nostdlib -o $@ $(lib_objs) && $(OBJCOPY) --localize-hidden $@

$(installed_lib): $(O)/libctrnet.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $<

# Directories below the prefix are named by it: who moves all says so to pkg-config.
$(pc_file): FORCE
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))' \
		'includedir=$${prefix}/include' '' 'Name: ctrnet' 'Description: Linux containers' \
		'Version: $(lib_version)' 'Requires.private: $(pkgs)' 'Libs: -L$${libdir} -lctrnet' \
		'Libs.private: -pthread' 'Cflags: -I$${includedir}' | { $(update); }

## lib: the library for C programs, libctrnet.so and libctrnet.a
lib: $(shared_lib) $(installed_lib) $(pc_file)

# ---------------------------------------------------------------------------------------------
# Manuals and completions, by a program that has ctrnet's tables and is not part of it

gen_objs  := $(patsubst %.c,$(O)/%.o,$(wildcard docs/gen/*.c))
gen_docs  := $(O)/gen-docs
docs_in   := $(wildcard docs/man/*.in docs/completion/*.in)
# With a date of its own each build would be another one.
DOCS_DATE ?= $(or $(shell git log -1 --format=%cs 2>/dev/null),$(shell date -u -r docs/man +%F))
# The library's manual is its header.
library_header := $(wildcard container/ctrnet.h)

$(gen_docs): $(gen_objs) $(cmd_objs) $(archive) $(O)/flags
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $(gen_objs) $(filter-out %/main.o,$(cmd_objs)) $(archive) $(pkg_libs)

$(O)/man/made: $(gen_docs) $(docs_in) $(library_header) $(O)/version
	$(call say,DOCS,$(O)/man)
	$(Q)rm -rf $(O)/man
	$(Q)$(gen_docs) all $(O)/man $(DOCS_DATE) '$(VERSION)'
	$(Q)$(if $(library_header),$(gen_docs) header $(library_header) libctrnet $(O)/man $(DOCS_DATE) '$(VERSION)')
	$(Q)touch $@

## docs: the manuals and the completions for shells, in $(O)/man
docs: $(O)/man/made

# Each .c file of these folders is a program. Other files in them that do not match are helpers of
# all the programs there, linked where something refers to them.
units   := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/test_*.c))
benches := $(patsubst %.c,$(O)/%,$(wildcard tests/bench/*.c))
golden_tools := $(patsubst %.c,$(O)/%,$(wildcard tests/golden/*.c))
fuzzers := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))
unit_helpers := $(patsubst %.c,$(O)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))

$(units): $(O)/%: $(O)/%.o $(unit_helpers) $(archive) $(O)/flags
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $< $(unit_helpers) $(archive) $(pkg_libs) -lcmocka

$(benches): $(O)/%: $(O)/%.o $(archive) $(O)/flags
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $< $(archive) $(pkg_libs)

$(golden_tools): $(O)/%: $(O)/%.o $(archive) $(O)/flags
	$(call say,LINK,$@)
	$(Q)$(link) -o $@ $< $(archive) $(pkg_libs)

$(fuzzers): $(O)/%: $(O)/%.o $(archive) $(O)/flags
	$(call say,LINK,$@)
	$(Q)$(link) -fsanitize=fuzzer -o $@ $< $(archive) $(pkg_libs)

# Programs that end-to-end tests run, also inside containers: static, and as they are.
e2e_tools := $(patsubst %.c,$(O)/%,$(wildcard tests/e2e/*.c))
$(e2e_tools): $(O)/%: %.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(warnings) $(if $(WERROR),-Werror) -O2 -g -static -o $@ $<

.SECONDARY:
-include $(wildcard $(addsuffix .d,$(basename $(lib_objs) $(cmd_objs) $(gen_objs) $(unit_helpers)) \
	$(units) $(benches) $(golden_tools) $(fuzzers)))

# ---------------------------------------------------------------------------------------------
# Configuring

config_file = mkdir -p $(dir $(KCONFIG_CONFIG)) && $(call kconfig,$(1)) Kconfig > $(KCONFIG_CONFIG)

## defconfig: write a .config with the defaults
defconfig:
	@$(call config_file,default)

## allnoconfig: write a .config with everything off
allnoconfig:
	@$(call config_file,no)

## allyesconfig: write a .config with everything on that can be had everywhere
allyesconfig:
	@$(call config_file,yes)

## menuconfig: choose in menus (package kconfig-frontends-nox)
menuconfig:
	@command -v kconfig-mconf >/dev/null || { \
		echo 'make: menuconfig needs kconfig-mconf: apt-get install kconfig-frontends-nox' >&2; exit 1; }
	@mkdir -p $(dir $(KCONFIG_CONFIG))
	@HAVE_STATIC_LIBS=$(have_static_libs) KCONFIG_CONFIG=$(KCONFIG_CONFIG) kconfig-mconf Kconfig

# ---------------------------------------------------------------------------------------------
# Tests: everything speaks TAP and is run by prove, which counts. tests/run.sh knows how to run a
# file by its kind.

export CTRNET   := $(abspath $(program))
export ROOTFS   := $(abspath $(O)/busybox)
export TOOLS    := $(abspath $(O)/tests/e2e)
export GOLDEN   := $(abspath $(O)/tests/golden)
export INSTALLED := $(abspath $(O)/installed)
export CC CLANG SAN O
headers_cflags   = -std=gnu11 -D_GNU_SOURCE -I. $(warnings)

submake = $(MAKE) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
prove   = HEADERS_CFLAGS='$(headers_cflags)' prove -j$(JOBS) --failures --comments --exec tests/run.sh

## check: all tests but slow ones: layers, headers, unit, golden plans, manuals, end to end (as root; installs what it needs)
check: deps
	@$(submake) all docs unit-tests golden-tools e2e-tools rootfs installed
	@$(prove) tests/layers.sh tests/headers.sh $(units) tests/golden/run.sh $(wildcard tests/docs/*.sh) $(E2E)

## check-unit: only the unit tests
check-unit: deps
	@$(submake) unit-tests
	@$(prove) $(units)

## check-golden: only the golden plans; UPDATE=1 writes them anew
check-golden: deps
	@$(submake) all golden-tools rootfs
	@$(prove) tests/golden/run.sh

## check-docs: only the manuals and completions
check-docs: deps
	@$(submake) all docs
	@$(prove) $(wildcard tests/docs/*.sh)

## check-e2e: only the end-to-end tests; E2E=tests/e2e/exec.bats and FILTER=regex choose
check-e2e: deps
	@$(submake) all e2e-tools rootfs installed
	@$(prove) $(E2E)

## check-slow: the end-to-end tests that take long: many rounds of races, hundreds of processes, every key and place to fail
check-slow: deps
	@$(submake) all e2e-tools rootfs installed
	@TAGS=slow $(prove) $(shell grep -l 'test_tags=.*slow' tests/e2e/*.bats)

## check-vm: tagged end-to-end tests on Debian's kernel in QEMU; VM='v2 networks v1 systemd systemd-v1 selinux', ONLY='exec' (files)
check-vm: deps deps-vm
	@$(submake) all e2e-tools rootfs
	@prove --verbose --failures --comments --exec tests/vm/run.sh $(VM); status=$$?; \
		tests/vm/skipped.sh $(O)/vm $(VM); exit $$status

## layers: does each file include only its own folder and lower floors?
layers:
	@$(prove) tests/layers.sh

## headers: does each header compile alone?
headers: deps
	@$(prove) tests/headers.sh

# What is installed, for tests of that: as a distribution's package would have it.
installed: all lib docs
	@rm -rf $(INSTALLED)
	@$(MAKE) install DESTDIR=$(INSTALLED) PREFIX=/usr >/dev/null

unit-tests: $(units)
e2e-tools: $(e2e_tools)
golden-tools: $(golden_tools)

## rootfs: $(O)/busybox, a root file system made of busybox
rootfs: deps
	@tests/rootfs.sh $(ROOTFS)

## demo: a container on a bridge, over IPv4 and IPv6, that leaves nothing behind (as root)
demo: deps
	@$(submake) all rootfs
	@tests/demo.sh

## bench: measure, and write docs/benchmarks.md
bench: deps
	@$(submake) all rootfs bench-programs
	@export BENCH=$(abspath $(O)/tests/bench); { tests/bench/bench.sh && tests/bench/attach.sh; } | tee $(O)/benchmarks.md
	@cp $(O)/benchmarks.md docs/benchmarks.md

bench-programs: $(benches)

## fuzz: run each fuzzer for FUZZ_TIME=60 seconds on its corpus; new finds stay below build/
fuzz: deps-dev
	@$(submake) O=$(O)/fuzz CC=$(CLANG) SAN=fuzz KCONFIG_CONFIG=$(abspath $(KCONFIG_CONFIG)) fuzzers
	@FUZZ_TIME=$(FUZZ_TIME) tests/fuzz.sh $(O)/fuzz

fuzzers: $(fuzzers)

# ---------------------------------------------------------------------------------------------
# The tree

sources = $(wildcard $(addsuffix /*.[ch],$(dirs) net/drivers docs/gen docs/example tests/api tests/unit tests/golden tests/e2e tests/fuzz tests/bench))

## format: format all C files in place
format:
	@clang-format -i $(sources)

## format-check: are all C files formatted?
format-check:
	@clang-format --dry-run --Werror $(sources)

## shellcheck: look through the scripts
shellcheck:
	@shellcheck -x -S warning -e SC2154 .ci/run $(wildcard tests/*.sh tests/*/*.sh tests/*/*.bash tests/*/*.bats)

# Install what is missing of $(1); says nothing and needs nothing when all is there.
define install_packages
	@command -v dpkg-query >/dev/null || { echo 'make: no Debian; needed are: $(1)' >&2; exit 0; }; \
	missing=$$(comm -13 <(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(1) 2>/dev/null | \
		sed -n 's/^installed //p' | sort) <(printf '%s\n' $(1) | sort)); \
	[ -n "$$missing" ] || exit 0; \
	[ $$(id -u) = 0 ] || { echo "make: missing packages:" $$missing "(sudo make $@ installs them)" >&2; exit 1; }; \
	export DEBIAN_FRONTEND=noninteractive; \
	echo "installing" $$missing; \
	apt-get -qq update && apt-get -qq install -y --no-install-recommends $$missing >/dev/null
endef

## deps: install the Debian packages that building and testing need
deps:
	$(call install_packages,$(deps_build) $(deps_check))

## deps-dev: and those for clang builds, fuzzing, formatting and menuconfig
deps-dev:
	$(call install_packages,$(deps_build) $(deps_check) $(deps_dev))

## deps-vm: and those for check-vm
deps-vm:
	$(call install_packages,$(deps_vm))

## deps-bench: and those that bench compares ctrnet with (bench runs without any of them, too)
deps-bench:
	$(call install_packages,$(deps_build) $(deps_check) $(deps_bench))

## install: into $(DESTDIR)$(PREFIX)
install: all lib docs
	install -D -m 755 $(program) $(DESTDIR)$(PREFIX)/bin/ctrnet
	install -D -m 644 container/ctrnet.h $(DESTDIR)$(PREFIX)/include/ctrnet.h
	install -D -m 644 $(pc_file) $(DESTDIR)$(LIBDIR)/pkgconfig/ctrnet.pc
	install -m 644 $(installed_lib) $(DESTDIR)$(LIBDIR)/libctrnet.a
	install -m 755 $(shared_lib) $(DESTDIR)$(LIBDIR)/$(notdir $(shared_lib))
	ln -sf $(notdir $(shared_lib)) $(DESTDIR)$(LIBDIR)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libctrnet.so
	install -d $(DESTDIR)$(PREFIX)/share/doc/ctrnet/sample_configs/networks
	install -m 644 README.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/ctrnet/
	install -m 644 sample_configs/*.json $(DESTDIR)$(PREFIX)/share/doc/ctrnet/sample_configs/
	install -m 644 sample_configs/networks/*.json $(DESTDIR)$(PREFIX)/share/doc/ctrnet/sample_configs/networks/
	install -D -m 644 $(O)/man/schema/ctrnet.schema.json $(DESTDIR)$(PREFIX)/share/ctrnet/schema/ctrnet.schema.json
	install -d $(patsubst %,$(DESTDIR)$(PREFIX)/share/man/man%,1 3 5)
	umask 022 && cd $(O)/man && for page in man?/*; do cp -df $$page $(DESTDIR)$(PREFIX)/share/man/$$page || exit; done
	install -D -m 644 $(O)/man/completion/ctrnet.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ctrnet
	install -D -m 644 $(O)/man/completion/_ctrnet $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)/_ctrnet
	install -D -m 644 $(O)/man/completion/ctrnet.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ctrnet.fish

## clean: remove all that was made
clean:
	rm -rf $(O)

## help: this list
help:
	@echo 'Targets:'
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16
	@echo 'Variables:'
	@echo '  O=DIR           where things are made (build; build/san with SAN=1)'
	@echo '  V=1             show the commands'
	@echo '  CC=clang        another compiler'
	@echo '  SAN=1           with AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo '  WERROR=1        warnings are errors (the default when CI=true)'
	@echo '  DESTDIR, PREFIX, LIBDIR, VERSION, CFLAGS, LDFLAGS, JOBS'

FORCE:
.PHONY: FORCE all allnoconfig allyesconfig bench bench-programs check check-docs check-e2e check-golden check-slow \
	check-unit check-vm clean defconfig demo deps deps-bench deps-dev deps-vm docs e2e-tools format format-check fuzz fuzzers \
	golden-tools headers help \
	install installed layers lib menuconfig rootfs shellcheck unit-tests
