# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the tests of `mkimage update` share, on top of tests/registry/lib.sh; sourced at the top of
# the source tree:
#
#     night_start                 the archive's days, a registry, the two served
#     checkout NAME               the ten recipes in $work/NAME, without locks
#     night NAME PREFIX DAY REPORT [OPTION...]
#                                 an update of them all, on that day's archive, with NAME's cache;
#                                 $code is its exit code, what it says is in $work/err
#     tags_of PREFIX              "REPOSITORY:TAG DIGEST" of all that is published there
#     together REPORT...          the entries of JSON reports of one day's runs, merged
#     plain                       what varies from run to run, put the same, from stdin

# shellcheck source=tests/registry/lib.sh
. tests/registry/lib.sh

source_top=$PWD
seed=${NIGHT_SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$((seed % 32768))
images="all app app-debug base conf daemon plain static tools vuln"

night_start() {
    echo "# NIGHT_SEED=$seed"
    tests/night/days "$work/days" || exit 1
    registry_start
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$host" "$(printf 'alice:secret' | base64)" \
        >"$work/auth.json"
    mkfifo "$work/archive.in" "$work/archive.out"
    tests/archive/serve --log "$work/archive.log" "$work/days" \
        <"$work/archive.in" >"$work/archive.out" &
    pids+=($!)
    # shellcheck disable=SC2034 # it stays open as long as the test runs
    exec {archive_in}>"$work/archive.in"
    read -r archive <"$work/archive.out"
    mkdir "$work/apt"
    export MKIMAGE_APT_ROOT=$work/apt MKIMAGE_DATA=$source_top
    unset MKIMAGE_MIRROR SOURCE_DATE_EPOCH
}

recipe() { # DIRECTORY NAME PACKAGES [ARCHITECTURES]
    cat >"$1/$2.conf" <<END
source "debian" { keyring = "$work/days/archive.gpg" }
source "debian-security" { keyring = "$work/days/archive.gpg" }
packages = {$3}
arch     = {${4:-\"amd64\"}}
tags     = {"1", "{date}"}
END
}

checkout() {
    local dir=$work/$1
    mkdir "$dir"
    recipe "$dir" all '"app", "daemon", "foo", "hello"' '"amd64", "arm64"'
    recipe "$dir" app '"app"' '"amd64", "arm64"'
    recipe "$dir" app-debug '"app", "vuln-tools"'
    recipe "$dir" base '"foo"'
    recipe "$dir" conf '"conf-app"'
    recipe "$dir" daemon '"daemon"'
    recipe "$dir" plain '"libbar1"'
    recipe "$dir" static '"hello"' '"amd64", "arm64"'
    recipe "$dir" tools '"vuln-tools", "tzdata"'
    recipe "$dir" vuln '"libvuln1"' '"amd64", "arm64"'
}

# The command of a run, in night_command. The archive's address is the same each day, as a mirror's
# is, but that of DAY "before", which is day 1's for good.
night_command() {
    local dir=$work/$1 prefix=$2 day=$3 report=$4 at=$archive/today
    shift 4
    if [ "$day" = before ]; then
        at=$archive/day1
    else
        ln -sfn "day$day" "$work/days/today"
    fi
    night_command=("$mkimage" update "$dir"/*.conf --push "$host/$prefix" --report "$report"
        --mirror "debian=$at/debian" --mirror "debian-security=$at/debian-security"
        --cache "$dir.cache" --ca-file "$work/ca.pem" --registry-config "$work/auth.json" "$@")
}

night() {
    night_command "$@"
    code=0
    timeout 200 "${night_command[@]}" >"$work/out" 2>"$work/err" || code=$?
}

# night_killed SIGNAL MILLISECONDS NIGHT'S ARGUMENTS...: the same, with the signal after that time
# if it takes so long; code is 137 or 143 then.
night_killed() {
    local pid signal=$1 after=$2
    shift 2
    night_command "$@"
    code=0
    "${night_command[@]}" >"$work/out" 2>"$work/err" &
    pid=$!
    pids+=("$pid")
    sleep "$((after / 1000)).$(printf '%03d' $((after % 1000)))"
    kill "-$signal" "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || code=$?
}

# From the registry's own files: asking it for each would take longer than the runs.
tags_of() {
    local image link tag
    for image in $images; do
        for link in "$work/registry/docker/registry/v2/repositories/$1/$image/_manifests/tags"/*/current/link; do
            tag=${link%/current/link}
            tag=${tag##*/}
            case $tag in
            sha256-* | '*') continue ;; # what stands in for referrers; nothing
            esac
            echo "$image:$tag $(<"$link")"
        done
    done
}

# Of entries for the same bytes, one; a run that only tagged what a killed one had published has
# published it.
together() {
    jq -sS '{images: (map(.images) | add // [] | map((.earlier // [])[], del(.earlier)) |
        map(if .state == "tagged" then .state = "published" else . end) |
        unique_by([.name, .digest])),
        changelogs: (map(.changelogs) | add // [] | group_by(.source) | map({source: .[0].source,
            entries: (map(.entries) | add | group_by(.version) |
                map(.[0] + {images: (map(.images) | add | unique)}) | sort_by(.version))}))}' "$@"
}

# Registry's address and prefix, digests (numbered in the order that they come), sizes, times.
plain() {
    sed -E -e "s#$host/[a-z]+/#REGISTRY/#g" -e "s#$host#REGISTRY#g" -e "s#$archive/[a-z0-9]+#ARCHIVE#g" \
        -e "s#$work/[a-z]+/#CHECKOUT/#g" \
        -e 's/[0-9]+(\.[0-9]+)? (B|kB|MB)\b/SIZE/g' -e 's/SIZE -> SIZE \|$/SIZE |/' -e 's/"(packed|unpacked)": [0-9]+/"\1": "SIZE"/g' \
        -e 's/20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}( UTC|Z)?/TIME/g' |
        python3 -c '
import re, sys
seen = {}
def name(match):
    return seen.setdefault(match.group()[:19], "DIGEST%d" % (len(seen) + 1))
for line in sys.stdin:
    print(re.sub("(?:sha256:)?[0-9a-f]{64}|sha256:[0-9a-f]{12,63}", name, line), end="")
'
}

# golden NAME: stdin is what tests/golden/NAME has; NIGHT_GOLDEN=write makes it so.
golden() {
    local file=tests/golden/$1
    if [ "${NIGHT_GOLDEN:-}" = write ]; then
        cat >"$file"
    else
        diff -u "$file" -
    fi
}
