#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage diff: two states of the test archive, over each transport, as text and as JSON; images
# that are alike; one architecture of two; images of strangers; exit codes; what can't be read.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

different() { # NAME ARGUMENT...: diff goes well, $out is what it said
    local name=$1
    shift
    mk diff "$@"
    fine "$name"
}

json() { jq -c "$@" .out; }

# ---- two states of the archive -------------------------------------------------------------------

test_archive
recipe x <<'END'
packages = {"foo", "hello", "tzdata"}
config { cmd = {"/usr/bin/hello"} }
END
mk x.conf --arch amd64,arm64 -o oci:old.oci -o oci-archive:old.tar
must "the old image"
mk x.conf --arch amd64 -o docker-archive:old.docker
must "and for Docker"
test_archive --set foo=1:1.2-1 --set hello=2.9-1
recipe x <<'END'
packages = {"foo", "hello", "libbar1"}
config { cmd = {"/usr/bin/foo"} }
file "/etc/x.conf" { content = "x\n" mode = "0640" }
allow { rule = "ELF-NEED" path = "/usr/bin/foo" reason = "nothing is started here" }
END
mk lock --update x.conf --arch amd64,arm64
mk x.conf --arch amd64,arm64 -o oci:new.oci
must "the new image"

different "two states" oci:old.oci oci:new.oci
is "packages of both architectures" "$(sed -n '/^  Packages/,/^  Files/p' <<<"$out")" \
'  Packages
    - debconf 1.0
    ~ foo 1:1.1-1 -> 1:1.2-1
    ~ hello 2.10-5 -> 2.9-1, older
    + libbar1 2.0-1
    - libfoo1 1.2-3+deb13u1
    - tzdata 2026a-0+deb13u1
  Files'
is "config of both" "$(tail -n 2 <<<"$out")" $'  Config\n    ~ Cmd ["/usr/bin/hello"] -> ["/usr/bin/foo"]'
like "what one alone has bears its name" "$out" '^  Size$' \
    '^    ~ arm64: packed .* -> .* \([+-].*B\), unpacked .* -> .* \([+-].*B\)$' \
    '^    \+ /etc/x\.conf, mode 0640$' \
    '^    \+ /usr/lib/aarch64-linux-gnu/libbar\.so\.2\.0 \(arm64\)$' \
    '^    ~ /etc/ld\.so\.cache, content$' '^    - /usr/share/zoneinfo/ and 5 paths in it$'
is "nothing of dpkg's own records" "$(grep -c var/lib/dpkg <<<"$out")" 0
is "no colours but on a terminal" "$(grep -c $'\033' .out)" 0

different "JSON" oci:old.oci oci:new.oci --format json
is "names and digests" "$(json '[.from, .to, .from_digest, .to_digest, .same]')" \
    "$(jq -nc --arg a "$(jq -r '.manifests[0].digest' old.oci/index.json)" \
        --arg b "$(jq -r '.manifests[0].digest' new.oci/index.json)" \
        '["oci:old.oci", "oci:new.oci", $a, $b, false]')"
is "architectures" "$(json '.architectures | keys')" '["amd64","arm64"]'
is "packages" "$(json '.architectures.arm64.packages | map([.name, .change, .from, .to, .source])')" \
    '[["debconf","removed","1.0",null,"debconf"],["foo","upgraded","1:1.1-1","1:1.2-1","foo"],["hello","downgraded","2.10-5","2.9-1","hello"],["libbar1","added",null,"2.0-1","bar"],["libfoo1","removed","1.2-3+deb13u1",null,"foo"],["tzdata","removed","2026a-0+deb13u1",null,"tzdata"]]'
is "a file" "$(json '.architectures.amd64.files[] | select(.path == "etc/x.conf")')" \
    "$(jq -nc --arg d "sha256:$(echo x | sha256sum | cut -d' ' -f1)" \
        '{path: "etc/x.conf", from: null, to: {type: "file", mode: "0640", uid: 0, gid: 0, digest: $d}}')"
is "config" "$(json '.architectures.amd64.config')" \
    '{"Cmd":{"from":["/usr/bin/hello"],"to":["/usr/bin/foo"]}}'
is "sizes are the layers'" "$(json '.architectures.amd64.size.to.packed')" \
    "$(jq '[.layers[].size] | add' "$(blob new.oci "$(manifest new.oci amd64)")")"
is "layers tell no scripts and no findings" \
    "$(json '.architectures.amd64 | [.scripts, .findings]')" '[[],[]]'

name=$(printf 'new\377.oci')
ln -s new.oci "$name"
different "a location that isn't UTF-8" oci:old.oci "oci:$name" --format json
is "is named, escaped" "$(json '[.from, .to]')" '["oci:old.oci","oci:new\\xff.oci"]'

different "one architecture" oci:old.oci oci:new.oci --arch arm64 --format json
is "is it alone" "$(json '.architectures | keys')" '["arm64"]'

