# SPDX-License-Identifier: Apache-2.0
"""Types at an interactive shell and reads what a Tab makes of it.

    completion.py SHELL [INIT...] -- [TYPED EXPECTED]...

EXPECTED is what the line begins with after the key; prints a line of TAP each."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

PATIENCE = 6  # seconds until a shell that says nothing is given up
COLUMNS = 400


class Shell:
    def __init__(self, argv):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", PS1="$ ")
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 100, COLUMNS, 0, 0))
        self.seen = ""

    def send(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern):
        """What came up to here, with the pattern at its end; None if it never comes."""
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen)):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                return None
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                return None
            self.seen = re.sub(r"[^\x08]\x08|\x00|\x1b\[[0-9;?]*[A-Za-z]", "", self.seen + more.decode(errors="replace"))
        before, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return before

    def command(self, line, number):
        """Runs a line, and waits until it is done."""
        self.send(f"{line}; echo done-$(({number} + 0))\n")
        return self.until(rf"done-{number}\r?\n")


def main():
    split = sys.argv.index("--")
    argv, cases = sys.argv[1:2], sys.argv[split + 1:]
    init = sys.argv[2:split]
    argv += {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[os.path.basename(argv[0])]
    shell = Shell(argv)
    for number, line in enumerate(init):
        if shell.command(line, number) is None:
            sys.exit(f"{argv[0]} doesn't get through: {line}\n{shell.seen}")
    for number in range(0, len(cases), 2):
        typed, expected = cases[number:number + 2]
        shell.send(typed + "\t")
        fine = shell.until(re.escape(expected)) is not None
        print(f"{'' if fine else 'not '}ok - {os.path.basename(argv[0])}: {typed} becomes {expected}", flush=True)
        if not fine:
            print("# " + repr(shell.seen))
        shell.send("\x15")
        shell.command("", 1000 + number)


if __name__ == "__main__":
    main()
