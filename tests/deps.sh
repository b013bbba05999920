#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/deps.sh PACKAGE...: installs the Debian packages that aren't there yet, by sudo when not
# root. Nothing is done, and no network asked, when all are there.

set -eu

# More than one architecture may be there: a line each.
there=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
missing=
for package; do
    case "
$there
" in
    *"
$package installed
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "This is no Debian: install what gives$missing by hand." >&2
    exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Neither root nor sudo: have root run  apt-get install$missing" >&2
        exit 1
    fi
    sudo=sudo
fi

echo "  DEPS $missing"
install() {
    # shellcheck disable=SC2086 # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 $missing
}
# The lists may be missing or too old to find what they name.
install || {
    $sudo apt-get update -q
    install
}
