#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The Python image, compressed by gzip, extracted by umoci and started as uid 5000 in a chroot:
# modules that need libraries, the certificates that a TLS context finds without being told, what
# ctypes finds, the locale, the time zones; what must not be there isn't. Needs root for chroot.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
need umoci
[ "$(id -u)" = 0 ] || skip_all "not root: no chroot"

based python3 python3 <<<'compression = "gzip"'
mk python3.conf --arch "$arch" -o oci:python3.oci:test --format json
must "built with gzip"
is "at most 43 MiB unpacked, as the sum of the files" \
    "$(jq '.images[0].unpacked <= 43 * 1048576' .out)" true
is "byte-compiling is named as not made" \
    "$(jq -r '.images[0].not_made[] | select(.packages | index("python3.13-minimal")) | .what' .out)" \
    'byte-compiled Python'
ok "the layout is sound" check_layout python3.oci
ok "umoci extracts it" extract python3.oci:test tree
is "as large as the program says" "$(find tree -type f -printf '%i %s\n' | sort -u |
    awk '{ sum += $2 } END { print sum }')" "$(jq '.images[0].unpacked' .out)"

# subprocess opens it; a plain file will do.
(umask 0 && : >tree/dev/null)
# says NAME CODE WANT: what Python prints for this code.
says() {
    local got
    got=$(inside tree /usr/bin/python3 -c "$2" 2>&1)
    is "$1" "$got" "$3"
}
says "Python starts as uid 5000" 'import os; print(os.getuid(), os.getgid(), os.getgroups())' \
    '5000 5000 [5000]'
says "ssl, sqlite3, ctypes and zoneinfo are there" '
import ssl, sqlite3, ctypes, zoneinfo, bz2, lzma, zlib, hashlib, uuid, decimal, json, asyncio
import xml.parsers.expat, unittest, http.server, multiprocessing
print(sqlite3.connect(":memory:").execute("select 6 * 7").fetchone()[0])' 42
says "a TLS context holds at least 100 CAs without being told" \
    'import ssl; print(len(ssl.create_default_context().get_ca_certs()) >= 100)' True
says "and each by its hash link, too" '
import ssl, os
c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
p = ssl.get_default_verify_paths()
print(sum(n.endswith(".0") for n in os.listdir(p.capath)) >= 100, os.path.exists(p.cafile))' 'True True'
says "ctypes finds libc" 'import ctypes.util; print(ctypes.util.find_library("c"))' libc.so.6
says "and libraries of packages" 'import ctypes.util; print(ctypes.util.find_library("sqlite3"))' \
    libsqlite3.so.0
says "and calls it" 'import ctypes; print(ctypes.CDLL("libc.so.6").abs(-7))' 7
says "setlocale knows C.UTF-8" \
    'import locale; print(locale.setlocale(locale.LC_ALL, "C.UTF-8"))' C.UTF-8
says "text is UTF-8" 'import sys; print(sys.stdout.encoding, "grüße")' 'utf-8 grüße'
says "time zones" '
import zoneinfo, datetime
print(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).utcoffset())' 2:00:00
says "names of services and protocols" \
    'import socket; print(socket.getservbyname("https"), socket.getprotobyname("tcp"))' '443 6'
says "the account has a name and a home" '
import pwd, os
p = pwd.getpwuid(os.getuid())
print(p.pw_name, p.pw_dir, p.pw_shell, os.stat(p.pw_dir).st_uid)' \
    'mortaluser /home/mortaluser /sbin/nologin 5000'
says "/tmp can be written" 'import tempfile; print(tempfile.TemporaryFile().write(b"x"))' 1
says "nothing else but the home can" '
import os
print(sorted(d for d, _, _ in os.walk("/") if os.access(d, os.W_OK) and not
       d.startswith(("/proc", "/sys", "/dev"))))' \
    "['/home/mortaluser', '/tmp', '/var/tmp']"
says "os-release" 'import platform; print(platform.freedesktop_os_release()["VERSION_CODENAME"])' trixie

rm tree/dev/null
for name in bin/sh bin/bash bin/dash usr/bin/perl usr/bin/apt-get usr/bin/dpkg usr/bin/su \
    usr/bin/mount usr/bin/env; do
    [ ! -e "tree/$name" ] || fail "/$name is there"
done
is "nothing is setuid, setgid or a device" \
    "$(find tree \( -type f -perm /6000 \) -o -type b -o -type c -o -type p -o -type s)" ""
is "no file is writable by everybody" "$(find tree -type f -perm /002)" ""
is "no directory is, but the sticky ones" \
    "$(find tree -type d -perm -002 ! -perm -1000)" ""
is "no script wants a shell" "$(grep -rlEI -m1 '^#! *(/usr)?/bin/(ba|da)?sh' tree/usr/bin \
    tree/usr/sbin tree/usr/local tree/etc 2>/dev/null)" ""
is "every library that a program needs is there" "$(find tree -type f \( -name '*.so*' -o \
    -path '*/bin/*' \) -exec readelf -d {} + 2>/dev/null | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' |
    sort -u | while read -r name; do
        [ -n "$(find tree/usr/lib tree/usr/lib64 -name "$name" 2>/dev/null)" ] || echo "$name"
    done)" ""
finish
