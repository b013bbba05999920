#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python image of the real archive, twice, for two architectures, and the other images that ship
# for this one: time zone, umask, locale, directory, job count, home, cache and the order of
# everything differ; the digests and all bytes of the layouts are the same.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
cp -r "$top/recipes" "$top/rootfs-templates" .
rm -f recipes/*.lock recipes/mkimage*.conf
others=() reversed=()
for file in recipes/*.conf; do
    [ "$file" != recipes/python3.conf ] || continue
    others+=("$file") reversed=("$file" "${reversed[@]}")
done

mkdir -p one "two/a directory"
code=0
(
    varied=(env TZ=GMT+12 LC_ALL=C "$MKIMAGE" -j 1 --cache "$work/cache1")
    cd one && umask 022 && "${varied[@]}" ../recipes/python3.conf --arch amd64,arm64 \
        --lock ../python3.lock >../out1 2>../err1 &&
        "${varied[@]}" "${others[@]/#/../}" --arch "$arch" >/dev/null 2>>../err1
) || code=$?
err=$(cat err1)
must "built in GMT+12, locale C, by one thread"
mk recipes/python3.conf --locked --lock python3.lock -o oci:warm.oci --cache "$work/cache1"
must "built from a warm cache"
cp -r recipes rootfs-templates "two/a directory"
(
    varied=(env TZ=GMT-14 LC_ALL=C.UTF-8 HOME=/nonexistent TMPDIR="$work/two" setarch -R
        "$MKIMAGE" -j 7 --locked --cache "$work/cache2")
    cd "two/a directory" && umask 077 && "${varied[@]}" recipes/python3.conf --arch arm64,amd64 \
        --lock ../../python3.lock >../../out2 2>../../err2 &&
        "${varied[@]}" "${reversed[@]}" --arch "$arch" >/dev/null 2>>../../err2
) || code=$?
err=$(cat err2)
must "built in GMT-14, by seven threads, with an empty cache"
is "the digests are equal" "$(digest_of "$(cat out2)")" "$(digest_of "$(cat out1)")"
is "and that of the warm one" "$(digest_of "$out")" "$(digest_of "$(cat out1)")"
for file in "${others[@]}" python3.conf; do
    name=$(basename "$file" .conf)
    ok "and so is each byte of $name" diff -r "one/$name.oci" "two/a directory/$name.oci"
done
ok "the layout is sound" check_layout one/python3.oci
is "for two architectures" "$(jq -c '[.manifests[].platform.architecture]' \
    "$(blob one/python3.oci "$(manifest one/python3.oci)")")" '["amd64","arm64"]'
finish
