#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage update --before-tags COMMAND: what a signature or a scan has to be there for comes before the
# tags move. It is told what is published, and where it fails, nothing moves, and a later run goes on.

set -euo pipefail
. tests/registry/policy-lib.sh
policy_start

# The command notes what it is told and what there is by then, and ends with the code in $work/ends, or
# as $work/and does, if that says "and".
cat >"$work/before" <<END
#!/bin/bash
at=http://\${MKIMAGE_NAME%%/*}/v2/base/foo
status() { curl -s -o /dev/null -w '%{http_code}' -I -A cosign -H 'Accept: $types' "\$at/\$1"; }
{
    echo "name \$MKIMAGE_NAME"
    echo "digest \$MKIMAGE_DIGEST"
    echo "tag \$(status manifests/1)"
    echo "manifest \$(status "manifests/\$MKIMAGE_DIGEST")"
    echo "records \$(curl -s "\$at/referrers/\$MKIMAGE_DIGEST" | grep -o vnd.mkimage.record | wc -l)"
} >>"$work/told"
cp "\$MKIMAGE_REPORT" "$work/told.report"
echo "what the command says"
[ "\$(cat "$work/ends")" != and ] || exec "$work/and"
exit "\$(cat "$work/ends")"
END
chmod +x "$work/before"
ends() { # CODE, or "and"
    echo "$1" >"$work/ends"
    rm -f "$work/told" "$work/told.report"
}
and_then() { # stdin: what the command does at its end
    {
        echo '#!/bin/bash'
        cat
    } >"$work/and"
    chmod +x "$work/and"
}
told() { sed -n "s/^$1 //p" "$work/told" | xargs; }
stage() { update "$@" --before-tags "$work/before"; } # CODE ARCHIVE [OPTION...]
start() {
    published
    ends 0
}

# ---- it goes well
start
check "a first publication" stage 0 old --report "$work/report.json"
one=$(digest 1)
check "the command is run once" test "$(told name | wc -w)" = 1
check "with the name and the digest" test "$(told name)@$(told digest)" = "$faulty/base/foo@$one"
check "the image and its record are there by then" test "$(told manifest) $(told records)" = "200 1"
check "but no tag" test "$(told tag)" = 404
check "the report so far is a file" grep -q "$one" "$work/told.report"
check "what the command says isn't taken for a result" test "$(cat "$work/out")" = "$faulty/base/foo@$one"
ends 0
check "nothing new" stage 0 old
check "runs nothing" test ! -e "$work/told"
check "a dry run" stage 0 new --dry-run
check "runs nothing" test ! -e "$work/told"
check "a newer image" stage 0 new
check "runs it again" test "$(told digest)" = "$(digest 1)"
check "while the tag names the old one" test "$(told tag) $(told manifest)" = "200 200"

# ---- it fails
fails() { # CODE OF THE COMMAND, or "and"
    start
    stage 0 old || return 1
    one=$(digest 1) before=$(tags)
    ends "$1"
    stage 3 new --report "$work/report.json" || return 1
    test "$(digest 1) $(digest stable) $(tags)" = "$one $one $before" || return 1
    test "$(told digest)" != "$one" && test "$(field '.images[0].state')" = stopped
}
check "a command that fails" fails 1
check "is named" said "$work/before"
check "no lock is written" test "$(grep -c '1:1.1-2' "$work/r/foo.lock" || :)" = 0
ends 1
check "the night after" stage 3 new
check "it is asked again" test "$(told name | wc -w)" = 1
ends 0
knowing nothing
check "a later run, without a memory" stage 0 new --report "$work/report.json"
check "goes on" test "$(digest 1) $(digest stable)" = "$(told digest) $(told digest)"
check "with what it replaced" test "$(replaced "$(digest 1)")" = "$one"
check "and is told of once" test "$(field '.images | length') $(field '.images[0].replaced')" = "1 $one"
check "the night after" stage 0 new --report "$work/report.json"
check "nothing is" test "$(field '.images | length')" = 0
check "a command that fails with another code" fails 77
ends 0
check "a later run, with a memory" stage 0 new --report "$work/report.json"
check "goes on" test "$(digest 1) $(digest stable)" = "$(told digest) $(told digest)"
check "with what it replaced" test "$(replaced "$(digest 1)")" = "$one"
and_then <<<"kill -KILL \$\$"
check "a command that is killed" fails and
none() {
    start
    update 3 old --before-tags "$work/none" && test -z "$(digest 1)" && said "$work/none"
}
check "a command that isn't there" none

# ---- it is what makes the image visible
visible() { see manifests/1 -A x -o "$work/body" -w '%{http_code}'; }
start
and_then <<END
set -e
cd "$PWD"
rm -rf "$work/signature"
digest=\$(tests/registry/layout "$work/signature" --refers "\$MKIMAGE_DIGEST" "signs \$MKIMAGE_DIGEST" \\
    --type application/vnd.dev.sigstore.bundle.v0.3+json)
"$mkimage" push "oci:$work/signature" "\$MKIMAGE_NAME@\$digest" --insecure "$faulty" --cache "$work/signing"
END
ends and
policy base trust=cosign
check "a command that signs, under content trust" stage 0 old
check "leaves no hidden tag" test "$(visible)" = 200
one=$(digest 1)
for knows in memory nothing; do
    knowing "$knows"
    check "nothing new ($knows)" stage 0 again
done
check "a newer image" stage 0 new
check "is visible" test "$(visible)" = 200
check "with what it replaced" test "$(replaced "$(digest 1)")" = "$one"
knowing nothing
check "an older one, without a memory" stage 3 back
check "is stopped" said "is older than in what is published"
knowing nothing
check "without the command" update 0 newer
check "the tag is hidden until somebody signs" test "$(visible)" = 412
done_testing
