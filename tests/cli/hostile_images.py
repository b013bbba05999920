#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Images that mean harm, for hostile-images.sh: hostile_images.py NAME... writes each of them
(below, a function a name) into the working directory. Large ones are made of few bytes: compressed
streams are members, one after the other, of which the same few are written again and again.
"""
import gzip
import json
import os
import struct
import subprocess
import sys
import zlib

from stranger import Image, TIME, directory, entry, link, sha256, tar_of

NOBODY = {"User": "1000:1000", "Cmd": ["/usr/bin/app"]}
KIND = "application/vnd.oci.image."
MIB = 1 << 20


# ---- parts ---------------------------------------------------------------------------------------

def header(name, kind=b"0", size=0, mode=0o644, target=b"", uid=0, gid=0):
    """A tar header by hand: quick, and of things that tarfile refuses to write."""
    h = struct.pack("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x", name, b"%07o" % mode,
                    b"%07o" % uid, b"%07o" % gid, b"%011o" % size, b"%011o" % TIME, b" " * 8, kind,
                    target, b"ustar\00000", b"root", b"root", b"%07o" % 0, b"%07o" % 0, b"")
    return checked(h)


def checked(h):
    """The header with the sum that fits."""
    h = h[:148] + b" " * 8 + h[156:]
    return h[:148] + b"%06o\0 " % sum(h) + h[156:]


def numbered(pattern, n, **more):
    """n headers whose names end in six digits: one header, changed in place."""
    h = header(pattern + b"000000", **more)
    at, base = len(pattern), sum(h[:148]) + 8 * 32 + sum(h[156:]) - 6 * 48
    for i in range(n):
        digits = b"%06d" % i
        yield (h[:at] + digits + h[at + 6:148] + b"%06o\0 " % (base + sum(digits)) + h[156:])


def packed(parts):
    """gzip of many parts, of which no whole is made."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(p) for p in parts) + packer.flush()


def long_link(target, kind, h):
    """A link whose target goes beyond its header, where its beginning stands."""
    return long_name(b"K", target) + checked(h[:156] + kind + target[:100].ljust(100, b"\0") +
                                             h[257:])


def padded(data):
    return data + bytes(-len(data) % 512)


def long_name(kind, text):
    """GNU's header for a name (L) or a link's target (K) of any length."""
    return header(b"././@LongLink", kind, len(text) + 1) + padded(text + b"\0")


def config(diff_ids, **more):
    return json.dumps({"architecture": "amd64", "os": "linux", "config": NOBODY,
                       "rootfs": {"type": "layers", "diff_ids": diff_ids}, **more}).encode()


def write_blob(place, data):
    os.makedirs(os.path.join(place, "blobs", "sha256"), exist_ok=True)
    with open(os.path.join(place, "blobs", "sha256", sha256(data)), "wb") as f:
        f.write(data)
    return "sha256:" + sha256(data)


def descriptor(place, data, media_type, **more):
    return {"mediaType": media_type, "digest": write_blob(place, data), "size": len(data), **more}


def layout(place, blobs, media_type, diff_ids=None, layers=None, configuration=None):
    """A layout of layers as they are stored; diff_ids of None: some that fit nothing."""
    layers = layers or [descriptor(place, b, media_type) for b in blobs]
    diff_ids = diff_ids or ["sha256:" + "0" * 63 + "1"] * len(layers)
    manifest = {"schemaVersion": 2, "mediaType": KIND + "manifest.v1+json",
                "config": descriptor(place, configuration or config(diff_ids),
                                     KIND + "config.v1+json"),
                "layers": layers}
    index(place, [descriptor(place, json.dumps(manifest).encode(), manifest["mediaType"])])


def index(place, manifests):
    for name, document in (("index.json", {"schemaVersion": 2, "manifests": manifests}),
                           ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(place, name), "w") as f:
            json.dump(document, f)


def gz_layout(place, tar):
    layout(place, [gzip.compress(tar, 1, mtime=0)], KIND + "layer.v1.tar+gzip",
           ["sha256:" + sha256(tar)])


