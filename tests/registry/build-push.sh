#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage build --push against Debian's docker-registry, from the test archive: names and prefixes,
# tags with versions, dates and digests, architectures, what is pushed again and what isn't, and what
# it leaves behind when it can't.

set -euo pipefail
. tests/registry/lib.sh
registry_start
echo secret | mk login "$host" -u alice --password-stdin --ca-file "$work/ca.pem"
top=$PWD
mkdir "$work/apt" "$work/r" "$work/place"
export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_MIRROR=file://$work/archive/debian MKIMAGE_DATA=$top
export PYTHONDONTWRITEBYTECODE=1
now=$(date +%s)
day=$(date -u -d "@$((now - 7200))" +%Y%m%d)
archive() { tests/archive/make "$work/archive" "$@"; }
archive --date $((now - 7200))
mkimage=$(realpath "$mkimage")

recipe() { # NAME LINE...
    local name=$1
    shift
    {
        echo "source \"debian\" { keyring = \"$work/archive/archive.gpg\" }"
        echo "source \"debian-security\" { keyring = \"$work/archive/archive.gpg\" }"
        printf '%s\n' "$@"
    } >"$work/r/$name.conf"
}
build() { # RECIPE... OPTION...: in a directory where nothing else is
    (cd "$work/place" && mk build "$@" "${options[@]}" >"$work/out.txt")
}
digest() { mk inspect "docker://$host/$1" "${options[@]:0:2}" --format json | jq -r .digest; }
tags() { mk tags "$host/$1" "${options[@]:0:2}" | grep -v '^sha256-' | sort | xargs; }
printed() { test "$(cat "$work/out.txt")" = "$1"; }

recipe foo 'packages = {"foo"}' 'arch = {"amd64"}' 'tags = {"1", "{version:foo}", "{date}", "d-{digest}"}'
recipe two 'packages = {"hello"}' 'arch = {"amd64", "arm64"}' 'name = "second"' 'tags = {"1"}'
recipe bare 'packages = {"hello"}' 'arch = {"amd64"}'
recipe dated 'packages = {"foo"}' 'arch = {"amd64", "arm64"}' 'tags = {"1", "{date}"}'
recipe mixed 'packages = {"foo", "libfoo1"}' 'arch = {"amd64"}' 'tags = {"{version:none}"}'

# ---- one recipe
check "a recipe" build "$work/r/foo.conf" --push "$host/base/foo"
d=$(digest base/foo:1)
check "prints the name and its digest" printed "$host/base/foo@$d"
check "under all its tags" test "$(tags base/foo)" = "$(printf '%s\n' 1 1.1 "$day" "d-${d:7:12}" | sort | xargs)"
check "each is the same image" test "$(digest base/foo:1.1) $(digest "base/foo:$day")" = "$d $d"
check "and no layout is left here" test -z "$(ls "$work/place")"
check "the record is beside it" mk inspect "docker://$host/base/foo:1" "${options[@]:0:2}"
requests_mark
check "again" build "$work/r/foo.conf" --push "$host/base/foo"
check "is one request a tag" test "$(requests HEAD base/foo/manifests) $(requests POST) $(requests PUT)" = "4 0 0"
check "pulled, it is the image that a build writes" mk pull "$host/base/foo:1" "oci:$work/pulled" --no-referrers "${options[@]:0:2}" --cache "$work/c2"
check "written" build "$work/r/foo.conf" -o "oci:$work/written"
same() { diff -rq "$work/pulled/blobs" "$work/written/blobs"; }
check "byte for byte" same
check "its record comes with it" mk pull "$host/base/foo:1" "oci:$work/whole" "${options[@]:0:2}" --cache "$work/c2"
recorded() { # below the name that the registry's own tag has
    local at
    at=$(jq -r '.manifests[] | select(.annotations).digest' "$work/whole/index.json")
    jq -r '.manifests[].artifactType' "$work/whole/blobs/sha256/${at#sha256:}"
}
check "beside it" test "$(recorded)" = application/vnd.mkimage.record.v1+json
check "a tag of one's own in place of the recipe's" build "$work/r/foo.conf" --push "$host/base/own:x"
check "is the only one" test "$(tags base/own)" = x
check "pushed and written at once" build "$work/r/foo.conf" --push "$host/base/foo" -o "oci:$work/both"
check "both have the digest" test "$(jq -r '.manifests[0].digest' "$work/both/index.json")" = "$d"

