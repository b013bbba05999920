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
lib = "usr/lib/x86_64-linux-gnu/"
local = "usr/local/lib/"
def way(name, *files):
    deb = Deb("way-" + name, "1", "amd64")
    for path, what in files:
        if what.startswith("->"):
            deb.link(path, what[2:])
        else:
            deb.file(path, library(what) if what.startswith("lib") else what.encode(),
                     0o755 if "/bin/" in path or "/sbin/" in path else 0o644)
    add(deb)
way("hwcaps", (lib + "glibc-hwcaps/x86-64-v2/libc.so.6", "libc.so.6"))
way("hwcaps-text", (lib + "glibc-hwcaps/x86-64-v2/libc.so.6", "not ELF as we read it"))
way("hwcaps-link", (lib + "glibc-hwcaps", "->/opt/vendor/caps"),
    ("opt/vendor/caps/x86-64-v3/libfoo.so.1", "libfoo.so.1"))
way("local", (local + "x86_64-linux-gnu/libc.so.6", "libc.so.6"))
way("usr-lib", ("usr/lib/libfoo.so.1", "libfoo.so.1"))
way("lib64", ("usr/lib64/libfoo.so.1", "libfoo.so.1"))
way("soname", (local + "libother.so.9", "libfoo.so.1"))
way("link", (local + "libfoo.so.1", "->/opt/vendor/evil.so"), ("opt/vendor/evil.so", "libfoo.so.1"))
way("dir-link", (local + "x86_64-linux-gnu", "->/opt/vendor/lib"),
    ("opt/vendor/lib/libfoo.so.1", "libfoo.so.1"))
way("conf", ("etc/ld.so.conf.d/aaa.conf", "/opt/vendor/lib\n"))
way("conf-last", ("etc/ld.so.conf.d/zzz.conf", "/opt/vendor/lib\n"),
    ("opt/vendor/lib/libfoo.so.1", "libfoo.so.1"))
way("conf-own", ("etc/ld.so.conf.d/zzz.conf", "/opt/vendor/lib\n"),
    ("opt/vendor/lib/libvendor.so.1", "libvendor.so.1"))
way("preload", ("etc/ld.so.preload", "/opt/vendor/evil.so\n"))
way("program", ("usr/local/bin/hello", "x"))
way("sbin", ("usr/sbin/hello", "x"))
way("bin-link", ("usr/local/bin", "->../../opt/vendor/bin"), ("opt/vendor/bin/hello", "x"))
way("program-link", ("usr/local/sbin/hello", "->/opt/vendor/x"), ("opt/vendor/x", "x"))
way("ca", ("usr/share/ca-certificates/mozilla/evil.crt", "x"))
way("ca-local", ("usr/local/share/ca-certificates/evil.crt", "x"))
way("ca-hash", ("etc/ssl/certs/12345678.0", "x"))
way("ca-file", ("usr/lib/ssl/cert.pem", "x"))
way("gconv", (lib + "gconv/EVIL.so", "libevil.so"))
way("gconv-conf", (lib + "gconv/gconv-modules.d/evil.conf", "x"))
way("pth", ("usr/lib/python3/dist-packages/evil.pth", "import evil\n"))
way("pth-local", (local + "python3.13/dist-packages/evil.pth", "import evil\n"))
way("sitecustomize", ("usr/lib/python3/dist-packages/sitecustomize.py", "x"))
way("sitecustomize-dir", ("usr/lib/python3/dist-packages/sitecustomize/__init__.py", "x"))
way("usercustomize", (local + "python3.13/dist-packages/usercustomize.py", "x"))
way("own", ("opt/vendor/lib/libc.so.6", "libc.so.6"), ("usr/lib/vendor/libfoo.so.1", "libfoo.so.1"),
    (lib + "libvendor.so.1", "libvendor.so.1"), (lib + "vendor/libfoo.so.1", "libfoo.so.1"),
    ("usr/bin/vendor", "x"), ("usr/local/bin/vendor2", "x"), ("opt/vendor/bin/hello", "x"),
    ("opt/venv/lib/python3.13/site-packages/a.pth", "x"), ("usr/share/vendor/x.pth", "x"),
    ("usr/share/vendor/ld.so.preload", "x"), ("usr/lib/python3/dist-packages/vendor.py", "x"))
add(Deb("a-dirs", "1", "all").directory("usr/share/foo", 0o700).file("usr/share/foo/dirs", "x"))
add(Deb("breaker", "1", "all", Breaks="libfoo1").file("usr/share/breaker/x", "x"))
news = Deb("news", "1", "all", Provides="httpd, news-api (= 2)")
news.file("etc/news.conf", "x").file("usr/bin/news", "x", 0o755).file("opt/news/x", "x")
news.file("opt/other/x", "x").file("opt/vendor/x", "x").file("opt/newsroom", "x")
news.file("usr/lib/sysusers.d/news.conf", "u news -\ng news-log -\nm news shadow\n")
for i in range(4):
    news.file("usr/lib/news/%d" % i, "x")
