#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many maintainer scripts are accounted for: make script-check.

    check.py [--write]

Over all packages of the sets of tests/resolve/package-sets.tsv (SETS names another file), with what
recipes/include/debian.conf omits left out, and of the recipes that ship, on amd64 and arm64: prints
the table, and holds what isn't handled against docs/scripts.md (--write writes it there). Fails
where more than 1 % of the packages are unhandled, or fewer than 240 of 253 sets have neither an
unhandled script nor a skipped one other than Python's byte code.

Of each package the control member alone is fetched, by range, and kept in build/scripts (CACHE). The
mirror comes from MKIMAGE_MIRROR, else from this machine's apt sources, as for resolve-check.
"""

import collections
import concurrent.futures
import glob
import io
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.request

ARCHES = ["amd64", "arm64"]
SUITE = "trixie"
SETS = os.environ.get("SETS", "tests/resolve/package-sets.tsv")
CACHE = os.environ.get("CACHE", "build/scripts")
DOC = "docs/scripts.md"
BEGIN, END = "<!-- what remains: make script-check -->", "<!-- end -->"
FIRST = 32768
WORST = {"none": 0, "harmless": 1, "handled": 2, "skipped": 3, "unhandled": 4}
BYTE_CODE = "byte-compiled Python"
said = threading.Lock()


def mirrors():
    """The URLs of the main and the security archive."""
    main = security = ""
    for word in os.environ.get("MKIMAGE_MIRROR", "").split():
        name, _, url = word.rpartition("=") if re.match(r"[a-z-]+=", word) else ("debian", "", word)
        main, security = (main, url) if name == "debian-security" else (url, security)
    if not main:
        targets = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)",
                                  "Created-By: Packages"], capture_output=True, text=True, check=True)
        for line in targets.stdout.splitlines():
            url, release = line.split()
            if "debian" not in url:
                continue
            if release.endswith(("-security", "/updates")):
                security = security or url
            else:
                main = main or url
    main = main.rstrip("/")
    return main, security.rstrip("/") or re.sub("/debian$", "/debian-security", main)


def get(url, first=None, last=None):
    request = urllib.request.Request(url)
    if last is not None:
        request.add_header("Range", f"bytes={first}-{last}")
    for attempt in range(3):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                data = answer.read()
                return data[first:last + 1] if last is not None and answer.status == 200 else data
        except OSError:
            if attempt == 2:
                raise
    return None


def indexes(arch):
    """Packages files, and what they say: (name, version) gives the URL and the size of the deb."""
    main, security = mirrors()
    paths, debs = [], {}
    for suite, base in ((SUITE, main), (f"{SUITE}-updates", main), (f"{SUITE}-security", security)):
        path = f"{CACHE}/Packages-{suite}-{arch}"
        text = lzma.decompress(get(f"{base}/dists/{suite}/main/binary-{arch}/Packages.xz"))
        with open(path, "wb") as out:
            out.write(text)
        paths.append(path)
        for stanza in text.decode().split("\n\n"):
            f = dict(re.findall(r"^(Package|Version|Filename|Size|SHA256): (.*)$", stanza, re.M))
            if f:
                debs[f["Package"], f["Version"]] = (f"{base}/{f['Filename']}", int(f["Size"]),
                                                    f["SHA256"])
    return paths, debs


def omitted():
    with open("recipes/include/debian.conf", encoding="utf-8") as f:
        text = re.sub("#.*", "", f.read())
    return re.findall('"([^"]+)"', re.search(r"omit \+= {(.*?)}", text, re.S)[1])


def solved(arch, paths):
    """The sets' packages: name of the set, (name, version) of each."""
    result, omit = {}, omitted()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as sets:
        with open(SETS, encoding="utf-8") as f:
            for line in f:
                if line.startswith("#") or not line.strip():
                    continue
                name, wanted, forbidden = (line.rstrip("\n").split("\t") + ["", ""])[:3]
                rest = " ".join(o for o in omit if o not in wanted.split())
                sets.write(f"{name}\t{wanted}\t{forbidden or ' '}\t{rest}\n")
        sets.flush()
        picks = subprocess.run(["build/tests/tools/resolve_sets", arch, sets.name, *paths],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    for line in picks.stdout.splitlines():
        name, packages = line.split("\t")
        if packages.startswith("FAIL"):
            sys.exit(f"{arch}: {name}: {packages}")
        result[name] = [tuple(p.split("=")) for p in packages.split()]
    return result


def shipped(arch):
    """The same of the recipes that ship; those of mkimage itself need a file beside them."""
    result = {}
    with tempfile.TemporaryDirectory() as work:
        for recipe in sorted(glob.glob("recipes/*.conf")):
            lock = f"{work}/lock"
            done = subprocess.run(["build/mkimage", "lock", "--quiet", "--arch", arch, "--lock", lock,
                                   recipe], env=dict(os.environ, MKIMAGE_DATA="."), check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                sys.exit(f"{recipe}: {done.stderr}")
            with open(lock, encoding="utf-8") as f:
                packages = json.load(f)["architectures"][arch]["packages"]
            os.unlink(lock)
            result[recipe] = [(p["name"], p["version"]) for p in packages]
    return result


def fetch(deb, directory):
    """The control member of a deb, into a directory."""
    url, size, _ = deb
    data = get(url, 0, min(FIRST, size) - 1)
    at = 8
    at += 60 + (int(data[at + 48:at + 58]) + 1) // 2 * 2
    member = int(data[at + 48:at + 58])
    at += 60
    if at + member > len(data):
        data += get(url, len(data), at + member - 1)
    os.makedirs(directory + ".new", exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data[at:at + member])) as tar:
        for entry in tar:
            if entry.isfile():
                with open(f"{directory}.new/{os.path.basename(entry.name)}", "wb") as out:
                    out.write(tar.extractfile(entry).read())
    os.rename(directory + ".new", directory)


def verdicts(arch):
    """The sets, and of each what script_check says."""
    paths, debs = indexes(arch)
    sets = solved(arch, paths)
    sets.update(shipped(arch))
    place = {p: f"{CACHE}/{p[0]}_{debs[p][2][:16]}" for packages in sets.values() for p in packages}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda p: os.path.isdir(place[p]) or fetch(debs[p], place[p]), place))
    asked = "".join("\t".join([name, *(place[p] for p in packages)]) + "\n"
                    for name, packages in sets.items())
    done = subprocess.run(["build/tests/tools/script_check"], input=asked, stdout=subprocess.PIPE,
                          text=True, check=True)
    names = {directory: p[0] for p, directory in place.items()}
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return sets, [(s, names[d], script, kind, what, why) for s, d, script, kind, what, why in lines]


