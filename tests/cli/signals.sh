#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# SIGINT and SIGTERM stop a build within a second, with 128 plus the signal's number, and leave
# neither output nor lock nor temporary files, and an earlier output whole; what was done in vain
# is no harm to the next run. Under way it is: fetching from a server that is slow, compressing,
# and writing the output.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive
more_archive big.py "$work/archive/big"
serve
# big_source: the source of the package that takes its time.
big_source() {
    echo "source \"big\" { suites = {\"trixie\"} packages = {\"big\"} mirror = {\"$url/big/debian\"} keyring = \"$work/archive/big/archive.gpg\" }"
}

recipe big <<'END'
packages = {"foo", "big"}
arch = {"amd64"}
END
big_source >>big.conf
mk big.conf -o oci:clean.oci
fine "undisturbed"
want=$(digest_of "$out")
rm big.lock

# left: what a stopped run left behind: files here, and temporary ones anywhere. A lock may be there:
# it is written whole, before the output.
left() {
    find . -path ./archive -prune -o -path ./cache -prune -o -newer stamp -type f ! -name .out \
        ! -name .err ! -name big.lock -print
    find . -path ./archive -prune -o -name '.*.mkimage-??????' -print
}

# stop NAME SIGNAL CODE SECONDS ARGUMENT...: the signal after so many seconds; earlier, from an empty
# cache, if the build was done by then.
stop() {
    local name=$1 signal=$2 want_code=$3 after=$4 pid start ms
    shift 4
    stop_after "$@"
    for _ in 1 2 3 4; do
        [ "$code" = 0 ] || break
        rm -rf cache big.oci big.lock
        after=$(awk -v after="$after" 'BEGIN { print after / 2 }')
        stop_after "$@"
    done
    out=$(cat .out) err=$(cat .err)
    is "$name: exit code" "$code" "$want_code"
    [ "$code" = "$want_code" ] || sed 's/^/#   /' .err
    is "$name: within a second" "$((ms < 1000))" 1
    is "$name: nothing on stdout" "$out" ""
    is "$name: nothing is left" "$(left)" ""
}

# One try: uses stop's signal and after, sets its code and ms.
stop_after() {
    # Started by a shell without job control it would ignore SIGINT: env resets that.
    env --default-signal=INT,TERM "$MKIMAGE" big.conf "$@" >.out 2>.err </dev/null &
    pid=$!
    background+=("$pid")
    sleep "$after"
    start=$(date +%s%N)
    kill "-$signal" "$pid" 2>/dev/null
    code=0
    wait "$pid" || code=$?
    ms=$((($(date +%s%N) - start) / 1000000))
}

touch stamp
for signal in INT:130 TERM:143; do
    rm -rf cache
    serve '*/Packages.xz:slow=100' '*by-hash*:slow=100'
    stop "SIG${signal%:*} while an index comes" "${signal%:*}" "${signal#*:}" 0.3 --mirror "$url/debian" -o oci:big.oci
    serve '*.deb:slow=100'
    stop "SIG${signal%:*} while debs come" "${signal%:*}" "${signal#*:}" 0.4 --mirror "$url/debian" -o oci:big.oci
    rm -rf cache
    serve '*:stall'
    stop "SIG${signal%:*} while nobody answers" "${signal%:*}" "${signal#*:}" 0.3 --mirror "$url/debian" -o oci:big.oci
    stop "SIG${signal%:*} while a deb is unpacked" "${signal%:*}" "${signal#*:}" 0.2 -j 1 -o oci:big.oci
done
mk big.conf -o oci:clean.oci
is "then a build goes through" "$(digest_of "$out")" "$want"
rm -f big.lock
rm -rf cache
stop "over an earlier output" TERM 143 0.2 -j 1 -o oci:clean.oci
ok "that stays whole" check_layout clean.oci
is "and the same" "$(manifest clean.oci)" "$want"
mk big.conf
is "what was stopped is no harm" "$(digest_of "$out")" "$want"

# While the output is written, from a warm cache: at several instants.
start=$(date +%s%N)
mk big.conf -o oci:again.oci
ms=$((($(date +%s%N) - start) / 1000000))
stopped=0 bad=0
for try in $(seq 8); do
    rm -rf again.oci
    touch stamp
    env --default-signal=INT,TERM "$MKIMAGE" big.conf -o oci:again.oci >.out 2>.err </dev/null &
    pid=$!
    background+=("$pid")
    sleep "$(awk -v ms=$ms -v try="$try" 'BEGIN { printf "%.3f", try * 0.12 * ms / 1000 }')"
    kill -TERM $pid 2>/dev/null
    code=0
    wait $pid || code=$?
    case $code in
    0) [ "$(digest_of "$(cat .out)")" = "$want" ] || bad=1 ;;
    143)
        stopped=$((stopped + 1))
        if [ -n "$(left)" ]; then
            fail "stopped at instant $try: something is left" "$(left)"
            bad=1
        fi
        ;;
    *) bad=1 ;;
    esac
done
is "stopped at $stopped instants of writing: whole or nothing" "$bad" 0
isnt "some were under way" "$stopped" 0

finish
