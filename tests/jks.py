#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a key store in Java's own form (JKS 2) by its description alone, and prints each entry as
alias, date, SHA-256 of the certificate, in the store's order. A store that is longer or shorter
than it says, or whose digest isn't the one of the password, is an error.

    tests/jks.py FILE [PASSWORD]
"""

import hashlib
import struct
import sys


def text(data):
    """Java's modified UTF-8: surrogates one by one, NUL in two bytes."""
    return data.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, n):
        if self.at + n > len(self.data):
            sys.exit("the store ends early")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))[0]

    def string(self):
        return text(self.take(self.number("H")))


def entries(data, password):
    sealed, seal = data[:-20], data[-20:]
    if hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + sealed).digest() != seal:
        sys.exit("the digest at its end is another one")
    r = Reader(sealed)
    if r.number("I") != 0xFEEDFEED or r.number("I") != 2:
        sys.exit("no JKS of version 2")
    for _ in range(r.number("I")):
        if r.number("I") != 2:
            sys.exit("an entry that is no trusted certificate")
        alias, date = r.string(), r.number("q")
        if r.string() != "X.509":
            sys.exit("an entry of another type")
        yield alias, date, hashlib.sha256(r.take(r.number("I"))).hexdigest()
    if r.at != len(sealed):
        sys.exit("bytes behind the last entry")


def main():
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    for alias, date, digest in entries(data, sys.argv[2] if len(sys.argv) > 2 else "changeit"):
        print(alias, date, digest)


main()
