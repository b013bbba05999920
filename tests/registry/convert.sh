#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Images that a registry doesn't take as they are, or only at a price: with Docker's media types where
# those of OCI alone are known, and archives of docker save, whose layers are plain.

set -euo pipefail
. tests/registry/lib.sh
docker=$(tests/registry/layout "$work/docker" --docker --layer a --layer b:200000 --arch amd64,arm64)
single=$(tests/registry/layout "$work/single" --docker --layer a --layer b:200000)
oci=$(tests/registry/layout "$work/oci" --layer a --layer b:200000 --arch amd64,arm64)

push() { mk push "oci:$work/$1" "$faulty/$2" "${options[@]}"; }
asked() { curl -sf "http://$faulty/v2/$1" -H "Accept: ${2:-application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json}"; }
digest() { asked "$1" | sha256sum | sed 's/^/sha256:/; s/ .*//'; }
count() { grep -cE "$1" "$work/log" || :; }

# ---- OCI's media types alone
faulty_start
check "Docker's media types" push docker base/x:1
check "stay where they are taken" test "$(asked base/x/manifests/1 application/vnd.docker.distribution.manifest.list.v2+json | jq -r .mediaType)" = \
    application/vnd.docker.distribution.manifest.list.v2+json
check "with the digest" says "$faulty/base/x:1: "
faulty_start --oci-only
: >"$work/log"
check "where they aren't" push docker base/x:1
check "the image is converted" says "takes OCI images only: converted from Docker's format, so the digest there is a new one"
check "to an index" test "$(asked base/x/manifests/1 | jq -r .mediaType)" = application/vnd.oci.image.index.v1+json
check "that names OCI's manifests" test "$(asked base/x/manifests/1 | jq -r '.manifests[].mediaType' | sort -u)" = \
    application/vnd.oci.image.manifest.v1+json
child=$(asked base/x/manifests/1 | jq -r '.manifests[1].digest')
check "with their configs and layers" test "$(asked "base/x/manifests/$child" | jq -r '.mediaType, .config.mediaType, .layers[].mediaType' | xargs)" = \
    "application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.config.v1+json application/vnd.oci.image.layer.v1.tar+gzip application/vnd.oci.image.layer.v1.tar+gzip"
check "which is what an image of OCI has" test "$(asked "base/x/manifests/$child" | jq -cS '[.config.digest, .layers]')" = \
    "$(jq -cS '[.config.digest, .layers]' "$work/oci/blobs/sha256/$(jq -r '.manifests[1].digest[7:]' "$work/oci/blobs/sha256/${oci#sha256:}")")"
printed=$(push docker base/x:2)
check "the digest that is printed is the new one" test "$printed" = "$faulty/base/x@$(digest base/x/manifests/2)"
check "not the old" test "$printed" != "$faulty/base/x@$docker"
check "no blob was sent twice" test "$(count '^PUT .*/blobs/')" = 4
check "skopeo reads it" skopeo inspect --tls-verify=false "docker://$faulty/base/x:1"
check "one architecture" mk push "oci:$work/docker" "$faulty/base/one:1" --arch arm64 "${options[@]}"
check "is converted to a manifest" test "$(asked base/one/manifests/1 | jq -r .mediaType)" = application/vnd.oci.image.manifest.v1+json
check "a single image" push single base/single:1
check "too" test "$(asked base/single/manifests/1 | jq -r .mediaType)" = application/vnd.oci.image.manifest.v1+json
check "but not where a digest is asked for" refuses "HTTP 415" push "oci:$work/single" "$faulty/base/x@$single" "${options[@]}"
check "an image of OCI" push oci base/oci:1
check "is what it is" test "$(digest base/oci/manifests/1)" = "$oci"
check "and nothing is said" test "$(grep -c converted "$work/err" || :)" = 0
signed=$(tests/registry/layout "$work/note" --refers "$single" note)
host=$faulty
faulty_start --referrers
push single base/x:1
push note "base/x@$signed"
check "what is kept beside it" mk copy "docker://$faulty/base/x:1" "docker://$host/other/x:1" --insecure 127.0.0.1 --cache "$work/cache"
check "stays behind" says "$signed, attached to $single, is left behind: the image was converted"

# ---- archives of docker save
faulty_start
mk pull "$faulty/none:1" "oci:$work/none" "${options[@]}" >/dev/null || :
mk copy "oci:$work/single" "docker-archive:$work/single.tar:x:1" --cache "$work/cache"
push_archive() { mk push "docker-archive:$work/single.tar" "$faulty/base/$1:1" --insecure "$faulty" --cache "$work/$2"; }
check "an archive for docker" push_archive x cache
check "has its layers compressed" test "$(asked base/x/manifests/1 | jq -r '.layers[].mediaType' | sort -u)" = application/vnd.oci.image.layer.v1.tar+gzip
check "which is said" says "layers are compressed for the registry, so the digest there is a new one"
first=$(digest base/x/manifests/1)
unpacked() { # the layer's diff_id is that of the config
    local layer
    layer=$(asked base/x/manifests/1 | jq -r ".layers[$1].digest")
    test "$(asked "base/x/blobs/$layer" | gzip -dc | sha256sum | cut -d' ' -f1)" = \
        "$(asked "base/x/blobs/$(asked base/x/manifests/1 | jq -r .config.digest)" | jq -r ".rootfs.diff_ids[$1][7:]")"
}
check "the first layer is what the config says" unpacked 0
check "the second" unpacked 1
check "the config is the archive's" test "$(asked base/x/manifests/1 | jq -r .config.digest)" = \
    "$(tar -xOf "$work/single.tar" manifest.json | jq -r '"sha256:" + (.[0].Config | sub("\\.json$"; "") | sub("blobs/sha256/"; ""))')"
check "again" push_archive x cache
check "is unchanged" says unchanged
check "with another cache" push_archive y other-cache
check "it is the same" test "$(digest base/y/manifests/1)" = "$first"
check "skopeo reads it" skopeo inspect --tls-verify=false "docker://$faulty/base/x:1"
check "into a layout its layers stay as they are" mk copy "docker-archive:$work/single.tar" "oci:$work/plain" --cache "$work/cache"
check "plain" test "$(jq -r '.layers[].mediaType' "$work/plain/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$work/plain/index.json")" | sort -u)" = \
    application/vnd.oci.image.layer.v1.tar
check "and from a layout, too" mk push "oci:$work/plain" "$faulty/base/plain:1" --insecure "$faulty" --cache "$work/cache"
check "as they are" test "$(asked base/plain/manifests/1 | jq -r '.layers[].mediaType' | sort -u)" = application/vnd.oci.image.layer.v1.tar
done_testing
