#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Calls of update-alternatives make the links that the tool itself makes (alternatives.py), in
# sequences that no package has either.

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1
tool=build/tests/tools/alternatives
[ -x "$tool" ] || { echo "$tool isn't built (make $tool)" >&2; exit 1; }
need update-alternatives python3

if said=$(python3 tests/cli/alternatives.py "$tool" "$work/root" 7 40); then
    pass "the same links as update-alternatives"
else
    fail "the same links as update-alternatives" "$said"
fi
is "in 40 sequences" "$(sed -n '$s/,.*//p' <<<"$said")" "40 cases"

# It would see it.
cat >"$work/none" <<'END'
#!/bin/sh
END
chmod +x "$work/none"
said=$(python3 tests/cli/alternatives.py "$work/none" "$work/root" 7 2)
is "links that aren't made are seen" "$?" 1
finish
