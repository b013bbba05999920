# SPDX-License-Identifier: Apache-2.0
"""The packages of the test archive: a Debian in miniature, each with something in it that a
builder of images has to get right. Changing one changes goldens: add packages instead."""

import glob
import os

import elf
from choices import CHOICES
from deb import EPOCH, Entry, Package, directory, file, hardlink, link, program

HERE = os.path.dirname(os.path.abspath(__file__))
COPYRIGHT = "Copyright: the authors of mkimage\nLicense: Apache-2.0\n"


def doc(name, *more):
    base = "usr/share/doc/" + name
    return [file(base + "/copyright", COPYRIGHT), file(base + "/changelog.Debian.gz", b"\x1f\x8b"),
            *more]


# ---- base-files: links, directories, os-release ---------------------------------------------

BASE_POSTINST = """#!/bin/sh
set -e

ensure_file_owner_mode() {
  chown "$2" "$1"
  chmod "$3" "$1"
}

if [ "$1" = "configure" ] && [ "$2" = "" ]; then
  ensure_file_owner_mode /var/mail root:mail 2775
  rm -rf /var/run && ln -s /run /var/run
  rm -rf /var/lock && ln -s /run/lock /var/lock
fi
"""


def base_files(arch):
    lib64 = arch == "amd64"
    return [
        link("bin", "usr/bin"), link("lib", "usr/lib"),
        *([link("lib64", "usr/lib64")] if lib64 else []), link("sbin", "usr/sbin"),
        directory("boot"), directory("dev"), directory("etc"),
        file("etc/debian_version", "13.8\n"), file("etc/host.conf", "multi on\n"),
        link("etc/os-release", "../usr/lib/os-release"),
        directory("etc/update-motd.d"),
        program("etc/update-motd.d/10-uname", "#!/bin/sh\nuname -snrvm\n"),
        directory("home"), directory("proc"), directory("root", 0o700), directory("run"),
        directory("sys"), directory("tmp", 0o1777),
        directory("usr"), directory("usr/bin"), directory("usr/lib"),
        file("usr/lib/os-release",
             'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\n'
             'VERSION_ID="13"\nVERSION="13 (trixie)"\nVERSION_CODENAME=trixie\n'
             'DEBIAN_VERSION_FULL=13.8\nID=debian\nHOME_URL="https://www.debian.org/"\n'),
        *([directory("usr/lib64")] if lib64 else []),
        directory("usr/sbin"), directory("usr/share"),
        file("usr/share/base-files/profile", "export PATH\n"),
        file("usr/share/common-licenses/Apache-2.0", "Apache License 2.0\n"),
        link("usr/share/common-licenses/Apache", "Apache-2.0"),
        *doc("base-files"),
        directory("var"), directory("var/cache"), directory("var/lib"),
        directory("var/lib/dpkg"), directory("var/lib/misc"),
        directory("var/local", 0o2775, gid=50), directory("var/lock", 0o1777),
        directory("var/log"), directory("var/mail", 0o2775, gid=8), directory("var/run"),
        directory("var/spool"), link("var/spool/mail", "../mail"), directory("var/tmp", 0o1777),
    ]


# ---- libraries and programs -----------------------------------------------------------------

def library(arch, soname, version, needed=("libc.so.6",), content=b""):
    place = "usr/lib/" + elf.TRIPLET[arch]
    real = soname.rsplit(".", 1)[0] + "." + version
    return [file(place + "/" + real, elf.dynamic(arch, soname, needed, content=content)),
            link(place + "/" + soname, real)]


