#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Registries that lie: digests that are paths, documents that are two things at once, wrong sizes,
# layers that point elsewhere, error bodies without end, addresses that mustn't be spoken to. Each is
# refused in words, and leaves nothing behind. (Wrong bytes, redirects and large manifests are in
# faults.sh; token servers in tokens.sh; the same documents in a layout in unit tests.)

set -euo pipefail
. tests/registry/lib.sh
faulty_start --log "$work/elsewhere"
elsewhere=$faulty
mapfile -t odd < <(tests/registry/odd "$work/odd" "http://$elsewhere")
faulty_start "${odd[@]}"
pull() { # TAG
    rm -rf "$work/pulled" "$work/cache"
    mk pull "$faulty/base/odd:$1" "oci:$work/pulled" --no-referrers "${options[@]}"
}
not_pulled() { # TAG TEXT...: each is said, and nothing is left
    local tag=$1 text
    rm -rf "$work/pulled" "$work/cache"
    for text in "${@:2}"; do
        refuses "$text" pull "$faulty/base/odd:$tag" "oci:$work/pulled" --no-referrers "${options[@]}" &&
            test ! -e "$work/pulled" || return 1
    done
}

check "the image that the others are made of" pull fine
check "layers and manifests in one" not_pulled both 'is a manifest with "manifests"'
check "a key twice" not_pulled twice "duplicate object key"
check "an index named as a manifest" not_pulled outer "was named as"
check "as a child, too" not_pulled inner "was named as"
check "a digest that is a path" not_pulled dots "isn't a SHA-256 digest"
check "that of a child" not_pulled child_dots "isn't a SHA-256 digest"
check "a digest in capitals" not_pulled capitals "isn't a SHA-256 digest"
check "another hash" not_pulled other_hash "isn't a SHA-256 digest"
check "nothing was asked for by them" test "$(grep -cE 'etc/passwd|tags/list|shA|md5' "$work/log" || :)" = 0
check "a blob longer than its descriptor says" not_pulled longer "answers with more than 10 bytes"
check "a shorter one" not_pulled shorter "sent 11 bytes instead of 12"
check "a size below zero" not_pulled negative "has no size"
check "a size beyond all disks" not_pulled enormous "sent 11 bytes instead of 4611686018427387904"
check "a manifest of another size" not_pulled child_longer "is of another size"
check "fewer diff_ids than layers" not_pulled few "has 0 diff_ids for 1 layers"
check "20,000 layers" not_pulled layers "has 1 diff_ids for 20000 layers"
check "indexes in indexes" not_pulled nested "is nested deeper than 4 indexes"
check "arrays in arrays" not_pulled deep "maximum parsing depth"
check "half a document" not_pulled cut "near end of file"
check "null" not_pulled nothing "manifest sha256:"
check "urls of an ordinary layer" pull urls
check "a layer that isn't to be distributed" not_pulled foreign "it isn't fetched from where it points"
copied() { mk copy "docker://$faulty/base/odd:foreign" "docker://$faulty/base/foreign:1" "${options[@]}"; }
check "is left out of a copy" copied
check "nobody was asked for them" test ! -s "$work/elsewhere"
check "a digest that is a path in a name" refuses "sha256:../../x" \
    pull "$faulty/base/odd@sha256:../../x" "oci:$work/pulled" "${options[@]}"
check "and one of a tag" refuses "tag" pull "$faulty/base/odd:../x" "oci:$work/pulled" "${options[@]}"

# ---- answers
one=$(tests/registry/layout "$work/one" --layer a)
faulty_start "HEAD */manifests/*=header:Docker-Content-Digest:sha256:../../x" \
    "GET */tags/list*=huge:1:403" "GET *=huge:1:500"
push() { mk push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"; }
check "a header's digest that is a path" push
check "isn't believed" refuses "HTTP 500" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "an error body of 1 MiB" refuses "HTTP 403" tags "$faulty/base/x" "${options[@]:0:2}"
check "isn't shown" test "$(wc -c <"$work/err")" -lt 1000
odd_tags() { # TEXT: what is in the way of a list of tags
    faulty_start "GET */tags/list*=body:$1"
    refuses "its list of tags isn't one" tags "$faulty/base/x" "${options[@]:0:2}"
}
check "tags that are none" odd_tags '{"tags":["../../x"]}'
check "a tag that clears the screen" odd_tags '{"tags":["\u001b[2J"]}'
check "no tags" odd_tags '{"name":"x"}'
faulty_start "GET */tags/list*=header:Link:<http://$elsewhere/v2/base/x/tags/list>; rel=\"next\"" --tag-delete
check "push" push
check "a next page on another host" refuses "doesn't come to an end" tags "$faulty/base/x" "${options[@]:0:2}"
check "isn't asked for" test ! -s "$work/elsewhere"

# ---- addresses
away() { # RULE: what is said of it
    faulty_start "$1"
    refuses "link-local address" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
}
check "an upload to a cloud's metadata" away "POST *=location:http://169.254.169.254/latest"
check "to the same as IPv6" away "POST *=location:http://[::ffff:169.254.169.254]/latest"
check "to a link-local address" away "POST *=location:http://[fe80::1]/"
faulty_start --blobs base/odd "$work/odd/blobs" "${odd[@]}" \
    "GET */blobs/*=redirect:http://169.254.169.254"
check "a blob there" not_pulled fine "link-local address"
faulty_start --user alice:secret "POST *=location:http://$elsewhere/upload"
mkdir -p "$HOME/.docker"
printf '{"auths":{"%s":{"auth":"YWxpY2U6c2VjcmV0"}}}' "$faulty" >"$HOME/.docker/config.json"
check "an upload to another host" refuses "404" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "is tried" grep -q '^PUT /upload' "$work/elsewhere"
check "and bears no credential" test "$(grep -c Basic "$work/elsewhere" || :)" = 0
certificates
faulty_start --tls "$work/server.pem" "$work/server.key" "POST *=location:http://$elsewhere/upload"
check "an upload from https to http" refuses "it isn't https" \
    push "oci:$work/one" "$faulty/base/x:1" --ca-file "$work/ca.pem" --cache "$work/cache"
: "$one"
done_testing
