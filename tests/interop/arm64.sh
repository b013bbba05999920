#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The arm64 images under qemu's user emulation, as uid 5000 in a chroot: Python with its modules,
# certificates and locale; a static program; a program in C that loads OpenSSL; mkimage in its own
# image. They were built without any emulation. Needs root, qemu-user-static and a cross compiler; of no network of its
# own but the archive's.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
[ "$(id -u)" = 0 ] || skip_all "not root: no chroot"
need aarch64-linux-gnu-gcc
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || skip_all "no qemu-user-static"

# image NAME: built for arm64, its tree in NAME, with qemu in it.
image() {
    mk "$1.conf" --arch arm64
    fine "$1 is built"
    unpack "$1.oci" "$1"
    cp -L "$qemu" "$1/qemu"
}
emulated() {
    local dir=$1
    shift
    inside "$dir" /qemu "$@" 2>&1
}

based python3 python3 </dev/null
image python3
is "Python starts" "$(emulated python3 /usr/bin/python3 -c '
import os, platform; print(platform.machine(), os.getuid())')" "aarch64 5000"
is "with its modules" "$(emulated python3 /usr/bin/python3 -c '
import ssl, sqlite3, ctypes, zoneinfo
print(sqlite3.connect(":memory:").execute("select 6 * 7").fetchone()[0], zoneinfo.ZoneInfo("UTC"))')" \
    "42 UTC"
is "at least 100 CAs" "$(emulated python3 /usr/bin/python3 -c '
import ssl; print(len(ssl.create_default_context().get_ca_certs()) >= 100)')" True
is "its libraries by ld.so.cache" "$(emulated python3 /usr/bin/python3 -c '
import ctypes; print(ctypes.CDLL("libsqlite3.so.0").sqlite3_libversion_number() > 3000000)')" True
is "C.UTF-8" "$(emulated python3 /usr/bin/python3 -c '
import locale; print(locale.setlocale(locale.LC_ALL, "C.UTF-8"))')" C.UTF-8
# Its own ldconfig reads the cache that we wrote.
like "ldconfig reads ld.so.cache" "$(emulated python3 /usr/sbin/ldconfig -p)" \
    'libc\.so\.6 \(libc6,AArch64'

aarch64-linux-gnu-gcc -static -O2 -o hello "$top/recipes/examples/static/hello.c" ||
    fail "the static example compiles"
based static static <<'END'
file "/usr/local/bin/hello" { source = "hello" }
END
image static
is "a static program" "$(emulated static /usr/local/bin/hello)" "hello from uid 5000"

cat >tls.c <<'END'
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    void *tls = dlopen("libssl.so.3", RTLD_NOW), *cxx = dlopen("libstdc++.so.6", RTLD_NOW);
    const char *(*version)(int) = tls ? (const char *(*)(int))dlsym(tls, "OpenSSL_version") : NULL;

    printf("%.9s, %s\n", version ? version(0) : dlerror(), cxx ? "libstdc++" : dlerror());
    return 0;
}
END
aarch64-linux-gnu-gcc -O2 -o tls tls.c -ldl || fail "a program in C compiles"
based cc cc <<'END'
file "/usr/local/bin/tls" { source = "tls" }
END
image cc
is "a program in C" "$(emulated cc /usr/local/bin/tls)" "OpenSSL 3, libstdc++"

ok "make image" env -u MAKEFLAGS -u MAKELEVEL make -s -C "$top" IMAGE_ARCH=arm64 image
unpack "$top/build/image/arm64/mkimage.oci" own
cp -L "$qemu" own/qemu
is "mkimage itself, and its data" "$(emulated own /usr/bin/mkimage show \
    /usr/share/mkimage/recipes/base.conf | grep -c '^title = "Debian base"')" 1
finish
