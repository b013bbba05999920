#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Archives with something wrong in their signature, release, index or debs, and servers that fail:
# what can't be trusted is refused with the reason, the earlier image and lock stay whole; what is
# only a passing failure is overcome.

set -euo pipefail
. tests/archive/lib.sh
mkimage=${MKIMAGE:-build/mkimage}

archive_make --fault all
mkdir "$work/good"
cp "$work/archive"/*.asc "$work/archive"/*.gpg "$work/good"
tests/archive/make "$work/good"
mv "$work/good" "$work/archive/good"

n=0
result() { # 0 or 1, what
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2: $(cat "$work/err")"; fi
}
recipe() { # which archive
    mirror=$url/$1/debian
    security_mirror=$url/$1/debian-security
    { archive_recipe && echo 'packages = {"foo"} arch = {"amd64"} name = "x"'; } >"$work/x.conf"
}
build() {
    "$mkimage" build "$work/x.conf" -o "oci:$work/x.oci" --lock "$work/x.lock" --quiet \
        --cache "$work/cache" >"$work/out" 2>"$work/err"
}
state() {
    (cd "$work" && find x.oci x.lock -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

archive_serve
recipe good
build
state >"$work/before"
mv "$work/cache" "$work/first-cache"

# refused: fault, what the error says. The lock is moved out of the way, since with one no index
# is read, and must not come back.
refused() {
    local status=0
    recipe "$1"
    mv "$work/x.lock" "$work/kept.lock"
    rm -rf "$work/cache"
    build || status=$?
    local bad=0
    [ "$status" = 1 ] || bad=1
    # shellcheck disable=SC2053 # a pattern
    [[ $(grep '^error: ' "$work/err") == $2 ]] || bad=1
    [ ! -e "$work/x.lock" ] || bad=1
    [ ! -s "$work/out" ] || bad=1
    mv "$work/kept.lock" "$work/x.lock"
    state | cmp -s - "$work/before" || bad=1
    result $bad "$1"
}

refused release-unsigned '*/InRelease: is not a signed message*'
refused release-text-before '*/InRelease: is not a signed message*'
refused release-text-after '*/InRelease:*: text behind the signature'
refused release-two-messages '*/InRelease:*: text behind the signature'
refused release-changed '*/InRelease: bad signature by key *'
refused release-sha1 '*/InRelease: *weak hash*'
refused release-other-key '*/InRelease: signed by key *, which isn'\''t in the keyring *'
refused release-expired '*: was valid until *'
refused release-future '*which is in the future*'
refused release-other-suite '*is of suite "oldstable"*'
refused release-no-sha256 '*has no "SHA256"*'
refused index-bytes '*SHA-256*'
refused index-cut '*Packages*'
refused index-filename-dotdot '*foo*'
refused index-filename-url '*foo*'
refused index-no-sha256 '*SHA256*'
refused deb-longer '*foo_1.1-1_amd64.deb*not the expected*'
refused deb-bytes '*foo_1.1-1_amd64.deb*SHA-256*'
refused deb-missing '*foo*'

# Older than what was seen: the cache of the first build knows its date.
recipe good
rm -rf "$work/cache"
cp -r "$work/first-cache" "$work/cache"
tests/archive/make "$work/archive/good" --date $(($(date +%s) - 86400))
mv "$work/x.lock" "$work/kept.lock"
status=0
build || status=$?
mv "$work/kept.lock" "$work/x.lock"
if [ $status = 1 ] && grep -q '^error: .*rolled back' "$work/err"; then bad=0; else bad=1; fi
result $bad "an older release than was seen"
tests/archive/make "$work/archive/good"

# What passes by is overcome, with the same image as result.
overcome() { # what, then rules of the server
    local what=$1 status=0
    archive_serve "${@:2}"
    recipe good
    rm -rf "$work/cache" "$work/x.lock" "$work/x.oci"
    build || status=$?
    { (cd "$work" && find x.oci -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) ||
        status=1; } >"$work/after"
    grep ' x.oci/' "$work/before" | cmp -s - "$work/after" || status=1
    result $status "$what"
}
overcome "500 twice" '*InRelease:500*2' '*.deb:500*2'
overcome "asked to come later" '*/libc6*.deb:retry=1'
overcome "cut off, then resumed" '*/libc6*.deb:cut=1000*1' '*by-hash*:cut=100*1'
if grep -q 'libc6.* bytes=1000- 206' "$work/requests"; then bad=0; else bad=1; fi
result $bad "resumed where it was"
overcome "cut off without ranges" '*/libc6*.deb:cut=1000*1' '*/libc6*.deb:no-range'
overcome "a damaged by-hash copy of the index" '*by-hash*:wrong'
overcome "a slow server" '*/foo_*.deb:slow=4000'

# What doesn't pass by isn't.
fails() { # what, pattern, then rules
    local what=$1 pattern=$2 bad=0
    archive_serve "${@:3}"
    recipe good
    rm -rf "$work/cache" "$work/x.lock" "$work/x.oci"
    if build; then bad=1; fi
    # shellcheck disable=SC2053 # a pattern
    [[ $(grep '^error: ' "$work/err") == $pattern ]] || bad=1
    [ ! -e "$work/x.oci" ] || bad=1
    result $bad "$what"
}
fails "a deb that is longer" '*foo_1.1-1_amd64.deb*not the expected*' '*/foo_*.deb:longer'
fails "a deb with a wrong byte" '*foo_1.1-1_amd64.deb*SHA-256*' '*/foo_*.deb:wrong'
fails "an index with a wrong byte" '*SHA-256*' '*by-hash*:wrong' '*Packages.xz:wrong'
fails "a redirect to a file" '*InRelease*which is refused*' \
    '*InRelease:redirect=file://'
fails "no InRelease" '*InRelease*404*' '*InRelease:404'
echo "1..$n"
