#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# InRelease and Packages files that are rightly signed but wrong, or not what they should be:
# noise, another suite's, another one's key, no index, stanzas that are none. Each is refused with
# its place, and leaves neither lock nor output, and the earlier output whole. (The faults of
# tests/archive/make are archive-faults.sh's.)

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
export MKIMAGE_APT_ROOT=$work MKIMAGE_MIRROR=file://$work/archive/debian
# python COMMAND...: with debian.py's names.
python() {
    PYTHONPATH=$top/tests/cli PYTHONDONTWRITEBYTECODE=1 python3 -c "
from debian import *
$1" || exit 1
}
python "
archive = Archive('archive')
for arch in archive.arches:
    archive.add('trixie', Deb('foo', '1', arch, Depends='bar').file('usr/share/foo', arch).build())
archive.add('trixie', Deb('bar', '1', 'all').file('usr/share/bar', 'x').build())
archive.sign()"

recipe foo <<'END'
packages = {"foo"}
arch = {"amd64"}
END
mk foo.conf -o oci:out.oci
must "the archive as it should be"
rm foo.lock
cp -a archive good
before=$(find out.oci -type f -exec sha256sum {} + | sort)

# bad NAME PATTERN...: a build is refused; then the good archive is back.
bad() {
    local name=$1
    shift
    rm -rf cache
    mk foo.conf -o oci:out.oci
    refused "$name" 1 "$@"
    [ ! -e foo.lock ] || fail "$name: leaves a lock"
    [ "$(find out.oci -type f -exec sha256sum {} + | sort)" = "$before" ] ||
        fail "$name: the earlier output isn't whole"
    rm -rf archive foo.lock
    cp -a good archive
}
release=archive/debian/dists/trixie/InRelease

rm "$release"
bad "no InRelease" 'InRelease' trixie
: >"$release"
bad "an empty one" 'InRelease'
head -c 2000000 /dev/urandom >"$release"
bad "noise" 'InRelease'
sed -i '/^-----BEGIN PGP SIGNATURE/,$d' "$release"
bad "the signature cut off" 'InRelease'
printf -- '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: Evil\n\n' |
    cat - good/debian/dists/trixie/InRelease >"$release"
bad "a message in front of the message" 'InRelease'
sed -i 's/^Label: /Label:  /' "$release"
bad "one blank more" 'InRelease' 'signature'
cp archive/debian/dists/trixie-updates/InRelease "$release"
bad "another suite's InRelease" 'trixie-updates'
rm archive/archive.gpg
bad "no keyring" 'archive\.gpg'
head -c 100 good/archive.gpg >archive/archive.gpg
bad "a keyring cut off" 'InRelease|archive\.gpg'
echo "no key at all" >archive/archive.gpg
bad "a keyring that is none" 'archive\.gpg|key'

# sign FIELD...: Release with other fields, as Python's keywords.
sign() {
    python "release('archive', 'debian', 'trixie', $1)
stop_agent('archive')"
}
sign "Valid_Until=date(time.time() - 60)"
bad "Valid-Until a minute ago" 'InRelease|trixie' 'valid until'
sign "Date=date(time.time() + 2 * 86400)"
bad "a Date of the day after tomorrow" 'future'
sign "Date='nonsense'"
bad "a Date that is none" 'Date'
sign "Date=None"
bad "no Date" 'Date'
sign "Codename='bookworm', Suite='oldstable'"
bad "another Codename" 'bookworm|oldstable' trixie
sign "digests=('MD5Sum', 'SHA1')"
bad "only MD5 and SHA-1 in it" 'SHA-?256'
index=archive/debian/dists/trixie/main/binary-amd64
rm -r "$index"
bad "no index" 'Packages|by-hash|binary-amd64'
for f in "$index/Packages.xz" "$index"/by-hash/SHA256/*; do truncate -s -1 "$f"; done
bad "an index cut off" 'Packages|by-hash'
for f in "$index/Packages.xz" "$index"/by-hash/SHA256/*; do echo >>"$f"; done
bad "an index longer than InRelease says" 'Packages|by-hash'
# stanza COMMAND: changes Packages by sed, and signs it all.
stanza() {
    local f hash
    sed -i "$1" "$index/Packages"
    xz -0 -k -f "$index/Packages"
    for f in "$index/Packages" "$index/Packages.xz"; do
        hash=$(sha256sum <"$f")
        cp "$f" "$index/by-hash/SHA256/${hash%% *}"
    done
    sign "Origin='Debian'"
}
stanza 's/^Depends: bar/Depends: nothing-at-all/'
bad "an unmet dependency, in words" 'foo' 'nothing-at-all'
stanza 's/^Version: .*/Version: 1 2 3/'
bad "versions that are none" 'Packages|binary-amd64' '[Vv]ersion'
stanza 's/^Package: foo$/Package: ..\/..\/foo/'
bad "a name that is none" 'foo'
stanza '1i no field at all'
bad "a line that is no field" 'Packages|binary-amd64'
stanza '1i Package: x\x00y'
bad "a NUL" 'Packages|binary-amd64'
stanza 's/^Size: .*/Size: 5/'
bad "debs of another size" 'bytes|size'
stanza 's/^Depends: bar/Depends: bar (>= 1.0 | ,,/'
bad "a dependency that is none" 'foo|Packages'
stanza 's/^Architecture: amd64/Architecture: arm64/'
bad "another architecture's package in an index" 'foo|arm64'
stanza '/^Package: foo$/i Package: foo'
bad "a field twice" 'Packages|binary-amd64'

mv archive/debian-security away
bad "no security suite" 'trixie-security'
rm -rf archive/debian/dists/trixie-updates
mk foo.conf -o oci:out.oci
fine "no updates suite is a warning"
like "which is said" "$err" 'trixie-updates'

finish
