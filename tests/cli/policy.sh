#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The hardening policy: what it mends and says so, what it refuses (exit code 3, nothing written),
# what an `allow` lets through, and that an `allow` changes no layer that it doesn't touch.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

recipe plain <<'END'
packages = {"base-files", "dash", "suid-tool"}
arch = {"amd64"}
END
recipe shell <<'END'
packages = {"base-files", "dash", "suid-tool"}
arch = {"amd64"}
allow { rule = "SW-SHELL"   path = "/usr/bin/dash"   reason = "legacy start script" }
allow { rule = "SW-SHELL"   path = "/usr/bin/sh"   reason = "legacy start script" }
END

mk plain.conf --format json
fine "plain"
findings=$(jq -r '.images[0].findings[] | [.rule, .action, .path, .package] | join(" ")' .out)
like "setuid and setgid bits are mended, and said" "$findings" '^FS-SUID fix usr/bin/suid-real suid-tool$' \
    '^FS-SUID fix usr/bin/sgid-shadow suid-tool$' '^FS-WW fix var/lib/suid-tool/open suid-tool$'
like "and on stderr" "$err" 'FS-SUID.*/usr/bin/sgid-shadow' 'FS-WW.*/var/lib/suid-tool/open' \
    'SW-SHELL.*/usr/bin/dash'
list=$(listing plain.oci)
like "the bits are gone" "$list" '^-rwxr-xr-x .* usr/bin/suid-real$' '^-rwxr-xr-x .* usr/bin/sgid-shadow$' \
    '^-rw-rw-r-- .* var/lib/suid-tool/open$'
is "nothing setuid is left" "$(grep -cE '^-..[sS]|^-.....[sS]' <<<"$list")" 0
is "no shell" "$(grep -cE 'usr/bin/(da)?sh' <<<"$list")" 0

mk shell.conf --format json
fine "with an allow"
like "the shell is there" "$(listing shell.oci)" '^-rwxr-xr-x .* usr/bin/dash$' \
    ' usr/bin/sh -> dash$'
like "and its reason in the findings" \
    "$(jq -r '.images[0].findings[] | select(.path == "usr/bin/dash") | .allowed' .out)" 'legacy start script'
like "and on stderr" "$err" 'SW-SHELL.*allowed.*legacy start script'
layers plain.oci >plain.layers
layers shell.oci >shell.layers
is "all layers but dash's are shared" \
    "$(grep -cvxFf plain.layers shell.layers) $(wc -l <shell.layers)" "1 $(wc -l <plain.layers)"

recipe unused <<'END'
packages = {"hello"}
arch = {"amd64"}
allow { rule = "FS-SUID"   path = "/usr/bin/nothing"   reason = "none" }
END
mk unused.conf
fine "an allow that nothing needs"
like "is told" "$err" 'unused\.conf:5: .*FS-SUID'

# refuse NAME PATTERN... <recipe: policy, exit code 3, the earlier output whole.
refuse() {
    local name=$1
    shift
    recipe bad
    mk bad.conf -o oci:out.oci
    refused "$name" 3 "$@"
    absent "$name: writes nothing" out.oci
    mk bad.conf -o oci:plain.oci
    refused "$name: over an earlier output" 3
    is "$name: that stays whole" "$(check_layout plain.oci; manifest plain.oci)" "$before"
}
before=$(manifest plain.oci)

refuse "port 80" 'bad\.conf:[0-9]+' CFG-PORT 80 'allow' <<'END'
packages = {"hello"}
arch = {"amd64"}
config { expose = {80} }
END
cp "$(type -P true)" tool
refuse "an own setuid file" 'bad\.conf:[0-9]+' FS-SUID /usr/bin/tool <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/usr/bin/tool" { source = "tool" mode = 04755 }
END
refuse "an own file for everybody to write" 'bad\.conf:[0-9]+' FS-WW /srv/x <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/srv/x" { content = "x" mode = 0666 }
END
refuse "an own shell" 'bad\.conf:[0-9]+' SW-SHELL /usr/bin/bash <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/usr/bin/bash" { content = "x" mode = 0755 }
END
refuse "an own package manager" 'bad\.conf:[0-9]+' SW-PKG /usr/local/bin/apt-get <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/usr/local/bin/apt-get" { content = "x" mode = 0755 }
END
printf '#!/usr/bin/python3\nprint(1)\n' >app
printf '\177ELF\2\1\1 BusyBox v1.36.1 multi-call binary applet not found' >tool2

recipe port <<'END'
packages = {"hello"}
arch = {"amd64"}
config { expose = {80} }
allow { rule = "CFG-PORT"   path = "/**"   reason = "the balancer can do no other" }
END
mk port.conf
is "port 80 with an allow" "$(config port.oci | jq -c .config.ExposedPorts)" '{"80/tcp":{}}'

recipe expired <<'END'
packages = {"dash"}
arch = {"amd64"}
allow { rule = "SW-SHELL"   path = "/usr/bin/dash"   reason = "x"   expires = "2020-01-01" }
END
mk expired.conf
refused "an allow that has run out" 3 'expired\.conf:5' SW-SHELL 2020-01-01
absent "writes nothing" expired.oci
sed -i 's/2020-01-01/2999-01-01/' expired.conf
mk expired.conf
fine "one that hasn't"

recipe scripts <<'END'
packages = {"scripted"}
omit = {"init-system-helpers"}
arch = {"amd64"}
END
mk scripts.conf
refused "a program without its interpreter" 3 \
    'SCR-BANG: /usr/bin/scripted \(package scripted\): it is run by /usr/bin/python3'
printf '#!/usr/bin/hello\n' >start
recipe whose <<'END'
packages = {"base-files"}
arch = {"amd64"}
file "/usr/local/bin/start" { source = "start" mode = 0755 }
END
mk whose.conf
refused "what isn't there is named with its package" 3 'SCR-BANG: /usr/local/bin/start' \
    'package hello has it: add it to packages'
like "which stays in the cache, small" "$(find cache/facts/contents -type f -exec tail -n +2 {} + | tr -d '\0')" \
    $'^hello\thello$'
sed -i 's/"base-files"/&, "hello"/; 1i omit = {"hello"}' whose.conf
sed 's/, "hello"}/}/' whose.conf >omits.conf
mk omits.conf
refused "or with the line that omits it" 3 'package hello has it, which (./)?omits\.conf:1 omits'
sed -i 1d whose.conf
cat >>whose.conf <<'END'
package "hello" {
    exclude = {"/usr/bin/*"}
}
END
mk whose.conf
refused "or with the line that leaves it out" 3 \
    'package hello has /usr/bin/hello, but (./)?whose\.conf:6 leaves it out'

cat >>scripts.conf <<'END'
allow { rule = "SCR-BANG" path = "/usr/bin/scripted" reason = "a test" }
END
mk scripts.conf
fine "a script that nothing stands in for"
like "is named in the summary" "$err" 'scripted' 'postinst'
mk scripts.conf --strict
refused "and refused by --strict" 3 'scripted' 'postinst'
recipe no-scripts <<'END'
packages = {"hello"}
arch = {"amd64"}
END
mk no-scripts.conf --strict
fine "which refuses nothing else"
recipe skipped <<'END'
packages = {"snake"}
arch = {"amd64"}
END
mk skipped.conf --strict --format json
fine "what a script would make and nothing needs"
like "is named in the summary" "$err" 'not made: byte-compiled Python \(scripts of snake\)'
is "and in its JSON" "$(jq -c '.images[0].not_made' .out)" \
    '[{"what":"byte-compiled Python","packages":["snake"]}]'

finish
