# SPDX-License-Identifier: Apache-2.0
"""Collects what messages, hints and helps in builder/ tell a reader to write, from the string
literals: hints.py commands judges options and commands by the program's own help; hints.py recipes
prints the pieces of recipes and policies, for recipe_lines to judge."""

import glob
import os
import re
import subprocess
import sys

# Whose options are those of other programs: gpgv's, those of calls in scripts, and what rules look for.
FOREIGN_OPTIONS = ("builder/deb/gpgv.c", "builder/effects/", "builder/harden/rules_")
FOREIGN_PROGRAMS = ("patchelf",)
# What may follow the program's name in prose.
PROSE = {"itself", "builds", "wrote", "changelog"}
# One file's options are those of one command, but for these.
SEVERAL = {"copy": ("push", "pull", "copy"), "login": ("login", "logout")}

TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\n|[^\s"\'/]+|/|\s', re.S)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def literals(path):
    """(line, text) of each string; neighbours are one, macros between them are "%s"."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    line, start, parts = 1, 0, []
    for match in TOKEN.finditer(text):
        token = match.group()
        if token.startswith('"'):
            start = start or line
            parts.append(re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), token[1:-1]))
        elif parts and re.fullmatch(r"[A-Z][A-Z_]+", token):
            parts.append("%s")
        elif parts and not token.isspace() and not token.startswith(("/*", "//")):
            yield start, "".join(parts)
            start, parts = 0, []
        line += token.count("\n")


def sources():
    for path in sorted(glob.glob("builder/**/*.[ch]", recursive=True)):
        for line, text in literals(path):
            yield path, line, text


# ---- recipes ---------------------------------------------------------------------------------------

VALUE = r'(?:\{(?:"[^"]*"|[^{}"])*\}|"[^"]*"|[\w%][\w%./]*)'
OPTION = r'(?<![%\w])[a-z_]+ \+?= ' + VALUE
SECTION = r'\b[a-z_]+ (?:"[^"]*" )?\{ (?:' + OPTION + r'[\s,]*|\.\.\.\s*)+\}'
NAMES = re.compile(r'\b([a-z_]+) \{ ([a-z_]+(?:, [a-z_]+)+) \}')


def piece(text):
    """A piece with values in the places of formats and ellipses, which all checks let pass."""
    text = re.sub(r"\{ ?(…|\.\.\.) ?\}", "{ }", text)
    text = re.sub(r'(reason = )"[^"]*"', r'\1"xx"', text)
    text = re.sub(r'(rule = )"%s"', r'\1"XX"', text)
    text = re.sub(r'(path = )"%s"', r'\1"/xx"', text)
    text = re.sub(r"%\d*[a-z]*[udx]", "1", text)
    return re.sub(r"%(\.\*)?s", "xx", text).replace("\n", " ")


def recipes():
    for path, line, text in sources():
        if path == "builder/effects/scripts_table.c":  # lines of scripts
            continue
        for match in re.finditer(f"{SECTION}|{OPTION}", text):
            print(f"{path}:{line}\t{piece(match.group())}")
        for match in NAMES.finditer(text):
            for name in match[2].split(", "):
                value = {"off": "yes", "rule": "XX", "path": "/xx", "severity": "low"}
                print(f"{path}:{line}\t{match[1]} {{ {name} = {value.get(name, 'xx')} }}")


# ---- commands --------------------------------------------------------------------------------------

COMMAND = re.compile(r"\bmkimage (-?[a-z][a-z-]*|\[COMMAND\]|COMMAND|%s)((?: [^\s;,.]+)*)")
KEY = re.compile(r"mkimage [a-z ]+(%d|%s|\d)?\n")  # what keys of the cache begin with
LONG = re.compile(r"(?<![\w-])--([a-z][a-z-]*)(?: ([A-Z][A-Z@:\[\]]+))?")


def help_of(command=None):
    program = os.environ.get("MKIMAGE", "build/mkimage")
    words = [program] + ([command] if command else []) + ["--help"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def tables():
    """{command: {option: argument or None}}"""
    table = {}
    for command in re.findall(r"^  ([a-z]+) ", help_of(), re.M):
        table[command] = {
            name: argument or None
            for name, argument in re.findall(
                r"^ {2,}(?:-\w, | *)--([a-z-]+) ?([\[A-Z][^ \n]*)?", help_of(command), re.M)}
    return table


def bad_command(table, text):
    if KEY.match(text):
        return
    for match in COMMAND.finditer(text):
        word = match[1]
        if word in PROSE or word in ("COMMAND", "[COMMAND]", "%s", "--help"):
            continue
        if word not in table:
            yield f'"mkimage {word}" is no command'
            continue
        for name, _ in LONG.findall(match[2]):
            if name not in table[word]:
                yield f"mkimage {word} takes no --{name}"


def bad_options(table, path, text):
    own = os.path.basename(path)[:-2] if path.startswith("builder/cmd/") else ""
    if path.startswith(FOREIGN_OPTIONS):
        return
    commands = SEVERAL.get(own, (own,)) if own in table else tuple(table)
    for match in LONG.finditer(text):
        name, argument = match.groups()
        if text[:match.start()].rstrip().endswith(FOREIGN_PROGRAMS):
            continue
        takers = [table[c] for c in commands if name in table[c]]
        if not takers:
            yield f"there is no --{name}" + (f" of {own}" if own in table else "")
        elif argument and argument not in [t[name] for t in takers]:
            yield f"--{name} {argument}: the argument is {takers[0][name]}"


def commands():
    table, seen, bad = tables(), 0, 0
    for path, line, text in sources():
        seen += len(LONG.findall(text)) + len(COMMAND.findall(text))
        for complaint in [*bad_command(table, text), *bad_options(table, path, text)]:
            print(f"{path}:{line}: {complaint}")
            bad += 1
    print(f"{seen} options and commands")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(commands() if sys.argv[1] == "commands" else recipes())
