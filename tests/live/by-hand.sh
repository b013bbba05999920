#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What maintainer scripts make by hand, held against the root that dpkg makes of the same packages
# by running them (mmdebstrap): accounts, modes, owners, links and copies; and the same of a package
# of the test archive, whose script has each kind of line. Needs root for the chroot.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
live
need umoci mmdebstrap dpkg unshare
[ "$(id -u)" = 0 ] || skip_all "not root: no chroot"

packages=(at haproxy openssh-client rpcbind sudo unixodbc-common)
cat >real.conf <<END
suite = "trixie"
packages = {"base-files", "libc6"$(printf ', "%s"' "${packages[@]}")}
compression = "gzip"
allow { rule = "SW-NET" path = "/usr/**" reason = "a test" }
allow { rule = "SW-DEV" path = "/usr/**" reason = "a test" }
END
mk real.conf --arch "$arch" -o oci:real.oci:test
must "an image of packages whose scripts make things by hand"
ok "umoci extracts it" extract real.oci:test ours

# The mirror that the program takes, and the suite's updates as it takes them.
# shellcheck disable=SC2016 # apt fills it in
mirror=${MKIMAGE_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
    grep -v security | head -n 1)}
mirror=${mirror%% *} mirror=${mirror#debian=} mirror=${mirror%/}
keyring=$(compgen -G '/usr/share/keyrings/debian-archive-keyring.*' | head -n 1)
include=$(IFS=, && echo "${packages[*]}"),adduser,ucf,systemd-standalone-tmpfiles
if ! mmdebstrap --quiet --variant=essential --include="$include" --architectures="$arch" \
    --aptopt='Apt::Install-Recommends "false"' trixie real \
    "deb [signed-by=$keyring] $mirror trixie main" \
    "deb [signed-by=$keyring] ${mirror%/debian}/debian-security trixie-security main" >.mm 2>&1; then
    tail -n 5 .mm
    skip_all "mmdebstrap can't make a root here"
fi

# compare NAME EXPLAINED [PATH...]
compare() {
    local name=$1 explained=$2 said
    shift 2
    if said=$(python3 "$top/tests/live/by_hand.py" real ours "$explained" "$@"); then
        pass "$name ($said)"
    else
        fail "$name" "$said"
    fi
}
compare "accounts, modes, owners and links are dpkg's" "$top/tests/live/by-hand.explained"

# ---- a script with each kind of line ----------------------------------------------------------------

test_archive
recipe by-hand <<END
packages = {"base-files", "by-hand"}
compression = "gzip"
END
mk by-hand.conf --arch "$arch" --strict -o oci:by-hand.oci:test
must "an image of the test package"
rm -rf ours
ok "umoci extracts it, too" extract by-hand.oci:test ours
cp "$(find archive -name "by-hand_*_$arch.deb" -print -quit)" real/by-hand.deb
# systemd-tmpfiles looks into /proc.
ok "dpkg installs it" unshare --mount env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive sh -ec 'mount -t proc proc real/proc
        chroot real dpkg --force-depends -i /by-hand.deb'
: >none
compare "what its script makes is the same, byte by byte" none etc/by-hand var/lib/by-hand \
    var/log/by-hand run/by-hand var/cache/by-hand usr/bin/by-hand usr/share/by-hand
finish
