# SPDX-License-Identifier: Apache-2.0
"""Packages that attack, one a case: each must be refused. They are named hostile-CASE and stand
in the indexes with right sizes and digests, so what refuses them is the reader of packages."""

import tarfile

from deb import (Entry, Package, ar, compress, directory, file, hardlink, link, padded, run,
                 stanza, tar, tar_header)

X = "usr/share/hostile/x"


def control_tar(name, fields=None):
    fields = fields or {"Package": name, "Version": "1.0", "Architecture": "all",
                        "Maintainer": "mkimage tests <tests@example.org>",
                        "Description": "attacks"}
    return compress(tar([directory(""), file("control", stanza(fields))]), "xz")


def with_data(name, member, data, fields=None):
    return ar([("debian-binary", b"2.0\n"), ("control.tar.xz", control_tar(name, fields)),
               (member, data)])


def plain(name, data):
    return with_data(name, "data.tar", data)


def named(raw_path, kind=tarfile.REGTYPE, data=b"x", target=""):
    """A tar whose one entry has this very name."""
    return tar([Entry(raw_path, kind, data=data, target=target)], raw_name=True)


def pax(kind, records, then):
    """A pax header of kind "x" or "g" before other blocks."""
    body = b"".join(b"%d %s=%s\n" % (n, k, v) for n, k, v in
                    ((len(k) + len(v) + 3 + len(str(len(k) + len(v) + 5)), k, v)
                     for k, v in records))
    head = Entry("././@PaxHeader", data=body)
    block = bytearray(tar_header(head, True))
    block[156:157] = kind
    return bytes(checksum(block)) + padded(body) + then


def checksum(block):
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return block


def gnu(kind, body, then):
    """A GNU header of kind "L" or "K" (a long name) before other blocks."""
    block = bytearray(tar_header(Entry("././@LongLink", data=body), True))
    block[156:157] = kind
    return bytes(checksum(block)) + padded(body) + then


END = b"\0" * 1024


def one(path="./" + X, data=b"x"):
    return tar_header(Entry(path, data=data), True) + padded(data)