add(news.file("usr/share/ca-certificates/news.crt", "x").file("usr/share/news/x", "x"))
add(Deb("news-user", "1", "all", Depends="news-api (>= 1), httpd | nothing")
    .file("usr/share/news-user/x", "x"))
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

# Shadows: the ways to be taken in place of Debian's without a path in common.
needs='allow { rule = "ELF-NEED" path = "**" reason = "nothing is started" }'
while read -r way path what; do
    image "packages = {\"way-$way\"}" "\"foo\", \"hello\", \"libc-bin\", \"way-$way\"" "$needs"
    refused "shadow: $way" 3 "SRC-SHADOW: /$path \(package way-$way\): $what"
done <<'END'
hwcaps usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v2/libc.so.6 lies where .* libc.so.6, a library of package libc6
hwcaps-text usr/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v2/libc.so.6 lies where
hwcaps-link opt/vendor/caps/x86-64-v3/libfoo.so.1 lies where
local usr/local/lib/x86_64-linux-gnu/libc.so.6 lies where
usr-lib usr/lib/libfoo.so.1 lies where .* package libfoo1
lib64 usr/lib64/libfoo.so.1 lies where
soname usr/local/lib/libother.so.9 lies where .* for libfoo.so.1
link usr/local/lib/libfoo.so.1 lies where
dir-link opt/vendor/lib/libfoo.so.1 lies where
conf etc/ld.so.conf.d/aaa.conf is read before /etc/ld.so.conf.d/x86_64-linux-gnu.conf
conf-last opt/vendor/lib/libfoo.so.1 lies where
preload etc/ld.so.preload makes every program load
program usr/local/bin/hello stands before /usr/bin/hello of package hello
sbin usr/sbin/hello stands before
bin-link opt/vendor/bin/hello stands before
program-link usr/local/sbin/hello stands before
ca usr/share/ca-certificates/mozilla/evil.crt is among the certificates
ca-local usr/local/share/ca-certificates/evil.crt is among the certificates
ca-hash etc/ssl/certs/12345678.0 is among the certificates
ca-file usr/lib/ssl/cert.pem is among the certificates
gconv usr/lib/x86_64-linux-gnu/gconv/EVIL.so is loaded by whoever converts text
gconv-conf usr/lib/x86_64-linux-gnu/gconv/gconv-modules.d/evil.conf is loaded
pth usr/lib/python3/dist-packages/evil.pth is run by every start of Python
pth-local usr/local/lib/python3.13/dist-packages/evil.pth is run
sitecustomize usr/lib/python3/dist-packages/sitecustomize.py is run
sitecustomize-dir usr/lib/python3/dist-packages/sitecustomize/__init__.py is run
usercustomize usr/local/lib/python3.13/dist-packages/usercustomize.py is run
END
for way in own conf-own; do
    image "packages = {\"way-$way\"}" "\"foo\", \"hello\", \"libc-bin\", \"way-$way\"" "$needs"
    fine "control: $way"
done
image 'packages = {"way-usr-lib"}' '"hello", "libc6", "way-usr-lib"' "$needs"
fine "control: the library without Debian's"
image 'packages = {"way-program"}' '"hello", "way-program"' \
    'allow { rule = "SRC-SHADOW" path = "/usr/local/bin/hello" reason = "the vendor'"'"'s, ticket 1" }'
