#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is kept beside an image goes along when it is copied: between registries with the API of
# referrers, such that keep them by tags, and layouts, each from each to each.

set -euo pipefail
. tests/registry/lib.sh
cosign=application/vnd.dev.cosign.simplesigning.v1+json
index=$(tests/registry/layout "$work/index" --layer a --arch amd64,arm64)
child=$(jq -r '.manifests[0].digest' "$work/index/blobs/sha256/${index#sha256:}")
record=$(tests/registry/layout "$work/record" --refers "$index" record)
sbom=$(tests/registry/layout "$work/sbom" --refers "$child" sbom)
signed=$(tests/registry/layout "$work/signed" --refers "$sbom" signed)
sig=$(tests/registry/layout "$work/sig" --refers - sig --media "$cosign")
att=$(tests/registry/layout "$work/att" --refers - att --media "$cosign")

tag_of() { echo "sha256-${1#sha256:}$2"; }
push() { mk push "oci:$work/$1" "$2" --cache "$work/cache" --insecure 127.0.0.1 >/dev/null; }
fill() { # HOST/REPOSITORY: the image, and all beside it
    push index "$1:1"
    push record "$1@$record"
    push sbom "$1@$sbom"
    push signed "$1@$signed"
    push sig "$1:$(tag_of "$index" .sig)"
    push att "$1:$(tag_of "$child" .att)"
}
asked() { # HOST PATH: what it answers
    curl -sf "http://$1$2" -H "Accept: application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json"
}
# listed KIND HOST/REPOSITORY DIGEST: the referrers that it lists of this digest.
listed() {
    case $1 in
    api) asked "${2%%/*}" "/v2/${2#*/}/referrers/$3" | jq -r '.manifests[].digest' ;;
    tags) asked "${2%%/*}" "/v2/${2#*/}/manifests/$(tag_of "$3" "")" | jq -r '.manifests[].digest' ;;
    oci) of_layout "$2" "$(tag_of "$3" "")" '.manifests[].digest' ;;
    esac
}
of_layout() { # DIR REF FILTER: of what index.json calls so
    local digest
    digest=$(jq -r --arg ref "$2" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $ref) | .digest' "$1/index.json")
    [ -n "$digest" ] && jq -r "${3:-.}" "$1/blobs/sha256/${digest#sha256:}"
}
# tagged KIND PLACE TAG: what the tag names there.
tagged() {
    case $1 in
    oci) jq -r --arg ref "$3" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $ref) | .digest' "$2/index.json" ;;
    *) asked "${2%%/*}" "/v2/${2#*/}/manifests/$3" | sha256sum | sed 's/^/sha256:/; s/ .*//' ;;
    esac
}
# whole KIND PLACE: all of it is there, and no more is listed.
whole() {
    test "$(listed "$1" "$2" "$index")" = "$record" &&
        test "$(listed "$1" "$2" "$child")" = "$sbom" &&
        test "$(listed "$1" "$2" "$sbom")" = "$signed" &&
        test "$(tagged "$1" "$2" "$(tag_of "$index" .sig)")" = "$sig" &&
        test "$(tagged "$1" "$2" "$(tag_of "$child" .att)")" = "$att"
}
name_of() { # KIND PLACE
    case $1 in
    oci) echo "oci:$2" ;;
    *) echo "docker://$2:1" ;;
    esac
}
copy() { mk copy "$@" --cache "$work/cache" --insecure 127.0.0.1; }

# ---- each from each to each
faulty_start --referrers
api=$faulty
faulty_start
tags=$faulty
fill "$api/base/x"
fill "$tags/base/x"
check "the tests' image, by API" whole api "$api/base/x"
check "and by tags" whole tags "$tags/base/x"
check "a layout" copy "docker://$api/base/x:1" "oci:$work/all"
check "has all of it" whole oci "$work/all"
check "which is said" says "written, with 5 attachments"
check "and is the same by tags" copy "docker://$tags/base/x:1" "oci:$work/by-tags"
check "to the byte" diff -r "$work/all" "$work/by-tags"
check "its image is one all the same" test "$(mk inspect "oci:$work/all" | head -n 1)" = "oci:$work/all@$index"
n=0
for from in "api $api/base/x" "tags $tags/base/x" "oci $work/all"; do
    for to in "api $api/other/y" "tags $tags/other/y" "oci $work/to"; do
        n=$((n + 1))
        read -r from_kind from_place <<<"$from"
        read -r to_kind to_place <<<"$to$n"
        check "$from_kind to $to_kind" copy "$(name_of "$from_kind" "$from_place")" "$(name_of "$to_kind" "$to_place")"
        check "has all of it" whole "$to_kind" "$to_place"
        check "$from_kind to $to_kind again" copy "$(name_of "$from_kind" "$from_place")" "$(name_of "$to_kind" "$to_place")"
        check "is unchanged" says unchanged
        check "$from_kind to $to_kind without it" copy "$(name_of "$from_kind" "$from_place")" \
            "$(name_of "$to_kind" "${to_place}z")" --no-referrers
        nothing() { test -z "$(listed "$to_kind" "${to_place}z" "$index" || :)$(listed "$to_kind" "${to_place}z" "$child" || :)"; }
        check "leaves it" nothing
    done
