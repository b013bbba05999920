#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recipes of real package sets, for fleet.sh.

    fleet.py recipes SETS DIR URL KEYRING [N]
                                          a recipe of each of the first N sets, into DIR; each has
                                          also a package of the archive at URL
    fleet.py allow DIR COMMAND...         what each needs of the policy, into it: COMMAND RECIPE...
                                          builds them, until nothing is refused
    fleet.py report DIR                   who asks for what the policy refuses; packages and uses
    fleet.py measure NAME COMMAND...      runs it; wall and processor time, peak memory

A set is a line: name, wanted, forbidden, separated by tabs (tests/resolve/package-sets.tsv). The
allowances are those that mkimage's refusals propose, and for shells and package managers, which it
leaves out by name, those of packages that the set names itself.
"""

import collections
import fnmatch
import glob
import json
import os
import re
import subprocess
import sys
import time

INCLUDES = ["debian", "base-files", "ca-certificates", "glibc"]
PROBE = "foo-data"
ROUNDS = 12
# Shells and package managers aren't refused but left out by name; who names one gets it.
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

PROPOSED = re.compile(r'allow { rule = "([^"]+)" path = "([^"]+)"')
FIRST = re.compile(r"(?:refused by policy|also) ?:? ([A-Z0-9-]+): (\S+) \(package ([^)]+)\)")


def quoted(words):
    return ", ".join('"%s"' % w for w in words)


def recipes(sets, directory, url, keyring, limit="1000"):
    os.makedirs(directory, exist_ok=True)
    with open(sets, encoding="utf-8") as f:
        lines = [line for line in f if line.strip() and not line.startswith("#")]
    for line in lines[:int(limit)]:
        name, wanted, forbidden = (line.rstrip("\n").split("\t") + ["", ""])[:3]
        with open(f"{directory}/{name}.conf", "w", encoding="utf-8") as out:
            for include in INCLUDES:
                out.write(f'include("include/{include}.conf")\n')
            out.write(f'\ntitle = "{name}"\ntags = {{"1", "{{date}}"}}\n')
            out.write(f"packages += {{{quoted(wanted.split())}}}\n")
            if forbidden:
                out.write(f"forbid += {{{quoted(forbidden.split())}}}\n")
            out.write(f'source "probe" {{ suites = {{"trixie"}} mirror = {{"{url}/debian"}} '
                      f'keyring = "{keyring}" packages = {{"{PROBE}"}} }}\n'
                      f'packages += {{"{PROBE}"}}\n')


def locked(path):
    with open(path, encoding="utf-8") as f:
        arches = json.load(f)["architectures"]
    return [p for a in arches.values() for p in a["packages"]]


def wanted_of(recipe):
    with open(recipe, encoding="utf-8") as f:
        return set(re.findall(r'"([^"]*)"', re.search(r"packages \+= {(.*)}", f.read())[1]))


def proposals(text):
    """(rule, path, package) of what a refusal says: its proposed globs, and what they don't cover."""
    found = FIRST.findall(text)
    result = set()
    for rule, path in PROPOSED.findall(text):
        packages = [p for r, _, p in found if r == rule]
        result.add((rule, path, packages[0] if packages else "?"))
    for rule, path, package in found:
        if not any(r == rule and fnmatch.fnmatchcase(path, p.replace("**", "*")) for r, p, _ in result):
            result.add((rule, path, package))
    return result


def write_allows(recipe, allows):
    wanted = wanted_of(recipe)
    with open(recipe, "a", encoding="utf-8") as out:
        for rule, path, package in sorted(allows):
            reason = "the set names" if package in wanted else "comes along:"
            out.write(f'allow {{ rule = "{rule}" path = "{path}" reason = "{reason} {package}" }}\n')


def refusals(text):
    """What is said of each recipe that was refused, by its path or name; and of the others."""
    refused, others = {}, []
    for block in re.split(r"^(?=error: )", text, flags=re.M):
        found = re.match(r"error: (\S+)\.conf: refused by policy", block)
        if found:
            refused[os.path.basename(found[1])] = block
        elif block.startswith("error: ") and "recipes failed" not in block:
            others.append(block)
    return refused, others


def allow(directory, *command):
    pending = sorted(glob.glob(f"{directory}/*.conf"))
    have = collections.defaultdict(set)
    for recipe in pending:
        named = {(NAMED[p][0], path, p) for p in wanted_of(recipe) & set(NAMED) for path in NAMED[p][1]}
        write_allows(recipe, named)
    for number in range(ROUNDS):
        if not pending:
            return
        done = subprocess.run([*command, *pending], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
        refused, others = refusals(done.stderr)
        if others:
            sys.exit("".join(others))
        print(f"round {number + 1}: {len(refused)} of {len(pending)} recipes refused")
        pending = [p for p in pending if os.path.basename(p)[:-5] in refused]
        for recipe in pending:
            text = refused[os.path.basename(recipe)[:-5]]
            more = proposals(text) - have[recipe]
            if not more:
                sys.exit(f"{recipe} stays refused:\n{text}")
            have[recipe] |= more
            write_allows(recipe, more)
    sys.exit(f"{len(pending)} recipes are refused after {ROUNDS} rounds")


def report(directory):
    names, along, packages, uses = collections.Counter(), collections.Counter(), {}, 0
    locks = glob.glob(f"{directory}/*.lock")
    for lock in locks:
        with open(lock[:-5] + ".conf", encoding="utf-8") as f:
            text = f.read()
        names.update(set(re.findall(r'rule = "(.*?)".*reason = "the set names (.*?)"', text)))
        along.update(set(re.findall(r'rule = "(.*?)".*reason = "comes along: (.*?)"', text)))
        for p in locked(lock):
            packages[p["sha256"]] = p["size"]
            uses += 1
    print(f"{len(locks)} recipes, {len(packages)} distinct packages "
          f"({sum(packages.values()) / 1e6:.0f} MB), used {uses} times")
    for counter, what in ((names, "ask for"), (along, "get")):
        for (rule, name), n in sorted(counter.items(), key=lambda a: (-a[1], a[0])):
            print(f"{n:5} recipes {what} {name} ({rule})")


def measure(name, *command):
    start = time.monotonic()
    with subprocess.Popen(command) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    print(f"{name}: {time.monotonic() - start:.1f} s, processor {used.ru_utime:.1f} s user "
          f"{used.ru_stime:.1f} s system, peak {used.ru_maxrss / 1024:.0f} MiB", file=sys.stderr)
    sys.exit(child.returncode)


def main(command, *arguments):
    {"recipes": recipes, "allow": allow, "report": report, "measure": measure}[command](*arguments)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
