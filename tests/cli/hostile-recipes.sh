#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Recipes and local files that reach out of their place: refused with file and line, nothing
# written. What is unknown is told with the nearest that is known.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive
mkdir -p project/sub outside
echo secret >outside/id_rsa
echo fine >project/app.txt
cd project || exit 1

# bad NAME PATTERN... <recipe: refused, with file and line.
bad() {
    local name=$1
    shift
    recipe bad
    mk bad.conf -o oci:out.oci
    refused "$name" 1 "${place-bad\\.conf:[0-9]+}" "$@"
    absent "$name: nothing written" out.oci bad.lock
    if grep -q secret "$work/.err"; then fail "$name: keeps the secret" "$err"; fi
}

bad "an include cycle" 'cycl|circle|includes itself' <<'END'
include("bad.conf")
END
echo 'include("../bad.conf")' >sub/b.conf
bad "a cycle over two files" 'cycl|circle|includes itself' <<'END'
include("sub/b.conf")
END
for i in $(seq 1 99); do echo "include(\"deep$((i + 1)).conf\")" >deep"$i".conf; done
echo >deep100.conf
bad "includes a hundred deep" 'deep' <<'END'
include("deep1.conf")
END
rm deep*.conf
bad "an include that isn't there" 'none\.conf' <<'END'
include("none.conf")
END
bad "a file above" '\.\./outside/id_rsa' <<'END'
packages = {"hello"}
file "/srv/x" { source = "../outside/id_rsa" }
END
bad "a file above, by two steps" 'id_rsa' <<'END'
packages = {"hello"}
file "/srv/x" { source = "sub/../../outside/id_rsa" }
END
bad "an absolute file" '/etc/hostname' <<'END'
packages = {"hello"}
file "/srv/x" { source = "/etc/hostname" }
END
ln -s ../outside/id_rsa link
bad "a file by a link that leads out" 'link' <<'END'
packages = {"hello"}
file "/srv/x" { source = "link" }
END
ln -s ../outside dirlink
bad "a file by a directory link that leads out" 'dirlink' <<'END'
packages = {"hello"}
file "/srv/x" { source = "dirlink/id_rsa" }
END
bad "a tree by a link that leads out" 'dirlink' <<'END'
packages = {"hello"}
tree "/srv/x" { source = "dirlink" }
END
bad "a certificate above" 'id_rsa' <<'END'
packages = {"hello"}
ca_certificate = {"../outside/id_rsa"}
END
bad "a file that isn't there" 'nothere' <<'END'
packages = {"hello"}
file "/srv/x" { source = "nothere" }
END
bad "a file that is a directory" 'sub' <<'END'
packages = {"hello"}
file "/srv/x" { source = "sub" }
END
mkfifo fifo
bad "a file that is a fifo" 'fifo' <<'END'
packages = {"hello"}
file "/srv/x" { source = "fifo" }
END
mkdir tree
mkfifo tree/fifo
bad "a tree with a fifo in it" 'fifo' <<'END'
packages = {"hello"}
tree "/srv/x" { source = "tree" }
END
rm tree/fifo
echo >tree/.wh.passwd
bad "a tree with a whiteout in it" '\.wh\.' <<'END'
packages = {"hello"}
tree "/etc" { source = "tree" }
END
rm tree/.wh.passwd
ln -s /etc/passwd tree/link
recipe tree <<'END'
packages = {"hello"}
arch = {"amd64"}
tree "/srv" { source = "tree" }
END
mk tree.conf
fine "a tree with a link that leads out"
like "ships the link, not what it leads to" "$(listing tree.oci)" ' srv/link -> /etc/passwd$'
rm -r tree fifo link dirlink
bad "a certificate that is none" 'app\.txt' <<'END'
packages = {"hello"}
ca_certificate = {"app.txt"}
END
bad "a variable in quotes" 'HOME|variable|environment' <<'END'
title = "${HOME}"
END
bad "a variable bare" 'HOME|variable|environment' <<'END'
title = ${HOME}
END
bad "an unknown option, with the nearest" 'pakages' 'packages' <<'END'
pakages = {"hello"}
END
bad "an unknown package, with the nearest" 'helo' 'hello' <<'END'
packages = {"helo"}
arch = {"amd64"}
END
bad "a version that can't be had" 'hello' '9' <<'END'
packages = {"hello (>= 9)"}
arch = {"amd64"}
END
bad "a forbidden package that is needed" 'libfoo1|libbar1' <<'END'
packages = {"foo"}
forbid = {"libfoo1", "libbar1"}
arch = {"amd64"}
END
place='' bad "two packages with one path, and Replaces of an older one" 'usr/share/clash/file' <<'END'
packages = {"clash-one", "clash-replaces-old"}
arch = {"amd64"}
END
place='' bad "two packages with one path" 'usr/share/clash/file' 'clash-one' 'clash-two' <<'END'
packages = {"clash-one", "clash-two"}
arch = {"amd64"}
END
bad "an own file over a package's" '/usr/bin/hello' 'replace = true' <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/usr/bin/hello" { source = "app.txt" }
END
bad "an own file over dpkg's records" 'var/lib/dpkg/status' <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/var/lib/dpkg/status" { source = "app.txt" }
END
bad "an own whiteout" '\.wh\.' <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/etc/.wh.passwd" { content = "" }
END
bad "an own file through a package's link" 'libfoo' <<'END'
packages = {"libfoo1"}
arch = {"amd64"}
file "/usr/lib/x86_64-linux-gnu/libfoo.so.1/x" { content = "" }
END
bad "a path with dots" '\.\.' <<'END'
packages = {"hello"}
file "/srv/../etc/x" { content = "" }
END
bad "a relative path" 'srv/x' <<'END'
packages = {"hello"}
file "srv/x" { content = "" }
END
bad "an allow without a reason" 'reason' <<'END'
packages = {"hello"}
allow { rule = "SW-SHELL" path = "/usr/bin/dash" }
END
bad "an allow of no known rule" 'SW-SHEL' 'SW-SHELL' <<'END'
packages = {"hello"}
allow { rule = "SW-SHEL" path = "/usr/bin/dash" reason = "x" }
END
bad "os_release with an ID" 'id' <<'END'
packages = {"hello"}
os_release { id = "other" }
END
bad "an architecture that is none" 'pdp11' <<'END'
packages = {"hello"}
arch = {"pdp11"}
END
bad "a second root" 'uid|root|0' <<'END'
packages = {"hello"}
account "toor" { uid = 0 }
END
bad "a url without a digest" 'sha256' <<'END'
packages = {"hello"}
file "/srv/x" { url = "http://127.0.0.1:1/x" }
END
bad "a string without end" 'string|quote|unterminated|end' <<'END'
title = "no end
END
printf 'title = "a\0b"\n' >>bad.conf
bad "a NUL" 'NUL|byte|character' < <(printf 'title = "a\0b"\npackages = {"hello"}\n')
bad "an escape sequence in an option's name" '' < <(printf 'ti\033[31mtle = "x"\n')
if grep -q $'\033' "$work/.err"; then fail "it doesn't reach the terminal"; else pass "it doesn't reach the terminal"; fi

mk none.conf
refused "a recipe that isn't there" 1 'none\.conf'
mk .
refused "a directory" 1 ''
mk /dev/zero
refused "a recipe without end" 1 '/dev/zero'

recipe good <<'END'
packages = {"hello"}
arch = {"amd64"}
file "/srv/x" { source = "../outside/id_rsa" }
END
mk good.conf --allow-source "$work/outside"
fine "--allow-source lets it in"
is "and it is what it says" "$(entry good.oci srv/x)" secret

recipe pair <<'END'
packages = {"clash-one", "clash-replaces"}
arch = {"amd64"}
END
mk pair.conf
fine "two packages with one path, and Replaces"
is "the one that replaces has it" "$(entry pair.oci usr/share/clash/file)" replaced
is "the other one hasn't" "$(listing pair.oci | grep -c 'usr/share/clash/file$')" 1

finish
