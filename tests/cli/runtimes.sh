#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What scripts of PHP's, nginx's and Java's packages would make, with packages of the test archive of
# the same forms; and what of it is refused.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

# ---- PHP ------------------------------------------------------------------------------------------

recipe php <<'END'
arch = {"amd64"}
packages = {"php9.1-fpm", "php9.1-three"}
END
mk php.conf --format json
must "PHP is built"
is "its scripts are accounted for" "$(jq -c '.images[0].scripts' .out)" '[]'
unpack php.oci php
is "each module is enabled for each SAPI" "$(cd php/etc/php/9.1 && find . -type l -printf '%P %l\n' | sort)" \
    "cli/conf.d/10-one.ini /etc/php/9.1/mods-available/one.ini
cli/conf.d/20-three.ini /etc/php/9.1/mods-available/three.ini
cli/conf.d/20-two.ini /etc/php/9.1/mods-available/two.ini
fpm/conf.d/10-one.ini /etc/php/9.1/mods-available/one.ini
fpm/conf.d/20-three.ini /etc/php/9.1/mods-available/three.ini
fpm/conf.d/20-two.ini /etc/php/9.1/mods-available/two.ini"
is "copies are the package's" "$(cat php/etc/php/9.1/mods-available/{one,two,three}.ini)" \
    "; priority=10
extension=one.so
; priority=many
extension=two.so
extension=three.so"
is "each SAPI has its php.ini" "$(cat php/etc/php/9.1/{fpm,cli}/php.ini)" "[PHP]
[PHP cli]"
digest=$(digest_of "$(mk php.conf && cat .out)")
mk php.conf --cache cold
is "from an empty cache the same" "$(digest_of "$out")" "$digest"

recipe less <<'END'
arch = {"amd64"}
packages = {"php9.1-fpm"}
package "php9.1-common" { exclude = {"/usr/share/php9.1-common/common/two.ini"} }
file "/etc/php/9.1/fpm/php.ini" { content = "own" }
exclude += {"/etc/php/9.1/cli/conf.d/10-one.ini"}
END
mk less.conf
must "a module less, and an own php.ini"
unpack less.oci less
is "what is excluded isn't enabled" "$(find less/etc/php -name '*two*')" ""
is "nor a module where its link is" "$(cd less/etc/php/9.1 && find . -type l -printf '%P\n')" \
    "fpm/conf.d/10-one.ini"
is "what the recipe puts stays" "$(cat less/etc/php/9.1/fpm/php.ini less/etc/php/9.1/cli/php.ini)" "own[PHP cli]"

refuse() {
    local name=$1
    recipe bad <<END
arch = {"amd64"}
packages = {$2}
END
    shift 2
    mk bad.conf
    refused "$name" 1 "$@"
    absent "$name: and nothing is written" bad.oci bad.lock
}
refuse "two packages with one module" '"php9.1-common", "php9.1-other"' \
    'package php9\.1-other: /usr/share/php9\.1-other/other/one\.ini and /usr/share/php9\.1-common/.* configure the same PHP module' \
    'omit one of the packages'
refuse "a module with a name that is none" '"php9.1-blank"' "php9.1-blank/blank/a b.ini has no PHP module's name"

# ---- nginx ----------------------------------------------------------------------------------------

recipe nginx <<'END'
arch = {"amd64"}
packages = {"libnginx-mod-good"}
END
mk nginx.conf
must "a module of nginx"
like "says what it doesn't enable" "$err" \
    'libnginx-mod-good: postinst:4: /usr/share/nginx/modules-available/mod-gone.conf isn.t in the image'
unpack nginx.oci nginx
is "and enables the other" "$(find nginx/etc/nginx -type l -printf '%P %l\n')" \
    "modules-enabled/50-mod-good.conf /usr/share/nginx/modules-available/mod-good.conf"
refuse "a module that leads elsewhere" '"libnginx-mod-bad"' \
    "libnginx-mod-bad: postinst:4: not a module's file and the name of its link: mod-bad.conf:../../passwd"

# ---- Java -----------------------------------------------------------------------------------------

recipe java <<'END'
arch = {"amd64"}
packages = {"fake-jre", "ca-certificates"}
omit = {"openssl", "debconf"}
ca_certificate = {"own.pem"}
END
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -keyout own.key \
    -out own.pem -subj /CN=Own 2>/dev/null
mk java.conf
must "a JRE"
unpack java.oci java
"$top/tests/jks.py" java/etc/ssl/certs/java/cacerts >store
is "trusts what the CA bundle has" "$(cut -d' ' -f3 store | sort -u)" "$(for file in java/etc/ssl/certs/*.pem; do
    openssl x509 -in "java$(readlink "$file")" -outform DER | sha256sum | cut -d' ' -f1; done | sort -u)"
like "the company's by its name" "$(cat store)" '^debian:own\.pem 0 '
recipe java <<'END'
arch = {"amd64"}
packages = {"fake-jre"}
END
mk java.conf
refused "a JRE without certificates" 1 \
    'fake-jre: /usr/lib/jvm/fake/lib/security/cacerts leads to .*: Java would trust nobody' \
    'packages \+= \{"ca-certificates"\}'
echo hello >company.pem
recipe java <<'END'
arch = {"amd64"}
packages = {"fake-jre", "ca-certificates"}
omit = {"openssl", "debconf"}
ca_certificate = {"company.pem"}
END
mk java.conf
refused "a certificate that is none" 1 'java.conf:[0-9]+: company.pem holds no certificate'
finish
