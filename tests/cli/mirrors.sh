#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Where mirrors come from: the command line, the environment, the recipe, apt's sources in both
# formats, in this order; a security archive beside the main one; a machine with none of them gets
# the very lines to write; http, with a server that drops connections.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive
mirror=$MKIMAGE_MIRROR
unset MKIMAGE_MIRROR

recipe foo <<'END'
packages = {"foo"}
arch = {"amd64"}
END

# build NAME ARGUMENT...: from an empty cache, without a lock.
build() {
    rm -rf cache foo.lock foo.oci
    mk foo.conf "$@"
}

build
refused "no mirror at all" 1 '--mirror' 'source "debian"' 'mirror' 'MKIMAGE_MIRROR|environment'
absent "leaves nothing" foo.oci foo.lock

build --mirror "$mirror"
fine "--mirror, with the security archive beside it"
digest=$(digest_of "$out")
like "that was used" "$(cat foo.lock)" '"source":"debian-security","suite":"trixie-security"' '1\.2-3\+deb13u1'
build --mirror "$mirror/"
is "a slash at its end" "$(digest_of "$out")" "$digest"

export MKIMAGE_MIRROR="$mirror debian-security=file://$work/archive/debian-security"
build
is "MKIMAGE_MIRROR" "$(digest_of "$out")" "$digest"
MKIMAGE_MIRROR=file:///nowhere build --mirror "$mirror"
is "--mirror goes before it" "$(digest_of "$out")" "$digest"
unset MKIMAGE_MIRROR

mkdir -p apt/etc/apt/sources.list.d
cat >apt/etc/apt/sources.list <<END
# a comment
deb [ arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg ] $mirror trixie main contrib
deb-src file:///nowhere trixie main
deb $mirror-security trixie-security main
END
build
is "apt's one-line format" "$(digest_of "$out")" "$digest"

rm apt/etc/apt/sources.list
cat >apt/etc/apt/sources.list.d/debian.sources <<END
# a comment
Types: deb
URIs: $mirror
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: $mirror-security
Suites: trixie-security
Components: main

Enabled: no
Types: deb
URIs: file:///nowhere
Suites: trixie
Components: main
END
build
is "apt's deb822 format" "$(digest_of "$out")" "$digest"
sed -i '/security/,/^$/d' apt/etc/apt/sources.list.d/debian.sources
build
is "apt without a security archive: the one beside" "$(digest_of "$out")" "$digest"
mv archive/debian-security away
build
refused "and where that isn't there, a refusal" 1 'trixie-security' 'debian-security'
mv away archive/debian-security
rm -rf apt/etc

serve
build --mirror "$url/debian"
is "http" "$(digest_of "$out")" "$digest"
cp foo.conf plain.conf
sed -i "1s,{ ,&mirror = {\"$url/nowhere\"\, \"$url/debian\"} ,; 2s,{ ,&mirror = {\"$url/debian-security\"} ," foo.conf
build
is "the recipe's, the second where the first has nothing" "$(digest_of "$out")" "$digest"
build --mirror "$mirror"
is "--mirror goes before it, and a mirror of main doesn't hide the recipe's of security" \
    "$(digest_of "$out")" "$digest"
cp plain.conf foo.conf

# http, by a server of the test's own.
serve '*.deb:cut=400*6' '*InRelease:500*2' '*Packages*:retry=1' '*by-hash*:404'
build --mirror "$url/debian"
is "http that cuts, fails and tells to wait" "$(digest_of "$out")" "$digest"
there=$url
serve "*:redirect=$there"
build --mirror "$url/debian"
is "http that redirects" "$(digest_of "$out")" "$digest"
# trouble NAME PATTERN RULE...
trouble() {
    local name=$1 pattern=$2
    shift 2
    serve "$@"
    build --mirror "$url/debian"
    refused "$name" 1 "$url/" "$pattern"
    absent "$name: leaves nothing" foo.oci foo.lock
}
trouble "a redirect in a circle" 'redirect' '*InRelease:redirect=.'
trouble "a redirect to file:" 'file:|redirect' "*InRelease:redirect=file://$work/archive"
trouble "an archive that isn't there" 'InRelease' '*:404'
trouble "a deb with a wrong byte" 'foo|libc6|SHA' '*.deb:wrong'
trouble "a deb with a byte more" 'foo|libc6|bytes' '*.deb:longer'
trouble "an index with a wrong byte" 'Packages|by-hash' '*by-hash*:wrong' '*Packages*:wrong'
build --mirror "http://127.0.0.1:1/debian"
refused "a port where nobody listens" 1 'http://127\.0\.0\.1:1/debian'
build --mirror "http://no-such-host.invalid/debian"
refused "a host that isn't there" 1 'no-such-host\.invalid'
absent "and none of them left anything" foo.oci foo.lock

# https, by an authority of the test's own; it never leads to http.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem \
    -days 2 -subj "/CN=127.0.0.1" -addext subjectAltName=IP:127.0.0.1 2>openssl.out
serve --tls tls.pem tls.key
build --mirror "$url/debian"
refused "https by an authority that nobody knows" 1 'certificate.*--ca-file'
build --mirror "$url/debian" --ca-file tls.pem
is "https" "$(digest_of "$out")" "$digest"
build --mirror "$url/debian" --ca-file foo.conf
refused "a file of no certificates" 1 '--ca-file: foo.conf: holds no certificate'

