#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Recipes that ship with suite = "bookworm": names of the recipe are the archive's, each said once, the
# sections of packages count for them, and all scripts are accounted for. They are started under the
# restricted profile. Needs root or user namespaces. (nginx is in web.sh.)

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/contain.sh
. "$top/tests/contain.sh"
live
shared_cache
containers

cp -r "$top/recipes" "$top/rootfs-templates" .
find recipes -name '*.lock' -delete

sed -i 's/^suite *=.*/suite = "bookworm"/' recipes/include/debian.conf
mk recipes/base.conf --arch amd64,arm64 --strict
fine "base"
like "says what a name is" "$err" '^recipes/base\.conf: libssl3t64: the archive calls it libssl3$'
is "once" "$(grep -c 'calls it' .err)" 1
for name in ruby haproxy perl; do
    mk "recipes/$name.conf" --arch "$arch" --strict
    fine "$name"
done
is "what perl's names are, once each" "$(grep -o '[^ ]*: the archive calls it .*' .err)" \
    'libssl3t64: the archive calls it libssl3
libdb5.3t64: the archive calls it libdb5.3
libgdbm6t64: the archive calls it libgdbm6
libgdbm-compat4t64: the archive calls it libgdbm-compat4
libperl5.40: the archive calls it libperl5.36
perl-modules-5.40: the archive calls it perl-modules-5.36'

for name in base perl ruby haproxy; do
    plant "$name.oci" "$name"
done
is "the time zone, as its script writes it" \
    "$(cat base/etc/timezone) $(readlink base/etc/localtime)" "Etc/UTC /usr/share/zoneinfo/Etc/UTC"
is "no omitted library is there" "$(find perl \( -name 'libdb-5*' -o -name 'libgdbm*' \))" ""
is "sections leave out what they do of trixie's" "$(find perl ruby \( -name CORE -o -name 'perlbug' \
    -o -path '*/gems/rbs-*' -o -path '*/rdoc/generator/template/*' \) -print -quit)" ""
is "Perl runs" "$(contained perl -MPOSIX -MSocket -e 'printf "%vd %s", $^V, strftime("%Z", localtime)')" \
    "$(printf '5.36.0 UTC')"
is "Ruby runs" "$(contained ruby -ropenssl -rjson -e 'print RUBY_VERSION[0, 3], {a: 1}.to_json')" '3.1{"a":1}'
start haproxy
ok "HAProxy answers probes" near curl -sSf localhost:8404/healthz
ok "and ends when it is asked to" stop haproxy

# The other way round.
cat >back.conf <<'END'
include("recipes/base.conf")
suite = "trixie"
packages += {"libcurl3-gnutls"}
omit += {"libldap-2.5-0"}
END
mk back.conf --arch "$arch" --strict
fine "a recipe for bookworm, of trixie"
like "has its names, too" "$err" 'libcurl3-gnutls: the archive calls it libcurl3t64-gnutls' \
    'libldap-2\.5-0: the archive calls it libldap2'
is "as packages" "$(jq -r ".architectures.$arch.packages[].name" back.lock | grep -c libldap)" 0
finish
