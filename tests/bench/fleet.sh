#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A fleet of real package sets: make bench-fleet. Makes a recipe of each set, with the allowances that
# it needs; publishes them all to a docker-registry by one `update`; runs it again with nothing new;
# and again with one package changed in all. Prints the figures for docs/performance.md.
#
# Takes about 15 GB below FLEET (a directory; a temporary one by default, which is removed), and
# fetches some 1.2 GB unless CACHE names a cache that has them. N=20 takes the first 20 sets. The
# mirror comes from MKIMAGE_MIRROR, else from this machine's apt sources. SETS names another file of
# sets.

set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
fleet=$top/tests/bench/fleet.py
mkimage=${MKIMAGE:-$top/build/mkimage}
sets=$(realpath "${SETS:-$top/tests/resolve/package-sets.tsv}")
[ -x "$mkimage" ] || { echo "$mkimage isn't built (make)"; exit 1; }
command -v docker-registry >/dev/null || { echo "no docker-registry (make deps)"; exit 1; }

work=${FLEET:-}
registry=
end() {
    [ -z "$registry" ] || kill "$registry"
    [ -z "${keep:-}" ] || exec {keep}>&- # the probe's server ends by it
    [ -n "${FLEET:-}" ] || rm -rf "$work"
}
trap end EXIT
[ -n "$work" ] || work=$(mktemp -d)
mkdir -p "$work/recipes" "$work/home"
work=$(realpath "$work")
cache=$(realpath -m "${CACHE:-$work/cache}")
export MKIMAGE_DATA=$top HOME=$work/home PYTHONDONTWRITEBYTECODE=1
unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR XDG_CONFIG_HOME DOCKER_CONFIG
cp -r "$top/recipes/include" "$work/recipes"
rm -rf "$work"/recipes/*.conf "$work"/recipes/*.lock "$work/registry" "$work/probe"

cat >"$work/registry.yml" <<END
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: "127.0.0.1:0"}
END
: >"$work/registry.log" # it is read before the registry opens it
docker-registry serve "$work/registry.yml" >"$work/requests" 2>"$work/registry.log" &
registry=$!
for _ in {1..100}; do
    host=$(sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' "$work/registry.log" | head -n 1)
    [ -z "$host" ] || break
    sleep 0.1
done

# The package that changes in all of them comes from an archive of its own.
probe() {
    "$top/tests/archive/make" "$work/probe" --date "$(date +%s)" "$@"
}
# decoded: of how many packages the facts are in the cache.
decoded() {
    if [ -d "$cache/facts/package" ]; then find "$cache/facts/package" -type f | wc -l; else echo 0; fi
}
update() { # NAME
    local before requests
    before=$(decoded)
    requests=$(wc -l <"$work/requests")
    "$fleet" measure "$1" "$mkimage" update --arch amd64 --cache "$cache" --insecure "$host" --quiet \
        --format json --push "$host/fleet" --report "$work/report.md" "$work"/recipes/*.conf \
        >"$work/updated.json" 2>"$work/updated.err" || { cat "$work/updated.err"; exit 1; }
    tail -n 1 "$work/updated.err"
    echo "  images: $(jq -r .state "$work/updated.json" | sort | uniq -c | xargs);" \
        "$(($(decoded) - before)) packages decoded; $(du -sm "$work/registry" | cut -f1) MB published"
    echo "  requests: $(tail -n "+$((requests + 1))" "$work/requests" |
        sed -nE 's/.*"([A-Z]+) \/v2.*/\1/p' | sort | uniq -c | xargs)"
}

probe
mkfifo "$work/in" "$work/out"
"$top/tests/archive/serve" "$work/probe" <"$work/in" >"$work/out" &
exec {keep}>"$work/in"
read -r url <"$work/out"
rm "$work/in" "$work/out"
"$fleet" recipes "$sets" "$work/recipes" "$url" "$work/probe/archive.gpg" "${N:-1000}"
"$fleet" allow "$work/recipes" "$mkimage" build --arch amd64 --cache "$cache" --quiet \
    --push "$host/try" --insecure "$host"
"$fleet" report "$work/recipes"
rm -rf "$cache/facts" "$work/registry" "$work"/recipes/*.lock
update "first run, debs at hand"
update "nothing new"
probe --set foo-data=1:1.2-1
update "one package changed in all"
update "nothing new"
echo "cache $(du -sm "$cache" | cut -f1) MB"
