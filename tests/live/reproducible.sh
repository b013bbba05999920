#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python image of the real archive, twice, for two architectures: time zone, umask, locale,
# directory, job count, home, cache and the order of everything differ; the digests and all bytes
# of the layouts are the same.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
cp -r "$top/recipes" "$top/rootfs-templates" .
rm -f recipes/*.lock

mkdir -p one "two/a directory"
code=0
(
    cd one && umask 022 && TZ=GMT+12 LC_ALL=C "$MKIMAGE" ../recipes/python3.conf -j 1 \
        --arch amd64,arm64 --lock ../python3.lock --cache "$work/cache1" >../out1 2>../err1
) || code=$?
err=$(cat err1)
must "built in GMT+12, locale C, by one thread"
mk recipes/python3.conf --locked --lock python3.lock -o oci:warm.oci --cache "$work/cache1"
must "built from a warm cache"
cp -r recipes rootfs-templates "two/a directory"
(
    cd "two/a directory" && umask 077 && TZ=GMT-14 LC_ALL=C.UTF-8 HOME=/nonexistent \
        TMPDIR=$work/two setarch -R "$MKIMAGE" recipes/python3.conf -j 7 --arch arm64,amd64 \
        --locked --lock ../../python3.lock --cache "$work/cache2" >../../out2 2>../../err2
) || code=$?
err=$(cat err2)
must "built in GMT-14, by seven threads, with an empty cache"
is "the digests are equal" "$(digest_of "$(cat out2)")" "$(digest_of "$(cat out1)")"
is "and that of the warm one" "$(digest_of "$out")" "$(digest_of "$(cat out1)")"
ok "and so is each byte" diff -r one/python3.oci "two/a directory/python3.oci"
ok "the layout is sound" check_layout one/python3.oci
is "for two architectures" "$(jq -c '[.manifests[].platform.architecture]' \
    "$(blob one/python3.oci "$(manifest one/python3.oci)")")" '["amd64","arm64"]'
finish
