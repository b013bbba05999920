#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage update against Debian's docker-registry and the test archive: a first publication, nothing
# new, a newer package, a fresh checkout, what the gate, a downgrade or a tag without a record stops,
# and what releases it.

set -euo pipefail
. tests/registry/lib.sh
registry_start
echo secret | mk login "$host" -u alice --password-stdin --ca-file "$work/ca.pem"
mkdir "$work/apt" "$work/r"
export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_MIRROR=file://$work/archive/debian MKIMAGE_DATA=$PWD
export PYTHONDONTWRITEBYTECODE=1
now=$(date +%s)

recipe() { # NAME [LINE...]
    local name=$1
    shift
    {
        echo "source \"debian\" { keyring = \"$work/archive/archive.gpg\" }"
        echo "source \"debian-security\" { keyring = \"$work/archive/archive.gpg\" }"
        echo 'packages = {"foo"}'
        echo 'arch = {"amd64"}'
        echo 'tags = {"1", "{version:foo}", "{date}"}'
        printf '%s\n' "$@"
    } >"$work/r/$name.conf"
}
archive() { tests/archive/make "$work/archive" "$@"; }
# update CODE [OPTION...]: all recipes; the exit code is this one. What it prints is in $work/out.
update() {
    local want=$1 code=0
    shift
    mk update "$work"/r/*.conf --push "$host/base" "${options[@]}" "$@" >"$work/out" || code=$?
    cp "$work/err" "$work/update.err"
    [ "$code" = "$want" ] || { echo "exit code $code instead of $want"; return 1; }
}
digest() { mk inspect "docker://$host/base/$1" "${options[@]:0:2}" --format json | jq -r .digest; }
line() { echo "$host/base/$1@$(digest "$1:1")"; }
tags() { mk tags "$host/base/$1" "${options[@]:0:2}" | grep -v '^sha256-' | sort | xargs; }
said() { grep -qF -- "$1" "$work/update.err"; }
prints() { test "$(cat "$work/out")" = "$1"; } # the newest update printed this
field() { jq -r "$1" "$work/report.json"; }
record_of() { # IMAGE:TAG: the record beside it
    local d m
    d=$(digest "$1")
    m=$(curl -s --cacert "$work/ca.pem" -u alice:secret -H 'Accept: application/vnd.oci.image.index.v1+json' \
        "https://$host/v2/base/${1%:*}/manifests/${d/:/-}" | jq -r '.manifests[-1].digest')
    m=$(curl -s --cacert "$work/ca.pem" -u alice:secret -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
        "https://$host/v2/base/${1%:*}/manifests/$m" | jq -r '.layers[0].digest')
    curl -s --cacert "$work/ca.pem" -u alice:secret "https://$host/v2/base/${1%:*}/blobs/$m"
}

# ---- usage
archive --date $((now - 7200))
recipe foo
recipe two 'title = "Two"'
check "without a registry" refuses "give --push PREFIX, or --dry-run" update "$work/r/foo.conf"
check "a dry run needs none" mk update --dry-run "$work/r/foo.conf" --cache "$work/cache"
check "which writes no lock" test ! -e "$work/r/foo.lock"
check "accept wants a reason" refuses "--reason" update "$work/r/foo.conf" --push "$host/base" \
    --accept "foo@sha256:$(printf 0%.0s {1..64})"
check "and a digest" refuses "NAME@sha256:DIGEST" update "$work/r/foo.conf" --push "$host/base" \
    --accept foo --reason x

# ---- a first publication
check "a first publication" update 0 --report "$work/report.json"
check "prints what it published" prints "$(line foo
    line two)"
check "under the recipe's tags" test "$(tags foo)" = "1 1.1 $(date -u -d "@$((now - 7200))" +%Y%m%d)"
check "says so" said "2 published"
check "reports it" test "$(field '[.images[] | .recipe, .state, .first] | @csv')" = \
    '"foo","published",true,"two","published",true'
check "and writes the locks" test -s "$work/r/foo.lock"
check "leaving nothing else" test "$(find "$work/r" -type f | sed 's|.*/||' | sort | xargs)" = \
    "foo.conf foo.lock two.conf two.lock"
record_of foo:1 >"$work/record"
check "the record is beside it" test "$(jq -r '.image, .name' "$work/record" | xargs)" = \
    "$(digest foo:1) foo"
one=$(digest foo:1)

# ---- nothing new
requests_mark
check "nothing new" update 0
check "is one request a tag" test "$(requests HEAD) $(requests '[A-Z]*')" = "6 6"
check "says so" said "2 unchanged"
check "prints nothing" prints ""
cp "$work/r/foo.lock" "$work/before.lock"
archive --date $((now - 3600))
requests_mark
check "an archive that was signed again" update 0
check "changes nothing" test "$(requests '[A-Z]*') $(cmp "$work/r/foo.lock" "$work/before.lock")" = "6 "
rm "$work"/r/*.lock
check "a fresh checkout" update 0 --cache "$work/other-cache"
check "is unchanged" said "2 unchanged"
check "and gets the lock that was published" cmp "$work/r/foo.lock" "$work/before.lock"
check "build --push of the same" mk "$work/r/foo.conf" --push "$host/base/" "${options[@]}"
check "is unchanged" test "$(digest foo:1)" = "$one"

# ---- a newer package
archive --set foo=1:1.1-2 --date $((now - 1800))
requests_mark
check "a dry run" update 0 --dry-run
check "prints what would move" prints "foo: foo 1:1.1-1 -> 1:1.1-2
two: foo 1:1.1-1 -> 1:1.1-2"
check "and publishes nothing" test "$(requests PUT) $(requests POST)" = "0 0"
check "nor writes a lock" cmp "$work/r/foo.lock" "$work/before.lock"
check "a newer package" update 0 --report "$work/report.json"
two=$(digest foo:1)
check "moves the tag" test "$two" != "$one"
check "but not the one of the day" test "$(digest "foo:$(tags foo | cut -d' ' -f3)")" = "$one"
check "which is counted on" test "$(digest "foo:$(tags foo | cut -d' ' -f4)")" = "$two"
check "reports digests" test "$(field '.images[0] | .replaced, .digest' | xargs)" = "$one $two"
check "and packages" test "$(field '.images[0].packages[] | [.name, .change, .from, .to] | @csv')" = \
    '"foo","upgraded","1:1.1-1","1:1.1-2"'
check "and files" test "$(field '.images[0].files[].path')" = usr/share/foo/set-version
record_of foo:1 >"$work/record"
check "the record names what it replaced" test "$(jq -r .replaced "$work/record")" = "$one"
requests_mark
check "again" update 0
check "is one request a tag" test "$(requests HEAD) $(requests '[A-Z]*')" = "6 6"

# ---- an older archive
cp "$work/r/foo.lock" "$work/before.lock"
rm "$work"/r/*.lock
archive --date $((now - 1700))
check "an older package, in a dry run" update 3 --cache "$work/other-cache" --dry-run
check "would be stopped" said "published: 1:1.1-1, there 1:1.1-2"
check "an older package" update 3 --cache "$work/other-cache" --report "$work/report.md"
check "is stopped" said "published: 1:1.1-1, there 1:1.1-2"
check "with the reason" said "is older than in what is published"
check "and what was published stays" test "$(digest foo:1)" = "$two"
check "as does no lock" test ! -e "$work/r/foo.lock"
check "the report says why" grep -q "is older than in what is published" "$work/report.md"
check "unless it is allowed" update 0 --cache "$work/other-cache" --allow-downgrade
check "then it is published" test "$(digest foo:1)" = "$one"
archive --set foo=1:1.1-2 --date $((now - 1600))
check "and forth again" update 0

# ---- the gate
rm "$work"/r/two.*
archive --set foo=1:1.1-3 --date $((now - 900))
echo 'gate { growth = "1B" }' >"$work/gate.conf"
check "a gate of the run's own" update 3 --gate "$work/gate.conf"
check "stops what has none" said "stopped: growth: amd64"
cat "$work/gate.conf" >>"$work/r/foo.conf"
check "the recipe's gate" update 3 --report "$work/report.json"
check "stops it" test "$(digest foo:1)" = "$two"
check "with the reason" said "stopped: growth: amd64"
check "in the report, too" test "$(field '.images[0] | .state, (.reasons | length)' | xargs)" = "stopped 1"
stopped=$(field '.images[0].digest')
check "how to release it is said" said "--accept foo@$stopped --reason"
check "other bytes aren't released by that" update 3 --accept "foo@$one" --reason "Read it"
check "which is said" said "--accept foo@$one: the gate stopped no such image"
check "these are" update 0 --accept "foo@$stopped" --reason "Read it"
check "and published" test "$(digest foo:1)" = "$stopped"
record_of foo:1 >"$work/record"
check "which the record tells" test "$(jq -r '.accepted.reason' "$work/record")" = "Read it"
check "the night after" update 0
check "is unchanged" said "1 unchanged"

# ---- somebody else's
sed -i /^gate/d "$work/r/foo.conf"
tests/registry/layout "$work/alien" --layer a >"$work/alien.digest"
mk push "oci:$work/alien" "$host/base/foo:1" --tag 1.1 "${options[@]}" >/dev/null
check "a tag without a record" update 3 --report "$work/report.json"
check "isn't called a first publication" test "$(field '.images[0] | .state, .first' | xargs)" = "stopped false"
check "is left alone" test "$(digest foo:1)" = "$(<"$work/alien.digest")"
check "with the reason" said "names an image without a record"
check "unless it is adopted" update 0 --adopt
check "then it is ours" test "$(digest foo:1)" = "$stopped"

archive --set foo=1:1.1-2 --date $((now - 800))
mk "$work/r/foo.conf" --lock "$work/old.lock" -o "oci:$work/old" "${options[@]:2}" >/dev/null
mk push "oci:$work/old" "$host/base/foo:1" "${options[@]}" >/dev/null
archive --set foo=1:1.1-3 --date $((now - 700))
record_gone() { # as a registry that was copied without referrers
    local tag
    tag=$(digest foo:1)
    tag=${tag/:/-}
    curl -s --cacert "$work/ca.pem" -u alice:secret -o "$work/index" -D "$work/head" \
        -H 'Accept: application/vnd.oci.image.index.v1+json' "https://$host/v2/base/foo/manifests/$tag"
    mk delete "$host/base/foo@$(sed -nE 's/^docker-content-digest: ([^\r]*)\r?$/\1/Ip' "$work/head")" \
        "${options[@]:0:2}" >/dev/null
}
record_gone
check "an image whose record is lost" update 3
check "is adopted" update 0 --adopt --report "$work/report.json"
check "compared by its layers" test "$(field '.images[0].packages[] | [.name, .from, .to] | @csv')" = \
    '"foo","1:1.1-2","1:1.1-3"'
check "then it is ours, too" test "$(digest foo:1)" = "$stopped"

# ---- cut off
mk tag "$host/base/foo@$one" 1.1 "${options[@]:0:2}" >/dev/null
check "a tag that was left behind" update 0
check "is put right" test "$(digest foo:1.1)" = "$stopped"
check "without a build" said ": tagged: 1, 1.1"
archive --set foo=1:1.1-4 --date $((now - 650))
check "a report in no directory" update 1 --report "$work/none/report.json"
check "isn't begun" test "$(digest foo:1)" = "$stopped"
check "a report that can't be written" update 1 --report "$work/r"
four=$(digest foo:1)
check "doesn't keep an image from being published" test "$four" != "$stopped"
check "the next report" update 0 --report "$work/report.json"
check "has its entry" test "$(field '.images[] | .state, .digest' | xargs)" = "published $four"
check "and counts its recipe once" test "$(field '.counts | add, .published' | xargs)" = "1 1"
check "and the one after that" update 0 --report "$work/report.json"
check "hasn't" test "$(field '.images | length')" = 0

record_gone
archive --set foo=1:1.1-5 --date $((now - 640))
check "an image of ours whose record is lost" update 0
check "goes on" said "1 published"

# ---- threads
threads() { # N: the digest that comes out
    mk update "$work/r/foo.conf" --push "$host/threads$1" --jobs "$1" "${options[@]:0:2}" \
        --cache "$work/cache$1" --lock "$work/threads$1.lock" | sed 's/.*@//'
}
check "one thread or four" test "$(threads 1)" = "$(threads 4)"

# ---- build --push
recipe three 'title = "Three"'
check "build --push" mk "$work/r/three.conf" --push "$host/base/" "${options[@]}"
check "leaves a record" test "$(record_of three:1 | jq -r '.name, .image' | xargs)" = \
    "three $(digest three:1)"
check "that update goes on from" update 0 --cache "$work/other-cache"
check "finding nothing new" said "2 unchanged"
three=$(digest three:1)
sed -i 's/Three/Fourth/' "$work/r/three.conf"
check "and again" mk "$work/r/three.conf" --push "$host/base/" "${options[@]}"
check "with what it replaced" test "$(record_of three:1 | jq -r .replaced)" = "$three"
rm "$work"/r/three.*

# ---- failures
recipe bad 'packages = {"no-such-package"}'
archive --set foo=1:1.1-6 --date $((now - 600))
check "a recipe that fails" update 1 --report "$work/report.md"
check "doesn't stop the others" prints "$(line foo)"
check "is told" said "bad: failed"
check "and counted" said "1 published, 1 failed"
check "in the report, too" grep -q 'base/bad`: failed' "$work/report.md"
recipe bad 'name = "foo"'
check "two recipes of one name" update 1
check "are refused" said 'has the name "foo", too'

# ---- tags that never move, and a night that finds neither locks nor a cache
rm "$work"/r/*
recipe dated
recipe hashed
sed -i 's/^tags = .*/tags = {"{date}"}/' "$work/r/dated.conf"
sed -i 's/^tags = .*/tags = {"d-{digest}"}/' "$work/r/hashed.conf"
fresh() { # CODE OPTION...
    rm -rf "$work"/r/*.lock "$work/fresh-cache"
    update "$@" --cache "$work/fresh-cache"
}
archive_of() { # REVISION DAYS: the archive of so many days ago
    archive --set "foo=1:1.1-$1" --date $((now - $2 * 86400))
    day=$(date -u -d "@$((now - $2 * 86400))" +%Y%m%d)
}
published() { sed -n "s|.*/$1@||p" "$work/out"; } # the digest that the newest update printed
replaced() { # DATED HASHED TAG: what the records of the image just published name
    local hashed
    hashed=$(published hashed)
    test "$(record_of "dated:$3" | jq -r .replaced)" = "$1" &&
        test "$(record_of "hashed:d-${hashed:7:12}" | jq -r .replaced)" = "$2"
}
archive_of 6 3
first=$day
check "tags with a date or a digest alone" fresh 0
check "are published" test "$(tags dated) $(tags hashed | wc -w)" = "$day 1"
one=$(published dated) one_hashed=$(published hashed)
archive_of 6 2
requests_mark
check "an archive that was signed again" fresh 0
check "changes nothing of them" said "2 unchanged"
check "and pushes nothing" test "$(requests PUT) $(requests POST) $(tags dated)" = "0 0 $first"
archive_of 7 1
check "a newer package" fresh 0
two=$(published dated) two_hashed=$(published hashed)
check "is published beside the old one" test "$(tags dated)" = "$first $day"
check "which its record names" replaced "$one" "$one_hashed" "$day"
archive_of 8 1
check "another one on the same day" fresh 0
check "is counted on" replaced "$two" "$two_hashed" "$day.1"
check "the night after" fresh 0
check "finds nothing new" said "2 unchanged"
archive_of 7 0
check "an older package" fresh 3
check "is stopped for both" said "2 stopped"
check "and not published" test "$(tags dated | wc -w) $(tags hashed | wc -w)" = "3 3"
done_testing
