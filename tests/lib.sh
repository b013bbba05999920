# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts in cli/, live/ and interop/ share. A test starts with
#
#     . "$(dirname "$0")/../lib.sh"
#
# and has then: $top (the source tree), $MKIMAGE (the program, absolute), $work (a directory of its
# own, which it stands in and which is removed at the end), a cache and a home of its own. It says
# what it found by `is`, `ok`, `like` and `fine`, as TAP, and ends with `finish`.

set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
MKIMAGE=$(realpath -m "${MKIMAGE:-$top/build/mkimage}")
if [ ! -x "$MKIMAGE" ]; then
    echo "$MKIMAGE isn't built (make)" >&2
    exit 1
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/mkimage-test.XXXXXX")
background=()

# Ends what the test started, and removes what it wrote.
lib_end() {
    local status=$? pid
    trap - EXIT
    for pid in "${background[@]}"; do
        kill -KILL -- "$pid" 2>/dev/null
    done
    chmod -R u+rwx "$work" 2>/dev/null
    rm -rf "$work"
    exit "$status"
}
trap lib_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

callers_mirror=${MKIMAGE_MIRROR:-}
unset MKIMAGE_MIRROR SOURCE_DATE_EPOCH XDG_CACHE_HOME http_proxy https_proxy
unset MKIMAGE_APT_ROOT GNUPGHOME
export LC_ALL=${LC_ALL:-C.UTF-8} HOME=$work/home MKIMAGE_CACHE=$work/cache MKIMAGE_DATA=$top
umask 022
mkdir "$HOME"
cd "$work" || exit 1

# ---- TAP ------------------------------------------------------------------------------------------

tap=0 tap_failed=0

# pass NAME, fail NAME [WHY...]
pass() {
    tap=$((tap + 1))
    echo "ok $tap - $1"
}
fail() {
    tap=$((tap + 1)) tap_failed=$((tap_failed + 1))
    echo "not ok $tap - $1"
    shift
    [ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/#   /'
}
skip() {
    tap=$((tap + 1))
    echo "ok $tap - $1 # SKIP $2"
}

# is NAME GOT WANT; isnt NAME GOT OTHER
is() {
    if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    $2" "wanted: $3"; fi
}
isnt() {
    if [ "$2" != "$3" ]; then pass "$1"; else fail "$1" "got: $2"; fi
}

# ok NAME COMMAND...: it succeeds. What it says is shown if it doesn't.
ok() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then pass "$name"; else fail "$name" "$*" "$said"; fi
}

# like NAME TEXT PATTERN...: each extended regular expression is found in it.
like() {
    local name=$1 text=$2 pattern
    shift 2
    for pattern; do
        if ! grep -qE -- "$pattern" <<<"$text"; then
            fail "$name" "no /$pattern/ in:" "$(head -n 30 <<<"$text")"
            return
        fi
    done
    pass "$name"
}

# unlike NAME TEXT PATTERN: nothing that it has fits the extended regular expression.
unlike() {
    local found
    if found=$(grep -E -- "$3" <<<"$2"); then fail "$1" "/$3/ is in:" "$found"; else pass "$1"; fi
}

# finish: the plan. The last command of each test.
finish() {
    echo "1..$tap"
    [ "$tap_failed" = 0 ] && [ "$tap" != 0 ]
    exit
}

skip_all() {
    echo "SKIP: $1"
    exit 77
}

# need COMMAND...: skips the test where one isn't there.
need() {
    local command
    for command; do
        command -v "$command" >/dev/null || skip_all "no $command"
    done
}

# ---- the program ----------------------------------------------------------------------------------

code=0 out='' err=''

# mk ARGUMENT...: runs the program; then $code, $out and $err are what it gave.
mk() {
    code=0
    "$MKIMAGE" "$@" >"$work/.out" 2>"$work/.err" </dev/null || code=$?
    out=$(cat "$work/.out") err=$(cat "$work/.err")
}

