#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# All packages of the recipes that ship, in one image without exclusions, beside the tree that
# apt and dpkg make of them in a chroot, maintainer scripts run: each path that only the real one has
# is explained by a line of tests/dpkg/explained. Needs mmdebstrap, root, the archive and minutes.
# KEEP=DIR keeps the real tree there, as a tar, and takes it from there the next time.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
need mmdebstrap
[ "$(id -u)" = 0 ] || skip_all "not root: no chroot"

# list OPTION RECIPE: the items of a list in a recipe with its includes.
list() {
    "$MKIMAGE" show "$2" | sed -n "/^$1 = {/,/^}/s/^    \"\([^\"]*\)\".*/\1/p"
}
# shellcheck disable=SC2094 # two files
for file in "$top"/recipes/*.conf "$top"/recipes/examples/*/*.conf; do
    case $file in
    */mkimage*) ;;
    *)
        list packages "$file" >>packages
        list omit "$file" >>omit
        ;;
    esac
done
sort -u -o packages packages
sort -u omit | grep -vxFf packages >omitted
quoted() {
    sed 's/.*/    "&",/' "$1"
}
{
    printf 'packages = {\n%s\n}\n' "$(quoted packages)"
    printf 'omit = {\n%s\n}\n' "$(quoted omitted)"
    printf 'keep = {"/**"}\n'
    # Nothing but paths is looked at here.
    for rule in SW-SHELL SW-DEV SW-NET SW-PKG; do
        printf 'allow { rule = "%s"  path = "**"  reason = "a test of paths" }\n' $rule
    done
} >all.conf
mk all.conf --arch "$arch" --format json
must "one image of all packages"
jq -r '.images[0].packages[].name' <<<"$out" >shipped

real=${KEEP:-$work}/real.tar
if [ ! -s "$real" ]; then
    # shellcheck disable=SC2016 # apt's own
    mapfile -t sources < <(apt-get indextargets --format '$(REPO_URI)' | sort -u)
    lines=()
    for uri in "${sources[@]}"; do
        case $uri in
        */debian-security/) lines+=("deb $uri trixie-security main") ;;
        */debian/) lines+=("deb $uri trixie main" "deb $uri trixie-updates main") ;;
        esac
    done
    include=$(paste -sd, shipped)
    ok "the real tree" mmdebstrap --quiet --variant=apt --keyring=/usr/share/keyrings \
        --include="$include" trixie "$real" "${lines[@]}"
    [ -s "$real" ] || finish
fi

for digest in $(layers all.oci); do
    layer all.oci "$digest" | tar -t -f -
done >ours
mkdir info
tar -C info -xf "$real" --wildcards './var/lib/dpkg/info/*.list'
tar -tf "$real" >theirs
"$top/tests/dpkg/compare.py" ours theirs info/var/lib/dpkg/info shipped "$top/tests/dpkg/explained" >said
code=$?
is "each path that only dpkg's tree has is explained, and each explanation is of use" \
    "$code$(head -n 200 said)" 0
finish
