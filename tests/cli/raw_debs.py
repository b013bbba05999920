#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""raw_debs.py DIR: an archive, rightly signed, full of debs that nobody should ship: those that
tests/archive/hostile.py has not.

DIR/cases has a line for each: package, what a build of it has to do ("refuse" or "build"), and an
extended regular expression for what it says, split by tabs. From the issue's list of hostile
inputs, and of libarchive's, dpkg's, apko's, umoci's and containerd's own cases.
"""
import lzma
import os
import sys

sys.dont_write_bytecode = True

from debian import Archive, Deb, ar_member, pax, tar_entry, tar_header, zstd  # noqa: E402

ZEROS = lzma.compress(bytes(64 << 20), preset=6)
cases = []


def case(name, want, pattern, arch="amd64", compress="gz", **more):
    deb = Deb(name, "1", arch, compress, **more)
    cases.append((deb, want, pattern))
    return deb


def paths():
    case("no-name", "refuse", "name|path").add(tar_entry("", data=b"x"))
    case("dot-inside", "refuse", r"usr/\./x").add(tar_entry("./usr/./x", data=b"x"))
    case("double-slash", "refuse", "usr//x").add(tar_entry("./usr//x", data=b"x"))
    case("dot-dot-name", "refuse", r"usr/\.\.").add(tar_entry("./usr/..", b"5"))
    case("long-name", "refuse", "long|name|path").add(tar_entry("./" + "d/" * 3000 + "x", data=b"x"))
    case("long-part", "refuse", "long|name|path").add(tar_entry("./usr/" + "n" * 300, data=b"x"))
    case("deep", "refuse", "deep|parts|path").add(tar_entry("./" + "d/" * 1000 + "x", data=b"x"))
    case("newline", "refuse", r"a\\nb|newline|control").file("usr/share/a\nb", "x")
    case("escape", "build", "").file("usr/share/a\x1b[31mb", "x")
    case("latin1", "build", "").add(tar_entry(b"./usr/share/gr\xfc\xdfe", data=b"x"))
    case("utf8", "build", "").file("usr/share/grüße-日本", "x")
    case("whiteout", "refuse", r"\.wh\.").file("etc/.wh.passwd", "")
    case("opaque", "refuse", r"\.wh\.").file("usr/.wh..wh..opq", "")
    case("own-records", "build", "SRC-RECORD left out: /var/lib/dpkg/status").file("var/lib/dpkg/status", "Package: x\n")
    case("own-info", "build", "SRC-RECORD left out").file("var/lib/dpkg/info/own-info.list", "x\n")
    case("merged-dir", "build", "").directory("bin").file("bin/x", "x").file("lib64/y", "y")


def links():
    case("link-dotdot", "refuse", "usr/l/x").link("usr/l", "../../../../tmp").add(
        tar_entry("./usr/l/x", data=b"x"))
    case("link-over-dir", "refuse", "usr/d").file("usr/d/x", "x").link("usr/d", "/tmp")
    case("dir-over-link", "refuse", "usr/d").link("usr/d", "/tmp").directory("usr/d")
    case("link-usr", "refuse", "usr").link("usr", "/tmp").add(tar_entry("./usr/x", data=b"x"))
    case("link-bin", "refuse", "bin").link("bin", "/tmp").add(tar_entry("./bin/x", data=b"x"))
    case("link-chain", "refuse", "a/c").link("b", "/tmp").link("a", "b").add(
        tar_entry("./a/c", data=b"x"))
    case("link-empty", "refuse", "entry 3: a link without a target").link("usr/l", "")
    case("link-out", "build", "").link("usr/l", "../../../../../../etc/passwd")
    case("hard-later", "refuse", "usr/h").hard("usr/h", "usr/z").file("usr/z", "z")
    case("hard-self", "refuse", "usr/h").hard("usr/h", "usr/h")
    case("hard-dir", "refuse", "usr/h").directory("usr/d").hard("usr/h", "usr/d")
    case("hard-through", "refuse", "usr/h|usr/l").link("usr/l", "/etc").add(
        tar_entry("./usr/h", b"1", target=b"./usr/l/passwd"))
    case("twice-merged", "refuse", "bin/x.*twice").file("usr/bin/x", "1").file("bin/x", "2")
    case("file-is-dir", "refuse", "usr/x").file("usr/x", "1").add(tar_entry("./usr/x/y", data=b"y"))


def kinds():
    case("contiguous", "refuse", "entry 2").add(tar_entry("./usr/x", b"7", b"x"))
    case("unknown", "refuse", "entry 2").add(tar_entry("./usr/x", b"Z", b"x"))
    case("sparse", "refuse", "usr/x|sparse").add(tar_entry("./usr/x", b"S", b"x"))
    case("volume", "refuse", "entry 2").add(tar_entry("./usr/x", b"V"))
    case("multi", "refuse", "entry 2").add(tar_entry("./usr/x", b"M", b"x"))
    case("setuid", "build", "FS-SUID.*usr/bin/s").file("usr/bin/s", b"x", 0o4755)


def headers():
    case("pax-pax", "refuse", "pax|header").add(pax([(b"size", b"0")])).add(
        pax([(b"path", b"usr/y")])).file("usr/x", "x")
    case("pax-dotdot", "refuse", r"\.\./x").add(pax([(b"path", b"../../x")])).file("usr/x", "x")
    case("pax-negative", "refuse", "pax|size").add(pax([(b"size", b"-1")])).file("usr/x", "x")
    case("pax-length", "refuse", "pax").add(
        tar_header(b"PaxHeaders/x", b"x", 512) + b"99999 path=x\n".ljust(512, b"\0")).file("usr/x")
    case("pax-huge", "refuse", "pax|header").add(
        tar_header(b"PaxHeaders/x", b"x", 1 << 33)).file("usr/x")
    case("long-huge", "refuse", "name|header|long").add(
        tar_header(b"././@LongLink", b"L", 1 << 33)).file("usr/x")
    case("long-last", "refuse", "header|end").add(
        tar_entry("././@LongLink", b"L", b"usr/long\0"))
    bad = bytearray(tar_entry("./usr/x", data=b"x"))
    bad[150] ^= 1
    case("entry-huge", "refuse", "usr/x|short|end").add(
        tar_header(b"./usr/x", b"0", 1 << 32) + b"x" * 512)
    case("tar-garbage", "refuse", "header|checksum|tar").add(b"garbage" * 200)
    case("negative-time", "build", "").file("usr/x", "x", mtime=0)


def members():
    good = Deb("x", "1", "amd64", "gz").file("usr/x", "x").build().bytes
    control = case("ar-size", "refuse", "ar-size|data.tar|member").file("usr/x", "x").build()
    at = control.bytes.rindex(b"data.tar")
    control.bytes = (control.bytes[:at + 48] + b"%-10d" % 999999999 + control.bytes[at + 58:])
    short = case("ar-short", "refuse", "data.tar|short|cut|end").file("usr/x", "x").build()
    short.bytes = short.bytes[:-20]
    case("not-ar", "refuse", "not-ar").build().bytes = b"PK\3\4" + good
    case("empty", "refuse", "empty").build().bytes = b""
    case("magic-only", "refuse", "debian-binary|member|magic-only").build().bytes = b"!<arch>\n"
    more = case("further-member", "build", "").file("usr/x", "x")
    more.after = ar_member("evil.tar", b"x")
    d = case("two-data", "build", "").file("usr/x", "x")
    d.after = ar_member("data.tar.gz", b"x")
    for suffix in ("bz2", "lzma", "lz", "lzo", "lrz", "grz", "Z", "uu"):
        d = case("data-" + suffix.lower(), "refuse", r"data\.tar\.%s" % suffix).file("usr/x", "x")
        d.build()
        d.bytes = d.bytes.replace(b"data.tar.gz     ", b"%-16s" % (b"data.tar." + suffix.encode()))
    d = case("wrong-suffix", "refuse", "data.tar isn.t compressed as its name says").file("usr/x", "x").build()
    d.bytes = d.bytes.replace(b"data.tar.gz     ", b"data.tar.xz     ")
    d = case("no-data", "refuse", "data").file("usr/x", "x").build()
    d.bytes = d.bytes[:d.bytes.rindex(b"data.tar")]
    d = case("other-arch", "refuse", "other-arch.*arm64").file("usr/x", "x")
    d.in_deb["Architecture"] = "arm64"
    case("control-link", "refuse", "control").file("usr/x", "x").members = [
        ("debian-binary", b"2.0\n"),
        ("control.tar", tar_entry("./control", b"2", target=b"/etc/passwd") + bytes(1024)),
        ("data.tar", bytes(1024))]
    case("control-dotdot", "refuse", r"\.\./evil|control").file("usr/x", "x").members = [
        ("debian-binary", b"2.0\n"),
        ("control.tar", tar_entry("./../../evil", data=b"x") + bytes(1024)),
        ("data.tar", bytes(1024))]
    case("control-bomb", "refuse", "control|ratio|more than").file("usr/x", "x").members = [
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", lzma.compress(tar_header(b"./postinst", b"0", 10 << 30)) + ZEROS * 4),
        ("data.tar", bytes(1024))]


def streams():
    body = tar_entry("./usr/x", data=os.urandom(9000).hex().encode()) + bytes(1024)
    d = case("cut-gz", "refuse", "cut-gz.*(end|cut|short|trunc|data.tar)")
    import gzip
    d.data = gzip.compress(body)[:-100]
    d = case("flipped-xz", "refuse", "flipped-xz.*data.tar", compress="xz")
    d.data = bytearray(lzma.compress(body))
    d.data[len(d.data) // 2] ^= 0x40
    d.data = bytes(d.data)
    d = case("flipped-gz", "refuse", "flipped-gz.*data.tar")
    d.data = bytearray(gzip.compress(body))
    d.data[-6] ^= 1
    d.data = bytes(d.data)
    case("no-end", "refuse", "no-end.*(end|short|cut|data.tar)").data = gzip.compress(
        tar_header(b"./usr/x", b"0", 5000) + b"x" * 512)
    case("data-empty", "refuse", "data-empty.*(end|empty|short|data.tar)", compress="xz").data = b""
    d = case("xz-garbage", "refuse", "xz-garbage.*data.tar", compress="xz")
    d.data = lzma.compress(body) + b"garbage"
    d = case("lzma-memory", "refuse", "lzma-memory.*data.tar", compress="xz")
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 20}]
    raw = bytearray(lzma.compress(body, filters=filters))
    raw[16] = 40  # a dictionary of 4 GiB; the block header's CRC is then wrong, which is fine too
    d.data = bytes(raw)


def listed():
    """What the index says of the deb isn't so."""
    d = case("longer", "refuse", "longer.*(size|bytes|long)").file("usr/x", "x").build()
    d.listed = d.bytes
    d.bytes += b"\n"
    d = case("shorter", "refuse", "shorter.*(size|bytes|short)").file("usr/x", "x").build()
    d.listed = d.bytes
    d.bytes = d.bytes[:-1]
    d = case("other-bytes", "refuse", "other-bytes.*(SHA-?256|digest)").file("usr/x", "x").build()
    d.listed = d.bytes
    d.bytes = d.bytes[:-1] + bytes([d.bytes[-1] ^ 1])
    for name, field, value in (
            ("filename-up", "Filename", "../../etc/passwd"),
            ("filename-inside", "Filename", "pool/../../x.deb"),
            ("filename-host", "Filename", "//evil.example.org/x.deb"),
            ("filename-url", "Filename", "file:///etc/passwd"),
            ("filename-absolute", "Filename", "/etc/passwd"),
            ("filename-none", "Filename", None),
            ("size-none", "Size", None),
            ("size-huge", "Size", "99999999999999999999"),
            ("size-negative", "Size", "-1"),
            ("sha256-none", "SHA256", None),
            ("sha256-short", "SHA256", "abcd"),
            ("sha256-path", "SHA256", "../" * 21 + "x")):
        case(name, "refuse", '"%s"' % field if value is None else name).file(
            "usr/x", "x").in_index[field] = value


