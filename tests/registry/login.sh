#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# login and what it tells; and what is said where a registry refuses: whose fault it is, and what to
# do about it.

set -euo pipefail
. tests/registry/lib.sh
tests/registry/layout "$work/one" --layer a --layer b:300000 >/dev/null
# shellcheck disable=SC2016 # the dollar is part of the name
robot='robot$base+ci'

user() { # USER:PASSWORD, of the newest registry
    mkdir -p "$HOME/.docker"
    printf '{"auths":{"%s":{"auth":"%s"}}}' "$faulty" "$(printf %s "$1" | base64 -w0)" >"$HOME/.docker/config.json"
}
login() { # USER PASSWORD
    rm -f "$HOME/.docker/config.json"
    mk login "$faulty" -u "$1" --password-stdin --insecure "$faulty" < <(echo "$2")
}
wrong() { # USER TEXT: it refuses a wrong password, says so, and doesn't send the user where they are
    ! login "$1" wrong && says "$2" && says "check the user's name and the password" &&
        ! says "mkimage login" && test ! -e "$HOME/.docker/config.json"
}
push() { mk push "oci:$work/one" "$faulty/$1" "${options[@]}"; }
count() { grep -cE "$1" "$work/log" || :; }
again() { : >"$work/log"; }

# ---- login
faulty_start --token plain --user alice:secret --private
check "tokens: a wrong password" wrong alice "incorrect username or password"
check "the right one" login alice secret
faulty_start --user alice:secret --private
check "Basic: a wrong password" wrong alice "HTTP 401"
check "the right one" login alice secret
again
check "again" login alice secret
check "with one request, which shows it" test "$(grep -c . "$work/log") $(count '^GET /v2/ 200 Basic')" = "1 1"
faulty_start --user alice:secret --private --open-door
check "a door that is open to who shows none" test "$(curl -s -o /dev/null -w '%{http_code}' "http://$faulty/v2/")" = 200
check "doesn't make a wrong password right" wrong alice "HTTP 401"
check "the right one is" login alice secret
check "nor is it shown before it is asked for" push base/x:1
check "but at login" test "$(grep '^HEAD ' "$work/log" | head -n 1 | cut -d' ' -f3-)" = "401 -"

faulty_start --token harbor --user "$robot:secret" --private --jwt
check "a robot that may push" login "$robot" secret
check "gets no word about that" test "$(grep -c 'may pull' "$work/err" || :)" = 0
faulty_start --token harbor --user "$robot:secret" --private --jwt --rights pull
check "one that may pull alone" login "$robot" secret
check "gets one" says "user $robot may pull from base, but not push"
faulty_start --token harbor --user alice:secret --private --jwt --rights pull
check "of another user that can't be known" login alice secret
check "and isn't said" test "$(grep -c 'may pull' "$work/err" || :)" = 0
faulty_start --token harbor --user "$robot:secret" --private --rights pull
check "nor with a token that says nothing" login "$robot" secret
check "isn't" test "$(grep -c 'may pull' "$work/err" || :)" = 0

# ---- tokens that stand in the file
for registry in "--token plain" "--token harbor"; do
    # shellcheck disable=SC2086 # options
    faulty_start $registry --user alice:secret --private --bearer t0k3n
    printf '{"auths":{"%s":{"registrytoken":"t0k3n"}}}' "$faulty" >"$HOME/.docker/config.json"
    again
    check "registrytoken, $registry" push base/x:1
    check "no other is asked for" test "$(count '/token')" = 0
    printf '{"auths":{"%s":{"registrytoken":"0ther"}}}' "$faulty" >"$HOME/.docker/config.json"
    check "one that isn't right" refuses "HTTP 401" push "oci:$work/one" "$faulty/base/y:1" "${options[@]}"
    check "is said to be used" says "credential used: that of $HOME/.docker/config.json"
    check "but isn't shown" test "$(grep -c 0ther "$work/err" || :)" = 0
done

