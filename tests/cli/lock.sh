#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The lock: written by the first build, held to by the next ones without reading an index, refused
# by --locked when missing or stale, moved by `lock --update`, which says what moved; over an
# unchanged package set nothing moves, even when the archive was signed anew.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
now=$(date +%s)
test_archive --date $((now - 7200))

recipe foo <<'END'
packages = {"foo"}
arch = {"amd64", "arm64"}
END

mk foo.conf --locked
refused "--locked without a lock" 1 'foo\.lock' 'mkimage (lock )?.*foo\.conf'
absent "builds nothing" foo.oci foo.lock

mk lock foo.conf
must "lock"
like "prints what it took" "$out" '^amd64: \+ libfoo1 1\.2-3\+deb13u1$' '^arm64: \+ foo 1:1\.1-1$'
absent "and builds nothing" foo.oci
like "a package a line" "$(cat foo.lock)" \
    '^ *\{"name":"libfoo1","version":"1\.2-3\+deb13u1","arch":"amd64","source":"foo",.*\},?$'
ok "it is JSON" jq . foo.lock
is "its format" "$(jq .format foo.lock)" 1
is "for both architectures" "$(jq -c '.architectures | keys' foo.lock)" '["amd64","arm64"]'
is "the alternative that stands first" \
    "$(jq -r '.architectures.amd64.packages[].name' foo.lock)" \
    "$(printf '%s\n' foo libc6 libfoo1)"
cp foo.lock first.lock

mkdir elsewhere
mv foo.lock elsewhere/real.lock
ln -s elsewhere/real.lock foo.lock
sed -i 's/"libfoo1","version":"[^"]*"/"libfoo1","version":"0"/' elsewhere/real.lock
mk lock foo.conf --update
fine "a lock that is a link"
is "stays one" "$(readlink foo.lock)" elsewhere/real.lock
ok "and is written where it leads" cmp foo.lock first.lock
rm foo.lock
mv elsewhere/real.lock foo.lock

mk foo.conf --locked
must "--locked with it"
digest=$(digest_of "$out")
ok "and it is as it was" cmp foo.lock first.lock

# An hour later, signed anew: nothing moves but the archive's own lines.
test_archive --date $((now - 3600))
mk foo.conf --locked
is "a lock reads no index: the same digest" "$(digest_of "$out")" "$digest"
ok "and the lock stays" cmp foo.lock first.lock
mk lock --update foo.conf
fine "lock --update over a newer InRelease with equal packages"
is "moves nothing" "$out" ""
is "in the lock, only the archive's lines" "$(diff first.lock foo.lock | grep '^[<>]' | grep -vc inrelease)" 0
isnt "which tell of the newer InRelease" "$(jq -c '.sources[0].inrelease' foo.lock)" \
    "$(jq -c '.sources[0].inrelease' first.lock)"
mk foo.conf
is "the same digest" "$(digest_of "$out")" "$digest"
like "and nothing to write" "$err" unchanged
cp foo.lock signed.lock

# Older than what was seen: a rollback.
test_archive --date $((now - 7200))
mk lock --update foo.conf
refused "an InRelease older than the one seen" 1 InRelease trixie
ok "leaves the lock" cmp foo.lock signed.lock
MKIMAGE_CACHE=$work/new mk lock --update foo.conf
refused "or older than the lock's, on a machine that has seen none" 1 trixie older 'foo\.lock'
ok "leaves the lock, too" cmp foo.lock signed.lock
test_archive --date $((now - 1800))

# With the archive away.
mv archive away
mk foo.conf --locked
is "from lock and cache alone" "$(digest_of "$out")" "$digest"
MKIMAGE_CACHE=$work/other mk foo.conf -o oci:x.oci
refused "nothing there and nothing cached" 1
absent "leaves nothing" x.oci
mv away archive

# Stale, by what the solver reads.
sed -i 's/packages = .*/packages = {"foo", "hello"}/' foo.conf
cp foo.lock before.lock
mk foo.conf --locked
refused "--locked with a stale lock" 1 'foo\.lock' 'mkimage lock'
ok "keeps it" cmp foo.lock before.lock
mk foo.conf
fine "without --locked it is resolved anew"
like "and what moved is printed" "$err" 'amd64: \+ hello 2\.10-5'
is "stdout has only the result" "$(wc -l <.out)" 1
mk foo.conf --locked
fine "and the lock is written"
cp foo.lock before.lock
echo 'title = "Other title"' >>foo.conf
mk foo.conf --locked
fine "a title doesn't make it stale"
mk foo.conf --locked --arch amd64
fine "nor do fewer architectures"
mk foo.conf --locked -o oci:gz.oci
ok "and it stays as it is" cmp foo.lock before.lock

