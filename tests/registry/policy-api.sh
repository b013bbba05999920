#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# When mkimage update asks Harbor's API for the digest of a tag, as whom, and what it makes of the
# answers: an answer that tells nothing leaves the tag unknown.

set -euo pipefail
. tests/registry/policy-lib.sh
policy_start
robot="robot\$base+ci"

login() { # USER:PASSWORD
    mkdir -p "$HOME/.docker"
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$faulty" "$(printf %s "$1" | base64 -w0)" >"$HOME/.docker/config.json"
}
asked() { grep -cE "$1" "$work/log" || :; }
api=/api/v2.0/projects/base/repositories

# ---- only where a policy hides a tag
published old
policy base rights=artifact:read
knowing right
check "nothing is hidden" update 0 new
check "nor is the API asked" test "$(asked /api/)" = 0
policy base trust=cosign
knowing right
check "all is hidden" update 0 newer
check "each tag is asked for" test "$(asked "^GET $api/foo/artifacts/1 200") $(asked "^GET $api/foo/artifacts/stable 200")" != "0 0"
check "by name and no other way" test "$(asked '^(POST|PUT|PATCH|DELETE) /api/')" = 0
published old
rules "GET */manifests/1=status:412:PRECONDITION:something else" "HEAD */manifests/1=status:412"
knowing right
check "another 412" update 3 new
check "isn't a policy's: the API isn't asked" test "$(asked /api/)" = 0

# ---- as whom
registry_options=(--referrers --harbor-api --token harbor --user "$robot:secret" --private)
published_by_robot() { # ARCHIVE [SETTING...]
    rm -rf "$work/cache" "$work/log"
    faulty_start "${registry_options[@]}"
    login "$robot:secret"
    checkout
    update 0 "$1" || return 1
    policy base trust=cosign "${@:2}"
    knowing nothing
    : >"$work/log"
}
check "a robot publishes" published_by_robot new rights=artifact:read
check "an older image" update 3 back
check "is stopped by what the API tells" said "is older than in what is published"
check "the API is asked by Basic" test "$(asked '^GET /api/.* 200 Basic')" -ge 1
check "and by nothing else" test "$(grep ' /api/' "$work/log" | grep -vc 'Basic$' || :)" = 0
check "the registry by Bearer, as ever" test "$(asked '^[A-Z]* /v2/.* Basic')" = 0
check "no secret is said" test "$(grep -c 'secret' "$work/update.err" "$work/log" | grep -vc ':0$' || :)" = 0
check "without the right" published_by_robot new
check "an older image" update 3 back
check "is stopped as unknown" says_ways_out
check "after a 403" test "$(asked '^GET /api/.* 403 Basic')" -ge 1

# ---- a repository with a slash
registry_options=(--referrers --harbor-api)
slash() {
    rm -rf "$work/cache" "$work/log" "$HOME/.docker"
    faulty_start "${registry_options[@]}"
    checkout
    local code=0
    MKIMAGE_MIRROR=file://$work/new/debian mk update "$work/r/foo.conf" --push "$faulty/base/a/b" "${options[@]}" \
        >"$work/out" || return 1
    policy base trust=cosign rights=artifact:read
    knowing nothing
    MKIMAGE_MIRROR=file://$work/back/debian mk update "$work/r/foo.conf" --push "$faulty/base/a/b" "${options[@]}" \
        >"$work/out" || code=$?
    [ "$code" = 3 ] && says "is older than in what is published"
}
check "a repository with slashes" slash
check "they are encoded twice" test "$(asked "^GET $api/a%252Fb%252Ffoo/artifacts/1 200")" -ge 1

# ---- answers that tell nothing
under() { # RULE: something newer than what comes is published, hidden, and to be asked for
    published new
    two=$(digest 1)
    rules "$1"
    policy base trust=cosign
    knowing right
}
stays() { test "$(digest 1) $(digest stable) $(puts)" = "$two $two 0"; }
answers() { under "$1" && update 3 back && says_ways_out && stays; }
fails() { under "$1" && ! update 0 back && stays; } # whether as a failure or as a stop
passes() { under "$1" && update 3 back && said "is older than in what is published" && stays; }
check "a page for people" fails 'GET /api/*=body:<html>please log in</html>'
check "nothing" fails 'GET /api/*=empty'
check "no digest" fails 'GET /api/*=body:{"id":1}'
check "a digest that is none" fails 'GET /api/*=body:{"digest":"sha256:../../x"}'
check "a digest that is a number" fails 'GET /api/*=body:{"digest":1}'
check "a list" fails 'GET /api/*=body:[]'
check "no API" answers 'GET /api/*=status:404:NOT_FOUND'
check "not to be asked by robots" fails 'GET /api/*=status:401:UNAUTHORIZED'
check "the digest of what isn't there" fails "GET /api/*=body:{\"digest\":\"sha256:$(printf 0%.0s {1..64})\"}"
check "an answer of 8 MiB" fails 'GET /api/*=huge:8'
check "a redirect to nowhere" fails 'GET /api/*=redirect:http://127.0.0.1:1'
check "an API that is out of order" fails 'GET /api/*=status:500'
check "for a moment" passes 'GET /api/*=status:503*1'
done_testing