def libc6(arch):
    place = "usr/lib/" + elf.TRIPLET[arch]
    loader = os.path.basename(elf.INTERPRETER[arch])
    where = "usr/lib64" if arch == "amd64" else "usr/lib"
    target = ("../lib/" if arch == "amd64" else "") + elf.TRIPLET[arch] + "/" + loader
    filler = (bytes(i * i % 251 for i in range(251)) * 598)[:150000]  # so that xz makes several blocks of it
    return [
        file("etc/ld.so.conf.d/" + elf.TRIPLET[arch] + ".conf",
             "# Multiarch support\n/usr/local/lib/%s\n/usr/lib/%s\n" %
             (elf.TRIPLET[arch], elf.TRIPLET[arch])),
        program(place + "/" + loader, elf.dynamic(arch, loader)),
        program(place + "/libc.so.6", elf.dynamic(arch, "libc.so.6", [loader], content=filler)),
        file(place + "/libm.so.6", elf.dynamic(arch, "libm.so.6", ["libc.so.6"])),
        file(place + "/gconv/UTF-16.so", elf.dynamic(arch, None, ["libc.so.6"])),
        file(place + "/gconv/ISO8859-1.so", elf.dynamic(arch, None, ["libc.so.6"])),
        file(place + "/gconv/gconv-modules", "module UTF-16// INTERNAL UTF-16 1\n"),
        link(where + "/" + loader, target),
        *doc("libc6"),
    ]


