#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# nginx and PHP as they ship, with their examples, under the restricted profile: a site is asked over
# HTTP, the app in PHP over FastCGI by nginx before it, in two containers with one network. nginx also
# of bookworm. Modules of PHP are those that the real phpenmod enables. Needs root or user
# namespaces.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/contain.sh
. "$top/tests/contain.sh"
live
shared_cache
containers
need curl

cp -r "$top/recipes" "$top/rootfs-templates" .
find recipes -name '*.lock' -delete

# ---- nginx ----------------------------------------------------------------------------------------

based stream nginx <<'END'
packages += {"libnginx-mod-stream"}
file "/etc/nginx/conf.d/more.conf" {
    content = "server {
    listen 8081;
    location / { proxy_pass http://127.0.0.1:8080; }
    location /put { client_max_body_size 5m; proxy_pass http://127.0.0.1:8080/; }
}
"
}
END
based bookworm nginx <<<'suite = "bookworm"'
mk recipes/nginx.conf recipes/examples/nginx/site.conf stream.conf bookworm.conf --arch "$arch"
must "nginx is built, with a module, a site, and of bookworm"
for name in nginx site stream bookworm; do
    plant "$name.oci" "$name"
done
# browse NAME: what the started one answers.
browse() {
    is "$1: answers probes" "$(near curl -sSf localhost:8080/healthz 2>&1)" ok
    is "$1: what isn't there" "$(near curl -sS -o /dev/null -w '%{http_code}' localhost:8080/no)" 404
    like "$1: says nothing of its version" "$(near curl -sSI localhost:8080/no)" $'^Server: nginx\r$'
    like "$1: logs requests to stdout" "$(cat "$1.log")" '"GET /no HTTP/1.1" 404'
    like "$1: and errors to stderr" "$(cat "$1.log")" '\[error\].*"/var/www/html/no" failed'
    unlike "$1: complains of nothing" "$(cat "$1.log")" 'ermission denied|Read-only|\[alert\]|\[warn\]'
    ok "$1: ends when it is asked to" stop "$1"
}
start nginx
browse nginx
start bookworm
browse bookworm
like "of bookworm" "$(contained bookworm -v 2>&1)" 'nginx/1\.22\.'

start site
is "a site is there" "$(near curl -sSf localhost:8080/ 2>&1)" "$(cat recipes/examples/nginx/site/index.html)"
like "with types of files" "$(near curl -sSfI localhost:8080/style.css 2>&1)" '^Content-Type: text/css'
is "packed for who takes it" "$(near curl -sSf -H 'Accept-Encoding: gzip' localhost:8080/ | gzip -dc |
    head -n 1)" "<!DOCTYPE html>"
ok "it ends" stop site

is "a module is enabled" "$(readlink stream/etc/nginx/modules-enabled/50-mod-stream.conf)" \
    /usr/share/nginx/modules-available/mod-stream.conf
start stream
is "and loaded, and further servers answer" "$(near curl -sSf localhost:8081/healthz 2>&1)" ok
head -c 1000000 /dev/zero >body
is "a body that doesn't fit into memory is kept on the volume, and handed on" \
    "$(near curl -sS -o /dev/null -w '%{http_code}' --data-binary @body localhost:8081/put)" 403
ok "it ends" stop stream

# ---- PHP ------------------------------------------------------------------------------------------

mk recipes/php.conf recipes/examples/php/{app,web}.conf --arch "$arch"
must "PHP is built, an app, and the server before it"
plant app.oci app
plant web.oci web
start app
app=$started
beside=$network
start web
is "the app answers" "$(near curl -sSf -c jar localhost:8080/any/where 2>&1)" "hello, visit 1"
is "and knows its visitors" "$(near curl -sSf -b jar localhost:8080/ 2>&1)" "hello, visit 2"
like "nginx answers files" "$(near curl -sSfI localhost:8080/style.css 2>&1)" '^Content-Type: text/css'
is "and none of the app's" "$(near curl -sSf localhost:8080/index.php 2>&1)" "hello, visit 1"
ok "the server ends when it is asked to" stop web
started=$app
ok "and the app" stop app
like "it says so to stderr" "$(cat app.log)" 'NOTICE: ready to handle connections' 'NOTICE: exiting, bye'
unlike "and complains of nothing" "$(cat app.log)" 'ermission denied|Read-only|WARNING|ERROR'
# shellcheck disable=SC2016 # for PHP
is "jobs run by the same image, with its extensions and certificates" "$(contained app /usr/bin/php8.4 -r '
$t = openssl_get_cert_locations();
echo get_current_user() !== "root", " ", posix_getuid(), " ", extension_loaded("Zend OPcache"), " ",
    extension_loaded("pdo") && extension_loaded("sodium") && extension_loaded("fileinfo"), " ",
    preg_match_all("/BEGIN/", file_get_contents($t["default_cert_file"])) > 100, " ",
    (new finfo(FILEINFO_MIME_TYPE))->buffer("%PDF-1.4"), " ",
    (new DateTime("@0"))->setTimezone(new DateTimeZone("Asia/Tokyo"))->format("G"), " ",
    strlen(file_put_contents("/tmp/x", "y")), "\n";' 2>&1)" "1 5000 1 1 1 application/pdf 9 1"

# ---- as phpenmod does -----------------------------------------------------------------------------

cat >modules.conf <<END
include("$top/recipes/base.conf")
packages += {
    "php8.4-fpm", "php8.4-cli", "php8.4-xml", "php8.4-mysql", "php8.4-mbstring", "php8.4-redis",
    "php8.4-apcu",
}
omit += {"systemd", "psmisc"}
END
mk modules.conf --arch "$arch"
must "an image with many modules is built"
plant modules.oci modules
(cd modules/etc/php/8.4 && find . -path '*/conf.d/*' -printf '%p %l\n' | sort) >ours
find modules/etc/php/8.4 -path '*/conf.d/*' -delete
mkdir -p modules/var/lib/php/modules
# The real one, with this machine's shell and tools.
# shellcheck disable=SC2016 # for the other shell
said=$(bwrap --unshare-all --bind modules / --ro-bind /usr/bin /usr/bin \
    --ro-bind "/usr/lib/$(uname -m)-linux-gnu" "/usr/lib/$(uname -m)-linux-gnu" \
    --ro-bind-try /usr/lib64 /usr/lib64 --proc /proc --dev /dev /usr/bin/bash -c '
        for ini in /etc/php/8.4/mods-available/*.ini; do
            name=${ini##*/}
            bash /usr/sbin/phpenmod -m -v 8.4 -s ALL "${name%.ini}" || exit 1
        done' 2>&1)
(cd modules/etc/php/8.4 && find . -path '*/conf.d/*' -printf '%p %l\n' | sort) >theirs
is "phpenmod says nothing" "$said" ""
is "modules are enabled as it does it" "$(cat ours)" "$(cat theirs)"
ok "all of them, for each SAPI" [ "$(wc -l <ours)" -gt 50 ]
is "php.ini of each SAPI is its package's" "$(sha256sum modules/etc/php/8.4/{fpm,cli}/php.ini | cut -d' ' -f1)" \
    "$(sha256sum modules/usr/lib/php/8.4/php.ini-production{,.cli} | cut -d' ' -f1)"
finish
