#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A registry's policy must not switch the guards of `mkimage update` off: a downgrade, a gate and
# somebody else's image are stopped whatever is hidden, with and without a memory, with and without
# the right to ask Harbor's API; where all that leaves the published image unknown, nothing moves.

set -euo pipefail
. tests/registry/policy-lib.sh
policy_start

# begin ARCHIVE...: these are published, then hidden as $hides has it, and known as $knows does; two: the
# last of them.
hides='' knows=''
begin() {
    published "$@"
    two=$(digest 1)
    hide "$hides" && knowing "$knows"
}
stays() { # nothing moved
    test "$(digest 1) $(digest stable) $(puts)" = "$two $two 0"
}
# stops TEXT: what was published is known, and this is why; or it isn't, and the ways out are said.
stops() {
    stays || return 1
    if blind "$hides" "$knows"; then says_ways_out; else said "$1"; fi
}

downgrade() {
    begin new || return 1
    update 3 back && stops "is older than in what is published"
}
downgrade_dry() {
    begin new || return 1
    update 3 back --dry-run && stops "published: 1:1.1-1, there 1:1.1-2"
}
allowed() { # to go back is a decision over what is known
    begin new || return 1
    if blind "$hides" "$knows"; then
        update 3 back --allow-downgrade && stops ""
    else
        update 0 back --allow-downgrade && test "$(digest 1)" != "$two"
    fi
}

upgrade() {
    begin old || return 1
    if ! blind "$hides" "$knows"; then
        update 0 new --report "$work/report.json" && test "$(digest 1)" != "$two" &&
            test "$(replaced "$(digest 1)") $(field '.images[0] | .replaced, .first, .packages[0].to' | xargs)" = \
                "$two $two false 1:1.1-2"
        return
    fi
    update 3 new --report "$work/report.json" && stops "" || return 1
    local new
    new=$(field '.images[0].digest')
    test "$(field '.images[0] | .state, .first, (.packages | length), (.cves | length), (.not_compared | length > 0)' |
        xargs)" = "stopped false 0 0 true" || return 1
    update 3 new --accept "foo@$two" --reason "Read it" && stays || return 1
    update 0 new --accept "foo@$new" --reason "Read it" && test "$(digest 1) $(digest stable)" = "$new $new" &&
        test "$(record "$new" | jq -r .accepted.reason)" = "Read it" || return 1
    # and the night after knows of it
    update 0 new && said "1 unchanged"
}

# The same bytes, by an archive that was signed again, night by night: no tag moves and none is added.
# Where the tags can't be known, whether they name these bytes can't be, either.
unchanged() {
    begin old || return 1
    local before code night
    before=$(tags)
    for night in 1 2; do
        knowing "$knows"
        code=0
        update 0 again --report "$work/report.json" || code=3
        [ "$code" = 0 ] || { blind "$hides" "$knows" && update 3 again && says_ways_out; } || return 1
        stays && test "$night: $(tags)" = "$night: $before" || return 1
        test "$(field '[.images[] | select(.state == "published")] | length')" = 0 || return 1
    done
}

gate() {
    begin old || return 1
    checkout 'gate { growth = "1B" }'
    update 3 new && stops "stopped: growth: amd64"
}

alien() { # somebody else has pushed it
    published old || return 1
    tests/registry/layout "$work/alien" --layer a >"$work/alien.digest"
    mk push "oci:$work/alien" "$faulty/base/foo:1" --tag stable "${options[@]}" >/dev/null
    two=$(<"$work/alien.digest")
    : >"$work/log"
    hide "$hides" && knowing "$knows"
    update 3 new && stops "names an image without a record"
}

for hides in off prevent trust signed; do
    for knows in memory right nothing; do
        check "a downgrade is stopped ($hides, $knows)" downgrade
        check "in a dry run, too ($hides, $knows)" downgrade_dry
        check "--allow-downgrade ($hides, $knows)" allowed
        check "an upgrade ($hides, $knows)" upgrade
        check "nothing new ($hides, $knows)" unchanged
        check "a gate stops ($hides, $knows)" gate
        # What this machine published last is all it can know of a hidden tag.
        [[ $knows = memory && $hides != off && $hides != signed ]] ||
            check "somebody else's image stays ($hides, $knows)" alien
    done
done

# ---- several architectures: an index isn't hidden once it is scanned, the images in it are
arches='"amd64", "arm64"'
hides=index
children() { # WHAT
    knows=$1
    published old || return 1
    two=$(digest 1)
    policy base prevent=high scan=critical
    knowing "$knows"
    test "$(see manifests/1 -A x -o "$work/index" -w '%{http_code}') $(see \
        "manifests/$(jq -r '.manifests[0].digest' "$work/index")" -A x -o "$work/child" -w '%{http_code}')" = "200 412"
}
for knows in memory nothing; do
    check "an index whose images are hidden ($knows)" children "$knows"
    check "nothing new ($knows)" update 0 old
    check "moves nothing ($knows)" stays
    check "a fix is published ($knows)" update 0 new
    check "with what it replaced ($knows)" test "$(replaced "$(digest 1)")" = "$two"
    two=$(digest 1)
    : >"$work/log"
    knowing "$knows"
    check "a downgrade ($knows)" update 3 back
    check "is stopped ($knows)" stops "is older than in what is published"
done
done_testing
