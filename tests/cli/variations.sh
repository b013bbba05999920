#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Nothing but lock, recipe, files and compressor plays a part in a digest: the same recipe is built
# under other time zones, umasks, locales, directories, job counts, caches, file modes, times and
# orders, users and temporary directories, and with address randomisation off.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

mkdir -p p/tree/sub
cd p || exit 1
for name in b a ä sub/z sub/y; do echo "$name" >"tree/$name"; done
ln -s b tree/link
printf '#!/bin/false\n' >tree/run
chmod 755 tree/run
recipe foo <<'END'
packages = {"base-files", "foo", "old-layout", "suid-tool", "long-names", "sysusers-app", "times"}
arch = {"amd64", "arm64"}
tree "/srv/tree" { source = "tree" }
file "/srv/b" { source = "tree/b" }
END
mk foo.conf
fine "the first build"
want=$(digest_of "$out")

# same NAME COMMAND...: a build by that command, from an empty cache, gives the same digest.
same() {
    local name=$1 dir=${dir:-.}
    shift
    rm -rf "$work/cache" "$dir/foo.oci"
    out=$(cd "$dir" && "$@" 2>"$work/.err" </dev/null)
    is "$name" "$(digest_of "$out")" "$want"
    [ "$(digest_of "$out")" = "$want" ] || sed 's/^/#   /' "$work/.err"
}

same "an empty cache" "$MKIMAGE" foo.conf
mk foo.conf -o oci:warm.oci
is "a warm cache" "$(digest_of "$out")" "$want"
same "TZ" env TZ=GMT+12 "$MKIMAGE" foo.conf
same "another TZ" env TZ=GMT-14 "$MKIMAGE" foo.conf
same "LC_ALL=C" env LC_ALL=C "$MKIMAGE" foo.conf
same "a locale that isn't there" env LC_ALL=xx_XX "$MKIMAGE" foo.conf
same "no environment" env -i MKIMAGE_CACHE="$work/cache" MKIMAGE_MIRROR="$MKIMAGE_MIRROR" \
    "$MKIMAGE" foo.conf
umask 077
same "umask 077" "$MKIMAGE" foo.conf
umask 000
same "umask 000" "$MKIMAGE" foo.conf
umask 022
same "one job" "$MKIMAGE" foo.conf -j 1
same "nine jobs" "$MKIMAGE" foo.conf -j 9
same "another processor count" taskset -c 0 "$MKIMAGE" foo.conf
same "no address randomisation" setarch -R "$MKIMAGE" foo.conf
same "another machine name" setarch linux32 "$MKIMAGE" foo.conf
same "architectures the other way round" "$MKIMAGE" foo.conf --arch arm64,amd64
same "another cache" "$MKIMAGE" foo.conf --cache "$work/elsewhere"
mkdir -p "$work/t m p"
same "another TMPDIR" env TMPDIR="$work/t m p" "$MKIMAGE" foo.conf
same "another file name for output" "$MKIMAGE" foo.conf -o "oci:x y.oci"
cp -a . "$work/another directory"
rm -f "$work/another directory/foo.lock"
dir="$work/another directory" same "another directory, no lock" "$MKIMAGE" foo.conf
dir="$work" same "from outside" "$MKIMAGE" p/foo.conf
find . -exec touch -h -d '1999-01-01' {} +
same "files' times" "$MKIMAGE" foo.conf
chmod 600 tree/b tree/sub/z
chmod 700 tree/run tree/sub
same "files' modes but x" "$MKIMAGE" foo.conf
mkdir copy
for name in sub/y ä sub/z a b run link; do
    mkdir -p "copy/tree/$(dirname $name)"
    cp -a "tree/$name" "copy/tree/$name"
done
cp foo.conf foo.lock copy/
dir=copy same "order of files in a directory" "$MKIMAGE" foo.conf
if [ "$(id -u)" = 0 ]; then
    chmod -R a+rX "$work/p" "$work/archive"
    mkdir "$work/cache2"
    mkdir o
    chown 65534:65534 "$work/cache2" o
    same "another user" other_user env HOME=/nonexistent mkimage foo.conf --cache "$work/cache2" -o oci:o/foo.oci
    chown -R 12345:54321 tree
    same "files of another owner" "$MKIMAGE" foo.conf
else
    skip "another user" "not root"
fi
chmod a-x tree/run
same2() { mk foo.conf; isnt "$1" "$(digest_of "$out")" "$want"; }
same2 "but the x bit counts"
chmod a+x tree/run
echo changed >tree/a
same2 "and content"
echo a >tree/a
SOURCE_DATE_EPOCH=1700000000 same2 "and SOURCE_DATE_EPOCH"
SOURCE_DATE_EPOCH=1700000000 mk foo.conf
is "which the image records" "$(config foo.oci amd64 | jq -r .created)" 2023-11-14T22:13:20Z
SOURCE_DATE_EPOCH=tomorrow mk foo.conf
isnt "SOURCE_DATE_EPOCH that is no number is refused" "$code" 0
like "with its name" "$err" SOURCE_DATE_EPOCH

finish
