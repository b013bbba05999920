#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Images in the forms that builders, engines and tools give them (image_forms.py): each is read as
# engines read it, skopeo is asked for its opinion where it has one, and audit, inspect, diff and
# copy judge and take what is there.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

here=$top/tests/cli
PYTHONPATH=$here python3 "$here/image_forms.py" "$PWD/forms" || exit 1
cd forms || exit 1
need skopeo umoci

# file LOCATION ARGUMENT...: what /etc/form says, by a copy that umoci unpacks
file() {
    local from=$1
    shift
    rm -rf ../copy ../tree
    mk copy "$from" oci:../copy:x "$@"
    [ "$code" = 0 ] || return 1
    extract ../copy:x ../tree >/dev/null 2>&1 || return 1
    cat ../tree/etc/form ../tree/rootfs/etc/form 2>/dev/null
}

judged() { # NAME LOCATION ARGUMENT...: platforms that audit judges
    local name=$1
    shift
    mk audit "$@" --format json
    fine "$name is judged"
}
platforms() { jq -c '[.images[].platform]' "$work/.out"; }
rules() { jq -r '.images[].findings[].rule' "$work/.out" | sort -u; }

# skopeo LOCATION ARCH: "os/arch" as skopeo has it
skopeo_says() { skopeo --override-arch "$2" inspect "$1" | jq -r '.Os + "/" + .Architecture'; }

# ---- an index with a child for Windows ----

judged "what is for Linux" oci:windows
is "both of it" "$(platforms)" '["linux/amd64","linux/arm64/v8"]'
is "what is left out" "$(jq -c .left_out "$work/.out")" '["windows/amd64"]'
like "and a warning of it" "$err" "not judged: windows/amd64"
judged "one architecture" oci:windows --arch amd64
is "that of Linux" "$(platforms)" '["linux/amd64"]'
is "without a word of others" "$err" ""
is "a copy for amd64 is Linux's" "$(file oci:windows --arch amd64)" amd64
is "one manifest" "$(jq -r '.manifests[0].mediaType' ../copy/index.json)" \
    application/vnd.oci.image.manifest.v1+json
is "as skopeo chooses" "$(skopeo_says oci:windows amd64)" linux/amd64
mk copy oci:windows oci:../x --arch s390x
refused "one that isn't there" 1 "holds no image for s390x" "it has amd64, arm64, windows/amd64"

# ---- an index that names more than there is ----

judged "what is there" oci:sparse
is "that" "$(platforms)" '["linux/amd64"]'
like "and what isn't" "$(jq -c .left_out "$work/.out")" '^\["linux/arm64/v8 \(sha256:[0-9a-f]{64}\), which'
is "a copy of it" "$(file oci:sparse --arch amd64)" amd64
is "as skopeo reads it" "$(skopeo_says oci:sparse:latest amd64)" linux/amd64
mk copy oci:sparse oci:../x
refused "the whole of it" 1 "No such file" "names an image for arm64 that isn't here" "--arch"
mk audit oci:sparse --arch arm64
refused "what isn't there" 1 "holds no image for arm64" "not there: linux/arm64/v8 \(sha256:"
mk inspect oci:sparse
fine "inspect"
like "tells of it" "$out" "not there +linux/arm64/v8 \(sha256:"
like "and the names" "$out" "docker.io/library/s:latest"
mk diff oci:sparse oci:sparse
refused "a comparison of what isn't there" 1 "isn't there: linux/arm64" "--arch"
mk diff oci:sparse oci:sparse --arch amd64
fine "and of what is"
is "by its whole name" "$(file oci:sparse:docker.io/library/s:latest --arch amd64)" amd64

# ---- an index and configs that disagree ----

judged "both" oci:mismatch
is "by the index" "$(platforms)" '["linux/amd64","linux/arm64/v8"]'
is "a finding" "$(jq -r '.images[1].findings[] | select(.rule == "CFG-PLATFORM") | .text' "$work/.out")" \
    "the index calls it linux/arm64/v8, its config linux/amd64"
is "of the one" "$(jq -r '.images[0].findings[] | select(.rule == "CFG-PLATFORM") | .text' "$work/.out")" ""
judged "arm64" oci:mismatch --arch arm64
is "as the index has it" "$(platforms)" '["linux/arm64/v8"]'
is "copy agrees" "$(file oci:mismatch --arch arm64)" arm64
mk diff oci:mismatch oci:mismatch
fine "it differs from itself"
is "in nothing" "$(head -n 1 "$work/.out" | grep -c differ)" 0
mk inspect oci:mismatch
like "inspect says it" "$out" "config for +linux/amd64, unlike its index"

# ---- what stands beside an image ----

judged "an attested image" oci:attested
is "alone" "$(platforms)" '["linux/amd64"]'
mk copy oci:attested oci:../whole
fine "its copy"
is "has the statement" "$(find ../whole/blobs/sha256 -type f | wc -l)" \
    "$(find attested/blobs/sha256 -type f | wc -l)"
judged "an image that cosign saved" oci:cosign-save
is "without its signature" "$(platforms)" '["linux/amd64"]'
is "and copied as one" "$(file oci:cosign-save)" amd64

# ---- names ----

mk copy oci:names oci:../x
refused "several images" 2 "holds 2 images" "it holds 1.0, 2.0; name one behind it"
is "one by its first name" "$(file oci:names:1.0)" amd64
is "by its second" "$(file oci:names:latest)" amd64
is "the other one" "$(file oci:names:2.0)" other
is "as skopeo has it" "$(skopeo inspect --raw oci:names:2.0 | sha256sum | cut -d' ' -f1)" \
    "$(jq -r '.manifests[2].digest[7:]' names/index.json)"
mk audit oci:names:3.0
refused "none of that name" 1 "holds no image named 3.0" "it holds 1.0, latest, 2.0"
mk inspect oci:names --format json
is "inspect lists them" "$(jq -c '[.images[].names]' "$work/.out")" '[["1.0","latest"],["2.0"]]'
mk copy oci:docker-names:latest oci:../x
refused "two of one tag" 2 "holds 2 images named latest" "docker.io/library/a:latest"
is "by their names" "$(file oci:docker-names:docker.io/library/b:latest)" b

# ---- documents with less in them ----

for form in no-os blank-os; do
    judged "$form" "oci:$form"
    is "as Linux" "$(platforms)" '["linux/amd64"]'
    like "with a note" "$(rules)" "CFG-PLATFORM"
    is "of no weight" "$(jq -r '.images[0].findings[] | select(.rule == "CFG-PLATFORM") | .severity' "$work/.out")" info
    is "and copied" "$(file "oci:$form")" amd64
done
judged "null for nothing" oci:null
is "as skopeo takes it" "$(skopeo_says oci:null amd64)" linux/amd64
is "and copied" "$(file oci:null)" amd64
judged "no layers at all" oci:null-layers
is "as skopeo takes it" "$(skopeo_says oci:null-layers amd64)" linux/amd64
mk diff oci:no-config oci:least-config
fine "empty and absent"
like "are one" "$out" "no difference"

# ---- archives of docker save ----

for form in jib misnamed; do
    judged "$form.tar" "docker-archive:$form.tar"
    is "is one image" "$(platforms)" '["linux/amd64"]'
    is "as skopeo has it" "$(skopeo_says "docker-archive:$form.tar" amd64)" linux/amd64
    is "by its name" "$(file "docker-archive:$form.tar:team/app:1")" amd64
    mk inspect "docker-archive:$form.tar:other:1"
    refused "not by another" 1 "holds no image named other:1" "it holds team/app:1"
done
finish
