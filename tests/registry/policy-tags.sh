#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage update where the registry tells of some tags only: a tag that can be seen says nothing of one
# that can't, and an image whose tags don't move is found though it is hidden.

set -euo pipefail
. tests/registry/policy-lib.sh
policy_start

# ---- "1" names the old image and can be seen, "stable" names the new one and can't
knows=''
split() { # ARCHIVE: what is published last
    published old
    one=$(digest 1)
    update 0 "$1" || return 1
    two=$(digest 1)
    mk tag "$faulty/base/foo@$one" 1 "${options[@]:0:2}" >/dev/null
    : >"$work/log"
    policy base prevent=high "scan=$one:none" "scan=$two:high"
    knowing "$knows"
    test "$(see manifests/1 -A x -o "$work/body" -w '%{http_code}') $(see manifests/stable -A x -o "$work/body" \
        -w '%{http_code}')" = "200 412"
}
stays() { test "$(digest 1) $(digest stable) $(puts)" = "$one $two 0"; }
back() { # what stands in "1" is newer than "stable" then
    split newer || return 1
    update 3 new && stays || return 1
    if [ "$knows" = nothing ]; then says_ways_out; else said "is older than in what is published"; fi
}
on() {
    split new || return 1
    if [ "$knows" != nothing ]; then
        update 0 newer && test "$(digest 1)" = "$(digest stable)" && test "$(digest 1)" != "$two"
        return
    fi
    update 3 newer && stays && says_ways_out
}
same() { # the bytes of the tag that can be seen
    split new || return 1
    update 3 back && stays
}
for knows in right nothing; do
    check "one tag seen, one not: a downgrade of that one ($knows)" back
    check "a newer image ($knows)" on
    check "the image that is seen isn't put in place of the other ($knows)" same
done
control() {
    split new || return 1
    policy base prevent=
    update 0 newer && test "$(digest 1)" = "$(digest stable)"
}
check "without the policy both move" control

# ---- tags that never move
fixed() { # TAGS: published once, then hidden; what is known stays or goes
    published
    checkout "tags = {$1}"
    update 0 old || return 1
    one=$(tags)
    policy base trust=cosign
    knowing "$knows"
}
# Without any knowledge they may be the bytes that are there, or not.
again() { update 0 again || { [ "$knows" = nothing ] && update 3 again && says_ways_out; }; }
for knows in memory right nothing; do
    for tag in '"{date}"' '"d-{digest}"' '"1", "{version:foo}"'; do
        check "hidden: $tag ($knows)" fixed "$tag"
        for night in first second; do
                check "nothing new, $night night" again
            check "adds no tag" test "$(tags)" = "$one"
            knowing "$knows"
        done
    done
done
one_day() { # a newer one on one day, under {date} alone
    published
    checkout 'tags = {"{date}"}'
    update 0 old && policy base trust=cosign && knowing "$knows" || return 1
    one=$(tags)
    if [ "$knows" = nothing ]; then
        update 3 new && says_ways_out && test "$(tags)" = "$one"
    else
        update 0 new && test "$(replaced "$(digest "$(tags | cut -d' ' -f2)")")" = "$(digest "$one")"
    fi
}
for knows in memory right nothing; do
    check "something new under {date} alone ($knows)" one_day
done

# ---- a tag that the recipe has gained since, for an image that is hidden
gains() { # HOW: prevent, trust; or children: an index that was scanned, whose images are hidden
    published old || return 1
    one=$(digest 1)
    if [ "$1" = children ]; then policy base prevent=high scan=critical; else hide "$1"; fi
    knowing "$knows"
    sed -i 's/"stable", /"stable", "later", /' "$work/r/foo.conf"
    update 0 again && test "$(digest 1) $(digest stable) $(digest later)" = "$one $one $one" &&
        test "$(tags | wc -w)" = 4
}
for knows in memory right; do
    for how in trust prevent; do
        check "a further tag of a hidden image ($how, $knows)" gains "$how"
    done
done
arches='"amd64", "arm64"'
for knows in memory right nothing; do
    check "a further tag of an index whose images are hidden ($knows)" gains children
done
# Without a policy it isn't built, and none of its manifests is read twice.
gains_quickly() {
    published old || return 1
    sed -i 's/"stable", /"stable", "later", /' "$work/r/foo.conf"
    update 0 again && test "$(digest later)" = "$(digest 1)" || return 1
    grep -oE '^GET /v2/base/foo/manifests/[^ ]+' "$work/log" | sort | uniq -c >"$work/gets"
    awk '$1 > 1' "$work/gets"
    test "$(wc -l <"$work/gets") $(awk '$1 > 1' "$work/gets" | wc -l)" = "3 0"
}
check "a further tag of an index reads each manifest once" gains_quickly

done_testing
