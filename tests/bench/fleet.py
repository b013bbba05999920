#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recipes of real package sets, for fleet.sh.

    fleet.py recipes SETS DIR URL KEYRING [N]
                                          a recipe of each of the first N sets, into DIR; each has
                                          also a package of the archive at URL
    fleet.py allow DIR COMMAND...         what each needs of the policy, into it: COMMAND RECIPE
                                          builds it, until nothing is refused; prints its JSON lines
    fleet.py report DIR                   who asks for what the policy refuses; packages and uses
    fleet.py scripts FILE                 the scripts that nothing stands in for, from JSON lines
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
BY_NAME = ("SW-SHELL", "SW-PKG")

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


def left_out(output, wanted):
    """What was left out by name though the set names its package."""
    for line in output.splitlines():
        for image in json.loads(line)["images"]:
            for f in image["findings"]:
                if f["rule"] in BY_NAME and f["action"] == "fix" and f.get("package") in wanted:
                    yield f["rule"], "/" + f["path"].lstrip("/"), f["package"]


def allow_one(recipe, command):
    """The JSON lines of the build that is refused no more."""
    wanted, have = wanted_of(recipe), set()
    for _ in range(ROUNDS):
        done = subprocess.run([*command, recipe], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            more = set(left_out(done.stdout, wanted)) - have
        else:
            more = proposals(done.stderr) - have
            if not more:
                sys.exit(f"{recipe}:\n{done.stderr}")
        if not more:
            return done.stdout
        have |= more
        with open(recipe, "a", encoding="utf-8") as out:
            for rule, path, package in sorted(more):
                reason = "the set names" if package in wanted else "comes along:"
                out.write(f'allow {{ rule = "{rule}" path = "{path}" reason = "{reason} {package}" }}\n')
    sys.exit(f"{recipe}: still refused after {ROUNDS} rounds")


def allow(directory, *command):
    for recipe in sorted(glob.glob(f"{directory}/*.conf")):
        sys.stdout.write(allow_one(recipe, command))


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