# fine NAME: the last mk went well.
fine() {
    if [ "$code" = 0 ]; then pass "$1"; else fail "$1" "exit code $code" "$err"; fi
}

# must NAME: the same, and without it the rest of the test makes no sense.
must() {
    fine "$1"
    [ "$code" = 0 ] || finish
}

# refused NAME CODE PATTERN...: the last mk ended with this code, said nothing on stdout and each
# of these on stderr.
refused() {
    local name=$1 want=$2
    shift 2
    if [ "$code" != "$want" ]; then
        fail "$name" "exit code $code instead of $want" "$err"
    elif [ -n "$out" ]; then
        fail "$name" "stdout: $out"
    else
        like "$name" "$err" "error:" "$@"
    fi
}

# other_user COMMAND...: runs it as a user that owns nothing, for what root may do anyway. Without
# root it runs as it is. Commands find the program as `mkimage`: a copy, with its data, as the source
# may lie where that user can't go.
other_user() {
    local place=$work/.other
    if [ ! -d "$place" ]; then
        mkdir -p "$place/tmp"
        cp -L "$MKIMAGE" "$place/mkimage"
        cp -r "$top/rootfs-templates" "$top/recipes" "$place/"
        chmod -R a+rX "$place"
        chmod 1777 "$place/tmp"
    fi
    local -x PATH=$place:$PATH MKIMAGE_DATA=$place TMPDIR=$place/tmp
    if [ "$(id -u)" = 0 ]; then
        chmod 755 "$work"
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
    else
        "$@"
    fi
}

# absent NAME PATH...: none of them is there.
absent() {
    local name=$1 path
    shift
    for path; do
        if [ -e "$path" ] || [ -L "$path" ]; then
            fail "$name" "$path is there: $(ls -ld "$path")"
            return
        fi
    done
    pass "$name"
}

# digest_of TEXT: the digest in a line of the program's output.
digest_of() {
    sed -n 's/.*@\(sha256:[0-9a-f]\{64\}\)$/\1/p' <<<"$1"
}

# ---- layouts --------------------------------------------------------------------------------------

# blob LAYOUT DIGEST: the path of a blob.
blob() {
    echo "$1/blobs/sha256/${2#sha256:}"
}

# manifest LAYOUT [ARCH]: the digest of its manifest.
manifest() {
    local digest
    digest=$(jq -r '.manifests[0].digest' "$1/index.json")
    if [ -n "${2:-}" ]; then
        digest=$(jq -r --arg a "$2" '.manifests[] | select(.platform.architecture == $a).digest' \
            "$(blob "$1" "$digest")")
    fi
    echo "$digest"
}

# config LAYOUT [ARCH]: its config, JSON.
config() {
    cat "$(blob "$1" "$(jq -r .config.digest "$(blob "$1" "$(manifest "$@")")")")"
}

# layers LAYOUT [ARCH]: its layers' digests, a line each; diff_ids: the same of what is in them.
layers() {
    jq -r '.layers[].digest' "$(blob "$1" "$(manifest "$@")")"
}
diff_ids() {
    config "$@" | jq -r '.rootfs.diff_ids[]'
}

# layer LAYOUT DIGEST: a layer's tar, whatever it is compressed by.
layer() {
    local file
    file=$(blob "$1" "$2")
    case $(head -c 2 "$file" | od -An -tx1 | tr -d ' ') in
    1f8b) gzip -dc "$file" ;;
    28b5) zstd -dcq "$file" ;;
    *) cat "$file" ;;
    esac
}

# listing LAYOUT [ARCH]: what its layers hold: the digest, then each layer's `tar -tv`.
listing() {
    local digest
    for digest in $(layers "$@"); do
        layer "$1" "$digest" | TZ=UTC0 tar -tv --numeric-owner --full-time -f - || return
    done
}

# unpack LAYOUT DIR [ARCH]: its tree, without owners. No whiteouts: nothing here makes any.
unpack() {
    local digest dir=$2
    mkdir -p "$dir"
    for digest in $(layers "$1" "${@:3}"); do
        layer "$1" "$digest" | tar -C "$dir" -x --no-same-owner --delay-directory-restore -p -f - || return
    done
}