def table(arch, sets, lines, open_ones):
    """Prints it; whether the bounds hold."""
    kinds = {p[0]: "none" for packages in sets.values() for p in packages}
    dirty = collections.defaultdict(set)
    with_kind = collections.defaultdict(set)
    for name, package, script, kind, what, why in lines:
        if script in ("prerm", "postrm"):
            continue
        if WORST[kind] > WORST[kinds[package]]:
            kinds[package] = kind
        with_kind[kind].add(name)
        if kind == "unhandled" or (kind == "skipped" and what != BYTE_CODE):
            dirty[name].add(package)
            open_ones[package, script, kind, what] = why
    count = collections.Counter(kinds.values())
    real = [name for name in sets if not name.startswith("recipes/")]
    clean = sum(name not in dirty for name in real)
    print(f"{arch}: {len(kinds)} packages of {len(sets)} sets and recipes")
    for kind in WORST:
        print(f"  {kind:10} {count[kind]:5} packages {100 * count[kind] / len(kinds):5.1f} %"
              f" {len(with_kind[kind]):5} sets")
    print(f"  neither unhandled nor skipped other than {BYTE_CODE}: {clean} of {len(real)} sets")
    for recipe in sorted(set(dirty) - set(real)):
        print(f"  {recipe}: {', '.join(sorted(dirty[recipe]))}")
    return count["unhandled"] * 100 <= len(kinds) and clean * 253 >= 240 * len(real)


def main(write):
    os.makedirs(CACHE, exist_ok=True)
    open_ones, good = {}, True
    for arch in ARCHES:
        good &= table(arch, *verdicts(arch), open_ones)
    rows = ["| package | script | | what an image lacks |", "| --- | --- | --- | --- |"]
    rows += [f"| {p} | {s} | {k} | {w} |" for p, s, k, w in sorted(open_ones)]
    for (package, script, _, what), why in sorted(open_ones.items()):
        print(f"  {package} {script}: {what}{': ' + why if why else ''}")
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    before, _, rest = text.partition(BEGIN)
    now = f"{before}{BEGIN}\n\n" + "\n".join(rows) + f"\n\n{END}{rest.partition(END)[2]}"
    if write:
        with open(DOC, "w", encoding="utf-8") as f:
            f.write(now)
    elif now != text:
        print(f"{DOC} doesn't list these: tests/scripts/check.py --write")
        good = False
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(sys.argv[1:] == ["--write"])
