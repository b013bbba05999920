#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A recipe from end to end on the test archive: one line on stdout and all else on stderr, a layout
# that other tools find sound, the packages' files and the image's own in it, what JSON says, what
# a second build says, several architectures, archives for OCI and docker.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

cat >server.txt <<<'served'
recipe foo <<'END'
title = "Foo"
description = "A test's image"
labels = {"org.example.team=tests"}
packages = {"base-files", "foo", "hardlinks", "sysusers-app", "dash"}
arch = {"amd64"}
config { entrypoint = {"/usr/bin/foo"}   env = {"GREETING=hello"}   expose = {8080} }
file "/srv/server.txt" { source = "server.txt" }
file "/data/inline" { content = "inline\n"   mode = 0600   owner = 5000   group = 5000 }
directory "/data" { owner = 5000   mode = 0750 }
link "/srv/link" { target = "server.txt" }
END

mk foo.conf
must "a build"
is "stdout is one line" "$(wc -l <.out)" 1
like "and that is location and digest" "$out" '^oci:foo\.oci@sha256:[0-9a-f]{64}$'
is "the digest is the manifest's" "$(digest_of "$out")" "$(manifest foo.oci)"
ok "the layout is sound" check_layout foo.oci
like "the summary has packages, files, sizes, layers, digest" "$err" 'foo\.lock' \
    '[0-9]+ packages' '[0-9]+ files' 'unpacked' 'packed' '[0-9]+ layers' 'sha256:[0-9a-f]{64}'
is "each thing on a line of its own" "$(grep -cE '^[a-z0-9]+  [0-9]+ packages, |^oci:foo\.oci sha256:' <<<"$err")" 2
first=$out

is "compression is zstd" "$(jq -r '.layers[].mediaType' "$(blob foo.oci "$(manifest foo.oci)")" |
    sort -u)" application/vnd.oci.image.layer.v1.tar+zstd
config=$(config foo.oci)
is "User" "$(jq -r .config.User <<<"$config")" 5000:5000
is "Entrypoint" "$(jq -c .config.Entrypoint <<<"$config")" '["/usr/bin/foo"]'
is "ExposedPorts" "$(jq -c .config.ExposedPorts <<<"$config")" '{"8080/tcp":{}}'
like "Env" "$(jq -r '.config.Env[]' <<<"$config")" '^GREETING=hello$' '^PATH='
is "a label of the recipe" "$(jq -r '.config.Labels."org.example.team"' <<<"$config")" tests
is "the title" "$(jq -r '.config.Labels."org.opencontainers.image.title"' <<<"$config")" Foo
is "architecture and os" "$(jq -r '.architecture + " " + .os' <<<"$config")" "amd64 linux"
is "created is the newest package's time" "$(jq -r .created <<<"$config")" \
    "$(date -u -d @1735689600 +%Y-%m-%dT%H:%M:%SZ)"
is "as many history entries as layers" "$(jq '.history | length' <<<"$config")" \
    "$(layers foo.oci | wc -l)"
like "history names packages with versions" "$(jq -r '.history[].created_by' <<<"$config")" \
    'libfoo1=1\.2-3\+deb13u1' ' foo=1:1\.1-1' 'libc6=2\.41-12'

list=$(listing foo.oci)
like "the packages' files" "$list" '^-rwxr-xr-x 0/0 .* 2025-01-01 00:00:00 usr/bin/foo$' \
    'usr/bin/hard-two link to usr/bin/hard-one' 'lib/x86_64-linux-gnu/libfoo.so.1 -> ' \
    'usr/share/doc/foo/copyright$' ' usr/share/hardlinks/data$'
like "usrmerge and base-files' links" "$list" ' bin -> usr/bin$' ' lib -> usr/lib$' \
    ' var/run -> /run$' ' var/lock -> /run/lock$'
like "own files" "$list" '^-rw-r--r-- 0/0 .* srv/server.txt$' \
    '^-rw------- 5000/5000 .* data/inline$' '^drwxr-x--- 5000/(0|5000) .* data/$' \
    ' srv/link -> server.txt$' '^drwxrwxrwt 0/0 .* tmp/$'
is "no manual, README or translation" \
    "$(grep -cE 'share/man/|README|share/locale/|share/info/' <<<"$list")" 0
is "no shell" "$(grep -cE 'bin/(da)?sh( |$)' <<<"$list")" 0
is "a file's content" "$(entry foo.oci srv/server.txt)" served
is "etc/os-release is a file" "$(grep -cE '^-rw-r--r-- .* etc/os-release$' <<<"$list")" 1
like "accounts" "$(entry foo.oci etc/passwd)" '^root:' '^nobody:' \
    '^mortaluser:[x*]:5000:5000:.*:/home/mortaluser:/sbin/nologin$' '^sysapp:' '^fixed:[^:]*:333:333:'

mk build foo.conf
fine "a second build"
is "gives the same" "$out" "$first"
like "and says that nothing changed" "$err" unchanged
is "and all blobs are still there" "$(check_layout foo.oci)" ""

mk foo.conf --format json -q
fine "--format json"
is "one line" "$(wc -l <.out)" 1
is "valid JSON with the documented keys" "$(jq -c 'keys' .out)" \
    '["digest","images","location","name","recipe","unchanged"]'
is "and an image's keys" "$(jq -c '.images[0] | keys' .out)" "$(jq -cn '["architecture", "manifest",
    "config", "created", "packed", "unpacked", "files", "layers", "packages", "omitted", "findings",
    "scripts", "not_made", "notes"] | sort')"
