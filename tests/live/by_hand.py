# SPDX-License-Identifier: Apache-2.0
"""Holds an image's tree against the root that dpkg made of the same packages:

    by_hand.py REAL OURS EXPLAINED [PATH...]

Accounts by name: what the scripts made, with group, comment, home, shell and members; ids differ,
each by its own allotment. Paths that both have: type, mode, link target, and owner and group by
name. With PATHs, only what lies below them, and then both have to have it with the same bytes, and
only accounts that the image has. EXPLAINED has a line for
each path that may differ: the path, and why; one that explains nothing is an error."""

import hashlib
import os
import stat
import sys


def table(root, name):
    with open(os.path.join(root, "etc", name), encoding="utf-8") as f:
        return [line.rstrip("\n").split(":") for line in f]


class Tree:
    def __init__(self, root, below):
        self.users = {int(row[2]): row[0] for row in table(root, "passwd")}
        self.groups = {int(row[2]): row[0] for row in table(root, "group")}
        self.accounts = {row[0]: (self.groups.get(int(row[3])), *row[4:7])
                         for row in table(root, "passwd") if 100 <= int(row[2]) < 1000}
        self.members = {row[0]: sorted(filter(None, row[3].split(",")))
                        for row in table(root, "group") if 100 < int(row[2]) < 1000}
        self.paths, self.whole = {}, bool(below)
        for top, dirs, files in os.walk(root):
            for name in dirs + files:
                path = os.path.join(top, name)
                inside = os.path.relpath(path, root)
                if not below or any(inside == b or inside.startswith(b + "/") for b in below):
                    self.paths[inside] = self.look(path)

    def look(self, path):
        st = os.lstat(path)
        if stat.S_ISLNK(st.st_mode):
            return "link " + os.readlink(path)
        kind = "directory" if stat.S_ISDIR(st.st_mode) else "file"
        mode = st.st_mode & 0o7777
        if kind == "file":  # the policy's
            mode &= 0o1777
            if self.whole:
                with open(path, "rb") as f:
                    kind += " " + hashlib.sha256(f.read()).hexdigest()
        return "%s %04o %s:%s" % (kind, mode, self.users.get(st.st_uid, st.st_uid),
                                  self.groups.get(st.st_gid, st.st_gid))


def differences(real, ours, below):
    who = ours if below else real
    for name in sorted(who.accounts):
        a, b = real.accounts.get(name), ours.accounts.get(name)
        if a != b:
            yield "account " + name, a, b
    for name in sorted(who.members):
        a, b = real.members.get(name), ours.members.get(name)
        if a != b:
            yield "group " + name, a, b
    paths = set(real.paths) | set(ours.paths) if below else set(real.paths) & set(ours.paths)
    for path in sorted(paths):
        a, b = real.paths.get(path), ours.paths.get(path)
        if a != b:
            yield "/" + path, a, b


def main():
    below = sys.argv[4:]
    explained = {}
    with open(sys.argv[3], encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                what, _, why = line.rstrip("\n").partition("\t")
                explained[what] = why
    used, wrong = set(), 0
    real, ours = Tree(sys.argv[1], below), Tree(sys.argv[2], below)
    for what, a, b in differences(real, ours, below):
        if what in explained:
            used.add(what)
            continue
        print("%s: dpkg's has %s, the image %s" % (what, a, b))
        wrong += 1
    for what in sorted(set(explained) - used):
        print("%s: nothing to explain" % what)
        wrong += 1
    print("%d accounts, %d paths, %d explained" %
          (len(real.accounts), len(set(real.paths) & set(ours.paths)), len(used)))
    sys.exit(wrong != 0)


main()
