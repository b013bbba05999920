#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Nothing stands for "yes" or "any": a descriptor that was closed isn't taken by what is opened next,
# a digest of zeros names nothing, and the digest of a file is looked at wherever the file comes from.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export MKIMAGE_APT_ROOT=$work MKIMAGE_DATA=$top
"$top/tests/archive/make" "$work/a" >/dev/null
cat >r.conf <<END
source "debian" { keyring = "$work/a/archive.gpg" }
source "debian-security" { keyring = "$work/a/archive.gpg" }
packages = {"foo"}
END
build() { "$MKIMAGE" r.conf --mirror "file://$work/a/debian" --cache "$work/$1" --arch amd64 --quiet "${@:2}"; }

build cache -o oci:good.oci >good || fail "a build"
for fd in 0 1 2; do
    # A cold cache each time, so that all is opened that ever is.
    code=0
    case $fd in
    0) build cold0 -o oci:r0.oci <&- >said 2>said.err || code=$? ;;
    1) build cold1 -o oci:r1.oci >&- 2>said.err || code=$? ;;
    2) build cold2 -o oci:r2.oci >said 2>&- || code=$? ;;
    esac
    if [ "$fd" = 1 ]; then
        is "without standard output there is no result" "$code" 1
        like "which is said" "$(cat said.err)" 'stdout: Bad file descriptor'
    else
        is "descriptor $fd is closed: exit code" "$code" 0
        is "descriptor $fd is closed: the result" "$(sed "s/r$fd/good/" said)" "$(cat good)"
    fi
done
is "nothing was written to the layouts" "$(find r?.oci -type f -print0 | sort -z | xargs -0 sha256sum | sed 's/r..oci//' |
    sort | uniq -c | awk '$1 != 3' | wc -l)" 0
code=0
"$MKIMAGE" --version >&- 2>/dev/null || code=$?
is "--version that nobody can read" "$code" 1
code=0
"$MKIMAGE" inspect oci-archive:- <&- >said 2>said.err || code=$?
is "an archive from a standard input that is closed" "$code" 1

zeros=sha256:$(printf '0%.0s' {1..64})
mk inspect "oci:good.oci@$zeros"
refused "a digest of zeros is none" 2 "isn't a digest"
mkdir zero
cp -r good.oci/. zero
manifest=$(jq -r '.manifests[0].digest' zero/index.json)
config=$(jq -r .config.digest "zero/blobs/sha256/${manifest#sha256:}")
changed_blob() { # FILTER FILE: changed, put into the layout under its new digest
    jq -cj "$1" "$2" >changed
    put=$(sha256sum changed | cut -d' ' -f1)
    size=$(stat -c %s changed)
    mv changed "zero/blobs/sha256/$put"
}
changed_blob ".rootfs.diff_ids |= map(\"$zeros\")" "zero/blobs/sha256/${config#sha256:}"
changed_blob ".config.digest = \"sha256:$put\" | .config.size = $size" "zero/blobs/sha256/${manifest#sha256:}"
jq -c ".manifests[0].digest = \"sha256:$put\" | .manifests[0].size = $size" zero/index.json >changed
mv changed zero/index.json
mk audit oci:zero
refused "diff_ids of zeros" 1 'diff_id'

echo content >own
add() { printf 'file "/own" { source = "own" sha256 = "%s" }\n' "$1" | cat r.conf - >own.conf; }
own() { mk own.conf --mirror "file://$work/a/debian" --cache "$work/cache" --arch amd64 --quiet -o oci:own.oci; }
add "$(sha256sum own | cut -d' ' -f1)"
own
fine "a file with its digest"
echo more >>own
own
refused "a file that has changed since" 1 'own has the digest'
finish
