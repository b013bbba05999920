#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is odd but right in packages of the test archive: old layouts land behind the usrmerge
# links, setuid bits go, names of any bytes survive every locale, hard links keep their data,
# base-files' links may be crossed; and files that two packages bring are refused unless Replaces
# says which one counts.

set -euo pipefail
. tests/archive/lib.sh
mkimage=${MKIMAGE:-build/mkimage}

# shellcheck disable=SC2119
archive_make
archive_files
n=0
check() { # what, command...
    local what=$1
    shift
    n=$((n + 1))
    if "$@"; then
        echo "ok $n - $what"
    else
        echo "not ok $n - $what"
        cat "$work/err"
    fi
}
build() { # packages; the recipe's further lines are on stdin
    local list
    printf -v list '"%s", ' "$@"
    { archive_recipe && echo "packages = {$list} arch = {\"amd64\"}" && cat; } >"$work/x.conf"
    rm -rf "$work/x.oci" "$work/x.lock" "$work/cache"
    "$mkimage" build "$work/x.conf" -o "oci:$work/x.oci" --cache "$work/cache" \
        >"$work/out" 2>"$work/err"
}
list_layers() { # type, mode, owner, size and names of all entries of all layers
    local blob
    for blob in "$work/x.oci"/blobs/sha256/*; do
        if zstd -qt "$blob" 2>/dev/null; then
            zstd -dcq "$blob" | LC_ALL=C tar --quoting-style=literal --numeric-owner -tvf -
        fi
    done | sed -E 's/ +/ /g; s/ [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]+ / /' >"$work/list"
}
has() {
    LC_ALL=C grep -qaxE -- "$1" "$work/list"
}
lacks() {
    ! LC_ALL=C grep -qaE -- "$1" "$work/list"
}

odd=(base-files libc6 old-layout suid-tool suid-hardlink hardlinks long-names run-files times)
keep_run='allow { rule = "FS-JUNK" path = "/run/run-files/x" reason = "it is looked for below" }'
build "${odd[@]}" <<<"$keep_run"
list_layers
check "/bin/x of an old package lands in /usr/bin" has '-rwxr-xr-x 0/0 [0-9]+ usr/bin/old-tool'
check "/lib/x in /usr/lib" has '-rw-r--r-- 0/0 2 usr/lib/old-layout/x'
check "/sbin/x in /usr/sbin" has '-rwxr-xr-x 0/0 [0-9]+ usr/sbin/old-sbin'
check "/bin stays a relative link" has 'lrwxrwxrwx 0/0 0 bin -> usr/bin'
check "nothing lies below the links" lacks ' (bin|sbin|lib|lib64)/'
check "setuid is gone" has '-rwxr-xr-x 0/0 [0-9]+ usr/bin/suid-real'
check "setgid is gone" has '-rwxr-xr-x 0/[0-9]+ [0-9]+ usr/bin/sgid-shadow'
check "no entry has such a bit" lacks '^-..[sS]|^-.....[sS]'
check "and that is said" grep -q 'FS-SUID .*/usr/bin/suid-real' "$work/err"
check "/var/run's files are in /run" has '-rw-r--r-- 0/0 14 run/run-files/x'
check "/var/lock's in /run/lock" has 'drwxr-xr-x 0/0 0 run/lock/run-files/'
check "/var/run is a link" has 'lrwxrwxrwx 0/0 0 var/run -> /run'
check "a hard link" has 'hrwxr-xr-x 0/0 0 usr/bin/hard-two link to usr/bin/hard-one'
check "a dropped first name leaves its data" has '-rw-r--r-- 0/0 24 usr/share/hardlinks/data'
check "both dropped" lacks 'man1/hard'
check "a name of 255 bytes" has '-rw-r--r-- 0/0 25 usr/share/long-names/c{255}'
check "a path of over 500 bytes" has '-rw-r--r-- 0/0 9 usr/share/long-names/(d{60}/){8}e'
check "a long link" has 'lrwxrwxrwx 0/0 0 usr/share/long-names/link -> f{150}'
check "a name in UTF-8" has ".* usr/share/long-names/$(printf 'gr\303\274\303\237e')/.*\.txt"
check "a name that is not" has ".* usr/share/long-names/$(printf 'latin1-\351')"
check "a name with a blank" has '.* usr/share/long-names/with blank'
check "a name with a backslash" has '.* usr/share/long-names/back\\slash'
check "an empty directory" has 'drwxr-xr-x 0/0 0 usr/share/long-names/empty-dir/'

cp "$work/out" "$work/first"
LC_ALL=C.UTF-8 TZ=UTC+12 build "${odd[@]}" <<<"$keep_run"
check "the same digest under C.UTF-8" cmp "$work/first" "$work/out"
(umask 077 && LC_ALL=C TZ=UTC-14 LANG=xx build "${odd[@]}" <<<"$keep_run")
check "and under C, another umask and zone" cmp "$work/first" "$work/out"

clash() { # packages
    ! build "$@" </dev/null &&
        grep -q "^error: .*/usr/share/clash/file .*$1.*$2\|^error: .*/usr/share/clash/file .*$2.*$1" \
            "$work/err" && [ ! -e "$work/x.oci" ] && [ ! -e "$work/cache.oci" ]
}
check "two packages with one file" clash clash-one clash-two
check "Replaces of older versions only" clash clash-one clash-replaces-old
check "a directory where the other has a file" clash clash-one clash-dir
check "Replaces" build clash-one clash-replaces </dev/null

unsolvable() {
    ! build unsolvable </dev/null && grep -q '^error: .*not-there (>= 9)' "$work/err"
}
check "an unsolvable package is explained" unsolvable
# What foo needs is in the alternative that is forbidden: rule ELF-NEED sees it.
build foo needs-mta any-dep <<<'forbid = {"libfoo1"}' || true
check "a program without its library" grep -q 'ELF-NEED: /usr/bin/foo .*needs libfoo.so.1' "$work/err"
build foo needs-mta any-dep <<'END'
forbid = {"libfoo1"}
allow { rule = "ELF-NEED" path = "/usr/bin/foo" reason = "about dependencies" }
END
"$mkimage" inspect "oci:$work/x.oci" >"$work/layers"
check "forbidden: the other alternative serves" grep -q 'libbar1 2.0-1' "$work/layers"
check "a versioned Provides" grep -q 'mta-two 1.0-1' "$work/layers"
check "and only that one" test "$(grep -c 'mta-one' "$work/layers")" = 0
echo "1..$n"
