#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What only the build may write: accounts, records of packages, the distribution's name. A package
# that brings one is without it, in every layer; an own file in such a place is refused; what the
# recipe allows is there.

# shellcheck disable=SC2046 # layers are paths without blanks
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

records=(
    etc/passwd etc/group etc/shadow etc/gshadow etc/passwd- etc/group- etc/shadow- etc/gshadow-
    etc/ld.so.cache
    var/lib/dpkg/status var/lib/dpkg/status.d/evil var/lib/dpkg/status.d/evil.md5sums
    var/lib/dpkg/diversions var/lib/dpkg/statoverride var/lib/dpkg/available
    var/lib/dpkg/info/evil.list var/lib/dpkg/info/ways.list var/lib/dpkg/triggers/File
    opt/x/var/lib/dpkg/status opt/x/lib/dpkg/status.d/evil
    lib/apk/db/installed lib/apk/db/triggers opt/x/lib/apk/db/installed etc/apk/repositories
    var/lib/rpm/Packages var/lib/rpm/Packages.db var/lib/rpm/rpmdb.sqlite
    var/lib/rpm/rpmdb.sqlite-wal usr/lib/sysimage/rpm/rpmdb.sqlite usr/share/rpm/rpmdb.sqlite
    opt/x/var/lib/rpm/Packages var/lib/rpmmanifest/container-manifest-1
    var/lib/rpmmanifest/container-manifest-2 root/buildinfo/content_manifests/x.json
    usr/share/buildinfo/labels.json
    usr/lib/opkg/status usr/lib/opkg/info/x.control var/lib/pacman/local/x-1/desc
    var/db/pkg/a/b-1/CONTENTS opt/bitnami/redis/.spdx-redis.spdx opt/bitnami/.spdx-x.spdx
    etc/os-release etc/lsb-release etc/debian_version etc/alpine-release etc/redhat-release
    etc/centos-release etc/fedora-release etc/system-release etc/system-release-cpe
    etc/rocky-release etc/almalinux-release etc/oracle-release etc/SuSE-release
    etc/mariner-release usr/lib/os-release usr/lib/fedora-release usr/lib/system-release
    x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release
)
# Beside them, and nobody's record.
harmless=(
    etc/passwd.d/x etc/shadow.conf etc/release.conf opt/x/etc/passwd opt/x/status
    opt/x/information/x usr/share/x/os-release usr/share/x/status usr/lib/dpkg/methods/x
    usr/lib/rpm/macros var/lib/x/status etc/apk.conf
)
python3 - "$work/vendor" "${#records[@]}" "${records[@]}" "${harmless[@]}" <<END || exit 1
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "$top/tests/cli")
sys.path.insert(0, "$top/tests/archive")
from debian import Archive, Deb
a = Archive(sys.argv[1])
ways, plain, links = Deb("ways", "1", "all"), Deb("plain", "1", "all"), Deb("links", "1", "all")
for i, path in enumerate(sys.argv[3:]):
    (ways if i < int(sys.argv[2]) else plain).file(path, "evil\n")
links.file("opt/x/real", "root:x:0:0::/:/bin/sh\n")
for path in ("etc/shadow", "lib/apk/db/installed", "etc/alpine-release", "var/lib/dpkg/status"):
    links.link(path, "/opt/x/real")
base = Deb("base-files", "1:1", "all").file("etc/debian_version", "13.9\n")
for name, files in (("clair", ("opt/x/db/status", "opt/x/db/info/a.md5sums")),
                    ("behind", ("opt/x/db/installed",)), ("behind-file", ("opt/x/Packages",))):
    deb = Deb(name, "1", "all")
    for path in files:
        deb.file(path, "evil\n")
    if name == "behind":
        deb.link("usr/lib/apk", "../../opt/x")
    if name == "behind-file":
        deb.link("var/lib/rpm", "/opt/x")
    a.add("trixie", deb.build())
for deb in (ways, plain, links, base.file("usr/lib/os-release", "ID=vendor\nVERSION_ID=9\n")):
    a.add("trixie", deb.build())
a.sign()
END
MKIMAGE_MIRROR+=" vendor=file://$work/vendor/debian"
export MKIMAGE_MIRROR

# image PACKAGES [MORE]: builds an image of the vendor's and Debian's packages.
image() {
    rm -rf x.lock x.oci
    cat >x.conf <<END
arch = {"amd64"}
packages = {$1}
source "vendor" {
    suites = {"trixie"}
    mirror = {"http://vendor.invalid/debian"}
    keyring = "$work/vendor/archive.gpg"
    packages = {${vendors-"ways", "plain", "links", "clair", "behind", "behind-file"}}
}
source "debian" { keyring = "$work/archive/archive.gpg" }
source "debian-security" { keyring = "$work/archive/archive.gpg" }
${2-}
END
    mk x.conf -o oci:x.oci
}
layers() {
    jq -r '.layers[].digest' "$(blob x.oci "$(manifest x.oci)")"
}
# holding LAYER...: the paths in them, but for directories.
holding() {
    local layer
    for layer; do
        zstd -dc "$(blob x.oci "$layer")" | tar -t | grep -v '/$'
    done | sed 's,^\./,,' | sort
}
# cat_of PATH: the file's bytes in the last layer.
cat_of() {
    zstd -dc "$(blob x.oci "$(layers | tail -n1)")" | tar -xO "$1"
}

# Packages
image '"base-files", "hello"'
must "an image without them"
holding $(layers) >before
image '"base-files", "hello", "ways"'
must "a package with ${#records[@]} records"
like "says what was left out" "$err" "SRC-RECORD left out: .* and $((${#records[@]} - 6)) more"
holding $(layers) >after
is "nothing of it is in any layer" "$(comm -13 before after | grep -v '^var/lib/dpkg/status$')" \
    "$(printf '%s\n' var/lib/dpkg/info/ways.list var/lib/dpkg/info/ways.md5sums)"
