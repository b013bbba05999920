#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# No function of the library bears a name that a linked library has too: the program's would take
# the place of theirs, in their own calls as well (libsolv's pool_free was such a case).

set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."

library=build/libmkimage.a
[ -e "$library" ] || { echo "$library isn't built"; exit 1; }

theirs=$(mktemp)
trap 'rm -f "$theirs"' EXIT
for name in archive zstd crypto ssl curl jansson elf lzma solv solvext deflate z; do
    file=$(${CC:-cc} -print-file-name="lib$name.so")
    [ -e "$file" ] || { echo "lib$name.so isn't there"; exit 1; }
    nm -D --defined-only "$file" | awk -v lib="lib$name" '{ sub(/@.*/, "", $3); print $3, lib }'
done | sort -u >"$theirs"
[ "$(wc -l <"$theirs")" -gt 3000 ] || { echo "the libraries' symbols can't be read"; exit 1; }

same=$(nm --defined-only --extern-only "$library" 2>/dev/null | awk 'NF == 3 { print $3 }' |
    sort -u | join - "$theirs")
if [ -n "$same" ]; then
    echo "names that a linked library has too:"
    echo "$same"
    exit 1
fi
