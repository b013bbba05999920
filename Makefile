# SPDX-License-Identifier: Apache-2.0
#
#   make            build/mkimage                make check       install what is needed, all tests
#   make demo       install, build, one image    make check-fast  no network, within a minute
#   make install    DESTDIR, PREFIX              make lint        format, cppcheck, shellcheck, house
#   make deps       Debian packages needed       make fuzz        libFuzzer, FUZZ_TIME seconds each
#   make check-arm64  the arm64 images, started under qemu
#   make interop      crane, oras and other registries, installed as Go modules
#   make night      updates killed at random points, many times
#   make check-sarif, check-html  reports of audit by a validator and a browser
#   make bench      speed, as ratios to a limit (docs/performance.md)
#   make bench-push   pushes, beside skopeo's and crane's
#   make bench-fleet  253 real package sets at once
#   make script-check  the maintainer scripts of those sets (docs/scripts.md)
#   make check-deploy  deploy/ by its platforms' schemas and types (Go, Python and their registries)
#   make image      mkimage in an image of its own, IMAGE_ARCH=arm64 by a cross compiler
#
# One make, no recursion. Each variant has an object tree of its own: build/ (the default),
# build/asan/ (unit tests and fuzz corpora), build/clang/ (a second compiler's opinion),
# build/fuzz/ (libFuzzer), build/tsan/. V=1 shows the commands.

VERSION = 0.1.0
PREFIX  = /usr/local
DESTDIR =
FUZZ_TIME = 10

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
Q := $(if $(filter 1,$(V)),,@)

# ---- sources: found, never listed ----------------------------------------------------------------