def repeated(name, codec, unit, times, head=b"", size=None):
    """A layer of head and then unit, times over: a member (or frame) each."""
    def pack(data):
        if codec == "gzip":
            return gzip.compress(data, 9, mtime=0)
        return subprocess.run(["zstd", "-q", "-19"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    if size is not None:
        head += header(b"zeros", size=0)[:124] + b"\x80" + size.to_bytes(11, "big") + \
            header(b"zeros")[136:]
        head = head[:-512] + checked(head[-512:])
    layout(name, [pack(head) + pack(unit) * times], KIND + "layer.v1.tar+" + codec)


# ---- bombs ---------------------------------------------------------------------------------------

def zeros_gzip():
    """One file of 10 GiB of zeros, 10 MiB as stored."""
    repeated("zeros-gzip.oci", "gzip", bytes(64 * MIB), 160, size=10 << 30)


def zeros_zstd():
    repeated("zeros-zstd.oci", "zstd", bytes(64 * MIB), 160, size=10 << 30)


def zeros_end():
    """Nothing but the end of the archive, for 10 GiB."""
    repeated("zeros-end.oci", "zstd", bytes(64 * MIB), 160)


def zeros_archive():
    """A docker archive that is itself a bomb: spooled, it would fill a disk."""
    head = gzip.compress(header(b"manifest.json", size=1 << 36)[:512])
    with open("zeros-archive.tar.gz", "wb") as f:
        f.write(head + gzip.compress(bytes(64 * MIB), 9) * 160)


def sparse():
    """A hole of 1 TiB, in GNU's pax form."""
    body = tar_of([entry("hole", "x" * 512, pax={
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "hole",
        "GNU.sparse.size": str(1 << 40), "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": "%d,512" % ((1 << 40) - 512)})])
    gz_layout("sparse.oci", body)


def million():
    """A million entries, each with several things wrong."""
    parts = numbered(b"d/f", 999000, mode=0o6777, uid=70000, gid=70000)
    layout("million.oci", [packed(parts)], KIND + "layer.v1.tar+gzip")


def too_many():
    unit = b"".join(header(b"d/f%04d" % i) for i in range(4096))
    repeated("too-many.oci", "zstd", unit, 300)


def long_paths():
    """200,000 paths of 4 KiB each, which are 800 MB."""
    deep = b"/".join([b"n" * 250] * 16)
    long, end = long_name(b"L", deep + b"/%06d" % 0), header(b"x")
    at = 512 + len(deep) + 1
    layout("long-paths.oci", [packed(long[:at] + b"%06d" % i + long[at + 6:] + end
                                     for i in range(200000))], KIND + "layer.v1.tar+gzip")


def too_long():
    """Paths and targets beyond 4 KiB, of 1,500 and of 100,000 parts."""
    body = b""
    for text in (b"a" * 5000, b"/".join([b"p"] * 1500), b"q/" * 100000 + b"x"):
        body += long_name(b"L", text) + header(b"x")
        body += long_link(text, b"2", header(b"l%d" % len(text)))
        body += long_link(text, b"1", header(b"h%d" % len(text)))
    gz_layout("too-long.oci", body + header(b"app", mode=0o4755) + bytes(1024))


def implied():
    """Each entry implies 250 directories that no entry names."""
    deep, end = b"/d" * 250 + b"/f", header(b"x")
    layout("implied.oci", [packed(long_name(b"L", b"%x" % i + deep) + end for i in range(20000))],
           KIND + "layer.v1.tar+gzip")


def targets():
    """200,000 links with targets of 4 KiB."""
    text = b"t" * 4090
    long = long_name(b"K", text)
    layout("targets.oci", [packed(long + h for h in numbered(b"l", 200000, kind=b"2",
                                                             target=text[:100]))],
           KIND + "layer.v1.tar+gzip")


def ways():
    """Links whose targets go round and round, below which 200,000 entries want to lie."""
    there = b"/" + b"d/../" * 800
    body = header(b"d/", b"5", mode=0o755)
    for i in range(39):
        body += long_link(there + b"l%02d" % (i + 1), b"2", header(b"l%02d" % i))
    body += header(b"l39", b"2", target=b"d")
    for name, more in (("ways", numbered(b"l00/f", 100000)),
                       ("links", numbered(b"m", 100000, kind=b"2", target=b"l00/x"))):
        layout(name + ".oci", [packed([body, *more, bytes(1024)])], KIND + "layer.v1.tar+gzip")


def whiteouts():
    """A layer that takes away the same directory again and again while it fills it."""
    lower = header(b"d/", b"5", mode=0o755) + header(b"d/old")
    upper = b"".join(numbered(b"d/f", 100000))
    upper += header(b".wh.d") * 50000 + header(b"d/.wh..wh..opq") * 50000
    layout("whiteouts.oci", [gzip.compress(t + bytes(1024), 1) for t in (lower, upper)],
           KIND + "layer.v1.tar+gzip")


def layers():
    """One layer, 20,000 times."""
    blob = gzip.compress(header(b"f", mode=0o4755) + bytes(1024), mtime=0)
    place = "layers.oci"
    one = descriptor(place, blob, KIND + "layer.v1.tar+gzip")
    layout(place, [], None, layers=[one] * 20000)


# ---- odd places ----------------------------------------------------------------------------------

def circles():
    """Links in circles, hard links across layers and to what isn't there, paths below files."""
    lower = [link("a", "b"), link("b", "a"), link("self", "self"), link("up", "../../../../etc"),
             link("etc/passwd", "/etc/passwd"), entry("bin/tool", "x", mode=0o755),
             link("d", "d/d"), entry("a/below", "x"), entry("bin/tool/below", "x")]
    upper = [entry("usr/tool", kind="1", target="bin/tool", mode=0o4755),
             entry("to-nothing", kind="1", target="never"), entry("h1", kind="1", target="h2"),
             entry("h2", kind="1", target="h1"), entry("to-self", kind="1", target="to-self"),
             entry("to-dir", kind="1", target="bin"), entry("out", kind="1", target="../../etc/x"),
             entry("../escape", "x"), entry("x/../../escape", "x"), entry("/absolute", "x")]
    Image(NOBODY, [lower, upper]).docker_archive("circles.tar")


def odd_whiteouts():
    lower = [directory("d"), entry("d/key", "x", mode=0o4755), entry("f", "x"),
             entry("e/x", "x")]
    upper = [entry(".wh.", "x"), entry(".wh..", "x"), entry(".wh...", "x"),
             entry(".wh..wh..opq", "x"), entry("f/.wh.x", "x"), directory(".wh.d"),
             link(".wh.e", "/"), entry(".wh.d/below", "x"), entry("d/.wh..wh..opq", "x"),
             entry("d/.wh..wh.plnk/1.2", "x"), entry("never/.wh..wh..opq", "x"),
             entry(".wh." + "w" * 250, "x"), entry("twice", "1"), entry("twice", "2"),
             entry("twice", kind="5"), entry("twice/in", "x"), entry("twice", "3"),
             entry("null", kind="3", dev=(0, 0))]
    Image(NOBODY, [lower, upper]).docker_archive("odd-whiteouts.tar")


def elf():
    """ELF files that lie about their tables."""
    def elf64(phoff=64, shoff=0, phnum=1, shnum=0, phentsize=56, shentsize=64, shstrndx=0, more=b"",
              kind=2):
        return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
            "<HHIQQQIHHHHHH", kind, 62, 1, 0x400000, phoff, shoff, 0, 64, phentsize, phnum,
            shentsize, shnum, shstrndx) + more

    def segment(kind, offset, size, vaddr=0):
        return struct.pack("<IIQQQQQQ", kind, 5, offset, vaddr, vaddr, size, size, 1)

    far = (1 << 64) - 8
    needed = struct.pack("<qQqQqQ", 1, far, 5, 0, 0, 0)
    endless = struct.pack("<qQ", 1, 1) * 1000
    files = {
        "short": b"\x7fELF", "header": elf64()[:40], "far": elf64(phoff=far, shoff=far, shnum=9),
        "many": elf64(phnum=0xFFFF, shnum=0xFFFF, shoff=64),
        "more": elf64(phnum=0xFFFF, shoff=64, more=bytes(44) + b"\xff" * 20),
        "sizes": elf64(phentsize=1, shentsize=0, shoff=64, shnum=3, more=bytes(200)),
        "interp": elf64(more=segment(3, far, far)),
        "interp-end": elf64(more=segment(3, 64, 1 << 40)),
        "dynamic": elf64(phnum=2, kind=3, more=segment(1, 0, 1 << 20) +
                         segment(2, 64 + 112, 1 << 62) + needed),
        "dynamic-endless": elf64(phnum=2, kind=3, more=segment(1, 0, 1 << 20) +
                                 segment(2, 64 + 112, len(endless)) + endless),
        "note": elf64(more=segment(4, 120, 1 << 31) + b"\xff" * 64),
        "names": elf64(shoff=64, shnum=2, shstrndx=0xFFFE, more=b"\xff" * 128),
        "big-endian": b"\x7fELF\x02\x02\x01" + elf64()[7:],
        "class": b"\x7fELF\x01\x01\x01" + elf64()[7:],
        "none": b"\x7fELF" + b"\xff" * 300,
    }
    Image({"User": "1000", "Cmd": ["/usr/bin/far"]},
          [[entry("usr/bin/" + name, data, mode=0o755) for name, data in files.items()] +
           [entry("usr/lib/lib%s.so.1" % name, data) for name, data in files.items()]]
          ).docker_archive("elf.tar")


def accounts():
    """passwd and its like: one line without a colon, and worse; as the image's user asks them."""
    for name, passwd, group in (
            ("line", "root", "root"), ("binary", "\0\1:\xff::::\n:::::::::::\n" * 50, ":" * 70000),
            ("numbers", "r:x:99999999999999999999:-1:::\nr:x:+0: 0:::\nr:x:0x0:0:::\n", "g:x:4294967295:r,r,,r"),
            ("lines", "root\n" * 200000, "g:x:1:app\n" * 100000)):
        Image({"User": "app"}, [[entry("etc/passwd", passwd), entry("etc/group", group),
                                 entry("etc/shadow", passwd), entry("etc/gshadow", group),
                                 entry("etc/shells", passwd)]]
              ).docker_archive("accounts-%s.tar" % name)


def records():
    """Records of packages that are none."""
    deep = "Package: p\nVersion: 1\nArchitecture: all\nStatus: install ok installed\n"
    Image(NOBODY, [[
        entry("var/lib/dpkg/status", "Package: ../../etc\n\n" + "\n" * 1000 + deep + "\n" + deep +
              "\nPackage: %s\nStatus: install ok installed\n\n" % ("n" * 100000) + "no field\n"),
        entry("var/lib/dpkg/info/p.list", "/../../etc/passwd\nrelative\n/\0x\n" + "/x" * 50000),
        entry("var/lib/dpkg/status.d/x", b"\xff" * 100),
        entry("lib/apk/db/installed", "P:\nV:\nF:../..\nR:x\n\nF:x\nR:\nP:a\n" + "R:x\n" * 1000),
        entry("etc/os-release", "ID=\nID='x\nVERSION_ID=\"\nPRETTY_NAME=$(x)\n=\n" + "A" * 100000),
        entry("usr/lib/os-release", b"\0" * 100)]]).docker_archive("records.tar")


# ---- documents -----------------------------------------------------------------------------------

def deep_json():
    tar = tar_of([entry("f", "x")])
    blob = gzip.compress(tar, mtime=0)
    ids = ["sha256:" + sha256(tar)]
    nested = b"[" * 100000 + b"]" * 100000
    layout("deep-config.oci", [blob], KIND + "layer.v1.tar+gzip",
           configuration=config(ids)[:-1] + b', "x": ' + nested + b"}")
    layout("flat-config.oci", [blob], KIND + "layer.v1.tar+gzip",
           configuration=config(ids)[:-1] + b', "x": ' + b"[" * 2000 + b"]" * 2000 + b"}")
    odd = {"User": ["root"], "Env": {"A": 1}, "Cmd": "sh", "Entrypoint": [1, None, ["x"]],
           "ExposedPorts": ["22"], "Volumes": "x", "WorkingDir": 7, "Labels": [["a"]]}
    layout("odd-config.oci", [blob], KIND + "layer.v1.tar+gzip", configuration=json.dumps(
        {"architecture": "amd64", "os": "linux", "created": "yesterday", "config": odd,
         "history": [{"created_by": 1}, None, "x"], "rootfs": {"diff_ids": ids}}).encode())
    nul = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": ids}, "config":
                      {"User": "1\0000", "Env": ["A\0B=1", "=", ""], "Cmd": [""]}}).encode()
    layout("nul-config.oci", [blob], KIND + "layer.v1.tar+gzip", configuration=nul)


