#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# How a registry is reached and who says so: certs.d with client certificates, credential helpers,
# proxies from the environment. And whatever goes wrong, no secret is said: in errors, with
# --verbose, in arguments of what is started.

set -euo pipefail
. tests/registry/lib.sh
tests/registry/layout "$work/one" --layer a --layer b >/dev/null
certificates
mkdir -p "$HOME/.docker" "$work/bin"
export PATH=$work/bin:$PATH
: >"$work/all"
mk() { # keeps all that is said
    local code=0
    timeout 100 "$mkimage" "$@" -v 2>"$work/err" || code=$?
    cat "$work/err" >>"$work/all"
    return "$code"
}
config() { printf '%s' "$1" >"$HOME/.docker/config.json"; }
push() { mk push "oci:$work/one" "$faulty/$1" "${options[@]}"; }

env_run() { # NAME=VALUE... COMMAND...
    (
        while [[ $1 == *=* ]]; do export "${1?}" && shift; done
        "$@"
    )
}
not_there() { ! by_tls_proxy; }

# ---- http or https
faulty_start
check "https to who speaks http" refuses "wrong version number" push "oci:$work/one" "$faulty/base/x:1" "${options[@]:2}"
check "is explained" says "does it speak plain http? then name it by --insecure HOST[:PORT]"
check "and tried once" test "$(grep -c 'again in' "$work/err" || :)" = 0
faulty_start --tls "$work/server.pem" "$work/server.key"
check "http to who speaks https" refuses "$faulty" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "is explained" says "does it speak https? then not by --insecure"
check "another host's certificate" refuses "is for other names" push "oci:$work/one" "localhost:${faulty#*:}/base/x:1" \
    --ca-file "$work/ca.pem" "${options[@]:2}"
faulty_start "POST *=redirect:https://registry.example"
check "a redirect of what is sent" refuses "beginning an upload: HTTP 307" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "isn't followed" says "it redirects to https://registry.example/v2/base/x/blobs/uploads/, where nothing is sent"

faulty_start --tls "$work/server.pem" "$work/server.key"
certified() { env_run SSL_CERT_FILE="$1" push base/x:1; }
options=("${options[@]:2}")
check "an authority that nobody named" refuses "--ca-file, or in certs.d" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "SSL_CERT_FILE names it" certified "$work/ca.pem"
echo nonsense >"$work/nonsense.pem"
uncertified() { ! certified "$1" && says "$2"; }
check "a file that holds none" uncertified "$work/nonsense.pem" "SSL_CERT_FILE: $work/nonsense.pem: holds no certificate"
check "nor is it there" uncertified "$work/none.pem" "SSL_CERT_FILE: $work/none.pem"
check "--ca-file is heard beside it" env_run SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    mk push "oci:$work/one" "$faulty/base/x:1" --ca-file "$work/ca.pem" "${options[@]}"

# ---- client certificates
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/client.key" \
    -out "$work/client.csr" -subj "/CN=builder" 2>/dev/null
openssl x509 -req -in "$work/client.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial \
    -days 2 -out "$work/client.pem" 2>/dev/null
faulty_start --tls "$work/server.pem" "$work/server.key" --client-ca "$work/ca.pem"
options=(--cache "$work/cache")
certs=$HOME/.config/containers/certs.d/$faulty
check "without certs.d its CA is unknown" refuses "--ca-file, or in certs.d" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
mkdir -p "$certs"
cp "$work/ca.pem" "$certs/ca.crt"
check "without a client certificate it refuses" refuses "error" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
cp "$work/client.pem" "$certs/client.cert"
check "a certificate without its key" refuses "client.key can't be read" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
cp "$work/client.key" "$certs/client.key"
check "with both" push base/x:1
check "which pulls, too" mk pull "$faulty/base/x:1" "oci:$work/pulled" "${options[@]}"
echo nonsense >"$certs/other.crt"
check "a CA that is none" refuses "holds no certificate" \
    pull "$faulty/base/x:1" "oci:$work/pulled" "${options[@]}"
rm "$certs/other.crt"
echo nonsense >"$certs/client.cert"
check "a client certificate that is none" refuses "error" \
    pull "$faulty/base/x:1" "oci:$work/pulled" "${options[@]}"

