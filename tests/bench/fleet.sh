#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A fleet of real package sets: make bench-fleet. Makes a recipe of each set, resolves, builds and
# builds again, all recipes in one process on one cache, publishes them to a registry on loopback and
# updates them with nothing new; prints the figures for docs/performance.md. Takes about 15 GB below FLEET (a directory; a temporary one by default,
# which is removed), and fetches some 1.2 GB unless CACHE names a cache that has them.
#
# The mirror comes from MKIMAGE_MIRROR, else from this machine's apt sources. SETS names another
# file of sets.

set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
fleet=$top/tests/bench/fleet.py
mkimage=$top/build/mkimage
sets=$(realpath "${SETS:-$top/tests/resolve/package-sets.tsv}")
[ -x "$mkimage" ] || { echo "$mkimage isn't built (make)"; exit 1; }

work=${FLEET:-}
temporary=
registry=
[ -n "$work" ] || work=$(mktemp -d) temporary=$work
finish() {
    [ -z "$registry" ] || kill "$registry"
    [ -z "$temporary" ] || rm -rf "$temporary"
}
trap finish EXIT
mkdir -p "$work/recipes" "$work/out"
work=$(realpath "$work")
cache=$(realpath -m "${CACHE:-$work/cache}")
export MKIMAGE_DATA=$top
cp -r "$top/recipes/include" "$work/recipes"
rm -f "$work"/recipes/*.conf "$work"/recipes/*.lock
cd "$work/out"

# records: how many packages were ever decoded into this cache.
records() {
    { find "$cache/facts/package" -type f 2>/dev/null || :; } | wc -l
}

build() {
    "$fleet" measure "$1" "$mkimage" build --arch amd64 --cache "$cache" --format json --quiet \
        "$work"/recipes/*.conf >"$work/built.json"
}

"$fleet" recipes "$sets" "$work/recipes"
"$fleet" measure "lock, nothing cached" \
    "$mkimage" lock --arch amd64 --cache "$cache" --quiet "$work"/recipes/*.conf >"$work/locks.txt"
"$fleet" allow "$work/recipes"
"$fleet" report "$work/recipes"
before=$(records)
build "first build"
echo "packages decoded: $(($(records) - before)), cache $(du -sm "$cache" | cut -f1) MiB"
jq -r .digest "$work/built.json" >"$work/first.txt"
build "nothing new"
jq -r .digest "$work/built.json" | cmp - "$work/first.txt"
[ -z "$(jq 'select(.unchanged | not)' "$work/built.json")" ] || { echo "images were written anew"; exit 1; }
"$fleet" scripts "$work/built.json"

# ---- the night: published to a registry on loopback, then updated with nothing new
command -v docker-registry >/dev/null || { echo "no docker-registry: nothing is published"; exit 0; }
cat >"$work/registry.yml" <<END
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:0}
END
docker-registry serve "$work/registry.yml" >"$work/requests" 2>"$work/registry.log" &
registry=$!
for ((i = 0; i < 100; i++)); do
    host=$(sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' "$work/registry.log" | head -n 1)
    [ -z "$host" ] || break
    sleep 0.1
done

update() { # WHAT, then options and recipes
    local what=$1 mark
    mark=$(wc -l <"$work/requests")
    shift
    "$fleet" measure "$what" "$mkimage" update --arch amd64 --cache "$cache" --quiet --format json \
        --push "$host/fleet" --insecure "$host" "$@" >"$work/updated.json"
    jq -r .state "$work/updated.json" | sort | uniq -c | xargs echo "images:"
    tail -n "+$((mark + 1))" "$work/requests" | sed -nE 's/.*"([A-Z]+) \/v2.*/\1/p' | sort | uniq -c |
        xargs echo "requests:"
}

update "publish" --report "$work/night.md" "$work"/recipes/*.conf
update "update, nothing new" --report "$work/night.md" "$work"/recipes/*.conf
one=$(find "$work/recipes" -maxdepth 1 -name '*.conf' | sort | head -n 1)
update "update of one, nothing new" "$one"
