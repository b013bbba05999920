#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What refers to an image: by the registry's own list where it has one, and by the fallback tag, which
# the client keeps, where it hasn't (Debian's docker-registry, and the faulty one unless told).

set -euo pipefail
. tests/registry/lib.sh
tool=${MKIMAGE_REFERRERS:-build/tests/tools/registry_referrers}
[ -x "$tool" ] || { echo "SKIP: $tool isn't built"; exit 77; }
one=$(tests/registry/layout "$work/one" --layer a)
first=$(tests/registry/layout "$work/first" --refers "$one" first)
second=$(tests/registry/layout "$work/second" --refers "$one" second)
fallback=sha256-${one#sha256:}

push() { mk push "oci:$work/$1" "$2" "${options[@]}"; }
notes() { # HOST: pushes the image and what refers to it, by digest
    push one "$1/base/x:1" && push first "$1/base/x@$first" && push second "$1/base/x@$second" &&
        push second "$1/base/x:note"
}
list() { # [TYPE]: digest, type and annotation of each
    "$tool" "$faulty/base/x@$one" "$@" 2>"$work/err" |
        jq -r '.manifests[] | "\(.digest) \(.artifactType) \(.annotations["org.example.text"])"' | sort
}
both() {
    test "$(list)" = "$(printf '%s\n' "$first application/vnd.example.first first" \
        "$second application/vnd.example.second second" | sort)"
}
fails() { # TEXT
    ! "$tool" "$faulty/base/x@$one" >"$work/out" 2>"$work/err" && says "$1" && test ! -s "$work/out"
}

# ---- Debian's registry, which has no list
registry_start
mkdir -p "$HOME/.docker"
printf '{"auths":{"%s":{"auth":"YWxpY2U6c2VjcmV0"}}}' "$host" >"$HOME/.docker/config.json"
check "what refers to an image is pushed" notes "$host"
kept() {
    mk inspect "docker://$host/base/x:$fallback" "${options[@]:0:2}" >/dev/null || :
    SSL_CERT_FILE=$work/ca.pem skopeo inspect --raw --creds alice:secret "docker://$host/base/x:$fallback" \
        >"$work/index"
}
check "the fallback tag is there" kept
check "is an index" test "$(jq -r .mediaType "$work/index")" = application/vnd.oci.image.index.v1+json
check "with each once" test "$(jq -r '.manifests[].digest' "$work/index" | sort | xargs)" = \
    "$(printf '%s\n' "$first" "$second" | sort | xargs)"
check "with type and annotations" test "$(jq -c '.manifests[] | select(.annotations["org.example.text"] ==
    "first") | [.artifactType, .mediaType]' "$work/index")" = \
    '["application/vnd.example.first","application/vnd.oci.image.manifest.v1+json"]'
requests_mark
check "once more" push first "$host/base/x@$first"
check "changes nothing" test "$(requests PUT)" = 0

# ---- the same without TLS, read back
faulty_start --log "$work/log"
check "nothing refers to what isn't there" test -z "$(list)"
check "by fallback" notes "$faulty"
check "both are listed" both
check "by that tag" grep -q "^GET /v2/base/x/manifests/$fallback 200" "$work/log"
check "of one type" test "$(list application/vnd.example.second)" = \
    "$second application/vnd.example.second second"
check "of a type that isn't there" test -z "$(list application/vnd.example.third)"

# ---- a registry with the list
: >"$work/log"
faulty_start --log "$work/log" --referrers
check "by the list" notes "$faulty"
check "no tag is kept" test "$(grep -c "$fallback" "$work/log" || :)" = 0
check "both are listed" both
check "by the registry" grep -q "^GET /v2/base/x/referrers/$one 200" "$work/log"
check "of one type" test "$(list application/vnd.example.first)" = \
    "$first application/vnd.example.first first"

# ---- a list in pages
: >"$work/log"
faulty_start --log "$work/log" --referrers --pages 1
check "in pages" notes "$faulty"
check "all of them are listed" both
check "one after the other" test "$(grep -c "^GET /v2/base/x/referrers/$one?from=1 200" "$work/log")" = 1

# ---- lists that aren't
odd_list() { # TEXT RULE
    faulty_start --referrers "$2"
    fails "$1"
}
check "a list that isn't JSON" odd_list "referrers/$one" "GET */referrers/*=body:["
check "a manifest instead of a list" odd_list "" \
    'GET */referrers/*=body:{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}'
check "a list of 8 MiB" odd_list "more than 4194304 bytes" "GET */referrers/*=huge:8"
check "a list that is away for good is no empty list" odd_list "HTTP 403" "GET */referrers/*=status:403"
faulty_start "GET */referrers/*=header:Content-Type:text/html"
check "a page for people" notes "$faulty"
check "is no list: the tag is" both
check "a list that never ends" odd_list "doesn't come to an end" \
    "GET */referrers/*=header:Link:</v2/base/x/referrers/$one?from=1>; rel=\"next\""
faulty_start
check "push" push one "$faulty/base/x:1"
check "an image under the fallback tag" push one "$faulty/base/x:$fallback"
check "isn't a list" fails "index"
refused() { refuses "keeping the tag" push "oci:$work/first" "$faulty/base/x@$first" "${options[@]}"; }
check "nor overwritten" refused
faulty_start "PUT */manifests/$fallback=status:403"
check "push" push one "$faulty/base/x:1"
check "a fallback tag that can't be kept is an error" refuses "HTTP 403" \
    push "oci:$work/first" "$faulty/base/x@$first" "${options[@]}"
done_testing
