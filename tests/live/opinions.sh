#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Second opinions on the Python image: dpkg on its records, ldconfig on its ld.so.cache,
# update-ca-certificates on its bundle and hash links, skopeo and umoci on its layout, tar on its
# layers.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
need umoci skopeo openssl dpkg-query bsdtar

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 3650 \
    -subj "/O=Example/CN=A company's own CA" -out own.crt 2>/dev/null
based zstd python3 <<<'ca_certificate = {"own.crt"}'
{ cat zstd.conf && echo 'compression = "gzip"'; } >gzip.conf
mk zstd.conf --arch amd64,arm64 -o oci:zstd.oci:test
must "built with zstd"
mk gzip.conf --lock zstd.lock --arch "$arch" -o oci:gzip.oci:test --format json
must "built with gzip"
cp .out json
ok "umoci reads the gzip layout" extract gzip.oci:test tree

# ---- the layout -----------------------------------------------------------------------------------

is "diff_ids don't depend on the compression" "$(diff_ids gzip.oci)" "$(diff_ids zstd.oci "$arch")"
is "skopeo reads them" "$(skopeo inspect --config oci:gzip.oci:test | jq -r '.rootfs.diff_ids[]')" \
    "$(diff_ids gzip.oci)"
skopeo=(skopeo --insecure-policy --override-os linux)
for a in amd64 arm64; do
    ok "skopeo reads the zstd layout of $a" "${skopeo[@]}" --override-arch $a copy -q \
        --dest-decompress oci:zstd.oci:test "dir:$a"
    is "and what it decodes are the diff_ids" "$(jq -r '.layers[].digest' "$a/manifest.json" |
        while read -r digest; do
            echo "sha256:$(sha256sum <"$a/${digest#sha256:}" | cut -d' ' -f1)"
        done)" "$(diff_ids zstd.oci $a)"
done
ok "skopeo takes our docker-archive" bash -c "'$MKIMAGE' gzip.conf -q --lock zstd.lock --arch $arch \
    -o docker-archive:ours.tar:x:y && ${skopeo[*]} copy -q docker-archive:ours.tar oci:back.oci:test"
is "with the same diff_ids" "$(diff_ids back.oci)" "$(diff_ids gzip.oci)"
"$MKIMAGE" gzip.conf -q --lock zstd.lock --arch "$arch" -o oci-archive:ours.oci.tar >out
ok "skopeo takes our oci-archive" "${skopeo[@]}" copy -q oci-archive:ours.oci.tar oci:back2.oci:test
is "with the same manifest" "$(manifest back2.oci)" "$(manifest gzip.oci)"
for digest in $(layers gzip.oci); do
    layer gzip.oci "$digest" | bsdtar -tf - >/dev/null 2>bsdtar.err || true
    [ ! -s bsdtar.err ] || fail "libarchive reads $digest" "$(cat bsdtar.err)"
done

# ---- dpkg -----------------------------------------------------------------------------------------

query=$(dpkg-query --admindir tree/var/lib/dpkg -W \
    -f '${Package} ${Version} ${Architecture} ${source:Package} ${source:Version} ${db:Status-Status}\n' 2>err)
is "dpkg-query has nothing to complain of" "$(cat err)" ""
is "and lists the packages, their sources and versions" "$(LC_ALL=C sort <<<"$query")" \
    "$(jq -r '.images[0].packages[] | [.name, .version, .architecture, .source, .source_version,
        "installed"] | join(" ")' json | LC_ALL=C sort)"
is "dpkg -V prints nothing" "$(dpkg --root="$PWD/tree" -V 2>&1)" ""
is "dpkg --audit prints nothing" "$(dpkg --root="$PWD/tree" --audit 2>&1)" ""
is "dpkg -S knows whose a file is" "$(dpkg --admindir=tree/var/lib/dpkg -S /usr/bin/python3.13 2>&1)" \
    "python3.13-minimal: /usr/bin/python3.13"
is "dpkg -L lists what is there, and nothing else" "$(
    dpkg-query --admindir tree/var/lib/dpkg -W -f '${binary:Package}\n' |
        while read -r package; do
            dpkg-query --admindir tree/var/lib/dpkg -L "$package"
        done | while read -r path; do
        [ -e "tree$path" ] || [ -L "tree$path" ] || echo "$path"
    done)" ""

# ---- ld.so.cache ----------------------------------------------------------------------------------

ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
ours=$("$ldconfig" -r "$PWD/tree" -p 2>err)
is "ldconfig reads our ld.so.cache without complaint" "$(cat err)" ""
like "it is what we think it is" "$ours" 'libs found in cache' 'libc\.so\.6 \(libc6,'
cp -a tree fresh
rm fresh/etc/ld.so.cache
"$ldconfig" -r "$PWD/fresh" -X 2>/dev/null
# What follows the list says who made the cache.
is "and a fresh one has the same entries" "$(grep '=>' <<<"$ours")" \
    "$("$ldconfig" -r "$PWD/fresh" -p | grep '=>')"

# ---- certificates ---------------------------------------------------------------------------------

sha=$(jq -r '.architectures[].packages[] | select(.name == "ca-certificates") | .sha256' zstd.lock |
    head -n 1)
dpkg-deb -x "cache/blobs/sha256/${sha:0:2}/$sha" ca
mkdir -p ca/usr/local/share/ca-certificates ca/etc/ssl/certs ca/hooks
cp own.crt ca/usr/local/share/ca-certificates/
(cd ca/usr/share/ca-certificates && find . -name '*.crt' -printf '%P\n' | LC_ALL=C sort) >ca/conf
options=(--certsconf "$PWD/ca/conf" --certsdir "$PWD/ca/usr/share/ca-certificates"
    --localcertsdir "$PWD/ca/usr/local/share/ca-certificates" --etccertsdir "$PWD/ca/etc/ssl/certs"
    --hooksdir "$PWD/ca/hooks")
ok "the real update-ca-certificates" sh ca/usr/sbin/update-ca-certificates "${options[@]}"
isnt "it makes a bundle" "$(grep -c BEGIN ca/etc/ssl/certs/ca-certificates.crt)" 0
ok "and ours is the same" cmp ca/etc/ssl/certs/ca-certificates.crt tree/etc/ssl/certs/ca-certificates.crt
# links DIR: each link and where it leads, both below the tree.
links() {
    (cd "$1/etc/ssl/certs" && find . -type l -printf '%P -> %l\n') |
        sed "s,$PWD/ca/,/,; s,$PWD/,/," | LC_ALL=C sort
}
isnt "it makes hash links" "$(links ca | grep -c '^[0-9a-f]\{8\}\.')" 0
is "and ours are the same" "$(links tree)" "$(links ca)"
# By one openssl for all of them: it links NAME to HASH.N, and so says each one's hash.
mkdir hashes
for link in tree/etc/ssl/certs/*.[0-9]; do
    target=$link
    while [ -L "$target" ]; do
        target=$(readlink "$target")
        case $target in
        /*) target=tree$target ;;
        *) target=tree/etc/ssl/certs/$target ;;
        esac
    done
    cp "$target" "hashes/${link##*/}.pem"
done
is "each leads to a certificate of its hash" "$(openssl rehash -v hashes 2>&1 |
    awk -v want="$(find hashes -name '*.pem' | wc -l)" '
        /^link / { n++; if (substr($2, 1, 9) != substr($4, 1, 9)) print }
        END { if (n != want || n < 100) print n " hashes of " want " certificates" }')" ""
finish
