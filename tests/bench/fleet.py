#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recipes of real package sets, for fleet.sh.

    fleet.py recipes SETS DIR     a recipe a set, into DIR
    fleet.py allow DIR            what the locked packages need of the policy, into each recipe
    fleet.py report DIR           who asks for what the policy refuses; packages and uses
    fleet.py scripts FILE         the scripts that nothing stands in for, from the builds' JSON lines
    fleet.py measure NAME COMMAND...  runs it; wall and processor time, peak memory

A set is a line: name, wanted, forbidden, separated by tabs (tests/resolve/package-sets.tsv). What a
set names itself gets the allowance that it needs; a tool that merely comes along is left out,
unless it is part of a compiler.
"""

import collections
import glob
import json
import os
import re
import subprocess
import sys
import time

INCLUDES = ["debian", "base-files", "ca-certificates", "glibc"]

# Shells and package managers are left out by name: only who names one needs an allowance.
NAMED = {
    "bash": ("SW-SHELL", ["/usr/bin/bash", "/usr/bin/rbash"]),
    "dash": ("SW-SHELL", ["/usr/bin/dash", "/usr/bin/sh"]),
    "busybox": ("SW-SHELL", ["/usr/bin/busybox"]),
    "apt": ("SW-PKG", ["/usr/bin/apt", "/usr/bin/apt-*"]),
    "dpkg": ("SW-PKG", ["/usr/bin/dpkg", "/usr/bin/dpkg-*"]),
    "dpkg-dev": ("SW-PKG", ["/usr/bin/dpkg-*"]),
    "npm": ("SW-PKG", ["/usr/bin/npm", "/usr/bin/npx"]),
    "python3-pip": ("SW-PKG", ["/usr/bin/pip", "/usr/bin/pip3"]),
    "perl": ("SW-PKG", ["/usr/bin/cpan"]),
}

# Tools that are refused.
TOOLS = {
    "coreutils": ["/usr/sbin/chroot"],
    "gosu": ["/usr/sbin/gosu"],
    "klibc-utils": ["/usr/lib/klibc/bin/chroot", "/usr/lib/klibc/bin/mount",
                    "/usr/lib/klibc/bin/umount"],
    "libcap2-bin": ["/usr/sbin/capsh", "/usr/sbin/setcap"],
    "mount": ["/usr/bin/mount", "/usr/bin/umount"],
    "sudo": ["/usr/bin/sudo", "/usr/bin/sudoedit", "/usr/sbin/visudo"],
    "util-linux": ["/usr/bin/nsenter", "/usr/bin/setpriv", "/usr/bin/su", "/usr/bin/unshare",
                   "/usr/sbin/runuser"],
}
COMPILERS = {
    "binutils": ["/usr/bin/as", "/usr/bin/ld", "/usr/bin/ld.bfd"],
    "g++": ["/usr/bin/g++"],
    "g++-14": ["/usr/bin/g++-14"],
    "gcc": ["/usr/bin/gcc", "/usr/bin/gcc-ar", "/usr/bin/gcc-nm", "/usr/bin/gcc-ranlib"],
    "gcc-13": ["/usr/bin/gcc-13", "/usr/bin/gcc-*-13"],
    "gcc-14": ["/usr/bin/gcc-14", "/usr/bin/gcc-*-14"],
    "gdb": ["/usr/bin/gdb"],
    "make": ["/usr/bin/make"],
}


def quoted(words):
    return ", ".join('"%s"' % w for w in words)


def recipes(sets, directory):
    os.makedirs(directory, exist_ok=True)
    with open(sets, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#") or not line.strip():
                continue
            name, wanted, forbidden = (line.rstrip("\n").split("\t") + ["", ""])[:3]
            with open(f"{directory}/{name}.conf", "w", encoding="utf-8") as out:
                for include in INCLUDES:
                    out.write(f'include("include/{include}.conf")\n')
                out.write(f'\ntitle = "{name}"\n')
                out.write(f"packages += {{{quoted(wanted.split())}}}\n")
                if forbidden:
                    out.write(f"forbid += {{{quoted(forbidden.split())}}}\n")


def locked(path):
    with open(path, encoding="utf-8") as f:
        arches = json.load(f)["architectures"]
    return [p for a in arches.values() for p in a["packages"]]


def wanted_of(recipe):
    with open(recipe, encoding="utf-8") as f:
        return set(re.findall(r'"([^"]*)"', re.search(r"packages \+= {(.*)}", f.read())[1]))


def needs(wanted, names):
    """Rule, paths and reason of each allowance, and the packages' exclusions."""
    allows, excludes = [], []
    for name in sorted(names):
        reason = f"the set names {name}" if name in wanted else f"{name} comes along"
        if name in NAMED and name in wanted:
            allows += [(NAMED[name][0], path, reason) for path in NAMED[name][1]]
        if name in COMPILERS or (name in TOOLS and name in wanted):
            paths = COMPILERS.get(name) or TOOLS[name]
            allows += [("SW-DEV", path, reason) for path in paths]
        elif name in TOOLS:
            excludes.append((name, TOOLS[name]))
    return allows, excludes


def allow(directory):
    for lock in sorted(glob.glob(f"{directory}/*.lock")):
        recipe = lock[:-5] + ".conf"
        allows, excludes = needs(wanted_of(recipe), {p["name"] for p in locked(lock)})
        with open(recipe, "a", encoding="utf-8") as out:
            for name, paths in excludes:
                out.write(f'package "{name}" {{ exclude = {{{quoted(paths)}}} }}\n')
            for rule, path, reason in allows:
                out.write(f'allow {{ rule = "{rule}" path = "{path}" reason = "{reason}" }}\n')


def report(directory):
    asks, packages, uses = collections.Counter(), {}, 0
    locks = glob.glob(f"{directory}/*.lock")
    for lock in locks:
        with open(lock[:-5] + ".conf", encoding="utf-8") as f:
            asks.update(set(re.findall(r'rule = "(.*?)".*reason = "the set names (.*?)"', f.read())))
        for p in locked(lock):
            packages[p["sha256"]] = p["size"]
            uses += 1
    print(f"{len(locks)} recipes, {len(packages)} distinct packages "
          f"({sum(packages.values()) / 1e6:.0f} MB), used {uses} times")
    for (rule, name), n in sorted(asks.items(), key=lambda a: (-a[1], a[0])):
        print(f"{n:5} recipes ask for {name} ({rule})")


def scripts(path):
    seen = collections.Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            images = json.loads(line)["images"]
            seen.update({(s["package"], s["script"]) for i in images for s in i["scripts"]})
    print(f"{len(seen)} scripts are not accounted for; the most frequent:")
    for (package, script), n in sorted(seen.items(), key=lambda s: (-s[1], s[0]))[:40]:
        print(f"{n:5} {package} {script}")


def measure(name, *command):
    start = time.monotonic()
    with subprocess.Popen(command) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    print(f"{name}: {time.monotonic() - start:.1f} s, processor {used.ru_utime:.1f} s user "
          f"{used.ru_stime:.1f} s system, peak {used.ru_maxrss / 1024:.0f} MiB", file=sys.stderr)
    sys.exit(child.returncode)


def main(command, *arguments):
    {"recipes": recipes, "allow": allow, "report": report, "scripts": scripts,
     "measure": measure}[command](*arguments)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
