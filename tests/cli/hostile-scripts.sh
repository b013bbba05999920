#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A third party's maintainer scripts and configuration that reach for what is Debian's, the build's
# or the recipe's: accounts, owners, alternatives, fragments by Debian's names.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

python3 - "$work/vendor" <<END || exit 1
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "$top/tests/cli")
sys.path.insert(0, "$top/tests/archive")
from debian import Archive, Deb
a = Archive(sys.argv[1])
def evil(name, *lines, **files):
    deb = Deb(name, "1", "all").file("usr/share/%s/x" % name, "x")
    for path, text in files.items():
        deb.file(path.replace("__", "/").replace("_D", ".d").replace("_C", ".conf"), text)
    a.add("trixie", deb.script("postinst", "\n".join(("#!/bin/sh", "set -e") + lines) + "\n").build())
evil("a-accounts",
     "adduser --system --uid 997 --home /opt/x --shell /bin/sh byhand",
     "adduser --system --uid 999 --group evil",
     "usermod -s /bin/sh -d /tmp byhand",
     "adduser byhand root", "usermod -a -G root byhand", "adduser evil byteam",
     usr__lib__sysusers_D__a_C="u byhand 900 - /etc /bin/sh\nm byhand root\nu zero 0\nu app 5000\nu www 33\n")
evil("z-accounts", "adduser --system --home /opt/x --shell /bin/sh byhand",
     "usermod -s /bin/sh -d /tmp byhand")
evil("owners", "chown 33 /etc /usr/bin/by-hand /root", "chmod 0711 /srv /usr/bin/by-hand",
     "ln -sfn /usr/share/owners /lib64",
     "adduser --system --group --home /var/owners owners", "chmod 0700 /var/owners")
a.add("trixie", Deb("named-alike", "1", "all").file("usr/share/named-alike/x", "x")
      .file("etc/tmpfiles.d/by-hand.conf", "Z /usr/share/by-hand 0755 33 33\nd /var/evil 0755\n")
      .file("etc/sysusers.d/sysusers-app.conf", "u evil -\n")
      .file("usr/lib/sysusers.d/z.conf", "u good -\n").build())
x = "/usr/share/choices/x"
evil("choices", "update-alternatives --force --install /usr/bin/by-hand by-hand %s 9" % x,
     "update-alternatives --force --install /etc/passwd passwd %s 9" % x,
     "update-alternatives --install /usr/bin/moved choice %s 99 --slave /usr/bin/moved2 choice-too %s"
     " --slave /usr/bin/more more %s" % (x, x, x),
     "update-alternatives --install /usr/bin/choice choice /usr/bin/choice-low 99 --slave /usr/bin/s s %s" % x,
     "update-alternatives --set choice %s" % x, "update-alternatives --remove-all choice")
evil("copies", "mkdir /opt /opt/a", "touch /opt/a/x",
     *("cp -r /opt/a /opt/b%d\ncp -r /opt/b%d /opt/a/" % (i, i) for i in range(40)))
a.add("trixie", Deb("before", "1", "all").file("usr/local/bin/choice", "x", 0o755).build())
a.sign()
END
MKIMAGE_MIRROR+=" vendor=file://$work/vendor/debian"
export MKIMAGE_MIRROR

# image PACKAGE: with the vendor's package, and Debian's.
image() {
    rm -rf x.lock x.oci
    cat >x.conf <<END
arch = {"amd64"}
compression = "gzip"
packages = {"base-files", "by-hand", "choice-low", "sysusers-app", "$1"}
source "vendor" {
    suites = {"trixie"}
    mirror = {"http://vendor.invalid/debian"}
    keyring = "$work/vendor/archive.gpg"
    packages = {"$1"}
}
source "debian" { keyring = "$work/archive/archive.gpg" }
source "debian-security" { keyring = "$work/archive/archive.gpg" }
END
    mk x.conf
}

for name in a z; do
    image $name-accounts
    fine "$name: accounts"
    passwd=$(entry x.oci etc/passwd) group=$(entry x.oci etc/group)
    like "$name: Debian's accounts are as Debian's script has them" "$passwd" \
        '^byhand:x:997:997:By hand:/var/lib/by-hand:/usr/sbin/nologin$' \
        '^root:x:0:0:root:/root:/sbin/nologin$'
    like "$name: and in their groups" "$group" '^root:x:0:$' '^byhand:x:997:$'
    unlike "$name: no id twice" "$(cut -d: -f3 <<<"$passwd" | sort | uniq -d)" .
done
image a-accounts
like "a third party's account comes behind" "$(entry x.oci etc/passwd)" '^evil:x:999:99[0-6]:' \
    '^app:x:99[0-6]:99' '^zero:x:99[0-6]:99' '^www:x:99[0-6]:99'
like "in a group as it asks" "$(entry x.oci etc/group)" '^byteam:x:999:byhand,evil$'
like "what it doesn't get is said" "$err" \
    'account byhand: it is of another source, and stays out of group root'

image owners
fine "owners"
list=$(listing x.oci)
like "what others made stays" "$list" '^drwxr-xr-x 0/0 .* etc/$' \
    '^-rwxr-x--- 0/999 .* usr/bin/by-hand$' '^drwx------ 0/0 .* root/$' 'lib64 -> usr/lib64$'
like "control: its own home" "$list" '^drwx------ [0-9]+/[0-9]+ .* var/owners/$'
unlike "and nothing has got another" "$list" ' 33/' '^drwx--x--x 0/0 .* srv/$'

image named-alike
fine "fragments called like Debian's"
unlike "tmpfiles.d: not for Debian's script" "$(listing x.oci)" ' 33/' 'var/evil'
like "sysusers.d: Debian's counts" "$(entry x.oci etc/passwd)" '^sysapp:' '^good:'

image choices
fine "alternatives"
list=$(listing x.oci)
like "what is another's stays" "$list" '^-rwxr-x--- .* usr/bin/by-hand$' \
    'usr/bin/choice -> /etc/alternatives/choice$' 'alternatives/choice -> /usr/bin/choice-low$' \
    'alternatives/choice-too -> /usr/bin/choice-low$'
unlike "and nothing is beside it" "$list" 'usr/bin/(moved|moved2|more|s)( |$)' 'etc/passwd ->'
like "which is said" "$err" 'package choices: alternative choice stays as it is: it is of another source' \
    'package choices: alternative choice: /usr/bin/choice-low is another source.s choice already' \
    '/usr/bin/by-hand of package by-hand stays: no alternative takes its place'

image copies
refused "copies of copies" 1 \
    'package copies: postinst:[0-9]+: the scripts of the packages make or change more than is followed'

image before
refused "a program before a link that a script of Debian's makes" 3 \
    'SRC-SHADOW: /usr/local/bin/choice .package before.: stands before /usr/bin/choice of package choice-low'
finish
