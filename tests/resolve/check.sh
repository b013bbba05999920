#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What mkimage picks for the package sets of real images, against what apt's own solver picks on
# the same indexes: make resolve-check. At least 99 of 100 sets have to be equal, and each that
# isn't must be explained in differences.txt.
#
# The mirror comes from MKIMAGE_MIRROR ("URL" or "debian=URL debian-security=URL"), else from this
# machine's apt sources. SETS names another file of sets, SUITE another suite than trixie.

set -euo pipefail
cd "$(dirname "$0")/../.."

suite=${SUITE:-trixie}
sets=${SETS:-tests/resolve/package-sets.tsv}
explained=tests/resolve/differences.txt
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
resolve_sets=build/tests/tools/resolve_sets
[ -x "$resolve_sets" ] || { echo "$resolve_sets isn't built: make resolve-check builds it"; exit 1; }
command -v apt-get >/dev/null || { echo "skipped: there is no apt-get"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# mirrors: sets main and security.
mirrors() {
    main='' security=''
    for word in ${MKIMAGE_MIRROR:-}; do
        case $word in
        debian-security=*) security=${word#*=} ;;
        debian=*) main=${word#*=} ;;
        *://*) main=$word ;;
        esac
    done
    if [ -z "$main" ]; then
        while read -r uri release; do
            case $release in
            *-security | */updates) security=${security:-$uri} ;;
            *) main=${main:-$uri} ;;
            esac
        done < <(apt-get indextargets --format "\$(REPO_URI) \$(RELEASE)" 'Created-By: Packages')
    fi
    main=${main%/}
    security=${security%/}
    [ -n "$main" ] || { echo "no mirror is known: MKIMAGE_MIRROR=https://MIRROR/debian"; exit 1; }
    [ -n "$security" ] || security=${main%/debian}/debian-security
}

# isolated: an apt that sees these suites and no installed package.
isolated() {
    mkdir -p "$work"/apt/etc/apt/{preferences.d,sources.list.d,apt.conf.d,trusted.gpg.d} \
        "$work"/apt/var/lib/{apt/lists/partial,dpkg} "$work"/apt/var/cache/apt/archives/partial
    : >"$work/apt/var/lib/dpkg/status"
    cat >"$work/apt/etc/apt/sources.list" <<EOF
deb [signed-by=$keyring] $main $suite main
deb [signed-by=$keyring] $main $suite-updates main
deb [signed-by=$keyring] $security $suite-security main
EOF
    cat >"$work/apt.conf" <<EOF
Dir "$work/apt";
Dir::State::status "$work/apt/var/lib/dpkg/status";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Solver "internal";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::GzipIndexes "false";
EOF
    export APT_CONFIG="$work/apt.conf"
    apt-get -qq update
    apt-cache gencaches >/dev/null
}

# one NAME WANTED FORBIDDEN: a line of apt's picks in the form of resolve_sets.
one() {
    local name=$1 out words=()
    read -ra words <<<"$2 $(sed -E 's/[^ ]+/&-/g' <<<"${3:-}")"
    if out=$(apt-get -s -y install "${words[@]}" 2>&1); then
        printf '%s\t' "$name"
        sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1=\2/p' <<<"$out" | LC_ALL=C sort -t= -k1,1 | paste -sd' '
    else
        printf '%s\tFAIL %s\n' "$name" "$(tail -n 1 <<<"$out")"
    fi
}
export -f one

mirrors
isolated
echo "apt $(dpkg-query -W -f '${Version}' apt) and mkimage over $suite, $suite-updates, $suite-security:"

start=$(date +%s.%N)
mkdir "$work/picks"
n=0
while IFS=$'\t' read -r name wanted forbidden; do
    n=$((n + 1))
    printf '%s\0%s\0%s\0%s\0' "$work/picks/$n" "$name" "$wanted" "$forbidden"
done < <(grep -v '^#' "$sets") >"$work/jobs"
# shellcheck disable=SC2016 # expanded by the inner shell
xargs -0 -n 4 -P "$(nproc)" bash -c 'one "$2" "$3" "$4" >"$1"' one <"$work/jobs"
cat "$work"/picks/* | LC_ALL=C sort >"$work/apt.picks"
awk -v a="$start" -v b="$(date +%s.%N)" -v j="$(nproc)" \
    'BEGIN { printf "apt: %.0f s of %d processes at a time\n", b - a, j }'

lists=$work/apt/var/lib/apt/lists
files=("$lists"/*_dists_"${suite}"_main_*_Packages "$lists"/*_dists_"${suite}"-updates_main_*_Packages
    "$lists"/*_dists_"${suite}"-security_main_*_Packages)
printf 'mkimage: '
"$resolve_sets" amd64 "$sets" "${files[@]}" 2>"$work/times" | LC_ALL=C sort >"$work/our.picks"
cat "$work/times"

equal=$(LC_ALL=C comm -12 "$work/apt.picks" "$work/our.picks" | wc -l)
bad=0
while IFS=$'\t' read -r name _; do
    pick() { grep -F "$name"$'\t' "$work/$1" | head -n 1 | cut -f 2 | tr ' ' '\n' | LC_ALL=C sort; }
    reason=$(awk -F'\t' -v name="$name" '$1 == name { print $2 }' "$explained")
    [ -n "$reason" ] || bad=$((bad + 1))
    printf '%s: %s\n  only apt:     %s\n  only mkimage: %s\n' "$name" "${reason:-NOT EXPLAINED}" \
        "$(comm -23 <(pick apt.picks) <(pick our.picks) | paste -sd' ')" \
        "$(comm -13 <(pick apt.picks) <(pick our.picks) | paste -sd' ')"
done < <(LC_ALL=C comm -23 "$work/apt.picks" "$work/our.picks")

echo "$equal of $n sets are equal, $bad differences are not explained"
[ "$n" -gt 0 ] && [ "$bad" -eq 0 ] && [ $((equal * 100)) -ge $((n * 99)) ]
