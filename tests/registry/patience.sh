#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A registry that fails for good: an error after some tries, which says what it was. That takes
# seconds of back-off, so the cases run side by side.

set -euo pipefail
. tests/registry/lib.sh
tests/registry/layout "$work/one" --layer a:200000 --layer b >/dev/null

forever() { # NAME TEXT RULE...
    local name=$1 text=$2
    shift 2
    (
        faulty_start --log "$work/log.$name" "$@"
        code=0
        timeout 60 "$mkimage" push "oci:$work/one" "$faulty/base/x:1" --timeout 1 \
            --insecure "$faulty" --cache "$work/cache.$name" >"$work/$name.out" 2>"$work/$name.err" || code=$?
        if [ "$code" != 1 ] || ! grep -qF "$text" "$work/$name.err"; then
            echo "exit code $code"
            cat "$work/$name.err"
        fi >"$work/$name.bad"
        kill "${pids[-1]}"
    ) &
    waiting+=($!)
    names+=("$name")
}
waiting=()
names=()
forever unavailable "HTTP 500" "PUT *blobs*=status:500"
forever slower "it asks to wait 1000 seconds" "POST *=retry:1000"
forever broken "blob sha256:" "PUT *blobs*=reset:1000"
forever silent "Operation too slow" "HEAD *manifests*=stall"
forever dripping "HTTP" "PUT *blobs*=status:429"
forever stalled "Operation too slow" "PUT *blobs*=stall"
forever teapot "HTTP 418: FAULT: as the test has it" "PUT *blobs*=status:418"
for pid in "${waiting[@]}"; do wait "$pid" || :; done
for name in "${names[@]}"; do
    check "for good: $name" test ! -s "$work/$name.bad"
    [ ! -s "$work/$name.bad" ] || sed 's/^/# /' "$work/$name.bad"
done
done_testing
