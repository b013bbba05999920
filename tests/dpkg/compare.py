#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py OURS THEIRS INFO SHIPPED EXPLAINED: two listings of tars, dpkg's records of the second, the
packages of the first, and the explanations: a line each with a package, a glob and the reason. Prints
the paths that only the second has and that no line explains, and the lines that explain none.

A path counts if a package of the first has it, or if none has it: then a script made it, and the
line's package says whose."""
import os
import re
import sys

MERGED = re.compile(r"/(bin|sbin|lib|lib64)(?=/|$)")


def clean(name):
    path = "/" + name.strip().removeprefix(".").strip("/")
    return "/usr" + path if MERGED.match(path) else path


def pattern(glob):
    out = ""
    for part in re.split(r"(/\*\*|\*|\?|\[[^]]*\])", glob):
        out += {"/**": r"(/.*)?", "*": "[^/]*", "?": "[^/]"}.get(part) or (
            part.replace("[!", "[^") if part.startswith("[") else re.escape(part))
    return re.compile(out + r"\Z")


def main(ours, theirs, info, shipped, explained):
    have = {clean(line) for line in open(ours)}
    real = {clean(line) for line in open(theirs)}
    packages = {line.strip() for line in open(shipped)}
    owners = {}
    for name in os.listdir(info):
        package = name.removesuffix(".list").split(":")[0]
        for line in open(os.path.join(info, name)):
            owners.setdefault(clean(line), set()).add(package)
    lines = []
    for number, line in enumerate(open(explained), 1):
        if line.strip() and not line.startswith("#"):
            package, glob, reason = line.split(None, 2)
            lines.append([number, package, pattern(glob), line.strip(), 0])
    bad = 0
    for path in sorted(real - have):
        mine = owners.get(path, set()) & packages
        if path in owners and not mine:
            continue
        found = [l for l in lines if l[2].match(path) and (l[1] in mine or not mine)]
        for l in found:
            l[4] += 1
        if not found:
            print("only in dpkg's:", path, *sorted(mine))
            bad = 1
    for number, package, _, line, used in lines:
        if not used:
            print("explains nothing: line", str(number) + ":", line)
            bad = 1
    return bad


sys.exit(main(*sys.argv[1:]))
