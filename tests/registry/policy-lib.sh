# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of `mkimage update` under a registry's policies share, on top of
# tests/registry/lib.sh; sourced at the top of the source tree:
#
#     policy_start                the archives old (foo 1:1.1-1), again (the same, signed a day later),
#                                 new (1:1.1-2), newer (1:1.1-3), and back (old's packages, the latest
#                                 signature: a mirror that lags behind under an archive's key)
#     published ARCHIVE...        a registry of its own, to which these were published one after the
#                                 other, without a policy; registry_options are given to it
#     hide HOW                    off, prevent, trust, or signed (trust, and what "1" names is signed)
#     knowing WHAT                memory (what the machine has kept stays), right (it doesn't, but the
#                                 robot has artifact:read), nothing
#     update CODE ARCHIVE [OPTION...]   ends with this code; what it says is in $work/update.err
#
# Names of this repository are foo; digest, record and tags look past each policy.

# shellcheck source=tests/registry/lib.sh
. tests/registry/lib.sh

now=$(date +%s)
registry_options=(--referrers --harbor-api)
arches='"amd64"'
types=application/vnd.oci.image.index.v1+json,application/vnd.oci.image.manifest.v1+json

policy_start() {
    mkdir "$work/apt"
    export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_DATA=$PWD PYTHONDONTWRITEBYTECODE=1
    archive old --date $((now - 3 * 86400))
    archive again --date $((now - 2 * 86400))
    archive new --set foo=1:1.1-2 --date $((now - 86400))
    archive newer --set foo=1:1.1-3 --date $((now - 3600))
    archive back --date $((now - 1800))
}

archive() { # NAME OPTION...: all are signed by one key
    mkdir -p "$work/$1"
    [ "$1" = old ] || cp "$work"/old/*.gpg "$work/old/secret.asc" "$work/$1/"
    tests/archive/make "$work/$1" "${@:2}"
}

checkout() { # [LINE...]: the recipe, with these lines, without a lock
    rm -rf "$work/r"
    mkdir "$work/r"
    {
        echo "source \"debian\" { keyring = \"$work/old/archive.gpg\" }"
        echo "source \"debian-security\" { keyring = \"$work/old/archive.gpg\" }"
        echo 'packages = {"foo"}'
        echo "arch = {$arches}"
        echo 'tags = {"1", "stable", "{date}"}'
        printf '%s\n' "$@"
    } >"$work/r/foo.conf"
}

published() {
    local name
    rm -rf "$work/cache" "$work/log"
    faulty_start "${registry_options[@]}"
    [ ! -e "$work/r" ] || mv "$work/r" "$work/r.before"
    checkout
    rm -rf "$work/r.before"
    for name; do
        update 0 "$name" || return 1
    done
    : >"$work/log"
}

update() {
    local want=$1 code=0
    MKIMAGE_MIRROR=file://$work/$2/debian mk update "$work/r/foo.conf" --push "$faulty/base" "${options[@]}" \
        "${@:3}" >"$work/out" || code=$?
    cp "$work/err" "$work/update.err"
    [ "$code" = "$want" ] || { echo "exit code $code instead of $want"; return 1; }
}

said() { # TEXT...: the newest update said all of these
    local text
    for text; do
        grep -qF -- "$text" "$work/update.err" || { echo "it didn't say: $text"; return 1; }
    done
}
# What it has to say where something stays unknown.
says_ways_out() { said "artifact:read" "cache" "--accept foo@"; }

sign() { # DIGEST: by cosign's bundle
    tests/registry/layout "$work/signature" --refers "$1" "signs-$1" \
        --type application/vnd.dev.sigstore.bundle.v0.3+json >"$work/signature.digest"
    mk push "oci:$work/signature" "$faulty/base/foo@$(<"$work/signature.digest")" "${options[@]}" >/dev/null
    rm -r "$work/signature"
}

hide() {
    case $1 in
    off) ;;
    prevent) policy base prevent=high ;;
    trust) policy base trust=cosign ;;
    signed) sign "$(digest 1)" && policy base trust=cosign ;;
    *) return 1 ;;
    esac
}

knowing() {
    [ "$1" = memory ] || rm -rf "$work/cache" "$work/r/foo.lock"
    [ "$1" != right ] || policy base rights=artifact:read
}

# blind HOW WHAT: whether neither registry nor machine tells what the tags name.
blind() { [[ $1 = prevent || $1 = trust ]] && [ "$2" = nothing ]; }

# Past each policy: by the name of a signer, who may see all. For tests alone.
see() { curl -s -A cosign -H "Accept: $types" "http://$faulty/v2/base/foo/$1" "${@:2}"; }
digest() { see "manifests/$1" -I | sed -nE 's/^docker-content-digest: ([^\r]*)\r?$/\1/Ip'; }
tags() { see tags/list | jq -r '.tags[]' | grep -v '^sha256-' | sort | xargs; }
records() { # DIGEST: of the manifests of its records
    see "referrers/$1" | jq -r '.manifests[] | select(.artifactType == "application/vnd.mkimage.record.v1+json").digest'
}
record() { # DIGEST: the record beside this image
    see "blobs/$(see "manifests/$(records "$1" | tail -n 1)" | jq -r '.layers[0].digest')"
}
replaced() { record "$1" | jq -r .replaced; }
puts() { # how often a tag was written, or tried to be
    grep -E '^PUT /v2/base/foo/manifests/' "$work/log" | grep -vc 'manifests/sha256' || :
}
field() { jq -r "$1" "$work/report.json"; }