fine "control: allowed by path and reason"
image 'packages = {"way-usr-lib"}' '"foo", "way-usr-lib"' "$needs
config { env = {\"PATH=/usr/bin\"} }
allow { rule = \"SRC-SHADOW\" path = \"/usr/local/lib/**\" reason = \"another place\" }"
refused "allowed elsewhere" 3 'SRC-SHADOW: /usr/lib/libfoo.so.1'

# Directories: Debian's modes stay, though the vendor's package lies in a lower layer.
image 'packages = {"a-dirs"}' '"foo", "a-dirs"' "$needs"
fine "a directory of Debian's with another mode"
last=$(jq -r '.layers[-1].digest' "$(blob x.oci "$(manifest x.oci)")")
like "is given its own again" "$(zstd -dc "$(blob x.oci "$last")" | tar -tv)" \
    '^drwxr-xr-x 0/0 .* usr/share/foo/$'
image 'packages = {"a-dirs"}' '"a-dirs"' "$needs"
last=$(jq -r '.layers[-1].digest' "$(blob x.oci "$(manifest x.oci)")")
isnt "control: a directory of its own" "$(zstd -dc "$(blob x.oci "$last")" | tar -tv |
    grep -c 'drwxr-xr-x.* usr/share/foo/$')" 1

# Conflicts count from everybody, and are said where they take an alternative from Debian's.
image 'packages = {"breaker"}' '"foo", "breaker"'  "$needs"
fine "a conflict with what Debian's prefers"
is "counts" "$(of libfoo1; of libbar1)" "2.0-1 debian"
fallout='foo 1:1.1-1 depends on libfoo1 \(>= 1.0\) \| libbar1, and the first of them falls out: breaker 1 of source vendor conflicts with libfoo1'
like "is said" "$err" "$fallout"
mk x.conf
like "and again where the lock is there" "$err" "$fallout"
mk x.conf --locked
like "and held to" "$err" "$fallout"
image 'packages = {"news"}' '"foo", "libbar1"' "$needs"
is "control: nothing is said" "$(grep -c 'falls out' <<<"$err")" 0

# What is new of a third party is printed.
rm -f x.lock
image 'packages = {"news"}' '"hello", "news"' 'allow { rule = "SRC-SHADOW" path = "/usr/share/ca-certificates/**" reason = "x" }'
rm -f x.lock
mk lock x.conf
fine "lock with a new package of a third party"
like "says what it brings" "$out" '^amd64: source vendor: new package news 1$' \
    '^amd64: news brings /etc/news.conf, /usr/bin/news, /opt/other/x, /opt/newsroom, .* and 4 more outside its /opt and /usr/share$' \
    '^amd64: news makes the accounts news, news \(in group shadow\), news-log$' \
    '^amd64: news brings 1 file among the CA certificates$'
mv x.lock y.lock
mk update x.conf --dry-run
like "update says it, too" "$err" 'x: amd64: news makes the accounts news'
mv y.lock x.lock
mk lock --update x.conf
fine "and again"
is "it is no news" "$out" ""
image 'packages = {"news", "news-user"}' '"hello", "news-user"' 'allow { rule = "SRC-SHADOW" path = "/usr/share/ca-certificates/**" reason = "x" }'
rm -f x.lock
mk lock x.conf
like "what it provides is said where something depends on it" "$out" \
    '^amd64: news 1 of source vendor provides what news-user 1 depends on: news-api \(>= 1\)$' \
    '^amd64: news 1 of source vendor provides what news-user 1 depends on: httpd \| nothing$'
is "control: but for what nothing does" "$(grep -c provides <<<"$out")" 2

# A lock that says otherwise than the recipe's sources, though their digest is the recipe's.
image 'packages = {"hello"}' '"hello", "libc-bin"' "$needs"
must "a lock, and a warm cache"
cp x.lock good.lock
while IFS='|' read -r what change says; do
    jq -c ".architectures.amd64.packages |= map($change)" good.lock >x.lock
    mk x.conf --locked
    refused "--locked: $what" 1 "$says"
    mk x.conf
    case $what in
    *origin*) fine "$what: is made anew"
        is "$what: as it was" "$(of hello)" "1 vendor" ;;
    *) refused "$what" 1 "$says" ;;
    esac
done <<'END'
an unknown origin|if .name == "hello" then .origin = "elsewhere" else . end|x.lock: amd64: package hello is of source elsewhere, which the recipe doesn.t name
the origin of a source that may not|if .name == "libc-bin" then .origin = "vendor" else . end|package libc-bin is of source vendor, which may not deliver it \(x.conf:[0-9]+\)
another origin than names it|if .name == "hello" then .origin = "debian" else . end|package hello is of source debian, but source vendor names it \(x.conf:[0-9]+\)
a size too small|if .name == "hello" then .size -= 1 else . end|hello
a size too large|if .name == "hello" then .size += 1 else . end|hello
another name|if .name == "hello" then .version = "2" else . end|hello_2_all.deb: the deb says that it is hello 1 for all
END

# Account ids in a lock that can't be had.
image 'packages = {"news"}' '"hello", "news"' 'allow { rule = "SRC-SHADOW" path = "/usr/share/ca-certificates/**" reason = "x" }'
must "a lock with accounts"
cp x.lock good.lock
jq -c '.accounts |= map(if .name == "news-log" then .uid = 5000 | .gid = 5000 else . end)' good.lock >x.lock
mk x.conf --locked
refused "--locked: the id of the image's user" 1 '--locked: account news-log has 5000:5000 in the lock, and one of them is taken'
mk x.conf
fine "without --locked it gets another one"
like "which is said" "$err" 'account news-log: 5000:5000, which the lock has, is taken by now: it gets [0-9]+:[0-9]+'
for id in 0 65534 4294967295; do
    jq -c --argjson id "$id" '.accounts |= map(if .name == "news-log" then .uid = $id else . end)' good.lock >x.lock
    mk x.conf
    refused "the id $id in a lock" 1 'x.lock: accounts\[[0-9]\]: not an id that an account can have'
done

finish
