# SPDX-License-Identifier: Apache-2.0
"""Small Debian archives for tests: debs from a few lines, indexes, a signed InRelease.

    from debian import Deb, Archive
    deb = Deb("hello", "1.0", "amd64").file("usr/bin/hello", b"...", 0o755)
    archive = Archive(directory)          # directory/debian, debian-security, archive.gpg
    archive.add("trixie", deb.build())
    archive.sign()

The same calls give the same debs, byte for byte. Raw tar headers, raw ar members and raw bytes can
be had too, for debs that no tool would make.
"""
import gzip
import hashlib
import io
import lzma
import os
import shutil
import subprocess
import time

TIME = 1750000000  # of all files in debs, unless told


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c", "-3"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


COMPRESS = {
    "xz": lambda d: lzma.compress(d, preset=0),
    "gz": lambda d: gzip.compress(d, 1, mtime=0),
    "zst": zstd,
    "": lambda d: d,
}


def tar_header(name, kind=b"0", size=0, mode=0o644, target=b"", uid=0, gid=0, mtime=TIME,
               devmajor=0, devminor=0):
    """A ustar header as GNU tar writes it; name and target are raw bytes of at most 100."""
    def octal(value, width):
        return b"%0*o\0" % (width - 1, value)
    head = bytearray(512)
    fields = [(0, name[:100]), (100, octal(mode, 8)), (108, octal(uid, 8)), (116, octal(gid, 8)),
              (124, octal(size, 12)), (136, octal(mtime, 12)), (148, b" " * 8), (156, kind),
              (157, target[:100]), (257, b"ustar  \0"), (265, b"root"), (297, b"root"),
              (329, octal(devmajor, 8)), (337, octal(devminor, 8))]
    for at, value in fields:
        head[at:at + len(value)] = value
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def padded(data):
    return data + b"\0" * (-len(data) % 512)


def tar_entry(name, kind=b"0", data=b"", size=None, **more):
    name = name if isinstance(name, bytes) else name.encode()
    out = b""
    if len(name) > 100:
        out += tar_header(b"././@LongLink", b"L", len(name) + 1) + padded(name + b"\0")
    return out + tar_header(name, kind, len(data) if size is None else size, **more) + padded(data)


def pax(records, kind=b"x"):
    """A pax header of [(key, value)] bytes."""
    body = b""
    for key, value in records:
        line = b" " + key + b"=" + value + b"\n"
        n = len(line)
        while len(b"%d" % n + line) != n:
            n = len(b"%d" % n + line)
        body += b"%d" % n + line
    return tar_header(b"PaxHeaders/x", kind, len(body)) + padded(body)


def ar_member(name, data, size=None, mtime=TIME):
    head = b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name.encode(), mtime, 0, 0, 0o100644,
                                                len(data) if size is None else size)
    return head + data + b"\n" * (len(data) % 2)


class Deb:
    def __init__(self, name, version, arch, compress="xz", mtime=TIME, **fields):
        self.name, self.version, self.arch = name, version, arch
        self.compress, self.mtime = compress, mtime
        self.fields = {k.replace("_", "-"): v for k, v in fields.items()}
        self.raw, self.sums, self.seen = [], [], set()
        self.control_files = {}
        self.data = None      # bytes: the data member as stored
        self.members = None   # list of (name, bytes): all of the ar
        self.in_deb = {}      # control fields that the deb says otherwise than the index
        self.in_index = {}    # and the other way round
        self.after = b""      # behind the ar
        self.listed = None    # bytes whose size and digest the index gives instead

    def add(self, raw):
        self.raw.append(raw)
        return self

    def parents(self, path):
        at = ""
        for part in path.split("/")[:-1]:
            at += part + "/"
            if at not in self.seen:
                self.directory(at)

    def directory(self, path, mode=0o755, **more):
        path = path.rstrip("/") + "/"
        if path != "/":
            self.parents(path[:-1])
        self.seen.add(path)
        return self.add(tar_entry("./" + path.lstrip("/"), b"5", mode=mode, mtime=self.mtime,
                                  **more))

    def file(self, path, data=b"", mode=0o644, **more):
        data = data.encode() if isinstance(data, str) else data
        self.parents(path)
        self.sums.append("%s  %s\n" % (hashlib.md5(data).hexdigest(), path))
        more.setdefault("mtime", self.mtime)
        return self.add(tar_entry("./" + path, b"0", data, mode=mode, **more))

    def link(self, path, target, **more):
        self.parents(path)
        more.setdefault("mtime", self.mtime)
        return self.add(tar_entry("./" + path, b"2", target=target.encode(), mode=0o777, **more))

    def hard(self, path, target, **more):
        self.parents(path)
        return self.add(tar_entry("./" + path, b"1", target=b"./" + target.encode(), mtime=self.mtime,
                                  **more))

    def script(self, name, text):
        self.control_files[name] = text.encode()
        return self

    def stanza(self, changes=()):
        fields = {"Package": self.name, "Version": self.version, "Architecture": self.arch,
                  "Maintainer": "Test <test@example.org>", "Priority": "optional"}
        fields.update(self.fields)
        fields["Description"] = "a test's package"
        fields.update(changes)
        return "".join("%s: %s\n" % f for f in fields.items())

    def build(self):
        control = {"control": self.stanza(self.in_deb).encode(),
                   "md5sums": "".join(self.sums).encode()}
        control.update(self.control_files)
        tar = tar_entry("./", b"5", mode=0o755, mtime=self.mtime)
        for name, data in control.items():
            mode = 0o644 if name in ("control", "md5sums", "conffiles") else 0o755
            tar += tar_entry("./" + name, b"0", data, mode=mode, mtime=self.mtime)
        suffix = "." + self.compress if self.compress else ""
        pack = COMPRESS[self.compress]
        data = self.data
        if data is None:
            root = b"" if "/" in self.seen else tar_entry("./", b"5", mode=0o755,
                                                          mtime=self.mtime)
            data = pack(root + b"".join(self.raw) + b"\0" * 1024)
        members = self.members or [("debian-binary", b"2.0\n"),
                                   ("control.tar" + suffix, pack(tar + b"\0" * 1024)),
                                   ("data.tar" + suffix, data)]
        self.bytes = b"!<arch>\n" + b"".join(
            m if isinstance(m, bytes) else ar_member(*m, mtime=self.mtime)
            for m in members) + self.after
        return self


