#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The night: `mkimage update` over ten recipes on an archive of four days (tests/night/days), into
# Debian's docker-registry. First undisturbed, each day twice; then with runs that are killed or
# asked to end at random points (NIGHT_KILLS a day, 2 by default; NIGHT_SEED repeats them); then two
# at once, of one checkout and of two, one of them on the day before. Whatever happened, the
# registry and the locks are those of the undisturbed nights, no fix is undone, and a day's reports
# tell each image once.
# NIGHT_GOLDEN=write writes the goldens.

set -euo pipefail
. tests/night/lib.sh
kills=${NIGHT_KILLS:-2}
night_start

is() { # GOT WANT
    [ "$1" = "$2" ] || {
        printf 'got:    %s\nwanted: %s\n' "$1" "$2"
        return 1
    }
}

went() { # CODE: so the newest run did
    is "$code" "$1" || { cat "$work/err"; return 1; }
}

pushed_nothing() { # since requests_mark
    is "$(requests POST) $(requests PUT) $(requests PATCH) $(requests DELETE)" "0 0 0 0"
}

same_locks() { # NAME NAME: of two checkouts
    local image
    for image in $images; do
        cmp "$work/$1/$image.lock" "$work/$2/$image.lock" || return 1
    done
}

locks_of() { sha256sum "$work/$1"/*.lock | sed "s#$work/##"; }

# Nothing of a run stays in a checkout but locks.
nothing_left() {
    is "$(find "$work/$1" ! -name '*.conf' ! -name '*.lock' -mindepth 1)" ""
}

# ---- undisturbed ---------------------------------------------------------------------------------

checkout clean
took=()
for day in 1 2 3; do
    before=$([ "$day" = 1 ] || locks_of clean)
    requests_mark
    start=$(date +%s%N)
    night clean clean "$day" "$work/clean-$day.md"
    took[day]=$((($(date +%s%N) - start) / 1000000))
    check "day $day" went 0
    check "day $day: the report" golden "night-$day.md" < <(plain <"$work/clean-$day.md")
    [ "$day" != 3 ] || check "day 3 pushes nothing" pushed_nothing
    [ "$day" != 3 ] || check "and moves no lock" is "$(locks_of clean)" "$before"
    tags_of clean >"$work/clean-$day.tags"

    requests_mark
    asked=$(wc -l <"$work/archive.log")
    night clean clean "$day" "$work/again.json"
    check "day $day again" went 0
    check "has nothing to say" is "$(jq -c '[.images, .counts.unchanged]' "$work/again.json")" "[[],10]"
    check "pushes nothing" pushed_nothing
    check "asks for each tag once, and for nothing else" \
        is "$(requests HEAD) $(requests GET)" "20 0"
    check "and once for each source" is "$(tail -n "+$((asked + 1))" "$work/archive.log" |
        sed 's#.* \(/[^ ]*\) - \([0-9]*\)#\1 \2#' | sort)" \
        "$(printf '/today/%s/InRelease 304\n' debian-security/dists/trixie-security \
            debian/dists/trixie-updates debian/dists/trixie)"
    check "day $day: no more than locks is left" nothing_left clean
done
check "day 1 published ten images" is "$(wc -l <"$work/clean-1.tags")" 20
check "day 2's fix is under the moving tags" \
    is "$(sort "$work/clean-1.tags" "$work/clean-2.tags" | uniq -u | grep -c ':1 ')" 12
check "day 1's images have their own tags still" \
    is "$(grep -Fxf "$work/clean-1.tags" "$work/clean-2.tags" | grep -c ':20250601 ')" 10
check "day 3 moves no tag" cmp "$work/clean-2.tags" "$work/clean-3.tags"

before=$(locks_of clean)
requests_mark
night clean clean 4 "$work/clean-4.md"
check "day 4 is refused" went 1
check "with the reason" says "InRelease: was valid until"
check "day 4: the report" golden night-4.md < <(plain <"$work/clean-4.md")
check "pushes nothing" pushed_nothing
check "moves no lock" is "$(locks_of clean)" "$before"
check "and no tag" cmp <(tags_of clean) "$work/clean-3.tags"

# ---- killed --------------------------------------------------------------------------------------

# Whether the image of each tag is whole, and its record beside it; digests are checked on the way.
whole() { # PREFIX
    local line name
    while read -r line _; do
        name=$1/$line
        mk copy "docker://$host/$name" "oci:$work/whole" --ca-file "$work/ca.pem" \
            --registry-config "$work/auth.json" --cache "$work/whole.cache" -q >"$work/copied" ||
            return 1
        rm -rf "$work/whole"
    done < <(grep ':1 ' "$work/clean-3.tags")
}

# What the reports of one day say together, to be compared with those of other checkouts.
told() { # REPORT...
    together "$@" | plain
}

checkout killed
for day in 1 2 3; do
    rm -f "$work"/killed-*.json
    instants=() hits=0
    # Each run goes on where the one before was cut: the more there are, the shorter.
    longest=$((took[day] * 3 / (kills + 1) + 100))
    [ "$longest" -lt "${took[day]}" ] || longest=${took[day]}
    for ((i = 0; i < kills; i++)); do
        after=$((RANDOM * longest / 32768))
        signal=$([ $((RANDOM % 3)) = 0 ] && echo TERM || echo KILL)
        instants+=("$after" "$signal,")
        night_killed "$signal" "$after" killed killed "$day" "$work/killed-$i.json"
        [ "$code" -lt 130 ] || hits=$((hits + 1))
    done
    echo "# day $day: of ${took[day]} ms, ended after (ms) ${instants[*]} $hits were under way"
    night killed killed "$day" "$work/killed-last.json"
    check "day $day, killed $kills times: the next run ends well" went 0
    requests_mark
    night killed killed "$day" "$work/killed-again.json"
    check "and the one after that has nothing to do" went 0
    check "and pushes nothing" pushed_nothing
    check "day $day: the registry is that of undisturbed nights" \
        cmp <(tags_of killed) "$work/clean-$day.tags"
    check "the reports together tell all, once" \
        golden "night-$day.json" < <(told "$work"/killed-*.json)
done
check "the locks are those of undisturbed nights" same_locks killed clean
check "no more than locks is left" nothing_left killed
check "all images are whole" whole killed

# ---- two at once ---------------------------------------------------------------------------------

# both NIGHT'S ARGUMENTS... -- NIGHT'S ARGUMENTS...: two runs at once; $codes has both exit codes.
both() {
    local first=() pid
    while [ "$1" != -- ]; do
        first+=("$1")
        shift
    done
    shift
    night_command "${first[@]}"
    "${night_command[@]}" >"$work/out.first" 2>"$work/err.first" &
    pid=$!
    pids+=("$pid")
    night "$@"
    codes=$code
    code=0
    wait "$pid" || code=$?
    codes="$code $codes"
    cp "$work/err.first" "$work/err"
}

checkout twins
both twins twins 1 "$work/twins-a.json" -- twins twins 1 "$work/twins-b.json"
check "two of one checkout at once" is "$codes" "0 0"
check "each image was published once, and told once" \
    golden night-1.json < <(told "$work/twins-a.json" "$work/twins-b.json")
check "each run's counts add up to ten recipes, each once" is \
    "$(jq -c '[(.counts | add), (.images | group_by(.recipe) | map(length) | max // 1)]' \
        "$work/twins-a.json" "$work/twins-b.json" | xargs)" "[10,1] [10,1]"
check "the registry is right" cmp <(tags_of twins) "$work/clean-1.tags"
check "no more than locks is left" nothing_left twins

checkout late
both twins twins 2 "$work/twins-a.json" -- late twins before "$work/late.json"
check "one on the day before, at the same time: today's ends well" is "${codes% *}" 0
check "no fix is undone" cmp <(tags_of twins) "$work/clean-2.tags"
check "the locks are those of day 2" same_locks twins clean

requests_mark
night late twins before "$work/late.json"
check "the day before, after that, is refused" went 3
check "as a downgrade" says "libvuln1"
check "pushes nothing" pushed_nothing
check "undoes nothing" cmp <(tags_of twins) "$work/clean-2.tags"
night late twins 2 "$work/late.json"
check "and is up to date with today's archive" went 0
check "without moving anything" cmp <(tags_of twins) "$work/clean-2.tags"
check "the locks are right" same_locks late clean

done_testing
