#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Wrong command lines end with exit code 2 and one line that says what is wrong; manual pages
# are well formed; a full disk is noticed. (help.sh holds help and manual together.)

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export MKIMAGE_APT_ROOT=$work

# usage NAME PATTERN ARGUMENT...
usage() {
    local name=$1 pattern=$2
    shift 2
    mk "$@"
    refused "$name" 2 "$pattern"
}
echo 'packages = {"hello"}' >r.conf
mk
is "without arguments: exit code" "$code" 2
usage "an unknown option" '--nope' r.conf --nope
usage "an option of another command" '--update' build r.conf --update
usage "an option without its value" '--cache|argument|value' r.conf --cache
usage "a flag with a value" 'locked' r.conf --locked=yes
usage "of several letters the wrong one" 'build: -z is not an option' r.conf -vz
usage "a letter's missing value, behind another one" 'build: -o wants an argument: LOCATION' r.conf -vo
usage "an ambiguous option" 'build: --lo may be --lock or --locked$' r.conf --lo
usage "the same with a value" 'build: --lo may be --lock or --locked$' r.conf --lo=x
usage "an option with its value" 'build: --nope is not an option' r.conf --nope=3
usage "no name at all" 'build: -- is not an option' r.conf --=3
usage "an option of another command: whose" 'it is an option of lock$' build r.conf --update
usage "a letter of another command: whose" 'it is an option of update$' build r.conf -n
usage "an option mistyped" 'did you mean --output' build r.conf --outptu x
usage "a command mistyped" 'did you mean mkimage inspect' inspekt x
usage "and for help" 'did you mean mkimage inspect' help inspekt
mk r.conf --verb --dry
refused "an option cut short is none of its command's" 2 '--dry is not an option'
usage "no recipe" 'recipe' build
usage "lock without a recipe" 'recipe' lock
usage "show without a recipe" 'recipe' show
usage "inspect without a location" 'location' inspect
usage "an output without a transport" 'oci-archive' r.conf -o x.oci
usage "an unknown transport" 'oci-archive' r.conf -o docker:x
usage "an unknown format" '--format' r.conf --format xml
usage "jobs of none" '--jobs' r.conf -j 0
usage "jobs with a sign" '--jobs \+2' r.conf -j +2
usage "a time with a blank" '--timeout  5' tags localhost/y --timeout ' 5'
usage "jobs that are no number" '--jobs' r.conf -j many
usage "an unknown architecture" 'pdp11' r.conf --arch pdp11
usage "an output for several recipes" '--output' r.conf r.conf -o oci:x
usage "help of no command" 'nope' help nope
usage "a mirror that is no URL" '--mirror' r.conf --mirror nonsense
usage "an unknown command" 'frobnicate: neither a command nor a recipe' frobnicate
mk frobnicate.conf
refused "a recipe that isn't there" 1 'frobnicate\.conf'
absent "nothing was written" r.oci r.lock oci:x

mk --version
like "--version" "$out" '^mkimage [0-9]+\.[0-9]+\.[0-9]+$'
mk --help
fine "--help"
like "lists the commands" "$out" build lock show inspect help
for command in build lock show inspect; do
    "$MKIMAGE" "$command" --help >help || fail "$command --help"
    like "$command --help" "$(cat help)" "^usage: mkimage $command" '^  -v, --verbose  '
done
if command -v man >/dev/null; then
    for page in "$top"/docs/*.[15]; do
        is "${page##*/} is well formed" "$(MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null |
            grep -v 'cannot adjust line')" ""
    done
fi

usage "a time to wait that is none" '--wait' update r.conf --push 127.0.0.1:1/x --wait soon
# Who holds the turn of a lock, holds up an update of it, but not for longer than that is wanted.
: >.r.lock.turn
exec 9<.r.lock.turn
flock 9
mk update r.conf --push 127.0.0.1:1/x --cache "$work/cache" --wait 1
refused "another update that doesn't end" 1 'r\.lock: another update has held its turn for 1 seconds'
exec 9<&-
rm -f .r.lock.turn

"$MKIMAGE" --help >/dev/full 2>.err
is "a full disk is an error" "$?" 1
like "and said" "$(cat .err)" 'error: .*[Nn]o space'
# The reader is gone before anything is written.
mkfifo pipe
: <pipe &
exec 5>pipe
wait "$!"
"$MKIMAGE" help build >&5 2>.err
is "a reader that left ends it as SIGPIPE does" "$?" 141
is "without a word" "$(cat .err)" ""

finish
