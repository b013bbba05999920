#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Debian's docker-registry over TLS, with a CA of its own and a user: push, unchanged push, further
# tags, mounts, pull, copy, tags, delete, and what it says to who may not.

set -euo pipefail
. tests/registry/lib.sh
registry_start
tests/registry/layout "$work/one" --arch amd64,arm64 --artifact --layer a --layer b:300000 >"$work/one.digest"
tests/registry/layout "$work/two" --arch amd64,arm64 --artifact --layer a --layer c >"$work/two.digest"
tests/registry/layout "$work/single" --layer a >"$work/single.digest"
one=$(<"$work/one.digest")
two=$(<"$work/two.digest")
single=$(<"$work/single.digest")

# ---- login
check "an unknown CA is refused" refuses "--ca-file" tags "$host/base/x"
check "a wrong password is refused" \
    refuses "refuses user alice" login "$host" -u alice --password-stdin --ca-file "$work/ca.pem" \
    < <(echo wrong)
check "and isn't kept" test ! -e "$HOME/.docker/config.json"
anonymous() { refuses "no credential for $host was found" push "oci:$work/one" "$host/base/x:1" "${options[@]}"; }
check "without a credential nothing is pushed" anonymous
check "the way out is said" says "mkimage login $host"
login() { echo secret | mk login "$host" -u alice --password-stdin --ca-file "$work/ca.pem"; }
check "the right password is kept" login
check "in a file for its owner alone" test "$(stat -c %a "$HOME/.docker/config.json")" = 600

# ---- push
push_one() { test "$(mk push "oci:$work/one" "docker://$host/base/x:1" "${options[@]}")" = "$host/base/x@$one"; }
check "push" push_one
requests_mark
check "an unchanged push" push_one
check "says so" says unchanged
check "is one request" test "$(requests HEAD) $(requests '[A-Z]*')" = "1 1"
requests_mark
new_tags() { mk push "oci:$work/one" "$host/base/x" --tag 1.0 --tag latest "${options[@]}"; }
check "over HTTP/2" grep -q '"HEAD /v2/base/x/manifests/1 HTTP/2.0" 200' "$work/requests"
check "further tags of a known manifest" new_tags
check "are a PUT each" test "$(requests PUT) $(requests POST) $(requests GET)" = "2 0 0"
check "tags" test "$(mk tags "$host/base/x" "${options[@]:0:2}" | sort | xargs)" = "1 1.0 latest"
requests_mark
check "a second repository" mk push "oci:$work/one" "$host/other/x:1" "${options[@]}"
check "mounts, and uploads nothing" test "$(requests PUT other/x/blobs) $(requests PATCH)" = "0 0"
check "which it says" says "0 blobs pushed (0 B), 6 mounted"
requests_mark
check "one layer changed" mk push "oci:$work/two" "$host/base/x:2" "${options[@]}"
check "pushes that and the configs" says "3 blobs pushed"

# ---- a tag that moves: the manifest that it named proves what the registry has
for n in {1..6}; do same+=(--layer "same$n"); done
tests/registry/layout "$work/before" "${same[@]}" --layer before >"$work/before.digest"
tests/registry/layout "$work/after" "${same[@]}" --layer after >"$work/after.digest"
mk push "oci:$work/before" "$host/base/moves:1" "${options[@]}"
requests_mark
check "a tag moves" mk push "oci:$work/after" "$host/base/moves:1" "${options[@]}"
check "for layer and config there are three requests each" test \
    "$(requests HEAD base/moves/blobs) $(requests POST) $(requests PUT base/moves/blobs)" = "2 2 2"
check "for the manifests four" test \
    "$(requests HEAD base/moves/manifests) $(requests GET) $(requests PUT base/moves/manifests)" = "2 1 1"
check "which is all" test "$(requests '[A-Z]*')" = 10
check "it is said" says "0 mounted, 6 there already"

check "push without reading the cache's memory" \
    mk push "oci:$work/two" "$host/base/x:3" "${options[@]:0:2}" --cache "$work/other-cache"
check "verify" mk push "oci:$work/one" "$host/base/x:1" --verify "${options[@]}"
check "each architecture under a tag of its own" \
    mk push "oci:$work/two" "$host/base/archs:2" --arch-tags "${options[@]}"
check "which are there" test "$(mk tags "$host/base/archs" "${options[@]:0:2}" | sort | xargs)" = \
    "2 2-amd64 2-arm64"
check "one architecture alone" mk push "oci:$work/one" "$host/base/arm:1" --arch arm64 "${options[@]}"
inspect() { mk inspect "docker://$1" "${options[@]:0:2}" --format json; }
check "is a manifest" test "$(inspect "$host/base/arm:1" | jq -c '[.images[].architecture]')" = '["arm64"]'
check "an architecture that isn't there" \
    refuses "it has amd64, arm64" push "oci:$work/one" "$host/base/x:1" --arch s390x "${options[@]}"
check "another digest than the name has" \
    refuses "the image's digest is $one" push "oci:$work/one" "$host/base/x:1@$two" "${options[@]}"
check "no host" refuses "host is missing" push "oci:$work/one" base/x:1 "${options[@]}"
check "nobody's tag" refuses "can't be a tag" push "oci:$work/one" "$host/base/x:1" --tag a+b "${options[@]}"

# ---- inspect and pull
check "inspect" test "$(inspect "$host/base/x:1" | jq -r .digest)" = "$one"
requests_mark
inspect "$host/base/x:1" >/dev/null
check "reads no layer" test "$(requests GET)" = 6
pulled() { # LOCATION, cache
    mk pull "$host/base/x:1" "$1" "${options[@]:0:2}" --cache "$2"
}
check "pull" test "$(pulled "oci:$work/pulled" "$work/pull-cache")" = "oci:$work/pulled@$one"
check "byte for byte" diff -r "$work/one/blobs" "$work/pulled/blobs"
requests_mark
check "pull again" pulled "oci:$work/pulled" "$work/pull-cache"
check "fetches no layer" test "$(requests GET base/x/blobs)" = 0
check "which it says" says unchanged
check "an archive" pulled "oci-archive:$work/pulled.tar" "$work/pull-cache"
check "as a stream" test "$(mk copy "docker://$host/base/x:1" oci-archive:- "${options[@]:0:2}" \
    --cache "$work/pull-cache" | mk inspect oci-archive:- | head -n 1)" = "oci-archive:-@$one"
