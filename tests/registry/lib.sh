# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Registries for tests in shell, sourced at the top of the source tree:
#
#     . tests/registry/lib.sh
#     registry_start             Debian's docker-registry over TLS with a CA of its own and a user;
#                                sets host and options (an array)
#     faulty_start [OPTION...]   tests/registry/faulty over plain http; sets faulty, and options
#     policy PROJECT SETTING...  changes a project's policy there, from now on (harbor.py has them)
#     rules [RULE...]            these faults from now on, and no others
#     proxy_start [USER:PASSWORD]   tests/registry/proxy, its log is $work/proxied; sets proxy
#     check "what" command...    a TAP case
#     done_testing
#
# work: a directory that goes when the test ends. Credentials and caches lie below it. mk runs
# mkimage with its cache in $work/cache; what it says is in $work/err.

work=$(mktemp -d "${TMPDIR:-/tmp}/registry.XXXXXX")
mkimage=${MKIMAGE:-build/mkimage}
pids=()
# shellcheck disable=SC2034 # for the test
host='' faulty='' proxy=''
cases=0
options=()

# What this machine has of its own must play no part.
export HOME=$work/home
unset DOCKER_CONFIG REGISTRY_AUTH_FILE XDG_RUNTIME_DIR XDG_CONFIG_HOME MKIMAGE_CACHE
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
mkdir -p "$HOME"

registry_end() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    rm -rf "$work"
}
trap registry_end EXIT

check() { # what, command...
    local what=$1
    shift
    cases=$((cases + 1))
    if "$@" >"$work/said" 2>&1; then
        echo "ok $cases - $what"
    else
        echo "not ok $cases - $what"
        sed 's/^/# /' "$work/said"
        [ ! -s "$work/err" ] || sed 's/^/# /' "$work/err"
    fi
}

done_testing() {
    echo "1..$cases"
}

mk() {
    timeout 100 "$mkimage" "$@" 2>"$work/err"
}

# says TEXT: the newest mk said so.
says() {
    grep -qF -- "$1" "$work/err"
}

# refuses TEXT command...: it fails, not by a crash or a time-out, and says so.
refuses() {
    local text=$1 code=0
    shift
    mk "$@" >"$work/out" || code=$?
    if [ "$code" != 1 ] && [ "$code" != 2 ]; then
        echo "exit code $code"
        return 1
    fi
    says "$text"
}

wait_for() { # FILE PATTERN: until the file has the pattern; prints what it captured
    local i
    for ((i = 0; i < 100; i++)); do
        if grep -qE "$2" "$1" 2>/dev/null; then
            sed -nE "s/.*$2.*/\\1/p" "$1" | head -n 1
            return 0
        fi
        sleep 0.1
    done
    cat "$1" >&2
    return 1
}

certificates() {
    (
        cd "$work" || exit 1
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key \
            -out ca.pem -days 2 -subj "/CN=CA of a test" 2>/dev/null
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key \
            -out server.csr -subj "/CN=127.0.0.1" 2>/dev/null
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -extfile <(echo subjectAltName=IP:127.0.0.1,DNS:registry.example) -out server.pem 2>/dev/null
    )
}

registry_start() {
    command -v docker-registry >/dev/null || { echo "SKIP: no docker-registry"; exit 77; }
    certificates
    htpasswd -Bbn -C 4 alice secret >"$work/htpasswd"
    cat >"$work/config.yml" <<EOF
version: 0.1
log: {level: info, accesslog: {disabled: false}}
storage:
  filesystem: {rootdirectory: $work/registry}
  delete: {enabled: true}
http:
  addr: 127.0.0.1:0
  tls: {certificate: $work/server.pem, key: $work/server.key}
auth: {htpasswd: {realm: test, path: $work/htpasswd}}
EOF
    docker-registry serve "$work/config.yml" >"$work/requests" 2>"$work/registry.log" &
    pids+=($!)
    # shellcheck disable=SC2034 # for the test
    host=$(wait_for "$work/registry.log" 'listening on (127\.0\.0\.1:[0-9]+)')
    options=(--ca-file "$work/ca.pem" --cache "$work/cache")
}

# requests METHOD [PATH]: how many of them the registry answered since requests_mark, 401 aside. METHOD
# is a pattern of capitals, PATH begins behind "/v2/".
requests_mark() {
    mark=$(wc -l <"$work/requests")
}
requests() {
    [[ $1 =~ ^[][A-Z*-]+$ && ${2:-} != /* ]] || { echo "requests: what is $*?"; return 1; }
    tail -n "+$((mark + 1))" "$work/requests" | grep -v '" 401 ' | grep -c "\"$1 /v2/${2:-}" || :
}

# with_fifos NAME COMMAND...: starts what ends when its stdin does; sets NAME to its first line.
with_fifos() {
    local -n first=$1
    local in out keep
    in=$(mktemp -u "$work/in.XXXXXX")
    out=$(mktemp -u "$work/out.XXXXXX")
    mkfifo "$in" "$out"
    "${@:2}" <"$in" >"$out" &
    pids+=($!)
    # shellcheck disable=SC2034 # it stays open as long as the test runs
    exec {keep}>"$in"
    # shellcheck disable=SC2034 # for the caller
    read -r first <"$out"
}

# One process holds all registries of a shell: to start it takes longer than most of a case.
faulty_start() {
    local in out IFS=$'\x1f'
    set -- --log "$work/log" "$@"
    if [ "${faulty_shell:-}" = "$BASHPID" ]; then
        echo "$*" >&"$faulty_in"
    else
        faulty_shell=$BASHPID
        in=$(mktemp -u "$work/in.XXXXXX")
        out=$(mktemp -u "$work/out.XXXXXX")
        mkfifo "$in" "$out"
        tests/registry/faulty "$@" <"$in" >"$out" &
        pids+=($!)
        exec {faulty_in}>"$in" {faulty_out}<"$out"
    fi
    # shellcheck disable=SC2034 # for the caller
    read -r faulty <&"$faulty_out"
    # shellcheck disable=SC2034 # for the test
    options=(--insecure "$faulty" --cache "$work/cache")
}

change() {
    local answer IFS=$'\x1f'
    echo "$*" >&"$faulty_in"
    read -r answer <&"$faulty_out"
    [ "$answer" = ok ] || { echo "$1: $answer" >&2; return 1; }
}
policy() {
    change policy "$faulty" "$@"
}
rules() {
    change rules "$faulty" "$@"
}

proxy_start() {
    with_fifos proxy tests/registry/proxy "$work/proxied" "$@"
}