def bomb(how):
    """10 GiB of zeros: a header that says so, then one compressed piece many times over."""
    size, piece = 10 << 30, 256 << 20
    info = bytearray(tar_header(Entry("./" + X), True))
    info[124:136] = b"\x80" + size.to_bytes(11, "big")
    head = compress(bytes(checksum(info)), how)
    zeros = run(["sh", "-c", "head -c %d /dev/zero | %s" % (
        piece, "xz -1 -c" if how == "xz" else "zstd -q -c")], b"")
    return head + zeros * (size // piece) + compress(END, how)


def cut(deb, n):
    return deb[:-n]


def zst_cut(name):
    whole = compress(tar([file(X, bytes(range(256)) * 400)]), "zst")
    return with_data(name, "data.tar.zst", whole[:len(whole) // 2])


def nul_name():
    block = bytearray(tar_header(Entry("./usr/x"), True))
    block[0:12] = b"./usr/a\0b/c\0"
    return bytes(checksum(block)) + END


def pax_nul():
    return pax(b"x", [(b"path", b"./usr/a\0b")], one() + END)


def sparse():
    block = bytearray(tar_header(Entry("./" + X), True))
    block[156:157] = b"S"
    block[386:398] = b"00000000000\0"
    block[483:495] = b"00000001000\0"
    return bytes(checksum(block)) + END


def hardlink_with_data():
    block = bytearray(tar_header(hardlink(X + "2", X), False))
    block[124:136] = b"%011o\0" % 4
    return one() + bytes(checksum(block)) + padded(b"evil") + END


def ar_size(name):
    deb = bytearray(plain(name, tar([file(X, "x")])))
    at = deb.rindex(b"data.tar")
    deb[at + 48:at + 58] = b"%-10d" % 9999999999
    return bytes(deb)


def cases():
    """name → bytes of the deb, made only when asked for"""
    long = b"./usr/" + b"/".join([b"n" * 200] * 25)
    table = {
        "dotdot": lambda n: plain(n, named("../../etc/x")),
        "dotdot-inside": lambda n: plain(n, named("./usr/../../etc/x")),
        "absolute": lambda n: plain(n, named("/etc/x")),
        "empty-name": lambda n: plain(n, gnu(b"L", b"\0", one() + END)),
        "empty-part": lambda n: plain(n, named("./usr//x")),
        "dot-part": lambda n: plain(n, named("./usr/./x")),
        "through-link": lambda n: plain(n, tar([link("a", "/tmp"), file("a/b", "x")])),
        "through-own-link": lambda n: plain(n, tar([
            directory("usr"), directory("usr/share"), link("usr/share/l", "../../etc"),
            file("usr/share/l/passwd", "x")])),
        "hardlink-out": lambda n: plain(n, named("./usr/x", tarfile.LNKTYPE, b"",
                                                 "../../etc/shadow")),
        "hardlink-absolute": lambda n: plain(n, named("./usr/x", tarfile.LNKTYPE, b"",
                                                      "/etc/shadow")),
        "hardlink-nowhere": lambda n: plain(n, tar([hardlink("usr/x", "usr/not-there")])),
        "hardlink-to-link": lambda n: plain(n, tar([link("usr/l", "/etc/shadow"),
                                                    hardlink("usr/x", "usr/l")])),
        "hardlink-data": lambda n: plain(n, hardlink_with_data()),
        "twice": lambda n: plain(n, tar([file(X, "one"), file(X, "two")])),
        "twice-spelled": lambda n: plain(n, one("./usr/x") + one("usr/x") + END),
        "file-then-below": lambda n: plain(n, tar([file("usr/x", "x"), file("usr/x/y", "y")])),
        "dir-over-usrmerge": lambda n: plain(n, tar([file("bin", "a file where a link is")])),
        "block-device": lambda n: plain(n, tar([Entry("dev/sda", tarfile.BLKTYPE,
                                                      device=(8, 0))])),
        "char-device": lambda n: plain(n, tar([Entry("dev/mem", tarfile.CHRTYPE, device=(1, 1))])),
        "fifo": lambda n: plain(n, tar([Entry("usr/fifo", tarfile.FIFOTYPE)])),
        "pax-size": lambda n: plain(n, pax(b"x", [(b"size", b"512")],
                                           gnu(b"L", b"./usr/x\0", one() + END))),
        "pax-huge": lambda n: plain(n, pax(b"x", [(b"size", b"99999999999999999999")],
                                           one() + END)),
        "pax-global": lambda n: plain(n, pax(b"g", [(b"path", b"./etc/passwd")], one() + END)),
        "pax-nul": lambda n: plain(n, pax_nul()),
        "pax-sparse": lambda n: plain(n, pax(b"x", [(b"GNU.sparse.major", b"1"),
                                                    (b"GNU.sparse.minor", b"0")], one() + END)),
        "sparse": lambda n: plain(n, sparse()),
        "nul-name": lambda n: plain(n, nul_name()),
        "long-name": lambda n: plain(n, gnu(b"L", long + b"\0", one() + END)),
        "bad-checksum": lambda n: plain(n, one()[:148] + b"0000000\0" + one()[156:] + END),
        "no-end": lambda n: plain(n, one(data=b"y" * 2000)[:-1024]),
        "not-tar": lambda n: plain(n, b"this is no tar" * 100),
        "zst-cut": zst_cut,
        "xz-cut": lambda n: with_data(n, "data.tar.xz", compress(tar([file(X, "x")]), "xz")[:-8]),
        "gz-garbage": lambda n: with_data(n, "data.tar.gz",
                                          compress(tar([file(X, "x")]), "gz") + b"garbage"),
        "bomb-xz": lambda n: with_data(n, "data.tar.xz", bomb("xz")),
        "bomb-zst": lambda n: with_data(n, "data.tar.zst", bomb("zst")),
        "ar-size": ar_size,
        "ar-cut": lambda n: cut(plain(n, tar([file(X, "x")])), 100),
        "ar-unknown": lambda n: ar([("debian-binary", b"2.0\n"), ("control.tar.xz", control_tar(n)),
                                    ("evil", b"x"), ("data.tar", tar([file(X, "x")]))]),
        "ar-lzma": lambda n: with_data(n, "data.tar.lzma", b"]\0\0\x80\0"),
        "format": lambda n: ar([("debian-binary", b"3.0\n"), ("control.tar.xz", control_tar(n)),
                                ("data.tar", tar([file(X, "x")]))]),
        "no-control": lambda n: ar([("debian-binary", b"2.0\n"),
                                    ("control.tar", tar([file("md5sums", "")])),
                                    ("data.tar", tar([file(X, "x")]))]),
        "other-package": lambda n: with_data(n, "data.tar", tar([file(X, "x")]), {
            "Package": "libc6", "Version": "1.0", "Architecture": "all",
            "Maintainer": "x <x@example.org>", "Description": "not what the index says"}),
        "other-version": lambda n: with_data(n, "data.tar", tar([file(X, "x")]), {
            "Package": n, "Version": "99", "Architecture": "all",
            "Maintainer": "x <x@example.org>", "Description": "not what the index says"}),
        "control-dotdot": lambda n: ar([
            ("debian-binary", b"2.0\n"),
            ("control.tar", tar([Entry("../../evil", data=b"x")], raw_name=True)),
            ("data.tar", tar([file(X, "x")]))]),
    }
    return table


def hostile_packages(only=None):
    for case, make in cases().items():
        name = "hostile-" + case
        if only is None or name in only:
            yield Package(name, "1.0", [], hostile=True,
                          raw=lambda _, m=make, n=name: m(n))
