#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes the certificates of the test archive's ca-certificates: two that last for a century, one
# that has expired. Run once, the results are committed; nobody keeps the keys.

set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/ca.conf" <<END
[ca]
default_ca = own
[own]
database = $work/index
new_certs_dir = $work
serial = $work/serial
default_md = sha256
policy = any
x509_extensions = v3
[any]
organizationName = supplied
commonName = supplied
[v3]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
: >"$work/index"
echo 01 >"$work/serial"

make() { # name, first and last day
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key" \
        -subj "/O=mkimage tests/CN=Test CA $1" -out "$work/request" 2>/dev/null
    openssl ca -batch -notext -config "$work/ca.conf" -selfsign -keyfile "$work/key" \
        -in "$work/request" -startdate "$2" -enddate "$3" -out "Test_CA_$1.crt" 2>/dev/null
}
make one 20200101000000Z 21200101000000Z
make two 20200101000000Z 21200101000000Z
make three 20200101000000Z 20210101000000Z
