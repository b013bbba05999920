#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where an image goes: what is there already is kept, replaced or refused, never harmed. Directories
# that are no layouts, layouts with other images, archives over files, places that can't be
# written, a full disk.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

recipe foo <<'END'
packages = {"base-files", "foo"}
arch = {"amd64"}
END
recipe bar <<'END'
packages = {"hello"}
arch = {"amd64"}
END
mk foo.conf
must "an image"
want=$(digest_of "$out")

# ---- layouts --------------------------------------------------------------------------------------

mkdir empty
mk foo.conf -o oci:empty
fine "an empty directory"
is "becomes a layout" "$(manifest empty)" "$want"
mkdir full
echo precious >full/file
mk foo.conf -o oci:full
refused "a directory with something else in it" 1 'full' 'layout'
is "keeps it" "$(ls -A full) $(cat full/file)" "file precious"
mk foo.conf -o oci:foo.conf
refused "a file" 1 'foo\.conf'
mk foo.conf -o oci:none/deep
refused "a directory that isn't there" 1 'none'
absent "is not made" none
listing_of() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
ln -s empty link
mk bar.conf -o oci:link
fine "a link to a layout"
ok "is followed" test -L link
like "and its layout replaced" "$(config empty | jq -r '.history[].created_by')" hello

mk foo.conf -o oci:many:one
mk bar.conf -o oci:many:two
fine "two images of one layout, by name"
is "both are there" "$(jq -r '.manifests[].annotations."org.opencontainers.image.ref.name"' \
    many/index.json | sort | tr '\n' ' ')" "one two "
ok "it is sound" check_layout many
mk bar.conf -o oci:many:one
ok "one of them replaced: sound, and what nothing names is gone" check_layout many
is "with two entries" "$(jq '.manifests | length' many/index.json)" 2

echo '{"imageLayoutVersion":"9.0.0"}' >many/oci-layout
mk foo.conf -o oci:many:three
refused "a layout of a version to come" 1 'many/oci-layout|many' '9\.0\.0|version'
echo '{"imageLayoutVersion":"1.0.0"}' >many/oci-layout
cp many/index.json index
echo '{"manifests":[' >many/index.json
mk foo.conf -o oci:many:three
refused "a damaged index.json" 1 'many/index\.json'
echo '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:../../../../etc/passwd","size":5}]}' >many/index.json
mk foo.conf -o oci:many:three
refused "an index.json that reaches out" 1 'many/index\.json'
cp index many/index.json
echo damaged >"$(blob many "$(layers many | head -n 1)")"
mk bar.conf -o oci:many:one
mk bar.conf -o oci:many:two
ok "a blob of another size is written anew" check_layout many
layer=$(blob many "$(layers many | head -n 1)")
cp "$layer" whole
tr '\000-\377' '\001-\377\000' <whole >"$layer"
mk foo.conf -o oci:many:three
mk bar.conf -o oci:many:one
mk bar.conf -o oci:many:two
ok "one of the same size that is damaged, too" check_layout many
cp whole "$layer"
mk bar.conf -o oci:many:two
like "one that somebody wrote again as it was is as good" "$err" unchanged

# Nothing is written or removed through a link: the blobs are another layout's.
for at in blobs blobs/sha256; do
    rm -rf mine yours
    mk foo.conf -o oci:yours
    mk bar.conf -o oci:mine
    before=$(listing_of yours)
    rm -r "mine/$at"
    ln -s "$work/yours/$at" "mine/$at"
    mk foo.conf -o oci:mine
    refused "$at as a link" 1 "mine/$at: is not a directory of this layout's own"
    is "leaves what it leads to alone ($at)" "$(listing_of yours)" "$before"
done

# ---- archives -------------------------------------------------------------------------------------

echo earlier >x.tar
mk foo.conf -o oci-archive:x.tar
fine "an archive over a file"
ok "is an archive" tar -tf x.tar
mkdir d.tar
mk foo.conf -o oci-archive:d.tar
refused "over a directory" 1 'd\.tar'
mk foo.conf -o docker-archive:none/x.tar
refused "in a directory that isn't there" 1 'none'
mkdir -m 555 closed
err=$(cd / && other_user mkimage "$work/foo.conf" -q -o "oci:$work/closed/x" --lock "$work/foo.lock" \
    --cache "$work/.other/tmp/cache" 2>&1)
like "where nobody may write" "$err" 'closed' '[Pp]ermission denied'
absent "leaves nothing" closed/x
is "no temporary file is left anywhere" "$(find . -name '.*.mkimage-??????')" ""

