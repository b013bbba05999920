#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage audit over layers that are bombs: of bytes, of entries, of paths, of links. Each ends by a
# clear error or a report, within what is bounded for an image of any size: 1.5 GiB of address space
# and 90 seconds of the processor (a tenth of that where nothing else runs). What each took is
# printed. Those that take longest are left to `make check-bombs`.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

make_images() {
    PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 "$top/tests/cli/hostile_images.py" "$1" || exit 1
}

cat >limited.py <<'END_LIMITED'
import resource, subprocess, sys
def limit():
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]) << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (90, 95))
code = subprocess.run(sys.argv[2:], preexec_fn=limit).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(".used", "w") as f:
    f.write("%.1f s of the processor, %d MiB" % (used.ru_utime + used.ru_stime, used.ru_maxrss >> 10))
sys.exit(code if code >= 0 else 128 - code)
END_LIMITED

# bounded MIB LOCATION: audit, with so much address space.
bounded() {
    code=0
    python3 limited.py "$1" "$MKIMAGE" audit "$2" --format json >.out 2>.err </dev/null || code=$?
    out=$(head -c 1000 .out) err=$(cat .err)
    echo "# $2: $(cat .used)"
}

# bomb NAME MIB WORD...: an image of that name ends in an error that says these words.
bomb() {
    make_images "$1"
    bounded "$2" "oci:$1.oci"
    refused "$1" 1 "${@:3}"
    rm -r "$1.oci"
}

if [ -n "${BOMBS:-}" ]; then
    bomb zeros-gzip 256 'layer sha256:.*gives more than 4294967296 bytes'
    bomb long-paths 512 'paths of more than 512 MiB'
    bomb zeros-end 256 'layer sha256:.*gives more than 4294967296 bytes'
fi
bomb zeros-zstd 256 'layer sha256:.*gives more than 4294967296 bytes'
bomb too-many 512 'holds more than 1000000 entries'
bomb implied 1024 'paths of more than 512 MiB'
bomb targets 1024 'has more to tell about its files than 512 MiB'
bomb ways 256 'lead through too many links'
bounded 256 oci:links.oci
refused "links to those" 1 'lead through too many links'

make_images zeros-archive
bounded 256 docker-archive:zeros-archive.tar.gz
refused "an archive that is a bomb" 1 'zeros-archive.tar.gz: gives more than 1073741824 bytes'

make_images whiteouts
bounded 256 oci:whiteouts.oci
fine "a hundred thousand whiteouts"
is "leave what their own layer has" "$(jq -c '.images[0] | [.figures.files, .figures.hidden]' .out)" '[100000,1]'

if [ -n "${BOMBS:-}" ]; then
    make_images million
    bounded 768 oci:million.oci
    fine "a million entries"
    is "all were looked at" "$(jq -c '.images[0].figures | [.files, .setuid]' .out)" '[999000,999000]'
fi

finish
