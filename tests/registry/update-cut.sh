#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage update against a registry that fails as told: cut off at each step of publishing and run
# again, it ends in the same state and each report entry is told once; two runs at once, one of them
# on an older archive; a policy that hides what is published; a registry with the referrers API.

set -euo pipefail
. tests/registry/lib.sh
mkdir "$work/apt"
export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_DATA=$PWD PYTHONDONTWRITEBYTECODE=1
now=$(date +%s)
tests/archive/make "$work/old" --date $((now - 7200))
mkdir "$work/new"
cp "$work"/old/*.gpg "$work/old/secret.asc" "$work/new/"
tests/archive/make "$work/new" --set foo=1:1.1-2 --date $((now - 3600))

checkout() { # NAME
    mkdir -p "$work/$1"
    {
        echo "source \"debian\" { keyring = \"$work/old/archive.gpg\" }"
        echo "source \"debian-security\" { keyring = \"$work/old/archive.gpg\" }"
        echo 'packages = {"foo"}'
        echo 'arch = {"amd64"}'
        echo 'tags = {"1", "stable", "{date}"}'
    } >"$work/$1/foo.conf"
}
# update CODE CHECKOUT ARCHIVE [OPTION...]: what it says is in $work/CHECKOUT.err, or in $said.err
update() {
    local want=$1 dir=$2 archive=$3 code=0 said=${said:-$2}
    shift 3
    MKIMAGE_MIRROR=file://$work/$archive/debian timeout 100 "$mkimage" update "$work/$dir/foo.conf" \
        --push "$faulty/base" --insecure "$faulty" --cache "$work/$dir.cache" "$@" \
        >"$work/$said.out" 2>"$work/$said.err" || code=$?
    [ "$code" = "$want" ] || { echo "exit code $code instead of $want"; cat "$work/$said.err"; return 1; }
}
said() { grep -qF -- "$2" "$work/$1.err" || { cat "$work/$1.err"; return 1; }; }
digest() { mk inspect "docker://$faulty/base/foo:$1" --insecure "$faulty" --format json | jq -r .digest; }
# Tags without the referrers' own.
tags() { mk tags "$faulty/base/foo" --insecure "$faulty" | grep -v '^sha256-' | sort | xargs; }
restart() { # [OPTION...]: a new registry; what was cached stays
    rm -rf "$work"/a "$work"/b "$work"/*.cache "$work/log"
    faulty_start "$@"
    checkout a
    checkout b
}
puts() { grep -c '^PUT' "$work/log" || :; }

restart
check "a first publication" update 0 a old
one=$(digest 1)
check "a second" update 0 a new
two=$(digest 1)
day=$(date -u -d "@$((now - 3600))" +%Y%m%d)
first_day=$(date -u -d "@$((now - 7200))" +%Y%m%d)
if [ "$day" = "$first_day" ]; then day=$first_day.1; fi
check "is another" test "$one" != "$two"
check "under the tags" test "$(tags)" = "$(printf '%s\n' 1 stable "$first_day" "$day" | sort | xargs)"
hex=${two#sha256:}

# ---- cut off: at the image, its record's bytes, its record, and each tag
cut() { # WHAT RULE PUBLISHED
    restart "$2=status:403:DENIED*1"
    update 0 a old
    update 1 a new --report "$work/cut.json" || return 1
    test "$(jq '[.images[] | select(.state == "published")] | length' "$work/cut.json")" = 0 || return 1
    update 0 a new --report "$work/again.json" || return 1
    jq -e --arg two "$two" --arg one "$one" '.images | length == 1 and .[0].digest == $two and
        .[0].replaced == $one and .[0].packages[0].to == "1:1.1-2"' "$work/again.json" || return 1
    test "$(digest 1) $(digest stable) $(digest "$day")" = "$two $two $two" || return 1
    local n=0
    n=$(puts)
    update 0 a new --report "$work/third.json"
    test "$(puts) $(jq '.images | length' "$work/third.json")" = "$n 0"
}
check "cut off at the image" cut image "PUT */manifests/sha256:$hex"
restart
update 0 a old
update 0 b new
of_manifest() { curl -s -H "Accept: application/vnd.oci.image.$1.v1+json" "http://$faulty/v2/base/foo/manifests/$2"; }
record=$(of_manifest index "sha256-$hex" | jq -r '.manifests[0].digest')
blob=$(of_manifest manifest "$record" | jq -r '.layers[0].digest')
check "cut off at its record's bytes" cut bytes "PUT *${blob#sha256:}"
check "cut off at its record" cut record "PUT */manifests/$record"
check "cut off at its record's tag" cut referrers "PUT */manifests/sha256-$hex"
check "cut off at its last tag" cut tag "PUT */manifests/$day"

