#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage's own images: `make image` builds them, the audit finds no more than Debian's libraries
# bring, all libraries are there, nothing but the variant for CI has a shell. The program in the tree starts as user 5000, builds an
# image of the test archive there, and makes its own image again: the same layers (needs root).

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
ok "make image" env -u MAKEFLAGS -u MAKELEVEL make -s -C "$top" image MKIMAGE_DATA="$top"
built=$top/build/image/$arch
[ -e "$built/mkimage.oci/index.json" ] || finish

if grep -qF 'BusyBox v' "$MKIMAGE"; then
    fail "the program has no shell's marks in it"
else
    pass "the program has no shell's marks in it"
fi
mk audit "oci:$built/mkimage.oci" --fail-on high
fine "the audit finds nothing that is high or critical"
mk audit "oci:$built/mkimage.oci" --format json
# How Debian links and compiles its libraries is all there is, and an own file.
is "and nothing that the recipe could mend" \
    "$(jq -r '[.. | objects | select(.rule? and .severity?).rule] | unique |
        map(select(. != "ELF-RELRO" and . != "ELF-FORT" and . != "ELF-SSP")) | .[]' <<<"$out")" SW-DB
is "nor in the program" "$(jq -r '[.. | objects | select(.path? == "/usr/bin/mkimage").rule] |
    unique | .[]' <<<"$out")" SW-DB
mk audit "oci:$built/mkimage-ci.oci" --format json
is "in the one for CI it finds the shell" \
    "$(jq -r '[.. | objects | select(.rule? and (.severity? == "high" or .severity? == "critical")).rule] | unique | .[]' <<<"$out")" \
    SW-SHELL
is "the user" "$(config "$built/mkimage.oci" | jq -r .config.User)" 5000:5000
is "no allowance" "$(grep -c '^allow' "$top/recipes/mkimage.conf")" 0
is "the cache and the work directory are volumes" \
    "$(config "$built/mkimage.oci" | jq -c '.config.Volumes | keys')" '["/cache","/work"]'

unpack "$built/mkimage.oci" own
loader=$(echo own/usr/lib*/ld-linux-*.so.*)
libraries=$(echo "$work"/own/usr/lib/*-linux-gnu*)
# The image's own loader, libraries from nowhere else.
listed=$("$loader" --inhibit-cache --library-path "$libraries" --list own/usr/bin/mkimage 2>&1)
like "it is linked with what the image has" "$listed" "libsolv\.so\.1 => $libraries/" \
    "libarchive\.so\.13 => $libraries/" "libcurl\.so\.4 => $libraries/"
is "and with nothing else" "$(grep -v "$libraries/\|$loader\|linux-vdso\|ld-linux" <<<"$listed")" ""
is "the shipped recipes are in it" "$(cd own/usr/share/mkimage && ls recipes/*.conf)" \
    "$(cd "$top" && ls recipes/*.conf)"

mk "$top/recipes/mkimage.conf" --arch "$arch" --lock checkout.lock -o oci:checkout.oci
fine "a checkout's recipe takes the checkout's program"
unpack checkout.oci checkout
ok "which is in it" cmp checkout/usr/bin/mkimage "$MKIMAGE"

if [ "$(id -u)" != 0 ]; then
    skip "starting it" "not root: no chroot"
    finish
fi
is "it starts" "$(inside own /usr/bin/mkimage --version 2>&1)" "$("$MKIMAGE" --version)"

# What it writes to, all else stays as the image has it; and a stand-in for the device.
touch own/dev/null
chmod 666 own/dev/null
chown -R 5000:5000 own/cache own/work
"$top/tests/archive/make" own/work/archive
cat >own/work/app.conf <<'END'
source "debian" { keyring = "archive/archive.gpg" }
source "debian-security" { keyring = "archive/archive.gpg" }
packages = {"hello"}
END
chmod -R a+rX own/work
# own ARGUMENT...: the image's program, with the image's environment, in its working directory.
own() {
    env -i PATH=/usr/bin MKIMAGE_CACHE=/cache TMPDIR=/cache MKIMAGE_MIRROR="${mirror:-}" \
        "$(command -v chroot || echo /usr/sbin/chroot)" --userspec=5000:5000 own \
        /usr/bin/mkimage "$@" --quiet 2>&1
}
mirror=file:///work/archive/debian
like "it builds an image" "$(own /work/app.conf -o oci:/work/app.oci)" '^oci:/work/app.oci@sha256:'
ok "which is sound" check_layout own/work/app.oci

# It has the lock and the debs from outside: in a chroot no name of a mirror can be looked up. A cache
# is its owner's alone, so it changes hands.
chown -R "$(id -u):$(id -g)" own/cache
mk "$built/root/usr/share/mkimage/recipes/mkimage.conf" --arch "$arch" --allow-source "$built/root/usr" \
    --lock own/work/mkimage.lock -o oci:again.oci --cache own/cache
fine "the recipe again"
chown -R 5000:5000 own/cache own/work
mirror=
like "it builds itself" "$(own /usr/share/mkimage/recipes/mkimage.conf --allow-source /usr \
    --arch "$arch" --lock /work/mkimage.lock -o oci:/work/mkimage.oci)" '@sha256:'
is "with the layers that it has" "$(diff_ids own/work/mkimage.oci)" "$(diff_ids again.oci)"
finish
