#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mkimage update where Harbor lets nobody move some tags: dates may be such, a tag that moves fails in
# the registry's words.

set -euo pipefail
. tests/registry/policy-lib.sh
policy_start

immutable() { # GLOB
    published old
    one=$(digest 1)
    policy base "immutable=$1"
}
check "an immutable rule for dates" immutable '20*'
check "lets the others move" update 0 new
moved() { test "$(digest 1)" != "$one" && test "$(digest 1)" = "$(digest stable)"; }
check "to the new image" moved
check "and adds a date" test "$(tags | wc -w) $(digest "$(tags | cut -d' ' -f2)")" = "4 $one"
check "an immutable rule for all" immutable '*'
check "fails" update 1 new
check "in the registry's words" said "configured as immutable"
check "and moves nothing" test "$(digest 1) $(digest stable)" = "$one $one"
done_testing
