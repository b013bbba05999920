#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage audit over images that mean harm: a finding or a clear error for each, and no more memory
# and time than an image of their size may take. Bombs are in hostile-layers.sh.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

make_images() { # NAME...: of hostile_images.py
    PYTHONPATH="$top/tests/cli" PYTHONDONTWRITEBYTECODE=1 python3 "$top/tests/cli/hostile_images.py" "$@" || exit 1
}

# audit LOCATION [ARGUMENT...]: within a quarter of a gigabyte and ten seconds of the processor.
audit() {
    local limits
    limits=$(ulimit -S -v)
    ulimit -S -v 262144 -t 10
    mk audit "$@" --format json
    ulimit -S -v "$limits"
}

ids() { jq -r '.images[].findings[] | .rule + " " + (.path // "config")' .out; }
faults() { jq -r '.images[].layers[].faults[]?' .out; }

# broken NAME LOCATION PATTERN...: an error that says so.
broken() {
    local name=$1
    audit "$2"
    refused "$name" 1 "${@:3}"
}

make_images circles odd-whiteouts elf accounts records deep-json lies codecs foreign old-docker sparse too-long layers

# ---- odd places ----------------------------------------------------------------------------------

audit docker-archive:circles.tar
fine "links in circles"
like "what leads nowhere is told" "$(faults)" '^/a/below lies below something that is no directory$' \
    '^/to-nothing is a hard link to nothing$' '^/h1 is' '^/to-self is' '^/to-dir is a hard link to a directory$'
like "and what leads out" "$(faults)" '^\.\./escape leads out' '^x/\.\./\.\./escape leads out' '^\.\./\.\./etc/x leads out'
like "a link in passwd's place" "$(ids)" '^FS-LINK /etc/passwd$' '^FS-LINK /self$' '^FS-LINK /d$'
like "a hard link changes the file of the layer below" "$(ids)" '^FS-SUID /bin/tool$'

audit docker-archive:odd-whiteouts.tar
fine "whiteouts in odd places"
like "of nothing" "$(faults)" '^/\.wh\. is a whiteout of nothing$' '^/\.wh\.\. is' '^/\.wh\.\.\. is' '^/twice stands twice in it$'
is "what they hide is remembered, and what hides itself" "$(jq -c '.images[0].figures.hidden' .out)" 6
is "nothing of them is in the tree" "$(jq '[.images[].findings[] | .path // "" | select(contains("/.wh."))] | length' .out)" 0

audit docker-archive:elf.tar
fine "ELF files that lie about their tables"
is "all of them were read" "$(jq '.images[0].figures | [.files, .elf <= 30]' -c .out)" '[30,true]'

for name in line binary numbers lines; do
    audit "docker-archive:accounts-$name.tar"
    fine "passwd and its like: $name"
    like "an image of a user that isn't in them ($name)" "$(ids)" '^CFG-USER config$' '^ACC-'
done

audit docker-archive:records.tar
fine "records that are none"
like "are told" "$(ids)" '^SW-DB '

# ---- documents -----------------------------------------------------------------------------------

broken "a config of 100,000 brackets" oci:deep-config.oci 'config sha256:.*depth'
audit oci:flat-config.oci
fine "a config of 2,000"
audit oci:odd-config.oci
fine "a config in which nothing has its type"
like "runs as root" "$(ids)" '^CFG-USER config$'
broken "a config with a zero in its user" oci:nul-config.oci 'config sha256:.*not allowed'

broken "a layer one byte longer than it is" oci:lie-size.oci 'has 10[0-9] bytes, but should have 10'
broken "a layer of one byte" oci:lie-small.oci 'but should have 1$'
broken "a layer of less than nothing" oci:lie-negative.oci 'has no size'
broken "a layer of 4 EiB" oci:lie-huge.oci 'but should have 4611686018427387904'
broken "a size that is text" oci:lie-text.oci 'has no size'
broken "a digest that is a path" oci:lie-digest.oci "isn't a SHA-256 digest"
broken "a layer that isn't there" oci:lie-absent.oci 'a{64}'
broken "a blob of other bytes" oci:lie-bytes.oci 'layer sha256:'
broken "more diff_ids than layers" oci:lie-count.oci 'has 2 diff_ids for 1 layers'
audit oci:lie-type.oci
like "a layer that is a picture" "$(faults)" 'media type \(image/png\) is none of a layer'
audit oci:lie-zstd.oci
like "gzip, said to be zstd" "$(faults)" '^it is gzip, and its media type is .*zstd$'
audit oci:lie-diff.oci
like "a layer that the config doesn't name" "$(faults)" "^it isn't the layer that the config names"
like "is a finding" "$(ids)" '^FS-SUID /usr/tool$'

# ---- packings and old forms ----------------------------------------------------------------------

for name in bzip2 noise cpio; do
    broken "no tar: $name" "oci:codec-$name.oci" "layer sha256:.*isn't a tar"
done
broken "a layer that is cut off" oci:codec-cut.oci 'ends early'
broken "bytes behind gzip's end" oci:codec-behind.oci 'layer sha256:.*gzip'
audit oci:codec-xz.oci
like "xz, which no engine has to read" "$(faults)" '^it is xz, and its media type is'
like "its content is judged" "$(ids)" '^FS-SUID /usr/tool$'
audit oci:codec-crypt.oci
like "a layer that is said to be encrypted" "$(faults)" 'media type is .*encrypted$'
audit oci:codec-empty.oci
fine "a layer without a byte"
broken "a hole of 1 TiB" oci:sparse.oci 'a hole of 10[0-9]* bytes'
audit oci:too-long.oci
fine "paths of 1,500 parts, and of 100,000"
like "are left out, and told" "$(faults)" 'is longer than 4096 bytes' '^/p/.* lies below something'
like "the rest is judged" "$(ids)" '^FS-SUID /app$'
broken "20,000 layers" oci:layers.oci 'more than 1000 layers'

serve
FOREIGN_URL=$url/layer make_images foreign
audit oci:foreign.oci
fine "layers that may not be handed on"
is "three faults" "$(faults | sort | uniq -c | tr -s ' ')" \
    " 2 it isn't here, but somewhere else: it was not fetched and not looked at
 1 it names other places that it could be fetched from"
like "what is here is judged" "$(ids)" '^FS-SUID /usr/tool$'

broken "docker save of before 1.10" docker-archive:docker-v1.tar 'holds no file manifest.json' 'since 1\.10'
broken "a manifest of schema 1" oci:schema1.oci "Docker's schema 1" 'push it again'
for name in gzip zstd; do
    audit "docker-archive:docker-$name.tar"
    fine "a docker archive of layers in $name"
    like "its content" "$(ids)" '^FS-SUID /usr/tool$'
    is "nothing odd" "$(faults)" ''
    mk copy "docker-archive:docker-$name.tar" "oci:copy-$name.oci:x"
    audit "oci:copy-$name.oci"
    is "copied it says the same" "$code $(faults)" '0 '
    like "of the same file" "$(ids)" '^FS-SUID /usr/tool$'
done

finish
