#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What audit counts: protections of the files that they can concern, shells by file and not by
# name, paths of findings. What it advises for an image that another tool built.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 \
    python3 - "$top/tests/fuzz/corpus/elf" <<'END' || exit 1
import sys
from stranger import Image, directory, entry, link


def sample(name):
    with open(sys.argv[1] + "/" + name, "rb") as f:
        return f.read()


def program(name, kind):
    return entry(name, sample(kind), mode=0o755)


config = {"User": "5000:5000", "Cmd": ["/pause"]}
Image(config, [[program("pause", "static")]]).docker_archive("static.tar")
Image(config, [[program("pause", "static"), program("usr/bin/x", "protected"),
                program("usr/bin/y", "unprotected")]]).docker_archive("mixed.tar")
names = ["bin/" + n for n in ("sh", "ash", "bash", "dash", "zsh")]
Image(config, [[directory("bin"), program("bin/busybox", "static")] +
               [entry(n, kind="1", target="bin/busybox") for n in names] +
               [link("usr/bin/sh", "../../bin/sh")]]).docker_archive("busybox.tar")
Image(config, [[directory("srv")] +
               [entry("srv/%d/%s" % (i, name), "x") for i in range(3) for name in
                (".netrc", ".pgpass", ".vault-token", ".git-credentials")] +
               [entry("srv/%d/.npmrc" % i, "x") for i in range(12)] +
               [entry("data/%d" % i, "x", uid=7000 + i) for i in range(10)]]
      ).docker_archive("credentials.tar")
END

figures() { # IMAGE KEY...
    mk audit "docker-archive:$1" --format json
    must "$1"
    shift
    got=$(jq -c --arg keys "$*" '.images[0].figures as $f | $keys | split(" ") | map($f[.])' .out)
}

figures static.tar elf relro_of no_relro now_of ssp_of fortify_of
is "a static program has no tables to protect" "$got" '[1,0,0,0,0,0]'
figures mixed.tar elf relro_of no_relro now_of no_now
is "of two dynamic ones both count" "$got" '[3,2,0,2,1]'
figures busybox.tar shells shell_names
is "one file is one shell, under all of its names" "$got" '[1,7]'
is "and /bin of its own is no accident" \
    "$(jq -c '[.images[0].findings[].rule] | index("FS-USRMERGE")' .out)" null
like "what to do says nothing of recipes" "$(jq -r '.rules["SW-SHELL"].fix' .out)" "base without a shell"

mk audit docker-archive:credentials.tar --format json
must "credentials"
is "each path counts" "$(jq .images[0].counts.critical .out)" 24
is "those of one kind are one finding" \
    "$(jq -c '[.images[0].findings[] | select(.rule == "SEC-FILE") | .count] | sort' .out)" \
    '[1,1,1,1,1,1,1,1,1,1,1,1,12]'
is "which names all of them" \
    "$(jq '[.images[0].findings[] | select(.count == 12) | .path, .more[]] | length' .out)" 12
is "owners are a range" \
    "$(jq -r '.images[0].findings[] | select(.rule == "FS-OWNER") | .text' .out)" \
    "their owners (7000 to 7009) stand in no line of /etc/passwd"
mk audit docker-archive:credentials.tar
is "in the text, too" "$(grep -c '/srv/[0-9]*/\.npmrc' .out)" 12
mk audit docker-archive:credentials.tar --fail-on critical
like "and in the last word" "$err" "24 findings of severity critical"

cat >policy.conf <<'END'
change { rule = "SEC-FILE" path = "/srv/3/.npmrc" off = true reason = "an example" }
END
mk audit docker-archive:credentials.tar --policy policy.conf --format json
must "with a policy"
is "it decides path by path" "$(jq -c '[.images[0].findings[] | select(.rule == "SEC-FILE" and
    (.path | endswith("npmrc"))) | [.count, (.policy.off // false)]]' .out)" '[[11,false],[1,true]]'
is "and the rest counts" "$(jq -c '.images[0].counts | [.critical, .off]' .out)" '[23,1]'

finish
