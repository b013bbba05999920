# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Starts images as a cluster starts them under the restricted profile, for tests that have sourced
# lib.sh: the image's entrypoint, environment and working directory, as 5000:5000, as process 1, on a
# read-only root without capabilities and privileges to come by, with a network of its own; of the
# image's directories its volumes alone can be written. By bubblewrap, with root (then the image's
# owners are kept) or by user namespaces.
#
#     containers                      # skips the test where neither is to be had
#     plant x.oci x                   # its tree in x/
#     contained x --version           # started, waited for
#     start x; near curl -sS localhost:8080; stop x
#     start x; beside=$network; start y; near …    # y in the network of x
#
# Further options of bubblewrap go into the array `here`, such as here=(--tmpfs /tmp).

here=() beside=
started=none network=none

# privileges COMMAND...: as 5000, without capabilities, where this is root.
privileges() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid 5000 --regid 5000 --clear-groups --bounding-set=-all --inh-caps=-all \
            --no-new-privs "$@"
    else
        "$@"
    fi
}

containers() {
    need bwrap nsenter
    privileges bwrap --unshare-all --uid 5000 --gid 5000 --ro-bind / / true 2>/dev/null ||
        skip_all "neither root nor user namespaces"
    chmod 711 "${work:?}"
}

# plant LAYOUT DIR: the tree of this machine's architecture, its config and its volumes beside it.
plant() {
    local digest volume owner=--no-same-owner one=()
    [ "$(id -u)" != 0 ] || owner=--same-owner
    ! jq -e .manifests "$(blob "$1" "$(manifest "$1")")" >/dev/null || one=("$arch")
    mkdir -p "$2" "$2.volumes"
    for digest in $(layers "$1" "${one[@]}"); do
        layer "$1" "$digest" |
            tar -C "$2" -x "$owner" --numeric-owner --delay-directory-restore -p -f - || return
    done
    mkdir -p "$2/proc" "$2/dev" # where engines mount before the root becomes read-only
    config "$1" "${one[@]}" >"$2.config"
    for volume in $(jq -r '.config.Volumes // {} | keys[]' "$2.config"); do
        mkdir -p "$2.volumes$volume" && rmdir "$2.volumes$volume" &&
            cp -a "$2$volume" "$2.volumes$volume" || return
    done
}

# bubble DIR [OPTION...] -- [ARGUMENT...]: the command line, into $command.
bubble() {
    local dir=$1 entry volume words=()
    shift
    command=(bwrap --unshare-all --uid 5000 --gid 5000 --die-with-parent --as-pid-1 --new-session
        --clearenv --ro-bind "$dir" / --proc /proc --dev /dev)
    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    shift
    for volume in $(jq -r '.config.Volumes // {} | keys[]' "$dir.config"); do
        command+=(--bind "$dir.volumes$volume" "$volume")
    done
    while IFS= read -r entry; do
        command+=(--setenv "${entry%%=*}" "${entry#*=}")
    done < <(jq -r '.config.Env[]' "$dir.config")
    command+=(--chdir "$(jq -r '.config.WorkingDir // "/" | if . == "" then "/" else . end' \
        "$dir.config")" "${here[@]}" --)
    mapfile -t words < <(jq -r '.config.Entrypoint // [] | .[]' "$dir.config")
    if [ $# = 0 ]; then
        mapfile -t -O ${#words[@]} words < <(jq -r '.config.Cmd // [] | .[]' "$dir.config")
    fi
    case ${1:-} in
    /*) words=() ;;
    esac
    command+=("${words[@]}" "$@")
}

# contained DIR [ARGUMENT...]: starts it and waits. Arguments take the place of the image's `cmd`; if
# the first is an absolute path, also that of its entrypoint.
contained() {
    local dir=$1 command
    shift
    bubble "$dir" -- "$@"
    privileges "${command[@]}" </dev/null
}

# start DIR [ARGUMENT...]: the same in the background; $started is its process. What it says goes to
# DIR.log, which it may open anew. In the network of the image that $beside tells, if any: once.
start() {
    local dir=$1 command info pids=() outer=() user=()
    shift
    bubble "$dir" --info-fd 9 -- "$@"
    if [ -n "$beside" ]; then
        [ "$(id -u)" = 0 ] || user=(--user --preserve-credentials)
        outer=(nsenter --target "$beside" "${user[@]}" --net --)
        command=("${command[0]}" --unshare-all --share-net "${command[@]:2}")
    elif [ "$(id -u)" != 0 ]; then
        # Into the network of a program that is not its user namespace's root nobody gets.
        outer=(bwrap --unshare-user --uid 0 --gid 0 --unshare-net --dev-bind / / --cap-add ALL
            --die-with-parent --info-fd 8 --)
        command=("${command[0]}" --unshare-all --share-net "${command[@]:2}")
    fi
    : >"$dir.log"
    [ "$(id -u)" != 0 ] || chown 5000 "$dir.log"
    rm -f "$dir.info"
    mkfifo "$dir.info"
    started=none network=none
    if [ -n "$beside" ]; then
        "${outer[@]}" bash -c "$(declare -f privileges); privileges \"\$@\"" - "${command[@]}" \
            </dev/null >>"$dir.log" 2>&1 8>"$dir.info" 9>&8 &
    else
        privileges "${outer[@]}" "${command[@]}" </dev/null >>"$dir.log" 2>&1 8>"$dir.info" 9>&8 &
    fi
    background+=($!)
    disown
    while IFS= read -r -d '}' info; do # the other side stays open
        [[ $info =~ \"child-pid\":\ *([0-9]+) ]] && pids+=("${BASH_REMATCH[1]}")
        [ ${#pids[@]} -lt $((1 + (${#outer[@]} != 0 && ${#beside} == 0))) ] || break
    done <"$dir.info"
    network=${beside:-${pids[0]:-none}} started=${pids[-1]:-none} beside=
}

# near COMMAND...: this machine's program in the network of the started image, again until it
# succeeds, for ten seconds or as long as the image runs.
near() {
    local user=()
    [ "$(id -u)" = 0 ] || user=(--user --preserve-credentials)
    for _ in {1..50}; do
        nsenter --target "$network" "${user[@]}" --net -- "$@" 2>"$work/.near" && return
        [ -e "/proc/$started" ] || break
        sleep 0.2
    done
    cat "$work/.near"
    tail -n 3 "$work"/*.log
    return 1
}

# stop DIR [SIGNAL]: asks it to end, and waits for that; fails where it has to be killed.
stop() {
    kill -"${2:-$(jq -r '.config.StopSignal // "TERM"' "$1.config")}" "$started" || return
    for _ in {1..50}; do
        [ -e "/proc/$started" ] || return 0
        sleep 0.1
    done
    kill -KILL "$started"
    return 1
}
