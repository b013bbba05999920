#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Rules read facts, not files: once a package is in the cache, its content is never looked at again.
# So a build finds the same with each blob of the cache (debs, layers) overwritten and the archive
# gone, and refuses the same.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

# What rules say of these they know from content: ELF headers, imports, libraries, shebangs.
packages='packages = {"base-files", "libc-bin", "foo", "hello", "suid-tool"}
omit = {"libfoo1"}
arch = {"amd64"}'
allow='allow { rule = "ELF-NEED"   path = "/usr/bin/foo"   reason = "brought by a volume" }'
recipe warm <<<"$packages
$allow"
mk warm.conf --format json
must "a cold build"
cp .out cold
findings() { jq -cS '.images[].findings[]' "$1"; }
for rule in ELF-NEED ELF-PIE ELF-RELRO SCR-BANG FS-SUID; do
    like "it finds $rule" "$(findings cold)" "\"rule\":\"$rule\""
done

# The same length, so that only a reader can tell.
spoil() {
    local file n=0
    while IFS= read -r -d '' file; do
        chmod u+w "$file"
        head -c "$(stat -c %s "$file")" /dev/zero | tr '\0' x >"$file.new" && mv "$file.new" "$file"
        n=$((n + 1))
    done < <(find cache/blobs -type f -print0)
    echo "$n"
}
is "all blobs are spoiled" "$(($(spoil) > 10)) $(find cache/blobs -type f -exec grep -qv '^x*$' {} \; -print)" "1 "
mv archive gone

mk warm.conf --format json
fine "a warm build reads none of them"
is "finds the same" "$(findings .out)" "$(findings cold)"
ok "and says the same" diff <(jq -S 'del(.unchanged)' cold) <(jq -S 'del(.unchanged)' .out)

# The rules are asked again, and not just remembered: with another recipe over the same packages.
recipe warm <<<"$packages
$allow
allow { rule = \"SCR-BANG\"   path = \"/usr/bin/ldd\"   reason = \"of no use here\" }"
mk warm.conf --format json
fine "with a further allowance"
is "a finding is allowed, the others are as they were" \
    "$(diff <(findings .out) <(findings cold) | grep '^<' | jq -R '.[2:] | fromjson | [.rule, .path, .allowed]' -c)" \
    '["SCR-BANG","usr/bin/ldd","of no use here"]'
recipe warm <<<"$packages"
before=$(find warm.oci -type f -exec sha256sum {} +)
mk warm.conf
refused "without one, it is refused as a cold build is" 3 ELF-NEED /usr/bin/foo libfoo1?.so
is "and the image stays as it was" "$(find warm.oci -type f -exec sha256sum {} +)" "$before"

# Who does read them notices.
recipe warm <<<"$packages
$allow"
rm -rf warm.oci
mk warm.conf
refused "an output that has to be written is not made of them" 1 'damaged|run again'
absent "and isn't there" warm.oci

finish
