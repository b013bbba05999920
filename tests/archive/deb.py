# SPDX-License-Identifier: Apache-2.0
"""Debian packages from data: entries of a tar, an ar around them. What is built here is a
function of its arguments alone, so diff_ids of images made from it can be kept as goldens."""

import gzip
import hashlib
import io
import lzma
import os
import subprocess
import tarfile
import tempfile

EPOCH = 1735689600  # 2025-01-01: the time of all files, unless an entry says otherwise


class Entry:
    """A member of data.tar. path is as dpkg-deb writes it but for the leading "./"."""

    def __init__(self, path, kind=tarfile.REGTYPE, data=b"", mode=None, target="", uid=0, gid=0,
                 mtime=EPOCH, device=(0, 0)):
        self.path = path
        self.kind = kind
        self.data = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        self.target = target
        self.uid = uid
        self.gid = gid
        self.mtime = mtime
        self.device = device
        if mode is None:
            mode = {tarfile.DIRTYPE: 0o755, tarfile.SYMTYPE: 0o777}.get(kind, 0o644)
        self.mode = mode


def file(path, data="", mode=0o644, **more):
    return Entry(path, data=data, mode=mode, **more)


def program(path, data, **more):
    return Entry(path, data=data, mode=0o755, **more)


def directory(path, mode=0o755, **more):
    return Entry(path, tarfile.DIRTYPE, mode=mode, **more)


def link(path, target, **more):
    return Entry(path, tarfile.SYMTYPE, target=target, **more)


def hardlink(path, target, **more):
    return Entry(path, tarfile.LNKTYPE, target=target, **more)


def with_parents(entries):
    """Adds the directories that nobody listed, each before what it holds."""
    known = {e.path for e in entries if e.kind == tarfile.DIRTYPE}
    out = [directory("")] if "" not in known else []
    known.add("")
    for e in entries:
        parts = e.path.split("/")
        for i in range(1, len(parts)):
            parent = "/".join(parts[:i])
            if parent not in known:
                known.add(parent)
                out.append(directory(parent))
        out.append(e)
    return out


def tar_header(entry, raw_name=False):
    info = tarfile.TarInfo()
    info.name = entry.path if raw_name else "./" + entry.path
    info.type = entry.kind
    info.mode = entry.mode
    info.uid = entry.uid
    info.gid = entry.gid
    info.uname = info.gname = "root" if entry.uid == 0 and entry.gid == 0 else ""
    info.mtime = entry.mtime
    info.size = len(entry.data) if entry.kind == tarfile.REGTYPE else 0
    info.linkname = entry.target
    if entry.kind == tarfile.LNKTYPE and not raw_name:
        info.linkname = "./" + entry.target
    info.devmajor, info.devminor = entry.device
    if entry.kind == tarfile.DIRTYPE and not raw_name:
        info.name += "" if info.name == "./" else "/"
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padded(data, block=512):
    return data + b"\0" * (-len(data) % block)


def tar(entries, raw_name=False):
    out = io.BytesIO()
    for e in entries:
        out.write(tar_header(e, raw_name))
        if e.kind == tarfile.REGTYPE:
            out.write(padded(e.data))
    out.write(b"\0" * 1024)
    return padded(out.getvalue(), 10240)


def run(argv, data):
    return subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=True).stdout


def xz(data):
    """As xz -6, but with a dictionary no larger than what it is for: to set up one of 8 MiB takes ten
    times as long as to compress a small package."""
    size = min(max(1 << (len(data) - 1).bit_length(), 1 << 12), 1 << 23) if data else 1 << 12
    return lzma.compress(data, check=lzma.CHECK_CRC64, filters=[
        {"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": size}])


def compress(data, how):
    """how: "", "gz", "xz", "zst", or "xz-blocks" for many small blocks as dpkg-deb's threads
    write them. What it gave for the same bytes is found again in $TEST_SHARED."""
    shared = os.environ.get("TEST_SHARED")
    if how == "" or not shared:
        return compress_now(data, how)
    path = os.path.join(shared, hashlib.sha256(data).hexdigest() + "." + how)
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        packed = compress_now(data, how)
    with tempfile.NamedTemporaryFile(dir=shared, delete=False) as f:
        f.write(packed)
    os.rename(f.name, path)
    return packed


