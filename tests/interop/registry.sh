#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Other programs' opinion of what is pushed, and theirs pulled: crane and oras as clients;
# distribution 2.8 (Debian's), distribution 3 and go-containerregistry's registry, which has the
# referrers API, as registries. make interop installs them (tests/interop/tools); MKIMAGE_GO names
# another place.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
go=${MKIMAGE_GO:-$top/build/go}
for tool in crane oras registry api_registry; do
    [ -x "$go/$tool" ] || skip_all "no $tool in $go: make interop"
done
PATH=$go:$PATH
need docker-registry
test_archive

for codec in gzip zstd; do
    recipe "$codec" <<END
packages = {"base-files", "foo", "hello"}
arch = {"amd64", "arm64"}
compression = "$codec"
END
    mk "$codec.conf"
    must "an image, $codec"
done
"$top/tests/registry/layout" "$work/large" --layer large:40000000 --layer small >"$work/large.digest"

# distribution NAME PROGRAM: starts it over plain http; sets host.
distribution() {
    local i
    cat >"$1.yml" <<END
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/$1}, delete: {enabled: true}}
http: {addr: "127.0.0.1:0"}
END
    OTEL_TRACES_EXPORTER=none "$2" serve "$1.yml" >"$1.log" 2>&1 &
    background+=($!)
    disown
    for ((i = 0; i < 100; i++)); do
        host=$(sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' "$1.log" | head -n 1)
        [ -z "$host" ] || return 0
        sleep 0.1
    done
    cat "$1.log"
    return 1
}
# api: starts api_registry; sets host.
api() {
    local keep
    mkfifo api.in api.out
    api_registry <api.in >api.out &
    background+=($!)
    disown
    # shellcheck disable=SC2034 # it stays open
    exec {keep}>api.in
    read -r host <api.out
}

# shellcheck disable=SC2317 # by way of `ok`
same_blobs() { # A B: layouts with the same blobs, byte for byte
    diff -rq "$1/blobs" "$2/blobs"
}
both_ways() { # WHERE
    local where=$1 codec digest
    for codec in gzip zstd; do
        digest=$(manifest "$codec.oci")
        mk push "oci:$codec.oci" "$host/mkimage/$codec:1" --insecure "$host"
        is "$where: $codec pushed" "$out" "$host/mkimage/$codec@$digest"
        is "$where: crane's digest" "$(crane digest --insecure "$host/mkimage/$codec:1")" "$digest"
        ok "$where: oras pulls the manifest" oras manifest fetch --plain-http -o "$where-$codec.json" "$host/mkimage/$codec:1"
        ok "$where: byte for byte" cmp "$where-$codec.json" "$(blob "$codec.oci" "$digest")"
        ok "$where: crane copies it" crane copy --insecure "$host/mkimage/$codec:1" "$host/crane/$codec:1"
        mk pull "$host/crane/$codec:1" "oci:$where-$codec-crane" --insecure "$host"
        is "$where: crane's copy is pulled" "$out" "oci:$where-$codec-crane@$digest"
        ok "$where: byte for byte" same_blobs "$codec.oci" "$where-$codec-crane"
        ok "$where: oras copies it" oras copy --from-plain-http "$host/mkimage/$codec:1" \
            --to-oci-layout "$where-$codec-oras:1"
        ok "$where: byte for byte" same_blobs "$codec.oci" "$where-$codec-oras"
        ok "$where: oras pushes it" oras copy --from-oci-layout "$codec.oci@$digest" --to-plain-http "$host/oras/$codec:1"
        mk pull "$host/oras/$codec:1" "oci:$where-$codec-back" --insecure "$host"
        is "$where: oras' is pulled" "$out" "oci:$where-$codec-back@$digest"
        ok "$where: byte for byte" same_blobs "$codec.oci" "$where-$codec-back"
    done
    # crane knows no zstd
    ok "$where: crane validates" crane validate --insecure --platform linux/amd64 --remote "$host/mkimage/gzip:1"
    ok "$where: and for arm64" crane validate --insecure --platform linux/arm64 --remote "$host/mkimage/gzip:1"
    is "$where: crane reads the config" "$(crane config --insecure --platform linux/amd64 "$host/mkimage/gzip:1" | sha256sum)" \
        "$(config gzip.oci amd64 | sha256sum)"
    is "$where: crane reads the files" \
        "$(crane export --insecure --platform linux/amd64 "$host/mkimage/gzip:1" - | tar -t | sed 's,/$,,' | sort -u | sha256sum)" \
        "$(listing_names gzip.oci | sha256sum)"
    mk push oci:large "$host/mkimage/large:1" --insecure "$host"
    is "$where: in chunks" "$out" "$host/mkimage/large@$(cat large.digest)"
    ok "$where: crane validates it" crane validate --insecure --remote "$host/mkimage/large:1"
    ok "$where: crane pushes it" crane push --insecure large "$host/crane/large:1"
    mk pull "$host/crane/large:1" "oci:$where-large" --insecure "$host"
    is "$where: and it is pulled" "$out" "oci:$where-large@$(cat large.digest)"
    ok "$where: byte for byte" same_blobs large "$where-large"
    is "$where: tags as crane lists them" "$(mk tags "$host/mkimage/gzip" --insecure "$host"; echo "$out")" \
        "$(crane ls --insecure "$host/mkimage/gzip")"
}
listing_names() {
    local digest
    for digest in $(layers "$1" amd64); do
        layer "$1" "$digest" | tar -t | sed 's,/$,,'
    done | sort -u
}

