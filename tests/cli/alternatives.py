# SPDX-License-Identifier: Apache-2.0
"""Random calls of update-alternatives, run by the tool itself below a root of its own and by
tests/tools/alternatives: the same links must lie there at last.

    alternatives.py TOOL DIRECTORY SEED CASES [UPDATE-ALTERNATIVES]"""

import os
import random
import shutil
import subprocess
import sys

GROUPS = ["awk", "pager", "nc", "editor"]
SLAVES = ["awk.1", "nawk", "pager.1", "netcat"]
FILES = [f"/usr/bin/p{i}" for i in range(6)] + [f"/usr/lib/s{i}" for i in range(5)]
MISSING = ["/usr/bin/absent", "/usr/lib/absent"]
REAL = ["/usr/bin/netcat", "/usr/bin/pager.1"]  # stand where links should


def install(r):
    name = r.choice(GROUPS)
    link = f"/usr/bin/{name}" if r.random() < 0.93 else f"/usr/lib/{name}"
    words = ["--install", link, name, r.choice(FILES[:6] + MISSING[:1]),
             str(r.choice([-100, 0, 5, 5, 10, 10, 50]))]
    for slave in r.sample(SLAVES, r.choice([0, 0, 1, 2, 3])):
        link = f"/usr/bin/{slave}" if r.random() < 0.93 else f"/usr/lib/{slave}.x"
        words += ["--slave", link, slave, r.choice(FILES[6:] + MISSING[1:])]
    return words


def bad(r):
    words = install(r)
    at = r.randrange(1, len(words))
    words[at] = r.choice(["usr/bin/x", "a/b", "1x", "--slave", "", "/usr/bin/awk", "nawk", "-",
                          "9999999999"])
    return [w for w in words if w]


def call(r):
    kind = r.random()
    if kind < 0.72:
        words = install(r)
    elif kind < 0.78:
        words = bad(r)
    elif kind < 0.86:
        words = ["--remove", r.choice(GROUPS), r.choice(FILES[:6])]
    elif kind < 0.92:
        words = ["--set", r.choice(GROUPS), r.choice(FILES[:6])]
    elif kind < 0.97:
        words = ["--auto", r.choice(GROUPS)]
    else:
        words = ["--remove-all", r.choice(GROUPS)]
    return (["--quiet"] if r.random() < 0.2 else []) + words


def real_links(root):
    found = []
    for top, dirs, files in os.walk(root):
        if top == root and "admin" in dirs:
            dirs.remove("admin")
        for name in files + dirs:
            path = os.path.join(top, name)
            if os.path.islink(path):
                found.append(f"{path[len(root):]} -> {os.readlink(path)}")
    return sorted(found)


def make_root(root, paths):
    shutil.rmtree(root, ignore_errors=True)
    for d in ["usr/bin", "usr/lib", "etc", "admin", "var/log"]:
        os.makedirs(os.path.join(root, d))
    for p in paths:
        with open(root + p, "w", encoding="utf-8"):
            pass


def main():
    tool, root, seed, cases = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    program = sys.argv[5] if len(sys.argv) > 5 else "update-alternatives"
    differ = links = 0
    for case in range(seed, seed + cases):
        r = random.Random(case)
        paths = FILES + [p for p in REAL if r.random() < 0.2]
        calls = [call(r) for _ in range(r.choice([2, 4, 8, 12]))]
        make_root(root, paths)
        for words in calls:
            subprocess.run([program, "--root", root, "--admindir", root + "/admin",
                            "--log", "/var/log/x"] + words, capture_output=True, check=False)
        want = real_links(root)
        text = "".join(f"file {p}\n" for p in paths) + \
            "".join("call " + " ".join(words) + "\n" for words in calls)
        said = subprocess.run([tool], input=text, capture_output=True, text=True, check=True)
        got = sorted(said.stdout.splitlines())
        links += len(want)
        if want != got:
            differ += 1
            print(f"case {case}:", *("  update-alternatives " + " ".join(c) for c in calls),
                  "the tool: " + "; ".join(sorted(set(want) - set(got))),
                  "here: " + "; ".join(sorted(set(got) - set(want))), said.stderr, sep="\n")
    print(f"{cases} cases, {links} links, {differ} differ")
    return 1 if differ else 0


sys.exit(main())
