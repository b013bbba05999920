#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Alternatives and diversions of packages in images: whose choice the links lead to, by priority and
# by the recipe; what is not to be had; bad calls. tests/cli/alternatives.sh has the tool beside.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

# links NAME: what the image's alternatives lead to, in one line.
links() {
    listing "$1.oci" | sed -nE 's,^l.* ((etc/alternatives|usr/bin)/[^ ]+ -> .*),\1,p' |
        grep -E 'choice|taken' | sort | tr '\n' ';'
}
# of NAME PACKAGES [REST]: a recipe with these packages.
of() {
    recipe "$1" <<END
packages = {"base-files", $2}
arch = {"amd64"}
${3-}
END
    mk "$1.conf" --format json
}
# want CHOICE: the links of the group where this one is chosen.
want() {
    echo "etc/alternatives/choice -> /usr/bin/$1;etc/alternatives/choice-too -> /usr/bin/$1;$(
    )usr/bin/choice -> /etc/alternatives/choice;usr/bin/choice-too -> /etc/alternatives/choice-too;"
}

of two '"choice-high", "choice-low"'
fine "two choices"
is "the one of the higher priority" "$(links two)" "$(want choice-high)"
like "said" "$(jq -r '.images[0].notes[]' .out)" \
    '^alternative choice: /usr/bin/choice-high, not /usr/bin/choice-low$'
is "its scripts are handled" "$(jq '.images[0].scripts | length' .out)" 0

of again '"choice-low", "choice-high"'
is "however they are named" "$(links again)" "$(want choice-high)"
of chosen '"choice-high", "choice-low"' 'alternative "choice" { path = "/usr/bin/choice-low" }'
fine "chosen by the recipe"
is "the links lead there" "$(links chosen)" "$(want choice-low)"

of tie '"choice-tie", "choice-high", "choice-low"'
is "of equal ones the first that is configured" "$(links tie)" "$(want choice-high)"
of absent '"choice-absent", "choice-low"'
is "a target that no package has is no choice" "$(links absent)" "$(want choice-low)"
like "and noted" "$(jq -r '.images[0].notes[]' .out)" \
    'package choice-absent: alternative choice without /usr/bin/none'
of nobody '"choice-absent"'
is "and leaves no link" "$(links nobody)" ""
of excluded '"choice-high", "choice-low"' 'exclude = {"/usr/bin/choice-high"}'
is "nor is one that is excluded" "$(links excluded)" "$(want choice-low)"
of unlinked '"choice-low"' 'exclude = {"/usr/bin/choice-too"}'
is "an excluded link isn't made" "$(links unlinked)" \
    'etc/alternatives/choice -> /usr/bin/choice-low;usr/bin/choice -> /etc/alternatives/choice;'
of manual '"choice-low"' 'keep = {"/usr/share/man/**"}'
like "manual pages follow where they are kept" "$(listing manual.oci)" \
    'usr/share/man/man1/choice.1.gz -> /etc/alternatives/choice.1.gz$'
of file '"choice-file"'
is "a file in a link's place stays" "$(listing file.oci | grep -c '^-.* usr/bin/taken$')" 1
of own '"choice-low"' 'file "/usr/bin/choice" { content = "own" }'
fine "the recipe's own file in its place"
is "stays, too" "$(listing own.oci | grep -c '^-.* usr/bin/choice$')" 1

# bad PATTERN PACKAGES [REST]: refused.
bad() {
    of bad "$2" "${3-}"
    is "refused" "$code" 1
    like "$1" "$err" "$1"
    absent "nothing is left of it" bad.oci
}
bad 'bad.conf:[0-9]+: alternative choice: no package of the image offers /usr/bin/x' \
    '"choice-low"' 'alternative "choice" { path = "/usr/bin/x" }'
like "those that there are" "$err" 'there are: /usr/bin/choice-low'
bad 'bad.conf:[0-9]+: alternative chioce: no package' '"choice-low"' \
    'alternative "chioce" { path = "/usr/bin/choice-low" }'
like "and the nearest" "$err" 'did you mean "choice"'
bad 'package choice-relative: postinst:4: .*link usr/bin/r is not absolute' '"choice-relative"'
bad 'package choice-dots: postinst:4: .*has ".." in it' '"choice-dots"'
bad 'package choice-number: postinst:4: .*priority "much" is not an integer' '"choice-number"'
bad 'package choice-slash: postinst:4: .*"a/b" is not a name' '"choice-slash"'
bad 'package choice-taken: postinst:4: .*link /bin/choice belongs to alternative choice' \
    '"choice-low", "choice-taken"'
of shell '"choice-shell"'
like "words that only a shell knows leave the script unread" \
    "$(jq -r '.images[0].scripts[].package' .out)" '^choice-shell$'
absent "and are not run" /nonexistent/ran

of divert '"divert-old", "divert-new"'
fine "a diversion"
list=$(listing divert.oci)
like "the file lies at its other name" "$list" '^-rwxr-xr-x .* usr/bin/hello-there.diverted$' \
    '^-rw-r--r-- .* usr/bin/hello-there$'
like "and is said" "$(jq -r '.images[0].notes[]' .out)" \
    'package divert-new: preinst:4: /usr/bin/hello-there of package divert-old lies at'
of alone '"divert-new"'
is "and there is nothing to divert without it" "$(listing alone.oci | grep -c diverted)" 0
finish
