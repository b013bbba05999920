# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The test archive for tests in shell, sourced at the top of the source tree:
#
#     . tests/archive/lib.sh
#     archive_make [options of tests/archive/make]
#     archive_serve [rules of tests/archive/serve]
#     archive_recipe >"$work/x.conf"; echo 'packages = {"foo"}' >>"$work/x.conf"
#
# work: a directory that goes when the test ends; the archive is $work/archive. archive_serve sets
# url, mirror and security_mirror, may be called again with other rules, and logs its requests to
# $work/requests; archive_files takes the files themselves as mirrors, which is faster (file: URLs
# in MKIMAGE_MIRROR, as recipes may not name such).
# archive_recipe prints the source sections that use it.

work=$(mktemp -d "${TMPDIR:-/tmp}/archive.XXXXXX")
server_in=

archive_end() {
    if [ -n "$server_in" ]; then
        exec {server_in}>&-
        wait "$server_pid" || :
    fi
    rm -rf "$work"
}
trap archive_end EXIT

# shellcheck disable=SC2120 # options are rare
archive_make() {
    tests/archive/make "$work/archive" "$@"
}

# shellcheck disable=SC2120
archive_serve() {
    local IFS=$'\x1f'
    set -- --log "$work/requests" "$work/archive" "$@"
    if [ -n "$server_in" ]; then
        echo "$*" >&"$server_in"
    else
        mkfifo "$work/stdin" "$work/stdout"
        tests/archive/serve "$@" <"$work/stdin" >"$work/stdout" &
        server_pid=$!
        exec {server_in}>"$work/stdin" {server_out}<"$work/stdout"
    fi
    # shellcheck disable=SC2034 # these are for the test
    read -r url <&"$server_out"
    mirror=$url/debian
    security_mirror=$url/debian-security
}

archive_files() {
    mirror=
    security_mirror=
    MKIMAGE_MIRROR="debian=file://$work/archive/debian"
    MKIMAGE_MIRROR+=" debian-security=file://$work/archive/debian-security"
    export MKIMAGE_MIRROR
}

archive_recipe() {
    cat <<END
source "debian" {
    mirror  = {${mirror:+"\"$mirror\""}}
    keyring = "$work/archive/archive.gpg"
}
source "debian-security" {
    mirror  = {${security_mirror:+"\"$security_mirror\""}}
    keyring = "$work/archive/archive.gpg"
}
END
}