done
check "an archive" copy "docker://$tags/base/x:1" "oci-archive:$work/all.tar"
check "is pushed with all of it" copy "oci-archive:$work/all.tar" "docker://$api/other/archive:1"
check "which is there" whole api "$api/other/archive"
check "the image alone is the same layout as before" copy "oci:$work/index" "oci:$work/plain"
check "to the byte" test "$(jq -c '[.manifests[].digest]' "$work/plain/index.json")" = "[\"$index\"]"

# ---- the order
: >"$work/log"
faulty_start --referrers
check "a copy" copy "oci:$work/all" "docker://$faulty/base/x:1"
check "tags last" test "$(grep '^PUT .*/manifests/' "$work/log" | tail -n 1)" = "PUT /v2/base/x/manifests/1 201 -"
: >"$work/log"
check "all there: again" copy "oci:$work/all" "docker://$faulty/base/x:1"
check "puts nothing" test "$(grep -c '^P' "$work/log" || :)" = 0
faulty_start --referrers "PUT */manifests/*.sig=status:403:DENIED"
check "a signature that isn't taken" refuses "sha256-${index#sha256:}.sig" \
    copy "oci:$work/all" "docker://$faulty/base/x:1" --insecure "$faulty" --cache "$work/cache"
check "is an error, with a way out" says "--no-referrers leaves"
check "and no tag moves" test -z "$(asked "$faulty" /v2/base/x/manifests/1)"

# ---- what was cut off is made whole
faulty_start "PUT */manifests/sha256-*=status:500"
check "a fallback tag that can't be kept" refuses "HTTP 500" \
    copy "oci:$work/record" "docker://$faulty/base/x@$record" --insecure "$faulty" --cache "$work/cache"
faulty_start
push record "$faulty/base/x@$record"
curl -sf -X DELETE "http://$faulty/v2/base/x/manifests/$(listed tags "$faulty/base/x" "$index" >/dev/null &&
    tagged tags "$faulty/base/x" "$(tag_of "$index" "")")"
lost() { ! listed tags "$faulty/base/x" "$index"; }
check "a record that is there without the tag that lists it" lost
check "a copy" copy "oci:$work/all" "docker://$faulty/base/x:1"
check "lists it" whole tags "$faulty/base/x"

# ---- others' signatures
other=$(tests/registry/layout "$work/other" --refers - other --media "$cosign")
faulty_start
push other "$faulty/base/x:$(tag_of "$index" .sig)"
check "signatures of others" copy "oci:$work/all" "docker://$faulty/base/x:1"
check "stay" test "$(tagged tags "$faulty/base/x" "$(tag_of "$index" .sig)")" = "$other"
check "which is said" says "sha256-${index#sha256:}.sig, attached to $index, is left behind: the registry already has others under that tag"
check "all others came" test "$(listed tags "$faulty/base/x" "$index")" = "$record"

# ---- what has to stay behind
check "one architecture" copy "oci:$work/all" "docker://$faulty/other/one:1" --arch amd64
check "has what is its own" test "$(listed tags "$faulty/other/one" "$child")" = "$sbom"
check "what is the index's is said" says "$record, attached to $index, is left behind: only part of that index is copied"
check "an archive for docker" copy "oci:$work/all" "docker-archive:$work/docker.tar:x:1" --arch amd64
check "has no place for it" says "can't hold signatures, SBOMs and the like: 3 left behind"
faulty_start --referrers "GET */blobs/*=status:404"
fill "$faulty/base/x"
gone() { refuses "HTTP 404" copy "docker://$faulty/base/x:1" "oci:$work/gone" --insecure "$faulty" --cache "$work/new"; }
check "a blob that isn't there is no smaller matter" gone
faulty_start "GET */referrers/*=status:403:DENIED"
push index "$faulty/base/x:1"
check "a list of referrers that is refused" refuses "looking for what is attached to the image" \
    copy "docker://$faulty/base/x:1" "oci:$work/refused" --insecure "$faulty" --cache "$work/cache"
check "has a way out" says "--no-referrers"
check "which works" copy "docker://$faulty/base/x:1" "oci:$work/refused" --no-referrers
faulty_start "GET */tags/list*=status:403:DENIED"
fill "$faulty/base/x"
check "no list of tags" copy "docker://$faulty/base/x:1" "oci:$work/no-list"
check "then each is asked for" whole oci "$work/no-list"

