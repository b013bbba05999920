#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests' registry hides and shows under a project's policy, asked by curl: the tests of
# policies rest on it.

set -euo pipefail
. tests/registry/lib.sh
index=$(tests/registry/layout "$work/index" --layer a --arch amd64,arm64)
other=$(tests/registry/layout "$work/other" --layer b)
note=$(tests/registry/layout "$work/note" --refers "$index" record)
child=$(jq -r '.manifests[0].digest' "$work/index/blobs/sha256/${index#sha256:}")
second=$(jq -r '.manifests[1].digest' "$work/index/blobs/sha256/${index#sha256:}")
blob=$(jq -r '.layers[0].digest' "$work/index/blobs/sha256/${child#sha256:}")
types=application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json
robot="robot\$base+ci"

push() { mk push "oci:$work/$1" "$2" "${options[@]}" >/dev/null; }
sign() { # NAME DIGEST [TYPE]: by notation, or as that type says
    push "$1" "$faulty/base/a/x@$(tests/registry/layout "$work/$1" --refers "$2" "$1" \
        --type "${3:-application/vnd.cncf.notary.signature}")"
}
by_cosign() { # NAME DIGEST: as its tags are
    tests/registry/layout "$work/$1" --refers - "$1" --media application/vnd.dev.cosign.simplesigning.v1+json >"$work/out"
    push "$1" "$faulty/base/a/x:${2/:/-}.sig"
}
registry() { # OPTION...: an index, its record, and another image
    faulty_start --referrers --harbor-api "$@"
    push index "$faulty/base/a/x:1"
    push note "$faulty/base/a/x@$note"
    push other "$faulty/base/a/x:2"
}
asked() { # METHOD PATH [CURL'S OPTION...]: the status; the body is in $work/body
    local how=(-X "$1")
    [ "$1" != HEAD ] || how=(-I)
    curl -s --path-as-is "${how[@]}" -o "$work/body" -w '%{http_code}' "${@:3}" -H "Accept: $types" "http://$faulty$2"
}
# seen TAG INDEX CHILD RECORD: these are the statuses, by GET and by HEAD.
seen() {
    local method got
    for method in GET HEAD; do
        got=$(for reference in 1 "$index" "$child" "$note"; do
            asked "$method" "/v2/base/a/x/manifests/$reference"
            echo
        done | xargs)
        echo "$method: $got"
        [ "$got" = "$*" ] || return 1
    done
}
shown() { # what is never hidden
    test "$(asked GET "/v2/base/a/x/referrers/$index") $(asked GET "/v2/base/a/x/blobs/$blob") $(asked GET \
        /v2/base/a/x/tags/list)" = "200 200 200"
}
explains() { # TEXT: for what the tag names
    asked GET /v2/base/a/x/manifests/1 >"$work/out"
    jq -e --arg text "$1" '.errors[0] | .code == "PROJECTPOLICYVIOLATION" and (.message | startswith($text))' "$work/body"
}
pushes() { mk push "oci:$work/$1" "$faulty/base/a/x:$2" "${options[@]}" >/dev/null; }

# ---- prevent vulnerable images
registry
check "no policy hides nothing" seen 200 200 200 200
policy base prevent=high
check "what wasn't scanned is hidden, its record isn't" seen 412 412 412 200
check "which is explained" explains "current image without vulnerability scanning cannot be pulled"
check "lists and blobs aren't hidden" shown
check "the list copies annotations" grep -q '"org.example.text": "record"' <(
    asked GET "/v2/base/a/x/referrers/$index" >/dev/null
    cat "$work/body")
policy base scan=medium
check "below the severity" seen 200 200 200 200
policy base "scan=$child:high"
check "one child at the severity: the index isn't hidden" seen 200 200 412 200
policy base "scan=$child:" 2>"$work/err" && echo taken >"$work/err"
check "a result that is none is refused" says "no result of a scan"
policy base "scan=$index:critical" "scan=$child:unscanned"
check "a child that wasn't scanned" seen 200 200 412 200
policy base "scan=$index:error" "scan=$child:none"
check "an index whose scan failed" seen 412 412 200 200
check "which is explained" explains 'current image with "Error" status of vulnerability scanning cannot'
policy base prevent= scan=critical
check "and without the policy" seen 200 200 200 200
policy base prevent=critical scan=
policy other prevent=low
push other "$faulty/other/x:1"
check "another project has its own" test "$(asked GET /v2/other/x/manifests/1)" = 412
check "a push is free" pushes other 3
vulnerable() {
    policy base "scan=$other:critical"
    asked GET /v2/base/a/x/manifests/3 >/dev/null
    grep -q "current image with 2 vulnerabilities cannot be pulled" "$work/body"
}
check "an image at the severity" vulnerable