# entry LAYOUT PATH: a file's bytes, from the highest layer that has it.
entry() {
    local digest
    for digest in $(layers "$1" | tac); do
        layer "$1" "$digest" | tar -xO -f - "$2" 2>/dev/null && return
    done
    return 1
}

# check_layout LAYOUT: whether it is sound (layout.py); says what is wrong.
check_layout() {
    "$top/tests/layout.py" "$1"
}

# ---- the real archive -----------------------------------------------------------------------------

# live: lets the program use this machine's mirrors, or the caller's MKIMAGE_MIRROR.
live() {
    compgen -G '/usr/share/keyrings/debian-archive-keyring.*' >/dev/null ||
        skip_all "no keyring of Debian here"
    [ -z "$callers_mirror" ] || export MKIMAGE_MIRROR=$callers_mirror
    arch=$(dpkg --print-architecture)
    export arch
}

# shared_cache: one cache with the other tests of this run that call it, for what they fetch and build
# alike.
shared_cache() {
    [ -z "${TEST_SHARED:-}" ] || export MKIMAGE_CACHE=$TEST_SHARED/cache
}

# based NAME BASE: writes NAME.conf from stdin, on top of a recipe that ships.
based() {
    {
        echo "include(\"$top/recipes/$2.conf\")"
        cat
    } >"$1.conf"
}

# extract LAYOUT:TAG DIR: by umoci, which checks each digest and diff_id; gzip only. Root keeps the
# owners.
extract() {
    local rootless=()
    [ "$(id -u)" = 0 ] || rootless=(--rootless)
    umoci raw unpack "${rootless[@]}" --image "$1" "$2"
}

# inside DIR PROGRAM...: starts it in that tree as the image's user, with nothing of this
# machine's environment.
inside() {
    local dir=$1
    shift
    env -i PATH=/usr/local/bin:/usr/bin LANG=C.UTF-8 "$(PATH=$PATH:/usr/sbin command -v chroot)" --userspec=5000:5000 "$dir" "$@"
}

# ---- the test archive -----------------------------------------------------------------------------

# test_archive [OPTION...]: makes $work/archive (tests/archive/make has the options), and lets the
# program know of no other mirror. To be called again with other options.
test_archive() {
    mkdir -p "$work/apt"
    export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_MIRROR=file://$work/archive/debian
    PYTHONDONTWRITEBYTECODE=1 "$top/tests/archive/make" "$work/archive" "$@" || exit 1
}

# more_archive SCRIPT DIR: an archive by one of this directory's Python scripts.
more_archive() {
    PYTHONDONTWRITEBYTECODE=1 python3 "$top/tests/cli/$1" "$2" || exit 1
}

# serve [RULE...]: serves $work/archive (tests/archive/serve has the rules); sets $url. Those before
# go on.
url='' serve_in=''
serve() {
    local IFS=$'\x1f' fifo=$work/.serve
    set -- "$work/archive" "$@"
    if [ -n "$serve_in" ]; then
        echo "$*" >&"$serve_in"
    else
        mkfifo "$fifo.in" "$fifo.out"
        # It ends when its stdin does, even if this shell is killed.
        "$top/tests/archive/serve" "$@" <"$fifo.in" >"$fifo.out" &
        background+=($!)
        disown
        exec {serve_in}>"$fifo.in" {serve_out}<"$fifo.out"
        rm "$fifo.in" "$fifo.out"
    fi
    # shellcheck disable=SC2034 # for the test
    read -r url <&"$serve_out"
}

# recipe NAME: writes NAME.conf from stdin, with the test archive's key.
recipe() {
    {
        echo "source \"debian\" { keyring = \"$work/archive/archive.gpg\" }"
        echo "source \"debian-security\" { keyring = \"$work/archive/archive.gpg\" }"
        cat
    } >"$1.conf"
}
