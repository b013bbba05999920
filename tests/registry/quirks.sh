#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What registries and those that stand before them do otherwise, each as a bug report of somebody
# told it: HEAD that isn't let through, 403 for what isn't there, links to hosts that only they know.

set -euo pipefail
. tests/registry/lib.sh
one=$(tests/registry/layout "$work/one" --layer a --layer b:300000)
two=$(tests/registry/layout "$work/two" --layer a --layer c)

user() { # USER:PASSWORD, of the newest registry
    mkdir -p "$HOME/.docker"
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$faulty" "$(printf %s "$1" | base64 -w0)" >"$HOME/.docker/config.json"
}
push() { mk push "oci:$work/$1" "$faulty/$2" "${options[@]}" "${@:3}"; }
count() { grep -cE "$1" "$work/log" || :; }
again() { : >"$work/log"; }
tagged() { test "$(mk tags "$faulty/$1" "${options[@]:0:2}" | sort | xargs)" = "$2"; }

# ---- HEAD isn't let through
for status in 405 400 403 501 500; do
    faulty_start "HEAD */manifests/*=status:$status" "HEAD */blobs/*=status:$status"
    check "HEAD is $status: a first push" push one base/x:1
    check "HEAD is $status: unchanged" push one base/x:1
    check "which is said" says unchanged
    again
    check "HEAD is $status: it moves" push two base/x:1
    check "what is there isn't sent again" test "$(count '^PUT .*/blobs/')" = 2
    check "HEAD isn't asked again" test "$(count '^HEAD .*/manifests/')" = 1
    check "HEAD is $status: a tag" mk tag "$faulty/base/x:1" new "${options[@]:0:2}"
    check "which is set" tagged base/x "1 new"
    check "and set no more" mk tag "$faulty/base/x:1" new "${options[@]:0:2}"
    check "as it is there" says unchanged
done
faulty_start
again
check "HEAD is let through: a push" push one base/x:1
check "asks no manifest's bytes" test "$(count '^GET ')" = 0
faulty_start "HEAD */blobs/*=status:405"
push one base/x:1 >/dev/null
again
check "blobs that are asked for by GET" mk push "oci:$work/two" "$faulty/base/x:2" --insecure "$faulty" --cache "$work/other"
check "are those of HEAD" test "$(count '^GET .*/blobs/.* 404') $(count '^PUT .*/blobs/')" = "2 2"
# What storage signs for GET isn't good for HEAD.
faulty_start "HEAD *=status:403:DENIED" --blobs base/x "$work/one/blobs/sha256"
storage=$faulty
faulty_start "HEAD */blobs/*=redirect:http://$storage" "GET */blobs/*=redirect:http://$storage" \
    --blobs base/x "$work/one/blobs/sha256"
check "storage that takes GET alone" push one base/x:1
check "has the blobs" says "0 blobs pushed (0 B), 0 mounted, 3 there already"
faulty_start "HEAD *=status:405" "GET */manifests/*=status:418"
check "what GET says counts" refuses "HTTP 418" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"

# ---- 403 of a tag that isn't there
faulty_start
policy base absent=403
check "403 of what isn't there: a push" push one base/x:1
check "it is there" tagged base/x 1
check "unchanged" push one base/x:1
check "which is said" says unchanged
check "a copy" mk copy "oci:$work/two" "docker://$faulty/base/y:2" "${options[@]}"
check "a tag" mk tag "$faulty/base/x:1" new "${options[@]:0:2}"
check "reading it is an error" refuses "HTTP 403: DENIED: you may not read this" \
    pull "$faulty/base/x:none" "oci:$work/none" "${options[@]}"
faulty_start --token plain --user alice:secret
policy base absent=403
again
check "a real denial" refuses "HTTP 403: DENIED: unauthorized to access repository: base/x, action: push" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "is told before a byte is sent" test "$(count '^(PUT|PATCH) ')" = 0
check "with its way out" says "mkimage login $faulty"

# ---- no API of referrers, said in many ways
for status in 400 404 405 406 410 415 422 501; do
    faulty_start "GET */referrers/*=status:$status"
    push one base/x:1 >/dev/null
    digest=$(tests/registry/layout "$work/note-$status" --refers "$one" "note-$status")
    mk push "oci:$work/note-$status" "$faulty/base/x@$digest" "${options[@]}" >/dev/null
    check "$status of referrers" mk copy "docker://$faulty/base/x:1" "oci:$work/refers-$status" "${options[@]}"
    check "says that there is a tag" says "with 1 attachment ("
done

# ---- the next page is elsewhere
pages() { # LINK, of five tags two at a time
    faulty_start --pages 2 --link "$1"
    push one base/x:1 >/dev/null
    mk tag "$faulty/base/x:1" 2 3 4 5 "${options[@]:0:2}" >/dev/null
    again
}
for link in https://inner.example:5000 http://10.0.0.1 //inner.example http://169.254.169.254; do
    pages "$link"
    check "the next page is at $link" tagged base/x "1 2 3 4 5"
    check "but asked for here" test "$(count '^GET /v2/base/x/tags/list.last=')" = 2
done
pages ""
check "as it should be" tagged base/x "1 2 3 4 5"
for link in /prefix ftp://inner.example /v2/other/y/../..; do
    pages "$link"
    check "the next page is at $link" refuses "isn't below /v2/base/x/" tags "$faulty/base/x" "${options[@]:0:2}"
done
faulty_start --referrers --pages 1 --link https://inner.example
push one base/x:1 >/dev/null
for name in first second; do
    digest=$(tests/registry/layout "$work/$name" --refers "$one" "$name")
    push "$name" "base/x@$digest" >/dev/null
done
referrers() { mk audit "docker://$faulty/base/x:1" --insecure "$faulty" --format json >"$work/out" || :; }
again
check "pages of referrers" referrers
check "are asked for here" test "$(count '^GET /v2/base/x/referrers/.*from=1 200')" = 1
: "$two"
done_testing