# ---- several
check "several, below a prefix" build "$work/r/foo.conf" "$work/r/two.conf" --push "$host/many"
check "by their names" test "$(tags many/foo | wc -w) $(tags many/second)" = "4 1"
check "of two architectures" test "$(mk inspect "docker://$host/many/second:1" "${options[@]:0:2}" --format json |
    jq -c '[.images[].architecture] | sort')" = '["amd64","arm64"]'
check "a slash makes a prefix of one" build "$work/r/two.conf" --push "$host/slash/"
check "too" test "$(tags slash/second)" = 1
check "architectures under tags of their own" build "$work/r/two.conf" --push "$host/archs/" --arch-tags
check "beside the index" test "$(tags archs/second)" = "1 1-amd64 1-arm64"
check "one architecture" build "$work/r/two.conf" --push "$host/amd/" --arch amd64
check "is a manifest" test "$(mk inspect "docker://$host/amd/second:1" "${options[@]:0:2}" --format json |
    jq '.images | length')" = 1
check "without tags" build "$work/r/bare.conf" --push "$host/base/bare"
check "it is latest" test "$(tags base/bare)" = latest
check "JSON" build "$work/r/foo.conf" --push "$host/base/foo" --format json
check "tells name, digest and tags" test "$(jq -c '[.name, .digest, .unchanged, (.tags | length)]' "$work/out.txt")" = \
    "[\"$host/base/foo\",\"$d\",true,4]"
check "verified" build "$work/r/foo.conf" --push "$host/base/foo" --verify

check "architectures of a date" build "$work/r/dated.conf" --push "$host/archs/" --arch-tags
check "have tags of theirs" test "$(tags archs/dated)" = "$(printf '%s\n' 1 1-{amd,arm}64 "$day" "$day"-{amd,arm}64 | sort | xargs)"
f=$(digest "archs/dated:$day-amd64")
g=$(digest "archs/dated:1")

# ---- a newer package
archive --date $((now - 3600)) --set foo=1:1.2-1
rm -f "$work"/r/*.lock
check "a newer package" build "$work/r/foo.conf" --push "$host/base/foo"
e=$(digest base/foo:1)
check "is another image" test "$e" != "$d"
check "the old version's tag stays" test "$(digest base/foo:1.1)" = "$d"
check "the new one's is there" test "$(digest base/foo:1.2)" = "$e"
check "a taken date isn't moved" test "$(digest "base/foo:$day") $(digest "base/foo:$day.1")" = "$d $e"

check "architectures" build "$work/r/dated.conf" --push "$host/archs/" --arch-tags
check "of a taken date aren't moved, either" test "$(digest "archs/dated:$day-amd64")" = "$f"
check "but counted on" test "$(digest "archs/dated:$day.1-amd64")" = "$(digest archs/dated:1-amd64)"
replaced() { # what the newest record of NAME:1 says
    local tag
    tag=$(digest "$1:1")
    curl -s --cacert "$work/ca.pem" -u alice:secret -H 'Accept: application/vnd.oci.image.index.v1+json' \
        "https://$host/v2/$1/manifests/${tag/:/-}" | jq -r '.manifests[-1].annotations["org.mkimage.replaced"]'
}
check "the record names the image, not an architecture's" test "$(replaced archs/dated)" = "$g"

# ---- what can't be
nothing() { test -z "$(ls "$work/place")"; }
refused() { # TEXT OPTION...
    local text=$1
    shift
    (cd "$work/place" && refuses "$text" build "$@" "${options[@]}") && nothing
}
check "a tag of a package that isn't in it" refused "no package none is in the image" "$work/r/mixed.conf" --push "$host/base/mixed"
check "nothing is published" refuses "NAME_UNKNOWN" tags "$host/base/mixed" "${options[@]:0:2}"
check "a digest" refused "can't be published under a digest" "$work/r/foo.conf" --push "$host/base/foo@$d"
check "no host" refused "host is missing" "$work/r/foo.conf" --push base/foo
check "a registry that isn't there" refused "127.0.0.1:1" "$work/r/foo.conf" --push 127.0.0.1:1/base/foo --timeout 1
check "--verify without --push" refused "go with --push" "$work/r/foo.conf" --verify
recipe broken 'packages = {"nothing-of-this-name"}'
fails() { ! build "$work/r/broken.conf" "$work/r/two.conf" --push "$host/some"; }
check "a recipe that fails" fails
check "is counted" says "1 of 2 recipes failed"
check "and doesn't stop the others" test "$(tags some/second)" = 1
check "no secret was said" test -z "$(grep -rlE 'secret|YWxpY2U6c2VjcmV0' "$work/err" "$work/out.txt" || :)"
done_testing
