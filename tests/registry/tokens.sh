#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may do what: Bearer tokens of the tests' token server, Harbor's peculiarities, identity tokens,
# Basic; and that secrets go nowhere else.

set -euo pipefail
. tests/registry/lib.sh
tests/registry/layout "$work/one" --layer a --layer b >"$work/digest"
one=$(<"$work/digest")

user() { # HOST USER:PASSWORD, in a file of its own
    mkdir -p "$HOME/.docker"
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$1" "$(printf %s "$2" | base64 -w0)" >"$HOME/.docker/config.json"
}
count() { grep -cE "$1" "$work/log" || :; }
push() { mk push "oci:$work/one" "$faulty/$1" "${options[@]}"; }
again() { # from now on only what comes counts
    : >"$work/log"
}

# ---- plain tokens
faulty_start --token plain --user alice:secret
check "an anonymous push is refused" refuses "no credential for $faulty was found" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "in the registry's words" says "action: push"
user "$faulty" alice:wrong
check "a wrong password is refused by the token server" refuses "incorrect username or password" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
user "$faulty" alice:secret
again
check "push" push base/x:1
check "with one token" test "$(count '^GET /token')" = 1
check "which is sent from then on" test "$(count ' 401 ')" = 1
check "and asked for with all its rights" grep -q 'scope=repository:base/x:pull%2Cpush\|scope=repository:base/x:pull,push' "$work/log"
again
check "unchanged" push base/x:1
check "is one request and the token's" test "$(count '^HEAD.* 200 Bearer') $(count '^[A-Z]* /v2/.* 2..')" = "1 1"
again
check "mount from another repository" push other/x:1
check "with the scopes of both" test "$(count '^GET /token.*scope=repository:other/x:pull[^&]*&scope=repository:base/x:pull ')" = 1
check "mounts all" test "$(count '^POST .*mount=.* 201 ')" = 3
rm "$HOME/.docker/config.json"
check "anybody may pull" mk pull "$faulty/base/x:1" "oci:$work/anonymous" "${options[@]}"
check "tags" test "$(mk tags "$faulty/base/x" "${options[@]:0:2}")" = 1

# ---- expired tokens, tokens of odd forms
user_any() { user "$faulty" alice:secret; }
faulty_start --token plain --user alice:secret "GET /token*=huge:1*1"
user_any
check "a token of 1 MiB is refused" refuses "more than 65536 bytes" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "then a proper one is taken" push base/x:1
faulty_start --token plain --user alice:secret "GET /token*=empty"
user_any
check "an answer without a token is refused" refuses "holds no token" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
faulty_start --token plain --user alice:secret "GET /token*=status:503*2"
user_any
check "a token server that is away for a moment" push base/x:1
faulty_start --token plain --user alice:secret "PUT */manifests/*=forget*1"
user_any
check "a token that isn't taken any more is replaced" push base/x:1

# ---- Harbor
# shellcheck disable=SC2016
faulty_start --token harbor --user 'robot$base+ci:secret' --private
# shellcheck disable=SC2016
user "$faulty" 'robot$base+ci:secret'
check "an empty access_token beside token" push base/x:1
check "a project that isn't there" refuses "project nope not found" \
    push "oci:$work/one" "$faulty/nope/x:1" "${options[@]}"
check "with what to do about it" says "must be made first"
check "isn't called unauthorized alone" says "UNAUTHORIZED: project nope"
# shellcheck disable=SC2016
user "$faulty" 'robot$base+ci:wrong'
check "a wrong password gives a token that allows nothing" \
    refuses "unauthorized to access repository: base/x" \
    push "oci:$work/one" "$faulty/base/x:2" "${options[@]}"
check "which is said" says "Check its password, and that it may push here"
# shellcheck disable=SC2016
check "with the user's name, and the file" says 'user robot$base+ci of'
check "login notices, too" refuses "refuses user alice" \
    login "$faulty" -u alice --password-stdin "${options[@]:0:2}" < <(echo wrong)
faulty_start --token harbor --user alice:secret --harbor-api
user_any
check "push" push base/a/x:1
check "and another tag" mk tag "$faulty/base/a/x:1" 2 "${options[@]:0:2}"
check "a tag alone is deleted by Harbor's API" mk delete "$faulty/base/a/x:1" "${options[@]:0:2}"
check "the other one stays" test "$(mk tags "$faulty/base/a/x" "${options[@]:0:2}")" = 2
check "with the slash encoded twice" grep -q 'repositories/a%252Fx/artifacts/1/tags/1' "$work/log"

# ---- policies
faulty_start --token harbor --user alice:secret --policy
user_any
check "a policy's 412 on HEAD is no failure" push base/x:1
check "nor at the second push" push base/x:1
check "pulling says what the policy says" refuses "is not signed by cosign" \
    pull "$faulty/base/x:1" "oci:$work/policy" "${options[@]}"
faulty_start --token harbor --user alice:secret "PUT */manifests/1=status:412"
user_any
check "a refused PUT" refuses "HTTP 412" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"

faulty_start --token harbor --user alice:secret \
    "PUT */manifests/1=status:412:PRECONDITION:Failed to process request due to 'x:1' configured as immutable"