# ---- what killed runs left ------------------------------------------------------------------------

# leave PATH [AGE]: a directory, or a file where the name has .tar in it, of that age.
leave() {
    case $1 in
    *.tar.*) echo x >"$1" ;;
    *) mkdir -p "$1/blobs/sha256" && echo x >"$1/blobs/sha256/x" ;;
    esac
    touch -d "${2-8 days ago}" "$1"
}
mkdir left verify elsewhere
echo precious >elsewhere/x
leave left/.x.oci.mkimage-ab3cd2
leave left/.x.tar.mkimage-AB3CD2
leave verify/mkimage-verify.Xy3cd2
gone=(left/.x.oci.mkimage-ab3cd2 left/.x.tar.mkimage-AB3CD2 verify/mkimage-verify.Xy3cd2)
leave left/.x.oci.mkimage-fresh2 "6 days ago"
leave left/.x.oci.backup
leave left/.x.oci.mkimage-ab3cd23
leave left/.x.oci.mkimage-a.3cd2
leave left/.xx.oci.mkimage-ab3cd2
leave left/x.oci.mkimage-ab3cd2
leave left/.x.oci.mkimage-locked
exec 9<left/.x.oci.mkimage-locked
flock 9
ln -s ../elsewhere left/.x.oci.mkimage-link23
touch -h -d "8 days ago" left/.x.oci.mkimage-link23
ln -s "$PWD/elsewhere" left/.x.oci.mkimage-inside && rm left/.x.oci.mkimage-inside
mkdir left/.x.oci.mkimage-inner2 && ln -s "$PWD/elsewhere" left/.x.oci.mkimage-inner2/l
touch -d "8 days ago" left/.x.oci.mkimage-inner2
gone+=(left/.x.oci.mkimage-inner2)
kept=(left/.x.oci.mkimage-fresh2 left/.x.oci.backup left/.x.oci.mkimage-ab3cd23
    left/.x.oci.mkimage-a.3cd2 left/.xx.oci.mkimage-ab3cd2 left/x.oci.mkimage-ab3cd2
    left/.x.oci.mkimage-locked left/.x.oci.mkimage-link23)
if [ "$(id -u)" = 0 ]; then
    leave left/.x.oci.mkimage-other2
    chown 65534 left/.x.oci.mkimage-other2
    kept+=(left/.x.oci.mkimage-other2)
fi
TMPDIR=$work/verify mk foo.conf -o oci:left/x.oci -o oci-archive:left/x.tar --cache "$work/cold"
fine "a build beside what killed runs left"
TMPDIR=$work/verify mk lock foo.conf --lock left/foo.lock --cache "$work/cold"
fine "and what is verified"
absent "what is ours and old goes" "${gone[@]}"
ok "all else stays" ls -d "${kept[@]}"
is "and what links lead to" "$(cat elsewhere/x)" precious
exec 9<&-
rm -rf left verify elsewhere cold

# ---- a full disk ----------------------------------------------------------------------------------

more_archive big.py "$work/archive/big"
serve
{ cat foo.conf && echo "source \"big\" { suites = {\"trixie\"} packages = {\"big\"} mirror = {\"$url/big/debian\"} keyring = \"$work/archive/big/archive.gpg\" }
packages += {\"big\"}"; } >big.conf
mk big.conf
must "a larger image"
mkdir small
cat >full.sh <<'END'
mount -t tmpfs -o size=4m none small || exit 77
cp -r foo.oci small/out
for location in oci:small/out oci-archive:small/x.tar; do
    "$MKIMAGE" big.conf -o $location --locked >.out 2>.err && exit 1
    cat .err
    [ ! -s .out ] || exit 1
done
"$MKIMAGE" big.conf --cache small/cache >.out 2>.err && exit 1
cat .err
"$top/tests/layout.py" small/out || exit 1
[ "$(ls -A small)" = "$(printf 'cache\nout')" ] || { ls -A small; exit 1; }
END
export MKIMAGE top
unshare -m true 2>/dev/null || { skip "a full disk" "no mounts of its own"; finish; }
said=$(unshare -m bash full.sh 2>&1)
case $? in
77) skip "a full disk" "no tmpfs can be mounted" ;;
0)
    like "a full disk: an error, nothing half done, and the earlier output whole" "$said" \
        'error: .*[Nn]o space left'
    is "and every error says it" "$(grep -c '[Nn]o space left' <<<"$said")" 3
    ;;
*) if [ "$(id -u)" = 0 ]; then fail "a full disk" "$said"; else skip "a full disk" "not root"; fi ;;
esac
finish
