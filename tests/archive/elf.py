# SPDX-License-Identifier: Apache-2.0
"""Small ELF files by hand: 64 bit, little endian, with the program headers that a loader or
ldconfig reads, and no sections but for imports. They are the same bytes on every machine."""

import struct

MACHINE = {"amd64": 62, "arm64": 183}
TRIPLET = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
INTERPRETER = {"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1"}

ET_EXEC, ET_DYN = 2, 3
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 1, 2, 3, 0x6474e551
DT_NULL, DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB = 0, 1, 4, 5, 6
DT_STRSZ, DT_SYMENT, DT_SONAME, DT_RUNPATH = 10, 11, 14, 29
DT_FLAGS_1, DF_1_PIE = 0x6ffffffb, 0x08000000
HEADER, PROGRAM_HEADER = 64, 56


def header(kind, arch, entry, count):
    ident = b"\x7fELF" + bytes([2, 1, 1, 0]) + b"\0" * 8
    return ident + struct.pack("<HHIQQQIHHHHHH", kind, MACHINE[arch], 1, entry, HEADER, 0, 0,
                               HEADER, PROGRAM_HEADER, count, 0, 0, 0)


def segment(kind, flags, offset, size, align=8, base=0):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, base + offset, base + offset, size, size,
                       align)


SHT_STRTAB, SHT_DYNSYM, SECTION_HEADER = 3, 11, 64


def with_sections(data, strtab, symtab, symbols):
    """The same file with headers of .dynsym and .dynstr, which some readers go by."""
    names, at = b"\0.dynsym\0.dynstr\0.shstrtab\0", len(data)
    at += -at % 8
    rows = [(0,) * 10,
            (1, SHT_DYNSYM, 2, symtab, symtab, symbols * 24, 2, 1, 8, 24),
            (9, SHT_STRTAB, 2, strtab, strtab, symtab - strtab, 0, 0, 1, 0),
            (17, SHT_STRTAB, 0, 0, at, len(names), 0, 0, 1, 0)]
    table = at + len(names) + (-len(names) % 8)
    data = data[:40] + struct.pack("<Q", table) + data[48:58] + struct.pack(
        "<HHH", SECTION_HEADER, len(rows), len(rows) - 1) + data[64:]
    return (data.ljust(at, b"\0") + names.ljust(table - at, b"\0") +
            b"".join(struct.pack("<IIQQQQIIQQ", *row) for row in rows))


def dynamic(arch, soname=None, needed=(), interpreter=False, content=b"", imports=(),
            runpath=None):
    """A shared library, or with interpreter a position independent program; imports are functions
    that it calls."""
    strings, places = b"\0", {}
    for s in [soname, *needed, *imports, runpath]:
        if s and s not in places:
            places[s] = len(strings)
            strings += s.encode() + b"\0"
    count = 4 if interpreter else 3
    at = HEADER + count * PROGRAM_HEADER
    interp = INTERPRETER[arch].encode() + b"\0" if interpreter else b""
    interp += b"\0" * (-len(interp) % 8)
    strtab = at + len(interp)
    strings += b"\0" * (-len(strings) % 8)
    symtab = strtab + len(strings)
    symbols = b"\0" * 24 + b"".join(struct.pack("<IBBHQQ", places[i], 0x12, 0, 0, 0, 0)
                                     for i in imports)
    hashes = symtab + len(symbols)
    if imports:  # how many symbols there are
        symbols += struct.pack("<III", 1, 1 + len(imports), 0) + bytes(4 * (1 + len(imports)))
        symbols += b"\0" * (-len(symbols) % 8)
    table = symtab + len(symbols)
    tags = [(DT_NEEDED, places[n]) for n in needed]
    if soname:
        tags.append((DT_SONAME, places[soname]))
    if interpreter:
        tags.append((DT_FLAGS_1, DF_1_PIE))
    if imports:
        tags.append((DT_HASH, hashes))
    if runpath:
        tags.append((DT_RUNPATH, places[runpath]))
    tags += [(DT_STRTAB, strtab), (DT_SYMTAB, symtab), (DT_STRSZ, len(strings)), (DT_SYMENT, 24),
             (DT_NULL, 0)]
    tags = b"".join(struct.pack("<qQ", *t) for t in tags)
    total = table + len(tags) + len(content)
    segments = b""
    if interpreter:
        segments += segment(PT_INTERP, 4, at, len(INTERPRETER[arch]) + 1, 1)
    segments += segment(PT_LOAD, 5, 0, total, 4096)
    segments += segment(PT_DYNAMIC, 6, table, len(tags))
    segments += struct.pack("<IIQQQQQQ", PT_GNU_STACK, 6, 0, 0, 0, 0, 0, 16)
    data = (header(ET_DYN, arch, 0, count) + segments + interp + strings + symbols + tags +
            content)
    return with_sections(data, strtab, symtab, 1 + len(imports)) if imports else data


def static(arch, text):
    """A static program that really runs: writes the text and exits with 0."""
    message = text.encode()
    base = 0x400000
    start = HEADER + 2 * PROGRAM_HEADER
    if arch == "amd64":
        tail = b"\x0f\x05\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05"  # syscall; exit(0)
        code = b"\xb8\x01\x00\x00\x00\xbf\x01\x00\x00\x00\x48\x8d\x35"  # write(1, text, n)
        code += struct.pack("<i", 5 + len(tail)) + b"\xba" + struct.pack("<I", len(message)) + tail
    else:
        words = [0xd2800020,                       # mov x0, #1
                 0x10000000 | 7 << 5 | 1,          # adr x1, 28 bytes on
                 0xd2800002 | len(message) << 5,   # mov x2, #n
                 0xd2800808, 0xd4000001,           # mov x8, #64; svc 0
                 0xd2800000, 0xd2800ba8,           # mov x0, #0; mov x8, #93
                 0xd4000001]                       # svc 0
        code = b"".join(struct.pack("<I", w) for w in words)
    total = start + len(code) + len(message)
    return (header(ET_EXEC, arch, base + start, 2) +
            segment(PT_LOAD, 5, 0, total, 4096, base) +
            struct.pack("<IIQQQQQQ", PT_GNU_STACK, 6, 0, 0, 0, 0, 0, 16) + code + message)