check "skopeo reads the archive" test \
    "$(skopeo inspect --raw "oci-archive:$work/pulled.tar" | sha256sum | cut -d' ' -f1)" = "${one#sha256:}"
check "an archive for docker, of one architecture" \
    mk pull "$host/base/x:1" "docker-archive:$work/docker.tar:x:1" --arch amd64 "${options[@]}"
check "skopeo reads that" skopeo inspect "docker-archive:$work/docker.tar"
check "but not of two" refuses "one architecture only" \
    pull "$host/base/x:1" "docker-archive:$work/docker.tar:x:1" "${options[@]}"
check "the archive for docker is pushed" mk push "docker-archive:$work/docker.tar" "$host/base/d:1" "${options[@]}"
check "by digest" test "$(mk pull "$host/base/x@$two" "oci:$work/by-digest" "${options[@]}")" = \
    "oci:$work/by-digest@$two"
check "what isn't there" refuses "MANIFEST_UNKNOWN" pull "$host/base/x:none" "oci:$work/none" "${options[@]}"
check "leaves nothing behind" test ! -e "$work/none"
check "a stream is pushed" mk push oci-archive:- "$host/base/stream:1" "${options[@]}" <"$work/pulled.tar"
check "whole" test "$(inspect "$host/base/stream:1" | jq -r .digest)" = "$one"

# ---- copy, tag
requests_mark
check "copy within the registry" \
    mk copy "docker://$host/base/x@$two" "docker://$host/third/y:2" "${options[@]:0:2}" --cache "$work/empty"
check "mounts each blob" test "$(requests PUT third/y/blobs) $(requests GET base/x/blobs)" = "0 0"
check "between layouts" mk copy "oci:$work/one" "oci-archive:$work/one.tar" --cache "$work/cache"
check "which skopeo finds equal" test \
    "$(skopeo inspect --raw "oci-archive:$work/one.tar" | sha256sum | cut -d' ' -f1)" = "${one#sha256:}"
check "tag" test "$(mk tag "$host/base/x:2" newest two "${options[@]:0:2}")" = "$host/base/x@$two"
check "tags name it" test "$(inspect "$host/base/x:newest" | jq -r .digest)" = "$two"
check "a tag of nothing" refuses "MANIFEST_UNKNOWN" tag "$host/base/x:none" a "${options[@]:0:2}"

