#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Registries that answer 403 for a tag that isn't there, as Artifactory's virtual repositories do: a
# write goes on, and its own answer decides; `mkimage update` asks the list of tags; a read fails.

set -euo pipefail
. tests/registry/policy-lib.sh
policy_start
tests/registry/layout "$work/one" --layer a --layer b >"$work/digest"
one=$(<"$work/digest")
push() { mk push "oci:$work/one" "$faulty/base/foo:$1" "${options[@]}"; }
start() { # RULE...
    rm -rf "$work/cache" "$work/log"
    faulty_start --referrers "$@"
    policy base absent=403
}
uploads() { grep -cE '^(PATCH|PUT) ' "$work/log" || :; } # bytes that were sent

# ---- push, copy, tag
start
check "push to a tag that isn't there" push 1
check "copy" mk copy "docker://$faulty/base/foo:1" "docker://$faulty/base/foo:2" "${options[@]}"
check "tag" mk tag "$faulty/base/foo:1" 3 "${options[@]:0:2}"
check "all are there" test "$(tags) $(digest 3)" = "1 2 3 $one"
check "the same again" push 1
check "is one request" test "$(tail -n 1 "$work/log")" = "HEAD /v2/base/foo/manifests/1 200 -"
build() {
    checkout
    MKIMAGE_MIRROR=file://$work/old/debian mk "$work/r/foo.conf" --push "$faulty/base/bar" "${options[@]}"
}
check "build --push" build
start "POST *=status:403:DENIED:nobody deploys here"
check "who may not write" refuses "nobody deploys here" push "oci:$work/one" "$faulty/base/foo:1" "${options[@]}"
check "learns it from the write" test "$(grep -c '^POST .* 403' "$work/log")" -ge 1
check "before a byte is sent" test "$(uploads)" = 0
start "PUT *manifests*=status:403:DENIED:no manifests today"
check "who may not write manifests" refuses "no manifests today" push "oci:$work/one" "$faulty/base/foo:1" "${options[@]}"
start "PUT */manifests/2=status:403:DENIED:no second tag"
check "push" push 1
check "who may not tag" refuses "no second tag" tag "$faulty/base/foo:1" 2 "${options[@]:0:2}"

# ---- reads
check "a pull" refuses "HTTP 403" pull "$faulty/base/foo:9" "oci:$work/pulled" "${options[@]}"
check "inspect" refuses "HTTP 403" inspect "docker://$faulty/base/foo:9" "${options[@]:0:2}"
check "a copy from there" refuses "HTTP 403" copy "docker://$faulty/base/foo:9" "oci:$work/copied" "${options[@]}"
check "tag of what isn't there" refuses "HTTP 403" tag "$faulty/base/foo:9" 3 "${options[@]:0:2}"

# ---- update
first() { # ARCHIVE [RULE...]: a first publication
    rm -rf "$work/r"
    start "${@:2}"
    checkout
    update 0 "$1" --report "$work/report.json" && test "$(field '.images[0] | .state, .first' | xargs)" = "published true"
}
check "a first publication" first old
old=$(digest 1)
check "nothing new" update 0 old
check "is said" said "1 unchanged"
check "a newer package" update 0 new
moved() { test "$(digest 1)" = "$(digest stable)" && test "$(digest 1)" != "$old"; }
check "moves the tags" moved
new=$(digest 1)
knowing nothing
check "an older one, without a memory" update 3 back
check "is stopped" said "is older than in what is published"
check "and nothing moves" test "$(digest 1)" = "$new"
further() { # a tag that the recipe has newly
    knowing nothing
    sed -i 's/"stable"/"stable", "further"/' "$work/r/foo.conf"
    update 0 new && test "$(digest further)" = "$new"
}
check "a further tag, that isn't there" further
away() { # nor is the list of tags told: whether there is anything isn't known
    rm -rf "$work/r"
    start "GET */tags/list*=status:403"
    checkout
    update 3 old && says_ways_out && test "$(puts)" = 0
}
# says_ways_out names a right at Harbor; here the kept cache and --accept are those there are.
says_ways_out() { said "cache" "--accept foo@"; }
check "without the list of tags" away
denied() {
    rm -rf "$work/r"
    start "POST *=status:403:DENIED:nobody deploys here"
    checkout
    update 1 old && said "nobody deploys here" && test "$(uploads)" = 0
}
check "who may not write" denied
done_testing
