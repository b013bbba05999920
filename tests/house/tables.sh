#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What everybody wants to know stands in one table: a second one would be kept in step by hand, and
# one day it isn't. Each line below is a word that only such a table has, and the table's file.

set -euo pipefail
cd "$(dirname "$0")/../.."

bad=0
while read -r word file; do
    [ -n "$word" ] || continue
    grep -qF "$word" "$file" || { echo "$file: the table that has $word isn't there"; bad=1; }
    while read -r other; do
        [ "$other" = "$file" ] || { echo "$other: $word stands there, too; ask $file"; bad=1; }
    done < <(grep -rlF --include='*.[ch]' "$word" builder)
done <<'END'
"riscv64" builder/base/arch.c
"ppc64el" builder/base/arch.c
"s390x-linux-gnu" builder/base/arch.c
"libx32" builder/rootfs/usrmerge.c
"usr/lib32" builder/rootfs/usrmerge.c
END
exit $bad
