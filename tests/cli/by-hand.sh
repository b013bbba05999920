#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Accounts, files, modes and owners that maintainer scripts make by hand are in the image, by name
# and byte; what the policy doesn't let through isn't, and what no tool could do ends the build with
# the package and the line. Nothing of a script is run.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

recipe by-hand <<'END'
packages = {"base-files", "by-hand"}
arch = {"amd64"}
compression = "gzip"
END
mk by-hand.conf --strict
fine "every line of the script is accounted for"
like "the policy has the last word on setuid bits" "$err" \
    'package by-hand: postinst:29: /usr/bin/by-hand has mode 0750 instead of 4750: rule FS-SUID'
passwd=$(entry by-hand.oci etc/passwd) group=$(entry by-hand.oci etc/group)
like "the account, as adduser makes it" "$passwd" \
    '^byhand:x:998:998:By hand:/var/lib/by-hand:/usr/sbin/nologin$'
like "its groups" "$group" '^byhand:x:998:$' '^byteam:x:999:byhand$'
like "ids are kept in the lock" "$(cat by-hand.lock)" '"byhand","uid":998' '"byteam","uid":999'
list=$(listing by-hand.oci)
like "directories, with owners" "$list" '^drwxr-xr-x 998/998 .* var/lib/by-hand/$' \
    '^drwxr-s--- 998/999 .* var/lib/by-hand/data/$' '^drwx--x--x 0/999 .* var/log/by-hand/$'
like "files" "$list" '^-rw-r----- 0/0 .* 12 .* etc/by-hand/copied.conf$' \
    '^-rw-r--r-- 0/0 .* 12 .* etc/by-hand/by-hand.conf$' \
    '^-rw-r--r-- 0/0 .* 0 .* var/lib/by-hand/state$' ' etc/by-hand/link.conf -> by-hand.conf$'
like "of tmpfiles.d" "$list" '^drwxr-x--- 998/999 .* run/by-hand/$' \
    '^drwxr-xr-x 998/998 .* var/cache/by-hand/$' \
    '^-rw------- 998/0 .* var/lib/by-hand/first$' \
    ' var/lib/by-hand/link -> ../misc$' '^-rw------- 998/998 .* etc/by-hand/lines.conf$'
unlike "none that stand for booting, and no leftover of the script's own" "$list" 'run/booted' \
    'lines.tmp'
is "a copy has the bytes" "$(entry by-hand.oci etc/by-hand/copied.conf)" "conf = true"
is "so has ucf's" "$(entry by-hand.oci etc/by-hand/by-hand.conf)" "conf = true"
is "texts are as written" "$(entry by-hand.oci etc/by-hand/text.conf)" "# written by configure
conf = /etc/by-hand
option = 1"
is "and moved" "$(entry by-hand.oci etc/by-hand/lines.conf)" "one
two"
like "owners of the package's own files" "$list" '^-rwxr-x--- 0/999 .* usr/bin/by-hand$' \
    '^-rw-r--r-- 0/999 .* usr/share/by-hand/data.bin$'
is "with their bytes" "$(entry by-hand.oci usr/share/by-hand/data.bin | sha256sum)" \
    "$(python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 400)' | sha256sum)"
ok "the layout is sound" check_layout by-hand.oci

first=$(digest_of "$out")
rm -rf by-hand.oci
mk by-hand.conf
fine "again"
is "the same digest" "$(digest_of "$out")" "$first"

recipe own <<'END'
packages = {"base-files", "by-hand"}
arch = {"amd64"}
account "byhand" { uid = 700   gid = 700   home = "/srv/by-hand" }
exclude = {"/etc/by-hand/copied.conf"}
file "/etc/by-hand/text.conf" { content = "own" }
directory "/var/log/by-hand" { mode = 0700 }
allow { rule = "FS-SUID"   path = "/usr/bin/by-hand"   reason = "test" }
END
mk own.conf --strict
fine "a recipe decides"
list=$(listing own.oci)
like "over accounts" "$(entry own.oci etc/passwd)" '^byhand:x:700:700::/srv/by-hand:'
unlike "over what is left out" "$list" 'copied.conf'
is "over files" "$(entry own.oci etc/by-hand/text.conf)" own
like "over directories and bits" "$list" '^drwx------ 0/[0-9]* .* var/log/by-hand/$' \
    '^-rwsr-x--- 0/[0-9]* .* usr/bin/by-hand$'

# bad NAME PATTERN...: the build fails and says so.
bad() {
    recipe "by-hand-$1" <<END
packages = {"base-files", "by-hand-$1"}
arch = {"amd64"}
END
    mk "by-hand-$1.conf" --strict
    isnt "$1 fails" "$code" 0
    like "and says why" "$err" "${@:2}"
    absent "$1: no image" "by-hand-$1.oci"
}
bad ghost 'package by-hand-ghost: postinst:4: there is no account "ghost"' 'account section'
bad file 'package by-hand-file: postinst:4: /usr/share/by-hand-file/x is there already and is no directory'
bad dots 'by-hand-dots.*not accounted for'
bad shell 'by-hand-shell.*not accounted for'

recipe suid <<'END'
packages = {"base-files", "by-hand-suid"}
arch = {"amd64"}
END
mk suid.conf --strict
fine "a script sets a setuid bit"
like "it is cleared" "$(listing suid.oci)" '^-rw-r--r-- .* usr/share/by-hand-suid/x$'
finish
