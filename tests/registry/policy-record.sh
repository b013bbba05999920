#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A record whose manifest content trust hides is read by what the list of referrers says of its blob.
# A list that says nothing, or something wrong, is no record: then nothing is compared, and nothing moves.

set -euo pipefail
. tests/registry/policy-lib.sh
policy_start

put() { # DIGEST FILE: a manifest
    curl -s -f -o "$work/body" -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
        --data-binary "@$2" "http://$faulty/v2/base/foo/manifests/$1"
}
# with_record ARCHIVE FILTER [JQ'S OPTION...]: that archive's image is published, and the manifest of
# its record then changed so; signed and hidden at the end, nothing remembered.
with_record() {
    local record
    published "$1"
    one=$(digest 1)
    record=$(records "$one")
    see "manifests/$record" >"$work/manifest"
    layer=$(jq -r '.layers[0].digest' "$work/manifest")
    size=$(jq -r '.layers[0].size' "$work/manifest")
    jq -cj --arg layer "$layer" --arg size "$size" "${@:3}" "$2" "$work/manifest" >"$work/changed"
    see "manifests/$record" -X DELETE
    put "sha256:$(sha256sum "$work/changed" | cut -d' ' -f1)" "$work/changed" || return 1
    hide signed
    knowing nothing
    test "$(see manifests/1 -A x -o "$work/body" -w '%{http_code}') $(see "manifests/$(records "$one")" -A x \
        -o "$work/body" -w '%{http_code}')" = "200 412"
}
reads() { update 3 back && said "is older than in what is published" && stays; }
stays() { test "$(digest 1) $(digest stable) $(puts)" = "$one $one 0"; }
# Neither is it called somebody else's: it has a record, whatever --adopt would do.
doubts() {
    update 3 back && said "--accept foo@" && stays || return 1
    ! grep -q "without a record" "$work/update.err"
}
upgrades() { knowing nothing && update 0 newer && test "$(replaced "$(digest 1)")" = "$one"; }

check "a record as it is" with_record new .
check "is read from its blob" reads
check "for an upgrade, too" upgrades
check "by the blob alone" test "$(grep -c "^GET /v2/base/foo/blobs/$layer 200" "$work/log")" -ge 1

old='.annotations |= with_entries(select(.key == "org.mkimage.input" or .key == "org.mkimage.replaced"))'
check "a record of before: its list doesn't name the blob" with_record new "$old"
check "isn't read, and nothing moves" doubts
policy base trust=
check "unless it isn't hidden" reads

# ---- a list that says something wrong: of another blob, of another size
# shellcheck disable=SC2016 # for jq
says='.annotations |= map_values(gsub($layer; $of) | gsub("\\b" + $size + "\\b"; $bytes))'
wrong() { # DIGEST SIZE
    with_record new "$says" --arg of "${1:-$layer}" --arg bytes "${2:-$size}" &&
        ! cmp -s "$work/manifest" "$work/changed"
}
published old
record "$(digest 1)" >"$work/other"
upload() { # FILE: into the registry as it is now
    local at
    at=$(curl -s -D - -o "$work/body" -X POST "http://$faulty/v2/base/foo/blobs/uploads/" |
        sed -nE 's/^Location: ([^\r]*)\r?$/\1/Ip')
    curl -s -f -o "$work/body" -X PUT --data-binary "@$1" "http://$faulty$at&digest=sha256:$(sha256sum "$1" | cut -d' ' -f1)"
}
check "another image's record" wrong "sha256:$(sha256sum "$work/other" | cut -d' ' -f1)" "$(wc -c <"$work/other")"
check "that is there" upload "$work/other"
check "isn't taken for this one's" doubts
check "the same blob of another size" wrong "" 17
check "isn't taken" doubts
check "nor of one that can't be" wrong "" 99999999999999999999
check "nor is it" doubts
check "a blob that isn't there" wrong "sha256:$(printf 0%.0s {1..64})"
check "isn't taken" doubts
check "a digest that is none" wrong "sha256:../../x"
check "isn't taken" doubts
done_testing