def pairs():
    """Two packages that don't go together; the first one's name is the case's."""
    for name, arch in (("clash", "all"), ("clash-other", "all")):
        case(name, "refuse" if name == "clash" else "build", "(clash.*clash-other|clash-other.*clash)" if name == "clash" else "",
             arch=arch).file("usr/share/clash", name)
    cases[-2][0].fields["Depends"] = "clash-other"
    case("over-base", "refuse", "usr/d", Depends="over-dir").link("usr/d", "/tmp")
    case("over-dir", "build", "").file("usr/d/x", "x")
    case("through-other", "refuse", "usr/out.*link-other", Depends="link-other").file("usr/out/x", "x")
    case("link-other", "build", "").link("usr/out", "../../../tmp")


def make(directory):
    archive = Archive(directory)
    for group in (paths, links, kinds, headers, members, streams, pairs):
        group()
    for deb, _, _ in cases:
        if not hasattr(deb, "bytes"):
            deb.build()
        archive.add("trixie", deb)
    archive.sign()
    with open(os.path.join(directory, "cases"), "w") as f:
        for deb, want, pattern in cases:
            f.write("%s\t%s\t%s\n" % (deb.name, want, pattern))
    # The index's own lies stand in archives of their own: one of them may spoil it for all.
    cases.clear()
    listed()
    for deb, want, pattern in cases:
        if not hasattr(deb, "bytes"):
            deb.build()
        own = Archive(os.path.join(directory, "lies", deb.name), ("amd64",))
        own.add("trixie", deb)
        own.sign()
    with open(os.path.join(directory, "lies", "cases"), "w") as f:
        for deb, want, pattern in cases:
            f.write("%s\t%s\t%s\n" % (deb.name, want, pattern))


make(os.path.abspath(sys.argv[1]))
