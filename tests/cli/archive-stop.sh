#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A build that is stopped while it fetches: by SIGINT and SIGTERM it ends within a second and says
# so; killed at any time it leaves the earlier image whole and a cache that the next build goes on
# with. Two builders on one cache fetch each file once.

set -euo pipefail
. tests/archive/lib.sh
mkimage=${MKIMAGE:-build/mkimage}

archive_make
n=0
result() { # 0 or 1, what
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        cat "$work"/err*
    fi
}
recipe() {
    { archive_recipe && echo 'name = "x" packages = {"base-files", "foo"} arch = {"amd64"}'; } \
        >"$work/x.conf"
}
start() { # output, suffix of its files
    "$mkimage" build "$work/x.conf" -o "oci:$work/out/$1.oci" --lock "$work/out/$1.lock" --quiet \
        --cache "$work/cache" >"$work/said$2" 2>"$work/err$2" &
}
state() {
    (cd "$work/out" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}
milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}

mkdir "$work/out"
archive_serve
recipe
start x ""
wait $!
state >"$work/before"

archive_serve '*.deb:stall'
recipe
for signal in INT:130 TERM:143; do
    rm -rf "$work/cache" "$work/out/x.lock"
    : >"$work/requests"
    # a shell starts its background jobs with SIGINT ignored
    env --default-signal=INT "$mkimage" build "$work/x.conf" -o "oci:$work/out/x.oci" \
        --lock "$work/out/x.lock" --cache "$work/cache" >"$work/said" 2>"$work/err" &
    pid=$!
    for _ in $(seq 100); do
        grep -q '\.deb' "$work/requests" && break
        sleep 0.05
    done
    begin=$(milliseconds)
    kill -"${signal%:*}" $pid
    status=0
    wait $pid || status=$?
    took=$(($(milliseconds) - begin))
    bad=0
    [ $status = "${signal#*:}" ] || bad=1
    result $bad "SIG${signal%:*} ends it with ${signal#*:}"
    bad=0
    [ $took -lt 1000 ] || bad=1
    result $bad "within a second ($took ms)"
    bad=0
    [ ! -s "$work/said" ] || bad=1
    rm -f "$work/out/x.lock" # which may be there already
    state >"$work/after"
    grep -v ' ./x.lock' "$work/before" | cmp -s - "$work/after" || bad=1
    result $bad "the earlier image is whole, nothing lies beside it"
done

archive_serve '*/libc6_*.deb:slow=4000' '*/foo_*.deb:slow=2000'
recipe
rm -rf "$work/cache"
bad=0
for i in 1 2 3 4 5 6 7 8; do
    rm -f "$work/out/x.lock"
    start x ""
    sleep 0."$((i * 11))"
    kill -KILL $! 2>/dev/null || :
    wait $! 2>/dev/null || :
    state | grep ' ./x.oci/' >"$work/after"
    grep ' ./x.oci/' "$work/before" | cmp -s - "$work/after" || bad=1
done
result $bad "killed eight times: the earlier image is whole"
rm -f "$work/out/x.lock"
start x ""
bad=0
wait $! || bad=1
state | cmp -s - "$work/before" || bad=1
result $bad "the next build finishes the job"
bad=0
grep -qE 'libc6_.* bytes=[0-9]+- 206' "$work/requests" || bad=1
result $bad "and goes on where a download was"

: >"$work/requests"
archive_serve '*/libc6_*.deb:slow=4000'
recipe
rm -rf "$work/cache"
start one 1
one=$!
start two 2
two=$!
bad=0
wait $one || bad=1
wait $two || bad=1
result $bad "two builders on one cache"
bad=0
cmp "$work/out/one.lock" "$work/out/two.lock" || bad=1
cmp "$work/out/one.oci/index.json" "$work/out/two.oci/index.json" || bad=1
result $bad "make the same"
bad=0
[ "$(grep -c 'libc6_.*200' "$work/requests")" = 1 ] || bad=1
result $bad "and fetch it once"
bad=0
[ -z "$(ls -A "$work/cache/partial")" ] || bad=1
result $bad "and leave no partial download"
echo "1..$n"