class Archive:
    """directory/debian (trixie, trixie-updates) and directory/debian-security."""
    SUITES = {"trixie": "debian", "trixie-updates": "debian", "trixie-security": "debian-security"}

    def __init__(self, directory, arches=("amd64", "arm64")):
        self.directory, self.arches = directory, arches
        self.gnupg = os.path.join(directory, ".gnupg")
        self.packages = {suite: {arch: [] for arch in (*arches, "all")} for suite in self.SUITES}
        os.makedirs(self.gnupg, 0o700)

    def pool(self, suite, path):
        return os.path.join(self.directory, self.SUITES[suite], path)

    def add(self, suite, deb, filename=None):
        source = deb.fields.get("Source", deb.name).split()[0]
        path = "pool/main/%s/%s/%s_%s_%s.deb" % (source[0], source, deb.name,
                                                 deb.version.split(":")[-1], deb.arch)
        full = self.pool(suite, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(deb.bytes)
        listed = deb.bytes if deb.listed is None else deb.listed
        changes = {"Filename": filename or path, "Size": str(len(listed)),
                   "SHA256": hashlib.sha256(listed).hexdigest()}
        changes.update(deb.in_index)
        stanza = deb.stanza({k: v for k, v in changes.items() if v is not None})
        for arch in self.arches if deb.arch == "all" else (deb.arch,):
            self.packages[suite][arch].append(stanza)
        return self

    def index(self):
        """Writes the Packages files."""
        for suite, arches in self.packages.items():
            for arch in self.arches:
                base = self.pool(suite, "dists/%s/main/binary-%s" % (suite, arch))
                shutil.rmtree(base, ignore_errors=True)
                os.makedirs(os.path.join(base, "by-hash/SHA256"))
                plain = "\n".join(arches[arch]).encode()
                for name, data in (("Packages", plain), ("Packages.xz", COMPRESS["xz"](plain))):
                    with open(os.path.join(base, name), "wb") as f:
                        f.write(data)
                    shutil.copy(os.path.join(base, name), os.path.join(
                        base, "by-hash/SHA256", hashlib.sha256(data).hexdigest()))

    def sign(self, **fields):
        self.index()
        make_key(self.directory)
        for suite in self.SUITES:
            release(self.directory, self.SUITES[suite], suite, **fields)
        stop_agent(self.directory)


def gpg(directory, *args, **more):
    home = os.path.join(directory, ".gnupg")
    env = dict(os.environ, GNUPGHOME=home)
    return subprocess.run(["gpg", "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback",
                           "--passphrase", "", *args], env=env, check=True, **more)


def make_key(directory):
    gpg(directory, "--quick-gen-key", "A test's archive <test@example.org>", "ed25519", "sign",
        "never", stderr=subprocess.DEVNULL)
    with open(os.path.join(directory, "archive.gpg"), "wb") as f:
        gpg(directory, "--export", stdout=f)


def stop_agent(directory):
    subprocess.run(["gpgconf", "--kill", "all"],
                   env=dict(os.environ, GNUPGHOME=os.path.join(directory, ".gnupg")), check=False)


def date(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime(seconds))


def release(directory, archive, suite, digests=("SHA256",), options=(), **fields):
    """Release and InRelease of one suite; fields change or add to what it says (None drops one)."""
    base = os.path.join(directory, archive, "dists", suite)
    lines = {"Origin": "Debian", "Label": "Debian",
             "Suite": suite.replace("trixie", "stable"), "Codename": suite,
             "Date": date(time.time() - 3600), "Acquire-By-Hash": "yes",
             "Architectures": "all amd64 arm64", "Components": "main"}
    lines.update({k.replace("_", "-"): v for k, v in fields.items()})
    text = "".join("%s: %s\n" % f for f in lines.items() if f[1] is not None)
    files = []
    for at, _, names in os.walk(base):
        if "by-hash" in at:
            continue
        files += [os.path.join(at, n) for n in names if n.startswith("Packages")]
    for digest in digests:
        text += digest + ":\n"
        for path in sorted(files):
            with open(path, "rb") as f:
                data = f.read()
            text += " %s %d %s\n" % (hashlib.new(digest.replace("Sum", "").lower(), data).hexdigest(),
                                     len(data), os.path.relpath(path, base))
    with open(os.path.join(base, "Release"), "w") as f:
        f.write(text)
    sign_file(directory, os.path.join(base, "InRelease"), text, options)


def sign_file(directory, path, text, options=()):
    with open(path + ".new", "wb") as f:
        gpg(directory, "--digest-algo", "SHA512", *options, "--clearsign", input=text.encode(),
            stdout=f)
    os.rename(path + ".new", path)
