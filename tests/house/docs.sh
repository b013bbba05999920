#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What texts say of the tree is so: each file that a header, a test or a document cites exists, and
# docs/design.md has a room for each directory of builder/, each with headers that are there.

set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
seen=0

# Names that are somebody else's: chapters of the OCI specifications, sources of glibc, musl and
# the kernel, a report of a user's, and a test for example.
foreign='annotations|config|descriptor|image-index|image-layout|layer|manifest|night'
foreign="^(($foreign)\.md|ldso/.*|elf/.*|sysdeps/.*|linux/.*|binfmt_script\.c|tests/cli/x\.sh)$"

mapfile -t tree < <(git ls-files --cached --others --exclude-standard 2>/dev/null ||
    find . -path ./build -prune -o -type f -printf '%P\n')
declare -A is_file is_base
for file in "${tree[@]}"; do
    [ -e "$file" ] || continue
    is_file[$file]=1
    is_base[${file##*/}]=1
done

# there NAME FROM: whether FROM may cite it: from the top, from builder/ or tests/, from beside it,
# or a bare name that some file has.
there() {
    local name=${1#./} from=${2%/*}
    case $name in
    ../*) name=$(realpath -m --relative-to=. "$from/$name") ;;
    esac
    [ -n "${is_file[$name]:-}${is_file[builder/$name]:-}${is_file[tests/$name]:-}" ] ||
        [ -n "${is_file[$from/$name]:-}${is_file[docs/$name]:-}" ] ||
        { [ "$name" = "${name##*/}" ] && [ -n "${is_base[$name]:-}" ]; }
}

# Headers of the system, which this tree includes or quotes.
system() {
    echo "#include <$1>" | ${CC:-cc} -E -x c - >/dev/null 2>&1
}

# In comments of C, and everywhere in documents: names of documents, headers and scripts.
while IFS=: read -r file line name; do
    seen=$((seen + 1))
    there "$name" "$file" && continue
    [[ $name =~ $foreign ]] && continue
    [[ $name == *.h ]] && system "$name" && continue
    echo "$file:$line: cites $name, which isn't there"
    bad=1
done < <(
    {
        grep -nHE '^ ?/?\*|/\*' builder/*.[ch] builder/*/*.[ch] tests/*/*.[ch]
        grep -nHE '^#' tests/*.sh tests/*/*.sh
        grep -nH '' README.md CONTRIBUTING.md docs/*.md docs/*.[15]
    } | sed -E 's#(https?|file)://[^ )>]*##g' |
        awk '{
            split($0, part, ":")
            rest = substr($0, length(part[1]) + length(part[2]) + 3)
            while (match(rest, /[A-Za-z0-9_.\/-]*[A-Za-z0-9_]\.(md|h|c|sh)([^A-Za-z0-9_]|$)/)) {
                word = substr(rest, RSTART, RLENGTH)
                rest = substr(rest, RSTART + RLENGTH)
                sub(/[^A-Za-z0-9_]$/, "", word)
                if (word !~ /^\//) print part[1] ":" part[2] ":" word
            }
        }'
)
[ "$seen" -gt 200 ] || { echo "only $seen names seen"; exit 1; }

# Rooms: "| `lock/` | ... | `lock.h`, `solve.h` |".
for dir in builder/*/; do
    dir=${dir#builder/}
    row=$(grep -E "^\| \`$dir\` " docs/design.md || true)
    [ -n "$row" ] || { echo "docs/design.md has no room $dir"; bad=1; }
    # shellcheck disable=SC2016
    for header in $(grep -oE '`[a-z_]+\.h`' <<<"${row##*| }" | tr -d '`'); do
        [ -e "builder/$dir$header" ] || { echo "docs/design.md: there is no builder/$dir$header"; bad=1; }
    done
done
exit $bad
