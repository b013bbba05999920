#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Images that are bad in more than 50 ways (bad_image.py): each is found, by its rule and at its
# path; and what only looks bad isn't. docs/audit.md has what other programs find in them.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

PYTHONPATH="$top/tests/cli:$top/tests/archive" PYTHONDONTWRITEBYTECODE=1 \
    python3 "$top/tests/cli/bad_image.py" "$top/tests/fuzz/corpus/elf" || exit 1
for image in docker-archive:bad.tar oci:user.oci; do
    mk audit "$image" --format json
    must "$image is judged"
    jq -r '.images[].findings[] | .rule as $r | (.path // "config"), .more[] | $r + "\t" + .' .out >>found
done

while IFS=$'\t' read -r rule path words; do
    ok "$words" grep -qxF "$rule	$path" found
done <bad.tsv
while IFS=$'\t' read -r rule path words; do
    is "nothing about $words" "$(grep -cxF "$rule	$path" found)" 0
done <good.tsv
is "there are more than 50 ways" "$(($(wc -l <bad.tsv) > 50))" 1
mk audit docker-archive:bad.tar --fail-on low
is "and it doesn't pass" "$code" 3

finish
