#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The library keeps no mutable globals: nothing of it lies in a writable section. (.data.rel.ro is
# const data with pointers, read-only once the program is loaded.)

set -euo pipefail
cd "$(dirname "$0")/../.."

library=build/libmkimage.a
[ -e "$library" ] || { echo "$library isn't built"; exit 1; }

symbols=$(objdump -t "$library" | awk '
    /file format/ { member = $1; sub(/:$/, "", member); n++ }
    # Objects in .data, .bss or common storage; thread-local ones bear no O.
    / O / && /[ \t]\.(data|bss)(\.|[ \t])/ && !/\.data\.rel\.ro/ { print member ": " $NF }
    / O .*\*COM\*/ || (/[ \t]\.(tdata|tbss)(\.|[ \t])/ && !/ d /) { print member ": " $NF }
    END { if (n < 10) print "only " n " objects looked at" }')
if [ -n "$symbols" ]; then
    echo "mutable globals in $library:"
    echo "$symbols"
    exit 1
fi