# ---- credential helpers
helper() { # NAME: from stdin; notes how it was called
    # shellcheck disable=SC2016 # the helper's own
    { printf '#!/bin/sh\necho "$0 $*" >>"%s/calls"\n' "$work" && cat; } >"$work/bin/docker-credential-$1"
    chmod +x "$work/bin/docker-credential-$1"
}
faulty_start --token plain --user alice:hunter2 --identity refr3sh
helper vault <<END
case \$1 in
get) read -r server; test "\$server" = "$faulty" || { echo "credentials not found in native keychain"; exit 1; }
     echo '{"ServerURL":"x","Username":"alice","Secret":"hunter2"}' ;;
store) cat >"$work/stored" ;;
erase) read -r server; rm -f "$work/stored" ;;
esac
END
config '{"credsStore":"vault"}'
check "credsStore" push base/x:1
check "was asked for it by its name alone" grep -qx "$work/bin/docker-credential-vault get" "$work/calls"
config "{\"credsStore\":\"vault\",\"auths\":{\"$faulty\":{\"auth\":\"YWxpY2U6d3Jvbmc=\"}}}"
check "goes before auths" push base/x:2
config "{\"credsStore\":\"gone\",\"credHelpers\":{\"$faulty\":\"vault\"}}"
check "credHelpers before credsStore" push base/x:3
login() { echo hunter2 | mk login "$faulty" -u alice --password-stdin "${options[@]:0:2}"; }
check "login hands the password to the helper" login
check "all of it" test "$(jq -r '.ServerURL + " " + .Username + " " + .Secret' "$work/stored")" = "$faulty alice hunter2"
check "and not to the file" test -z "$(grep -l 'hunter2\|YWxpY2U6aHVudGVyMg' "$HOME/.docker/config.json" || :)"
check "logout has the helper erase it" mk logout "$faulty"
check "which it did" test ! -e "$work/stored"
helper token <<'END'
echo '{"ServerURL":"x","Username":"<token>","Secret":"refr3sh"}'
END
config '{"credsStore":"token"}'
check "an identity token of a helper" push base/x:4
bad() { # NAME TEXT: with a helper of this name, from stdin
    helper "$1"
    config "{\"credsStore\":\"$1\"}"
    refuses "$2" push "oci:$work/one" "$faulty/base/y:1" "${options[@]}"
}
check "a helper that says something else" bad other "isn't a credential" <<<'echo "hunter2 is the password"'
check "half of it" bad half "isn't a credential" <<<'echo "{\"Username\":\"alice\",\"Secret\":\"hunter2\""'
check "a helper that fails" bad fails "docker-credential-fails get failed: locked" \
    <<<'echo "locked"; echo hunter2 >&2; exit 1'
check "a helper that never ends its answer" bad endless "docker-credential-endless: says more than" \
    <<<'exec yes hunter2'
check "a helper that fails, and prints a credential" bad leaks "docker-credential-leaks get failed" \
    <<<'echo "{\"Username\":\"alice\",\"Secret\":\"hunter2\"}"; exit 1'
options+=(--timeout 1)
check "a helper that hangs" bad hangs "docker-credential-hangs: took more than 1 seconds" <<<'exec sleep 90'
options=("${options[@]:0:4}")
check "a helper that isn't there" refuses "docker-credential-missing" \
    push "oci:$work/one" "$faulty/base/y:1" "${options[@]}" --registry-config <(echo '{"credsStore":"missing"}')
check "a helper with a path" refuses "isn't a credential helper's name" \
    push "oci:$work/one" "$faulty/base/y:1" "${options[@]}" --registry-config <(echo '{"credsStore":"../vault"}')

# ---- files that aren't right
faulty_file() { # TEXT CONTENT
    config "$2"
    refuses "$1" push "oci:$work/one" "$faulty/base/y:1" "${options[@]}"
}
check "a file that isn't JSON" faulty_file "config.json:1: isn't a JSON object" '{"auths":{"x":"hunter2"'
check "an auth that isn't base64" faulty_file "isn't base64 of USER:PASSWORD" \
    "{\"auths\":{\"$faulty\":{\"auth\":\"hunter2\"}}}"
