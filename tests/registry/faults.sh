#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A registry that fails: each fault is got over, or is an error that says what it was; never a hang,
# never a wrong or half image.

set -euo pipefail
. tests/registry/lib.sh
tests/registry/layout "$work/one" --layer a:200000 --layer b --arch amd64,arm64 >"$work/digest"
tests/registry/layout "$work/large" --layer large:36000000 >"$work/large.digest"
one=$(<"$work/digest")
large=$(<"$work/large.digest")
layer=$(jq -r '.layers[0].digest' "$work/one/blobs/sha256/$(jq -r '.manifests[0].digest' \
    "$work/one/blobs/sha256/${one#sha256:}" | cut -d: -f2)")
push() { test "$(mk push "oci:$work/one" "$faulty/base/x:1" "${options[@]}")" = "$faulty/base/x@$one"; }
push_to_y() { mk push "oci:$work/one" "$faulty/base/y:1" "${options[@]}"; }
pull() { # to a fresh place, by a fresh cache
    rm -rf "$work/pulled" "$work/pull-cache"
    mk pull "$faulty/base/x:1" "oci:$work/pulled" "${options[@]:0:2}" --cache "$work/pull-cache" >"$work/out" &&
        diff -r "$work/one/blobs" "$work/pulled/blobs"
}
not_pulled() { # TEXT: it fails, says so, and leaves nothing
    rm -rf "$work/pulled" "$work/pull-cache"
    refuses "$1" pull "$faulty/base/x:1" "oci:$work/pulled" "${options[@]:0:2}" --cache "$work/pull-cache" &&
        test ! -e "$work/pulled"
}
filled() { # RULE...: a registry with these faults that holds the image
    rm -rf "$work/cache"
    faulty_start "$@"
    push
}
whole() { # what the registry has is whole
    mk push "oci:$work/one" "$faulty/base/x:1" --verify "${options[@]}" && ! says again
}

# ---- faults in a push
faulty_start "PATCH *=status:500*1" "PUT *blobs*=status:503*3" "HEAD *blobs*=status:502*2" "PUT *manifests*=status:500*2"
check "5xx" push
check "whole" whole
faulty_start "POST *=retry:1*1"
start=$SECONDS
check "429" push
check "Retry-After is waited for" test $((SECONDS - start)) -ge 1
faulty_start "PUT *blobs*=reset:100000*2" "HEAD *=reset:0*1"
check "connections that break" push
check "whole" whole
faulty_start "PUT *=drop*2"
check "answers that get lost" push
check "whole" whole
faulty_start "PUT *blobs*=busy*2"
check "another builder uploads the same" push
faulty_start --no-resume "PUT *blobs*=reset:100000*2"
check "uploads that are forgotten begin anew" push
check "whole" whole

# ---- large blobs, in chunks
push_large() { test "$(mk push "oci:$work/large" "$faulty/base/l:1" "${options[@]}" -v)" = "$faulty/base/l@$large"; }
faulty_start "PATCH *=says:204"
check "chunks that are taken with another status" push_large
faulty_start "POST *=header:OCI-Chunk-Min-Length:40000000"
: >"$work/log"
check "a registry that wants larger chunks" push_large
check "gets them" test "$(grep -c ^PATCH "$work/log" || :)" = 0
faulty_start "PATCH *=reset:20000000*1"
check "a chunk that breaks" push_large
check "goes on where it broke" says "goes on after 20000000 bytes"
check "whole" mk push "oci:$work/large" "$faulty/base/l:1" --verify "${options[@]}"
faulty_start --no-resume "PATCH *=reset:20000000*1"
check "or from its begin where the registry forgot it" push_large
faulty_start "PUT *blobs*=reset:1000000*1" "GET *uploads*=status:503*1"
check "the last part breaks, and the registry is away for a moment" push_large
check "goes on where it broke" says "goes on after"

# ---- a blob that the registry lost
faulty_start --lost "$layer"
check "a manifest that misses a blob which HEAD finds" push
check "is pushed with all blobs again" says "pushing all blobs again"
check "whole" whole

# ---- or one that the image whose tag moves proved to be there
two=$(tests/registry/layout "$work/two" --layer a:200000 --layer c --arch amd64,arm64)
child=$(jq -r '.manifests[0].digest' "$work/two/blobs/sha256/${two#sha256:}")
faulty_start "PUT */manifests/$child=status:400:MANIFEST_BLOB_UNKNOWN*1"
rm -rf "$work/cache"
check "push" push
check "the tag moves" mk push "oci:$work/two" "$faulty/base/x:1" "${options[@]}"
check "with all blobs" says "pushing all blobs again"
check "whole" mk push "oci:$work/two" "$faulty/base/x:1" --verify "${options[@]}"
# An architecture that is as it was.
check "one architecture" mk push "oci:$work/one" "$faulty/base/y:1" --arch amd64 "${options[@]}"
: >"$work/log"
check "then both" push_to_y
check "whose first manifest isn't sent again" test "$(grep -c "^PUT /v2/base/y/manifests/" "$work/log")" = 2

# ---- faults in a pull
check "filled" filled "GET */blobs/$layer*=cut:50000*3" "GET *manifests*=cut:10*2"
check "answers that break go on" pull
check "by Range" grep -q '^GET /v2/base/x/blobs/.* 206 ' "$work/log"
check "filled" filled "GET *blobs*=status:500*2" "GET *manifests*=retry:1*1"
check "5xx and 429" pull
faulty_start --log "$work/other" --token plain --user nobody:nothing
other=$faulty
check "filled" filled "GET */blobs/*=redirect:http://$other"
check "a redirect to another host that doesn't have it" not_pulled "HTTP"
faulty_start --log "$work/other" --user bob:secret
elsewhere=$faulty
check "the other host has it" mk push "oci:$work/one" "$elsewhere/base/x:1" --cache "$work/other-cache" \
    --insecure "$elsewhere" --registry-config <(printf '{"auths":{"%s":{"auth":"Ym9iOnNlY3JldA=="}}}' "$elsewhere")
: >"$work/other"
faulty_start --user alice:secret --private "GET */blobs/*=redirect:http://$elsewhere"
mkdir -p "$HOME/.docker"
printf '{"auths":{"%s":{"auth":"YWxpY2U6c2VjcmV0"}}}' "$faulty" >"$HOME/.docker/config.json"
rm -rf "$work/cache"
check "filled" push
check "a redirect to another host is followed" pull
check "without Authorization" test "$(grep -c '^GET .* 200 -$' "$work/other") $(grep -c Basic "$work/other" || :)" = "4 0"
certificates
faulty_start --tls "$work/server.pem" "$work/server.key" "GET */blobs/*=redirect:http://$elsewhere"
options=(--ca-file "$work/ca.pem" --cache "$work/tls-cache")
check "filled" push
check "https never leads to http" not_pulled "which is refused"
faulty_start "GET */blobs/*=redirect:"
check "filled" filled "GET */blobs/*=redirect:"
check "a circle of redirects" not_pulled "redirects too often"
check "filled" filled "GET */blobs/$layer*=wrong"
check "wrong bytes" not_pulled "sent other bytes"
check "say which blob" says "blob $layer"
check "filled" filled "GET */manifests/1=wrong"
check "a wrong manifest" not_pulled "sent other bytes"
check "filled" filled "GET */manifests/1=huge:100"
check "a manifest of 100 MiB" not_pulled "more than 4194304 bytes"
check "filled" filled "GET */manifests/1=empty"
check "an empty manifest" not_pulled ""
check "filled" filled "GET */blobs/$layer*=huge:1"
check "a blob that is too large" not_pulled "more than"
check "filled" filled "GET */blobs/$layer*=empty"
check "a blob without bytes" not_pulled "sent 0 bytes instead of"
check "filled" filled "GET */manifests/1=header:Warning:299 - \"the disk is nearly full\""
check "a warning" pull
check "is shown" says "warns: the disk is nearly full"

# ---- tags
faulty_start --pages 2
for tag in e d c b a; do mk push "oci:$work/one" "$faulty/base/x:$tag" "${options[@]}" >/dev/null; done
check "tags in pages" test "$(mk tags "$faulty/base/x" "${options[@]:0:2}" | xargs)" = "a b c d e"
check "as JSON" test "$(mk tags "$faulty/base/x" --format json "${options[@]:0:2}")" = '["a","b","c","d","e"]'
faulty_start --endless
check "tags that never end" refuses "more than 1000 pages" tags "$faulty/base/x" "${options[@]:0:2}"
faulty_start --tag-delete
check "push" push
check "a tag alone" mk delete "$faulty/base/x:1" "${options[@]:0:2}"
check "is gone" refuses "NAME_UNKNOWN" tags "$faulty/base/x" "${options[@]:0:2}"
check "but not the image" mk inspect "docker://$faulty/base/x@$one" "${options[@]:0:2}"

done_testing
