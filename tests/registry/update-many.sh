#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage update over several recipes at the same time: they overlap, what is printed keeps their
# order, a blob that they share is sent once, and a registry that is gone isn't asked for long.

set -euo pipefail
. tests/registry/lib.sh
mkdir "$work/apt" "$work/r"
export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_MIRROR=file://$work/archive/debian MKIMAGE_DATA=$PWD
export PYTHONDONTWRITEBYTECODE=1
names=(a b c d e f g h)
for name in "${names[@]}"; do
    cat >"$work/r/$name.conf" <<EOF
source "debian" { keyring = "$work/archive/archive.gpg" }
source "debian-security" { keyring = "$work/archive/archive.gpg" }
packages = {"foo"}
arch = {"amd64"}
title = "$name"
tags = {"1"}
EOF
done
archive() { tests/archive/make "$work/archive" "$@"; }
# many RULE... -- OPTION...: an update of all recipes to a new registry.
many() {
    local rules=()
    while [ "$1" != -- ]; do
        rules+=("$1")
        shift
    done
    shift
    rm -f "$work/log" "$work"/r/*.lock
    faulty_start "${rules[@]}"
    mk update "$work"/r/*.conf --push "$faulty/x" "${options[@]}" "$@" >"$work/out"
}
printed() { sed -E 's|.*/x/([a-z])@.*|\1|' "$work/out" | xargs; }
digests() { sed 's/.*@//' "$work/out"; }
moved() { sed -nE 's|^PUT /v2/x/([a-z])/manifests/1 201 .*|\1|p' "$work/log" | xargs; } # tags, in time
# uploads: digests of blobs that were sent more than once; "{}", which each record has, aside.
uploads() {
    grep '^PUT .*/blobs/uploads/.* 201 ' "$work/log" | grep -oE 'sha256(:|%3A)[0-9a-f]{64}' |
        grep -v 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a | sort | uniq -d
}

archive
check "four recipes ask the registry at the same time" many "HEAD */manifests/1=meet:4*4" --
check "none of them alone" test "$(grep -c ' 500 ' "$work/log")" = 0
check "all are printed" test "$(printed)" = "${names[*]}"
check "what they share is sent once" test "$(uploads)" = ""
check "and mounted by the others" test "$(grep -c '^POST .*mount=.* 201 ' "$work/log")" -ge 7
digests >"$work/first"

check "one that is slow" many "HEAD */a/manifests/1=retry:2*1" --
check "doesn't hold up the others" test "$(moved | sed 's/ .*//')" != a
check "but what is printed keeps the recipes' order" test "$(printed)" = "${names[*]}"
check "with the same digests" cmp <(digests) "$work/first"
check "with one thread, too" many -- --jobs 1
check "the same digests" cmp <(digests) "$work/first"
check "one after the other" test "$(moved)" = "${names[*]}"

# Four are under way when the first of them gives up, after five tries.
gone() { ! many "* *=reset:0" -- && says "8 failed"; }
check "a registry that doesn't answer" gone
check "is asked five times by those, and once by the others" \
    test "$(grep -c ' 0 ' "$work/log")" -le $((4 * 5 + 4))
done_testing