# ---- a registry that lost a layer
lost=$(find "$work/one/blobs/sha256" -type f -size +100k | sort | head -n 1)
lost=${lost##*/}
rm "$work/registry/docker/registry/v2/blobs/sha256/${lost:0:2}/$lost/data"
inspect "$host/base/x:1" >/dev/null
check "a lost layer isn't seen by HEAD" push_one
check "but by reading back, and pushed again" \
    mk push "oci:$work/one" "$host/base/x:1" --verify "${options[@]}"
check "which it says" says "pushing all again"
check "then it is there" mk pull "$host/base/x:1" "oci:$work/mended" "${options[@]:0:2}" --cache "$work/mend"

# ---- a large blob goes in chunks
large=$(tests/registry/layout "$work/large" --layer large:40000000 --layer a)
requests_mark
check "a large layer" mk push "oci:$work/large" "$host/base/large:1" "${options[@]}"
check "in chunks" test "$(requests PATCH base/large/blobs/uploads) $(requests PUT base/large/blobs/uploads)" = "1 2"
check "pulled again" test "$(mk pull "$host/base/large:1" "oci:$work/large-again" "${options[@]:0:2}" \
    --cache "$work/large-cache")" = "oci:$work/large-again@$large"
check "byte for byte" diff -r "$work/large/blobs" "$work/large-again/blobs"

# ---- a line that breaks in the second chunk
cut=''
with_fifos cut tests/registry/cutter "$host" 35000000 1
cut_login() { echo secret | mk login "$cut" -u alice --password-stdin --ca-file "$work/ca.pem"; }
check "login by another line" cut_login
check "an upload whose line breaks" mk push "oci:$work/large" "$cut/base/cut:1" -v --ca-file "$work/ca.pem" \
    --cache "$work/cut-cache"
check "is tried again" says "again in"
check "and whole" test "$(mk pull "$host/base/cut:1" "oci:$work/cut" "${options[@]:0:2}" --cache "$work/cut-cache2")" = \
    "oci:$work/cut@$large"

# ---- other peers
mkdir -p "$work/certs" && cp "$work/ca.pem" "$work/certs/ca.crt"
check "skopeo pulls what was pushed" skopeo copy -q --all --src-cert-dir "$work/certs" --src-creds alice:secret \
    "docker://$host/base/x:1" "oci:$work/skopeo"
pushed_by_skopeo() {
    skopeo copy -q --all --dest-cert-dir "$work/certs" --dest-creds alice:secret "oci:$work/single" \
        "docker://$host/base/skopeo:1" &&
        test "$(mk pull "$host/base/skopeo:1" "oci:$work/from-skopeo" "${options[@]}")" = \
            "oci:$work/from-skopeo@$single"
}
check "and what skopeo pushed is pulled" pushed_by_skopeo

# ---- delete
check "a tag alone can't be deleted" refuses "can't delete a tag alone" delete "$host/base/x:1" "${options[@]:0:2}"
check "the tags that would go are listed" says "1.0"
check "a tag and a digest: what is meant?" refuses "not both" delete "$host/base/x:1@$one" "${options[@]:0:2}"
check "nothing went" test "$(inspect "$host/base/x:1" | jq -r .digest)" = "$one"
check "with all its tags it can" mk delete "$host/base/x:1" --all-tags "${options[@]:0:2}"
check "the others stay" test "$(mk tags "$host/base/x" "${options[@]:0:2}" | sort | xargs)" = "2 3 newest two"
check "by digest" mk delete "$host/base/x@$two" "${options[@]:0:2}"
check "twice" refuses "404" delete "$host/base/x@$two" "${options[@]:0:2}"

# ---- certs.d, logout
mkdir -p "$HOME/.config/containers/certs.d/$host"
cp "$work/ca.pem" "$HOME/.config/containers/certs.d/$host/ca.crt"
check "the CA of certs.d" mk tags "$host/third/y"
check "logout" mk logout "$host"
check "then it is forgotten" refuses "no credential for $host was found" tags "$host/third/y"
check "twice" refuses "no credential is kept" logout "$host"
check "no secret was said" test -z "$(grep -rlE 'secret|YWxpY2U6c2VjcmV0' "$work/err" "$work/out" || :)"
done_testing
