#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench-push: pushes beside skopeo's and crane's, of the same layouts to the same registry.

    tests/bench/push.py [--rounds N]

Debian's docker-registry on loopback over plain http. Nothing here passes or fails. Needs the archive
once, for the image of python3 (below tests/tmp/bench-push, kept); crane is taken along where
build/go has it (make interop). docs/performance.md says what the figures mean.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import time

import measure

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
MKIMAGE = os.environ.get("MKIMAGE", os.path.join(TOP, "build/mkimage"))
CRANE = os.path.join(TOP, "build/go/crane")
WORK = os.path.join(TOP, "tests/tmp/bench-push")
CHANGE = 'package "libsqlite3-0" { exclude = {"/usr/share/doc/**"} }\n'


class Registry:
    def __init__(self):
        self.root, self.log = os.path.join(WORK, "registry"), os.path.join(WORK, "requests")
        config = os.path.join(WORK, "registry.yml")
        with open(config, "w", encoding="utf-8") as f:
            f.write("version: 0.1\nlog: {level: info, accesslog: {disabled: false}}\n"
                    f"storage: {{filesystem: {{rootdirectory: {self.root}}}}}\n"
                    'http: {addr: "127.0.0.1:0"}\n')
        said = os.path.join(WORK, "registry.log")
        with open(self.log, "w", encoding="utf-8") as out, open(said, "w", encoding="utf-8") as err:
            self.child = subprocess.Popen(["docker-registry", "serve", config], stdout=out, stderr=err)
        found = None
        for _ in range(100):
            with open(said, encoding="utf-8") as f:
                found = re.search(r"listening on (127\.0\.0\.1:\d+)", f.read())
            if found:
                break
            time.sleep(0.1)
        self.host = found[1]

    def empty(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def mark(self):
        self.at = os.path.getsize(self.log)

    def requests(self):
        """By method, since the mark."""
        with open(self.log, encoding="utf-8") as f:
            f.seek(self.at)
            return collections.Counter(re.findall(r'"([A-Z]+) /v2', f.read()))


class Bench:
    def __init__(self, rounds):
        self.rounds = rounds
        os.makedirs(WORK, exist_ok=True)
        self.registry = Registry()
        self.cache = os.path.join(WORK, "push-cache")
        self.layouts = [self.build("before", ""), self.build("after", CHANGE)]
        self.n = 0

    def build(self, name, more):
        recipe = os.path.join(WORK, name + ".conf")
        with open(recipe, "w", encoding="utf-8") as f:
            f.write(f'include("{TOP}/recipes/python3.conf")\n{more}')
        layout = os.path.join(WORK, name + ".oci")
        subprocess.run([MKIMAGE, "build", recipe, "--arch", "amd64", "--cache",
                        os.path.join(WORK, "cache"), "-o", "oci:" + layout, "--quiet"], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, "MKIMAGE_DATA": TOP})
        return layout

    def push(self, tool, layout, name):
        to = f"{self.registry.host}/{name}"
        return {
            "mkimage": [MKIMAGE, "push", "oci:" + layout, to, "--insecure", self.registry.host,
                        "--cache", self.cache, "--format", "json"],
            "crane push": [CRANE, "push", "--insecure", layout, to],
            "skopeo copy": ["skopeo", "copy", "-q", "--preserve-digests", "--dest-tls-verify=false",
                            "oci:" + layout, "docker://" + to],
        }[tool]

    def tools(self):
        return ["mkimage", *(["crane push"] if os.path.exists(CRANE) else []), "skopeo copy"]

    def fresh(self):
        self.registry.empty()
        shutil.rmtree(self.cache, ignore_errors=True)

    def count(self, title, before, command):
        """How many requests each makes."""
        print(f"\n{title}: requests")
        for tool in self.tools():
            before(tool)
            self.registry.mark()
            said = subprocess.run(command(tool), check=True, capture_output=True, text=True).stdout
            time.sleep(0.2)
            asked = self.registry.requests()
            bytes_ = ""
            if tool == "mkimage":
                bytes_ = f", {json.loads(said)['bytes']} bytes of blobs"
            print(f"{tool:24}{sum(asked.values()):11} ("
                  + ", ".join(f"{n} {m}" for m, n in sorted(asked.items())) + ")" + bytes_)

    def case(self, title, before, command):
        self.count(title, before, command)
        measure.compare(title, self.rounds, [
            measure.Candidate(tool, command(tool), lambda tool=tool: before(tool))
            for tool in self.tools()])

    def run_push(self, tool, layout, name):
        subprocess.run(self.push(tool, layout, name), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def run(self):
        old, new = self.layouts

        def pushed(tool):
            self.fresh()
            self.run_push(tool, old, "one/x:1")

        self.case("first push", lambda tool: self.fresh(), lambda tool: self.push(tool, old, "one/x:1"))
        self.case("unchanged", pushed, lambda tool: self.push(tool, old, "one/x:1"))
        self.case("one package changed", pushed, lambda tool: self.push(tool, new, "one/x:1"))
        self.case("second repository", pushed, lambda tool: self.push(tool, old, "two/x:1"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    bench = Bench(parser.parse_args().rounds)
    try:
        bench.run()
    finally:
        bench.registry.child.terminate()


if __name__ == "__main__":
    main()