# ---- content trust
registry
policy base trust=cosign
check "unsigned: hidden, as is its record" seen 412 412 412 412
check "which is explained" explains "The image is not signed by cosign."
check "lists and blobs aren't hidden" shown
sign notation "$index"
check "signed by notation, which isn't asked" seen 412 412 412 412
by_cosign cosign "$index"
check "signed: its children and its record stay hidden" seen 200 200 412 412
check "a signature isn't hidden" test "$(asked GET "/v2/base/a/x/manifests/${index/:/-}.sig")" = 200
sign bundle "$child" application/vnd.dev.sigstore.bundle.v0.3+json
check "a child that is signed" seen 200 200 200 412
check "not the other one" test "$(asked GET "/v2/base/a/x/manifests/$second")" = 412
by_cosign recordsig "$note"
check "a record that is signed" seen 200 200 200 200
policy base trust=cosign,notation
check "both are asked" seen 200 200 412 412
policy base trust=notation
sign two "$child"
check "or the other one alone" seen 200 200 200 412
policy base trust=
check "and without the policy" seen 200 200 200 200

# ---- the API
registry
policy base trust=cosign
api=/api/v2.0/projects/base/repositories
check "no right to read artifacts" test "$(asked GET "$api/a%252Fx/artifacts/1")" = 403
policy base rights=artifact:read
tells() { # REPOSITORY REFERENCE DIGEST TYPE
    test "$(asked GET "$api/$1/artifacts/$2")" = 200 && test "$(jq -r '"\(.digest) \(.type)"' "$work/body")" = "$3 $4"
}
check "the digest of a hidden tag" tells a%252Fx 1 "$index" IMAGE
check "encoded once" tells a%2Fx 1 "$index" IMAGE
check "of a record" tells a%252Fx "$note" "$note" UNKNOWN
check "of a tag that isn't there" test "$(asked GET "$api/a%252Fx/artifacts/9")" = 404
check "no right to delete tags" test "$(asked DELETE "$api/a%252Fx/artifacts/1/tags/1")" = 403
registry_of_a_user() {
    faulty_start --referrers --harbor-api --token harbor --user "$robot:secret" --private
    mkdir -p "$HOME/.docker"
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$faulty" "$(printf %s "$robot:secret" | base64 -w0)" \
        >"$HOME/.docker/config.json"
    push index "$faulty/base/a/x:1"
    policy base rights=artifact:read trust=cosign
}
check "a registry with a user" registry_of_a_user
check "nobody may ask" test "$(asked GET "$api/a%252Fx/artifacts/1")" = 401
check "nor by a wrong password" test "$(asked GET "$api/a%252Fx/artifacts/1" -u "$robot:wrong")" = 401
check "the user may" test "$(asked GET "$api/a%252Fx/artifacts/1" -u "$robot:secret")" = 200
token() { # SCOPE: an answer to a manifest's GET by it
    local token
    token=$(curl -s -u "$robot:secret" "http://$faulty/token?service=harbor-registry&scope=repository:base/a/x:$1" |
        jq -r .token)
    asked GET /v2/base/a/x/manifests/1 -H "Authorization: Bearer $token" "${@:2}"
}
check "a token for the API" test "$(asked GET "$api/a%252Fx/artifacts/1" -H "Authorization: Bearer x")" = 401
check "a push token hides as much" test "$(token pull,push)" = 412
check "but not from cosign" test "$(token pull,push -A cosign/v2)" = 200
check "unless it may pull alone" test "$(token pull -A cosign/v2)" = 412

# ---- tags that stay, tags that aren't there
registry --tag-delete
policy base immutable='[0-9]*' rights=tag:delete
check "a tag that is there" test "$(asked PUT /v2/base/a/x/manifests/1 -d x) $(jq -r '.errors[0] | "\(.code) \(.message)"' \
    "$work/body")" = "412 PRECONDITION Failed to process request due to 'a/x:1' configured as immutable."
check "neither moves" refuses "configured as immutable" push "oci:$work/other" "$faulty/base/a/x:1" "${options[@]}"
check "nor goes" test "$(asked DELETE /v2/base/a/x/manifests/1)" = 412
check "nor its image" test "$(asked DELETE "/v2/base/a/x/manifests/$index")" = 412
check "nor by the API" test "$(asked DELETE "$api/a%252Fx/artifacts/1/tags/1")" = 412
check "another one is made" pushes other 4
check "one that doesn't match moves" eval "pushes other x && pushes index x"
policy base absent=403
check "a tag that isn't there" test "$(asked HEAD /v2/base/a/x/manifests/9) $(asked GET /v2/base/a/x/manifests/9)" = "403 403"
check "one that is there" test "$(asked HEAD /v2/base/a/x/manifests/1)" = 200
check "a digest that isn't there" test "$(asked HEAD "/v2/base/a/x/manifests/sha256:$(printf 0%.0s {1..64})")" = 404
check "tags of a repository that isn't there" test "$(asked GET /v2/base/nope/tags/list)" = 404
policy base absent=
check "and without it" test "$(asked HEAD /v2/base/a/x/manifests/9)" = 404
done_testing
