#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# CFG-TRUST of an image in a registry: what refers to it by its subject, by cosign's tags, and beside
# it in its index. Where nothing can be known, nothing is said.

set -euo pipefail
. tests/registry/lib.sh
one=$(tests/registry/layout "$work/one" --layer a)
hex=${one#sha256:}

make() { # NAME DIGEST OPTION...: a manifest that refers to an image
    tests/registry/layout "$work/$1" --refers "$2" "$1" "${@:3}"
}
push() { mk push "oci:$work/$1" "$2" "${options[@]}"; }
missing() { # [LOCATION]: what it says isn't there, a word each
    mk audit "${1:-docker://$faulty/base/x:1}" "${options[@]:0:2}" --format json |
        jq -r '.images[].findings[] | select(.rule == "CFG-TRUST") | .text' |
        sed -n 's/^there is no //p' | xargs
}
lacks() { test "$(missing)" = "$*"; }

slsa=https://slsa.dev/provenance/v1
spdx=https://spdx.dev/Document
bundle=application/vnd.dev.sigstore.bundle.v0.3+json
make sig - --media application/vnd.dev.cosign.simplesigning.v1+json >"$work/out"
make att - --media application/vnd.dsse.envelope.v1+json --states "$slsa" >"$work/out"
notation=$(make notation "$one" --type application/vnd.cncf.notary.signature)
built=$(make built "$one" --type application/vnd.in-toto+json --states "$slsa")
listed=$(make listed "$one" --type application/spdx+json)
harbor=$(make harbor "$one" --type application/vnd.goharbor.harbor.sbom.v1)
signed=$(make signed "$one" --type "$bundle" --states https://sigstore.dev/cosign/sign/v1)
other=$(make other "$one" --type application/vnd.example.text --states https://example.org/x)

check "an archive can't say, and isn't blamed" test -z "$(missing "oci:$work/one")"
for how in "" --referrers; do
    faulty_start ${how:+"$how"} --log "$work/log"
    check "push ($how)" push one "$faulty/base/x:1"
    check "nothing refers to it" lacks SBOM provenance signature
    check "what is none of them" push other "$faulty/base/x@$other"
    check "counts for nothing" lacks SBOM provenance signature
    check "notation's signature" push notation "$faulty/base/x@$notation"
    check "is seen" lacks SBOM provenance
    check "an SBOM" push listed "$faulty/base/x@$listed"
    check "is seen" lacks provenance
    check "what it was built by" push built "$faulty/base/x@$built"
    check "is seen: nothing is missing" lacks
done

faulty_start
push one "$faulty/base/x:1" >"$work/out"
check "cosign's tags" push sig "$faulty/base/x:sha256-$hex.sig"
check "are seen" lacks SBOM provenance
check "its attestations" push att "$faulty/base/x:sha256-$hex.att"
check "are seen" lacks SBOM
check "an image under such a tag" push one "$faulty/base/x:sha256-$hex.sbom"
check "is no SBOM" lacks SBOM
check "Harbor's own SBOM" push harbor "$faulty/base/x@$harbor"
check "is one" lacks
check "another image has none of it" push other "$faulty/base/y:1"
faulty_start
push one "$faulty/base/x:1" >"$work/out"
check "a bundle of sigstore" push signed "$faulty/base/x@$signed"
check "is a signature if it says so" lacks SBOM provenance

# In the index, as BuildKit does it; what is said of another image doesn't count.
tests/registry/layout "$work/pair" --arch amd64,arm64 --attest "$spdx" >"$work/out"
faulty_start
check "an index with an attestation" push pair "$faulty/base/x:1"
check "of one of its images" test "$(missing | tr ' ' '\n' | sort | uniq -c | awk '{print $1 $2}' | xargs)" = \
    "1SBOM 2provenance 2signature"

faulty_start 'GET */referrers/*=status:403'
check "push" push one "$faulty/base/x:1"
check "who may not ask doesn't know" test -z "$(missing)"
check "and says so" says "what refers to the image isn't known"
done_testing