first() { # RULE
    restart "$1=status:403:DENIED*1"
    update 1 a old --report "$work/cut.json" || return 1
    update 0 a old --report "$work/again.json" || return 1
    jq -e --arg one "$one" '.images | length == 1 and .[0].digest == $one and .[0].first' \
        "$work/again.json" && test "$(digest 1) $(digest stable)" = "$one $one"
}
check "a first publication, cut off at its first tag" first "PUT */manifests/1"
check "at its second" first "PUT */manifests/stable"

# The tags move in order: the first one did, the others didn't.
between() {
    restart
    update 0 a old
    cp -r "$work/a" "$work/a.before"
    mkdir -p "$work/directory"
    update 1 a new --report "$work/directory" || return 1
    mk tag "$faulty/base/foo@$one" stable --insecure "$faulty"
    rm -rf "$work/a"
    mv "$work/a.before" "$work/a" # nor was the lock written
    [ "${1:-}" != uncached ] || rm -rf "$work/a.cache"
    update 0 a new --report "$work/again.json"
    said a "tagged" && test "$(digest stable)" = "$two" &&
        jq -e --arg two "$two" '.images | length == 1 and .[0].digest == $two' "$work/again.json"
}
check "cut off between two tags" between
check "and nothing is left of the cache" between uncached
check "what changed is told from the records" test "$(jq -r '.images[0].packages[0].to' "$work/again.json")" = 1:1.1-2
update 0 a new --report "$work/third.json"
check "once" test "$(jq '.images | length' "$work/third.json")" = 0

# ---- two at once
# The one on the older archive is held up at its record until the other one has published.
restart "PUT */manifests/sha256-*=retry:3*1"
slow() { update 3 a old; }
slow_code=0
slow &
slow_pid=$!
for ((i = 0; i < 100; i++)); do
    grep -q '^PUT .*/manifests/sha256-.* 429' "$work/log" && break
    sleep 0.1
done
check "the other one publishes" update 0 b new
wait "$slow_pid" || slow_code=$?
check "the one on the older archive sees that" said a "another run published meanwhile"
check "and is stopped" test "$slow_code" = 0
check "with the reason" said a "is older than in what is published"
check "no fix is undone" test "$(digest 1)" = "$two"
check "nor is a lock left" test ! -e "$work/a/foo.lock"

# One checkout: the second waits for the first.
restart "PUT */manifests/sha256-*=retry:2*1"
update 0 a new &
slow_pid=$!
for ((i = 0; i < 100; i++)); do
    [ ! -e "$work/a/.foo.lock.turn" ] || break
    sleep 0.1
done
check "a second run on one lock" eval 'said=second update 0 a new'
check "waits for the first, by its number" said second "waiting for the update of process"
wait "$slow_pid"
check "and leaves no file" test "$(find "$work/a" -type f | sed 's|.*/||' | sort | xargs)" = "foo.conf foo.lock"

# ---- a policy
restart --policy --referrers
check "a policy that hides what is published" update 0 a old
n=$(puts)
check "nothing new" update 0 a old
check "publishes nothing" test "$(puts)" = "$n"
check "something new" update 0 a new
check "says what it goes by" said a "the registry's policy hides what is published"
check "and publishes" test "$(grep -c "^PUT .*/manifests/$day 201" "$work/log")" = 1

# ---- the referrers API
restart --referrers
check "a registry with the referrers API" update 0 a old
check "keeps no tag of its own" test "$(mk tags "$faulty/base/foo" --insecure "$faulty" | grep -c '^sha256-' || :)" = 0
check "a fresh checkout" update 0 b old
check "is unchanged" said b "1 unchanged"
check "something new" update 0 b new
check "is published" test "$(digest 1)" = "$two"
done_testing
