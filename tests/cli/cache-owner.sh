#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whose the cache is: what others could write in it is refused, with the line that mends it, and
# nothing is made of it; links lead nowhere; and the places where a cache of ours may be are fine.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ "$(id -u)" = 0 ] || skip_all "only root can make files of another user"
need setpriv
test_archive

recipe foo <<'END'
packages = {"base-files", "foo"}
arch = {"amd64"}
END
mk foo.conf
must "a build"
want=$(digest_of "$out")
is "what is made is the user's only" "$(find cache -perm /077 -print)" ""
is "blobs aren't written again" "$(find cache/blobs -type f ! -perm 400 -print)" ""
cp -a cache clean

# fresh: the cache as the build left it, and no output; same NAME: the build gives the clean image.
fresh() {
    rm -rf cache foo.oci
    cp -a clean cache
}
same() {
    mk foo.conf
    is "$1" "$code $(digest_of "$out")" "0 $want"
}
fresh
same "control: a copied cache"
is "control: and it is warm" "$(grep -c 'packages unpacked' <<<"$err")" 0

# not_ours NAME PATTERN...: refused twice with nothing written; the line of the hint mends it.
not_ours() {
    local name=$1 line
    shift
    mk foo.conf
    refused "$name" 1 "$@"
    absent "$name: no image" foo.oci
    mk foo.conf
    refused "$name: and the next time" 1 "$@"
    line=$(grep -oE "(chown -R [0-9]+|chmod -R go-w) '.*'$" <<<"$err")
    isnt "$name: a line to run" "$line" ""
    ok "$name: it runs" bash -c "$line"
    same "$name: and mends it"
}
asked=''
for kind in clean/facts/*; do
    kind=${kind##*/}
    # One that this build doesn't ask for is none of its business.
    fresh
    find "cache/facts/$kind" -type f -exec chown 65534 {} +
    mk foo.conf
    if [ "$code" = 0 ]; then
        is "facts \"$kind\" aren't asked for" "$(digest_of "$out")" "$want"
        continue
    fi
    asked+=" $kind"
    not_ours "facts \"$kind\" of another user, whole" "cache/facts/$kind/" \
        'belongs to user 65534 \(mode 0600\)'
done
like "those of packages and layers are asked for" "$asked" package own
fresh
find cache/facts -type f -exec chmod g+w {} +
not_ours "facts that a group may write" 'cache/facts/.*: its group may write it \(user 0, mode 0620\)'
fresh
find cache/blobs -type f -exec chmod g+w {} +
not_ours "blobs that a group may write" 'cache/blobs/sha256/.*its group may write it .*mode 0420'
fresh
find cache/blobs -type f -exec chmod o+w {} +
not_ours "blobs that everybody may write" 'cache/blobs/sha256/.*everybody may write it .*mode 0402'
for dir in blobs blobs/sha256 facts partial; do
    fresh
    chmod o+w "cache/$dir"
    not_ours "$dir that everybody may write" "cache/$dir: everybody may write it \(user 0, mode 0702\)"
    fresh
    chown 65534 "cache/$dir"
    not_ours "$dir of another user" "cache/$dir: belongs to user 65534"
done

# ---- links ----------------------------------------------------------------------------------------

cp -a clean elsewhere
for name in blobs facts partial blobs/sha256 facts/package "$(cd clean && find facts/package -type f | head -n 1)"; do
    fresh
    rm -rf "cache/${name:?}"
    ln -s "$work/elsewhere/$name" "cache/$name"
    mk foo.conf
    refused "a link as $name" 1 "cache/$name.*link" "remove the link"
    rm "cache/$name"
    same "and without it"
done
fresh
mv cache real
ln -s real cache
same "the cache itself may be a link"
rm cache
mv real cache

# ---- damage ---------------------------------------------------------------------------------------

fresh
find cache/facts cache/blobs -type f -exec sh -c 'for f; do rm "$f"; mkdir -p "$f/in/it"; done' _ {} +
same "directories in the place of all files"
is "those that were asked for are gone" "$(find cache/facts/package cache/facts/own -name it)" ""
for name in facts/memo facts/package blobs/sha256; do
    fresh
    rm -rf "cache/${name:?}"
    echo x >"cache/$name"
    same "a file in the place of $name"
    ok "and it is a directory again" test -d "cache/$name"
done
fresh
for dir in cache/facts/*/?? cache/blobs/sha256/??; do
    rm -rf "$dir"
    echo x >"$dir"
done
same "files in the place of all directories of entries"
fresh
find cache/facts -type f -exec sh -c 'for f; do rm "$f"; mkfifo "$f"; done' _ {} +
same "fifos in the place of facts"

# ---- places ---------------------------------------------------------------------------------------

# A volume with fsGroup: root's, the group may write; the user makes a directory in it.
volume() {
    rm -rf volume
    mkdir volume
    chown 0:65534 volume
    chmod 2775 volume
}
theirs() {
    rm -rf theirs
    mkdir theirs
    chown 65534 theirs
    chmod 700 theirs
    code=0
    (cd theirs && other_user mkimage "$work/foo.conf" --lock "$work/theirs/lock" --cache "$1" -o oci:foo.oci) \
        >.out 2>.err || code=$?
    out=$(cat .out) err=$(cat .err)
}
chmod -R a+rX archive
chmod a+r foo.conf
for at in volume volume/mkimage; do
    volume
    theirs "$work/$at"
    is "fsGroup: a cache as $at" "$code $(digest_of "$out")$(grep -c 'may write' <<<"$err")" "0 ${want}0"
    theirs "$work/$at"
    is "fsGroup: and again" "$code $(digest_of "$out")" "0 $want"
done
chmod -R g+w volume
theirs "$work/volume/mkimage"
refused "fsGroup without OnRootMismatch" 1 'its group may write it' "chmod -R go-w '$work/volume/mkimage'"

# A CI cache that was restored by another user.
volume
cp -a clean volume/mkimage
chown -R 1001 volume/mkimage
chmod -R a+rX volume/mkimage
theirs "$work/volume/mkimage"
refused "restored by another user" 1 'volume/mkimage/blobs: belongs to user 1001 \(mode [02]755\)' \
    "chown -R 65534 '$work/volume/mkimage'"
chmod -R go-rwx volume/mkimage/*
theirs "$work/volume/mkimage"
refused "and can't be read" 1 'volume/mkimage/blobs: belongs to user 1001 \(mode [02]700\)'
chown -R 65534 volume/mkimage
theirs "$work/volume/mkimage"
is "and given to the caller" "$code $(digest_of "$out")" "0 $want"

rm -rf cache foo.oci
(umask 000 && "$MKIMAGE" foo.conf -q) >.out 2>.err
is "umask 000" "$(digest_of "$(cat .out)")$(find cache -perm /077)" "$want"

# ---- a warning ------------------------------------------------------------------------------------

mkdir open
for mode in 777 1777 775; do
    chmod "$mode" open
    mk foo.conf --cache open/cache
    fine "a cache in a directory of mode $mode"
    is "and the warning" "$(grep -c "everybody may write in open .*mode 0$mode.*chmod o-w 'open'" <<<"$err")" \
        "$([ $mode = 777 ] && echo 1 || echo 0)"
done
chmod 777 open
ln -s open/cache linked
mk foo.conf --cache linked
like "the same by a link" "$err" "warning: cache: everybody may write in $work/open "

finish
