#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Each recipe that ships, but mkimage's own (own-image.sh), is built for two architectures, within its size; the examples on top are
# built, and the static and the C one started as uid 5000 in a chroot, and Python's web server
# asked for its page. Starting needs root.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
shared_cache
cp -r "$top/recipes" "$top/rootfs-templates" .
find recipes -name '*.lock' -delete
rm recipes/mkimage*.conf

for file in recipes/*.conf; do
    name=${file##*/} name=${name%.conf}
    mk "$file" --arch amd64,arm64 --format json
    fine "$name"
    mv .out "$name.json"
    ok "$name: sound" check_layout "$name.oci"
    is "$name: as many layers as packages, and one" \
        "$(jq -c '[.images[] | (.layers | length) - (.packages | length)]' "$name.json")" '[1,1]'
    is "$name: no omitted package is shipped" "$(jq -r '.images[] |
        ([.packages[].name] - ([.packages[].name] - .omitted))[]' "$name.json")" ""
done
# at_most NAME MIB: the sum of its files.
at_most() {
    is "$1 is at most $2 MiB" \
        "$(jq "[.images[] | .unpacked <= $2 * 1048576] | all" "$1.json")" true
}
at_most static 2
at_most python3 43
at_most nodejs 114 # 120 MB, as distroless's has
at_most perl 49
at_most ruby 41
at_most postgresql-client 23
at_most valkey 27
at_most haproxy 25
at_most java21 209 # 220 MB, as distroless's
at_most java25 209
at_most nginx 18
at_most php 43
is "what python3 has of base is shared" "$(layers base.oci amd64 | head -n -1 |
    grep -cvxFf <(layers python3.oci amd64))" 1 # libc-bin: ldconfig is in one of them

cc=$(command -v cc || command -v gcc) || skip_all "no C compiler"
$cc -static -O2 -o recipes/examples/static/hello "$top/recipes/examples/static/hello.c" ||
    fail "the static example compiles"
$cc -O2 -o recipes/examples/cc/tls "$top/recipes/examples/cc/tls.c" -lssl -lcrypto ||
    fail "the C example compiles"
for file in static/hello cc/tls python3/web; do
    mk "recipes/examples/$file.conf" --arch "$arch"
    fine "example $file"
done

if [ "$(id -u)" != 0 ]; then
    skip "starting them" "not root: no chroot"
    finish
fi
# run NAME: its tree, by hand, and its entrypoint in it.
run() {
    unpack "$1.oci" "$1"
    mapfile -t entrypoint < <(config "$1.oci" | jq -r '.config.Entrypoint[]')
    inside "$1" "${entrypoint[@]}"
}
is "the static example runs" "$(run hello 2>&1)" "hello from uid 5000"
like "the C example finds the certificates" "$(run tls 2>&1)" '^OpenSSL 3\..*, 1[0-9][0-9] CAs$'
# shellcheck disable=SC2016 # for the other shell
is "the debug image has its shell" "$(unpack debug.oci debug "$arch" &&
    inside debug /usr/bin/sh -c 'echo $((6 * 7))' 2>&1)" 42

unpack web.oci web
sed -i 's/("", 8080)/("127.0.0.1", 0)/; s/^ThreadingHTTPServer.*/server = &/; s/\.serve_forever()//' \
    web/app/server.py
echo 'import os; print(os.getpid(), server.server_port, flush=True); server.serve_forever()' >>web/app/server.py
mkfifo said
inside web /usr/bin/python3 /app/server.py >said 2>web.err &
disown
read -r pid port <said
background+=("$pid") # not that of the shell around it, without which it would go on
is "the web server answers" "$(python3 -c "
import urllib.request
print(urllib.request.urlopen('http://127.0.0.1:$port/').read().decode().strip())" 2>&1)" hello
finish