# ---- layouts
check "a layout that is written again" copy "oci:$work/all" "oci:$work/again"
check "with another image" copy "oci:$work/plain" "oci:$work/again"
check "keeps what is beside an image that is there" whole oci "$work/again"
tests/registry/layout "$work/another" --layer z >/dev/null
check "and with one more" copy "oci:$work/another" "oci:$work/again"
check "nothing beside one that isn't" test "$(jq '.manifests | length' "$work/again/index.json")" = 1
check "nor a blob of it" test "$(find "$work/again/blobs/sha256" -type f | wc -l)" = 3
check "a named image" copy "oci:$work/all" "oci:$work/named:one"
check "beside an unnamed" copy "oci:$work/another" "oci:$work/named"
check "keeps what is beside it" whole oci "$work/named"

# ---- as others write layouts
mkdir -p "$work/oras/blobs"
cp -r "$work/all/blobs" "$work/all/oci-layout" "$work/oras"
jq -c --arg r "$record" --arg s "$sbom" '.manifests |= [.[0]] |
    .manifests += [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $r, size: $rs},
                   {mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $s, size: $ss}]' \
    --argjson rs "$(stat -c %s "$work/all/blobs/sha256/${record#sha256:}")" \
    --argjson ss "$(stat -c %s "$work/all/blobs/sha256/${sbom#sha256:}")" "$work/all/index.json" >"$work/oras/index.json"
faulty_start --referrers
check "as oras writes them: by subjects alone" copy "oci:$work/oras@$index" "docker://$faulty/base/x:1"
check "they are found" test "$(listed api "$faulty/base/x" "$index") $(listed api "$faulty/base/x" "$child")" = "$record $sbom"
jq -c --arg ref "$(tag_of "$index" .sig)" '.manifests |= map(select(.annotations == null or
    .annotations["org.opencontainers.image.ref.name"] == $ref) |
    if .annotations then .annotations = {kind: "dev.cosignproject.cosign/sigs"} else . end)' \
    "$work/all/index.json" >"$work/oras/index.json"
check "as cosign saves them" copy "oci:$work/oras@$index" "docker://$faulty/other/x:1"
check "they are found" test "$(tagged api "$faulty/other/x" "$(tag_of "$index" .sig)")" = "$sig"

# ---- delete
faulty_start
fill "$faulty/base/x"
push index "$faulty/base/x:2"
mk tag "$faulty/base/x:$(tag_of "$child" .att)" kept --insecure "$faulty" >/dev/null
check "a tag alone can't go" refuses "can't delete a tag alone" delete "$faulty/base/x:1" --insecure "$faulty"
check "what would go along is listed" says "with all its tags: 1, 2, and what is attached to it: $(tag_of "$index" ""), $(tag_of "$index" .sig)"
check "all of it goes" mk delete "$faulty/base/x:1" --all-tags --insecure "$faulty"
check "but for what is kept beside others" test "$(mk tags "$faulty/base/x" --insecure "$faulty" | sort | xargs)" = \
    "$(printf '%s\n' kept "$(tag_of "$child" "")" "$(tag_of "$child" .att)" "$(tag_of "$sbom" "")" | sort | xargs)"
faulty_start
push index "$faulty/base/x:1"
push sig "$faulty/base/x:$(tag_of "$index" .sig)"
mk tag "$faulty/base/x:$(tag_of "$index" .sig)" mine --insecure "$faulty" >/dev/null
check "a signature that another tag names" mk delete "$faulty/base/x:1" --all-tags --insecure "$faulty"
check "stays" says "kept, because another tag names the same manifest"
check "with both" test "$(mk tags "$faulty/base/x" --insecure "$faulty" | wc -l)" = 2

# ---- what is no image
chart=$(tests/registry/layout "$work/chart" --refers - chart --type application/vnd.cncf.helm.config.v1+json)
push chart "$faulty/base/chart:1"
check "a chart into a layout" copy "docker://$faulty/base/chart:1" "oci:$work/charted"
check "is there" test "$(jq -r '.manifests[].digest' "$work/charted/index.json")" = "$chart"
check "byte for byte" diff -r "$work/chart/blobs" "$work/charted/blobs"
check "and pushed from there" copy "oci:$work/charted" "docker://$faulty/other/chart:1"
check "into an archive" copy "docker://$faulty/base/chart:1" "oci-archive:$work/chart.tar"
check "a signature" copy "docker://$api/base/x:$(tag_of "$index" .sig)" "oci:$work/signature"
check "alone" test "$(jq -r '.manifests[].digest' "$work/signature/index.json")" = "$sig"
check "docker can't load it" refuses "holds no image" copy "docker://$faulty/base/chart:1" \
    "docker-archive:$work/chart-docker.tar:x:1" --insecure "$faulty" --cache "$work/cache"
done_testing
