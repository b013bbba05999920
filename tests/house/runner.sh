#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/run itself: that what fails is counted as failed, and that nothing passes unseen.

set -euo pipefail
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# script NAME BODY
script() {
    printf '#!/bin/sh\n%s\n' "$2" >"$dir/$1"
    chmod +x "$dir/$1"
}

# expect CODE CLOSING-LINE TEST...: what the runner has to say of these tests.
expect() {
    local want=$1 line=$2 code=0 out
    shift 2
    out=$(JOBS=2 tests/run "${@/#/$dir/}" 2>&1) || code=$?
    if [ "$code" != "$want" ] || [ "$(tail -n 1 <<<"$out")" != "$line" ]; then
        printf 'tests/run %s: exit code %s, not %s; or not closed by "%s":\n%s\n' \
            "$*" "$code" "$want" "$line" "$out"
        bad=1
    fi
}

script pass.sh 'exit 0'
script fail.sh 'echo spoken; exit 3'
script skip.sh 'echo "SKIP: no root"; exit 77'
script tap 'echo 1..3; echo "ok 1 - a"; echo "ok 2 - b # SKIP c"; echo "ok 3 - d"'
script tap-fail 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
script tap-lies 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 0'
script tap-short 'echo 1..3; echo "ok 1 - a"'
script tap-no-plan 'echo "ok 1 - a"'
script tap-crash 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"; kill -SEGV $$'
script tap-empty 'echo 1..0'
script tap-skip-all 'echo "1..0 # SKIP no terminal"'
script slow.sh 'exec sleep 30'
# shellcheck disable=SC2016 # for the script to expand
script leaves.sh 'mkdir -p "$TMPDIR/a/b"; echo x >"$TMPDIR/a/b/c"; chmod 0 "$TMPDIR/a"'

expect 0 '1 passed, 0 failed' pass.sh
expect 1 '0 passed, 1 failed' fail.sh
expect 1 '1 passed, 1 failed' pass.sh fail.sh
expect 1 '0 passed, 0 failed'
expect 1 '0 passed, 0 failed, 1 skipped' skip.sh
expect 0 '1 passed, 0 failed, 1 skipped' skip.sh pass.sh
expect 1 '0 passed, 1 failed' none.sh
expect 0 '2 passed, 0 failed, 1 skipped' tap
expect 1 '1 passed, 1 failed' tap-fail
expect 1 '1 passed, 1 failed' tap-lies
expect 1 '1 passed, 1 failed' tap-short
expect 1 '1 passed, 1 failed' tap-no-plan
expect 1 '2 passed, 1 failed' tap-crash
expect 1 '0 passed, 1 failed' tap-empty
expect 1 '0 passed, 0 failed, 1 skipped' tap-skip-all
expect 0 '1 passed, 0 failed' leaves.sh
TEST_TIMEOUT=1 expect 1 '0 passed, 1 failed' slow.sh

# Files beside a script say what it has to give.
script gives.sh 'echo result; echo "error: x.conf:12: bad" >&2; exit 2'
expect 1 '0 passed, 1 failed' gives.sh
echo 2 >"$dir/gives.exit"
echo result >"$dir/gives.stdout.exact"
echo 'error: *.conf:[0-9]*: bad' >"$dir/gives.stderr.glob"
expect 0 '1 passed, 0 failed' gives.sh
echo other >"$dir/gives.stdout.exact"
expect 1 '0 passed, 1 failed' gives.sh
rm "$dir/gives.stdout.exact"
echo 'error: *.conf:[0-9]*: good' >"$dir/gives.stderr.glob"
expect 1 '0 passed, 1 failed' gives.sh
rm "$dir/gives.stderr.glob"
echo 3 >"$dir/gives.exit"
expect 1 '0 passed, 1 failed' gives.sh

exit $bad
