#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The tree that audit judges an image's layers by is the one that umoci unpacks of them: names,
# types, modes, owners, sizes, links, over whiteouts of all kinds and paths that change their type.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need umoci
[ "$(id -u)" = 0 ] || skip_all "only root can unpack owners"

PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 - <<'END' || exit 1
import json
import random
from stranger import Image, directory, entry, link

config = {"User": "5000:5000", "Cmd": ["/x"]}


def layers(name, *stack):
    Image(config, stack).layout(name, "gzip")
    with open(name + "/index.json", "r+") as f:  # umoci wants a tag
        index = json.load(f)
        index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
        f.seek(0)
        json.dump(index, f)


layers("plain", [directory("usr", 0o700), entry("usr/x", "1", mode=0o4750, uid=5, gid=6),
                 entry("usr/y", kind="1", target="usr/x", mode=0o4750, uid=5, gid=6), link("usr/z", "x"), entry("deep/er/file", "2")])
layers("whiteouts",
       [directory("a"), entry("a/1", "1"), entry("a/2", "2"), directory("a/b"), entry("a/b/c", "3"),
        directory("d"), entry("d/x", "x"), directory("d/e"), entry("d/e/f", "f"), entry("top", "t")],
       [entry("a/.wh.1", ""), entry("a/.wh.b", ""), entry("d/.wh..wh..opq", ""), entry("d/new", "n")],
       [entry("a/b", "a file now"), entry(".wh.top", ""), entry("a/.wh.nothing", "")])
layers("types",
       [entry("x", "file"), directory("y"), entry("y/in", "1"), link("z", "y"), entry("w", "w"), link("l", "w")],
       [directory("x", 0o711), entry("x/in", "2"), entry("y", "file"), directory("z"), entry("z/in", "3"),
        link("w", "y"), entry("l", "no link any more", uid=7)])
layers("links",
       [entry("a", "one"), entry("b", kind="1", target="a"), entry("c", kind="1", target="b")],
       [entry(".wh.a", ""), entry("d", kind="1", target="c")],
       [entry("b", "another", mode=0o600)])
layers("modes", [directory("d", 0o755, uid=1), entry("d/f", "1", mode=0o600)],
       [directory("d", 0o2770, uid=9, gid=9)], [entry("d/g", "2", mode=0o111)])

# What nobody thought of, ten times over.
for seed in range(10):
    r = random.Random(seed)
    names, stack = ["a", "b", "c"], []
    for _ in range(5):
        seen, layer = {}, []
        for _ in range(r.randrange(2, 9)):
            parent = r.choice([p for p in ["", *seen] if p == "" or seen[p] == "5"])
            path = (parent + "/" if parent else "") + r.choice(names)
            if path in seen:
                continue
            kind = r.choice(["0", "0", "5", "5", "2", "w", "o"])
            if kind == "w":
                layer.append(entry((parent + "/" if parent else "") + ".wh." + path.rsplit("/", 1)[-1], ""))
            elif kind == "o" and parent:
                layer.append(entry(parent + "/.wh..wh..opq", ""))
            elif kind == "2":
                layer.append(link(path, r.choice(names)))
            elif kind == "5":
                layer.append(directory(path, r.choice([0o755, 0o700, 0o1777])))
            else:
                layer.append(entry(path, "x" * r.randrange(9), mode=r.choice([0o644, 0o755])))
            seen[path] = kind
        stack.append(layer)
    layers("random-%d" % seed, *stack)
END

cat >compare.py <<'END'
"""compare.py PAGE ROOT: what differs between the page's tree and the unpacked one."""
import json
import os
import re
import stat
import sys

with open(sys.argv[1]) as f:
    page = f.read()
tree = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))["trees"][0]["top"]


def listed(node, path, out):
    name, mode, owner, rest = node[0], node[1], node[2], node[3:]
    here = path + "/" + name if name else path
    target = rest[-1] if isinstance(rest[-1], str) else ""
    if isinstance(rest[0], list):
        if here:
            out[here] = ["directory", mode, owner]
        for child in rest[0]:
            listed(child, here, out)
    elif rest[-2] == "h":
        out[here] = ["hardlink", target]
    elif rest[-2] == "l":
        out[here] = ["link", owner, target]
    else:
        out[here] = ["file", mode, owner, rest[0]]


def found(root):
    out = {}
    for top, directories, files in os.walk(root):
        for name in directories + files:
            full = os.path.join(top, name)
            s = os.lstat(full)
            owner = "%d:%d" % (s.st_uid, s.st_gid) if s.st_uid or s.st_gid else ""
            path = full[len(root):]
            if stat.S_ISLNK(s.st_mode):
                out[path] = ["link", owner, os.readlink(full)]
            elif stat.S_ISDIR(s.st_mode):
                out[path] = ["directory", stat.S_IMODE(s.st_mode), owner]
            else:
                out[path] = ["file", stat.S_IMODE(s.st_mode), owner, s.st_size]
    return out


ours, theirs = {}, found(sys.argv[2])
listed(tree, "", ours)
for path, node in list(ours.items()):
    if node[0] == "hardlink":
        ours[path] = ours[node[1]]
        a, b = (os.lstat(sys.argv[2] + p) for p in (path, node[1]))
        if a.st_ino != b.st_ino:
            print("%s isn't the same file as %s" % (path, node[1]))
for path in sorted({*ours, *theirs}):
    if ours.get(path) != theirs.get(path):
        print("%s: %s, and umoci has %s" % (path, ours.get(path), theirs.get(path)))
sys.exit(0)
END

for image in plain whiteouts types links modes random-{0..9}; do
    mk audit "oci:$image" --format html
    must "$image is judged"
    cp .out page.html
    rm -rf root
    said=$(umoci raw unpack --image "$image:latest" root 2>&1) || true
    if [ ! -d root ]; then
        fail "$image" "$said"
        continue
    fi
    is "$image: by the tree that umoci unpacks" "$(python3 compare.py page.html root)" ""
done

finish