def libc_bin(arch):
    return [
        file("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n"),
        file("etc/ld.so.conf.d/libc.conf", "# libc default configuration\n/usr/local/lib\n"),
        file("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
        program("usr/sbin/ldconfig", elf.static(arch, "ldconfig\n")),
        program("usr/bin/ldd", "#!/bin/bash\nexit 1\n"),
        file("usr/lib/locale/C.utf8/LC_CTYPE", b"\x20\x11\x09\x20" + bytes(200)),
        *doc("libc-bin"),
    ]


def libfoo(version):
    def entries(arch):
        return [*library(arch, "libfoo.so.1", "1.2", content=version.encode()), *doc("libfoo1")]
    return entries


def foo(version):
    def entries(arch):
        return [
            program("usr/bin/foo", elf.dynamic(arch, None, ["libfoo.so.1", "libc.so.6"], True)),
            file("usr/share/foo/version", version + "\n"),
            file("usr/share/man/man1/foo.1.gz", b"\x1f\x8b"),
            file("usr/share/locale/de/LC_MESSAGES/foo.mo", b"\xde\x12\x04\x95"),
            file("usr/share/info/foo.info.gz", b"\x1f\x8b"),
            *doc("foo", file("usr/share/doc/foo/README", "Read me.\n")),
        ]
    return entries


LIBRARY = {"Multi-Arch": "same", "Section": "libs", "Depends": "libc6 (>= 2.36)"}
LDCONFIG = {"triggers": "# Triggers added by dh_makeshlibs/13.24.2\n"
                        "activate-noawait ldconfig\n"}

BASE = [
    Package("base-files", "13.8+deb13u1", base_files, "any",
            fields={"Essential": "yes", "Priority": "required", "Section": "admin",
                    "Replaces": "base, dpkg (<= 1.15.0), miscutils"},
            scripts={"postinst": BASE_POSTINST},
            conffiles=["/etc/debian_version", "/etc/host.conf", "/etc/update-motd.d/10-uname"]),
    Package("libc6", "2.41-12", libc6, "any", "xz-blocks",
            fields={"Source": "glibc", "Multi-Arch": "same", "Section": "libs",
                    "Breaks": "hurd (<< 1:0.9)", "Recommends": "libidn2-0 (>= 2.0.5)"},
            conffiles=lambda arch: ["/etc/ld.so.conf.d/%s.conf" % elf.TRIPLET[arch]], control=LDCONFIG,
            scripts={"postinst": "#!/bin/sh\nset -e\n# handwritten\nif [ \"$1\" = configure ]; "
                                 "then\n  :\nfi\nexit 0\n"}),
    Package("libc-bin", "2.41-12", libc_bin, "any", "zst",
            fields={"Source": "glibc", "Essential": "yes", "Multi-Arch": "foreign",
                    "Depends": "libc6 (>> 2.41), libc6 (<< 2.42)"},
            conffiles=["/etc/ld.so.conf", "/etc/ld.so.conf.d/libc.conf"]),
    Package("dash", "0.5.12-12", lambda arch: [
        program("usr/bin/dash", elf.dynamic(arch, None, ["libc.so.6"], True)),
        link("usr/bin/sh", "dash"), *doc("dash")], "any", "",
        fields={"Essential": "yes", "Pre-Depends": "libc6 (>= 2.38)", "Priority": "required"}),
    # what the real ones are depended on for, and an image omits
    *[Package(name, "1.0", [file("usr/share/%s/stub" % name, name + "\n"), *doc(name)],
              fields={"Provides": provides, "Multi-Arch": "foreign"})
      for name, provides in [("debconf", "debconf-2.0"), ("dpkg", ""), ("tar", ""),
                             ("perl-base", "perl"), ("openssl", ""),
                             ("init-system-helpers", ""), ("adduser", "")]],
]

FOO_DEPENDS = "libfoo1 (>= 1.0) | libbar1, libc6 (>= 2.36)"

PROGRAMS = [
    Package("libfoo1", "1.2-3", libfoo("1.2-3"), "any", "zst",
            fields={**LIBRARY, "Source": "foo (1.2-3)"}, control=LDCONFIG),
    Package("libfoo1", "1.2-3+deb13u1", libfoo("1.2-3+deb13u1"), "any", "zst",
            fields={**LIBRARY, "Source": "foo"}, control=LDCONFIG, suite="security"),
    Package("libbar1", "2.0-1", lambda arch: [*library(arch, "libbar.so.1", "2.0"),
                                              *doc("libbar1")], "any",
            fields={**LIBRARY, "Source": "bar"}, control=LDCONFIG),
    Package("foo", "1:1.1-1", foo("1.1-1"), "any", "gz",
            fields={"Depends": FOO_DEPENDS, "Recommends": "foo-data", "Multi-Arch": "allowed"}),
    Package("foo-data", "1:1.1-1", [file("usr/share/foo/data", "data\n"), *doc("foo-data")],
            fields={"Source": "foo (1:1.1-1)", "Enhances": "foo"}),
    Package("hello", "2.10-5", lambda arch: [
        program("usr/bin/hello", elf.static(arch, "Hello from the test archive\n")),
        *doc("hello")], "any", "zst"),
    Package("only-amd64", "1.0-1", [file("usr/share/only-amd64/x", "x\n")], "amd64"),
    Package("any-dep", "1.0-1", [file("usr/share/any-dep/x", "x\n")],
            fields={"Depends": "foo:any (>= 1:1.0)"}),
    Package("mta-one", "1.0-1", [file("usr/share/mta-one/x", "x\n")],
            fields={"Provides": "mail-transport-agent (= 2)"}),
    Package("mta-two", "1.0-1", [file("usr/share/mta-two/x", "x\n")],
            fields={"Provides": "mail-transport-agent (= 3)", "Conflicts": "mta-one"}),
    Package("needs-mta", "1.0-1", [file("usr/share/needs-mta/x", "x\n")],
            fields={"Depends": "mail-transport-agent (>= 3)"}),
    Package("unsolvable", "1.0-1", [file("usr/share/unsolvable/x", "x\n")],
            fields={"Depends": "not-there (>= 9)"}),
]

# ---- what paths, modes and names there are --------------------------------------------------

FILES = [
    Package("suid-tool", "1.0-1", lambda arch: [
        program("usr/bin/suid-tool", elf.static(arch, "root\n")),
        Entry("usr/bin/suid-real", data=elf.static(arch, "root\n"), mode=0o4755),
        Entry("usr/bin/sgid-shadow", data=elf.static(arch, "shadow\n"), mode=0o2755, gid=42),
        directory("var/lib/suid-tool", 0o1777), file("var/lib/suid-tool/open", "x\n", 0o666),
        *doc("suid-tool")], "any"),
    Package("suid-hardlink", "1.0-1", lambda arch: [
        Entry("usr/bin/suid-one", data=elf.static(arch, "root\n"), mode=0o4755),
        hardlink("usr/bin/suid-two", "usr/bin/suid-one", mode=0o4755)], "any"),
    Package("hardlinks", "1.0-1", lambda arch: [
        program("usr/bin/hard-one", elf.static(arch, "hard\n")),
        hardlink("usr/bin/hard-two", "usr/bin/hard-one", mode=0o755),
        file("usr/share/doc/hardlinks/data", "kept by its second name\n"),
        hardlink("usr/share/hardlinks/data", "usr/share/doc/hardlinks/data"),
        file("usr/share/man/man1/hard.1", "dropped by both names\n"),
        hardlink("usr/share/man/man1/hard-too.1", "usr/share/man/man1/hard.1"),
        *doc("hardlinks")], "any", "zst"),
    Package("conf-app", "1.0-1", [
        file("etc/conf-app/conf-app.conf", "# a conffile\nport = 8080\n"),
        file("etc/default/conf-app", "OPTIONS=\n"), file("usr/share/conf-app/x", "x\n"),
        *doc("conf-app")],
        conffiles=["/etc/conf-app/conf-app.conf", "/etc/default/conf-app"]),
    Package("long-names", "1.0-1", [
        file("usr/share/long-names/" + "a" * 90 + "/file", "prefix of ustar\n"),
        file("usr/share/long-names/" + "b" * 200, "over 100\n"),
        file("usr/share/long-names/" + "c" * 255, "as long as a name may be\n"),
        file("usr/share/long-names/" + "/".join("d" * 60 for _ in range(8)) + "/e", "over 255\n"),
        link("usr/share/long-names/link", "f" * 150),
        file("usr/share/long-names/gr\u00fc\u00dfe/\u65e5\u672c\u8a9e.txt", "UTF-8\n"),
        file("usr/share/long-names/latin1-\udce9", "not UTF-8\n"),
        file("usr/share/long-names/with blank", "blank\n"),
        file("usr/share/long-names/back\\slash", "backslash\n"),
        file("usr/share/long-names/-dash", "dash\n"), file("usr/share/long-names/[x]*?", "glob\n"),
        file("usr/share/long-names/empty", ""), directory("usr/share/long-names/empty-dir"),
        *doc("long-names")], how="gz"),
    Package("old-layout", "1.0-1", lambda arch: [
        directory("bin"), program("bin/old-tool", elf.static(arch, "old\n")),
        directory("lib"), file("lib/old-layout/x", "x\n"),
        program("sbin/old-sbin", elf.static(arch, "old\n")), *doc("old-layout")], "any"),
    Package("run-files", "1.0-1", [file("var/run/run-files/x", "lands in /run\n"),
                                   directory("var/lock/run-files")]),
    Package("times", "1.0-1", [file("usr/share/times/old", "old\n", mtime=86400 * 365),
                               file("usr/share/times/new", "new\n", mtime=EPOCH + 86400)]),
]

# ---- accounts, certificates, zones, scripts ---------------------------------------------------

DEBHELPER_POSTINST = """#!/bin/sh
set -e
# Automatically added by dh_installsystemd/13.24.2
if [ "$1" = "configure" ]; then
	if deb-systemd-helper debian-installed 'scripted.service'; then
		deb-systemd-helper enable 'scripted.service' >/dev/null || true
	fi
fi
# End automatically added section
"""

PYTHON_POSTINST = """#!/bin/sh
set -e
# Automatically added by dh_python3
if command -v py3compile >/dev/null 2>&1; then
	py3compile -p snake
fi
# End automatically added section
"""

HANDWRITTEN = """#!/bin/sh
set -e
if [ "$1" = "configure" ]; then
  mkdir -p /var/lib/scripted
  scripted --make-index >/var/lib/scripted/index
fi
%s"""


def certificates():
    names = sorted(glob.glob(os.path.join(HERE, "certs", "*.crt")))
    for n in names:
        with open(n, "rb") as f:
            yield file("usr/share/ca-certificates/mozilla/" + os.path.basename(n), f.read())


ZONE = b"TZif2" + bytes(15) + bytes(24)

SYSTEM = [
    Package("ca-certificates", "20250419", [
        directory("etc/ssl/certs"), directory("etc/ca-certificates/update.d"),
        *certificates(), program("usr/sbin/update-ca-certificates", "#!/bin/sh -e\nexit 0\n"),
        *doc("ca-certificates")],
        fields={"Depends": "openssl (>= 1.1.1), debconf (>= 0.5) | debconf-2.0",
                "Multi-Arch": "foreign"},
        scripts={"postinst": "#!/bin/sh\nset -e\nupdate-ca-certificates\n",
                 "config": "#!/bin/sh\nexit 0\n"}),
    Package("tzdata", "2025b-4+deb13u1", [
        file("usr/share/zoneinfo/Etc/UTC", ZONE), link("usr/share/zoneinfo/UTC", "Etc/UTC"),
        file("usr/share/zoneinfo/Europe/Berlin", ZONE + b"CET-1CEST\n"),
        hardlink("usr/share/zoneinfo/Europe/Oslo", "usr/share/zoneinfo/Europe/Berlin"),
        *doc("tzdata")], fields={"Depends": "debconf (>= 0.5) | debconf-2.0"}),
    Package("tzdata", "2026a-0+deb13u1", [
        file("usr/share/zoneinfo/Etc/UTC", ZONE), link("usr/share/zoneinfo/UTC", "Etc/UTC"),
        file("usr/share/zoneinfo/Europe/Berlin", ZONE + b"CET-1CEST,2026\n"), *doc("tzdata")],
        fields={"Depends": "debconf (>= 0.5) | debconf-2.0"}, suite="updates"),
    Package("sysusers-app", "1.0-1", [
        file("usr/lib/sysusers.d/sysusers-app.conf",
             '#Type Name ID GECOS Home Shell\nu sysapp - "System app" /var/lib/sysapp\n'
             'u! fixed 333 "Fixed id" - -\ng sysgroup -\nm sysapp sysgroup\n'),
        file("usr/lib/tmpfiles.d/sysusers-app.conf", "d /run/sysapp 0755 sysapp sysapp\n"),
        directory("var/lib/sysapp"), *doc("sysusers-app")]),
    Package("scripted", "1.0-1", [
        program("usr/bin/scripted", "#!/usr/bin/python3\n"),
        file("usr/lib/systemd/system/scripted.service", "[Service]\nExecStart=/usr/bin/scripted\n"),
        *doc("scripted")],
        scripts={"preinst": "#!/bin/sh\nset -e\nexit 0\n",
                 "postinst": HANDWRITTEN % DEBHELPER_POSTINST.split("set -e\n")[1],
                 "prerm": "#!/bin/sh\nset -e\n# Automatically added by dh_installsystemd/13.24.2\n"
                          "deb-systemd-invoke stop scripted.service\n"
                          "# End automatically added section\n",
                 "postrm": "#!/bin/sh\nset -e\nrm -rf /var/lib/scripted\n"},
        control={"templates": "Template: scripted/x\nType: string\n"},
        fields={"Depends": "init-system-helpers (>= 1.54~)"}),
    Package("debhelped", "1.0-1", [file("usr/share/debhelped/x", "x\n")],
            scripts={"postinst": DEBHELPER_POSTINST}),
    Package("snake", "1.0-1", [file("usr/lib/python3/dist-packages/snake.py", "x = 1\n")],
            scripts={"postinst": PYTHON_POSTINST}),
]

# ---- what scripts make by hand ------------------------------------------------------------------

BY_HAND = """#!/bin/sh
set -e
CONF=/etc/by-hand
case "$1" in
configure)
    if ! getent passwd byhand >/dev/null; then
        adduser --system --group --home /var/lib/by-hand --gecos "By hand" --quiet byhand
    fi
    getent group byteam >/dev/null || addgroup --system byteam
    adduser byhand byteam
    mkdir -p /var/lib/by-hand/data
    chown byhand:byteam /var/lib/by-hand/data
    chmod 2750 /var/lib/by-hand/data
    install -d -m 0711 -o root -g byteam /var/log/by-hand
    [ -e $CONF/copied.conf ] || cp /usr/share/by-hand/by-hand.conf $CONF/copied.conf
    chmod 640 $CONF/copied.conf
    ucf --three-way --debconf-ok /usr/share/by-hand/by-hand.conf $CONF/by-hand.conf
    ucfr by-hand $CONF/by-hand.conf
    ln -sf by-hand.conf $CONF/link.conf
    touch /var/lib/by-hand/state
    cat >$CONF/text.conf <<EOF
# written by $1
conf = $CONF
EOF
    echo "option = 1" >>$CONF/text.conf
    printf '%s\\n' one two >$CONF/lines.tmp
    mv $CONF/lines.tmp $CONF/lines.conf
    if ! dpkg-statoverride --list /usr/bin/by-hand >/dev/null; then
        dpkg-statoverride --update --add root byteam 4750 /usr/bin/by-hand
    fi
    chgrp byteam /usr/share/by-hand/data.bin
    dpkg-trigger ldconfig
    ;;
esac
# Automatically added by dh_installtmpfiles/13.24.2
if [ "$1" = "configure" ] || [ "$1" = "abort-upgrade" ] || [ "$1" = "abort-deconfigure" ] || [ "$1" = "abort-remove" ] ; then
	if [ -x "$(command -v systemd-tmpfiles)" ]; then
		systemd-tmpfiles ${DPKG_ROOT:+--root="$DPKG_ROOT"} --create by-hand.conf || true
	fi
fi
# End automatically added section
"""

BY_HAND_TMPFILES = """# of by-hand
d /run/by-hand 0750 byhand byteam -
d /var/cache/by-hand 0755 byhand byhand 10d
f /var/lib/by-hand/first 0600 byhand - - text
L /var/lib/by-hand/link - - - - ../misc
z /etc/by-hand/lines.conf 0600 byhand byhand
d! /run/booted 0755
"""


def by_hand(name, line):
    return Package(name, "1.0-1", [file("usr/share/%s/x" % name, "x\n")],
                   scripts={"postinst": "#!/bin/sh\nset -e\n\n%s\n" % line})


BY_HANDS = [
    Package("by-hand", "1.0-1", lambda arch: [
        program("usr/bin/by-hand", elf.static(arch, "by-hand\n")), directory("etc/by-hand"),
        file("usr/share/by-hand/by-hand.conf", "conf = true\n"),
        file("usr/share/by-hand/data.bin", bytes(range(256)) * 400),
        file("usr/lib/tmpfiles.d/by-hand.conf", BY_HAND_TMPFILES), *doc("by-hand")], "any",
        scripts={"postinst": BY_HAND}),
    by_hand("by-hand-ghost", "chown ghost /usr/share/by-hand-ghost/x"),
    by_hand("by-hand-file", "mkdir -p /usr/share/by-hand-file/x"),
    by_hand("by-hand-dots", "chmod 600 /usr/share/../share/by-hand-dots/x"),
    by_hand("by-hand-shell", "chmod 600 $(echo /; rm -rf /nonexistent)"),
    by_hand("by-hand-suid", "chmod u+s /usr/share/by-hand-suid/x"),
]

# ---- PHP, nginx, Java ---------------------------------------------------------------------------

PHP_MODULES = """#!/bin/sh
set -e
if [ "$1" = "configure" ]; then
    inidir=/etc/php/9.1/mods-available
    if [ -e /usr/lib/php/php-maintscript-helper ] ; then
        . /usr/lib/php/php-maintscript-helper
        for dsoname in one two; do
            inifile=${dsoname}.ini
            ucf /usr/share/php9.1-common/common/${inifile} ${inidir}/${inifile}
            ucfr --force php9.1-common ${inidir}/${inifile}
            php_invoke enmod 9.1 ALL ${dsoname}
        done
    fi
fi
"""

NGINX_MODULE = """#!/bin/sh
set -e
# Automatically added by dh_nginx/UNDECLARED
for confpair in %s  ; do
	from=$(echo $confpair | cut -d: -f1)
	to=$(echo $confpair | cut -d: -f2)
	ln -sf /usr/share/nginx/modules-available/$from /etc/nginx/modules-enabled/$to
done
# End automatically added section
"""


def nginx_module(name, pairs):
    return Package("libnginx-mod-" + name, "1.0-1", [
        file("usr/share/nginx/modules-available/mod-%s.conf" % name, "load_module x.so;\n")],
        scripts={"postinst": NGINX_MODULE % pairs})


RUNTIMES = [
    Package("php9.1-common", "9.1.0-1", [
        file("usr/share/php9.1-common/common/one.ini", "; priority=10\nextension=one.so\n"),
        file("usr/share/php9.1-common/common/two.ini", "; priority=many\nextension=two.so\n"),
        file("usr/lib/php/9.1/php.ini-production", "[PHP]\n"),
        file("usr/lib/php/9.1/php.ini-production.cli", "[PHP cli]\n")],
        scripts={"postinst": PHP_MODULES}),
    Package("php9.1-fpm", "9.1.0-1", [
        file("usr/lib/php/9.1/sapi/fpm"), directory("etc/php/9.1/fpm/conf.d"),
        file("usr/lib/php/9.1/sapi/cli"), directory("etc/php/9.1/cli/conf.d")],
        fields={"Depends": "php9.1-common"}),
    Package("php9.1-three", "3-1", [
        file("etc/php/9.1/mods-available/three.ini", "extension=three.so\n")],
        fields={"Depends": "php9.1-common"}),
    Package("php9.1-other", "9.1.0-1", [file("usr/share/php9.1-other/other/one.ini")]),
    Package("php9.1-blank", "9.1.0-1", [file("usr/share/php9.1-blank/blank/a b.ini")]),
    nginx_module("good", "mod-good.conf:50-mod-good.conf mod-gone.conf:60-mod-gone.conf"),
    nginx_module("bad", "mod-bad.conf:../../passwd"),
    Package("fake-jre", "1.0-1", [
        link("usr/lib/jvm/fake/lib/security/cacerts", "/etc/ssl/certs/java/cacerts"),
        program("usr/lib/jvm/fake/bin/java", "java\n")]),
]

# ---- files that two packages bring ------------------------------------------------------------

CLASHES = [
    Package("clash-one", "1.0-1", [file("usr/share/clash/file", "one\n")]),
    Package("clash-two", "1.0-1", [file("usr/share/clash/file", "two\n")]),
    Package("clash-replaces", "1.0-1", [file("usr/share/clash/file", "replaced\n"),
                                        file("usr/share/clash/more", "more\n")],
            fields={"Replaces": "clash-one (<< 2)"}),
    Package("clash-replaces-old", "1.0-1", [file("usr/share/clash/file", "old\n")],
            fields={"Replaces": "clash-one (<< 0.5)"}),
    Package("clash-dir", "1.0-1", [file("usr/share/clash/file/below", "x\n")]),
    Package("diverted", "1.0-1", [directory("usr/share/shared-dir", 0o700, gid=50)]),
    Package("diverting", "1.0-1", [directory("usr/share/shared-dir", 0o755),
                                   file("usr/share/shared-dir/x", "x\n")]),
]

PACKAGES = [*BASE, *PROGRAMS, *FILES, *SYSTEM, *BY_HANDS, *RUNTIMES, *CHOICES, *CLASHES]