user_any
check "an immutable tag" refuses "configured as immutable" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "which is explained" says "lets nobody move this tag: choose another one"
full="status:403:DENIED:adding 10.0 MiB of storage resource, which when updated to current usage of \
95.0 MiB will exceed the configured upper limit of 100.0 MiB quota"
faulty_start --token harbor --user alice:secret "PUT *blobs*=$full"
user_any
check "a quota" refuses "upper limit of 100.0 MiB" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
check "which is explained" says "remove images from it, or raise its quota"
# Mounts want rights in both repositories; what isn't granted is no reason to fail.
faulty_start --token harbor --user alice:secret "POST *mount?sha*=status:401:UNAUTHORIZED"
user_any
check "push" push base/x:1
check "a mount that isn't granted" push other/x:1
check "becomes an upload" says "3 blobs pushed"

# ---- identity tokens, Basic
faulty_start --token plain --user alice:secret --identity s3cr3t
printf '{"auths":{"%s":{"identitytoken":"s3cr3t"}}}' "$faulty" >"$HOME/.docker/config.json"
again
check "an identity token" push base/x:1
check "goes into a form" test "$(count '^POST /token 200 -')" -ge 1
check "and into no URL" test "$(count s3cr3t)" = 0
printf '{"auths":{"%s":{"identitytoken":"gone"}}}' "$faulty" >"$HOME/.docker/config.json"
check "one that isn't valid any more" refuses "the token server" \
    push "oci:$work/one" "$faulty/base/y:1" "${options[@]}"
faulty_start --user alice:secret --private
user_any
check "Basic" push base/x:1
mkdir -p "$work/podman"
printf '{"auths":{"%s/base":{"auth":"%s"}}}' "$faulty" "$(printf alice:secret | base64)" >"$work/podman/auth.json"
echo '{}' >"$HOME/.docker/config.json"
check "a key with a path" env REGISTRY_AUTH_FILE="$work/podman/auth.json" "$mkimage" tags "$faulty/base/x" "${options[@]:0:2}"
check "--registry-config" mk tags "$faulty/base/x" --registry-config "$work/podman/auth.json" "${options[@]:0:2}"
check "one that isn't there" refuses "isn't there" \
    tags "$faulty/base/x" --registry-config "$work/none.json" "${options[@]:0:2}"
mkdir -p "$work/bin"
cat >"$work/bin/docker-credential-test" <<'EOF'
#!/bin/sh
read -r server
echo "{\"ServerURL\":\"$server\",\"Username\":\"alice\",\"Secret\":\"secret\"}"
EOF
chmod +x "$work/bin/docker-credential-test"
printf '{"credHelpers":{"%s":"test"}}' "$faulty" >"$HOME/.docker/config.json"
PATH=$work/bin:$PATH check "a credential helper" mk tags "$faulty/base/x" "${options[@]:0:2}"

# ---- secrets go nowhere else
certificates
registry=$faulty
faulty_start --log "$work/elsewhere"
elsewhere=$faulty
faulty_start --token plain --user alice:secret --realm "http://$elsewhere/token" --tls "$work/server.pem" "$work/server.key"
user_any
check "a token server over plain http is refused" refuses "isn't https" \
    push "oci:$work/one" "$faulty/base/x:1" --ca-file "$work/ca.pem" --cache "$work/cache"
check "and hears nothing" test ! -s "$work/elsewhere"
faulty_start --token plain --user alice:secret --realm "http://169.254.169.254/token"
user_any
check "a token server at a cloud's metadata is refused" refuses "link-local" \
    push "oci:$work/one" "$faulty/base/x:1" "${options[@]}"
# Who holds the blobs asks for a token of its own server: there it would learn the password.
faulty_start --log "$work/elsewhere" --token plain --user nobody:nothing --private
elsewhere=$faulty
faulty_start --token plain --user alice:secret "GET */blobs/*=redirect:http://$elsewhere"
user_any
check "push" push base/x:1
: >"$work/elsewhere"
check "another host that asks for a token" refuses "sends us to http://$elsewhere/v2/base/x/blobs/" \
    pull "$faulty/base/x:1" "oci:$work/token-elsewhere" "${options[@]:0:2}" --cache "$work/elsewhere-cache"
check "was asked for blobs, without Authorization" grep -q '^GET /v2/base/x/blobs/.* 401 -$' "$work/elsewhere"
check "and for no token" test "$(grep -vc '^GET /v2/base/x/blobs/.* 401 -$' "$work/elsewhere" || :)" = 0
faulty_start --token plain --user alice:secret "POST *=location:http://$elsewhere/v2/base/x/blobs/uploads/1"
user_any
: >"$work/elsewhere"
check "an upload to a host that asks for one" refuses "sends us to http://$elsewhere/" \
    push "oci:$work/one" "$faulty/base/x:2" "${options[@]}"
check "tells it nothing, either" test "$(grep -c 'token\|Basic\|Bearer' "$work/elsewhere" || :)" = 0
check "no secret was logged" test "$(grep -rlE 'secret|s3cr3t|YWxpY2U6' "$work/log" "$work/err" | wc -l)" = 0
: "$registry" "$one"
verbose() {
    user "$faulty" alice:secret
    mk push "oci:$work/one" "$faulty/base/x:1" -v "${options[@]}" || :
    ! grep -E 'secret|YWxpY2U6|Bearer [0-9a-f]' "$work/err"
}
check "nor said by --verbose" verbose
done_testing
