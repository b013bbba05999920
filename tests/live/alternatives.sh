#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Alternatives and diversions of real packages: the image's links are those of a tree that Debian's
# own tools made of the same packages (mmdebstrap; needs root and some minutes), its loader's cache is
# what ldconfig makes of it, diverted files are where and what they are there, and numpy runs on BLAS.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
need umoci python3
[ "$(id -u)" = 0 ] || skip_all "not root: no chroot"

# What is essential has alternatives, too.
essential='"bash", "dash", "debianutils", "dpkg", "util-linux"'
wanted=(gawk mawk original-awk netcat-openbsd netcat-traditional less most nano vim-tiny ed libblas3
    liblapack3 libopenblas0-pthread iptables mysql-common mariadb-common moreutils parallel
    python3-numpy xz-utils traceroute)
cat >all.conf <<END
packages = {"base-files", "libc-bin", $essential, $(printf '"%s", ' "${wanted[@]}")}
keep = {"/usr/share/man/**"}
compression = "gzip"
allow { rule = "SW-NET"    path = "/usr/bin/**"   reason = "test" }
allow { rule = "SW-PKG"    path = "/**"   reason = "test" }
allow { rule = "SW-DEV"    path = "/**"   reason = "test" }
allow { rule = "SW-SHELL"  path = "/**"   reason = "test" }
allow { rule = "SCR-BANG"  path = "/**"   reason = "test" }
END
mk all.conf --arch "$arch" -o oci:all.oci:test --format json
must "built"
is "no script with an alternative is unread" \
    "$(jq -r '.images[0].scripts[] | select(.script | test("alternatives")) | .package' .out)" ""
ok "umoci extracts it" extract all.oci:test tree

links() {
    (cd "$1" && find . -type l \( -lname '/etc/alternatives/*' -o -path './etc/alternatives/*' \) \
        -printf '%P -> %l\n' | LC_ALL=C sort)
}
links tree >ours
is "links of alternatives" "$(($(wc -l <ours) > 150))" 1
is "none dangles" "$(grep '^etc/alternatives/' ours | sed 's/.* -> //' |
    while read -r target; do [ -e "tree$target" ] || [ -L "tree$target" ] || echo "$target"; done)" ""
like "the best of each" "$(cat ours)" '^etc/alternatives/awk -> /usr/bin/gawk$' \
    '^usr/bin/nc -> /etc/alternatives/nc$' '^etc/alternatives/pager -> /usr/bin/less$' \
    '^etc/alternatives/editor -> /bin/nano$' '^etc/alternatives/my.cnf -> /etc/mysql/mariadb.cnf$' \
    '^etc/alternatives/iptables-restore -> /usr/sbin/iptables-nft-restore$'

cp tree/etc/ld.so.cache made
if chroot tree /sbin/ldconfig; then
    is "ld.so.cache is what ldconfig makes of it" "$(ldconfig -p -C made | grep ' => ')" \
        "$(ldconfig -p -C tree/etc/ld.so.cache | grep ' => ')"
    like "with BLAS" "$(ldconfig -p -C made)" '	libblas.so.3 .*/libblas.so.3$'
fi
(umask 0 && : >tree/dev/null)
is "numpy multiplies" "$(inside tree /usr/bin/python3 -c 'import numpy
print(int(numpy.linalg.det(numpy.array([[3., 1.], [2., 4.]])).round()))' 2>&1)" 10
is "awk is one" "$(inside tree /usr/bin/awk 'BEGIN { print 6 * 7 }' 2>&1)" 42

sed 's,^compression,alternative "awk" { path = "/usr/bin/mawk" }\
alternative "editor" { path = "/bin/ed" }\
&,' all.conf >chosen.conf
mk chosen.conf --arch "$arch" -o oci:chosen.oci:test
must "built as the recipe chooses"
ok "umoci extracts it" extract chosen.oci:test chosen
links chosen >theirs
is "the recipe's choices, with their manual pages, and no other" \
    "$(diff ours theirs | sed -n 's/^> //p')" 'etc/alternatives/awk -> /usr/bin/mawk
etc/alternatives/awk.1.gz -> /usr/share/man/man1/mawk.1.gz
etc/alternatives/editor -> /bin/ed
etc/alternatives/editor.1.gz -> /usr/share/man/man1/ed.1.gz
etc/alternatives/nawk -> /usr/bin/mawk
etc/alternatives/nawk.1.gz -> /usr/share/man/man1/mawk.1.gz'

# The real tree.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -E '/debian/?$' | head -n 1)
if ! command -v mmdebstrap >/dev/null; then
    skip "as Debian's own tools" "no mmdebstrap"
elif [ -z "$mirror" ]; then
    skip "as Debian's own tools" "no mirror in apt's sources"
elif mmdebstrap --quiet --mode=root --variant=essential --aptopt='APT::Install-Recommends "false"' \
    --include="$(IFS=, && echo "${wanted[*]}")" trixie real "$mirror" 2>.real; then
    links real >wanted
    is "the links are those of Debian's own tools" "$(diff wanted ours)" ""
    for path in usr/bin/parallel usr/bin/parallel.moreutils usr/share/man/man1/parallel.1.gz \
        usr/share/man/man1/parallel.moreutils.1.gz; do
        is "/$path is what it is there" "$(stat -c '%a %u %g' "tree/$path") $(sha256sum <"tree/$path")" \
            "$(stat -c '%a %u %g' "real/$path") $(sha256sum <"real/$path")"
    done
else
    fail "as Debian's own tools" "$(tail -n 3 .real)"
fi
finish
