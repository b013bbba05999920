#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Includes go one way: a directory of builder/ may include from itself and from those before it in
# this order; main.c and cmd/ stand above all; report/ tells what pipeline.c did. CONTRIBUTING.md
# shows this order, and no other.

set -euo pipefail
cd "$(dirname "$0")/../.."

# Those on one line don't know each other. oci stands low because it knows layers and images, but
# nothing of recipes: rootfs hands it a package's files to be made into a layer.
order='
base
net deb
oci
recipe
lock
rootfs
effects
harden
registry
audit
pipeline
fleet
report
cmd
'

bad=0
seen=0
declare -A rank
level=0
while read -r line; do
    [ -n "$line" ] || continue
    level=$((level + 1))
    for dir in $line; do rank[$dir]=$level; done
done <<<"$order"

for dir in "${!rank[@]}"; do
    [ "$dir" = pipeline ] || [ -d "builder/$dir" ] || { echo "there is no builder/$dir"; bad=1; }
done

# "base ← net, deb ← oci ← …", as CONTRIBUTING.md has it in lines of its own.
shown=$(awk 'NF { gsub(/ /, ", "); printf "%s%s", n++ ? " ← " : "", $0 }' <<<"$order")
if ! tr -s ' \n' ' ' <CONTRIBUTING.md | grep -qF " $shown, main.c "; then
    echo "CONTRIBUTING.md doesn't show the order $shown, main.c"
    bad=1
fi

files=()
for file in builder/*.[ch] builder/*/*.[ch]; do
    [ -e "$file" ] && files+=("$file")
done

# place FILE: sets place to its directory in that order.
place() {
    place=${1#builder/}
    case $place in
    main.c) place=cmd ;;
    */*) place=${place%%/*} ;;
    *) place=pipeline ;;
    esac
}

for file in "${files[@]}"; do
    place "$file"
    if [ -z "${rank[$place]:-}" ]; then
        echo "$file: the directory $place has no place in the order of tests/house/includes.sh"
        bad=1
    fi
done

while IFS=: read -r file line include; do
    seen=$((seen + 1))
    place "$file"
    from=$place
    to=${include#*\"}
    to=${to%%\"*}
    case $to in
    */*) to=${to%%/*} ;;
    *) to=pipeline ;;
    esac
    if [ "$to" != "$from" ] && [ "${rank[$to]:-99}" -ge "${rank[$from]:-0}" ]; then
        echo "$file:$line: $from must not include from $to"
        bad=1
    fi
done < <(grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "${files[@]}" || true)

[ "${#files[@]}" -gt 10 ] || { echo "only ${#files[@]} files looked at"; exit 1; }
[ "$seen" -gt 10 ] || { echo "only $seen includes looked at"; exit 1; }
exit $bad