# A certificate of another time is no question of authorities, of a mirror and of a registry.
mkdir times
cat >times/ca.conf <<END
[ca]
default_ca = one
[one]
new_certs_dir = times
database = times/index
serial = times/serial
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
END
openssl req -new -key tls.key -subj "/CN=127.0.0.1" -addext subjectAltName=IP:127.0.0.1 \
    -out times/request 2>openssl.out
while read -r name from to says; do
    : >times/index
    echo 01 >times/serial
    openssl ca -batch -config times/ca.conf -selfsign -keyfile tls.key -in times/request -notext \
        -startdate "$from" -enddate "$to" -out "times/$name" 2>openssl.out || cat openssl.out
    serve --tls "times/$name" tls.key
    build --mirror "$url/debian" --ca-file "times/$name"
    refused "https: $name" 1 "$says"
    is "it isn't told to name an authority" "$(grep -c -e --ca-file <<<"$err")" 0
    mk tags "${url#https://}/x/y" --ca-file "times/$name"
    refused "a registry: $name" 1 "$says"
    is "nor there" "$(grep -c -e --ca-file <<<"$err")" 0
done <<'END'
expired 20200101000000Z 20210101000000Z a certificate of its has expired: whoever runs it has to renew it
early 20400101000000Z 20410101000000Z a certificate of its isn.t valid yet: is this machine.s clock right\?
END
for what in '*InRelease' '*.deb'; do
    serve "$what:redirect=$there" --tls tls.pem tls.key
    build --mirror "$url/debian" --ca-file tls.pem
    refused "https that redirects $what to http" 1 "redirects to $there/.*, which is refused"
    absent "and leaves nothing" foo.oci foo.lock
done

# A third party delivers only what is named for it.
serve
export MKIMAGE_MIRROR=$url/debian
mkdir -p archive/third
cat >>foo.conf <<END
source "other" { suites = {"trixie"} mirror = {"$url/third/other/debian"} keyring = "$work/archive/third/other/archive.gpg" packages = {"only-here"} }
packages += {"only-here"}
END
python3 - "$work/archive/third/other" <<END || exit 1
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "$top/tests/cli")
from debian import Archive, Deb
a = Archive(sys.argv[1])
a.add("trixie", Deb("only-here", "1", "all").file("usr/share/here", "here").build())
a.add("trixie", Deb("foo", "9:9", "amd64").file("usr/bin/foo", "evil", 0o755).build())
a.sign()
END
build
fine "a third party's source"
is "delivers its package and no other" \
    "$(jq -r '.architectures.amd64.packages[] | select(.name == "only-here" or .name == "foo") |
        .name + " " + .version + " " + .origin' foo.lock)" \
    "$(printf '%s\n' 'foo 1:1.1-1 debian' 'only-here 1 other')"
sed -i "s,archive/third/other/archive.gpg,archive/archive.gpg," foo.conf
build
refused "with a key that didn't sign it" 1 'other' InRelease

# Paths in a pool as archives have them, fetched as apt does: "%" and what S3 takes for something else
# is encoded, "." and empty parts aren't there.
python3 - "$work/archive/third/paths" <<END || exit 1
import os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "$top/tests/cli")
from debian import Archive, Deb
a = Archive(sys.argv[1])
for name, path in (("plus", "pool/p+p/plus_1%3a2~rc+b1_all.deb"), ("dots", "./pool//d/./dots.deb"),
                   ("percent", "pool/100%/%2e%2e.deb"), ("up", "pool/../x.deb"),
                   ("top", "/pool/x.deb"), ("slashes", "//host/x.deb"), ("dir", "pool/x/"),
                   ("only-dots", "./"), ("hidden", "pool/./../x.deb")):
    deb = Deb(name, "1", "all").file("usr/share/" + name, name).build()
    a.add("trixie", deb, filename=path)
    real = a.pool("trixie", os.path.normpath(path.lstrip("/")))
    os.makedirs(os.path.dirname(real), exist_ok=True)
    if not os.path.isdir(real):
        open(real, "wb").write(deb.bytes)
a.sign()
END
serve --log requests
# from_pool NAME: builds an image of the one package.
from_pool() {
    cat >paths.conf <<END
arch = {"amd64"}
packages = {"$1"}
source "paths" { suites = {"trixie"} mirror = {"$url/third/paths/debian"}
    keyring = "$work/archive/third/paths/archive.gpg" packages = {"$1"} }
source "debian" { keyring = "$work/archive/archive.gpg" }
source "debian-security" { keyring = "$work/archive/archive.gpg" }
END
    rm -rf paths.lock paths.oci
    mk paths.conf
}
while read -r name locked asked; do
    from_pool "$name"
    fine "a path: $name"
    is "is locked plain" "$(jq -r '.architectures.amd64.packages[0].path' paths.lock)" "$locked"
    like "and asked for as apt asks" "$(cat requests)" "^GET /third/paths/debian/$asked - 200$"
done <<'END'
plus pool/p+p/plus_1%3a2~rc+b1_all.deb pool/p%2bp/plus_1%253a2%7erc%2bb1_all.deb
dots pool/d/dots.deb pool/d/dots.deb
percent pool/100%/%2e%2e.deb pool/100%25/%252e%252e.deb
END
for name in up top slashes dir only-dots hidden; do
    from_pool "$name"
    refused "a path: $name" 1 "package $name: the path (isn.t relative and clean|is empty)"
done

finish
