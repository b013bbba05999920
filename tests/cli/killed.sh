#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# SIGKILL at any instant: the earlier output is whole or the new one is, a second run finishes the
# job, its result is the clean one, and what the killed ones left behind goes away.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive
more_archive big.py "$work/archive/big"
serve
# big_source: the source of the package that takes its time.
big_source() {
    echo "source \"big\" { suites = {\"trixie\"} packages = {\"big\"} mirror = {\"$url/big/debian\"} keyring = \"$work/archive/big/archive.gpg\" }"
}

recipe old <<'END'
packages = {"foo"}
arch = {"amd64"}
END
recipe new <<'END'
packages = {"foo", "big", "base-files"}
arch = {"amd64"}
END
big_source >>new.conf
mk new.conf -o oci:clean.oci
fine "the new image, undisturbed"
new=$(digest_of "$out")
mk old.conf -o oci:out.oci
fine "the old image"
old=$(digest_of "$out")
start=$(date +%s%N)
rm -rf cache
mk new.conf -o oci:time.oci
ms=$((($(date +%s%N) - start) / 1000000))
rm -rf time.oci new.lock

killed=0 bad=0
for try in $(seq 6); do
    [ $((try % 4)) = 1 ] && rm -rf cache new.lock
    "$MKIMAGE" new.conf -o oci:out.oci >.out 2>.err </dev/null &
    pid=$!
    background+=("$pid")
    sleep "$(awk -v ms=$ms -v try="$try" 'BEGIN { printf "%.3f", (try * 0.16 + 0.01) * ms / 1000 }')"
    kill -KILL $pid 2>/dev/null && killed=$((killed + 1))
    wait $pid 2>/dev/null
    found=$(manifest out.oci)
    if [ "$found" != "$old" ] && [ "$found" != "$new" ]; then
        fail "kill $try: index.json names neither" "$found"
        bad=1
    fi
    for digest in $(layers out.oci); do
        [ "sha256:$(sha256sum <"$(blob out.oci "$digest")" | cut -d' ' -f1)" = "$digest" ] || {
            fail "kill $try: blob $digest is not whole"
            bad=1
        }
    done
    [ ! -e new.lock ] || jq . new.lock >/dev/null || {
        fail "kill $try: the lock is torn"
        bad=1
    }
    find cache/blobs -type f ! -name '*.*' 2>/dev/null | while read -r file; do
        [ "$(sha256sum <"$file" | cut -d' ' -f1)" = "${file##*/}" ] || echo "$file"
    done >torn
    [ ! -s torn ] || {
        fail "kill $try: the cache has torn blobs" "$(cat torn)"
        bad=1
    }
    if [ "$found" = "$new" ]; then
        mk old.conf -o oci:out.oci
    fi
done
is "killed at $killed instants: old or new, and all whole" "$bad" 0
isnt "some were under way" "$killed" 0

mk new.conf -o oci:out.oci
fine "a further run"
is "finishes the job" "$(digest_of "$out")" "$new"
ok "the output is sound, and holds nothing that it doesn't name" check_layout out.oci
ok "the same as the clean one" diff -r out.oci clean.oci
is "no temporary file is left beside it" "$(find . -maxdepth 1 -name '*.tmp*' -o -maxdepth 1 -name '.*oci*')" ""

finish
