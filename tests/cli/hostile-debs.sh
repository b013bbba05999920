#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Packages that attack (tests/archive/hostile.py), each rightly signed and indexed: a non-zero
# exit, an error that names the package and the place, no output left, the cache still good.

set -euo pipefail
. tests/archive/lib.sh
mkimage=${MKIMAGE:-build/mkimage}

archive_make --hostile
archive_files

n=0
attack() { # case, exit code, what the error says behind the file's name
    local name=hostile-$1 status=0 said
    n=$((n + 1))
    { archive_recipe && echo "packages = {\"$name\"} arch = {\"amd64\"}"; } >"$work/x.conf"
    "$mkimage" build "$work/x.conf" -o "oci:$work/x.oci" --cache "$work/cache" --quiet \
        >"$work/out" 2>"$work/err" || status=$?
    said=$(grep -a "^error: ${name}_1.0_all.deb: " "$work/err" || :)
    # shellcheck disable=SC2053 # a pattern
    if [ "$status" = "$2" ] && [[ ${said#error: "${name}"_1.0_all.deb: } == $3 ]] &&
        [ ! -e "$work/x.oci" ] && [ ! -s "$work/out" ]; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1: exit $status, $(cut -c1-300 "$work/err")"
    fi
    rm -rf "$work/x.oci" "$work/x.lock"
}

attack absolute 1 '/etc/x: * is absolute'
attack dotdot 1 '../../etc/x: * has a ".." part'
attack dotdot-inside 1 './usr/../../etc/x: * has a ".." part'
attack empty-name 1 '* empty'
attack empty-part 1 './usr//x: * has an empty part'
attack dot-part 1 './usr/./x: * has a "." part'
attack nul-name 1 'data.tar: tar entry 1: *NUL*'
attack long-name 1 '*longer than 4096 bytes'
attack through-link 1 './a/b: *not a directory*'
attack through-own-link 1 './usr/share/l/passwd: *not a directory*'
attack hardlink-out 1 './usr/x: * has a ".." part'
attack hardlink-absolute 1 './usr/x: * is absolute'
attack hardlink-nowhere 1 './usr/x: *no earlier file*'
attack hardlink-to-link 1 './usr/x: *no earlier file*'
attack hardlink-data 1 '*hard link with data'
attack twice 1 './usr/share/hostile/x: *twice*'
attack twice-spelled 1 'usr/x: *twice*'
attack file-then-below 1 './usr/x/y: *not a directory*'
attack dir-over-usrmerge 1 './bin: *usr/bin*'
attack block-device 3 './dev/sda: rule FS-DEV: *'
attack char-device 3 './dev/mem: rule FS-DEV: *'
attack fifo 3 './usr/fifo: rule FS-DEV: *'
attack pax-size 1 'data.tar: tar entry 1: *'
attack pax-huge 1 'data.tar: tar entry 1: *'
attack pax-global 1 'data.tar: tar entry 1: *global pax header'
attack pax-nul 1 'data.tar: tar entry 1: *NUL*'
attack pax-sparse 1 'data.tar: tar entry 1: *GNU.sparse*'
attack sparse 1 'data.tar: tar entry 1: *sparse*'
attack bad-checksum 1 'data.tar: tar entry 1: *checksum*'
attack no-end 1 'data.tar: *ends too early*'
attack not-tar 1 'data.tar: tar entry 1: *'
attack zst-cut 1 '*ends early'
attack xz-cut 1 '*ends early'
attack gz-garbage 1 '*gzip: *'
attack bomb-xz 1 '*gives more than * bytes'
attack bomb-zst 1 '*gives more than * bytes'
attack ar-size 1 'member data.tar is 9999999999 bytes, *'
attack ar-cut 1 'member data.tar is * bytes, the file has only *'
attack ar-unknown 1 'member "evil" where data.tar* is due'
attack ar-lzma 1 'member "data.tar.lzma" where *'
attack format 1 'a format of packages other than 2.x'
attack no-control 1 'control.tar: has no control file'
attack other-package 1 'the deb says that it is libc6 1.0 *'
attack other-version 1 'the deb says that it is hostile-other-version 99 *'
attack control-dotdot 1 'control.tar: * has a ".." part'

# Every case of hostile.py was here, and a good image comes out of the same cache.
n=$((n + 1))
made=$(find "$work/archive" -name 'hostile-*.deb' | wc -l)
{ archive_recipe && echo 'packages = {"hello"} arch = {"amd64"}'; } >"$work/x.conf"
"$mkimage" build "$work/x.conf" -o "oci:$work/x.oci" --cache "$work/cache" --quiet >"$work/out"
if [ "$made" = $((n - 1)) ] && [ -s "$work/x.oci/index.json" ]; then
    echo "ok $n - all $made cases, and a good image"
else
    echo "not ok $n - $made cases were made, $((n - 1)) tried"
fi
echo "1..$n"