is "the same digest" "$(jq -r '.location + "@" + .digest' .out)" "$first"
is "layers' digests are the layout's" "$(jq -r '.images[0].layers[].digest' .out)" \
    "$(layers foo.oci)"
is "layers' diff_ids are the config's" "$(jq -r '.images[0].layers[].diff_id' .out)" \
    "$(diff_ids foo.oci)"
is "packed is the layers' sum" "$(jq '.images[0].packed' .out)" \
    "$(jq '[.layers[].size] | add' "$(blob foo.oci "$(manifest foo.oci)")")"
is "unpacked is the files' sum" "$(jq '.images[0].unpacked' .out)" \
    "$(unpack foo.oci tree; find tree -type f -printf '%i %s\n' | sort -u |
        awk '{ sum += $2 } END { print sum }')"
is "files is their number" "$(jq '.images[0].files' .out)" "$(find tree -type f | wc -l)"
is "packages with source and version" "$(jq -c '.images[0].packages[] |
    select(.name == "libfoo1")' .out)" '{"name":"libfoo1","version":"1.2-3+deb13u1","architecture":"amd64","source":"foo","source_version":"1.2-3+deb13u1","origin":"debian-security"}'
is "the shell's finding" "$(jq -r '.images[0].findings[] | select(.rule == "SW-SHELL") |
    .action + " " + .path' .out | sort -u | head -n 1)" "fix usr/bin/dash"
is "--quiet says nothing" "$err" ""

# ---- further outputs ------------------------------------------------------------------------------

mk foo.conf -o oci:both.oci --arch amd64,arm64
fine "two architectures"
ok "the layout is sound" check_layout both.oci
is "the digest is the index's" "$(digest_of "$out")" "$(manifest both.oci)"
is "platforms" "$(jq -c '[.manifests[].platform]' "$(blob both.oci "$(manifest both.oci)")")" \
    '[{"architecture":"amd64","os":"linux"},{"architecture":"arm64","os":"linux","variant":"v8"}]'
is "amd64's manifest is the one built alone" "$(manifest both.oci amd64)" "$(digest_of "$first")"
like "arm64's files" "$(listing both.oci arm64)" 'lib/aarch64-linux-gnu/libfoo.so.1.2$'

mk foo.conf -o oci-archive:foo.tar -o docker-archive:docker.tar:foo:1.0 -o oci:again.oci
fine "three outputs in one go"
is "a line each" "$(wc -l <.out)" 3
mkdir x d
tar -xf foo.tar -C x
ok "the oci-archive is a sound layout" check_layout x
is "of the same image" "$(manifest x)" "$(digest_of "$first")"
tar -xf docker.tar -C d
is "docker-archive's tag" "$(jq -c '.[0].RepoTags' d/manifest.json)" '["foo:1.0"]'
is "docker-archive's layers, uncompressed, are the diff_ids" \
    "$(jq -r '.[0].Layers[]' d/manifest.json | while read -r f; do
        echo "sha256:$(sha256sum <"d/$f" | cut -d' ' -f1)"
    done)" "$(diff_ids foo.oci)"
is "docker-archive's config" "$(sha256sum <"d/$(jq -r '.[0].Config' d/manifest.json)")" \
    "$(config foo.oci | sha256sum)"
cp foo.tar before.tar
mk foo.conf -o oci-archive:foo.tar
ok "an archive is the same bytes each time" cmp foo.tar before.tar
mk foo.conf -o docker-archive:two.tar --arch amd64,arm64
refused "docker-archive takes one architecture" 2 'docker-archive' 'arch'
absent "and nothing is left" two.tar

"$MKIMAGE" foo.conf -q -o oci-archive:- >stream.tar
ok "an archive to stdout, and nothing but it" cmp stream.tar before.tar

# And back, as it is and compressed; what is no archive is refused by its first block, however much
# would follow.
mk inspect oci-archive:before.tar
# shellcheck disable=SC2001 # a pattern
says=$(sed 's/before.tar/-/' <<<"$out")
for by in cat gzip xz "zstd -q"; do
    is "an archive on stdin, by $by" \
        "$($by <stream.tar | "$MKIMAGE" inspect oci-archive:- 2>&1)" "$says"
done
for what in yes "cat /dev/zero" "cat /dev/urandom"; do
    code=0
    # shellcheck disable=SC2086 # a command with its arguments
    timeout 60 $what 2>/dev/null | timeout 50 "$MKIMAGE" inspect oci-archive:- >.out 2>.err || code=$?
    is "no archive: $what" "$code $(cat .err)" "1 error: stdin: isn't a tar archive"
done
mk inspect oci-archive:-
refused "nothing on stdin" 1 'stdin: is empty'

mk inspect oci:both.oci
fine "inspect"
like "names packages, layers and architectures" "$out" amd64 arm64 'libfoo1 1\.2-3\+deb13u1' \
    "$(layers both.oci arm64 | head -n 1 | cut -c 1-19)"
mk inspect oci:both.oci --format json
ok "inspect --format json is JSON" jq . .out

mk show foo.conf
fine "show"
like "each line has its origin" "$out" '# foo\.conf:[0-9]+$'
cp .out shown.conf
mk show shown.conf
is "what show prints is a recipe again" "$(sed 's/ *# .*//' .out)" "$(sed 's/ *# .*//' shown.conf)"

finish