# types: artifact types in order; go-containerregistry's list has the config's instead.
types() {
    jq -r '(.referrers // .manifests)[].artifactType | sub(".*\\."; "")' | sort | xargs
}
# notes WHERE TYPES: what refers to an image, pushed by one and seen by the other.
notes() {
    local where=$1 want="$2" digest note
    digest=$(manifest gzip.oci)
    note=$("$top/tests/registry/layout" "note-$where" --refers "$digest" "$where")
    mk push "oci:note-$where" "$host/mkimage/gzip@$note" --insecure "$host"
    fine "$where: a referrer is pushed"
    is "$where: oras discovers it" \
        "$(oras discover --plain-http --format json "$host/mkimage/gzip:1" | jq -r '.referrers[].digest')" "$note"
    echo "a file" >"file-$where"
    ok "$where: oras attaches one" oras attach --plain-http --artifact-type application/vnd.example.oras \
        --annotation org.example.text=oras "$host/mkimage/gzip:1" "file-$where"
    is "$where: both are seen by mkimage" \
        "$("$top/build/tests/tools/registry_referrers" "$host/mkimage/gzip@$digest" | types)" \
        "$want"
    is "$where: and by oras" "$(oras discover --plain-http --format json "$host/mkimage/gzip:1" | types)" \
        "$want"
}

# records WHERE: the record that build --push leaves, as oras finds it.
records() {
    local where=$1 digest record layer
    mk build gzip.conf --push "$host/record/gzip:1" --insecure "$host"
    is "$where: built and pushed" "$out" "$host/record/gzip@$(manifest gzip.oci)"
    digest=$(manifest gzip.oci)
    record=$(oras discover --plain-http --format json "$host/record/gzip:1" | jq -r '.referrers[].digest')
    oras manifest fetch --plain-http -o record.json "$host/record/gzip@$record"
    is "$where: oras discovers the record" "$(jq -r .artifactType record.json)" \
        application/vnd.mkimage.record.v1+json
    is "$where: whose subject is the image" "$(jq -r .subject.digest record.json)" "$digest"
    layer=$(jq -r '.layers[0].digest' record.json)
    is "$where: and reads it" \
        "$(oras blob fetch --plain-http -o - "$host/record/gzip@$layer" | jq -r '.name + " " + .image')" \
        "gzip $digest"
    mk update gzip.conf --push "$host/record" --insecure "$host" --dry-run
    fine "$where: update compares with it"
    ok "$where: oras copies the image and what refers to it" oras copy -r --from-plain-http --to-plain-http \
        "$host/record/gzip:1" "$host/copied/gzip:1"
    is "$where: the record is there, too" \
        "$(oras discover --plain-http --format json "$host/copied/gzip:1" | jq -r '.referrers[].digest')" "$record"
}

discovered() { # ORAS'S ARGUMENT...: the referrers that it lists
    oras discover --format json "$@" | jq -r '.referrers[].digest' | sort
}
# along WHERE: what oras attached and one copies into a layout is there for the other, and back.
along() {
    local where=$1 digest wanted
    digest=$(manifest gzip.oci)
    mk push oci:gzip.oci "$host/along/x:1" --insecure "$host"
    ok "$where: oras attaches a file" oras attach --plain-http --artifact-type application/vnd.example.oras \
        "$host/along/x:1" "file-$where"
    wanted=$(discovered --plain-http "$host/along/x:1")
    is "$where: a digest" "${#wanted}" 71
    mk pull "$host/along/x:1" "oci:$where-along" --insecure "$host"
    fine "$where: pulled with what refers to it"
    is "$where: oras discovers it there" "$(discovered --oci-layout "$where-along@$digest")" "$wanted"
    ok "$where: and copies it all" oras copy -r --from-oci-layout "$where-along@$digest" --to-plain-http \
        "$host/along/oras:1"
    is "$where: to the registry" "$(discovered --plain-http "$host/along/oras:1")" "$wanted"
    ok "$where: oras copies it all to a layout" oras copy -r --from-plain-http "$host/along/x:1" \
        --to-oci-layout "$where-orased:1"
    mk push "oci:$where-orased:1" "$host/along/mkimage:1" --insecure "$host"
    fine "$where: which is pushed"
    is "$where: with what refers to it" "$(discovered --plain-http "$host/along/mkimage:1")" "$wanted"
}

distribution two docker-registry || skip_all "docker-registry doesn't start"
both_ways two
notes two "oras two"
records two
along two
distribution three registry || skip_all "distribution 3 doesn't start"
both_ways three
notes three "oras three"
records three
along three
api
both_ways api
notes api "v1+json v1+json"
records api
along api
ok "by the referrers API" oras discover --plain-http --distribution-spec v1.1-referrers-api "$host/mkimage/gzip:1"
finish