check "an auth without a colon" faulty_file "isn't base64 of USER:PASSWORD" \
    "{\"auths\":{\"$faulty\":{\"auth\":\"aHVudGVyMg==\"}}}"

# ---- proxies
proxied() { grep -cE "$1" "$work/proxied" || :; }
proxy_start
: >"$work/proxied"
config "{\"auths\":{\"registry.example:${faulty#*:}\":{\"auth\":\"YWxpY2U6aHVudGVyMg==\"}}}"
named=registry.example:${faulty#*:}
by_proxy() { mk push "oci:$work/one" "$named/base/p:1" --insecure "$named" --cache "$work/proxy-cache"; }
check "a name that nobody knows" refuses "Could not resolve host: registry.example" push "oci:$work/one" "$named/base/p:1" --insecure "$named" \
    --cache "$work/proxy-cache"
check "is asked for again" test "$(grep -c 'Could not resolve host.*again in' "$work/err")" -ge 3
check "and explained" says "check the host's name"
check "http_proxy" env_run http_proxy="http://$proxy" by_proxy
check "is used for all" test "$(proxied "^PUT http://$named/v2/base/p/manifests/1 201")" = 1
: >"$work/proxied"
check "no_proxy" env_run http_proxy="http://$proxy" no_proxy=127.0.0.1 mk tags "$faulty/base/x" "${options[@]:0:2}"
check "goes by it" test ! -s "$work/proxied"
faulty_start --tls "$work/server.pem" "$work/server.key" --user alice:hunter2 --private
named=registry.example:${faulty#*:}
config "{\"auths\":{\"$named\":{\"auth\":\"YWxpY2U6aHVudGVyMg==\"}}}"
by_tls_proxy() { mk push "oci:$work/one" "$named/base/p:1" --ca-file "$work/ca.pem" --cache "$work/tls-cache"; }
: >"$work/proxied"
check "https_proxy" env_run https_proxy="http://$proxy" by_tls_proxy
check "sees the name alone" test "$(proxied "^CONNECT $named 200") $(proxied "^[^C]")" != "0 0"
check "and nothing else" test "$(proxied "^[^C]")" = 0
proxy_start boss:pr0xy
: >"$work/proxied"
check "a proxy with a password" env_run https_proxy="http://boss:pr0xy@$proxy" by_tls_proxy
check "took it" test "$(proxied "^CONNECT $named 200")" -ge 1
refused_by_proxy() { ! by_tls_proxy && says 407; }
check "a wrong one" env_run https_proxy="http://boss:pr0xy-not@$proxy" refused_by_proxy
check "a proxy that isn't there" env_run https_proxy="http://boss:pr0xy@127.0.0.1:1" not_there
proxy_start
faulty_start "POST *=location:http://169.254.169.254/latest"
: >"$work/proxied"
metadata() { refuses "link-local address" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"; }
check "a proxy leads to no metadata" env_run http_proxy="http://$proxy" metadata
check "nor is it asked to" test "$(proxied 169.254)" = 0

# ---- a registry that says what it was told
faulty_start --user alice:hunter2 --private "PUT */manifests/*=echo"
config "{\"auths\":{\"$faulty\":{\"auth\":\"YWxpY2U6aHVudGVyMg==\"}}}"
check "a registry that says what it was told" refuses "HTTP 400" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "is heard but for the secret" says "you sent Basic (hidden)"
faulty_start --token plain --user alice:hunter2 "PUT */manifests/*=echo"
config "{\"auths\":{\"$faulty\":{\"auth\":\"YWxpY2U6aHVudGVyMg==\"}}}"
check "with a token, too" refuses "you sent Bearer (hidden)" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "that isn't said" test "$(grep -cE 'Bearer [0-9a-f]{16}' "$work/err" || :)" = 0

check "no secret was said" test -z "$(grep -E 'hunter2|refr3sh|pr0xy|YWxpY2U6aHVudGVyMg' "$work/all")"
check "nor logged by the registry" test -z "$(grep -E 'hunter2|refr3sh|pr0xy|YWxpY2U6aHVudGVyMg' "$work/log")"
check "nor in arguments" test -z "$(grep -E 'hunter2|refr3sh' "$work/calls")"
done_testing
