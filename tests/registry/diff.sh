#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage diff over Debian's docker-registry: with the records that builds leave, without them, and
# with one on one side; a record says of an image what its layers do; what can't be used or read.

set -euo pipefail
. tests/registry/lib.sh
registry_start
echo secret | mk login "$host" -u alice --password-stdin --ca-file "$work/ca.pem"
mkdir "$work/apt"
export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_MIRROR=file://$work/archive/debian MKIMAGE_DATA=$PWD
export PYTHONDONTWRITEBYTECODE=1

recipe() { # NAME VERSION PACKAGES [LINE...]
    {
        echo "source \"debian\" { keyring = \"$work/archive/archive.gpg\" }"
        echo "source \"debian-security\" { keyring = \"$work/archive/archive.gpg\" }"
        echo "packages = {$3}"
        echo "tags = {\"$2\"}"
        printf '%s\n' "${@:4}"
    } >"$work/$1.conf"
}
build() { mk "$work/$1.conf" --push "$host/base/" -o "oci:$work/$1.oci" "${options[@]}" "${@:2}"; }
differ() { mk diff "$@" "${options[@]}" >"$work/out"; }
json() { jq -c "$@" "$work/out"; }
is() {
    [ "$1" = "$2" ] || {
        printf 'got:    %s\nwanted: %s\n' "$1" "$2"
        return 1
    }
}

layer_digests() { # LAYOUT
    local index manifest
    index=$1/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$1/index.json")
    for manifest in $(jq -r '.manifests[].digest[7:]' "$index"); do
        jq -r '.layers[].digest' "$1/blobs/sha256/$manifest"
    done
}

# ---- a record says what layers do ----------------------------------------------------------------

tests/archive/make "$work/archive"
recipe odd 1 '"hardlinks", "long-names", "suid-tool", "suid-hardlink", "conf-app", "run-files",
    "old-layout", "debhelped", "tzdata", "sysusers-app", "libfoo1", "base-files"' \
    'arch = {"amd64", "arm64"}'
check "an image with all kinds of files" build odd
check "beside its layers" differ "docker://$host/base/odd:1" "oci:$work/odd.oci"
check "says that one has no record" says "oci:$work/odd.oci has no record: maintainer scripts and"
check "is the same" is "$(tail -n +3 "$work/out")" "no difference"
check "and by its own layers" differ --layers "docker://$host/base/odd:1" "oci:$work/odd.oci"
check "is the same too" is "$(tail -n +3 "$work/out")" "no difference"
requests_mark
check "by its own record" differ "docker://$host/base/odd:1" "docker://$host/base/odd:1" --format json
check "it is what it is" is "$(json '[.same, (.architectures | keys)]')" '[true,["amd64","arm64"]]'
check "no layer is read" is "$(tail -n "+$((mark + 1))" "$work/requests" |
    grep -cFf <(layer_digests "$work/odd.oci") || :)" 0
check "that is how it is seen" differ --layers "docker://$host/base/odd:1" \
    "docker://$host/base/odd:1" --arch arm64
check "when one is" test "$(tail -n "+$((mark + 1))" "$work/requests" |
    grep -cFf <(layer_digests "$work/odd.oci"))" -gt 0

# ---- two states with records ---------------------------------------------------------------------

recipe x 1 '"foo", "debhelped"' 'config { cmd = {"/usr/bin/foo"} }'
check "yesterday's image" build x --arch amd64,arm64
cp -r "$work/x.oci" "$work/x-1.oci"
tests/archive/make "$work/archive" --set foo=1:1.2-1
rm "$work/x.lock"
recipe x 2 '"foo", "suid-tool"' 'config { cmd = {"/usr/bin/foo", "-b"} }'
check "today's" build x --arch amd64,arm64
check "how they differ" differ "docker://$host/base/x:1" "docker://$host/base/x:2" --format json
check "packages" is "$(json '.architectures.amd64.packages | map([.name, .change])')" \
    '[["debhelped","removed"],["foo","upgraded"],["suid-tool","added"]]'
check "maintainer scripts" is "$(json '.architectures.arm64.scripts | map([.package, .script, .change])')" \
    '[["debhelped","postinst","removed"]]'
check "findings" is "$(json '.architectures.arm64.findings | map(select(.rule == "FS-SUID")) |
    map([.change, .path]) | sort')" '[["new","usr/bin/sgid-shadow"],["new","usr/bin/suid-real"]]'
check "config" is "$(json '.architectures.amd64.config.Cmd')" '{"from":["/usr/bin/foo"],"to":["/usr/bin/foo","-b"]}'
json '.architectures | map_values([.packages, .files, .config, .size])' >"$work/records"
check "the same by the layers" differ --layers "docker://$host/base/x:1" "docker://$host/base/x:2" \
    --format json
check "but scripts and findings" is \
    "$(json '.architectures | map_values([.packages, .files, .config, .size])') $(json \
        '.architectures.amd64 | [.scripts, .findings]')" "$(<"$work/records") [[],[]]"
check "one architecture" differ "docker://$host/base/x:1" "docker://$host/base/x:2" --arch arm64
check "is it alone" is "$(grep -cE '^    ~ arm64: packed' "$work/out") $(grep -c amd64 "$work/out" || :)" "1 0"
check "a local image and a published one" differ "oci:$work/x-1.oci" "docker://$host/base/x:2"
check "without what only one tells" is "$(grep -cE 'Maintainer|Hardening' "$work/out" || :)" 0
check "exit code" is "$(differ --exit-code "oci:$work/x-1.oci" "docker://$host/base/x:1" &&
    { differ --exit-code "oci:$work/x-1.oci" "docker://$host/base/x:2" || echo $?; })" 1

# ---- what can't be read --------------------------------------------------------------------------

check "an architecture that isn't there" refuses "base/x:1: holds no image for s390x" diff \
    "docker://$host/base/x:1" "oci:$work/x.oci" --arch s390x "${options[@]}"
check "no such tag" refuses "base/x:3" diff "docker://$host/base/x:3" "oci:$work/x.oci" "${options[@]}"

# The bytes of a record that the registry has lost.
digest=$(jq -r '.manifests[0].digest' "$work/x.oci/index.json")
blobs=$work/registry/docker/registry/v2/blobs/sha256
fallback=$(<"$work/registry/docker/registry/v2/repositories/base/x/_manifests/tags/${digest/:/-}/current/link")
of() { echo "$blobs/$(cut -c 8-9 <<<"$1")/${1#sha256:}/data"; }
record=$(jq -r '.manifests[0].digest' "$(of "$fallback")")
layer=$(jq -r '.layers[0].digest' "$(of "$record")")
echo '{"format": 9}' >"$(of "$layer")"
rm -rf "$work/cache"
check "a damaged record" differ "docker://$host/base/x:1" "docker://$host/base/x:2" --format json
check "is told" says "can't be used"
check "and layers serve" is \
    "$(json '.architectures | map_values([.packages, .files, .config, .size])')" "$(<"$work/records")"
done_testing