# ---- Harbor's sentences
refused() { # RULE TEXT HINT
    faulty_start --token harbor --user alice:secret "$1"
    user alice:secret
    refuses "$2" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}" && says "$3" &&
        ! says "Check its password"
}
full="adding 924 B of storage resource, which when updated to current usage of 72.8 KiB will exceed the configured upper limit of 73.2 KiB."
check "a full project" refused "PUT *blobs*=status:403:DENIED:$full" "upper limit of 73.2 KiB" "raise its quota"
check "at the manifest" refused "PUT */manifests/*=status:403:DENIED:$full" "upper limit of 73.2 KiB" "raise its quota"
check "read-only mode" refused \
    "POST *=status:403:DENIED:The system is in read only mode. Any modification is prohibited." \
    "read only mode" "the registry is in read-only mode"
denied() {
    faulty_start --token harbor --user alice:secret "POST *=status:403:DENIED:no"
    user alice:secret
    refuses "DENIED: no" push "oci:$work/one" "$faulty/base/x:1" "${options[@]}" && says "Check its password, and that it may push here"
}
check "any other refusal is about the user" denied
faulty_start --one-part 400
check "a name of one part" refuses "invalid repository name: app" push "oci:$work/one" "$faulty/app:1" "${options[@]}"
check "is explained" says "in Harbor an image belongs to a project: $faulty/PROJECT/app"
check "and one of two is fine" push base/app:1

# ---- a robot that may delete tags by the API alone
for rights in pull,push pull,push,delete; do
    faulty_start --token harbor --user "$robot:secret" --harbor-api --rights "$rights"
    user "$robot:secret"
    push base/a/x:1
    mk tag "$faulty/base/a/x:1" 2 "${options[@]:0:2}"
    check "rights $rights: a tag is deleted" mk delete "$faulty/base/a/x:1" "${options[@]:0:2}"
    check "alone" test "$(mk tags "$faulty/base/a/x" "${options[@]:0:2}")" = 2
done
policy base rights=artifact:read
check "who may neither" refuses "HTTP 403: FORBIDDEN" delete "$faulty/base/a/x:2" "${options[@]:0:2}"
check "deletes nothing" test "$(mk tags "$faulty/base/a/x" "${options[@]:0:2}")" = 2
faulty_start --token plain --user alice:secret --rights pull,push --tag-delete
user alice:secret
push base/x:1
check "who isn't Harbor isn't asked by its API" refuses "action: delete" delete "$faulty/base/x:1" "${options[@]:0:2}"

# ---- Basic for one thing is no word about all
faulty_start --token plain --user alice:secret \
    'POST *mount?sha*=basic'
user alice:secret
push base/x:1
again
check "a mount that is refused by Basic" push other/x:1
check "becomes an upload" says "3 blobs pushed"
check "by tokens, as before" test "$(count ' Basic$') $(count '^PUT .* 201 Bearer')" = "$(count '^GET /token.* 200 Basic') 4"

# ---- a proxy that takes no large bodies
tests/registry/layout "$work/large" --layer large:9000000 --layer a >"$work/large.digest"
faulty_start --body-max 1048576
again
check "413" mk push "oci:$work/large" "$faulty/base/x:1" "${options[@]}"
check "chunks are sent instead" test "$(count '^PATCH .* 202')" -ge 9
check "and the image is whole" test "$(mk pull "$faulty/base/x:1" "oci:$work/back" "${options[@]:0:2}" --cache "$work/new")" = \
    "oci:$work/back@$(<"$work/large.digest")"
faulty_start --body-max 1000
check "smaller ones than that aren't tried" refuses "HTTP 413" push "oci:$work/large" "$faulty/base/x:1" "${options[@]}"
check "and it is explained" says "client_max_body_size"
faulty_start --body-max 1048576 "POST */uploads/=header:OCI-Chunk-Min-Length:4000000"
check "nor smaller ones than the registry takes" refuses "HTTP 413" push "oci:$work/large" "$faulty/base/x:1" "${options[@]}"
done_testing
