#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The real archive: trixie with updates and security, by this machine's own mirrors (or
# MKIMAGE_MIRROR) and Debian's keyring. Locks for two architectures, fetches, goes on from a warm
# cache without the network; another keyring is refused.

set -euo pipefail
cd "$(dirname "$0")/../.."
mkimage=${MKIMAGE:-build/mkimage}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

keyring=
for k in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
    [ ! -e "$k" ] || keyring=$k
done
[ -n "$keyring" ] || { echo "skipped: no keyring of Debian here"; exit 77; }

n=0
result() { # 0 or 1, what
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2: $(cat "$work/err")"; fi
}
run() {
    "$mkimage" "$@" --cache "$work/cache" --quiet >"$work/out" 2>"$work/err"
}

cat >"$work/x.conf" <<END
packages = {"base-files", "libssl3t64"}
omit     = {"debconf"}
arch     = {"amd64", "arm64"}
END
bad=0
run lock "$work/x.conf" || bad=1
result $bad "a lock of today's trixie"
bad=0
for word in trixie trixie-updates trixie-security '"amd64"' '"arm64"' libssl3t64; do
    grep -q -- "$word" "$work/x.lock" || bad=1
done
result $bad "with its three suites and both architectures"
bad=0
run build "$work/x.conf" -o "oci:$work/x.oci" || bad=1
result $bad "fetched and built"
cp "$work/out" "$work/first"
bad=0
rm -rf "$work/x.oci"
run build "$work/x.conf" -o "oci:$work/x.oci" --mirror debian=http://127.0.0.1:9/debian \
    --mirror debian-security=http://127.0.0.1:9/debian-security || bad=1
cmp "$work/first" "$work/out" || bad=1
result $bad "once more from the cache, without a mirror that answers"
cat - "$work/x.conf" >"$work/y.conf" <<END
source "debian" { keyring = "$PWD/tests/data/release/good.gpg" }
END
bad=0
if run lock "$work/y.conf"; then bad=1; fi
grep -q "^error: .*InRelease: signed by key [0-9A-F]*, which isn't in the keyring" "$work/err" ||
    bad=1
result $bad "another keyring is refused"
echo "1..$n"
