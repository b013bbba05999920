#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bad_image.py ELF_SAMPLES: an image that is bad in more than 40 ways, bad.tar, and beside it what
each way is, bad.tsv: the rule that has to find it, the path (or "config"), and the way in words.
Between them lies what only looks bad, good.tsv: paths at which the rule must find nothing.

What can't be in one image with the rest is in a second one, user.oci: an image that runs as root
can't show what a user can write, and an archive of docker save has no annotations.
"""
import base64
import os
import struct
import sys

import elf
from stranger import Image, directory, entry, link


def sample(name):
    with open(os.path.join(sys.argv[1], name), "rb") as f:
        return f.read()


program, weak = sample("pie"), sample("unprotected")
key = ("-----BEGIN OPENSSH PRIVATE KEY-----\n" +
       base64.b64encode(b"openssh-key-v1\0" + bytes(200)).decode() +
       "\n-----END OPENSSH PRIVATE KEY-----\n")
ways, good, lower, upper, users = [], [], [], [], []


def way(rule, path, words, *entries, layer=upper):
    ways.append((rule, "config" if path is None else "/" + path, words))
    layer.extend(entries)


def fine(rule, path, words, *entries, layer=upper):
    good.append((rule, "/" + path, words))
    layer.extend(entries)


# ---- config --------------------------------------------------------------------------------------
config = {
    "User": "00", "Cmd": ["/opt/app/start"], "WorkingDir": "/proc/self/fd/8",
    "Env": ["PATH=/usr/bin:.", "DB_PASSWORD=hunter2hunter2", "NODE_TLS_REJECT_UNAUTHORIZED=0",
            "LD_PRELOAD=/tmp/x.so", "MONKEY=banana"],
    "ExposedPorts": {"22/tcp": {}}, "Volumes": {"/var/../etc": {}},
    "Labels": {"io.kubernetes.pod.name": "x"},
}
way("CFG-USER", None, "runs as root, written 00")
way("CFG-PORT", None, "exposes ssh's port")
way("CFG-SECRET", None, "a password in the environment")
way("CFG-TLS", None, "certificates aren't checked")
way("CFG-LD", None, "LD_PRELOAD from /tmp, and . in PATH")
way("CFG-PATH", None, "works in another process's file descriptor")
way("CFG-LABEL", None, "a label that speaks to the runtime")
way("CFG-ENTRY", "opt/app/start", "starts what isn't there")
way("CFG-HIST", None, "sudo in the history")

# ---- files ---------------------------------------------------------------------------------------
way("FS-SUID", "usr/bin/ping", "a setuid program", entry("usr/bin/ping", weak, mode=0o4755))
way("FS-CAP", "usr/bin/cap", "a file with capabilities", entry(
    "usr/bin/cap", program, mode=0o755, pax={"SCHILY.xattr.security.capability":
                                             "\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"}))
way("FS-WW", "etc/app.conf", "a config that everybody can write", entry("etc/app.conf", "x", mode=0o666))
fine("FS-WW", "usr/lib/link", "a link, which is always 0777", link("usr/lib/link", "liba.so"),
     entry("usr/lib/liba.so", "x"))
way("FS-STICKY", "tmp", "/tmp without the sticky bit", directory("tmp", mode=0o777))
way("FS-OWNER", "opt/app/lib.py", "an owner that is no account", entry("opt/app/lib.py", "x", uid=4242))
way("FS-DEV", "dev/mem", "the memory as a device", entry("dev/mem", kind="3", dev=(1, 1)))
way("FS-XATTR", "opt/over", "an attribute that overlayfs acts on", entry(
    "opt/over", "x", pax={"SCHILY.xattr.trusted.overlay.redirect": "/etc"}))
way("FS-LINK", "etc/group", "a link in group's place", link("etc/group", "/tmp/group"))
way("FS-LINK", "opt/nowhere", "a link that leads nowhere", link("opt/nowhere", "never/there"))
fine("FS-LINK", "etc/mtab", "a link to what is there at run time", link("etc/mtab", "/proc/mounts"))
way("FS-USRMERGE", "sbin", "a directory in /sbin's place", directory("sbin"))
way("FS-JUNK", "opt/app/Dockerfile", "the Dockerfile", entry("opt/app/Dockerfile", "FROM x"))
way("FS-TIME", "opt/late", "a file from after the image", entry("opt/late", "x", mtime=1900000000))

# ---- accounts ------------------------------------------------------------------------------------
passwd = ["root:x:0:0::/root:/bin/sh", "toor:x:0:0::/root:/bin/sh", "guest::1001:1001::/:/bin/sh",
          "0day:x:1002:1002::/:/bin/sh", "1234:x:1003:1003::/:/bin/sh", "dup:x:1004:1004::/:/bin/sh",
          "dup:x:1005:1005::/:/bin/sh", "short"]
way("ACC-PW", "etc/passwd", "an account without a password")
way("ACC-DUP", "etc/passwd", "a second root, and a name twice")
way("ACC-NUM", "etc/passwd", "an account whose name is a number",
    entry("etc/passwd", "\n".join(passwd) + "\n"))
way("ACC-HASH", "etc/shadow", "a password's hash")
way("ACC-MODE", "etc/shadow", "shadow that everybody can read", entry(
    "etc/shadow", "root:$6$salt$hash:19000::::::\ntoor:*:19000::::::\n", mode=0o644))

# ---- software ------------------------------------------------------------------------------------
way("SW-SHELL", "usr/bin/bash", "a shell", entry("usr/bin/bash", program, mode=0o755))
way("SW-SHELL", "opt/app/helper", "busybox under another name", entry(
    "opt/app/helper", program + b"\0BusyBox v1.36\0applet not found\0", mode=0o755))
fine("SW-SHELL", "usr/sbin/nologin", "nologin, which lets nobody in",
     entry("usr/sbin/nologin", program, mode=0o755))
way("SW-INTERP", "usr/bin/perl", "perl", entry("usr/bin/perl", program, mode=0o755))
way("SW-PKG", "usr/bin/apt-get", "a package manager", entry("usr/bin/apt-get", program, mode=0o755))
way("SW-NET", "usr/bin/wget", "wget", entry("usr/bin/wget", program, mode=0o755))
way("SW-NET", "opt/app/update", "curl under another name", entry(
    "opt/app/update", program + b"\0Usage: curl [options...] <url>\0", mode=0o755))
fine("SW-NET", "usr/lib/libcurl.so.4", "libcurl, which is no tool", entry(
    "usr/lib/libcurl.so.4", sample("library")))
way("SW-DEV", "usr/bin/gcc", "a compiler", entry("usr/bin/gcc", program, mode=0o755))
way("SW-DB", None, "a record of a package whose files aren't there",
    entry("var/lib/dpkg/status", "Package: gone\nStatus: install ok installed\nVersion: 1\n"
          "Architecture: all\n\n"),
    entry("var/lib/dpkg/info/gone.list", "/usr/bin/gone\n/usr/share/gone\n/usr/share/gone/a\n/etc/gone\n"))
way("SW-EOL", None, "Debian 10, which gets no updates", entry(
    "etc/os-release", 'ID=debian\nVERSION_ID="10"\nPRETTY_NAME="Debian 10"\n'))

# ---- secrets -------------------------------------------------------------------------------------
way("SEC-KEY", "opt/app/deploy", "a private key under a harmless name", entry("opt/app/deploy", key))
fine("SEC-KEY", "usr/lib/libssh.so.4", "a library that knows the header of keys", entry(
    "usr/lib/libssh.so.4", sample("library") + b"-----BEGIN OPENSSH PRIVATE KEY-----"))
fine("SEC-KEY", "etc/public.pem", "a public key", entry(
    "etc/public.pem", "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"))
way("SEC-FILE", "root/.aws/credentials", "a cloud's credentials", entry(
    "root/.aws/credentials", "[default]\naws_secret_access_key = x\n", mode=0o600))
way("SEC-HOST", "etc/machine-id", "one machine's id", entry("etc/machine-id", "a" * 32 + "\n"))
way("SEC-CA", "usr/local/share/ca-certificates/mine.crt", "a root that Debian doesn't have", entry(
    "usr/local/share/ca-certificates/mine.crt", "-----BEGIN CERTIFICATE-----\n"))

# ---- programs and scripts ------------------------------------------------------------------------
fixed = elf.dynamic("amd64", interpreter=True)
fixed = fixed[:16] + struct.pack("<H", elf.ET_EXEC) + fixed[18:]
stack = struct.pack("<II", elf.PT_GNU_STACK, 6)
fixed = fixed.replace(stack, struct.pack("<II", elf.PT_GNU_STACK, 7))
way("ELF-PIE", "usr/bin/fixed", "a program at a fixed address", entry("usr/bin/fixed", fixed, mode=0o755))
way("ELF-NX", "usr/bin/fixed", "an executable stack")
way("ELF-RELRO", "usr/lib/weak.so", "writable tables of functions", entry("usr/lib/weak.so", weak))
calls = ["printf", "sprintf"]
way("ELF-SSP", "usr/lib/unchecked.so", "no stack protector", entry(
    "usr/lib/unchecked.so", elf.dynamic("amd64", None, ["libc.so.6"], imports=calls)))
way("ELF-FORT", "usr/lib/unchecked.so", "calls that could be checked")
checks = ["__printf_chk", "__sprintf_chk", "__stack_chk_fail"]
for rule in "ELF-SSP", "ELF-FORT":
    fine(rule, "usr/lib/checked.so", "what was compiled with both")
upper.append(entry("usr/lib/checked.so", elf.dynamic("amd64", None, ["libc.so.6"], imports=checks)))
way("ELF-RPATH", "usr/lib/paths.so", "libraries from where everybody writes", entry(
    "usr/lib/paths.so", elf.dynamic("amd64", None, ["libc.so.6"], runpath="/tmp/lib")))
fine("ELF-RPATH", "usr/lib/origin.so", "libraries from where the file lies", entry(
    "usr/lib/origin.so", elf.dynamic("amd64", None, ["libc.so.6"], runpath="$ORIGIN/private")))
way("CFG-GID", None, "root's group, for want of one")
way("ELF-NEED", "usr/bin/bash", "a loader that isn't there")
way("SCR-BANG", "opt/app/run", "a script whose interpreter isn't there", entry(
    "opt/app/run", "#!/usr/bin/python9\n", mode=0o755))

# ---- layers --------------------------------------------------------------------------------------
way("LAY-HID", "root/.netrc", "a password that a later layer hides",
    entry("root/.netrc", "machine x password y", mode=0o600), layer=lower)
upper.append(entry("root/.wh..netrc"))
way("LAY-FMT", None, "a path twice in a layer", entry("opt/twice", "1"), entry("opt/twice", "2"))

# ---- the second image ----------------------------------------------------------------------------
way("CFG-TAG", None, "a base that is named by its tag alone")
way("FS-APPWR", "srv/app/main.py", "code that belongs to the user",
    entry("srv/app/main.py", "x", uid=1000, gid=1000), layer=users)
fine("FS-APPWR", "data/file", "what lies in a volume", entry("data/file", "x", uid=1000, gid=1000),
     layer=users)

history = [{"created_by": "/bin/sh -c sudo curl -k https://x | sh"}, {"created_by": "ADD x /"}]
Image(config, [lower, upper], history=history).docker_archive("bad.tar", tag="bad:latest")
Image({"User": "1000:1000", "Volumes": {"/data": {}}}, [users]).layout(
    "user.oci", annotations={"org.opencontainers.image.base.name": "docker.io/library/debian:latest"})
for name, rows in ("bad.tsv", ways), ("good.tsv", good):
    with open(name, "w") as f:
        for row in rows:
            print(*row, sep="\t", file=f)
