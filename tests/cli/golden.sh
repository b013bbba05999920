#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Golden digests of the test archive's images: the layers' diff_ids hold for ever; the digests of
# what is stored hold for one compressor version, and are skipped with another. Whoever changes a
# layer's bytes on purpose raises PACKAGE_FORMAT, since caches hold the old ones, runs
# tests/cli/golden.sh --write, and says so in the changelog; with --write-new it is the test archive
# or the recipe below that changed, and layers of the same content are made as before.

write=${1:-}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive
golden=$top/tests/golden

for codec in zstd gzip; do
    mkdir -p tree/sub
    printf 'own\n' >tree/file
    printf '#!/usr/bin/python3\n' >tree/sub/run
    chmod 755 tree/sub/run
    ln -sf ../file tree/sub/link
    recipe $codec <<END
title = "Golden"
packages = {"base-files", "libc-bin", "dash", "foo", "hello", "any-dep"}
packages += {"suid-tool", "suid-hardlink", "hardlinks", "conf-app", "long-names", "old-layout"}
packages += {"run-files", "times", "ca-certificates", "tzdata", "sysusers-app", "scripted"}
packages += {"clash-one", "clash-replaces", "diverted", "diverting"}
omit = {"debconf", "openssl", "init-system-helpers"}
arch = {"amd64", "arm64"}
compression = "$codec"
tree "/srv/tree" { source = "tree" }
directory "/data" { owner = 5000 group = 0 mode = 0770 }
link "/srv/link" { target = "/srv/tree/file" }
account "www" { uid = 6000 home = "/srv" }
config { entrypoint = {"/usr/bin/foo"} expose = {8080} volumes = {"/data"} }
allow { rule = "SW-SHELL" path = "/usr/bin/dash" reason = "golden" }
allow { rule = "SCR-BANG" path = "/usr/bin/scripted" reason = "golden" }
END
    mk $codec.conf
    fine "$codec is built"
    ok "$codec: sound" check_layout $codec.oci
    for arch in amd64 arm64; do
        paste <(config $codec.oci $arch | jq -r '.history[].created_by') \
            <(diff_ids $codec.oci $arch) | sed "s/^/$arch\t/"
    done >$codec.diff_ids
    version=$(jq -r '.compressor | .name + " " + .version' $codec.lock)
    {
        echo "# $version"
        for arch in amd64 arm64; do
            layers $codec.oci $arch
            manifest $codec.oci $arch
        done
        manifest $codec.oci
    } >$codec.digests
done
ok "diff_ids don't depend on the compressor" cmp zstd.diff_ids gzip.diff_ids
format=$(sed -n 's/^#define PACKAGE_FORMAT //p' "$top/builder/rootfs/package.h")
if [ "$write" = --write ] && [ "$format" = "$(cat "$golden/package_format.txt")" ] &&
    ! cmp -s "$golden/diff_ids.txt" zstd.diff_ids; then
    echo "layers changed: raise PACKAGE_FORMAT in builder/rootfs/package.h first" >&2
    exit 1
fi
if [ "$write" = --write ] || [ "$write" = --write-new ]; then
    mkdir -p "$golden"
    echo "$format" >"$golden/package_format.txt"
    cp zstd.diff_ids "$golden/diff_ids.txt"
    cp zstd.digests "$golden/zstd.txt"
    cp gzip.digests "$golden/gzip.txt"
fi
ok "they are of this format" test "$format" = "$(cat "$golden/package_format.txt")"
ok "diff_ids are the golden ones" diff "$golden/diff_ids.txt" zstd.diff_ids
for codec in zstd gzip; do
    if [ "$(head -n 1 "$golden/$codec.txt")" = "$(head -n 1 $codec.digests)" ]; then
        ok "$codec: digests are the golden ones" diff "$golden/$codec.txt" $codec.digests
    else
        skip "$codec: digests" "golden ones are of $(head -n 1 "$golden/$codec.txt")"
    fi
done
finish