MAIN_SRCS  := $(wildcard builder/main.c builder/cmd/*.c)
LIB_SRCS   := $(filter-out $(MAIN_SRCS),$(wildcard builder/*.c builder/*/*.c))
HEADERS    := $(wildcard builder/*.h builder/*/*.h tests/*.h tests/*/*.h)
UNIT_SRCS  := $(wildcard tests/unit/test_*.c)
UNIT_LIB   := $(filter-out $(UNIT_SRCS),$(wildcard tests/unit/*.c))
FUZZ_SRCS  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_MAIN  := tests/fuzz/standalone.c
TOOL_SRCS  := $(wildcard tests/tools/*.c)
BENCH_SRCS := $(wildcard tests/bench/*.c)
ALL_C      := $(MAIN_SRCS) $(LIB_SRCS) $(UNIT_SRCS) $(UNIT_LIB) $(FUZZ_SRCS) $(FUZZ_MAIN) \
              $(TOOL_SRCS) $(BENCH_SRCS)
SCRIPTS    := .ci/run tests/run tests/interop/tools $(wildcard tests/*.sh tests/*/*.sh) builder/cmd/completion.bash

# ---- flags ---------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
            -Wvla -Wundef -Wpointer-arith -Wcast-qual
MODULES  := libarchive libzstd libcrypto libcurl jansson libelf liblzma libsolv
PKG_CFLAGS := $(shell pkg-config --cflags $(MODULES) 2>/dev/null)
PKG_LIBS   := -lsolvext $(shell pkg-config --libs $(MODULES) 2>/dev/null) -ldeflate -lz

CPPFLAGS_ALL = -include builder/base/banned.h -Ibuilder -Itests/unit -D_GNU_SOURCE \
               -DMKIMAGE_VERSION='"$(VERSION)"' -DMKIMAGE_DATADIR='"$(PREFIX)/share/mkimage"' \
               $(PKG_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL   = -std=gnu11 -g $(WARNINGS) -fstack-protector-strong -fPIE -pthread
LDFLAGS_ALL  = -pie -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)

MACHINE   := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
ARCH_FLAGS := $(if $(filter x86_64 i%86,$(MACHINE)),-fstack-clash-protection -fcf-protection)
HARDENED  := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 $(ARCH_FLAGS)
SANITIZE  := -O1 -U_FORTIFY_SOURCE -fno-omit-frame-pointer -fno-sanitize-recover=all

# variant(name, directory, compiler, flags): objects, library, program, tests.
define variant
# Its content changes when the flags do, and with it all objects.
$(2)/flags: export FLAGS = $(3) $(4) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(CFLAGS)
$(2)/flags: FORCE
	@mkdir -p $$(@D)
	@echo "$$$$FLAGS" | cmp -s - $$@ || echo "$$$$FLAGS" >$$@

$(2)/obj/%.o: %.c $(2)/flags
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	$$(Q)$(3) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(4) $(CFLAGS) -MMD -MP -c -o $$@ $$<

$(2)/obj/builder/report/page.o: builder/report/page.html
$(2)/obj/builder/cmd/completion.o: $(wildcard builder/cmd/completion.*sh)

$(2)/libmkimage.a: $(patsubst %.c,$(2)/obj/%.o,$(LIB_SRCS))
	@echo "  AR    $$@"
	$$(Q)rm -f $$@ && $(AR) rcs $$@ $$^

$(2)/mkimage: $(patsubst %.c,$(2)/obj/%.o,$(MAIN_SRCS)) $(2)/libmkimage.a
	@echo "  LD    $$@"
	$$(Q)$(3) $(4) $(LDFLAGS_ALL) -o $$@ $$^ $(PKG_LIBS)

$(2)/tests/unit/%: $(2)/obj/tests/unit/%.o $(patsubst %.c,$(2)/obj/%.o,$(UNIT_LIB)) $(2)/libmkimage.a
	@mkdir -p $$(@D)
	@echo "  LD    $$@"
	$$(Q)$(3) $(4) $(LDFLAGS_ALL) -o $$@ $$^ -lcmocka $(PKG_LIBS)

$(2)/tests/tools/%: $(2)/obj/tests/tools/%.o $(2)/libmkimage.a
	@mkdir -p $$(@D)
	@echo "  LD    $$@"
	$$(Q)$(3) $(4) $(LDFLAGS_ALL) -o $$@ $$^ $(PKG_LIBS)

$(2)/tests/bench/%: $(2)/obj/tests/bench/%.o $(2)/libmkimage.a
	@mkdir -p $$(@D)
	@echo "  LD    $$@"
	$$(Q)$(3) $(4) $(LDFLAGS_ALL) -o $$@ $$^ $(PKG_LIBS)

-include $$(wildcard $(2)/obj/*/*.d $(2)/obj/*/*/*.d $(2)/obj/*/*/*/*.d)
endef

ASAN_FLAGS := $(SANITIZE) -fsanitize=address,undefined
TSAN_FLAGS := $(SANITIZE) -fsanitize=thread
FUZZ_FLAGS := $(SANITIZE) -fsanitize=address,undefined,fuzzer-no-link

$(eval $(call variant,default,build,$(CC),$(HARDENED)))
$(eval $(call variant,clang,build/clang,clang,$(HARDENED)))
$(eval $(call variant,asan,build/asan,$(CC),$(ASAN_FLAGS)))
$(eval $(call variant,tsan,build/tsan,$(CC),$(TSAN_FLAGS)))
$(eval $(call variant,fuzz,build/fuzz,clang,$(FUZZ_FLAGS)))

# A fuzz target runs its corpus as a plain test under ASan, and searches under libFuzzer.
build/asan/tests/fuzz/%: build/asan/obj/tests/fuzz/%.o build/asan/obj/$(FUZZ_MAIN:.c=.o) build/asan/libmkimage.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(ASAN_FLAGS) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

build/fuzz/tests/fuzz/%: build/fuzz/obj/tests/fuzz/%.o build/fuzz/libmkimage.a
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)clang $(SANITIZE) -fsanitize=address,undefined,fuzzer $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

PROGRAM     := $(if $(wildcard builder/main.c),mkimage)
UNIT_TESTS  := $(UNIT_SRCS:%.c=build/asan/%)
FUZZ_TESTS  := $(FUZZ_SRCS:%.c=build/asan/%)
FUZZERS     := $(FUZZ_SRCS:%.c=build/fuzz/%)
TOOLS       := $(TOOL_SRCS:%.c=build/%)
HOUSE_TESTS := $(wildcard tests/house/*.sh)
CLI_TESTS   := $(wildcard tests/cli/*.sh)
LIVE_TESTS  := $(wildcard tests/live/*.sh)
REGISTRY_TESTS := $(filter-out %lib.sh,$(wildcard tests/registry/*.sh))
NIGHT_TESTS := $(filter-out %/lib.sh,$(wildcard tests/night/*.sh))
# Those that take long without the network either, so that check-fast ends within a minute.
SLOW_TESTS  := $(patsubst %,tests/cli/%.sh,archive-faults archive-stop hostile-debs hostile-layers mirrors \
                 raw-debs signals test-archive variations)
FAST_TESTS  := $(UNIT_TESTS) $(FUZZ_TESTS) $(HOUSE_TESTS) $(filter-out $(SLOW_TESTS),$(CLI_TESTS))

# ---- building ------------------------------------------------------------------------------------

.PHONY: all clang asan tsan FORCE
all: build/libmkimage.a $(PROGRAM:%=build/%)
# What clang has to say of the unit tests it says without linking them; gcc's are those that run.
clang: build/clang/libmkimage.a $(PROGRAM:%=build/clang/%) \
  $(patsubst %.c,build/clang/obj/%.o,$(UNIT_SRCS) $(UNIT_LIB))
asan: build/asan/libmkimage.a $(PROGRAM:%=build/asan/%) $(UNIT_TESTS) $(FUZZ_TESTS)
tsan: build/tsan/libmkimage.a $(PROGRAM:%=build/tsan/%) $(UNIT_SRCS:%.c=build/tsan/%)
FORCE:
.PRECIOUS: %.o
.SECONDARY:

.PHONY: install clean
BUILT = build
install: $(if $(filter build,$(BUILT)),all,$(BUILT)/mkimage)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/mkimage \
	  $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 0755 $(BUILT)/mkimage $(DESTDIR)$(PREFIX)/bin/mkimage
	install -d $(DESTDIR)$(PREFIX)/share/mkimage/build # where recipes/mkimage.conf looks for it
	ln -sf ../../../bin/mkimage $(DESTDIR)$(PREFIX)/share/mkimage/build/mkimage
	for page in $(wildcard docs/*.1); do \
	  install -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man1/ || exit 1; done
	for page in $(wildcard docs/*.5); do \
	  install -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man5/ || exit 1; done
	install -D -m 0644 builder/cmd/completion.bash \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mkimage
	install -D -m 0644 builder/cmd/completion.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mkimage
	install -D -m 0644 builder/cmd/completion.fish \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mkimage.fish
	tar -cf - --exclude='*.lock' --exclude='*.oci' $(wildcard recipes rootfs-templates) \
	  | tar -C $(DESTDIR)$(PREFIX)/share/mkimage -xf - --no-same-owner

clean:
	rm -rf build tests/tmp

# ---- mkimage in an image of its own ----------------------------------------------------------------

# Its program is linked with the libraries of that image's Debian, whatever this machine has: the
# compiler finds them in a sysroot, which is an image, too (deploy/sysroot.conf). No root, no chroot.
IMAGE_ARCH    := $(shell dpkg --print-architecture 2>/dev/null)
IMAGE         := build/image/$(IMAGE_ARCH)
IMAGE_SYSROOT := $(CURDIR)/$(IMAGE)/sysroot
IMAGE_TRIPLET := $(if $(filter arm64,$(IMAGE_ARCH)),aarch64,x86_64)-linux-gnu
IMAGE_LIB     := $(IMAGE_SYSROOT)/usr/lib/$(IMAGE_TRIPLET)
IMAGE_CC      := $(IMAGE_TRIPLET)-gcc --sysroot=$(IMAGE_SYSROOT) -B$(IMAGE_LIB) -L$(IMAGE_LIB) \
                 -Wl,-rpath-link,$(IMAGE_LIB) -ffile-prefix-map=$(CURDIR)=.
IMAGE_MAKE     = PKG_CONFIG_SYSROOT_DIR=$(IMAGE_SYSROOT) PKG_CONFIG_LIBDIR=$(IMAGE_LIB)/pkgconfig \
                 $(MAKE) --no-print-directory CC='$(IMAGE_CC)' LDFLAGS=-s CFLAGS=-g0 BUILT=$(IMAGE) PREFIX=/usr
$(eval $(call variant,image,$(IMAGE),$(CC),$(HARDENED)))

$(IMAGE)/sysroot.done: deploy/sysroot.conf | build/mkimage
	@rm -rf $(@D)/sysroot $(@D)/sysroot.docker
	@mkdir -p $(@D)/sysroot $(@D)/sysroot.docker
	build/mkimage $< --data-dir . --arch $(IMAGE_ARCH) --lock $(@D)/sysroot.lock --quiet \
	  -o docker-archive:$(@D)/sysroot.tar
	@tar -C $(@D)/sysroot.docker -xf $(@D)/sysroot.tar
	@for layer in $(@D)/sysroot.docker/*/layer.tar; do \
	  tar -C $(@D)/sysroot --no-same-owner -xf $$layer || exit 1; done
	@rm -rf $(@D)/sysroot.docker $(@D)/sysroot.tar
	@touch $@

.PHONY: image
image: build/mkimage $(IMAGE)/sysroot.done
	@rm -rf $(IMAGE)/root
	@echo "  IMAGE $(IMAGE)/root, with the libraries of $(IMAGE)/sysroot"
	+$(Q)$(IMAGE_MAKE) -s install DESTDIR=$(CURDIR)/$(IMAGE)/root
	@for name in mkimage mkimage-ci; do \
	  build/mkimage $(IMAGE)/root/usr/share/mkimage/recipes/$$name.conf --arch $(IMAGE_ARCH) \
	    --data-dir $(IMAGE)/root/usr/share/mkimage --allow-source $(IMAGE)/root/usr \
	    -o oci:$(IMAGE)/$$name.oci || exit 1; done

# ---- what must be installed (Debian 12 and 13) ---------------------------------------------------

DEPS_BUILD := gcc libc6-dev binutils pkg-config libarchive-dev libzstd-dev libssl-dev \
              libcurl4-openssl-dev libjansson-dev libelf-dev liblzma-dev zlib1g-dev libdeflate-dev \
              libsolv-dev libsolvext-dev gpgv ca-certificates debian-archive-keyring
DEPS_TEST  := $(DEPS_BUILD) clang libclang-rt-dev clang-format llvm cppcheck shellcheck libcmocka-dev dpkg-dev \
              gnupg python3 jq xz-utils zstd skopeo umoci libc-bin file man-db libarchive-tools openssl \
              docker-registry apache2-utils curl git python3-yaml systemd bubblewrap zsh fish mmdebstrap
# For check-arm64, beside these: Debian's emulation, and a cross compiler.
DEPS_ARM64 := qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross

.PHONY: deps deps-build deps-test
deps: deps-build deps-test
deps-build:
	@tests/deps.sh $(DEPS_BUILD)
deps-test:
	@tests/deps.sh $(DEPS_TEST)

# ---- demo and tests ------------------------------------------------------------------------------

# deps and what follows in the same make: packages have to be there before pkg-config is asked, so
# these two run a make of their own once the packages are in place, on all cores unless told.
.PHONY: demo check check-all check-fast check-arm64 check-deploy interop fuzz resolve-check script-check night
AGAIN = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
demo: deps-build
	+@$(AGAIN) all
	build/mkimage recipes/python3.conf
	build/mkimage inspect oci:python3.oci

check: deps
	+@$(AGAIN) check-all

TEST_ENV = MKIMAGE=$(CURDIR)/build/mkimage LC_ALL=C.UTF-8
# By the programs of DEPS_TEST, not by others of their names: pyenv's python3 is a shell script that
# looks for the real one, seven times as long as that takes to start, and without Debian's modules.
DEBIAN_ENV = $(TEST_ENV) PATH=/usr/sbin:/usr/bin:/sbin:/bin:$$PATH
# Those that take longest first, so that all processors have something to do to the end.
check-all: all $(UNIT_TESTS) $(FUZZ_TESTS) $(TOOLS)
	@$(DEBIAN_ENV) tests/run $(LIVE_TESTS) $(NIGHT_TESTS) $(REGISTRY_TESTS) $(SLOW_TESTS) $(FAST_TESTS)

check-fast: all $(UNIT_TESTS) $(FUZZ_TESTS) $(TOOLS)
	@$(DEBIAN_ENV) tests/run $(FAST_TESTS)

# The arm64 images, started under qemu's user emulation.
check-arm64: deps-test
	@tests/deps.sh $(DEPS_ARM64)
	+@$(AGAIN) all
	@$(TEST_ENV) tests/run tests/interop/arm64.sh

# The tree that apt and dpkg make of the same packages; some minutes, most of them theirs. KEEP=DIR
# keeps it for the next time.
.PHONY: check-dpkg-tree
check-dpkg-tree: deps-test all
	@tests/deps.sh mmdebstrap
	@$(DEBIAN_ENV) TEST_TIMEOUT=1800 tests/run tests/dpkg/tree.sh

# Installs what it judges by into build/deploy.
check-deploy:
	@$(TEST_ENV) tests/run tests/deploy/check.sh

.PHONY: check-tsan check-bombs check-sarif check-html
# What several threads do, under ThreadSanitizer: a race is a failure.
check-tsan: tsan $(TOOLS)
	@$(DEBIAN_ENV) MKIMAGE=$(CURDIR)/build/tsan/mkimage TSAN_OPTIONS=exitcode=66 TEST_TIMEOUT=1800 tests/run \
	  $(UNIT_SRCS:%.c=build/tsan/%) $(REGISTRY_TESTS) $(NIGHT_TESTS) tests/cli/build.sh

# audit over all layers that are bombs, also those that take minutes.
check-bombs: all
	@$(TEST_ENV) BOMBS=all tests/run tests/cli/hostile-layers.sh

# SARIF against its published schema; needs npm, whose registry has the validator.
check-sarif: all
	@command -v npm >/dev/null || { echo "check-sarif needs npm (Debian: npm)" >&2; exit 1; }
	@tests/deps.sh python3-jsonschema
	@mkdir -p build/sarif
	@npm install --silent --no-save --no-audit --no-fund --prefix build/sarif \
	  @microsoft/sarif-multitool-linux@5.7.0
	@$(TEST_ENV) tests/run tests/sarif/schema.sh

# The page of audit --format html in headless Chromium; SHOTS=DIR keeps pictures of it.
check-html: all
	@tests/deps.sh chromium chromium-driver
	@SHOTS=$(abspath $(or $(SHOTS),build/shots)) $(TEST_ENV) tests/run tests/html/page.sh

# Other programs' opinion: crane, oras and registries in Go. Needs Go (1.24 or later) and its module
# proxy; installs into build/go.
interop: deps-test
	+@$(AGAIN) all $(TOOLS)
	@tests/interop/tools build/go
	@$(TEST_ENV) tests/run $(filter-out %/arm64.sh,$(wildcard tests/interop/*.sh))

# The night's test with many more kills, on and on with other seeds: NIGHTS times. No network.
NIGHTS := 3
night: all
	@for i in $$(seq $(NIGHTS)); do \
	  $(DEBIAN_ENV) NIGHT_KILLS=$${NIGHT_KILLS:-20} TEST_TIMEOUT=3600 tests/run $(NIGHT_TESTS) || exit 1; done

# The solver against apt's own, on real indexes; some minutes, most of them apt's.
resolve-check: build/tests/tools/resolve_sets
	@tests/resolve/check.sh

# How many maintainer scripts of real packages are accounted for; fetches indexes and control members.
script-check: all build/tests/tools/resolve_sets build/tests/tools/script_check
	@tests/scripts/check.py

# Which single mistakes in FILE its tests don't notice; TESTS instead of its own, SAMPLE of them.
.PHONY: mutate
mutate:
	@tests/mutate $(FILE) --tests '$(TESTS)' --libs '$(PKG_LIBS)' --sample $(or $(SAMPLE),0)

# make fuzz FUZZ_TIME=600 FUZZERS=build/fuzz/tests/fuzz/fuzz_path
fuzz: $(FUZZERS)
	@for f in $(FUZZERS); do name=$${f##*/fuzz_}; log=build/fuzz/$$name.log; echo "  FUZZ  $$name"; \
	  mkdir -p build/fuzz/corpus/$$name build/fuzz/crashes; \
	  $$f -max_total_time=$(FUZZ_TIME) -timeout=10 -rss_limit_mb=1024 \
	    -artifact_prefix=build/fuzz/crashes/$$name- \
	    build/fuzz/corpus/$$name tests/fuzz/corpus/$$name >$$log 2>&1 \
	    || { tail -n 60 $$log; exit 1; }; tail -n 1 $$log; done

# Ratios against limits measured in the same run; needs the archive once. BENCH='--only cold'
.PHONY: bench
bench: all build/tests/bench/floor
	@tests/bench/run $(BENCH)

# Pushes beside skopeo's and crane's, of the same layouts to the same registry.
.PHONY: bench-push
bench-push: all
	@tests/bench/push.py $(BENCH)

# Recipes of real package sets, all in one process on one cache; some minutes, 15 GB.
.PHONY: bench-fleet
bench-fleet: all
	@tests/bench/fleet.sh

# ---- lint ----------------------------------------------------------------------------------------

.PHONY: lint lint-format lint-cppcheck lint-shell lint-house format
lint: lint-format lint-cppcheck lint-shell lint-house
# Versions differ in how they break macros; Debian 12's judges.
CLANG_FORMAT_VERSION := 14
lint-format:
	@echo "  LINT  clang-format"
	$(Q)if clang-format --version | grep -q 'version $(CLANG_FORMAT_VERSION)\.'; then \
	  clang-format --dry-run -Werror $(wildcard $(ALL_C)) $(HEADERS); \
	else echo "  skipped: not clang-format $(CLANG_FORMAT_VERSION)"; fi
lint-cppcheck:
	@echo "  LINT  cppcheck"
	@mkdir -p build/cppcheck
	$(Q)cppcheck -q -j 2 --std=c11 --error-exitcode=1 --cppcheck-build-dir=build/cppcheck \
	  --enable=warning,performance,portability --inline-suppr --suppress=missingInclude \
	  --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
	  --suppress=varFuncNullUB -D_GNU_SOURCE \
	  -DMKIMAGE_VERSION='""' -DMKIMAGE_DATADIR='""' -D__x86_64__ -Ibuilder $(MAIN_SRCS) $(LIB_SRCS)
lint-shell:
	@echo "  LINT  shellcheck"
	$(Q)shellcheck $(wildcard $(SCRIPTS))
lint-house: all
	@tests/run $(HOUSE_TESTS)

format:
	clang-format -i $(wildcard $(ALL_C)) $(HEADERS)
