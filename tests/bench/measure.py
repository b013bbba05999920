# SPDX-License-Identifier: Apache-2.0
"""Runs commands in turn, A B A B …, and tells each one's processor time, wall time and memory.

Each candidate is a name, a command (a list) and optionally a function that is called before each
run, outside of the timing. Machines are noisy: what counts is the ratio within one run of this
program, of medians of processor time first.
"""

import os
import statistics
import subprocess
import time


class Candidate:
    def __init__(self, name, command, before=None):
        self.name, self.command, self.before = name, command, before
        self.cpu, self.wall, self.memory = [], [], []

    def run(self):
        if self.before:
            self.before()
        os.sync()
        start = time.monotonic()
        child = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - start
        child.stderr.close()
        if child.returncode:
            raise SystemExit(f"{self.name}: exit {child.returncode}\n{said.decode()}")
        return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss

    def keep(self, run):
        for values, value in zip((self.cpu, self.wall, self.memory), run):
            values.append(value)


def compare(title, rounds, candidates):
    """The last candidate is what the others are told as ratios to."""
    for c in candidates:
        c.run()  # warms up what is shared: page cache, libraries
    for _ in range(rounds):
        for c in candidates:
            c.keep(c.run())
    base = candidates[-1]
    print(f"\n{title} ({rounds} rounds)")
    print(f"{'':24}{'processor, s':>22}{'wall, s':>20}{'peak, MiB':>11}{'ratio':>9}{'wall':>7}")
    for c in candidates:
        cpu, wall = statistics.median(c.cpu), statistics.median(c.wall)
        ratio = statistics.median(a / b for a, b in zip(c.cpu, base.cpu))
        walls = statistics.median(a / b for a, b in zip(c.wall, base.wall))
        print(f"{c.name:24}{cpu:11.3f} (min {min(c.cpu):.3f}){wall:9.3f} (min {min(c.wall):.3f})"
              f"{max(c.memory) / 1024:10.1f}{ratio:9.2f}{walls:7.2f}")
