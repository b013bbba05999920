#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""big.py DIR: an archive of one package, big, which takes a while to unpack."""
import os
import random
import sys

sys.dont_write_bytecode = True

from debian import Archive, Deb  # noqa: E402

deb = Deb("big", "1", "all", "gz")
for i in range(40):
    deb.file("usr/share/big/%d" % i, random.Random(i).randbytes(1 << 19) * 2)
archive = Archive(os.path.abspath(sys.argv[1]))
archive.add("trixie", deb.build())
archive.sign()
