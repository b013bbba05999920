#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What packages name steers no terminal: names with escapes come out escaped, in notes, errors and
# documents, on a terminal and in a log.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need script
export MKIMAGE_APT_ROOT=$work MKIMAGE_MIRROR=file://$work/archive/debian
PYTHONPATH=$top/tests/cli:$top/tests/archive PYTHONDONTWRITEBYTECODE=1 python3 -c '
from debian import *
import elf
EVIL = "\x1b]0;x\x07\x9b\u202e"
archive = Archive("archive")
def add(name, *files):
    deb = Deb(name, "1", "amd64")
    for path, data in files:
        deb.file(path, data)
    archive.add("trixie", deb.build())
add("in-sysusers", ("usr/lib/sysusers.d/a" + EVIL + ".conf", b"none of it\n"))
add("in-certificate", ("usr/share/ca-certificates/a" + EVIL + ".crt", b"none\n"))
add("in-soname", ("usr/lib/x86_64-linux-gnu/libx.so.1.0",
                  elf.dynamic("amd64", soname="libx" + EVIL + ".so.1")))
add("in-setuid", ("usr/share/b" + EVIL, ("#!/none" + EVIL + "\n").encode()))
add("in-path", ("usr/x" + EVIL + "/../y", b""))
archive.sign()' || exit 1

recipe good <<'END'
packages = {"in-sysusers", "in-certificate", "in-soname", "in-setuid"}
arch = {"amd64"}
END
recipe bad <<'END'
packages = {"in-path"}
arch = {"amd64"}
END

# plain NAME TEXT: no byte that steers a terminal: ESC and BEL, C1, a mark that turns the order.
plain() {
    if LC_ALL=C grep -qaP '\x1b(?!\[[0-9;]*[mK])|[\x00-\x08\x0e-\x1a\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' <<<"$2"; then
        fail "$1" "$(cat -v <<<"$2")"
    else
        pass "$1"
    fi
}
shown='\\x1b\]0;x\\x07\\xc2\\x9b\\xe2\\x80\\xae'

mk good.conf -o oci:good.oci
must "packages of such names are built"
said=$out$err
like "their notes name them" "$said" "note: usr/lib/sysusers.d/a$shown\\.conf:1" \
    "note: /usr/share/ca-certificates/a$shown\\.crt" \
    "note: /usr/lib/x86_64-linux-gnu/libx$shown\\.so\\.1: link made"
plain "escaped in a log" "$said"
mk good.conf -o oci:good.oci --verbose
plain "with --verbose, too" "$out$err"
said=$(script -qec "'$MKIMAGE' good.conf -o oci:good.oci" /dev/null </dev/null)
like "on a terminal they are named as well" "$said" "a$shown\\.conf:1"
plain "escaped on a terminal" "$said"
mk good.conf -o oci:good.oci --format json
ok "as JSON they are a document" jq -e . <<<"$out"
plain "escaped in JSON" "$out$err"
for command in inspect audit; do
    mk $command oci:good.oci
    plain "$command escapes them" "$out$err"
done

mk bad.conf -o oci:bad.oci
refused "a path that is refused" 1 "usr/x$shown/\\.\\./: "
plain "is escaped in the error" "$err"
said=$(script -qec "'$MKIMAGE' bad.conf -o oci:bad.oci" /dev/null </dev/null)
plain "on a terminal, too" "$said"
finish
