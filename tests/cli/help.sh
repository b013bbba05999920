#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# --help and mkimage(1) say the same: each option and each command of one stands in the other, with
# the same words.

set -euo pipefail
cd "$(dirname "$0")/../.."
mkimage=${MKIMAGE:-build/mkimage}
page=docs/mkimage.1
bad=0
seen=0

complain() {
    echo "$*"
    bad=1
}

in_page() { # LETTER NAME ARGUMENT: the .It line that the option must have
    local item=".It"
    [ -z "$1" ] || item="$item Fl $1 ,"
    item="$item Fl -$2"
    [ -z "$3" ] || item="$item Ar $3"
    grep -qxF -- "$item" "$page"
}

names=""
for command in $("$mkimage" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    grep -qx -- ".It Cm $command" "$page" || complain "$page lacks the command $command"
    while IFS= read -r line; do
        letter=$(sed -nE 's/^ *-([A-Za-z]), .*/\1/p' <<<"$line")
        name=$(grep -oE -- '--[a-z-]+' <<<"$line" | head -n 1)
        name=${name#--}
        argument=$(sed -nE "s/^.*--$name ([][A-Z=:@]+).*$/\1/p" <<<"$line")
        in_page "$letter" "$name" "$argument" || complain "$page lacks $letter --$name $argument"
        names="$names $name"
        seen=$((seen + 1))
    done < <("$mkimage" "$command" --help | grep -E '^ +(-[A-Za-z], )?--')
    while IFS= read -r help; do
        grep -qF -- "$help" "$page" || complain "$page lacks the words \"$help\" ($command)"
    done < <("$mkimage" "$command" --help | sed -nE 's/^(  .{26}| {28}) *([a-z].*)$/\2/p')
done

while IFS= read -r name; do
    case " $names " in
    *" $name "*) ;;
    *) complain "no command has --$name, which $page describes" ;;
    esac
done < <(sed -nE 's/^\.It (Fl [A-Za-z] , )?Fl -([a-z-]+).*/\2/p' "$page")

[ "$seen" -gt 10 ] || complain "only $seen options seen"
exit $bad
