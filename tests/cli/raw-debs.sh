#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Debs that nobody should ship, in an archive that is rightly signed (raw_debs.py has them):
# each is refused with an error that names package and place, within seconds and with bounded
# memory, leaving no output and the earlier one whole. Those that only look bad are built.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export MKIMAGE_APT_ROOT=$work MKIMAGE_MIRROR=file://$work/archive/debian
more_archive raw_debs.py "$work/archive"

recipe good <<'END'
packages = {"utf8"}
arch = {"amd64"}
END
mk good.conf
fine "a good one, for comparison"
ok "is sound" check_layout good.oci
# state: all that a user sees here.
state() {
    find . -path ./cache -prune -o -path ./archive -prune -o -name '.out' -o -name '.err' -o -name case.conf -o -path . -o \
        -printf '%p %y %m %s %i %T@ %l\n' | sort
}

# try PACKAGE WANT PATTERN
try() {
    local package=$1 want=$2 pattern=$3 said
    sed "3s/.*/packages = {\"$package\"}/" good.conf >case.conf
    mk_limited case.conf -o oci:good.oci --lock "$work/.lock" --format json
    rm -f .lock
    if [ "$want" = build ]; then
        if [ "$code" != 0 ] || ! said=$(check_layout good.oci); then
            fail "$package is built" "exit code $code" "$err" "${said:-}"
        else
            like "$package is built" "$err" "$pattern"
        fi
        rm -rf good.oci
        mk good.conf
        before=$(state)
    elif [ "$code" != 1 ] && [ "$code" != 3 ]; then
        fail "$package is refused" "exit code $code" "$err"
    elif [ -n "$out" ]; then
        fail "$package is refused" "stdout: $out"
    elif [ "$(state)" != "$before" ]; then
        fail "$package leaves all as it was" "$(diff <(state) - <<<"$before")"
    elif ! grep -qE -- "$pattern" <<<"$err" || [[ $pattern != \"* && $err != *"$package"* ]]; then
        fail "$package is refused with its place" "no /$pattern/ or no $package in:" "$err"
    elif [[ $err == *[$'\001'-$'\010'$'\013'-$'\037'$'\177']* ]]; then
        fail "$package is refused in plain text" "$(cat -v <<<"$err")"
    else
        pass "$package is refused"
    fi
}

# mk_limited ARGUMENT...: mk with little memory, disk and time.
mk_limited() {
    code=0
    prlimit --as=3000000000 --fsize=500000000 --cpu=20 "$MKIMAGE" "$@" >.out 2>.err </dev/null ||
        code=$?
    out=$(cat .out) err=$(cat .err)
}

before=$(state)
while IFS=$'\t' read -r package want pattern; do
    try "$package" "$want" "$pattern"
done <archive/cases

mk good.conf
fine "after all of them the good one"
ok "is sound" check_layout good.oci
is "and the cache holds nothing half done" "$(find cache/partial -type f 2>/dev/null)" ""

# What an index says wrongly: an archive for each.
while IFS=$'\t' read -r package want pattern; do
    export MKIMAGE_MIRROR=file://$work/archive/lies/$package/debian
    cp "archive/lies/$package/archive.gpg" archive/archive.gpg
    before=$(state)
    try "$package" "$want" "$pattern"
done <archive/lies/cases

finish
