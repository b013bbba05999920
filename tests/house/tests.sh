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
awk '
    FNR == 1 {
        check_file()
        file = FILENAME
        runs = functions = lists = 0
        split("", defined)
        split("", listed)
        name = ""
    }
    {
        rest = $0
        while (match(rest, /cmocka_unit_test[a-z_]*\([ \t]*[A-Za-z0-9_]+/)) {
            word = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            sub(/.*\([ \t]*/, "", word)
            listed[word] = 1
            lists = 1
        }
    }
    /cmocka_run_group_tests/ { runs = 1 }
    /^static void test_[A-Za-z0-9_]+\(void \*\*/ {
        name = $3
        sub(/\(.*/, "", name)
        defined[name] = 1
        asserts = 0
        functions++
    }
    /(assert|check|expect|fail|skip)[a-z0-9_]*\(/ { asserts++ }
    /^}/ && name {
        if (!asserts) say(name " asserts nothing")
        name = ""
    }
    function say(what) { print file ": " what; bad = 1 }
    function check_file(test) {
        if (file == "") return
        if (!lists) say("lists no cmocka_unit_test")
        if (!runs) say("runs no group")
        if (!functions) say("has no test function")
        for (test in defined) if (!(test in listed)) say(test " is not listed")
    }
    END { check_file(); exit bad }' "${units[@]}" || bad=1

for file in tests/fuzz/fuzz_*.c; do
    name=${file##*/fuzz_}
    files=("tests/fuzz/corpus/${name%.c}"/*)
    [ ${#files[@]} -gt 0 ] || say "$file: has no corpus in tests/fuzz/corpus/${name%.c}"
done

for file in .ci/run tests/run tests/*.sh tests/{house,cli,live,interop,registry}/*.sh; do
    [ -x "$file" ] || say "$file: is not executable"
    { read -r first && read -r second; } <"$file" || say "$file: has no two lines"
    [[ "$first$second" == *"SPDX-License-Identifier: Apache-2.0"* ]] || say "$file: no licence in line 2"
done
for file in tests/cli/*.{exit,stdout.exact,stderr.glob}; do
    base=${file%.exit}
    base=${base%.stdout.exact}
    base=${base%.stderr.glob}
    [ -e "$base.sh" ] || say "$file: belongs to no test"
done
exit $bad