# ---- alike ---------------------------------------------------------------------------------------

different "another transport" oci:old.oci oci-archive:old.tar
is "makes no difference" "$out" $'- oci:old.oci\n+ oci-archive:old.tar\nno difference'
different "Docker's, of one architecture" oci:old.oci docker-archive:old.docker --arch amd64 --format json
is "neither" "$(json '[.same, (.architectures.amd64 | [.packages, .files, .config])]')" '[true,[[],[],{}]]'
different "an architecture less" oci:old.oci docker-archive:old.docker
is "is all that is said" "$(tail -n +3 <<<"$out")" \
    $'  Size\n'"$(grep '^    ~ amd64: packed' <<<"$out")"$'\n    - arm64: no longer'
mk diff --exit-code oci:old.oci oci-archive:old.tar
is "--exit-code, alike" "$code" 0
mk diff --exit-code oci:old.oci oci:new.oci
is "--exit-code, different" "$code $err" "1 "
mk diff --exit-code oci:old.oci oci:none.oci
refused "--exit-code, not there" 2 'none\.oci'

# ---- images of strangers -------------------------------------------------------------------------

PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 - <<'END'
from stranger import *

status = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n\n"
one = [directory("usr/"), entry("usr/x", "1", mode=0o644), entry("usr/l", "x"),
       entry("var/lib/dpkg/status", status % "1")]
two = [entry("usr/x", "1", mode=0o4755, uid=7), link("usr/l", "x"), entry("usr/.wh.gone", ""),
       entry("bell\x07\x1b[31m", "x"), *[entry("usr/many/%d" % i, "x") for i in range(9)],
       entry("var/lib/dpkg/status", status % "1\x1b[31m2")]
gone = entry("usr/gone", "x")
Image({"Cmd": ["a"]}, [one + [gone]]).docker_archive("one.tar")
Image({"Cmd": ["\x1b[31m"], "k\x1b[31m": 1}, [one + [gone], two]).layout("two.oci", "zstd")
Image({}, [one], arch="riscv64").docker_archive("riscv.tar")
Image({}, [[], [entry("../../x", "x")]]).docker_archive("climbs.tar")
END
different "strangers" docker-archive:one.tar oci:two.oci
is "what differs, escaped" "$(sed -n '/  Packages/,$p' <<<"$out")" \
'  Packages
    ~ a 1 -> 1\x1b[31m2
  Files
    + /bell\x07\x1b[31m
    - /usr/gone
    ~ /usr/l, file -> symlink to x, mode 0644 -> 0777
    + /usr/many/ and 9 paths in it
    ~ /usr/x, mode 0644 -> 4755, owner 0:0 -> 7:0
  Config
    ~ Cmd ["a"] -> ["\u001B[31m"]
    + k\x1b[31m 1'
different "each file on request" docker-archive:one.tar oci:two.oci --verbose
like "is shown" "$out" '^    \+ /usr/many/0$' '^    \+ /usr/many/8$'
different "as JSON" docker-archive:one.tar oci:two.oci --format json
is "both sides of a file" "$(json '.architectures.amd64.files[] | select(.path == "usr/x") |
    [.from.mode, .from.uid, .to.mode, .to.uid]')" '["0644",0,"4755",7]'
different "other architectures" docker-archive:one.tar docker-archive:riscv.tar
like "come and go" "$out" '^    - amd64: no longer$' '^    \+ riscv64: packed .*B, unpacked 74 B$'
is "and nothing else is told of them" "$(tail -n +3 <<<"$out" | grep -vE '64: ')" "  Size"

# ---- what can't be read --------------------------------------------------------------------------

mk diff oci:old.oci
refused "one location" 2 'two locations'
mk diff old.oci oci:new.oci
refused "no transport" 2 'oci-archive'
mk diff oci:old.oci oci:new.oci --arch pdp11
refused "no architecture of Debian's" 2 'pdp11'
mk diff oci:old.oci oci:new.oci --format xml
refused "no such format" 2 '--format xml'
mk diff oci:old.oci oci:new.oci --arch s390x
refused "an architecture that isn't there" 1 'oci:old\.oci: old\.oci: holds no image for s390x'
head -c 20000 old.tar >cut.tar
mk diff oci:old.oci oci-archive:cut.tar
refused "an archive that ends early" 1 'cut\.tar'
layer=$(layers old.oci arm64 | tail -n 1)
printf X | dd of="$(blob old.oci "$layer")" bs=1 seek=50 conv=notrunc status=none
mk diff oci:old.oci oci:new.oci
refused "a damaged layer" 1 "${layer#sha256:}"
mk diff oci:old.oci oci:new.oci --arch amd64
fine "of an architecture that isn't asked for"
echo no >text
mk diff docker-archive:text oci:new.oci
refused "no image at all" 1 'text'

finish