def compress_now(data, how):
    if how == "":
        return data
    if how == "gz":
        return gzip.compress(data, 9, mtime=0)
    if how == "xz":
        return xz(data)
    if how == "xz-blocks":
        return run(["xz", "-c", "-6", "-T2", "--block-size=16KiB"], data)
    if how == "zst":
        return run(["zstd", "-q", "-c", "-3"], data)
    raise ValueError(how)


def suffix(how):
    return {"": "", "gz": ".gz", "xz": ".xz", "xz-blocks": ".xz", "zst": ".zst"}[how]


def ar(members, mtime=EPOCH):
    out = io.BytesIO()
    out.write(b"!<arch>\n")
    for name, data in members:
        out.write(b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" %
                  (name.encode(), mtime, 0, 0, 0o100644, len(data)))
        out.write(data + b"\n" * (len(data) % 2))
    return out.getvalue()


def stanza(fields):
    return "".join("%s: %s\n" % (k, v) for k, v in fields.items() if v)


class Package:
    """One binary package for one or more architectures. entries may be a function of the
    architecture; everything else is as in debian/control."""

    def __init__(self, name, version, entries, arch="all", how="xz", fields=None, scripts=None,
                 conffiles=(), control=None, suite="main", hostile=False, raw=None):
        self.name = name
        self.version = version
        self.entries = entries
        self.arches = ("amd64", "arm64") if arch == "any" else (arch,)
        self.how = how
        self.fields = fields or {}
        self.scripts = scripts or {}
        self.conffiles = conffiles
        self.control = control or {}
        self.suite = suite      # main, updates or security
        self.hostile = hostile  # only made on request
        self.raw = raw          # a function of the good deb's bytes that gives others
        self.built = {}

    def file_name(self, arch):
        return "%s_%s_%s.deb" % (self.name, self.version.split(":")[-1], arch)

    def data_entries(self, arch):
        return self.entries(arch) if callable(self.entries) else list(self.entries)

    def control_fields(self, arch, entries):
        size = sum((len(e.data) + 1023) // 1024 or 1 for e in entries)
        fields = {"Package": self.name, "Source": self.fields.get("Source"),
                  "Version": self.version, "Architecture": arch,
                  "Maintainer": "mkimage tests <tests@example.org>", "Installed-Size": size}
        fields.update({k: v for k, v in self.fields.items() if k != "Source"})
        fields.setdefault("Section", "misc")
        fields.setdefault("Priority", "optional")
        fields.setdefault("Description", "%s of the test archive\n made by data, for tests" %
                          self.name)
        return fields

    def control_tar(self, arch, fields, entries):
        conffiles = self.conffiles(arch) if callable(self.conffiles) else self.conffiles
        md5sums = "".join("%s  %s\n" % (hashlib.md5(e.data).hexdigest(), e.path)
                          for e in entries if e.kind == tarfile.REGTYPE and
                          "/" + e.path not in conffiles)
        files = {"control": stanza(fields)}
        if conffiles:
            files["conffiles"] = "".join(c + "\n" for c in conffiles)
        if md5sums:
            files["md5sums"] = md5sums
        files.update(self.control)
        members = [directory("")] + [file(n, files[n]) for n in files]
        members += [program(n, self.scripts[n]) for n in self.scripts]
        return tar(sorted(members, key=lambda e: e.path))

    def build(self, arch):
        """Returns (control fields, bytes of the deb)."""
        if arch not in self.built:
            self.built[arch] = self.build_now(arch)
        return self.built[arch]

    def build_now(self, arch):
        entries = with_parents(self.data_entries(arch))
        fields = self.control_fields(arch, entries)
        deb = ar([("debian-binary", b"2.0\n"),
                  ("control.tar" + suffix("xz"),
                   compress(self.control_tar(arch, fields, entries), "xz")),
                  ("data.tar" + suffix(self.how), compress(tar(entries), self.how))])
        return fields, self.raw(deb) if self.raw else deb
