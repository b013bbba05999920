#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes the signed files of test_release.c with throw-away keys: run once, the results are
# committed, the secret keys are gone when it ends. Signatures never expire unless meant to.

set -euo pipefail
cd "$(dirname "$0")"
home=$(mktemp -d)
trap 'gpgconf --homedir "$home" --kill all; rm -rf "$home"' EXIT
export GNUPGHOME=$home LC_ALL=C
: >"$home/gpg.conf"

gpg() {
    command gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' \
        --faked-system-time '20260101T000000!' "$@" 2>/dev/null
}
key() { # name algorithm expire
    gpg --quick-generate-key "$1" "$2" sign "$3"
    gpg --export "$1" >"$1.gpg"
}
sign() { # file, then gpg's options
    local out=$1
    shift
    gpg --yes --clearsign "$@" --output "$out" text
}

rm -f ./*.gpg ./*.asc ./*.InRelease
cat >text <<'END'
Origin: Test
Label: Test archive
Suite: stable
Version: 13.1
Codename: trixie
Date: Thu, 01 Jan 2026 12:00:00 UTC
Valid-Until: Thu, 08 Jan 2026 12:00:00 UTC
Acquire-By-Hash: yes
Architectures: all amd64 arm64
Components: main contrib
Description: - made by a test
MD5Sum:
 d41d8cd98f00b204e9800998ecf8427e        0 main/binary-amd64/Packages
SHA256:
 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855        0 main/binary-amd64/Packages
 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad        3 main/binary-amd64/Packages.xz
 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad        3 contrib/binary-arm64/Packages.xz
END
key good ed25519 never
key other ed25519 never
key rsa rsa2048 never
key small rsa1024 never
key dsa dsa2048 never
key expired ed25519 20260301T000000
gpg --armor --export good >good.asc
sign good.InRelease -u good
sign both.InRelease -u other -u good
sign other.InRelease -u other
sign rsa.InRelease -u rsa
sign sha1.InRelease -u rsa --digest-algo SHA1
sign sha512.InRelease -u good --digest-algo SHA512
sign small.InRelease -u small
sign dsa.InRelease -u dsa
sign expired.InRelease -u expired
sign old.InRelease -u good --default-sig-expire 20260201T000000
rm text
