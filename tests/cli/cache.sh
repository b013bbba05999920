#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The cache: two builders at once on one cache, blobs and facts that were damaged, cut off,
# grown or removed: the image is the same, or the error says what to do.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

recipe foo <<'END'
packages = {"base-files", "foo"}
arch = {"amd64", "arm64"}
END
recipe other <<'END'
packages = {"base-files", "foo", "old-layout"}
arch = {"arm64"}
END
mk foo.conf
fine "the first build"
want=$(digest_of "$out")
mk other.conf
want_other=$(digest_of "$out")
is "the cache is the user's only" "$(stat -c %a cache)" 700
mk foo.conf
like "a second build unpacks nothing" "$err" unchanged
is "says no package unpacked" "$(grep -c 'packages unpacked' <<<"$err")" 0

for round in 1 2 3; do
    rm -rf cache
    "$MKIMAGE" foo.conf -q -o oci:one.oci >one 2>one.err &
    "$MKIMAGE" other.conf -q -o oci:two.oci >two 2>two.err &
    "$MKIMAGE" foo.conf -q -o oci:three.oci --lock three.lock >three 2>three.err &
    wait
    is "three builders on one cache, round $round" "$(digest_of "$(cat one)")
$(digest_of "$(cat two)")
$(digest_of "$(cat three)")
$(cat ./*.err)" "$want
$want_other
$want
"
done
"$MKIMAGE" foo.conf -q -o oci:same.oci >one 2>one.err &
"$MKIMAGE" foo.conf -q -o oci:same.oci >two 2>two.err &
wait
is "two builders of one output" "$(cat one two ./*.err | sort -u | wc -l)" 1
ok "it is sound" check_layout same.oci

# damage NAME COMMAND...: done to each file that kind finds. Then the build gives the same, or an
# error that names what is damaged, once for each: it is removed, and the next run goes on.
damage() {
    local name=$1
    shift
    rm -rf foo.oci
    find cache -type f "${kind[@]}" -print0 | xargs -0 chmod u+w
    find cache -type f "${kind[@]}" -print0 | xargs -0 "$@"
    for _ in $(seq 40); do
        mk foo.conf
        [ "$code" = 0 ] && break
        if [ -n "$out" ] || [ -e foo.oci ] || ! grep -qE 'run again|damaged' <<<"$err"; then
            break
        fi
    done
    is "$name" "$(digest_of "$out") $err" "$want $err"
    ok "$name: sound" check_layout foo.oci
    mk foo.conf
    like "$name: and all is mended" "$code $err" '^0 .*' 'unchanged'
}
# shellcheck disable=SC2016 # for the other shell
flip='for f; do dd if=/dev/urandom of="$f" bs=1 count=8 seek=60 conv=notrunc status=none; done'
for what in blobs facts; do
    kind=(-path "*/$what/*")
    damage "$what: some bytes changed" bash -c "$flip" _
    damage "$what: cut off" truncate -s 40
    damage "$what: emptied" truncate -s 0
    # shellcheck disable=SC2016
    damage "$what: grown" bash -c 'for f; do echo >>"$f"; done' _
    damage "$what: gone" rm
done
rm -rf cache
echo file >cache
mk foo.conf
refused "a cache that is a file" 1 cache
rm cache
if [ "$(id -u)" != 0 ]; then
    mkdir cache
    chmod a-w cache
    mk foo.conf
    refused "a cache that can't be written" 1 cache
fi
rm -rf cache

unset MKIMAGE_CACHE
XDG_CACHE_HOME=$work/xdg mk foo.conf
is "XDG_CACHE_HOME" "$(digest_of "$out") $(ls xdg)" "$want mkimage"
mk foo.conf
is "else ~/.cache" "$(digest_of "$out") $(ls home/.cache)" "$want mkimage"
HOME='' mk foo.conf -o oci:homeless.oci
refused "no home" 1 '--cache|MKIMAGE_CACHE'

finish
