#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What messages, hints and helps tell a reader to write is there: pieces of recipes and policies
# pass their reader and its tables, commands and options are those of the program's own help.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1
tool=build/tests/tools/recipe_lines
[ -x "$tool" ] || { echo "$tool isn't built (make $tool)" >&2; exit 1; }

# judged NAME LEAST COMMAND...: it finds no fault, in at least so many pieces.
judged() {
    local name=$1 least=$2 said
    shift 2
    if ! said=$("$@" 2>&1); then
        fail "$name" "$said"
    elif [ "$(sed -n '$s/ .*//p' <<<"$said")" -lt "$least" ]; then
        fail "$name" "only $said"
    else
        pass "$name"
    fi
}

python3 tests/cli/hints.py recipes >"$work/pieces"
judged "recipes and policies in messages" 15 "$tool" <"$work/pieces"
judged "commands and options in messages" 100 python3 tests/cli/hints.py commands

# They would see it.
printf 'x.c:1\tarchives = {"https://HOST/{date}"}\n' >"$work/bad"
is "an option that isn't there" "$("$tool" <"$work/bad" | head -n 1)" \
    'x.c:1: piece:1: unknown option "archives"'
mkdir -p "$work/builder/cmd"
cat >"$work/builder/cmd/lock.c" <<'END'
f("run mkimage lok %s"); /* "--comment" */ g("see " "--lock FILE, --dry-run or " 'x' "--nope");
h("mkimage update --locked"); i("--lock FILES");
END
said=$(cd "$work" && MKIMAGE=$MKIMAGE python3 "$top/tests/cli/hints.py" commands)
is "commands and options that aren't there" "$said" 'builder/cmd/lock.c:1: "mkimage lok" is no command
builder/cmd/lock.c:1: there is no --dry-run of lock
builder/cmd/lock.c:1: there is no --nope of lock
builder/cmd/lock.c:2: mkimage update takes no --locked
builder/cmd/lock.c:2: --lock FILES: the argument is FILE
7 options and commands'
finish
