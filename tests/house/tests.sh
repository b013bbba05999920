#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# No test is empty and none is forgotten: each unit test lists cases, each of its test_ functions
# is listed and has a body that asserts something; each fuzz target has a corpus; each script is
# executable.

set -euo pipefail
cd "$(dirname "$0")/../.."
shopt -s nullglob

bad=0
say() {
    echo "$1"
    bad=1
}

units=(tests/unit/test_*.c)
[ ${#units[@]} -gt 0 ] || say "only ${#units[@]} unit tests found"
for file in "${units[@]}"; do
    grep -q 'cmocka_unit_test' "$file" || say "$file: lists no cmocka_unit_test"
    grep -q 'cmocka_run_group_tests' "$file" || say "$file: runs no group"
    while read -r name; do
        grep -qE "cmocka_unit_test[a-z_]*\(\s*$name\b" "$file" || say "$file: $name is not listed"
    done < <(sed -nE 's/^static void (test_[A-Za-z0-9_]+)\(void \*\*[a-z]+\)$/\1/p' "$file")
    awk -v file="$file" '
        /^static void test_[A-Za-z0-9_]+\(void \*\*/ { name = $3; sub(/\(.*/, "", name); asserts = 0; n++ }
        /(assert|check|expect|fail|skip)[a-z0-9_]*\(/ { asserts++ }
        /^}/ && name { if (!asserts) { print file ": " name " asserts nothing"; bad = 1 } name = "" }
        END { if (!n) { print file ": has no test function"; bad = 1 } exit bad }' "$file" || bad=1
done

for file in tests/fuzz/fuzz_*.c; do
    name=$(basename "$file" .c)
    files=("tests/fuzz/corpus/${name#fuzz_}"/*)
    [ ${#files[@]} -gt 0 ] || say "$file: has no corpus in tests/fuzz/corpus/${name#fuzz_}"
done

for file in .ci/run tests/run tests/*.sh tests/{house,cli,live,interop,registry}/*.sh; do
    [ -x "$file" ] || say "$file: is not executable"
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || say "$file: no licence in line 2"
done
for file in tests/cli/*.{exit,stdout.exact,stderr.glob}; do
    base=${file%.exit}
    base=${base%.stdout.exact}
    base=${base%.stderr.glob}
    [ -e "$base.sh" ] || say "$file: belongs to no test"
done
exit $bad
