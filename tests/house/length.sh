#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Files in builder/ and tests/ have at most 500 lines; the first line of each is the licence. Functions
# in builder/ have at most 80 (opening brace in column 0 to closing brace in column 0); a test's may be
# one long table.

set -euo pipefail
cd "$(dirname "$0")/../.."

mapfile -t files < <(find builder tests -name '*.[ch]' | sort)
[ "${#files[@]}" -gt 10 ] || { echo "only ${#files[@]} files looked at"; exit 1; }

awk '
    FNR == 1 {
        check_file()
        name = FILENAME
        functions = 0
        if ($0 != "/* SPDX-License-Identifier: Apache-2.0 */") {
            print name ":1: the first line is not the licence"
            bad = 1
        }
    }
    { lines = FNR }
    /^\{/ && FILENAME ~ /^builder\// { start = FNR }
    /^\}/ && start {
        if (FNR - start + 1 > 80) {
            print name ":" start ": a function of " FNR - start + 1 " lines"
            bad = 1
        }
        start = 0
        total++
    }
    function check_file() {
        if (name != "" && lines > 500) {
            print name ": " lines " lines"
            bad = 1
        }
    }
    END {
        check_file()
        if (total < 10) { print "only " total " functions looked at"; bad = 1 }
        exit bad
    }' "${files[@]}"