def lies():
    """Manifests that lie about sizes, digests and media types."""
    tar = tar_of([entry("usr/tool", "x", mode=0o4755)])
    blob = gzip.compress(tar, mtime=0)
    ids, media = ["sha256:" + sha256(tar)], KIND + "layer.v1.tar+gzip"

    def lie(name, media_type=media, **changes):
        layer = dict(descriptor(name, blob, media_type), **changes)
        layout(name, [], None, ids, layers=[layer])

    lie("lie-size.oci", size=len(blob) + 1)
    lie("lie-small.oci", size=1)
    lie("lie-negative.oci", size=-1)
    lie("lie-huge.oci", size=1 << 62)
    lie("lie-text.oci", size="10")
    lie("lie-digest.oci", digest="sha256:../../../../etc/passwd")
    lie("lie-absent.oci", digest="sha256:" + "a" * 64)
    lie("lie-type.oci", "image/png")
    lie("lie-zstd.oci", KIND + "layer.v1.tar+zstd")
    layout("lie-diff.oci", [blob], media)
    other = tar_of([entry("f", "y")])
    write_blob("lie-bytes.oci", blob)
    layout("lie-bytes.oci", [blob], media, ids)
    with open(os.path.join("lie-bytes.oci", "blobs", "sha256", sha256(blob)), "wb") as f:
        f.write(gzip.compress(other, mtime=0)[:len(blob)].ljust(len(blob), b"\0"))
    layout("lie-count.oci", [blob], media, ids * 2)


