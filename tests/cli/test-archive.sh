#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The test archive itself: apt reads and verifies it and picks what it should, dpkg-deb reads every
# package, debs are the same bytes on each run, faults are faults, the server fails as told.

set -euo pipefail
unset TEST_SHARED # all is made here, twice
. tests/archive/lib.sh

n=0
check() { # what, command...
    local what=$1
    shift
    n=$((n + 1))
    if "$@"; then echo "ok $n - $what"; else echo "not ok $n - $what"; fi
}
sums() {
    (cd "$1" && find . -name '*.deb' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}
get() { # path, then headers; prints status and size of the body, or what the answer names
    python3 - "$url" "$@" <<'END'
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"), timeout=5)
c.request("GET", sys.argv[2], headers=dict(h.split("=", 1) for h in sys.argv[3:]))
try:
    r = c.getresponse()
    print(r.status, r.getheader("Location") or r.getheader("Retry-After") or len(r.read()))
except Exception as e:
    print(type(e).__name__)
END
}

archive_make
sums "$work/archive" >"$work/first"
archive_make --date 1700000000
sums "$work/archive" >"$work/second"
check "debs are the same bytes on each run" cmp "$work/first" "$work/second"
archive_make
archive_serve

root=$work/apt
mkdir -p "$root"/{etc/apt/{preferences.d,apt.conf.d,trusted.gpg.d},lib/lists/partial,cache/archives/partial}
: >"$root/status"
cat >"$root/etc/apt/sources.list" <<END
deb [arch=amd64 signed-by=$work/archive/archive.asc] $mirror trixie main
deb [arch=amd64 signed-by=$work/archive/archive.asc] $mirror trixie-updates main
deb [arch=amd64 signed-by=$work/archive/archive.asc] $security_mirror trixie-security main
END
apt() {
    apt-get -qq -o Dir::Etc="$root/etc/apt" -o Dir::State="$root/lib" -o Dir::Cache="$root/cache" \
        -o Dir::State::status="$root/status" -o APT::Architecture=amd64 \
        -o APT::Architectures=amd64 -o APT::Sandbox::User= -o Acquire::Languages=none \
        -o Acquire::http::Proxy=DIRECT "$@"
}
apt_update() {
    if ! apt update >"$work/log" 2>&1 || [ -s "$work/log" ]; then
        cat "$work/log"
        return 1
    fi
}
check "apt verifies and reads it" apt_update
apt --no-install-recommends -s install foo tzdata >"$work/log" 2>&1 || cat "$work/log"
check "apt prefers the first alternative, from security" \
    grep -q '^Inst libfoo1 (1.2-3+deb13u1 ' "$work/log"
check "apt takes an update" grep -q '^Inst tzdata (2026a-0+deb13u1 ' "$work/log"
unsolvable() { ! apt -s install unsolvable >/dev/null 2>&1; }
check "what can't be solved isn't" unsolvable

readable() {
    local deb
    find "$work/archive" -name '*.deb' >"$work/debs"
    [ -s "$work/debs" ] || return 1
    while read -r deb; do
        dpkg-deb --info "$deb" >/dev/null && dpkg-deb --contents "$deb" >/dev/null || return 1
    done <"$work/debs"
}
check "dpkg-deb reads every package" readable
check "members are of all kinds" test "$(find "$work/archive" -name '*_amd64.deb' \
    -exec ar t {} \; | grep data.tar | sort -u | tr '\n' ' ')" = \
    "data.tar data.tar.gz data.tar.xz data.tar.zst "

archive_make --set foo=1:1.2-1 --drop hello
check "a newer package stands in for the old one" test \
    "$(cd "$work/archive/debian/pool/main/f/foo" && ls -d foo_*_amd64.deb)" = foo_1.2-1_amd64.deb
check "a dropped package is gone" test ! -e "$work/archive/debian/pool/main/h/hello"
check "apt still knows the key" apt_update
archive_make --fault release:sha1
refused() { ! apt_update >/dev/null; }
check "apt refuses a faulty release, too" refused
archive_make --hostile hostile-dotdot hostile-twice
check "hostile packages are made on request" test \
    "$(find "$work/archive" -name 'hostile-*.deb' | wc -l)" = 2

path=/debian/dists/trixie/InRelease
size=$(stat -c %s "$work/archive$path")
: >"$work/requests"
archive_serve '*/gone:404' '*/busy/*:500*2' '*/later:retry=7' '*/else/*:redirect=http://x.example'
check "a file" test "$(get $path)" = "200 $size"
check "a range" test "$(get $path Range=bytes=100-)" = "206 $((size - 100))"
check "a range behind the end" test "$(get $path Range=bytes=99999999-)" = "416 0"
check "what isn't there" test "$(get /debian/gone) $(get /x) $(get /../../etc/passwd)" = \
    "404 0 404 0 404 0"
check "redirected" test "$(get /else/x)" = "302 http://x.example/else/x"
check "twice 500" test "$(get /busy/x) $(get /busy/x) $(get /busy/x)" = "500 0 500 0 404 0"
check "later" test "$(get /later) $(get /later)" = "429 7 404 0"
check "requests are logged" grep -q "^GET $path bytes=100- 206$" "$work/requests"
archive_serve '*:cut=100*1'
check "cut once" test "$(get $path)$(get $path)" = "IncompleteRead200 $size"
archive_serve '*:longer'
check "one byte longer" test "$(get $path)" = "200 $((size + 1))"
archive_serve '*:wrong'
wrong() {
    python3 -c 'import sys, urllib.request as u
sys.stdout.buffer.write(u.urlopen(sys.argv[1]).read())' "$url$path" >"$work/got" || return 1
    [ "$(cmp -l "$work/got" "$work/archive$path" | wc -l)" = 1 ]
}
check "a wrong byte" wrong
echo "1..$n"