# A newer package.
test_archive --set foo=1:1.1-2 --date $((now - 900))
mk foo.conf
ok "a lock stays with its versions" cmp foo.lock before.lock
mk lock foo.conf
ok "lock alone does, too" cmp foo.lock before.lock
sed 's/packages = .*/packages = {"foo", "hello", "base-files"}/' foo.conf >more.conf
cp foo.lock more.lock
mkdir old && cp -r archive old/
mk lock more.conf
like "a stale lock stays with locked versions that are still there" "$out$err" '\+ base-files'
mk lock --update foo.conf
is "lock --update moves, and prints it" "$out" "$(printf '%s\n' \
    'amd64: foo 1:1.1-1 -> 1:1.1-2' 'arm64: foo 1:1.1-1 -> 1:1.1-2')"
is "and in the lock, nothing else" "$(diff before.lock foo.lock | grep '^[<>]' |
    grep -vE 'inrelease|"name":"foo"' -c)" 0

# Gone from the archive.
rm -rf cache foo.oci
cp before.lock foo.lock
mk foo.conf
refused "a locked deb that the archive dropped" 1 foo 'mkimage lock --update .*foo\.conf' archive
absent "leaves nothing" foo.oci
mk lock --update foo.conf
fine "and what the hint says helps"
mk foo.conf
fine "then it builds"

# Where a lock is.
mk foo.conf --lock sub.lock -o oci:y.oci
fine "--lock"
ok "is where it is written" test -s sub.lock
mkdir ro
cp foo.conf ro/
chmod a-w ro
mkdir -m 777 writable
err=$(cd writable && other_user mkimage ../ro/foo.conf --cache cache 2>&1 >out)
like "where a lock can't be written the build goes on, and says so" "$err" 'no lock was kept'
is "the image is the same" "$(digest_of "$(cat writable/out)")" "$(digest_of "$(cat .out)")"

# Another compressor than the lock's.
sed 's/"version":"[0-9.]*","level"/"version":"0.0.1","level"/' sub.lock >old.lock
isnt "a lock of another compressor version" "$(cat old.lock)" "$(cat sub.lock)"
mk foo.conf --lock old.lock -o oci:y.oci
fine "is built from"
like "with a warning" "$err" '0\.0\.1' 'lock --update'
mk foo.conf --lock old.lock --locked -o oci:y.oci
refused "and refused by --locked" 1 '0\.0\.1'
mk lock --update foo.conf --lock old.lock
ok "lock --update adopts it" cmp old.lock sub.lock

# Damaged locks.
# shellcheck disable=SC2016 # sed's $
for damage in 's/"format": *1/"format": 2/' 's/"sha256":"./"sha256":"x/' \
    's,"path":"pool,"path":"../pool,' 's,"path":"pool,"path":"/pool,' '$d' \
    's/"size":/"size":-/' '1s/{/{"format":1,/' 's/\["foo"\]/["fo"]/'; do
    sed "$damage" sub.lock >bad.lock
    mk foo.conf --lock bad.lock -o oci:bad.oci
    refused "a lock changed by $damage" 1 'bad\.lock'
done
absent "none built anything" bad.oci

# Names of another suite.
recipe other <<'END'
packages = {"libfoo1t64", "libbar1"}
package "libfoo1t64" { exclude = {"/usr/share/doc/libfoo1/copyright"} }
arch = {"amd64", "arm64"}
END
mk other.conf
fine "a name that the archive has without t64"
is "is told once" "$(grep 'calls it' .err)" "other.conf: libfoo1t64: the archive calls it libfoo1"
isnt "the package is there" "$(listing other.oci amd64 | grep libfoo.so.1.2)" ""
is "less what its section leaves out" "$(listing other.oci arm64 | grep -o 'libfoo1/copyright')" ""
sed '/^package "/d' other.conf >whole.conf
digest=$(digest_of "$out")
mk whole.conf
isnt "but without it" "$(listing whole.oci arm64 | grep -o 'libfoo1/copyright')" ""
mk other.conf --locked
is "from the lock it is the same" "$(digest_of "$out")" "$digest"
unlike "without a word" "$err" 'calls it'
mk show other.conf
like "a recipe keeps its names" "$out" 'libfoo1t64'
finish