def codecs():
    """Layers packed in ways that no engine knows, cut off, or with bytes behind them."""
    import bz2
    import lzma
    tar = tar_of([entry("usr/tool", "x", mode=0o4755)])
    packed = gzip.compress(tar, mtime=0)
    media = KIND + "layer.v1.tar+gzip"
    for name, data in (("bzip2", bz2.compress(tar)), ("xz", lzma.compress(tar)),
                       ("noise", bytes(range(256)) * 40), ("cut", packed[:len(packed) // 2]),
                       ("behind", packed + b"behind"), ("empty", b""), ("crypt", packed),
                       ("cpio", b"070701" + b"0" * 104 + b"TRAILER!!!\0\0\0\0")):
        kind = media + "+encrypted" if name == "crypt" else media
        layout("codec-%s.oci" % name, [data], kind, ["sha256:" + sha256(tar)])


def foreign():
    """Layers that may not be handed on: absent, and here all the same."""
    tar = tar_of([entry("usr/tool", "x", mode=0o4755)])
    blob = gzip.compress(tar, mtime=0)
    url = os.environ.get("FOREIGN_URL", "http://127.0.0.1:9/layer")
    place = "foreign.oci"
    here = descriptor(place, blob, KIND + "layer.v1.tar+gzip", urls=[url])
    away = {"mediaType": KIND + "layer.nondistributable.v1.tar+gzip",
            "digest": "sha256:" + "b" * 64, "size": 1 << 30, "urls": [url]}
    docker = {"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
              "digest": "sha256:" + "c" * 64, "size": 10, "urls": [url]}
    ids = ["sha256:" + sha256(tar), "sha256:" + "1" * 64, "sha256:" + "2" * 64]
    layout(place, [], None, ids, layers=[here, away, docker])


def old_docker():
    """What docker save wrote before manifest.json, and layers that are packed inside it."""
    tar = tar_of([entry("usr/tool", "x", mode=0o4755)])
    with open("docker-v1.tar", "wb") as f:
        f.write(tar_of([entry("repositories", '{"old": {"latest": "%s"}}' % ("a" * 64)),
                        entry("a" * 64 + "/VERSION", "1.0"), entry("a" * 64 + "/json", "{}"),
                        entry("a" * 64 + "/layer.tar", tar)]))
    document = config(["sha256:" + sha256(tar)], history=[{"created_by": "x"}])
    for name, data in (("gzip", gzip.compress(tar, mtime=0)), ("zstd", subprocess.run(
            ["zstd", "-q"], input=tar, stdout=subprocess.PIPE, check=True).stdout)):
        layer = sha256(data) + ".tar.gz"
        with open("docker-%s.tar" % name, "wb") as f:
            f.write(tar_of([entry("sha256:" + sha256(document), document), entry(layer, data),
                            entry("manifest.json", json.dumps([{
                                "Config": "sha256:" + sha256(document), "RepoTags": ["x:1"],
                                "Layers": [layer]}]))]))
    schema1 = {"schemaVersion": 1, "name": "x", "tag": "1", "architecture": "amd64",
               "fsLayers": [{"blobSum": "sha256:" + sha256(tar)}], "history": []}
    place = "schema1.oci"
    index(place, [descriptor(place, json.dumps(schema1).encode(),
                             "application/vnd.docker.distribution.manifest.v1+json")])


for wanted in sys.argv[1:]:
    globals()[wanted.replace("-", "_")]()
