#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A third party's source that reaches for what is Debian's: by a version, by Replaces, by Provides,
# by files that the loader, the shell or an interpreter takes first. Each case has its control: the
# same with the recipe's word for it, or without what makes it hostile.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

# third NAME <<END: an archive with these debs, added to the mirrors.
third() {
    python3 - "$work/$1" 3<&0 <<END || exit 1
import os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "$top/tests/cli")
sys.path.insert(0, "$top/tests/archive")
import elf
from debian import Archive, Deb
a = Archive(sys.argv[1])
def add(deb):
    a.add("trixie", deb.build())
def library(soname, *needed):
    return elf.dynamic("amd64", soname, list(needed))
exec(os.fdopen(3).read())
a.sign()
END
    MKIMAGE_MIRROR+=" $1=file://$work/$1/debian"
    export MKIMAGE_MIRROR
}

# image SOURCE-OPTIONS PACKAGES [MORE]: builds with one third party, vendor.
image() {
    rm -rf x.lock x.oci
    cat >x.conf <<END
arch = {"amd64"}
packages = {$2}
source "vendor" {
    suites = {"trixie"}
    mirror = {"http://vendor.invalid/debian"}
    keyring = "$work/vendor/archive.gpg"
    $1
}
source "debian" { keyring = "$work/archive/archive.gpg" }
source "debian-security" { keyring = "$work/archive/archive.gpg" ${security-} }
${3-}
END
    mk x.conf
}
# of NAME: version and origin that were locked.
of() {
    jq -r --arg name "$1" '.architectures.amd64.packages[] | select(.name == $name) |
        .version + " " + .origin' x.lock
}

third vendor <<'END'
add(Deb("hello", "1", "all").file("usr/share/hello/vendor", "vendor"))
add(Deb("foo", "9:9", "amd64", Depends="libfoo1 (>= 9)").file("usr/share/vendor/foo", "x"))
add(Deb("libfoo1", "9", "amd64").file("usr/share/vendor/libfoo1", "x"))
add(Deb("replaces", "1", "amd64", Replaces="hello, libc6")
    .file("usr/bin/hello", library(None, "libc.so.6"), 0o755))
add(Deb("same-path", "1", "amd64").file("usr/share/foo/version", "evil"))
add(Deb("provides", "1", "all", Provides="libfoo1 (= 99)").file("usr/share/vendor/p", "x"))
END

# Names
image 'packages = {"hello"}' '"hello"'
fine "a name that a source names"
is "comes from there, though Debian's version is higher" "$(of hello)" "1 vendor"
image 'all_packages = true' '"hello"'
fine "control: where it may deliver all"
is "the highest version wins" "$(of hello)" "2.10-5 debian"
image 'packages = {"replaces"}' '"hello", "foo"'
is "control: what it doesn't name isn't its own" "$(of hello; of foo)" \
    "$(printf '%s\n' '2.10-5 debian' '1:1.1-1 debian')"
image 'packages = {"hello"}' '"hello (>= 2)"'
refused "a version that Debian alone has" 1 'no version of hello meets' 'the archive has 1$'
image 'packages = {"foo"}' '"foo"'
refused "what it needs and wasn't named" 1 'foo can.t be installed' \
    'source vendor has it, but delivers only the packages named for it: add "libfoo1" to its packages'
image 'packages = {"foo", "libfoo1"}' '"foo"'
fine "control: with the name"
is "both are the vendor's" "$(of foo; of libfoo1)" "$(printf '%s\n' '9:9 vendor' '9 vendor')"
image 'packages = {"absent", "hello"}' '"absent"'
refused "a name that it hasn't" 1 'there is no package absent' 'source vendor names it'
image 'packages = {"hello"}' '"hello"' 'source "second" { suites = {"x"}
    mirror = {"http://second.invalid/"} keyring = "k.gpg" packages = {"other", "hello"} }'
refused "two sources that name it" 1 'x.conf:[0-9]+: source second names package hello, as source vendor does at x.conf:[0-9]+'
security='packages = {"hello"}' image 'packages = {"hello"}' '"hello"'
refused "Debian's as one of them" 1 'source vendor names package hello, as source debian-security does'
security='provides = {"hello"}' image 'packages = {"hello"}' '"hello"'
refused "what is for third parties" 1 'source debian-security has provides, which is for third'

# Provides
image 'packages = {"provides"}' '"foo", "provides"'
fine "a package that provides a library of Debian's"
is "and Debian's is still there" "$(of libfoo1)" "1.2-3+deb13u1 debian-security"
image 'packages = {"provides"} provides = {"libfoo1"}' '"foo", "provides"' \
    'allow { rule = "ELF-NEED" path = "**" reason = "nothing is started" }'
fine "control: where it may"
is "it stands in for it" "$(of libfoo1; of provides)" "1 vendor"

# Files
image 'packages = {"replaces"}' '"hello", "replaces"'
refused "Replaces across origins" 1 '/usr/bin/hello is brought by the packages' \
    'replaces = .{"hello".} in source "vendor"|replaces = \{"hello"\} in source "vendor"'
image 'packages = {"replaces"} replaces = {"libc6"}' '"hello", "replaces"'
refused "with the word for another package" 1 '/usr/bin/hello is brought by the packages'
image 'packages = {"replaces"} replaces = {"hello"}' '"hello", "replaces"' \
    'allow { rule = "ELF-NEED" path = "**" reason = "nothing is started" }'
fine "control: with the word for it"
image 'packages = {"same-path"}' '"foo", "same-path"'
refused "a common path without Replaces" 1 '/usr/share/foo/version is brought by the packages'
image 'packages = {"same-path"}' '"same-path"'
fine "control: where Debian's isn't in the image"

finish