is "its own record is the build's" "$(holding $(layers) | grep -c '^var/lib/dpkg/info/ways.list$')" 1
mk audit oci:x.oci
is "audit finds no account of it" "$(grep -cE 'ACC-|SRC-RECORD' <<<"$out")" 0
image '"base-files", "hello", "plain"'
must "control: a package beside them"
is "all of it is there" "$(comm -12 <(printf '%s\n' "${harmless[@]}" | sort) <(holding $(layers)) | wc -l)" \
    "${#harmless[@]}"
image '"base-files", "hello", "links"'
must "links in their places"
is "are left out" "$(holding $(layers) | grep -E 'apk|alpine')" ""
vendors='"base-files"' image '"base-files", "hello"'
must "base-files of a vendor that the recipe names"
like "says what the distribution is" "$(cat_of etc/os-release)" '^ID=vendor$'
image '"base-files", "hello", "ways"' 'allow { rule = "SRC-RECORD" path = "/**" reason = "x" }
allow { rule = "ACC-MODE" path = "/etc/**" reason = "x" }
allow { rule = "SRC-SHADOW" path = "/etc/ld.so.cache" reason = "x" }
package "ways" { exclude = {"/etc/os-release", "/etc/debian_version", "/usr/lib/os-release"} }'
fine "control: allowed"
holding $(layers) >allowed
is "is there, but for dpkg's" "$(comm -13 after allowed | grep -c .)" \
    "$(printf '%s\n' "${records[@]}" | grep -v '^\(.*/\)*lib/dpkg/' |
        grep -cvE '^(etc/(os-release|debian_version)|usr/lib/os-release)$')"

# What looks like one
while read -r package path what; do
    image "\"base-files\", \"hello\", \"$package\""
    refused "$package" 3 "SRC-RECORD: /$path \(package $package\): $what"
    image "\"base-files\", \"hello\", \"$package\"" \
        "allow { rule = \"SRC-RECORD\" path = \"/opt/**\" reason = \"x\" }"
    fine "control: $package, allowed"
done <<'END'
clair opt/x/db/status stands beside a directory info
behind opt/x/db is what /lib/apk/db leads to
behind-file opt/x is what /var/lib/rpm leads to
END

# Own files, trees, links and templates
says='allow \{ rule = "SRC-RECORD"'
mkdir -p tree/lib/apk/db tree/app recipes
echo evil >tree/lib/apk/db/installed
echo fine >tree/app/x
made=(etc/passwd etc/group etc/shadow etc/os-release var/lib/dpkg/status etc/ld.so.cache)
for path in "${made[@]}"; do
    image '"base-files", "hello", "libc-bin"' "file \"/$path\" { content = \"x\" }"
    refused "an own /$path" 1 "x.conf:[0-9]+: /$path is (made by the build|there already)" \
        'add replace = true'
done
image '"base-files", "hello", "libc-bin"' 'file "/etc/ld.so.cache" { content = "x" replace = true }'
fine "an own /etc/ld.so.cache that stands in"
for path in "${records[@]}"; do
    mkdir -p "all/${path%/*}"
    echo x >"all/$path"
done
image '"base-files", "hello"' 'tree "/" { source = "all" replace = true }'
refused "a tree of all of them" 3 'SRC-RECORD: /etc/alpine-release: says that this is Alpine'
image '"base-files", "hello"' 'file "/etc/passwd" { content = "x" replace = true }'
# shellcheck disable=SC2016 # as it is printed
refused "it says which sections make it" 3 '`user` and `account` sections'
own='file "/etc/alpine-release" { content = "mine" }'
image '"base-files", "hello"' "$own allow { rule = \"SRC-RECORD\" path = \"/etc/alpine-release\" reason = \"x\" }"
fine "control: allowed by path and reason"
is "is there" "$(cat_of etc/alpine-release)" mine
image '"base-files", "hello"' 'file "/var/lib/dpkg/status" { content = "mine" replace = true }
allow { rule = "SRC-RECORD" path = "/var/lib/dpkg/status" reason = "x" }'
fine "dpkg's record, allowed"
is "is the recipe's" "$(cat_of var/lib/dpkg/status)" mine
image '"base-files", "hello"' 'tree "/" { source = "tree" }'
refused "a tree with a record" 3 'SRC-RECORD: /(usr/)?lib/apk/db/installed' "$says"
image '"base-files", "hello"' 'tree "/" { source = "tree" exclude = {"lib/**"} }'
fine "control: without it"
image '"base-files", "hello"' 'link "/etc/alpine-release" { target = "/usr/lib/os-release" }'
refused "a link" 3 'SRC-RECORD: /etc/alpine-release'
image '"base-files", "hello"' 'link "/var/lib/rpm" { target = "/srv" } tree "/srv" { source = "tree" }'
refused "a link to a directory" 3 'SRC-RECORD: /srv: is what /var/lib/rpm leads to'
mkdir -p rootfs-templates/t/etc
printf '#mtree\n./etc type=dir mode=0755\n./etc/alpine-release type=file mode=0644\n' \
    >rootfs-templates/t.mtree
echo 3.20 >rootfs-templates/t/etc/alpine-release
image '"base-files", "hello"' 'template = {"base", "t"}'
mv x.conf recipes/
mk recipes/x.conf -o oci:x.oci
refused "a template" 3 'SRC-RECORD: /etc/alpine-release' "$says"

finish
