#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A machine that lacks something: room for temporary files, a cache that can be written, a
# certificate that is valid. What is missing is said, and nothing else.

# shellcheck disable=SC2317 # functions that ok calls
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
test_archive

recipe x <<'END'
packages = {"base-files", "foo"}
arch = {"amd64"}
END
mk x.conf
must "a warm cache"
want=$(digest_of "$out")

# mounted COMMAND...: in a name space of its own, where `mount` may be run.
mounted() {
    unshare "${unshare[@]}" bash -c "$1" >"$work/.out" 2>"$work/.err" </dev/null
    code=$? out=$(cat "$work/.out") err=$(cat "$work/.err")
}
unshare=(-m)
unshare -m true 2>/dev/null || unshare=(-Urm)
if unshare "${unshare[@]}" mount -t tmpfs none /mnt 2>/dev/null; then
    # Room for temporary files: one that is full is never told as somebody's attack.
    mkdir small
    told='' built=0
    for size in 4 8 12 16 20 24 32 48 256; do
        mounted "mount -t tmpfs -o size=${size}k none small && TMPDIR=$work/small '$MKIMAGE' lock x.conf \
            --lock y.lock --update --cache '$work/cold-$size'"
        if [ "$code" = 0 ]; then
            built=$((built + 1))
        elif ! grep -q "^error: .*: write: No space left on device$" <<<"$err"; then
            told+="$size kB: $(head -n1 <<<"$err"); "
        fi
    done
    is "a temporary directory that is full is told as such" "$told" ""
    isnt "control: with room it works" "$built" 0

    ro="mount --bind cache cache && mount -o remount,ro,bind cache"
    mounted "$ro && '$MKIMAGE' x.conf -o oci:ro.oci --locked"
    fine "a warm cache that can't be written"
    is "gives the image" "$(digest_of "$out")" "$want"
    like "and a warning" "$err" "^warning: cache: nothing can be written in .*/cache:"
    mounted "$ro && '$MKIMAGE' lock x.conf --lock new.lock"
    fine "a new lock with it"
    echo 'packages = {"base-files", "foo", "hello"} arch = {"amd64"}' >more.conf
    { cat x.conf && echo 'packages += {"hello"}'; } >more.conf
    mounted "$ro && '$MKIMAGE' more.conf -o oci:more.oci"
    refused "what it doesn't hold" 1 "cache: the cache can.t be written, and doesn.t hold all that" \
        "name another one with --cache"
    absent "leaves nothing" more.oci
else
    skip "a small temporary directory, a cache that can't be written" "nothing can be mounted here"
fi

# The same by modes: the cache of root, used by another user.
if [ "$(id -u)" = 0 ]; then
    chmod -R a+rX cache
    cp x.lock other.lock
    out=$(other_user mkimage build "$work/x.conf" -o oci:"$work/.other/tmp/x.oci" --lock "$work/x.lock" \
        --cache "$work/cache" 2>other.err)
    is "a cache of root's, used by another user" "$(digest_of "$out")" "$want"
    like "with a warning" "$(cat other.err)" "^warning: cache: nothing can be written in"
fi

# A helper that is stopped takes along what it started, without a terminal and at one; who left for a
# session of its own stays.
mkdir bin
cat >bin/gpgv <<END
#!/bin/sh
echo \$PPID >$work/parent
setsid sleep 600 &
echo \$! >$work/apart
sh -c 'sleep 601 & echo \$! >$work/below; wait' &
sleep 602 &
echo \$! >$work/child
wait
END
chmod +x bin/gpgv
# alive PIDFILE: whether that process goes on; a dead one may wait for its parent.
alive() {
    [ -s "$1" ] && [ -d "/proc/$(cat "$1")" ] && ! grep -q '^State:.Z' "/proc/$(cat "$1")/status"
}
# gone PIDFILE...: they are, within a while.
gone() {
    local file
    for _ in $(seq 100); do
        for file; do
            alive "$file" && { sleep 0.1 && continue 2; }
        done
        return 0
    done
    return 1
}
stopped() {
    rm -f child below apart parent
    setsid "$@" >/dev/null 2>&1 </dev/null &
    local runner=$!
    background+=("$runner")
    for _ in $(seq 200); do
        [ -s child ] && [ -s below ] && [ -s apart ] && break
        sleep 0.1
    done
    kill -TERM "$(cat parent)"
    wait "$runner"
}
run=(env "PATH=$work/bin:$PATH" "$MKIMAGE" lock x.conf --update --lock z.lock --cache "$work/stop")
for way in "without a terminal" "at a terminal"; do
    if [ "$way" = "at a terminal" ]; then
        command -v script >/dev/null || { skip "$way" "no script"; continue; }
        run=(script -qec "${run[*]@Q}" /dev/null)
    fi
    stopped "${run[@]}"
    ok "$way: what a helper started goes with it" gone child below
    ok "$way: what has left stays" alive apart
    kill "$(cat apart)"
done

finish
